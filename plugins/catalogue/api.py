"""What programs are told of a product, what they may make of one, and imports."""

from parlour import (
    N_,
    FieldError,
    Import,
    Invalid,
    NotFound,
    Record,
    add,
    by_id,
    change,
    current,
    fetch,
    granted,
    money,
    visible,
)
from parlour import gettext as _

from . import desk, prices
from .models import Product

_TEXT = {"type": "string"}
_EXACT = {"type": "string", "pattern": r"^[0-9]{1,12}([.][0-9]{1,9})?$", "maxLength": 30, "x-widget": "quantity"}
SHAPE = {"type": "object", "additionalProperties": False, "properties": {
    "sku": _TEXT, "text": _TEXT, "unit": _TEXT, "shelf": _TEXT, "currency": _TEXT,
    "price": {**_TEXT, "description": "Of one, for whoever asks, as an exact decimal."},
    "tax": {**_TEXT, "description": "In percent."}, "least": _TEXT, "step": _TEXT,
    "options": {"type": "array", "items": {"type": "object"}}}}
"""What the API says about a product beyond its record."""


def shape(product):
    """Give what the API says about a product: its price is that of whoever asks."""
    told = {"sku": product.sku, "text": product.text, "unit": product.unit, "shelf": product.shelf,
            "currency": product.currency, "tax": product.tax or prices.settings().get("tax", "0"),
            "least": product.least, "step": product.step,
            "options": product.options or [], "fields": {}}
    if prices.seen():
        told["price"] = money.plain(prices.plain_price(product), product.currency)
    return told


def words(product):
    """Give what search finds a product by beside its name."""
    return f"{product.sku} {product.text} {product.unit}", ""


def create(source):
    """Make a product from what a program sent. Raises Invalid."""
    currency = str(current().settings.value("currency"))
    values = desk._form().clean(source)
    return add("product", **desk.facts_of(values), body={**desk.body_of(values, currency), "currency": currency})


def update(product, source):
    """Change parts of a product as a program says. Raises Invalid."""
    form = desk._form(product.currency)
    sent = form.clean(source, partial=True)
    values = {**desk._values(product), **sent}
    return change("product", product.id, "edit", body=desk.body_of(values, product.currency),
                  **desk.facts_of(values))


def fields():
    """Give what a row of a product may hold."""
    shelves = prices.settings().get("categories") or {}
    return {"type": "object", "required": ["title", "sku"], "properties": {
        "title": {**_TEXT, "title": _("Name"), "minLength": 1, "maxLength": 200},
        "sku": {**_TEXT, "title": _("Article number"), "minLength": 1, "maxLength": 80},
        "text": {**_TEXT, "title": _("Description"), "maxLength": 10_000, "x-lines": True},
        "unit": {**_TEXT, "title": _("Unit"), "maxLength": 40},
        "category": {"enum": list(shelves), "title": _("Category"), "x-labels": shelves} if shelves else {
            **_TEXT, "title": _("Category"), "maxLength": 40},
        "currency": {**_TEXT, "title": _("Currency"), "pattern": "^[A-Z]{3}$"},
        "price": {**_EXACT, "title": _("Price of one")}, "tax": {**_EXACT, "title": _("Tax in percent")},
        "least": {**_EXACT, "title": _("Order at least")}, "step": {**_EXACT, "title": _("In steps of")},
        "audience": {"enum": list(desk.AUDIENCES), "title": _("Who sees it")},
        "offered": {"type": "boolean", "title": _("Can be ordered")}}}


def by_sku(text):
    """Find a product by its article number."""
    found = fetch(visible("product", "view", Record.id).where(Product.sku == text).limit(1))
    return found[0].id if found else None


def give(product):
    """Give a product as a row that `take` takes."""
    return {"title": product.title, "offered": product.state == prices.OFFERED,
            "audience": product.shown or product.audience, "category": product.shelf,
            "price": money.plain(product.price, product.currency), **{
                name: getattr(product, name)
                for name in ("sku", "text", "unit", "currency", "tax", "least", "step")}}


def take(row):
    """Make a product, or change the one it became before; what a row does not say stays. Raises NotFound."""
    known = by_id("product", int(row["known"])) if row["known"] else None
    if row["known"] and known is None:
        raise NotFound(_("It was removed here since; an import does not bring it back."))
    currency = row.get("currency") or (known.currency if known else str(current().settings.value("currency")))
    body = {name: row[name] for name in ("sku", "text", "unit", "tax", "least", "step") if name in row}
    body |= {"shelf": row["category"]} if "category" in row else {}
    try:
        if "price" in row:
            body["price"] = money.fine(row["price"], currency)
    except money.figures.Unfit as error:
        raise Invalid([FieldError("price", _("This price cannot be kept."), "format")]) from error
    audience = row.get("audience") or ((known.shown or known.audience) if known else "customers")
    body["shown"] = audience
    if known is None:
        facts = desk.facts_of({"title": row["title"], "audience": audience,
                               "offered": row.get("offered", True)})
        return "created", add("product", **facts, body={**body, "currency": currency}).id
    facts = desk.facts_of({"title": row["title"], "audience": audience,
                           "offered": row.get("offered", known.state == prices.OFFERED)})
    return "updated", change("product", known.id, "edit", body={**body, "currency": currency}, **facts).id


def taken():
    """Give what `parlour import` can take."""
    return [Import("product", fields, take, match={"sku": by_sku}, give=give, title=N_("Products"))]


def narrow(asked):
    """Give the conditions of the list whose address has these parameters."""
    wanted = prices.RESTING if asked.get("show") == "resting" and granted(
        current(), "catalogue.edit") != "none" else prices.OFFERED
    terms = [Record.state == wanted]
    return (*terms, *([Product.shelf == asked["category"]] if asked.get("category") else ()))
