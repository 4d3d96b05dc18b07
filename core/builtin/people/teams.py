"""Teams: some of the staff, for work that goes to whoever has time."""

import re
import unicodedata
from typing import Any

from flask import Blueprint, Response, request

from parlour import FieldError, NotFound, people, redirect, render, requires
from parlour import gettext as _

from . import service
from .views import may

blueprint = Blueprint("people_teams", __name__)


def _page(errors: Any = (), status: int = 200) -> Response:
    members = {team.id: set(people.team_members(team.id)) for team in people.teams()}
    return render("people/teams.html", status=status, teams=people.teams(), members=members,
                  may_manage=may("manage"), staff=people.people(staff=True, active=True),
                  errors=[(e.path, e.message) for e in errors],
                  name=request.form.get("name", "") if errors else "")


@blueprint.get("/people/teams")
@requires("people.view")
def show() -> Response:
    """Show the teams and who belongs to them."""
    return _page()


@blueprint.post("/people/teams")
@requires("people.manage")
def create() -> Response:
    """Make a team."""
    name = " ".join(request.form.get("name", "").split())[:80]
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    key = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:40]
    if not key:
        return _page([FieldError("name", _("Give the team a name with letters or digits."), "required")], 422)
    if any(team.key == key for team in people.teams()):
        return _page([FieldError("name", _("There is a team of that name already."), "taken")], 422)
    service.save_team(key, name, ())
    return redirect("/people/teams", message=_("The team is there. Say who belongs to it."))


@blueprint.post("/people/teams/<key>")
@requires("people.manage")
def members(key: str) -> Response:
    """Say who belongs to a team, and what it is called."""
    team = next((one for one in people.teams() if one.key == key), None)
    if team is None:
        raise NotFound
    name = " ".join(request.form.get("name", "").split())[:80] or team.name
    service.save_team(key, name, request.form.getlist("members"))
    return redirect("/people/teams", message=_("Saved."))
