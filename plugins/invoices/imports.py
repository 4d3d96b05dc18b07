"""Invoices from elsewhere, with their own numbers and days, paid or not; nobody is told, none changes later."""

from datetime import UTC, datetime

import parlour
from parlour import FieldError, Import, Invalid, NotFound, lines, people

from . import papers, service
from .models import INVOICE, MEANING, NOTE, Entry

_TEXT, _DAY = {"type": "string"}, {"type": "string", "format": "date"}
_MINOR = {"type": "integer", "description": "In the currency's smallest unit."}
_LINE = {"type": "object", "required": ["text", "price"], "properties": {
    "text": {**_TEXT, "minLength": 1, "maxLength": 500}, "quantity": _TEXT, "price": _MINOR, "tax": _TEXT,
    "discount": _TEXT}}


def fields():
    """Give what a row of an invoice may hold."""
    _ = parlour.gettext
    return {"type": "object", "required": ["issued"], "properties": {
        "number": {**_TEXT, "title": _("Number"), "pattern": "^([A-Za-z]{1,12}-)?[0-9]{1,15}$"},
        "subject": {**_TEXT, "title": _("Subject"), "maxLength": 200},
        "requester": {**_TEXT, "title": _("Customer"), "x-find": "person"},
        "company": {**_TEXT, "title": _("Company"), "x-find": "company"},
        "currency": {**_TEXT, "title": _("Currency"), "pattern": "^[A-Z]{3}$"},
        "issued": {**_DAY, "title": _("Date")}, "due": {**_DAY, "title": _("Due on")},
        "paid": {**_DAY, "title": _("Paid on"), "description": "All of it, on this day."},
        "reference": {**_TEXT, "title": _("Purchase order number"), "maxLength": 100},
        "note": {**_TEXT, "title": _("Note"), "maxLength": 2000, "x-lines": True},
        "address": {**_TEXT, "title": _("Address"), "maxLength": 500, "x-lines": True},
        "total": {**_MINOR, "title": _("Total"), "description": "Checked against the sum of the lines."},
        "included": {"type": "boolean", "title": _("Prices include tax")},
        "lines": {"type": "array", "items": _LINE, "title": _("Lines")}}}


def taken():
    """Give what `parlour import` can take."""
    return [Import("invoice", fields, take, match={"number": by_number}, give=give, title=parlour.N_("Invoices"))]


def _moment(day):
    return datetime.fromisoformat(day).replace(hour=12, tzinfo=UTC)


def by_number(text):
    """Find an invoice by its number."""
    try:
        return parlour.find("invoice", text).id
    except NotFound:
        return None


def take(row):
    """Make an invoice as it was issued elsewhere. Raises Invalid, NotFound."""
    if row["known"]:
        return _again(row)
    given = [{"quantity": "1", **{name: value for name, value in line.items() if name in _LINE["properties"]}}
             for line in row.get("lines", ())]
    if not given and row.get("total"):  # a flat table: one line over all of it
        text = row.get("subject") or parlour.gettext("Invoice")
        given = [{"text": text, "quantity": "1", "price": row["total"]}]
    if not given:
        raise Invalid([FieldError("lines", parlour.gettext("An invoice has at least one line."), "required")])
    included = row.get("included", False)
    totals, kept = papers.reckon(given, included=included)
    if "total" in row and row["total"] != totals.sum.total:
        said = parlour.gettext("The lines come to %(sum)s, not to %(total)s.", sum=totals.sum.total,
                               total=row["total"])
        raise Invalid([FieldError("total", said, "total")])
    made = _write(row, totals, kept, included)
    return "created", made.id, {"lines": [("created", f"{made.number}.{place}") for place in range(len(kept))]}


def _again(row):
    """Leave an invoice as it is: it was issued. Only that it was paid since can be added."""
    known = parlour.by_id("invoice", int(row["known"]))
    if known is None:
        raise NotFound(parlour.gettext("It is not here any more."))
    invoice = parlour.find("invoice", known.number, "record", hold=True)
    nested = {"lines": [("skipped", line["known"]) for line in row.get("lines", ()) if line["known"]]}
    if row["changed"] and row.get("paid") and invoice.sort == INVOICE and invoice.open > 0:
        payment = service.purse().account.book(invoice, invoice.open, row["paid"])
        service.book(invoice, "payment", payment.number, invoice.open, row["paid"], tell=False)
        return "updated", invoice.id, nested
    return "skipped", invoice.id, nested


def _write(row, totals, kept, included):
    sums, company = totals.sum, _company(row)
    person = int(row["requester"]) if row.get("requester") else None
    to = papers.recipient(company, person, [one for one in (row.get("address") or "").splitlines() if one.strip()])
    sort = INVOICE if sums.total >= 0 else NOTE
    paid = row.get("paid") or ("" if sums.total else row["issued"])
    left = 0 if paid else sums.total
    state = ("paid" if sort == INVOICE else "used") if not left else "open" if sort == INVOICE else "credit"
    moment = _moment(row["issued"])
    number = {"number": int(row["number"].rpartition("-")[2])} if row.get("number") else {}
    made = parlour.add(
        "invoice", title=row.get("subject") or kept[0]["text"][:200], company=company, person=person, state=state,
        category=MEANING[state], created=moment, **number, body={
            "sort": sort, "currency": row.get("currency") or papers.settings().currencies[0], "net": sums.net,
            "tax": sums.tax, "total": sums.total, "issued": row["issued"], "open": left, "settled": paid,
            "due": (row.get("due") or papers.later(row["issued"], papers.settings().due_days))
            if sort == INVOICE else "",
            "content": papers.content(totals, kept, to=to, given=row, included=included),
            "reminded": len(papers.settings().reminders)})
    if paid and sums.total:
        payment = service.purse().account.book(made, sums.total, paid)
        lines.add("invoice", made.id, Entry, "record", what="payment", source=payment.number, amount=sums.total,
                  day=paid)
    return made


def _company(row):
    if row.get("company"):
        return int(row["company"])
    person = int(row.get("requester") or 0)
    theirs = people.memberships([person]).get(person, ()) if person else ()
    return theirs[0].company_id if theirs else None


def give(invoice):
    """Give an invoice as a row that `take` takes."""
    named = {row.id: row.email or row.login or "" for row in people.people(
        {invoice.person_id})} if invoice.person_id else {}
    firm = people.companies([invoice.company_id]) if invoice.company_id else ()
    said = invoice.content
    return {"number": str(invoice.number), "subject": invoice.title, "requester": named.get(invoice.person_id, ""),
            "company": firm[0].identifier if firm else "", "currency": invoice.currency, "issued": invoice.issued,
            "due": invoice.due, "paid": invoice.settled, "reference": said.get("reference", ""),
            "note": said.get("note", ""), "total": invoice.total, "included": bool(said.get("included")),
            "lines": [{name: line[name] for name in _LINE["properties"]} for line in said["lines"]]}

