"""The page people start from."""

from flask import Blueprint, Response

from parlour import current, granted, hook, render, requires

blueprint = Blueprint("home", __name__)


@blueprint.get("/")
@requires("home.view")
def home() -> Response:
    """Greet the person and show what needs them: every plugin's card that is for them and draws itself."""
    who = current()
    mine = [panel for panel in who.registry.panels if granted(who, panel.permission) != "none"]
    drawn = [(panel, panel.render()) for panel in mine]
    return render("home/home.html", panels=[(panel, html) for panel, html in drawn if html is not None])


@hook
def routes() -> Blueprint:
    """Give the home page."""
    return blueprint
