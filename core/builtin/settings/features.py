"""The page with a switch per feature, and what each switch does before anybody flips it."""

from typing import Any

from flask import Blueprint, Response, request

from parlour import Invalid, configuration, render, requires

from . import fields, switches

blueprint = Blueprint("settings_features", __name__)
drafting = configuration.drafting


@blueprint.get("/settings/features")
@requires("settings.change")
def features() -> Response:
    """Show a switch per feature."""
    return _draw()


@blueprint.post("/settings/features")
@requires("settings.change")
def save_features() -> Response:
    """Switch what differs from what the form was drawn with, and what goes along."""
    on, was = set(request.form.getlist("on")), set(request.form.getlist("was"))
    asked = {key: key in on for key in switches.known()}
    if request.form.get("do") == "discard":
        return fields.act("/settings/features", _draw, {})
    try:
        made = switches.plan(on, was)
    except Invalid as error:
        return _draw(fields.Told(422, "", error.errors), asked)
    changes = {("features", key, "enabled"): wanted for key, wanted in made.changes.items()
               if wanted or key not in made.along or not switches.unsaid(key)}
    answer = fields.act("/settings/features", lambda told: _draw(told, asked), changes)
    if answer.status_code == 303 and made.along:
        switches.tell(made)
    return answer


def _draw(told: fields.Told = fields.NOTHING, asked: Any = None) -> Response:
    errors = {one.path.removeprefix("features.").split(".")[0]: one.message for one in told.errors}
    rows = switches.rows(asked, errors)
    loose = [message for key, message in errors.items() if all(row.id != key for row in rows)]
    return render("settings/features.html", block="collected", status=told.status, rows=rows,
                  notice=" ".join([told.notice, *loose]).strip(), makes=configuration.operators.makes(),
                  **fields.frame())
