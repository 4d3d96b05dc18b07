"""Your details: name, phone, language, time zone, the tenant's own fields, and your picture."""

from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from flask import Blueprint, Response, request

from parlour import (
    FieldError,
    Invalid,
    NotFound,
    current,
    forms,
    links,
    notify,
    people,
    photos,
    record_act,
    redirect,
    render,
    requires,
    transaction,
)
from parlour import gettext as _

blueprint = Blueprint("account", __name__)
BASE = forms.load(Path(__file__).parent / "forms" / "details.yaml", id="account.details")
REGIONS = ("Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe", "Indian",
           "Pacific")


def _fields(settings: Any) -> tuple[Any, Any]:
    """Give the form of a tenant's people, and the fields that they see there and only staff changes."""
    own = forms.custom(settings.value("fields.people") or {}, file="fields.people", staff=False)
    seen = {name: field for name, field in own.items() if field["x-widget"] not in forms.FILE_WIDGETS}
    asked = {name for name, field in seen.items() if field.get("x-editable", True)}
    mine = {name: {key: value for key, value in seen[name].items() if key != "x-if" or asked.issuperset(value)}
            for name in seen if name in asked}
    base = BASE.adjusted(hidden=["phone"]) if "phone" in own else BASE
    fixed = {name: {key: value for key, value in field.items() if key != "x-if"}
             for name, field in seen.items() if name not in mine}
    return base.adjusted(extra=mine), forms.load({"type": "object", "properties": fixed}, id="account.fixed")


@lru_cache(maxsize=1)
def zones() -> tuple[tuple[str, str], ...]:
    """Give the time zones to choose from, by region and city."""
    found = (zone for zone in available_timezones() if zone.partition("/")[0] in REGIONS)
    return tuple((zone, zone.replace("_", " ")) for zone in sorted(found))


def is_managed() -> bool:
    """Say whether people change their own details here."""
    return bool(current().settings.value("features.account.management", True))


def managed() -> None:
    """Raise NotFound where the tenant has switched account management off."""
    if not is_managed():
        raise NotFound


def filled(row: Any) -> Any:
    """Give somebody's details as a form."""
    return current().settings.once(_fields)[0].bind({"name": row.name, **(row.fields or {})})


def page(form: Any = None, status: int = 200, errors: Any = (), **values: Any) -> Response:
    """Draw the page of somebody's details, with what was typed where something does not fit."""
    who, row = current(), people.person(current().me.id)
    typed = request.form if form is not None else {"language": row.language, "time_zone": row.time_zone}
    fixed = who.settings.once(_fields)[1]
    values = {"photo_error": "", **values}
    return render("account/details.html", status=status, form=form or filled(row), row=row, managed=is_managed(),
                  told=forms.told(fixed, row.fields or {}, fixed.names),
                  wrong={"language": "", "time_zone": ""} | {e.path: e.message for e in errors},
                  language=typed.get("language", ""), time_zone=typed.get("time_zone", ""), zones=zones(),
                  usual_zone=str(who.settings.value("time_zone")), initials=who.me.initials, **values)


@blueprint.get("/account")
@requires("account.view")
def show() -> Response:
    """Show your own details."""
    return page()


@blueprint.post("/account")
@requires("account.view")
def change() -> Response:
    """Keep your own details."""
    managed()
    form, me = current().settings.once(_fields)[0], current().me
    try:
        values = _cleaned(form)
        own = {key: values.pop(key) for key in ("phone", *form.extras) if key in values}
        with transaction():
            before = dict(people.person(me.id).fields or {})
            if not (own.get("phone") or before.get("phone")):
                own.pop("phone", None)
            people.change_person(me.id, fields=before | own, **values)
            notify.follow_zone(me.id)
            record_act("person.changed", me.public_id, changed=sorted([*values, *own]))
    except Invalid as error:
        return page(form.bind(request.form, error.errors), 422, error.errors)
    return redirect("/account", message=_("Your details are saved."))


@blueprint.post("/account/language")
@requires("account.view")
def choose_language() -> Response:
    """Read and get mail in another language from here on; back to the page the choice was made on."""
    chosen = request.form.get("language", "")
    if chosen not in ("", *current().settings.value("languages.offered")):
        raise Invalid([FieldError("language", _("Choose one of the languages offered."), "choice")])
    with transaction():
        people.change_person(current().me.id, language=chosen)
    return redirect(_came_from())


def _came_from() -> str:
    """Give the page of ours the form was sent from, without the language its address may ask for."""
    try:
        came = urlsplit(request.referrer or "")
    except ValueError:
        return "/"
    query = f"?{came.query}" if came.query and "lang=" not in came.query else ""
    return links.local(came.path + query) if came.netloc == request.host else "/"


def _cleaned(form: Any) -> dict[str, Any]:
    """Read what was sent. Raises Invalid with every mistake."""
    errors: list[FieldError] = []
    values: dict[str, Any] = {}
    try:
        values = form.clean(request.form)
    except Invalid as error:
        errors += error.errors
    offered = current().settings.value("languages.offered")
    for name, known, text in (("language", offered, _("Choose one of the languages offered.")),
                              ("time_zone", dict(zones()), _("Choose a time zone of the list."))):
        values[name] = request.form.get(name, "")
        if values[name] and values[name] not in known:
            errors.append(FieldError(name, text, "choice"))
    if errors:
        raise Invalid(errors)
    return values


@blueprint.post("/account/photo")
@requires("account.view")
def take_photo() -> Response:
    """Let a picture stand for you, drawn anew in two sizes."""
    managed()
    sent = request.files.get("photo")
    if sent is None or not sent.filename:
        return page(status=422, photo_error=_("Choose a picture first."))
    try:
        photos.show(current().me.id, sent.stream)
    except Invalid as error:
        return page(status=422, photo_error=_(error.errors[0].message))
    record_act("person.photo_changed", current().me.public_id)
    return redirect("/account", message=_("That is you from now on."))


@blueprint.post("/account/photo/remove")
@requires("account.view")
def remove_photo() -> Response:
    """Take your picture away."""
    photos.take_off(current().me.id)
    record_act("person.photo_removed", current().me.public_id)
    return redirect("/account", message=_("Your picture is gone."))
