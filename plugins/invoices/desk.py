"""What staff meet: drafts, issuing, credit notes."""

from flask import Blueprint, request

import parlour
from parlour import Conflict, Invalid, begin, behalf, find, forms, paging, redirect, render, requires
from parlour import gettext as _

from . import detail, lists, papers, service, views

blueprint = Blueprint("invoices_desk", __name__)


def _currency(asked):
    known = papers.settings().currencies
    return asked if asked in known else known[0]


def _form(currency):
    return papers.form(currency, companies=behalf.companies("invoices.create"))


def _edit(bound, currency, *, draft=None, status=200, about=None, wrong=""):
    return render("invoices/draft.html", status=status, form=bound, currency=currency, draft=draft, about=about,
                  currencies=papers.settings().currencies, wrong=wrong, address=paging.address,
                  number=service.label(draft.number, "invoice_draft") if draft else "",
                  **detail.common())


@blueprint.get("/invoices/drafts")
@requires("invoices.create")
def drafts():
    """Show the drafts."""
    return render("invoices/drafts.html", page=lists.drafts(), **detail.common())


@blueprint.get("/invoices/new")
@requires("invoices.create")
def new():
    """Show the form of a new invoice; the address may fill in whom it is for."""
    currency = _currency(request.args.get("currency", ""))
    given = {name: request.args[name] for name in ("requester", "company", "subject") if request.args.get(name)}
    given["lines"] = [{"quantity": "1", "tax": papers.settings().rate}]
    return _edit(_form(currency).bind(given), currency, about=begin.find(request.args.get("about")))


@blueprint.post("/invoices/new")
@requires("invoices.create")
def create():
    """Keep a draft, or issue it at once."""
    return _save(None, _currency(request.form.get("currency", "")))


def _save(draft, currency):
    form, about = _form(currency), begin.find(request.form.get("about"))
    try:
        with parlour.transaction():  # what cannot be issued leaves no draft: sent again, it would be a second one
            kept = service.write(form.clean(request.form), currency, draft=draft, about=about)
            if request.form.get("act") == "issue":
                made = service.issue(kept.number)
                return redirect(service.path(made), message=_("It is issued. The customer is told by e-mail."))
    except Invalid as error:
        return _edit(form.bind(request.form, error.errors), currency, draft=draft, status=422, about=about)
    return redirect(service.path(kept), message=_("Saved. Nobody but your team sees it until it is issued."))


@blueprint.get("/invoices/drafts/<number>")
@requires("invoices.create")
def draft(number):
    """Show a draft in its form."""
    row = find("invoice_draft", number, "create")
    return _edit(_form(row.currency).bind(_stored(row)), row.currency, draft=row)


def _stored(row):
    person = parlour.people.person(row.person_id) if row.person_id else None
    firm = parlour.people.companies([row.company_id])[0] if row.company_id else None
    return row.content | {"requester": person.email if person else "", "company": firm.identifier if firm else ""}


@blueprint.post("/invoices/drafts/<number>")
@requires("invoices.create")
def save(number):
    """Keep what a draft says now, or issue it."""
    row = find("invoice_draft", number, "create")
    return _save(row, row.currency)


@blueprint.post("/invoices/drafts/<number>/remove")
@requires("invoices.remove")
def remove(number):
    """Throw a draft away."""
    service.throw_away(number)
    return redirect("/invoices/drafts", message=_("Thrown away."))


def _done(number, call, message=""):
    """Do something with an invoice; what is refused is said on its page."""
    try:
        row = call()
    except Invalid as error:
        return detail.show(find("invoice", number), code=422, wrong=error.errors[0].message)
    except Conflict as error:
        return detail.show(find("invoice", number), code=409, wrong=str(error))
    return redirect(service.path(row), message=message)


@blueprint.post("/invoices/<number>/credit")
@requires("invoices.create")
def credit(number):
    """Issue a credit note for all or a part of an invoice."""
    row = find("invoice", number, "create")
    form = forms.load({"type": "object", "properties": forms.custom({
        "amount": {"type": "money", "currency": row.currency, "label": _("Amount")},
        "reason": {"type": "longtext", "label": _("Reason"), "max_length": 1000}})}, id="invoices.credit")

    def act():
        values = form.clean(request.form)
        return service.credit(number, values["amount"], values["reason"])

    return _done(number, act, _("The credit note is issued. The customer is told by e-mail."))


@blueprint.post("/invoices/<number>/set-off")
@requires("invoices.record")
def set_off(number):
    """Use what a credit note still holds for another invoice."""
    return _done(number, lambda: service.set_off(number, request.form.get("invoice", "")), _("Set off."))


@blueprint.post("/invoices/<number>/note")
@requires("invoices.note")
def note(number):
    """Write a note for the team."""
    return views.write(number, "note", "note_error", inside=True)
