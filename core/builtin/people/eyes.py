"""View as this person: an admin sees what somebody sees, changes nothing, and both ends are written down."""

from flask import Blueprint, Response

from parlour import ANYONE, care, entrance, redirect, requires
from parlour import gettext as _

blueprint = Blueprint("people_eyes", __name__)


@blueprint.post("/people/<public_id>/view-as")
@requires("people.view_as")
@entrance.confirmed
def begin(public_id: str) -> Response:
    """See the portal as somebody sees it, for half an hour at most."""
    care.eyes.begin(public_id)
    return redirect("/")


@blueprint.post("/view-as/end")
@requires(ANYONE)
def end() -> Response:
    """See with one's own eyes again."""
    shown = care.eyes.end()
    return redirect(f"/people/{shown}" if shown else "/",
                    message=_("You see the portal with your own eyes again.") if shown else "")
