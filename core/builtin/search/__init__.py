"""One box over everything a person may see, grouped by kind."""

from flask import Blueprint, Response, request

from parlour import current, hook, label, links, render, requires, search

blueprint = Blueprint("search", __name__)
FEW, MOST = 5, 50
"""Hits of one kind beside those of others, and on a page of its own."""


@blueprint.get("/search")
@requires("search.view")
def results() -> Response:
    """Show what was found: the best of each kind, or more of one kind."""
    text, wanted = request.args.get("q", "")[:200], request.args.get("kind", "")
    chosen = wanted if wanted in current().registry.kinds else ""
    groups = search.groups(text, kind=chosen, most=MOST if chosen else FEW)
    states = {group.kind.name: dict(group.kind.states()) if group.kind.states else {} for group in groups}
    return render("search/search.html", block="found", text=text, chosen=chosen, groups=groups, states=states,
                  label=label, path=links.of)


@hook
def routes() -> Blueprint:
    """Give the search page."""
    return blueprint
