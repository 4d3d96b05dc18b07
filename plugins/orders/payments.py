"""What is known of an order's payment from the invoices that belong to it, whoever keeps them."""

from parlour import NotFound, begin, by_id, current, find, transaction

from . import service


def follow(event):
    """Set the payment of the orders an invoice was written for: paid once all their invoices are."""
    feature = event.name.partition(".")[0]
    kinds = [kind for kind in current().registry.kinds.values() if kind.plugin == feature]
    row = next((row for kind in kinds if (row := by_id(kind.name, event.record_id or 0)) is not None), None)
    for one in begin.related(row) if row is not None else ():
        if one.kind.name == "order" and one.origin:
            with transaction():
                _settle(one.row.number, row)


def _settle(number, paid):
    try:
        order = find("order", number, hold=True)
    except NotFound:
        return
    others = [one for one in begin.related(order) if one.kind.name == paid.kind and not one.origin]
    open_ = any(one.row.category not in ("resolved", "closed") for one in others)
    wanted = "partly" if open_ else "paid"
    if order.payment not in (wanted, "refunded"):
        service.pay(order, wanted)
