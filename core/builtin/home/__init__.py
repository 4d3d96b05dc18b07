"""The page people start from."""

from collections.abc import Iterable, Sequence
from typing import Any

from flask import Blueprint, Response

from parlour import N_, Panel, current, granted, hook, render, requires

from . import needs, profile

blueprint = Blueprint("home", __name__)


@blueprint.get("/")
@requires("home.view")
def home() -> Response:
    """Greet the person and show what needs them: every plugin's card that is for them and draws itself."""
    who = current()
    mine = [panel for panel in arranged(who.registry.panels) if granted(who, panel.permission) != "none"]
    drawn = [(panel, panel.render()) for panel in mine]
    quick = [nav for nav in who.registry.navigation
             if nav.area == "quick" and granted(who, nav.permission) != "none"]
    return render("home/home.html", quick=quick,
                  panels=[(panel, html) for panel, html in drawn if html is not None])


def arranged(panels: Sequence[Panel]) -> list[Panel]:
    """Give the cards that the person's company, else the tenant, wants, in their order; by default all of them."""
    who = current()
    member = who.me.among(who.company)
    wanted: Iterable[str] = (who.settings.company(member.identifier).panels if member else ()) or \
        who.settings.value("home.panels") or ()
    known = {panel.id: panel for panel in panels}
    chosen = [known[name] for name in wanted if name in known]
    return chosen if wanted else list(panels)


@hook
def routes() -> Blueprint:
    """Give the home page."""
    return blueprint


@hook
def panels() -> list[Any]:
    """Give the cards that belong to no feature: what needs somebody, and who they are here."""
    return [Panel("home.needs", N_("What needs you"), "home.view", needs.draw, order=5),
            Panel("home.profile", N_("Your profile"), "home.view", profile.draw, order=90)]
