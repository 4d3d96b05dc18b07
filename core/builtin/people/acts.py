"""What staff does with one person: change, place, lock out, give a password, remove."""

from typing import Any

from flask import Blueprint, Response, request

from parlour import Invalid, NotFound, entrance, people, photos, record_act, redirect, requires, transaction
from parlour import gettext as _

from . import choosing, service
from .person import ABOUT, NOTES, PASSWORD, person_form, show_person

blueprint = Blueprint("people_acts", __name__)


def _person(public_id: str) -> Any:
    row = people.person(public_id)
    if row.removed:
        raise NotFound
    return row


def _with_history(given: Any) -> Any:
    """Let a form that says only from which day on somebody sees records mean just that."""
    filled = given.copy()
    filled.setdefault("history", "date" if given.get("visible_since") else "all")
    return filled


def _back(row: Any, message: str) -> Response:
    return redirect(f"/people/{row.public_id}", message=message)


@blueprint.post("/people/<public_id>")
@requires("people.manage")
def change(public_id: str) -> Response:
    """Save what a person is and sees."""
    row, form = _person(public_id), person_form()
    try:
        values = form.clean(_with_history(request.form))
        own = {name: values.pop(name) for name in form.extras if name in values}
        switches = {name.removeprefix("feature_"): value == "on" for name, value in own.items()
                    if name.startswith("feature_") and value in ("on", "off")}
        fields = {name: value for name, value in own.items() if not name.startswith("feature_")}
        values["role"] = values["role"] if values["role"] in service.STAFF else ""
        service.change(row, values, fields, switches)
    except Invalid as error:
        return show_person(row, form.bind(request.form, error.errors), status=422)
    return _back(row, _("Saved. It holds from their next click on."))


@blueprint.post("/people/<public_id>/companies")
@requires("people.manage")
def place(public_id: str) -> Response:
    """Put somebody into a company, or change their role there."""
    row = _person(public_id)
    try:
        company = choosing.named(request.form.get("company", ""))
        if company is None:
            raise NotFound
        service.place(row, company, request.form.get("role", ""))
    except Invalid as error:
        return show_person(row, status=422, errors=error.errors)
    return _back(row, _("%(name)s belongs to %(company)s.", name=row.name, company=company.name))


@blueprint.post("/people/<public_id>/companies/<identifier>/remove")
@requires("people.manage")
def take_out(public_id: str, identifier: str) -> Response:
    """Take somebody out of a company."""
    row, company = _person(public_id), people.company(identifier)
    service.take_out(row, company)
    return _back(row, _("%(name)s no longer belongs to %(company)s.", name=row.name, company=company.name))


@blueprint.post("/people/<public_id>/active")
@requires("people.manage")
def activate(public_id: str) -> Response:
    """Let somebody in again, or lock them out."""
    row, active = _person(public_id), request.form.get("active") == "on"
    service.activate(row, active)
    return _back(row, _("%(name)s can sign in again.", name=row.name) if active else
                 _("%(name)s is locked out.", name=row.name))


@blueprint.post("/people/<public_id>/password")
@requires("people.manage")
def set_password(public_id: str) -> Response:
    """Give somebody a password that they must change."""
    row = _person(public_id)
    try:
        service.set_password(row, PASSWORD.clean(request.form)["password"])
    except Invalid as error:
        return show_person(row, password=PASSWORD.bind({}, error.errors), status=422)
    return _back(row, _("The password is set. They choose their own at the next sign-in."))


@blueprint.post("/people/<public_id>/reset")
@requires("people.manage")
def send_reset(public_id: str) -> Response:
    """Send somebody a link for a new password."""
    row = _person(public_id)
    try:
        service.send_reset(row)
    except Invalid as error:
        return show_person(row, status=422, errors=error.errors)
    return _back(row, _("A letter with a link for a new password is on its way to %(email)s.", email=row.email))


@blueprint.post("/people/<public_id>/photo/remove")
@requires("people.manage")
def remove_photo(public_id: str) -> Response:
    """Take somebody's picture away."""
    row = _person(public_id)
    with transaction():
        photos.take_off(row.id)
        record_act("person.photo_removed", row.public_id)
    return _back(row, _("The picture is gone."))


@blueprint.post("/people/<public_id>/unlock")
@requires("people.manage")
def unlock(public_id: str) -> Response:
    """Let somebody try to sign in again at once."""
    row = _person(public_id)
    service.unlock(row)
    return _back(row, _("%(name)s can try again.", name=row.name))


@blueprint.post("/people/<public_id>/about")
@requires("people.manage")
def about(public_id: str) -> Response:
    """Keep what another system calls somebody."""
    row = _person(public_id)
    try:
        service.about(row, ABOUT.clean(request.form)["external"])
    except Invalid as error:
        return show_person(row, about=ABOUT.bind(request.form, error.errors), status=422)
    return _back(row, _("Saved."))


@blueprint.post("/people/<public_id>/notes")
@requires("people.note")
def notes(public_id: str) -> Response:
    """Keep what the team notes about somebody."""
    row = _person(public_id)
    try:
        service.note(row, NOTES.clean(request.form)["notes"])
    except Invalid as error:
        return show_person(row, notes=NOTES.bind(request.form, error.errors), status=422)
    return _back(row, _("Saved. Only your team sees it."))


@blueprint.post("/people/<public_id>/second-step/reset")
@requires("people.manage")
@entrance.confirmed
def take_second_step(public_id: str) -> Response:
    """Take somebody's second step off: they lost what they had of it."""
    row = _person(public_id)
    service.take_second_step(row)
    return _back(row, _("%(name)s comes in with the password alone and sets up a new second step.", name=row.name))


@blueprint.post("/people/<public_id>/sessions/end")
@requires("people.manage")
def end_sessions(public_id: str) -> Response:
    """Sign somebody out everywhere."""
    row = _person(public_id)
    service.end_sessions(row)
    return _back(row, _("%(name)s is signed out everywhere.", name=row.name))


@blueprint.post("/people/<public_id>/remove")
@requires("people.manage")
def remove(public_id: str) -> Response:
    """Remove somebody from the portal."""
    row = _person(public_id)
    service.remove(row)
    return redirect("/people", message=_("%(name)s is removed from the portal.", name=row.name))
