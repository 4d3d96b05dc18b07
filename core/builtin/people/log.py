"""The audit log: who did what, newest first; it can be read and nothing else."""

from typing import Any

from flask import Blueprint, Response, request

from parlour import acts, directory, paging, render, requires

from . import words

blueprint = Blueprint("people_log", __name__)
PER_PAGE = 50


def _place(name: str) -> int | None:
    given = request.args.get(name, "")
    return int(given) if given.isdecimal() and given.isascii() and len(given) < 18 else None


@blueprint.get("/audit")
@requires("people.audit")
def show() -> Response:
    """Show what was done, newest first."""
    before, after = _place("before"), _place("after")
    found = acts(PER_PAGE + 1, before=before, after=after)
    back = after is not None
    more = len(found) > PER_PAGE
    rows = found[-PER_PAGE:] if back else found[:PER_PAGE]
    older = paging.address(before=str(rows[-1].place)) if rows and (more or back) else ""
    newer = paging.address(after=str(rows[0].place)) if rows and ((more and back) or before is not None) else ""
    names = directory.names_of(row.subject for row in rows)
    return render("people/audit.html", block="results", rows=rows, older=older, newer=newer, names=names,
                  words=words.acts(), channels=words.channels(), details=details)


def details(row: Any) -> str:
    """Write an act's details in one line."""
    return ", ".join(f"{key}: {', '.join(map(str, value)) if isinstance(value, list) else value}"
                     for key, value in (row.details or {}).items() if value not in ("", None, []))
