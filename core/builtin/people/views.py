"""The people of a tenant: list, invite, add, one person."""

from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, request

from parlour import (
    N_,
    FieldError,
    Invalid,
    NotFound,
    arrivals,
    credentials,
    current,
    directory,
    entrance,
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
PERSON = forms.load(FOLDER / "person.yaml", id="people.person")
PASSWORD = forms.load(FOLDER / "password.yaml", id="people.password")
FILTERS = ("", "customers", "staff", "new", "inactive")


def may(action: str) -> bool:
    """Say whether whoever asks may do something with people."""
    return granted(current(), f"people.{action}") != "none"


@blueprint.get("/people")
@requires("people.view")
def listing() -> Response:
    """Show people by name, found and filtered."""
    asked = {name: request.args.get(name, "")[:200] for name in ("q", "who", "after", "before")}
    who = asked["who"] if asked["who"] in FILTERS else ""
    page = directory.search_people(asked["q"], who=who, after=asked["after"], before=asked["before"])
    members = people.memberships([row.id for row in page.rows]) if page.rows else {}
    waiting = invitations.waiting() if who in ("", "new") and not (asked["q"] or asked["after"]) else []
    return render("people/list.html", block="results", address=paging.address, rows=page.rows, members=members,
                  q=asked["q"], who=who, page=page, waiting=waiting[:20], may_manage=may("manage"),
                  roles=words.staff_roles(),
                  labels={"": _("Everybody"), "customers": _("Customers"), "staff": _("Team"),
                          "new": _("No password yet"), "inactive": _("Locked out")})


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
    if invitations.one(public_id).data["role"] in service.STAFF and not may("manage"):
        raise NotFound
    if act == "again":
        invitations.again(public_id)
        return redirect("/people", message=_("The invitation is sent again; the earlier link is dead."))
    if act == "withdraw":
        invitations.withdraw(public_id)
        return redirect("/people", message=_("The invitation is withdrawn."))
    raise NotFound


@blueprint.get("/people/new")
@requires("people.manage")
def new() -> Response:
    """Ask for somebody who gets a first password instead of a letter."""
    return render("people/new.html", form=CREATE.bind(), **choosing.field())


@blueprint.post("/people/new")
@requires("people.manage")
def create() -> Response:
    """Add somebody."""
    try:
        row = service.create(CREATE.clean(request.form) | {"company": _company()})
    except Invalid as error:
        return render("people/new.html", status=422, form=CREATE.bind(request.form, error.errors),
                      **choosing.field(request.form.get("company", ""), errors=error.errors))
    return redirect(f"/people/{row.public_id}", message=_("%(name)s can sign in now.", name=row.name))


SWITCH = {"company": N_("As their company"), "on": N_("On"), "off": N_("Off")}


@lru_cache(maxsize=64)
def _person_form(settings: Any, features: tuple[tuple[str, str], ...]) -> Any:
    switches = {f"feature_{key}": {"type": "choice", "label": title, "options": SWITCH, "order": 900,
                                   "default": "company", "required": True} for key, title in features}
    own = forms.custom(settings.value("fields.people") or {}, file="fields.people")
    return PERSON.adjusted(extra=own | forms.custom(switches))


def person_form() -> Any:
    """Give the form of one person: what everybody has, the tenant's own fields, one switch per feature."""
    found = current().registry.manifests.values()
    return _person_form(current().settings, tuple((m.id, m.title) for m in found if not m.builtin))


def filled(row: Any) -> dict[str, Any]:
    """Give what a person's form shows at first."""
    since = row.visible_since.date().isoformat() if row.visible_since else ""
    switches = {f"feature_{key}": "on" if on else "off" for key, on in (row.features or {}).items()}
    return {"name": row.name, "email": row.email or "", "login": row.login or "", "role": row.role or "customer",
            "own_only": row.own_only, "visible_since": since, **(row.fields or {}), **switches}


def show_person(row: Any, form: Any = None, password: Any = None, status: int = 200,
                errors: Iterable[FieldError] = ()) -> Response:
    """Draw one person's page, with what was typed where something does not fit."""
    if row.removed:
        raise NotFound
    members = people.memberships([row.id]).get(row.id, ())
    inside = {member.identifier for member in members}
    return render("people/person.html", status=status, row=row, members=members,
                  form=form or person_form().bind(filled(row)), password=password or PASSWORD.bind(),
                  may_manage=may("manage"), staff_roles=words.staff_roles(), roles=words.customer_roles(),
                  **choosing.field(request.form.get("company", ""), but=inside, errors=errors),
                  sessions=len(credentials.sessions(row.id)), tries=arrivals.history(row.id, 5),
                  outcome=entrance.outcome, network=arrivals.shortened,
                  waiting=invitations.waiting(email=row.email) if row.email else [],
                  me_too=row.id == current().me.id,
                  unasked=forms.kept(person_form(), row.fields or {}, row.fields or {}))


@blueprint.get("/people/<public_id>")
@requires("people.view")
def show(public_id: str) -> Response:
    """Show one person."""
    return show_person(people.person(public_id))


INVITE_CUSTOMERS = forms.load({**INVITE.schema, "properties": {
    **INVITE.schema["properties"], "role": {
        **INVITE.schema["properties"]["role"], "enum": list(service.CUSTOMERS)}}}, id="people.invite")
