"""The pages of tickets: list, new, one with its conversation."""

from flask import Blueprint, request

from parlour import (
    Invalid,
    Record,
    attach,
    conversation,
    current,
    fetch,
    find,
    granted,
    label,
    links,
    people,
    redirect,
    render,
    requires,
    visible,
)
from parlour import gettext as _

from . import service

blueprint = Blueprint("tickets", __name__)
PER_PAGE = 25


def kind():
    """Give the registered kind."""
    return current().registry.kinds["ticket"]


def path(ticket):
    """Give a ticket's address."""
    return links.record_path(kind(), ticket.number)


@blueprint.get("/tickets")
@requires("tickets.view")
def listing():
    """Show the tickets one may see, the latest first."""
    rows = fetch(visible("ticket").order_by(Record.touched.desc(), Record.number.desc()).limit(PER_PAGE))
    who = current()
    unread = conversation.unread([row.id for row in rows], who.me.id, internal=who.is_staff)
    return render("tickets/list.html", block="results", rows=rows, unread=unread, kind=kind(), label=label,
                  path=path, names=people.names([row.person_id for row in rows]))


@blueprint.get("/tickets/new")
@requires("tickets.create")
def new():
    """Show the form of a new ticket."""
    return render("tickets/new.html", form=service.NEW.bind())


@blueprint.post("/tickets/new")
@requires("tickets.create")
def create():
    """Open a ticket."""
    try:
        values = service.NEW.clean(request.form, request.files)
        files = attach.receive(values.pop("attachments"))
    except Invalid as error:
        return render("tickets/new.html", status=422, form=service.NEW.bind(request.form, error.errors))
    ticket = service.open_ticket(values, files)
    return redirect(path(ticket), message=_("Thanks, %(name)s. We'll answer here and by e-mail.",
                                            name=current().me.name.split(" ")[0]))


@blueprint.get("/tickets/<number>")
@requires("tickets.view")
def show(number):
    """Show one ticket with its conversation."""
    return page(find("ticket", number))


def page(ticket, *, status=200, errors=(), body=""):
    """Draw a ticket; what was typed into the composer stays."""
    internal = granted(current(), "tickets.note") == "all"
    entries = conversation.entries(ticket, internal=internal)
    if request.method == "GET" and current().person:
        conversation.mark_read(ticket, current().me.id)
    return render("tickets/ticket.html", block="conversation", status=status, ticket=ticket, entries=entries,
                  may_note=internal, number=label(kind(), ticket.number), kind=kind(), path=path(ticket),
                  errors=errors, body=body, requester=people.names([ticket.person_id]).get(ticket.person_id, ""))


def _write(number, verb):
    ticket = find("ticket", number)
    try:
        values = service.REPLY.clean(request.form, request.files)
        files = attach.receive(values["attachments"])
    except Invalid as error:
        return page(ticket, status=422, errors=error.errors, body=request.form.get("body", ""))
    verb(ticket, values["body"], files)
    return redirect(path(ticket))


@blueprint.post("/tickets/<number>/reply")
@requires("tickets.reply")
def reply(number):
    """Answer publicly."""
    return _write(number, service.reply)


@blueprint.post("/tickets/<number>/note")
@requires("tickets.note")
def note(number):
    """Write a note for the team."""
    return _write(number, service.note)
