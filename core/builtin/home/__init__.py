"""The page people start from."""

from flask import Blueprint, Response

from parlour import current, hook, render, requires

blueprint = Blueprint("home", __name__)


@blueprint.get("/")
@requires("home.view")
def home() -> Response:
    """Greet the person and show what needs them."""
    return render("home/home.html", panels=current().registry.panels)


@hook
def routes() -> Blueprint:
    """Give the home page."""
    return blueprint
