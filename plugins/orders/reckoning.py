"""What an order comes to: computed here, from exact prices and quantities, and never taken from a client."""

from flask import g, has_app_context

from parlour import FieldError, Invalid, fetch, lines, money
from parlour import gettext as _

from .models import OrderLine

MOST = 5_000
"""Lines an order can have."""


def reckon(given, *, shipping=0, shipping_tax="0", per="line", included=False):
    """Give (lines with their sums, amounts of the order) of lines with text, quantity, price, discount and tax.

    Shipping is taxed as a line of its own. Raises Invalid where there are too many or amounts are too large.
    """
    if len(given) > MOST:
        raise Invalid([FieldError("lines", _("An order has at most %(most)s lines.", most=MOST), "too_many")])
    items = [money.Item(one["price"], one["quantity"], one["tax"], one["discount"]) for one in given]
    found = money.totals([*items, money.Item(shipping, 1, shipping_tax)], per=per, included=included)
    whole = [{**one, "place": place, "net": summed.net, "taxed": summed.tax, "total": summed.total}
             for place, (one, summed) in enumerate(zip(given, found.lines, strict=False), 1)]
    goods = sum(one["total" if included else "net"] for one in whole)
    return whole, {"goods": goods, "shipping": shipping, "shipping_tax": shipping_tax, "tax": found.sum.tax,
                   "total": found.sum.total, "included": included, "rounding": per}


def plain(one):
    """Give one line as it is kept, from what other code tells of it: texts cut, decimals exact. Raises Unfit."""
    def exact(value, places):
        return money.figures.exact(str(value) if isinstance(value, float) else value, places)
    return {"sku": str(one.get("sku") or "")[:80], "text": str(one.get("text") or "")[:500],
            "options": [[str(part)[:80] for part in pair] for pair in one.get("options") or ()],
            "quantity": exact(one.get("quantity") or "1", 6), "price": exact(one.get("price") or "0", 12),
            "discount": exact(one.get("discount") or "0", 6), "tax": exact(one.get("tax") or "0", 6)}


def of(order):
    """Give the lines of an order that came through the door."""
    if not has_app_context():
        return _read(order)
    known = g.setdefault("orders_lines", {})  # a page and what begins from the order ask for the same
    place = (order.id, order.staff_version)
    if place not in known:
        known[place] = _read(order)
    return known[place]


def _read(order):
    columns = [getattr(OrderLine, name) for name in (
        "id", "place", "sku", "text", "options", "quantity", "price", "discount", "tax", "net", "taxed", "total")]
    return fetch(lines.visible("order", OrderLine, "view", *columns, anywhere=True).where(
        OrderLine.record == order.id).order_by(OrderLine.place))


def given(line):
    """Give a line as it was before it was reckoned."""
    return {name: getattr(line, name) for name in (
        "sku", "text", "options", "quantity", "price", "discount", "tax")}


def same(lines_now, order):
    """Give lines that know no options with those of the order's lines that say the same."""
    known = {(one.sku, one.text): one.options for one in of(order)}
    return [{**one, "options": one["options"] or known.get((one["sku"], one["text"]), [])} for one in lines_now]


def title(given, most=120):
    """Name an order by what is in it."""
    names = list(dict.fromkeys(one["text"] for one in given if one["text"]))
    words = ", ".join(names[:4])
    return (words if len(words) <= most else f"{words[:most - 1].rstrip()}…") or "–"
