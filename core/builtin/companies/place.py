"""The company somebody works in: chosen among their own, remembered, and never more than they could see anyway."""

from urllib.parse import urlsplit

from flask import Blueprint, Response, g, request

from parlour import NotFound, companies, credentials, current, links, redirect, render, requires
from parlour import gettext as _

from . import words

blueprint = Blueprint("companies_place", __name__)


@blueprint.get("/account/places")
@requires("companies.choose")
def places() -> Response:
    """Show the companies somebody belongs to, and which one lists are about."""
    mine = companies.working(current().me)
    if not mine:
        raise NotFound
    return render("companies/places.html", companies=mine, here=companies.place(), roles=words.own_roles())


@blueprint.post("/account/place")
@requires("companies.choose")
def choose() -> Response:
    """Work in one company from here on, or ("") in all of them; go on where one was."""
    identifier = request.form.get("company", "")
    member = next((one for one in companies.working(current().me) if one.identifier == identifier), None)
    if identifier and member is None:
        raise NotFound
    credentials.choose_place(g.get("session_public_id", ""), member.company_id if member else None)
    told = _("You work in %(company)s now.", company=member.name) if member else _(
        "You see what all your companies have.")
    return redirect(_before(), message=told)


def _before() -> str:
    """Give the page of this portal that somebody came from, the first one where that cannot be told."""
    try:
        came = urlsplit(request.referrer or "")
    except ValueError:
        return "/"
    if came.netloc != request.host or came.path.startswith("/portal/"):
        return "/"
    return links.local(came.path)


@blueprint.get("/portal/<identifier>")
@requires("companies.choose")
def own_address(identifier: str) -> Response:
    """Lead whoever belongs to a company to its pages: the address itself opens nothing to anybody."""
    found = companies.answering(identifier)
    who = current()
    mine = {one.company_id for one in companies.working(who.me)}
    if found is None or not (who.is_staff or found.id in mine):
        raise NotFound
    if found.identifier != identifier:
        return redirect(f"/portal/{found.identifier}")
    if who.is_staff:
        return redirect(f"/companies/{found.identifier}")
    here = companies.place()
    if len(mine) == 1 or (here is not None and here.company_id == found.id):
        return redirect("/")
    return render("companies/portal.html", company=found)
