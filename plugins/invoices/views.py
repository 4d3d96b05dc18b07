"""What customers meet: their invoices, one of them, paying some at once, receipts, statements."""

from functools import lru_cache

from flask import Blueprint, make_response, request

import parlour
from parlour import Conflict, Invalid, ParlourError, current, find, forms, paging, redirect, render, requires

from . import detail, lists, paper, papers, paying, service, statements
from .models import PENDING

blueprint = Blueprint("invoices", __name__)
MOST_HEARD = 262_144
"""Bytes of what a provider sends; real ones have some thousands."""


@blueprint.get("/invoices")
@requires("invoices.view")
def listing():
    """Show the invoices one may see: those to pay first; a search looks through all."""
    known, text = lists.shelves(), request.args.get("q", "").strip()
    shelf = request.args.get("show", "")
    shelf = shelf if shelf in known else "all" if text else "open"
    page = lists.found(text, known[shelf][1]) if text else lists.page(shelf)
    counts = lists.counts()
    chips = [(words, paging.address(show=key), key == shelf, counts.get(key))
             for key, (words, _term) in known.items()]
    return render("invoices/list.html", block="results", page=page, shelf=shelf, text=text, chips=chips,
                  balance=lists.balance(), ages=lists.age_words(), args=request.args, address=paging.address,
                  payable=detail.may("pay") and not current().is_staff, **detail.common())


@blueprint.get("/invoices/<number>")
@requires("invoices.view")
def show(number):
    """Show one invoice with its conversation."""
    return detail.show(find("invoice", number))


@blueprint.get("/invoices/<number>/pdf")
@requires("invoices.view")
def printed(number):
    """Give an invoice as PDF."""
    return paper.invoice(find("invoice", number))


def write(number, kept, wrong, *, inside=False):
    """Take a message or note; what was refused stays in its field, with what to do."""
    invoice, typed = find("invoice", number), {kept: request.form.get("body", "")}
    try:
        values = detail.REPLY.clean(request.form, request.files)
        service.say(number, values["body"], parlour.attach.receive(values["attachments"]), inside=inside)
    except Invalid as error:
        return detail.show(invoice, code=422, **typed, **{wrong: error.errors[0].message})
    return redirect(service.path(invoice), stay=True)


@blueprint.post("/invoices/<number>/reply")
@requires("invoices.reply")
def reply(number):
    """Write about an invoice."""
    return write(number, "body", "error")


@lru_cache(maxsize=256)
def amounts_form(currency, rows):
    """Give the form of amounts for some invoices: (number, what it is called, what is open)."""
    return forms.load({"type": "object", "properties": forms.custom({
        f"amount_{number}": {"type": "money", "currency": currency, "label": said, "default": left, "min": 1}
        for number, said, left in rows})}, id="invoices.amounts")


def amounts_of(wanted):
    """Give the form of amounts for what somebody wants to pay."""
    return amounts_form(wanted[0][0].currency, tuple(
        (one.number, f"{service.label(one.number)} · {one.title}", one.open) for one, _a in wanted))


def typed(wanted):
    """Give the amounts typed into that form, as number -> minor units. Raises Invalid."""
    values = amounts_of(wanted).clean(request.form)
    return {one.number: values[f"amount_{one.number}"] or 0 for one, _amount in wanted}


@blueprint.get("/invoices/pay")
@requires("invoices.pay")
def choose():
    """Show what the chosen invoices come to, and how they can be paid."""
    try:
        return _ways(paying.chosen(request.args.getlist("pick")))
    except Conflict as error:
        return redirect("/invoices", message=str(error), kind="info")


def _ways(wanted, bound=None, status=200):
    first = wanted[0][0]
    total, numbers = sum(amount for _one, amount in wanted), ", ".join(
        service.label(one.number) for one, _amount in wanted)
    seen = parlour.Charge("", current().slug, total, first.currency, numbers, numbers)
    ways = paying.providers(first.currency)
    shown = [(one, one.begin(seen)) for one in ways if not one.away]
    bound = bound or amounts_of(wanted).bind({f"amount_{one.number}": amount for one, amount in wanted})
    return render("invoices/pay.html", block="ways", status=status, wanted=wanted, total=total, form=bound,
                  currency=first.currency, away=[one for one in ways if one.away], told=shown,
                  partial=papers.settings().partial, **detail.common())


@blueprint.post("/invoices/pay")
@requires("invoices.pay")
def pay():
    """Begin to pay with a provider, or show the sum of other amounts."""
    wanted = None
    try:
        wanted = paying.chosen(request.form.getlist("pick"))
        amounts = typed(wanted) if papers.settings().partial else None
        wanted = paying.chosen(request.form.getlist("pick"), amounts)
    except Invalid as error:
        return _ways(wanted, amounts_of(wanted).bind(request.form, error.errors), 422)
    except Conflict as error:
        return redirect("/invoices", message=str(error), kind="info")
    if request.form.get("_draw"):
        return _ways(wanted)
    payment = paying.start(wanted, request.form.get("provider", ""))
    return _go(payment)


def _go(payment):
    try:
        paying.lead(payment)
    except ParlourError as error:
        return redirect(service.path(payment), message=str(error), kind="warn")
    return redirect(f"{service.path(payment)}?go=1")


@blueprint.get("/payments")
@requires("invoices.view")
def payments():
    """Show payments, the last first."""
    state = request.args.get("show", "")
    page = lists.payments(state)
    return render("invoices/payments.html", block="results", page=page, state=state, address=paging.address,
                  states=paying.STATES, **detail.common())


@blueprint.get("/payments/<number>")
@requires("invoices.view")
def payment(number):
    """Show a payment: its receipt; on the way to a provider and back, where it goes on."""
    row = find("payment", number)
    if row.state == PENDING and request.args.get("back") == "1":
        try:
            paying.ask(row)
            row = find("payment", number)
        except ParlourError:  # the provider tells us later, or the worker asks
            pass
    answer = detail.payment(row)
    if row.state == PENDING and row.url and request.args.get("go") == "1":
        answer.headers["Refresh"] = f"0; url={row.url}"  # a form may not lead away from here; a page may
    elif row.state == PENDING and request.args.get("back") == "1":
        answer.headers["Refresh"] = "5"
    return answer


@blueprint.post("/payments/<number>/again")
@requires("invoices.pay")
def again(number):
    """Try once more to reach the provider of a payment that is under way."""
    return _go(find("payment", number, "pay"))


@blueprint.post("/payments/hooks/<name>")
@requires("invoices.hear")
def hear(name):
    """Take what a provider reports, signed. Nothing that is not genuine has any effect."""
    if (request.content_length or 0) > MOST_HEARD:
        return make_response("", 413)
    headers = {key.lower(): value for key, value in request.headers.items()}
    try:
        paying.hear(name, request.get_data(cache=False), headers)
    except parlour.Refused:
        return make_response("", 400)
    return make_response("", 200)


def _statement():
    """Give the statement that the address asks for: (drawn up, name for files, whose, parameters)."""
    first, last = statements.period(request.args)
    condition, name, _row = statements.customer(request.args) if current().is_staff else (None, "", None)
    if current().is_staff and condition is None:
        return None, "", [], []
    terms = (condition,) if condition is not None else ()
    known = statements.currencies(*terms) or [papers.settings().currencies[0]]
    asked = request.args.get("currency", "")
    drawn = statements.drawn_up(asked if asked in known else known[0], first, last, *terms)
    mine = None if current().is_staff else parlour.companies.place()
    whose = [name] if name else papers.recipient(mine.company_id, None) if mine else [current().me.name]
    return drawn, f"statement-{first}-{last}", whose, known


@blueprint.get("/invoices/statement")
@requires("invoices.view")
def statement():
    """Show a statement for some days; staff choose whose."""
    try:
        drawn, _name, whose, known = _statement()
        wrong = ""
    except Invalid as error:
        drawn, whose, known, wrong = None, [], [], error.errors[0].message
    firms = [(row.identifier, row.name) for row in parlour.people.companies()] if current().is_staff else []
    return render("invoices/statement.html", status=422 if wrong else 200, drawn=drawn, whose=whose, known=known,
                  wrong=wrong, firms=firms, args=request.args, balance=_owed(), ages=lists.age_words(),
                  no_pdf=parlour.pdf.missing(), query=request.query_string.decode(), **detail.common())


def _owed():
    condition = statements.customer(request.args)[0] if current().is_staff else None
    return lists.balance(*((condition,) if condition is not None else ())) if condition is not None or \
        not current().is_staff else []


@blueprint.get("/invoices/statement.csv")
@requires("invoices.view")
def statement_table():
    """Give a statement as CSV."""
    drawn, name, _whose, _known = _statement()
    if drawn is None:
        raise parlour.NotFound
    response = make_response(statements.table(drawn), 200, {"Content-Type": "text/csv; charset=utf-8"})
    return parlour.attach.sealed(response, f"{name}.csv")


@blueprint.get("/invoices/statement.pdf")
@requires("invoices.view")
def statement_paper():
    """Give a statement as PDF."""
    drawn, name, whose, _known = _statement()
    if drawn is None:
        raise parlour.NotFound
    return paper.statement(drawn, f"{name}.pdf", whose)


def panel():
    """Draw the card of the home page: what is due first; for staff what the shelves hold."""
    rows, staff = lists.owed(), current().is_staff
    if not rows and not staff and not lists.newest(1):
        return None
    return parlour.piece("invoices/panel.html", rows=rows, counts=lists.counts(), staff=staff,
                         balance=lists.balance() if rows else [], **detail.common())
