"""One person: who they are, how they come in, where they belong, what they have and see, what they did."""

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from flask import Blueprint, Response, request

from parlour import (
    N_,
    FieldError,
    NotFound,
    Record,
    acts,
    arrivals,
    care,
    credentials,
    current,
    directory,
    doorman,
    entrance,
    fetch,
    forms,
    granted,
    invitations,
    links,
    paging,
    people,
    render,
    requires,
)

from . import choosing, sentences, words
from .views import FOLDER, may

blueprint = Blueprint("people_person", __name__)
PERSON = forms.load(FOLDER / "person.yaml", id="people.person")
PASSWORD = forms.load(FOLDER / "password.yaml", id="people.password")
ABOUT = forms.load(Path(FOLDER) / "about.yaml", id="people.about")
NOTES = forms.load(Path(FOLDER) / "notes.yaml", id="people.notes")
SWITCH = {"company": N_("As their company"), "on": N_("On"), "off": N_("Off")}
FEW, PER_PAGE = 5, 25


def _person_form(settings: Any, features: tuple[tuple[str, str], ...]) -> Any:
    switches = {f"feature_{key}": {"type": "choice", "label": title, "options": SWITCH, "order": 900,
                                   "default": "company", "required": True} for key, title in features}
    own = forms.custom(settings.value("fields.people") or {}, file="fields.people")
    return PERSON.adjusted(extra=own | forms.custom(switches))


def person_form() -> Any:
    """Give the form of one person: what everybody has, the tenant's own fields, one switch per feature."""
    found = current().registry.manifests.values()
    return current().settings.once(_person_form, tuple((m.id, m.title) for m in found if not m.builtin))


def filled(row: Any) -> dict[str, Any]:
    """Give what a person's form shows at first."""
    since = row.visible_since.date().isoformat() if row.visible_since else ""
    switches = {f"feature_{key}": "on" if on else "off" for key, on in (row.features or {}).items()}
    return {"name": row.name, "email": row.email or "", "login": row.login or "", "role": row.role or "customer",
            "own_only": row.own_only, "visible_since": since, "history": "date" if since else "all",
            **(row.fields or {}), **switches}


def show_person(row: Any, form: Any = None, password: Any = None, status: int = 200,
                errors: Iterable[FieldError] = (), about: Any = None, notes: Any = None) -> Response:
    """Draw one person's page, with what was typed where something does not fit."""
    if row.removed:
        raise NotFound
    members = people.memberships([row.id]).get(row.id, ())
    errors = tuple(errors)
    inside = {member.identifier for member in members}
    person, known = people.who(row, members), care.dossier.of(row.id)
    return render("people/person.html", status=status, row=row, members=members, person=person, known=known,
                  form=form or person_form().bind(filled(row)), password=doorman.hint(password or PASSWORD.bind()),
                  about=about or ABOUT.bind({"external": known.external or ""}),
                  notes=notes or NOTES.bind({"notes": known.notes}),
                  may_manage=may("manage"), may_note=may("note"), may_see=care.eyes.may_view(current(), person),
                  may_explain=granted(current(), "explain.view") != "none",
                  staff_roles=words.staff_roles(), roles=words.customer_roles(),
                  **choosing.field(request.form.get("company", ""), but=inside, errors=errors),
                  errors=[(one.path, one.message) for one in errors if one.path != "company"],
                  me_too=row.id == current().me.id, **_access(row, members), **_doings(row))


def _access(row: Any, members: Any) -> dict[str, Any]:
    """Give how somebody comes in, what keeps them out, and what they have inside."""
    person = people.who(row, members)
    return {"sessions": len(credentials.sessions(row.id)),
            "waiting": invitations.waiting(email=row.email) if row.email else [],
            "shut_out": doorman.shut_out(row.email, row.login), "with_password": entrance.with_password(),
            "admitted": directory.admitted(current(), person),
            "modules": [(one, sentences.module(one)) for one in care.modules.of(person)],
            "former": care.same_person.addresses(row.id),
            "crm": _crm(care.dossier.of(row.id).external)}


def _crm(external: str | None) -> str:
    """Give the address of somebody in the tenant's other system, "" where there is none."""
    template = str(current().settings.value("fields.person_link") or "")
    return template.replace("{id}", quote(external, safe="")) if template and external else ""


def _doings(row: Any) -> dict[str, Any]:
    """Give the latest of what somebody did: records, acts, sign-ins."""
    found = care.footprints.records(row.id)
    rows = fetch(found.order_by(Record.touched.desc()).limit(FEW))
    log = acts(FEW, sought=care.audit.Sought(actor=row.public_id)) if may("audit") else []
    names = directory.names_of(one.subject for one in log)
    return {"records": [(one, care.footprints.named(one)) for one in rows],
            "log": [(one, sentences.said(one, names)) for one in log], "tries": arrivals.history(row.id, FEW),
            "outcome": entrance.outcome, "network": arrivals.shortened, "device": entrance.device,
            "may_audit": may("audit"), "states": _states}


def _states(one: Any) -> str:
    """Say in words how far a record is."""
    return words.categories().get(str(one.category), str(one.category))


@blueprint.get("/people/<public_id>")
@requires("people.view")
def show(public_id: str) -> Response:
    """Show one person."""
    return show_person(people.person(public_id))


@blueprint.get("/people/<public_id>/activity")
@requires("people.view")
def activity(public_id: str) -> Response:
    """Show all records somebody has or wrote on, as far as whoever asks may see them, or all their sign-ins."""
    row = people.person(public_id)
    if row.removed:
        raise NotFound
    if request.args.get("what") == "sign-ins":
        return _sign_ins(row)
    page = paging.page_of(care.footprints.records(row.id), PER_PAGE)
    return render("people/activity.html", block="results", row=row, what="records", older=page.older,
                  newer=page.newer, address=paging.address, states=_states,
                  records=[(one, care.footprints.named(one)) for one in page.rows])


def _sign_ins(row: Any) -> Response:
    given = request.args.get("before", "")
    moment = datetime.fromtimestamp(int(given) / 1e6, UTC) if given.isdecimal() and len(given) == 16 else None
    found = arrivals.history(row.id, PER_PAGE + 1, moment)
    last = found[PER_PAGE - 1].created if len(found) > PER_PAGE else None
    older = paging.address(before=str(round(last.timestamp() * 1e6))) if last else ""
    return render("people/activity.html", block="results", row=row, what="sign-ins", tries=found[:PER_PAGE],
                  outcome=entrance.outcome, network=arrivals.shortened, device=entrance.device, older=older,
                  newer=links.local(f"/people/{row.public_id}/activity?what=sign-ins") if moment else "",
                  address=paging.address)
