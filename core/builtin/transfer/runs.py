"""What is under way: the preview of a long act, how far it is, what became of each row, undo, files to fetch."""

import csv
import io
from typing import Any

from flask import Blueprint, Response, request

from parlour import (
    Conflict,
    NotFound,
    attach,
    current,
    links,
    paging,
    redirect,
    render,
    requires,
    transaction,
    transfers,
)
from parlour import gettext as _

from . import importing, words

blueprint = Blueprint("transfer_runs", __name__)
errands, bulk, intake = transfers.errands, transfers.bulk, transfers.intake
PAGE = 100
SHOWN = {"import": ("failed", "skipped", "created", "updated"),
         "bulk": ("failed", "left_out", "will", "done", "unchanged")}


@blueprint.get("/runs")
@requires("transfer.export")
def listing() -> Response:
    """Show what whoever asks has begun, newest first."""
    return render("transfer/runs.html", rows=errands.latest(50), states=words.states(), title_of=words.title)


def _counts(row: Any) -> list[tuple[str, str, str, int]]:
    """Give what became of rows: what, outcome, word, how many."""
    named = words.outcomes()
    found = []
    for key, number in sorted((row.counts or {}).items()):
        what, _dot, outcome = key.rpartition(".")
        if outcome in named:
            found.append((words.subject(what) if what else "", outcome, named[outcome][0], number))
    return found


def _may_still(row: Any) -> None:
    """See that whoever asks may still do what they have begun. Raises NotFound."""
    if row.kind == "bulk":
        bulk.named(row.plan.get("act", ""))
    elif row.kind == "import":
        importing.part_of(row.subject)
    else:
        transfers.exports.still_theirs(row)


def _page(row: Any, status: int = 200) -> Response:
    _may_still(row)
    if row.kind == "import" and row.state == errands.DRAFT:
        return importing.page(row)
    wanted = request.args.get("show", "")
    kinds = SHOWN.get(row.kind, ())
    shown = wanted if wanted in kinds else next((one for one in kinds if _number(row, one)), "")
    after = request.args.get("after", "")
    found = errands.findings(row, (shown,), after=int(after) if after.isdecimal() and len(after) < 18 else 0,
                             limit=PAGE + 1) if shown else []
    samples = errands.findings(row, ("sample",), limit=10) if row.state == errands.CHECKED else []
    act = current().registry.acts.get(row.plan.get("act", ""))
    return render(
        "transfer/run.html", block="run", status=status, row=row, title=words.title(row), counts=_counts(row),
        states=words.states(), outcomes=words.outcomes(), found=found[:PAGE], shown=shown, address=paging.address,
        more=paging.address(after=str(found[PAGE - 1].id), show=shown) if len(found) > PAGE else "",
        kinds=[(one, words.outcomes()[one][0], _number(row, one)) for one in kinds if _number(row, one)],
        samples=samples, fields=_fields(row, samples), what=words.subject(row.subject), links=links,
        says=act.says(row.plan["values"]) if act and row.kind == "bulk" else "",
        undoable=bool(act and act.undo and row.state in errands.OVER and "undo" not in row.plan
                      and (row.counts or {}).get("done")), invitable=_invitable(row))


def _number(row: Any, outcome: str) -> int:
    return sum(n for key, n in (row.counts or {}).items() if key == outcome or key.endswith(f".{outcome}"))


def _fields(row: Any, samples: Any) -> list[tuple[str, str]]:
    """Give the columns of a preview: the fields that its rows have, in their order."""
    if not samples:
        return []
    part = current().registry.imports.get(row.subject)
    known = {one.name: one for one in transfers.plans.fields_of(part)} if part else {}
    for one in samples:
        one.before.update({name: words.shown(known[name], value) for name, value in _flat(one.before).items()
                           if name in known})
    there = {name for one in samples for name in one.before}
    return [(name, one.label) for name, one in known.items() if name in there]


def _flat(values: Any) -> dict[str, Any]:
    own = {f"fields.{name}": value for name, value in (values.get("fields") or {}).items()}
    return {**{name: value for name, value in values.items() if name != "fields"}, **own}


def _invitable(row: Any) -> int:
    """Count those a finished import of people could invite."""
    if row.kind != "import" or row.subject != "person" or row.state not in errands.OVER:
        return 0
    act = current().registry.acts.get("people.invite")
    made = int((row.counts or {}).get("person.created", 0))
    return made if act is not None and bulk.may(act) and "invited" not in row.plan else 0


@blueprint.get("/runs/<identity>")
@requires("transfer.export")
def show(identity: str) -> Response:
    """Show one: its columns, its preview, its progress, or what became of it. Raises NotFound."""
    return _page(errands.mine(identity))


@blueprint.post("/runs/<identity>")
@requires("transfer.import")
def plan(identity: str) -> Response:
    """Keep which column becomes what. Raises NotFound."""
    row = importing.mine(identity)
    if row.state not in (errands.DRAFT, errands.CHECKED):
        return redirect(f"/runs/{identity}")
    return importing.save(row)


@blueprint.post("/runs/<identity>/back")
@requires("transfer.import")
def back(identity: str) -> Response:
    """Go back from the preview to the columns. Raises NotFound."""
    errands.change(importing.mine(identity), states=(errands.CHECKED, errands.FAILED, errands.CANCELLED),
                   state=errands.DRAFT, stop=False, finished=None)
    return redirect(f"/runs/{identity}")


@blueprint.post("/runs/<identity>/start")
@requires("transfer.export")
def start(identity: str) -> Response:
    """Say yes: what was looked through is carried out. Raises NotFound, Conflict."""
    row = errands.mine(identity)
    if row.state != errands.CHECKED:
        return redirect(f"/runs/{identity}")
    act = current().registry.acts.get(row.plan.get("act", "")) if row.kind == "bulk" else None
    if act is not None and act.whole is not None:
        bulk.all_at_once(row, bulk.named(act.name))
    else:
        errands.start(row, errands.RUNNING)
    return redirect(f"/runs/{identity}")


@blueprint.post("/runs/<identity>/cancel")
@requires("transfer.export")
def cancel(identity: str) -> Response:
    """Stop after what is at hand. Raises NotFound."""
    errands.cancel(errands.mine(identity))
    return redirect(f"/runs/{identity}", message=_("It stops in a moment. What is done stays done."))


@blueprint.post("/runs/<identity>/undo")
@requires("transfer.export")
def undo(identity: str) -> Response:
    """Take back what an act did. Raises NotFound, Conflict."""
    made = bulk.take_back(errands.mine(identity))
    return redirect(f"/runs/{made.public_id}")


@blueprint.post("/runs/<identity>/remove")
@requires("transfer.export")
def remove(identity: str) -> Response:
    """Forget one with its files; what it did stays. Raises NotFound."""
    row = errands.mine(identity)
    if row.state in errands.AT_WORK:
        return redirect(f"/runs/{identity}", message=_("Stop it first."), kind="warn")
    for key in errands.drop(row):
        attach.store().remove(key)
    return redirect("/runs", message=_("It is gone, and its files with it."))


@blueprint.post("/runs/<identity>/invite")
@requires("transfer.import")
def invite(identity: str) -> Response:
    """Make the act that invites those an import has made; with a preview of its own. Raises NotFound, Conflict."""
    row = importing.mine(identity)
    if not _invitable(row):
        raise NotFound
    keys, after = [], 0
    while some := errands.findings(row, ("created",), after=after, limit=1000):
        keys += [int(one.subject) for one in some if one.name == "person" and one.subject]
        after = some[-1].id
    with transaction():
        made = bulk.prepare(bulk.named("people.invite"), keys, {})
        errands.start(made, errands.CHECKING)
        if not errands.mark(row, errands.OVER, invited=made.public_id):
            raise Conflict(_("This is under way already."))
    return redirect(f"/runs/{made.public_id}")


@blueprint.get("/runs/<identity>/file")
@requires("transfer.export")
def fetch(identity: str) -> Response:
    """Give the table that an export has made, to whoever asked for it. Raises NotFound."""
    row = errands.mine(identity)
    if not row.result or row.kind != "export":
        raise NotFound
    transfers.exports.still_seen(row)
    form = row.plan["format"]
    return attach.handed(row.result, row.title, transfers.exports.FORMATS[form])


@blueprint.get("/runs/<identity>/failed.csv")
@requires("transfer.import")
def failed(identity: str) -> Response:
    """Give the rows that were not imported, as they stand in the file, each with why. Raises NotFound."""
    row = importing.mine(identity)
    importing.part_of(row.subject)
    lines: dict[int, list[str]] = {}
    after = 0
    while some := errands.findings(row, ("failed",), after=after, limit=1000):
        for one in some:
            lines.setdefault(one.line, []).append(f"{one.column}: {one.reason}" if one.column else one.reason)
        after = some[-1].id
    sheet = io.StringIO(newline="")
    writer = csv.writer(sheet)
    for values in intake.failed_rows(row, lines):
        writer.writerow([transfers.exports.cell(value) for value in values])
    return attach.sealed(Response("\ufeff" + sheet.getvalue(), mimetype="text/csv"), f"failed-{row.title}")
