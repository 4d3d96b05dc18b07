"""What a company's people see: whether they come in, since when, and which features, each with the reason why."""

import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import Blueprint, Response, request

from parlour import FieldError, Invalid, NotFound, current, redirect, render, requires
from parlour import gettext as _

from . import exceptions, page, service

blueprint = Blueprint("companies_seeing", __name__)
DAY = re.compile(r"\d{4}-\d{2}-\d{2}\Z", re.ASCII)
SAYS = {"on": True, "off": False}


@dataclass(frozen=True)
class Module:
    """A feature for one company: what is said here ("" nothing), what that comes to, and why."""

    id: str
    title: str
    said: str
    on: bool
    why: str


def modules(row: Any) -> list[Module]:
    """Give the tenant's features as a company has them, by title."""
    settings = current().settings
    said, own = settings.company(row.identifier).features, exceptions.own(row.identifier).get("features") or {}
    found = []
    for manifest in current().registry.manifests.values():
        if manifest.builtin:
            continue
        everywhere, here = settings.features[manifest.id].enabled, said.get(manifest.id)
        if not everywhere:
            why = _("Off for everybody. Switch it on under Settings, Features.")
        elif here is False:
            why = _("Off for this company.") if manifest.id in own else _("Off for this company in all portals.")
        else:
            why = _("On, as for everybody.") if here is None else _("On for this company.")
        word = ("on" if own[manifest.id] else "off") if manifest.id in own else ""
        found.append(Module(manifest.id, _(manifest.title), word, everywhere and here is not False, why))
    return sorted(found, key=lambda one: one.title)


def _draw(row: Any, status: int = 200, trouble: str = "", wrong: str = "") -> Response:
    mine = exceptions.own(row.identifier)
    since = str(mine.get("visible_since", ""))
    return render("companies/seeing.html", status=status, **page.shown(row), modules=modules(row), trouble=trouble,
                  wrong=wrong, since=request.form.get("since", "date" if DAY.match(since) else since or "all"),
                  day=request.form.get("day", since if DAY.match(since) else ""),
                  chosen_only=current().settings.value("access.companies") == "chosen")


@blueprint.get("/companies/<identifier>/access")
@requires("companies.view")
def show(identifier: str) -> Response:
    """Show what a company's people see."""
    return _draw(page.company(identifier))


def _row(identifier: str) -> Any:
    """Give a company for whoever may change what portal.yaml says of it. Raises NotFound."""
    row = page.company(identifier)
    if not service.may_configure():
        raise NotFound
    return row


@blueprint.post("/companies/<identifier>/access")
@requires("companies.manage")
def change(identifier: str) -> Response:
    """Write what a company's people see into portal.yaml: only what differs from the others."""
    row = _row(identifier)
    wanted: dict[exceptions.Way, Any] = {}
    known = {one.id for one in modules(row)}
    for name, said in request.form.items():
        if name.startswith("feature_") and name[8:] in known and said in ("", *SAYS):
            wanted["features", name[8:]] = SAYS.get(said)
    try:
        if "since" in request.form:
            wanted["visible_since",] = _since()
        changed = exceptions.save(row.identifier, wanted, _("What %(name)s sees", name=row.name))
    except Invalid as error:
        mine = next((_(one.message) for one in error.errors if one.path == "day"), "")
        return _draw(row, 422, wrong=mine, trouble="" if mine else page.said(error))
    except page.TROUBLE as error:
        return _draw(row, 422, trouble=page.said(error))
    return redirect(f"/companies/{row.identifier}/access", message=_(
        "Saved in portal.yaml. It holds from their next click on.") if changed else _("Nothing was changed."))


def _since() -> str | None:
    """Read from when on records are seen: None for all, "new", or a day. Raises Invalid."""
    asked, day = request.form.get("since", ""), request.form.get("day", "").strip()
    if asked in ("all", "new"):
        return None if asked == "all" else "new"
    found = None
    if asked == "date" and DAY.match(day):
        with suppress(ValueError):
            found = date.fromisoformat(day).isoformat()
    if found is None:
        raise Invalid([FieldError("day", _("Give a day, such as 2026-01-31."), "date")])
    return found


@blueprint.post("/companies/<identifier>/portal")
@requires("companies.manage")
def portal(identifier: str) -> Response:
    """Let a company's people use the portal, or keep them out: written into portal.yaml."""
    row, asked = _row(identifier), request.form.get("portal", "")
    if asked not in ("on", "off"):
        raise NotFound
    chosen = current().settings.value("access.companies") == "chosen"
    said = {"on": "active" if chosen else None, "off": None if chosen else "disabled"}[asked]
    try:
        exceptions.save(row.identifier, {("status",): said}, _("Portal for %(name)s: %(word)s", name=row.name,
                                                                word=_("on") if asked == "on" else _("off")))
    except page.TROUBLE as error:
        return page.draw(row, status=422, trouble=page.said(error))
    return redirect(f"/companies/{row.identifier}", message=_("The portal is open for %(name)s.", name=row.name)
                    if asked == "on" else _("The portal is closed for %(name)s.", name=row.name))
