"""The pages of the settings: general, features, versions."""

from typing import Any

from flask import Blueprint, Response, request

from parlour import (
    Conflict,
    FieldError,
    Invalid,
    Refused,
    configuration,
    current,
    redirect,
    render,
    requires,
)
from parlour import gettext as _

from . import switches

blueprint = Blueprint("settings", __name__)
STATUSES = ("active", "maintenance")
PAGE = 30


@blueprint.get("/settings")
@requires("settings.change")
def start() -> Response:
    """Begin with the first group."""
    return redirect("/settings/general")


@blueprint.get("/settings/general")
@requires("settings.change")
def general() -> Response:
    """Show what the portal is called and whether it is open."""
    return _general({})


@blueprint.post("/settings/general")
@requires("settings.change")
def save_general() -> Response:
    """Change what differs from what the form was drawn with."""
    typed = {"name": request.form.get("name", "").strip(), "status": request.form.get("status", "")}
    changed = {key: value for key, value in typed.items() if value != request.form.get(f"was.{key}", "")}
    if not typed["name"] or len(typed["name"]) > 120:
        return _general(typed, 422, [FieldError("name", _("Write a name of 1 to 120 characters."), "length")])
    if typed["status"] not in STATUSES:
        return _general(typed, 422, [FieldError("status", _("Choose one of these."), "choice")])
    if not changed:
        return redirect("/settings/general", message=_("Nothing was different, so nothing changed."), kind="info")
    try:
        made = configuration.edit({(key,): value for key, value in changed.items()}, _base(),
                                  ", ".join(f"{key}: {value}" for key, value in changed.items()))
    except Conflict as error:
        return _general(typed, 409, notice=str(error))
    except Refused as error:
        return _general(typed, 403, notice=str(error))
    except Invalid as error:
        return _general(typed, 422, error.errors)
    return redirect(f"/settings/general?saved={made.id}")


def _general(typed: dict[str, str], status: int = 200, errors: Any = (), notice: str = "") -> Response:
    settings = {key: configuration.setting(key) for key in ("name", "status")}
    values = {key: typed.get(key, found.value) for key, found in settings.items()}
    return render("settings/general.html", status=status, settings=settings, values=values, notice=notice,
                  statuses=[("active", _("Open")), ("maintenance", _("In maintenance: only your team comes in"))],
                  errors=_by_field(errors, settings), **_page())


@blueprint.get("/settings/features")
@requires("settings.change")
def features() -> Response:
    """Show a switch per feature."""
    return _features(switches.rows())


@blueprint.post("/settings/features")
@requires("settings.change")
def save_features() -> Response:
    """Switch what differs from what the form was drawn with, and what goes along."""
    on, was = set(request.form.getlist("on")), set(request.form.getlist("was"))
    asked = {key: key in on for key in switches.known()}
    try:
        made = switches.plan(on, was)
        if not made.changes:
            return redirect("/settings/features", message=_("Nothing was different, so nothing changed."),
                            kind="info")
        changes: Any = {("features", key, "enabled"): wanted for key, wanted in made.changes.items()}
        version = configuration.edit(changes, _base(), made.note())
    except Conflict as error:
        return _features(switches.rows(asked), 409, notice=str(error))
    except Refused as error:
        return _features(switches.rows(asked), 403, notice=str(error))
    except Invalid as error:
        errors = {one.path.split(".")[-1]: one.message for one in error.errors}
        rows = switches.rows(asked, errors)
        loose = [one.message for one in error.errors if not any(row.error == one.message for row in rows)]
        return _features(rows, 422, notice=" ".join(loose))
    return redirect(f"/settings/features?saved={version.id}", message=switches.told(made) if made.along else "")


def _features(rows: list[switches.Switch], status: int = 200, notice: str = "") -> Response:
    return render("settings/features.html", status=status, rows=rows, notice=notice, **_page())


@blueprint.get("/settings/versions")
@requires("settings.change")
def versions() -> Response:
    """List what was changed, newest first."""
    before = request.args.get("before", type=int)
    found = configuration.share().versions(PAGE + 1, before)
    older = f"/settings/versions?before={found[PAGE - 1].id}" if len(found) > PAGE else ""
    return render("settings/versions.html", rows=found[:PAGE], older=older, newest=before is None)


@blueprint.get("/settings/versions/<int:number>")
@requires("settings.change")
def version(number: int) -> Response:
    """Show what one version changed."""
    return _version(number)


def _version(number: int, status: int = 200, notice: str = "") -> Response:
    share = configuration.share()
    before, found = share.version(number)
    lines = share.difference(number).splitlines()[2:]  # without the names of the two versions
    return render("settings/version.html", status=status, version=found, notice=notice, lines=lines,
                  first=before is None)


@blueprint.post("/settings/versions/<int:number>/undo")
@requires("settings.change")
def undo(number: int) -> Response:
    """Put back what stood there before a version."""
    try:
        made = configuration.undo(number)
    except Conflict as error:
        return _version(number, 409, str(error))
    except Refused as error:
        return _version(number, 403, str(error))
    return redirect("/settings/versions", message=_("Version %(number)s puts back what stood there before.",
                                                    number=made.id))


def _base() -> int | None:
    return request.form.get("base_version", type=int)


def _by_field(errors: Any, fields: Any) -> dict[str, str]:
    """Give each mistake to its field; what belongs to none stands with the first."""
    return {(one.path.split(".")[-1] if one.path.split(".")[-1] in fields else next(iter(fields))): one.message
            for one in errors}


def _page() -> dict[str, Any]:
    """Give what both forms show: the version they are drawn with, what was just saved, what cannot be."""
    share, saved = configuration.share(), request.args.get("saved", type=int)
    newest = share.versions(1) if saved else []
    done = newest[0] if newest and newest[0].id == saved and newest[0].author == configuration.author() else None
    return {"base_version": current().config, "saved": done, "writable": share.writable, "file": share.name}
