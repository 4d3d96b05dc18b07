"""What the operator sets in portal.yaml, to be read by admins whose portal is the whole installation."""

from flask import Blueprint, Response

from parlour import NotFound, configuration, render, requires

blueprint = Blueprint("settings_installation", __name__)


@blueprint.get("/settings/installation")
@requires("settings.change")
def show() -> Response:
    """Show the keys of the installation; where several portals share it, they are nobody's business here."""
    if not configuration.operators.whole():
        raise NotFound
    return render("settings/installation.html", groups=configuration.operators.told(),
                  file=configuration.share().name)
