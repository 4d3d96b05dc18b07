"""The page of what was found, and what is offered while somebody types."""

from flask import Blueprint, Response, request

from parlour import current, forms, label, links, render, requires, search

from .insights import count

blueprint = Blueprint("search", __name__)
FEW, MOST = 5, 50
"""Hits of one kind beside those of others, and on a page of its own."""

PAGES = 20
"""Pages of one kind; whoever needs more needs another word."""

OFFERED = 8
"""Records to choose from while somebody types."""


@blueprint.get("/search")
@requires("search.view")
def results() -> Response:
    """Show what was found: the best of each kind, or more of one kind. What is sent, not typed, is counted."""
    text, wanted = request.args.get("q", "")[:200], request.args.get("kind", "")
    chosen = wanted if wanted in current().registry.kinds else ""
    turn = min(max(request.args.get("page", 1, type=int), 1), PAGES) if chosen else 1
    found = search.find(text, kind=chosen, most=MOST if chosen else FEW, skip=(turn - 1) * MOST)
    if text.strip() and not chosen and "HX-Request" not in request.headers:
        count(text, found=bool(found.groups) and not found.loose)
    states = {group.kind.name: dict(group.kind.states()) if group.kind.states else {} for group in found.groups}
    there = next((group.count for group in found.groups if group.kind.name == chosen), 0)
    return render("search/search.html", block="found", text=text, chosen=chosen, found=found, states=states,
                  label=label, path=links.of, further_page=turn + 1 if there > turn * MOST and turn < PAGES else 0)


@blueprint.get("/search/choose")
@requires("search.view")
def choose() -> Response:
    """Offer what a field could refer to while staff types: what its parameter beside `of` begins with."""
    text = next((value for name, value in request.args.items() if name != "of"), "")[:200]
    of = request.args.get("of", "")[:60]
    offered = forms.references.offered(of, text) if current().is_staff and forms.references.there(of) else []
    return render("search/choose.html", offered=offered)


@blueprint.get("/search/suggest")
@requires("search.view")
def suggest() -> Response:
    """Offer records while somebody types; the whole search stands last."""
    text = request.args.get("q", "")[:200]
    hits = search.suggestions(text, most=OFFERED) if text.strip() else []
    return render("search/suggest.html", text=text, hits=hits, kinds=current().registry.kinds, label=label,
                  path=links.of)
