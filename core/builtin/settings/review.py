"""Looking at everything collected before it is saved as one version, and the list of versions with its undo."""

from typing import Any

from flask import Blueprint, Response, request

from parlour import Conflict, Invalid, Refused, configuration, redirect, render, requires

from . import fields, roles, switches

blueprint = Blueprint("settings_review", __name__)
drafting = configuration.drafting


@blueprint.get("/settings/review")
@requires("settings.change")
def review() -> Response:
    """Show what is collected, in words and as lines of the file."""
    return _draw()


@blueprint.post("/settings/review")
@requires("settings.change")
def decide() -> Response:
    """Leave one change out, throw all away, or save."""
    if "drop" in request.form:
        return _left_out(request.form.get("drop", type=int))
    return fields.act("/settings/review", _draw, {})


def _left_out(place: int | None) -> Response:
    """Take one change out of what is collected."""
    collected = list(drafting.draft().changes)
    if place is not None and 0 <= place < len(collected):
        drafting.leave_out(collected[place])
    return redirect("/settings/review")


def _draw(told: fields.Told = fields.NOTHING) -> Response:
    lines: list[str] = []
    notice, errors = told.notice, told.errors
    try:
        lines = configuration.tried().splitlines()[2:] if drafting.draft().changes else []
    except Invalid as error:
        errors = errors or error.errors
    except (Conflict, Refused) as error:
        notice = notice or str(error)
    mistakes = [("", f"{one.path}: {one.message}" if one.path else one.message) for one in errors]
    return render("settings/review.html", block="collected", status=told.status, changes=drafting.words(),
                  lines=lines, notice=notice, errors=mistakes, effects=_effects(), **fields.frame())


def _effects() -> dict[Any, list[str]]:
    """Say what the switches among the changes do."""
    changed = [one.path for one in drafting.words()]
    switched = {path[1] for path in changed if path[0] == "features" and path[2:] == ("enabled",)}
    does = switches.effects() if switched else {}
    gone = {one.path: lines for one in drafting.words() for path, lines in configuration.entries.all_gone().items()
            if one.path[:len(path)] == path or path[:len(one.path)] == one.path}
    return roles.effects(changed) | gone | {
        ("features", key, "enabled"): [line for _kind, line in does.get(str(key), ())] for key in switched}
