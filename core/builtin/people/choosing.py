"""Choosing a company: from a list of few, by a part of its name or its identifier where there are many."""

import re
from collections.abc import Collection, Iterable
from typing import Any

from flask import Blueprint, Response, request

from parlour import FieldError, Invalid, directory, identity, render, requires
from parlour import gettext as _

blueprint = Blueprint("people_choosing", __name__)
FEW = 30
"""So many companies are a list to choose from; of more, one types which."""
SUGGESTED = 20
_MARKED = re.compile(r"\(([^()]+)\)\s*$")


def field(chosen: str = "", *, but: Collection[str] = (), errors: Iterable[FieldError] = ()) -> dict[str, Any]:
    """Give what people/company-field.html draws: companies to choose from, if they are many, the one chosen."""
    rows = directory.search_companies(limit=FEW + 1).rows
    many = len(rows) > FEW
    found = directory.search_companies(limit=SUGGESTED).rows if many else rows
    return {"companies": [(row.identifier, row.name) for row in found if row.identifier not in but],
            "many": many, "company": _shown(chosen) if many else chosen,
            "company_error": next((one.message for one in errors if one.path == "company"), "")}


def _shown(chosen: str) -> str:
    """Say a company that an address names by its identifier as its suggestion does."""
    row = next((one for one in directory.search_companies(chosen).rows if one.identifier == chosen), None)
    return f"{row.name} ({row.identifier})" if row and chosen else chosen


def named(text: str) -> Any | None:
    """Give the company meant by its identifier, its name, a part of either, or "Name (identifier)"; None for "".

    Raises Invalid where there is none, or where several fit.
    """
    text = text.strip()[:200]
    marked = _MARKED.search(text)
    for wanted in filter(None, (text, marked and marked[1])):
        rows = directory.search_companies(wanted, limit=SUGGESTED).rows
        same = [row for row in rows if row.identifier == wanted] or [
            row for row in rows if identity.key(row.name) == identity.key(wanted)] or rows
        if len(same) == 1:
            return same[0]
        if same:
            names = ", ".join(f"{row.name} ({row.identifier})" for row in same[:5])
            raise Invalid([FieldError("company", _("Several companies fit: %(names)s. Say which.", names=names),
                                      "several")])
    if not text:
        return None
    raise Invalid([FieldError("company", _("No company is called “%(text)s” here.", text=text), "unknown")])


@blueprint.get("/people/companies")
@requires("people.invite")
def suggestions() -> Response:
    """Suggest companies for what has been typed so far."""
    typed = request.args.get("company", "")[:200]
    rows = directory.search_companies(typed, limit=SUGGESTED).rows
    return render("people/company-list.html", companies=[(row.identifier, row.name) for row in rows])
