"""The page people start from."""

from flask import Blueprint

from parlour import current, hook, render, requires

blueprint = Blueprint("home", __name__)


@blueprint.get("/")
@requires("home.view")
def home():  # noqa: ANN201
    """Greet the person and show what needs them."""
    return render("home/home.html", panels=[panel for panel in current().registry.panels])


@hook
def routes():  # noqa: ANN201
    """Give the home page."""
    return blueprint
