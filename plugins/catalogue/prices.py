"""What something costs whoever asks: from the product, the list of their company, and the options they chose."""

from fractions import Fraction

from parlour import FieldError, Invalid, begin, behalf, current, granted, money
from parlour import gettext as _

OFFERED, RESTING = "offered", "resting"


def settings():
    """Give the tenant's settings of the catalogue."""
    return current().settings.features["catalogue"].settings


def buyer():
    """Give the party that whoever asks orders for: that of the order, where it needs no choice among several."""
    who = current()
    if who.person is None or who.is_staff:
        return behalf.Party(None)
    orders = begin.takes("order") if granted(who, "catalogue.order") != "none" else None
    if orders and not behalf.companies(orders.permission):
        return behalf.chosen({}, orders.permission)
    member = who.person.among(who.company)
    return behalf.Party(who.person.id, member.company_id, member.identifier) if member else behalf.Party(None)


def price_list(company=None):
    """Give (key, settings) of the price list of a company by its identifier, or of whom one orders for."""
    company = buyer().identifier if company is None else company
    for key, one in (settings().get("price_lists") or {}).items():
        if company and company in one.get("companies", ()):
            return key, one
    return "", {}


def seen():
    """Say whether whoever asks may see prices."""
    return current().person is not None or settings().get("guest_prices", True)


def price_of(product, chosen=(), company=None):
    """Give what one costs as exact text in minor units: its price on the list, and the surcharges chosen.

    It may be finer than a cent: amounts are rounded once, where a line is multiplied.
    """
    key, one = price_list(company)
    price = Fraction((product.prices or {}).get(key) or "0") if key in (product.prices or {}) else None
    if price is None:
        off = money.exact(str(one.get("percent") or "0"))
        price = money.exact(product.price) * (1 - off / 100)
    price += sum(money.exact(str(extra)) for extra in surcharges(product, chosen))
    return money.figures.exact(money.Decimal(money.rounded(price * 10 ** money.PLACES)).scaleb(-money.PLACES),
                               money.PLACES)


def surcharges(product, chosen, path="options"):
    """Give what the chosen options add. Raises Invalid where one is missing or is none of the product's."""
    given, found = dict(chosen), []
    for option in product.options or ():
        extra = dict(map(tuple, option["choices"])).get(given.pop(option["name"], None))
        if extra is None:
            raise Invalid([FieldError(path, _("Choose “%(option)s”.", option=option["name"]), "required")])
        found.append(extra)
    if given or len(dict(chosen)) < len(chosen):
        raise Invalid([FieldError(path, _("This does not have such an option."), "unknown")])
    return found


def plain_price(product, company=None):
    """Give what one costs without looking at options: the least it can be."""
    least = [(option["name"], min(option["choices"], key=lambda one: int(one[1]))[0])
             for option in product.options or ()]
    return price_of(product, least, company)


def line(product, quantity="1", chosen=(), company=None):
    """Give a product as a line of an order, at the price it has for whoever asks."""
    said = ", ".join(f"{name}: {choice}" for name, choice in chosen)
    return {"sku": product.sku, "text": f"{product.title} ({said})" if said else product.title,
            "options": [list(pair) for pair in chosen], "quantity": quantity,
            "price": price_of(product, chosen, company), "discount": "0",
            "tax": product.tax or settings().get("tax", "0")}


def amount_of(text, currency):
    """Give an amount of the settings in minor units."""
    return money.rounded(money.fine(text or "0", currency))


def delivery(key, goods, currency):
    """Give what a way of delivery costs for goods of some worth; an unknown one costs nothing."""
    way = (settings().get("delivery") or {}).get(key) or {}
    if way.get("free_from") and goods >= amount_of(way["free_from"], currency):
        return 0
    return amount_of(way.get("price"), currency)
