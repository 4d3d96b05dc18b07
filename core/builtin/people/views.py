"""The people of a tenant: the list, inviting, adding."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, request

from parlour import (
    FieldError,
    Invalid,
    NotFound,
    care,
    current,
    doorman,
    forms,
    granted,
    invitations,
    paging,
    people,
    redirect,
    render,
    requires,
)
from parlour import gettext as _

from . import choosing, service, words

blueprint = Blueprint("people", __name__)
FOLDER = Path(__file__).parent / "forms"
INVITE = forms.load(FOLDER / "invite.yaml", id="people.invite")
CREATE = forms.load(FOLDER / "new.yaml", id="people.new")
SHOWN = 20
"""Open invitations on one page."""


def may(action: str) -> bool:
    """Say whether whoever asks may do something with people."""
    return granted(current(), f"people.{action}") != "none"


@blueprint.get("/people")
@requires("people.view")
def listing() -> Response:
    """Show people, found, filtered and sorted, with checkboxes for what is done to many."""
    filters = care.roster.Filters.of(request.args)
    page = care.roster.page(filters, after=request.args.get("after", "")[:64],
                            before=request.args.get("before", "")[:64])
    members = people.memberships([row.id for row in page.rows]) if page.rows else {}
    return render("people/list.html", block="results", address=paging.address, rows=page.rows, page=page,
                  members=members, filters=filters, counts=care.roster.counts(filters), waiting=_waiting(filters),
                  may_manage=may("manage"), bulk=granted(current(), "bulk.run") != "none", roles=words.roles(),
                  labels=words.filters(), sorts=words.sorts(), staff_roles=words.staff_roles(),
                  company=_named(filters.company), never=request.args.get("after") or request.args.get("before"))


def _waiting(filters: Any) -> list[Any]:
    """Give open invitations, where somebody looks for what is not there yet."""
    plain = not (filters.role or filters.company or request.args.get("after") or request.args.get("before"))
    if filters.who not in ("", "invited", "new") or not plain or (filters.q and filters.who != "invited"):
        return []
    wanted = filters.q.casefold()
    found = [one for one in invitations.waiting() if wanted in one.data["email"].casefold()]
    return found if filters.who == "invited" else found[:SHOWN]


def _named(identifier: str) -> str:
    """Give the name of the company that a list is narrowed to, "" where there is none of that identifier."""
    try:
        return str(people.company(identifier).name) if identifier else ""
    except NotFound:
        return identifier


def _invite_page(form: Any, status: int = 200, errors: Iterable[FieldError] = ()) -> Response:
    return render("people/invite.html", status=status, form=form, may_manage=may("manage"),
                  **choosing.field(request.values.get("company", ""), errors=errors))


@blueprint.get("/people/invite")
@requires("people.invite")
def invite() -> Response:
    """Ask whom to invite."""
    return _invite_page(_invite_form().bind({"email": request.args.get("email", "")}))


def _invite_form() -> Any:
    return INVITE if may("manage") else INVITE_CUSTOMERS


@blueprint.post("/people/invite")
@requires("people.invite")
def send_invitation() -> Response:
    """Invite somebody."""
    try:
        values = _invite_form().clean(request.form) | {"company": _company()}
        service.invite(values)
    except Invalid as error:
        return _invite_page(_invite_form().bind(request.form, error.errors), 422, error.errors)
    return redirect("/people", message=_("%(email)s is invited.", email=values["email"]))


def _company() -> str:
    """Give the identifier chosen in a form, "" for none. Raises Invalid for one that is not there."""
    row = choosing.named(request.form.get("company", ""))
    return str(row.identifier) if row else ""


@blueprint.post("/people/invitations/<public_id>/<act>")
@requires("people.invite")
def invitation(public_id: str, act: str) -> Response:
    """Send an invitation again, or take it back; those of staff are for admins."""
    row = invitations.one(public_id)
    if row.data["role"] in service.STAFF and not may("manage"):
        raise NotFound
    known = people.by_address(row.data["email"])
    back = f"/people/{known.public_id}" if known and request.form.get("back") == "person" else "/people"
    if act == "again":
        invitations.again(public_id)
        return redirect(back, message=_("The invitation is sent again; the earlier link is dead."))
    if act == "withdraw":
        invitations.withdraw(public_id)
        return redirect(back, message=_("The invitation is withdrawn."))
    raise NotFound


@blueprint.get("/people/new")
@requires("people.manage")
def new() -> Response:
    """Ask for somebody who gets a first password instead of a letter."""
    return render("people/new.html", form=doorman.hint(CREATE.bind()), **choosing.field())


@blueprint.post("/people/new")
@requires("people.manage")
def create() -> Response:
    """Add somebody."""
    try:
        row = service.create(CREATE.clean(request.form) | {"company": _company()})
    except Invalid as error:
        return render("people/new.html", status=422, form=doorman.hint(CREATE.bind(request.form, error.errors)),
                      **choosing.field(request.form.get("company", ""), errors=error.errors))
    return redirect(f"/people/{row.public_id}", message=_("%(name)s can sign in now.", name=row.name))


INVITE_CUSTOMERS = forms.load({**INVITE.schema, "properties": {
    **INVITE.schema["properties"], "role": {
        **INVITE.schema["properties"]["role"], "enum": list(service.CUSTOMERS)}}}, id="people.invite")
