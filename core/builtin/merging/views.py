"""The page where staff makes one record of two: choose the other, look at what comes of it, merge."""

from typing import Any

from flask import Blueprint, Response, request

from parlour import (
    Conflict,
    NotFound,
    Record,
    Refused,
    conversation,
    current,
    fetch,
    find,
    joining,
    label,
    links,
    ngettext,
    people,
    posts,
    redirect,
    render,
    requires,
    search,
    sees_notes,
    visible,
)
from parlour import gettext as _

blueprint = Blueprint("merging", __name__)
MOST = 8
COLUMNS = (Record.id, Record.kind, Record.number, Record.title, Record.person, Record.state, Record.category,
           Record.touched)


def _kind(plural: str) -> Any:
    """Give the kind at an address, if two of it can be made one. Raises NotFound."""
    kind = current().registry.plurals.get(plural)
    if kind is None or kind.merge is None:
        raise NotFound
    return kind


@blueprint.get("/merge/<plural>/<number>")
@requires("merging.use")
def choose(plural: str, number: str) -> Response:
    """Offer what may be the same, look for others, and show what merging one of them does."""
    kind = _kind(plural)
    return _draw(kind, find(kind.name, number, "merge"), request.args.get("other", "").strip()[:200])


@blueprint.post("/merge/<plural>/<number>")
@requires("merging.use")
def merge(plural: str, number: str) -> Response:
    """Merge the other into this one."""
    kind = _kind(plural)
    target, typed = find(kind.name, number, "merge"), request.form.get("other", "")
    source = find(kind.name, typed, "merge")
    try:
        landed = joining.merge(target, source, request.form.get("mark", ""), show=request.form.get("show") == "on")
    except Conflict as error:
        return _draw(kind, target, typed, status=409, wrong=_(str(error)))
    return redirect(links.of(landed), message=_("%(number)s is part of it now.",
                                                number=label(kind, source.number)))


def _draw(kind: Any, record: Any, typed: str, *, status: int = 200, wrong: str = "") -> Response:
    plan, found = None, list[Any]()
    if typed:
        try:
            plan = joining.plan(record, find(kind.name, typed, "merge"))
        except (NotFound, Refused):
            found = _listed(kind, record, search.matches(kind.name, typed))
            wrong = wrong or ("" if found else _("Nothing here fits “%(what)s”. Try its number.", what=typed))
        except Conflict as error:
            wrong = wrong or _(str(error))
    states = kind.states() if kind.states else {}
    return render("merging/merge.html", block="merge", status=status, kind=kind, record=record, plan=plan,
                  found=found, typed=typed, wrong=wrong, near=[] if plan or found else _near(kind, record),
                  gained=_some(plan.readers.gained + plan.readers.team) if plan else "",
                  lost=_some(plan.readers.lost) if plan else "", entries=_together(kind, plan) if plan else (),
                  word=lambda row: states.get(row.state, row.state), number=label(kind, record.number),
                  said=posts.shown if kind.talk else None, label=label,
                  here=f"/merge/{kind.plural}/{{}}".format, path=links.of)


def _listed(kind: Any, record: Any, *terms: Any) -> list[Any]:
    """Give what may be merged under some conditions, the latest first, each with its customer's name."""
    query = visible(kind.name, "merge", *COLUMNS, people.name_of(Record.person).alias("requester"))
    return fetch(query.where(Record.id != record.id, kind.body.merged.is_null(), *terms).order_by(
        Record.touched.desc()).limit(MOST))


def _near(kind: Any, record: Any) -> list[Any]:
    """Give open ones of the same person, else of the same company: likely the same matter."""
    if not record.person_id and not record.company_id:
        return []
    owner = Record.person == record.person_id if record.person_id else Record.company == record.company_id
    return _listed(kind, record, owner, Record.category.not_in(("resolved", "closed")))


def _some(names: Any, most: int = 6) -> str:
    """Write names, the first few of many."""
    more = len(names) - most
    return ", ".join(names[:most]) + (ngettext(" and %(num)s other", " and %(num)s others", more)
                                      if more > 0 else "")


def _together(kind: Any, plan: Any) -> list[tuple[Any, bool]]:
    """Give both conversations in time order, the last of them: (entry, whether it comes from the other)."""
    both = [(entry, record is plan.source) for record in (plan.target, plan.source)
            for entry in conversation.entries(record, internal=sees_notes(kind)) if entry.kind == "message"]
    return sorted(both, key=lambda pair: pair[0].created)[-12:]
