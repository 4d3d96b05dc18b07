"""Making two companies one: what would move is shown first, then moves at once."""

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, Response, request

from parlour import companies, ngettext, redirect, render, requires
from parlour import gettext as _

from . import exceptions, page, service

blueprint = Blueprint("companies_uniting", __name__)
MOST = 8


def _other(row: Any, text: str) -> Any | None:
    """Give the company meant by its identifier, None where none or several fit."""
    found = companies.answering(text.strip()[:63])
    return found if found is not None and found.id != row.id else None


def _some(names: Sequence[str]) -> str:
    """Write names, the first few of many."""
    more = len(names) - MOST
    rest = ngettext(" and %(num)s other", " and %(num)s others", more) if more > 0 else ""
    return ", ".join(names[:MOST]) + rest


def _draw(row: Any, status: int = 200, trouble: str = "", other: Any = None) -> Response:
    words = request.values.get("q", "")[:200]
    found = [one for one in companies.search(words, limit=MOST + 1).rows if one.id != row.id] if words else []
    moved = exceptions.united(row.identifier, other.identifier) if other else {}
    wider = companies.would_widen(row, other) if other else None
    return render("companies/merge.html", status=status, **page.shown(row), other=other, trouble=trouble, q=words,
                  found=found[:MOST], moves=companies.would_move(row) if other else {},
                  let_in=_some(wider.let_in) if wider else "", more=_some(wider.more) if wider else "",
                  settings=sorted({".".join(map(str, way[2:])) or _("all of them") for way in moved
                                   if way[1] != row.identifier}))


@blueprint.get("/companies/<identifier>/merge")
@requires("companies.manage")
def show(identifier: str) -> Response:
    """Ask for the other company; then show what would move there."""
    row, into = page.company(identifier), request.args.get("into", "")
    other = _other(row, into) if into else None
    unknown = _("No other company has this identifier.") if into and other is None else ""
    return _draw(row, other=other, trouble=unknown)


@blueprint.post("/companies/<identifier>/merge")
@requires("companies.manage")
def merge(identifier: str) -> Response:
    """Make two companies one."""
    row = page.company(identifier)
    other = _other(row, request.form.get("into", ""))
    if other is None:
        return _draw(row, 422, _("No other company has this identifier."))
    try:
        service.merge(row, other)
    except page.TROUBLE as error:
        return _draw(row, 422, page.said(error), other)
    return redirect(f"/companies/{other.identifier}", message=_("%(name)s is a part of %(other)s now.",
                                                                name=row.name, other=other.name))
