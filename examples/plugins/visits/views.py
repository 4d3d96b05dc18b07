"""The pages of visits: list with search, new, one with its conversation, planning; the card of the home page."""

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
    paging,
    people,
    piece,
    redirect,
    render,
    requires,
    search,
    visible,
)
from parlour import gettext as _

from . import service

blueprint = Blueprint("visits", __name__)


def words(visit):
    """Say where a visit stands."""
    return {"asked": _("Asked for"), "planned": _("Planned")}[visit.state]


def path(visit):
    """Give a visit's address."""
    return links.record_path(current().registry.kinds["visit"], visit.number)


def number(visit):
    """Write a visit's number as people read it."""
    return label(current().registry.kinds["visit"], visit.number)


@blueprint.get("/visits")
@requires("visits.view")
def listing():
    """Show the visits one may see, the last moved first, narrowed by words."""
    text = request.args.get("q", "").strip()
    page = paging.page_of(visible("visit").where(search.matches("visit", text)) if text else visible("visit"))
    return render("visits/list.html", block="results", page=page, text=text, path=path, number=number, words=words,
                  names=people.names([row.person_id for row in page.rows]))


@blueprint.get("/visits/new")
@requires("visits.create")
def new():
    """Show the form."""
    return render("visits/new.html", form=service.ASK.bind())


@blueprint.post("/visits/new")
@requires("visits.create")
def create():
    """Ask for a visit."""
    try:
        values = service.ASK.clean(request.form, request.files)
        visit = service.ask(values, attach.receive(values.pop("attachments")))
    except Invalid as error:
        return render("visits/new.html", status=422, form=service.ASK.bind(request.form, error.errors))
    return redirect(path(visit), message=_("We have your wish and will tell you the day."))


@blueprint.get("/visits/<number>")
@requires("visits.view")
def show(number):
    """Show one visit."""
    return detail(find("visit", number))


def detail(visit, *, status=200, reply=None, plan=None):
    """Draw a visit with its conversation; what was typed into a refused form stays."""
    notes = granted(current(), "visits.note") == "all"
    if request.method == "GET":
        conversation.mark_read(visit, current().me.id)
    return render("visits/visit.html", status=status, visit=visit, number=number(visit), path=path(visit),
                  word=words(visit), entries=conversation.entries(visit, internal=notes), may_note=notes,
                  may_plan=granted(current(), "visits.plan") == "all", reply=reply,
                  plan=plan or service.PLAN.bind(),
                  requester=people.names([visit.person_id]).get(visit.person_id, ""))


def _write(number, *, internal):
    visit = find("visit", number)
    try:
        values = service.REPLY.clean(request.form, request.files)
        service.reply(visit, values["body"], attach.receive(values["attachments"]), internal=internal)
    except Invalid as error:
        return detail(visit, status=422, reply=error.errors[0].message)
    return redirect(path(visit))


@blueprint.post("/visits/<number>/reply")
@requires("visits.reply")
def reply(number):
    """Write to everybody concerned."""
    return _write(number, internal=False)


@blueprint.post("/visits/<number>/note")
@requires("visits.note")
def note(number):
    """Write a note for the team."""
    return _write(number, internal=True)


@blueprint.post("/visits/<number>/plan")
@requires("visits.plan")
def plan(number):
    """Fix the day."""
    visit = find("visit", number, "plan")
    try:
        service.plan(visit, service.PLAN.clean(request.form)["planned"])
    except Invalid as error:
        return detail(visit, status=422, plan=service.PLAN.bind(request.form, error.errors))
    return redirect(path(visit), message=_("Planned. %(name)s is told.", name=people.names(
        [visit.person_id]).get(visit.person_id, _("The customer"))))


def card():
    """Draw the card of the home page: the visits that moved last; nothing where there is none."""
    rows = fetch(visible("visit").where(Record.category != "closed").order_by(Record.touched.desc()).limit(3))
    return piece("visits/card.html", rows=rows, path=path, number=number, words=words) if rows else None
