"""How things are sold: ways of delivery, terms to agree to, and what the orders of programs come to."""

import parlour
from parlour import Invalid, current, forms, granted, money
from parlour import gettext as _

from . import cart, prices


def ways(said):
    """Give the field that asks how it is brought, {} where there is nothing to choose."""
    found, goods = prices.settings().get("delivery") or {}, cart.totals(said).sum
    return {"delivery": {"type": "choice", "label": _("Delivery"), "required": True, "default": next(iter(found)),
                         "options": {key: _way(key, one, goods, said) for key, one in found.items()}}} \
        if found else {}


def _way(key, one, goods, said):
    """Say what a way of delivery costs, and what the order comes to with it."""
    show, cost = money.show, prices.delivery(key, _worth(goods, said), said["currency"])
    return _("%(way)s · %(cost)s, in all %(total)s", way=one["label"],
             cost=show(cost, said["currency"]) if cost else _("free"),
             total=show(cart.totals(said, cost).sum.total, said["currency"]))


def _worth(goods, said):
    return goods.total if said["included"] else goods.net


def brought_if():
    """Give the condition under which an order asks where to: not where customers fetch it themselves."""
    ways = prices.settings().get("delivery") or {}
    asking = [key for key, one in ways.items() if one.get("address", True)]
    return {"delivery": asking} if len(asking) < len(ways) else {}


def consent():
    """Give the field that asks to agree to the terms, {} where there are none."""
    return {"agreed": {"type": "checkbox", "label": _("I agree to the terms above"), "required": True}} \
        if prices.settings().get("terms") else {}


def brought(said, way):
    """Give what an order says of its delivery: its name, what it costs, and its tax."""
    chosen = (prices.settings().get("delivery") or {}).get(way or "") or {}
    worth = _worth(cart.totals(said).sum, said)
    return {"way": chosen.get("label", ""), "shipping": prices.delivery(way or "", worth, said["currency"]),
            "shipping_tax": prices.settings().get("tax", "0")}


def check(product, quantity, path):
    """Refuse a quantity that a product is not sold in. Raises Invalid."""
    show, wrong = money.formats.format_quantity, cart.unfit(product, quantity)
    if wrong:
        raise Invalid([parlour.FieldError(path, {
            "least": _("Order at least %(least)s of %(what)s.", least=show(product.least), what=product.title),
            "step": _("%(what)s comes in steps of %(step)s.", step=show(product.step), what=product.title)}[wrong],
            "multiple")])


def sell(wanted, given, company):
    """Give what an order of ((product, quantity, options), ...) is. Raises Invalid.

    `options` are pairs of a name and what was chosen; `company` is an identifier. `given` may say `delivery`, the
    key of a way (else the first), and `agreed`, where there are terms.
    """
    for at, (product, quantity, options) in enumerate(wanted):
        check(product, quantity, f"lines.{at}.quantity")
        prices.surcharges(product, options, f"lines.{at}.options")
    own = prices.settings()
    said = {"lines": [prices.line(product, quantity, options, company) for product, quantity, options in wanted],
            "currency": wanted[0][0].currency, "included": bool(own.get("included")),
            "rounding": own.get("rounding", "line")}
    asked = forms.load({"type": "object", "properties": forms.custom({**ways(said), **consent()})},
                       id="catalogue.conditions")
    return said | brought(said, asked.clean(given).get("delivery"))


def told(product):
    """Give what a product tells others: its currency, and `sells` where one can order it."""
    if product.state != prices.OFFERED or not prices.seen():
        return {}
    said = {"currency": product.currency}
    return said if granted(current(), "catalogue.order") == "none" else said | {"sells": sell}
