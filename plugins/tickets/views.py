"""What customers meet: their list, a new request, one with its conversation, marking it as resolved."""

from flask import Blueprint, request

import parlour
from parlour import begin, behalf, current, find, label, paging, redirect, render, requires
from parlour import gettext as _

from . import asking, changes, detail, lists, merging, service, states

blueprint = Blueprint("tickets", __name__)


@blueprint.get("/tickets")
@requires("tickets.view")
def listing():
    """Show the tickets one may see, open or closed ones, the latest first; a search looks through both."""
    text, closed = request.args.get("q", "").strip(), request.args.get("show") == "closed"
    page = lists.search(text) if text else lists.page(("list", closed), lists.CLOSED if closed else lists.OPEN)
    return render("tickets/list.html", block="results", page=page, closed=closed, text=text,
                  counts=None if current().is_staff else lists.counts(), address=paging.address, **detail.common(),
                  several=parlour.granted(current(), "tickets.view") != "own")


def _form(topic):
    policy = states.policy()
    topic = topic if topic in policy.categories else next(iter(policy.categories))
    return asking.new_form(policy, topic, staff=current().is_staff,
                           companies=behalf.companies("tickets.create"))


def _ask(bound, status=200, about=None):
    return render("tickets/new.html", block="fields", form=bound, status=status, first=asking.FIRST, about=about)


@blueprint.get("/tickets/new")
@requires("tickets.create")
def new():
    """Show the form of a new ticket; the address may fill in fields, or name a record that it is about."""
    form, about = _form(request.args.get("category", "")), begin.find(request.args.get("about"))
    given = behalf.about(about) | request.args.to_dict()
    return _ask(form.bind({name: value for name, value in given.items() if name in form.names}), about=about)


@blueprint.post("/tickets/new")
@requires("tickets.create")
def create():
    """Open a ticket; where only the category was changed, show that category's form with all that is typed."""
    form, about = _form(request.form.get("category", "")), begin.find(request.form.get("about"))
    if request.form.get("_draw"):
        return _ask(form.bind(request.form), about=about)
    try:
        values = form.clean(request.form, request.files)
        with parlour.transaction():
            ticket = service.open_ticket(values, parlour.attach.receive(values.pop("attachments", ())))
            if about:
                begin.link(ticket, about, "tickets.ask")
    except parlour.Invalid as error:
        return _ask(form.bind(request.form, error.errors), 422, about)
    name = current().me.name.split(" ")[0]
    return redirect(detail.path(ticket), message=_("Done. They can follow it here and by e-mail.")
                    if current().is_staff else _("Thanks, %(name)s. We'll answer here and by e-mail.", name=name))


@blueprint.get("/tickets/<number>")
@requires("tickets.view")
def show(number):
    """Show one ticket with its conversation; one that was merged leads to where it went."""
    ticket = find("ticket", number)
    end = merging.lead(ticket) if ticket.merged and "here" not in request.args else None
    if end is not None:
        return redirect(detail.path(end), kind="info", message=merging.told(ticket))
    return detail.show(ticket)


def write(number, verb, kept, wrong):
    """Take a reply or note; what was refused stays in its field, with what to do."""
    ticket, typed = find("ticket", number), {kept: request.form.get("body", "")}
    try:
        values = asking.REPLY.clean(request.form, request.files)
        with parlour.transaction():
            landed = verb(ticket, values["body"], parlour.attach.receive(values["attachments"]))
            _set_status(landed, kept)
    except parlour.Invalid as error:
        return detail.show(ticket, status=422, **typed, **{wrong: error.errors[0].message})
    except parlour.Conflict as error:
        return detail.show(find("ticket", number), status=409, **typed, wrong=str(error))
    if landed.id == ticket.id:
        return redirect(detail.path(ticket), stay=True)
    if ticket.merged and merging.lead(ticket):
        return redirect(detail.path(landed), message=merging.told(ticket))
    return redirect(detail.path(landed), message=_(
        "%(old)s was closed, so your message began a new request. We'll answer here and by e-mail.",
        old=label(detail.kind(), ticket.number)))


def _set_status(ticket, kept):
    """Set the status that came along with a canned answer, where whoever sends it works on requests."""
    state = request.form.get("set_status", "") if kept == "body" else ""
    if state in states.policy().statuses and current().is_staff and parlour.granted(
            current(), "tickets.assign") != "none":
        changes.work(ticket, {"status": state})


@blueprint.post("/tickets/<number>/reply")
@requires("tickets.reply")
def reply(number):
    """Answer publicly."""
    return write(number, service.reply, "body", "error")


@blueprint.post("/tickets/<number>/resolve")
@requires("tickets.resolve")
def resolve(number):
    """Mark one's own request as resolved."""
    ticket = find("ticket", number)
    try:
        service.resolve(ticket)
    except parlour.Conflict as error:
        return detail.show(ticket, status=409, wrong=str(error))
    return redirect(detail.path(ticket), stay=True)


@blueprint.route("/tickets/<number>/edit", methods=["GET", "POST"])
@requires("tickets.edit")
def edit(number):
    """Change one's own open request, as far as the tenant lets customers."""
    ticket, status = find("ticket", number, "edit"), 200
    form = asking.details_form(states.policy(), ticket.topic, staff=current().is_staff)
    bound = form.bind(states.values(ticket))
    if request.method == "POST":
        try:
            changes.edit(ticket, form.clean(request.form))
            return redirect(detail.path(ticket), message=_("Saved."))
        except parlour.Invalid as error:
            bound, status = form.bind(request.form, error.errors), 422
        except parlour.Conflict as error:
            return detail.show(ticket, status=409, wrong=str(error))
    return render("tickets/edit.html", status=status, form=bound, path=detail.path(ticket))


def recent():
    """Draw the customer's card on the home page: what moved last."""
    if current().is_staff:
        return None
    rows = lists.newest("recent")
    return parlour.piece("tickets/recent.html", rows=rows, **detail.common())
