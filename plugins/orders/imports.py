"""Orders from elsewhere, each with its lines, in one transaction, at its own time; nobody is told."""

from parlour import (
    N_,
    FieldError,
    Import,
    Invalid,
    NotFound,
    add,
    by_id,
    change,
    find,
    forms,
    lines,
    money,
    people,
)
from parlour import gettext as _

from . import reckoning, terms
from .models import OrderLine

_PLAIN = {"type": "string", "maxLength": 500}
_LONG = {"type": "string", "maxLength": 2000, "x-lines": True}
_DAY = {"type": "string", "format": "date"}
_EXACT = {"type": "string", "pattern": r"^-?[0-9]{1,12}([.][0-9]{1,9})?$", "maxLength": 30, "x-widget": "quantity"}
_LINE = {"type": "object", "required": ["text"], "properties": {
    "sku": _PLAIN, "text": _PLAIN, "quantity": _EXACT,
    "price": {**_EXACT, "description": "Of one, such as 12.50."},
    "discount": {**_EXACT, "description": "In percent."}, "tax": {**_EXACT, "description": "In percent."}}}


def fields():
    """Give what a row of an order may hold, in the words of the tenant."""
    policy = terms.terms()
    words = {key: str(word) for key, word in policy.choices()}
    return {"type": "object", "properties": {
        "number": {**_PLAIN, "title": _("Number"), "pattern": "^([A-Za-z]{1,12}-)?[0-9]{1,15}$"},
        "requester": {**_PLAIN, "title": _("Ordered by"), "x-find": "person"},
        "company": {**_PLAIN, "title": _("Company"), "x-find": "company"},
        "created": {"type": "string", "format": "date-time", "title": _("Ordered on")},
        "status": {"enum": list(words), "title": _("Status"), "x-labels": words},
        "payment": {"enum": list(terms.PAYMENTS), "title": _("Payment")},
        "reference": {**_PLAIN, "title": _("Purchase order number"), "maxLength": 80},
        "currency": {**_PLAIN, "title": _("Currency"), "pattern": "^[A-Z]{3}$"},
        "shipping": {**_EXACT, "title": _("Shipping")}, "due": {**_DAY, "title": _("Wanted by")},
        "carrier": {**_PLAIN, "title": _("Carrier")}, "tracking": {**_PLAIN, "title": _("Parcel number")},
        "sent": {**_DAY, "title": _("Left on")}, "deliver": {**_LONG, "title": _("Deliver to")},
        "bill": {**_LONG, "title": _("Bill to")}, "credit": {"type": "boolean", "title": _("Takes an order back")},
        "total": {**_EXACT, "title": _("Total"), "description": "Computed from the lines; only exports say it."},
        "lines": {"type": "array", "items": _LINE},
        "fields": {"type": "object", "properties": forms.custom(policy.fields), "description":
                   "Declare it in portal.yaml under features.orders.fields, or take it out of the mapping."}}}


def taken():
    """Give what `parlour import` can take."""
    return [Import("order", fields, take, match={"number": by_number}, give=give, title=N_("Orders"))]


def by_number(text):
    """Find an order by its number."""
    try:
        return find("order", text).id
    except NotFound:
        return None


def give(order):
    """Give an order as a row that `take` takes; its lines stand in the API."""
    company = people.companies([order.company_id]) if order.company_id else ()
    person = people.person(order.person_id) if order.person_id else None
    kept = ("reference", "currency", "carrier", "tracking", "sent", "due", "deliver", "bill", "credit", "payment")
    return {"number": str(order.number), "requester": (person.email or person.login or "") if person else "",
            "company": company[0].identifier if company else "", "created": order.created, "status": order.state,
            "shipping": money.plain(order.shipping, order.currency), "total": money.plain(
                order.total, order.currency), "fields": order.fields or {}, **{
                name: getattr(order, name) for name in kept}}


def take(row):
    """Make an order, or add lines that are new to the one it became before. Raises NotFound, Invalid."""
    policy, given = terms.terms(), row.get("lines", ())
    currency = row.get("currency") or policy.currency
    fresh = [_line(one, currency, at) for at, one in enumerate(given)]
    if not row["known"]:
        order, last = _add(row, policy, currency, fresh), 0
    else:
        order = by_id("order", int(row["known"]))
        if order is None:
            raise NotFound(_("It was removed here since; an import does not bring it back."))
        last = _renew(order, row, policy, given, fresh)
    told = []
    for one in given:
        last += not one["known"]
        told.append(("updated", one["known"]) if one["known"] else ("created", f"{order.id}/{last}"))
    return "updated" if row["known"] else "created", order.id, {"lines": told}


def _line(one, currency, at):
    try:
        return reckoning.plain({**one, "price": money.fine(one.get("price") or "0", currency)})
    except money.figures.Unfit as error:
        raise Invalid([FieldError(
            "lines", _("Line %(number)s: its numbers cannot be kept.", number=at + 1), "format")]) from error


def _sums(row, currency, whole, *, per, included):
    shipping = money.rounded(money.fine(row.get("shipping") or "0", currency))
    return reckoning.reckon(whole, shipping=shipping, per=per, included=included)


def _facts(row, policy):
    """Give what a row says of the record, and of its body."""
    state = row.get("status") or policy.first("open")
    kept = ("reference", "carrier", "tracking", "sent", "due", "deliver", "bill", "payment")
    body = {name: row[name] for name in kept if name in row}
    facts = {"state": state, "category": policy.meaning(state), "fields": row.get("fields", {})}
    company = row.get("company")
    return {**facts, **({"company": int(company)} if company else {})}, body


def _add(row, policy, currency, fresh):
    facts, body = _facts(row, policy)
    whole, sums = _sums(row, currency, fresh, per=policy.rounding, included=policy.included)
    number = {"number": int(row["number"].rpartition("-")[2])} if row.get("number") else {}
    created = {"created": row["created"]} if "created" in row else {}
    person = int(row["requester"]) if row.get("requester") else None
    order = add("order", title=reckoning.title(whole), person=person, **facts, **created, **number, body={
        **sums, **body, "currency": currency, "origin": "import",
        "credit": bool(row.get("credit", sums["total"] < 0))})
    lines.add_all("order", order.id, OrderLine, "create", whole)
    return order


def _renew(order, row, policy, given, fresh):
    """Change an order to what its row says now; lines that came before are replaced. Give how many those were."""
    known = {int(one["known"].rpartition("/")[2]): fresh[at] for at, one in enumerate(given) if one["known"]}
    before = [reckoning.given(one) for one in reckoning.of(order)]
    kept = [known.get(place, one) for place, one in enumerate(before, 1)]
    kept += [fresh[at] for at, one in enumerate(given) if not one["known"]]
    facts, body = _facts(row, policy)
    whole, sums = _sums(row, order.currency, reckoning.same(kept, order), per=order.rounding,
                        included=order.included)
    lines.remove("order", order.id, OrderLine, "edit")
    lines.add_all("order", order.id, OrderLine, "edit", whole)
    change("order", order.id, "edit", title=reckoning.title(whole), **facts, body={**sums, **body})
    return len(before)
