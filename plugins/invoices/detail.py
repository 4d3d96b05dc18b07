"""One invoice's page: its lines, how it can be paid, what was paid, the conversation, and what staff can do."""

from types import SimpleNamespace

from flask import request

import parlour
from parlour import conversation, current, forms, granted, money, pdf, people, render, sees_notes
from parlour import gettext as _

from . import lists, papers, service
from .models import CREDIT, INVOICE, NOTE, OPEN, PARTLY

REPLY = forms.load({"type": "object", "required": ["body"], "properties": {
    "body": {"type": "string", "title": parlour.N_("Your message"), "x-widget": "longtext", "maxLength": 50000},
    "attachments": {"type": "array", "title": parlour.N_("Attachments"), "x-widget": "files", "maxItems": 10,
                    "x-max-bytes": 26214400}}}, id="invoices.reply")


def may(action):
    """Say whether whoever asks may do something with invoices at all."""
    return granted(current(), f"invoices.{action}") != "none"


def status(row):
    """Say where an invoice stands in a word and the tone it is shown in."""
    late = lists.overdue_days(row.due) if row.sort == INVOICE and row.open > 0 else 0
    if late:
        return _("Overdue"), "bad"
    if row.sort == INVOICE and row.open > 0 and row.due == papers.today():
        return _("Due today"), "warn"
    tones = {OPEN: "info", PARTLY: "info", CREDIT: "warn", "paid": "good"}
    return _(papers.STATES.get(row.state, row.state)), tones.get(row.state, "neutral")


def _label(row):
    return service.label(row.number, row.kind)


def common():
    """Give what every template of invoices asks for."""
    return {"kind": service.kind(), "label": parlour.label, "path": service.path, "show": money.show,
            "standing": status, "label_of": _label, "day": papers.day, "may": may, "note_sort": NOTE}


def show(row, *, code=200, **typed):
    """Draw an invoice; `typed` is what stays in a form that was refused: body, error, wrong, values, errors."""
    noted = sees_notes(service.kind())
    entries = conversation.entries(row, internal=noted)
    if request.method == "GET":
        parlour.notify.opened(row, entries)
    begun = service.purse().account.begun(row) if row.open > 0 and row.sort == INVOICE else None
    names = people.names({row.person_id}) if row.person_id else {}
    firm = next(iter(people.companies([row.company_id])), None) if row.company_id and current().is_staff else None
    return render(
        "invoices/invoice.html", block="invoice", status=code, invoice=row, number=parlour.label(
            service.kind(), row.number), entries=entries, noted=noted, booked=_booked(row), begun=begun,
        word=status(row), late=lists.overdue_days(row.due) if row.open > 0 else 0, title=_title(row),
        requester=names.get(row.person_id, ""), firm=firm, no_pdf=pdf.missing(), **common(),
        desk=_desk(row) if current().is_staff else None,
        payable=row.sort == INVOICE and row.open > 0 and may("pay"),
        typed={"body": "", "error": "", "note": "", "note_error": "", "wrong": ""} | typed)


def _title(row):
    return _("Credit note") if row.sort == NOTE else _("Invoice")


def _booked(row):
    """Give what was booked: (day, words, path of the payment or document, its number, amount)."""
    def told(one):
        kind = service.kind() if one.what == "credit" else service.purse()
        words = (_("Credit note") if row.sort == INVOICE else _("Set off")) if one.what == "credit" else \
            _("Paid") if one.amount > 0 or row.sort == NOTE else _("Paid back")
        return SimpleNamespace(day=papers.day(one.day), amount=one.amount, words=words, number=parlour.label(
            kind, one.source), path=parlour.links.record_path(kind, one.source))
    return [told(one) for one in service.entries(row)]


def _desk(row):
    """Give what staff can do with an invoice now."""
    others = parlour.fetch(parlour.visible("invoice", "view", *lists.COLUMNS).where(
        lists.of_customer(row), lists.Invoice.currency == row.currency, lists.Invoice.open > 0).limit(
            20)) if row.sort == NOTE and row.open < 0 else []
    return SimpleNamespace(creditable=service.creditable(row), others=others, today=papers.today(),
                           record=row.sort == INVOICE and row.open > 0, held=-row.open if row.sort == NOTE else 0,
                           typed=money.plain)
