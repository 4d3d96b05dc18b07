"""What customers meet: their invoices, one of them, statements."""

from flask import Blueprint, make_response, request

import parlour
from parlour import Invalid, current, find, paging, redirect, render, requires

from . import detail, lists, paper, papers, service, statements

blueprint = Blueprint("invoices", __name__)


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
                  payable=detail.may("pay"), **detail.common())


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
    mine = None if current().is_staff else current().me.among(current().company)
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
    """Draw the card of the home page: what is due first."""
    rows = lists.owed()
    return parlour.piece("invoices/panel.html", rows=rows, **detail.common()) if rows else None
