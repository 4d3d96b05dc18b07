"""Asking what is to be done to those that were chosen in a list; the preview of it is a page of its own."""

from typing import Any

from flask import Blueprint, Response, request

from parlour import Invalid, NotFound, current, find, redirect, render, requires, transaction, transfers
from parlour import gettext as _
from parlour import people as people_of

blueprint = Blueprint("bulk", __name__)
bulk, errands, exports = transfers.bulk, transfers.errands, transfers.exports
OWN = ("id", "all", "act", "_once", "pick")
AT_ONCE = 200
"""So many are looked through while one waits; more of them by the worker."""


def _filters() -> dict[str, str]:
    """Give the filter of the list: as in the address, or in fields called "list." and the name of a filter."""
    asked = dict(request.args.items()) | {name.removeprefix("list."): value for name, value in request.form.items()
                                          if name.startswith("list.")}
    return {name: value[:500] for name, value in asked.items() if name not in OWN}


def _chosen(name: str) -> list[int]:
    """Give the internal keys of what was chosen; what is nobody's, or not theirs, is not among them."""
    if request.form.get("all") == "1":
        return [int(key) for key in exports.keys(name, _filters())]
    given = request.form.getlist("id") or request.form.getlist("pick")
    wanted = list(dict.fromkeys(given))[:5000]
    if name == "person":
        return exports.people_chosen(wanted)
    found = []
    for one in wanted:
        try:
            found.append(int((people_of.company(one) if name == "company" else find(name, one)).id))
        except NotFound:
            continue
    return found


def _ask(plural: str, name: str, keys: list[int], form: Any = None, status: int = 200) -> Response:
    possible = bulk.acts(name)
    act = next((one for one in possible if one.name == request.form.get("act")), None)
    return render("bulk/ask.html", status=status, plural=plural, keys=keys, acts=possible, act=act, form=form,
                  given=request.form.getlist("id") or request.form.getlist("pick"), filters=_filters(),
                  everything=request.form.get("all") == "1", home=f"/{plural}")


@blueprint.post("/people/bulk")
@requires("bulk.run")
def people() -> Response:
    """Act on people: chosen ones (`id`), or all a list shows (`all=1` with its filter)."""
    return _act("people")


@blueprint.post("/companies/bulk")
@requires("bulk.run")
def companies() -> Response:
    """Act on companies: chosen ones (`id`), or all a list shows."""
    return _act("companies")


@blueprint.post("/bulk/<plural>")
@requires("bulk.run")
def records(plural: str) -> Response:
    """Act on records of a kind. Raises NotFound."""
    if plural in exports.OF_HOST:
        raise NotFound
    return _act(plural)


def _act(plural: str) -> Response:
    name = exports.subject(plural)
    if not bulk.acts(name):
        raise NotFound
    keys = _chosen(name)
    if not keys:
        return redirect(_back(plural), message=_("Nothing was chosen. Choose some first."), kind="warn")
    if not request.form.get("act"):
        return _ask(plural, name, keys)
    act = bulk.named(request.form["act"])
    if act.of != name:
        raise NotFound
    values: dict[str, Any] = {}
    if act.form is not None:
        form = act.form()
        if not any(field in request.form for field in form.names):
            return _ask(plural, name, keys, form.bind())
        try:
            values = form.clean(request.form)
        except Invalid as error:
            return _ask(plural, name, keys, form.bind(request.form, error.errors), 422)
    with transaction():
        row = bulk.prepare(act, keys, values)
        errands.start(row, errands.CHECKING)
    if len(keys) <= AT_ONCE:
        transfers.look(row)
    return redirect(f"/runs/{row.public_id}")


def _back(plural: str) -> str:
    return "/inbox" if plural == "tickets" and current().is_staff else f"/{plural}"
