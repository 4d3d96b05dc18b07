"""Invoices for programs, and the words search finds them by."""

import parlour
from parlour import FieldError, Invalid, behalf, current, money
from parlour import gettext as _

from . import detail, papers, service
from .models import NOTE

_TEXT, _DAY, _NUMBER = {"type": "string"}, {"type": "string", "format": "date"}, {"type": "integer"}
_MINOR = {**_NUMBER, "description": "In the currency's smallest unit (ISO 4217): cents."}
SHAPE = {"type": "object", "additionalProperties": False, "properties": {
    "sort": {**_TEXT, "enum": ["invoice", "credit"]}, "currency": _TEXT, "net": _MINOR, "tax": _MINOR,
    "total": _MINOR, "open": {**_MINOR, "description": "What is still to be paid; less than 0: still to be used."},
    "issued": _DAY, "due": _DAY, "paid": _DAY, "overdue": {"type": "boolean"}, "reference": _TEXT,
    "credits": {**_TEXT, "description": "The invoice that a credit note corrects."},
    "lines": {"type": "array", "items": {"type": "object", "additionalProperties": False, "properties": {
        "text": _TEXT, "quantity": _TEXT, "price": _MINOR, "tax": _TEXT, "discount": _TEXT, "net": _MINOR,
        "vat": _MINOR, "total": _MINOR}}},
    "reminded": {**_NUMBER, "description": "Reminders so far; for staff.", "x-internal": True}}}
"""What the API says about an invoice beyond its record."""

DRAFT = {"type": "object", "additionalProperties": False, "properties": {"currency": _TEXT, "total": _MINOR}}


def shape(row):
    """Give what the API says about an invoice."""
    told = {"sort": row.sort, "currency": row.currency, "net": row.net, "tax": row.tax, "total": row.total,
            "open": row.open, "issued": row.issued, "due": row.due or None, "paid": row.settled or None,
            "overdue": bool(row.open > 0 and row.due and row.due < papers.today()),
            "reference": row.content.get("reference", ""), "lines": row.content["lines"],
            "credits": service.label(row.credits) if row.credits else None}
    return told | ({"reminded": row.reminded} if current().is_staff else {})


def draft(row):
    """Give what the API says about a draft."""
    return {"currency": row.currency, "total": row.total}


def create(source):
    """Issue an invoice from what a program sent, at once; the server reckons every amount. Raises Invalid."""
    wanted = dict(source)
    currency = wanted.pop("currency", papers.settings().currencies[0])
    if currency not in papers.settings().currencies:
        raise Invalid([FieldError("currency", _("Invoices are not written in this currency."), "choice")])
    form = papers.form(currency, companies=behalf.companies("invoices.create"))
    with parlour.transaction():
        return service.issue(service.write(form.clean(wanted), currency).number)


def reply(row, source):
    """Write about an invoice; staff may send `internal`. Raises Invalid."""
    wanted = dict(source)
    inside = wanted.pop("internal", False) if current().is_staff else False
    if not isinstance(inside, bool):
        raise Invalid([FieldError("internal", _("Send true or false."), "type")])
    return service.say(row.number, detail.REPLY.clean(wanted)["body"], inside=inside)


def words(row):
    """Give what search finds an invoice by: its lines and references, and how its amount is written."""
    said = row.content
    amount = money.plain(abs(row.total), row.currency)
    return " ".join([said.get("reference", ""), amount, *said.get("to", ()), *(
        line["text"] for line in said.get("lines", ())), said.get("note", "")]), ""


def gives(row):
    """Tell what begins from an invoice what it is about."""
    kind = _("Credit note") if row.sort == NOTE else _("Invoice")
    number = service.label(row.number)
    return {"subject": f"{kind} {number}: {row.title}", "reference": number}


def owes(row):
    """Say what is still open of an invoice, or still to be paid back of a credit note."""
    return parlour.Owed(row.open, row.currency, row.total)


def take(row, amount, payment):
    """Book so much of a payment on an invoice."""
    service.book(row, "payment", payment.number, amount, payment.day, "view")
