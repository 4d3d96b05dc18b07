"""What is known of an order's payment from the invoices that belong to it, whoever keeps them."""

from parlour import NotFound, Record, begin, by_id, current, fetch, find, transaction, visible

from . import service


def follow(event):
    """Set the payment of the orders an invoice was written for, as it was paid or is open again."""
    feature, _dot, what = event.name.partition(".")
    kinds = [kind for kind in current().registry.kinds.values() if kind.plugin == feature and kind.owes]
    row = next((row for kind in kinds if (row := by_id(kind.name, event.record_id or 0)) is not None), None)
    for one in begin.related(row) if row is not None else ():
        if one.kind.name == "order" and one.origin:
            with transaction():
                _settle(one.row.number, row.kind, what)


def _settle(number, kind, what):
    """Compare what the invoices of an order have brought with what it comes to: a deposit is not all of it."""
    try:
        order = find("order", number, hold=True)
    except NotFound:
        return
    keys = [one.row.id for one in begin.related(order) if one.kind.name == kind and not one.origin]
    owes = current().registry.kinds[kind].owes
    bills = [owes(row) for row in fetch(visible(kind, anywhere=True).where(Record.id.in_(keys)))]
    got = sum(one.of - one.amount for one in bills if one.currency == order.currency)
    wanted = "paid" if got >= order.total else "partly" if got > 0 else "open"
    ours = ("refunded", "paid") if what == "paid" else ("refunded",)  # what staff has set stays
    if order.payment not in (wanted, *ours):
        service.pay(order, wanted)
