"""Importing a table: bring it, say which column is what, look at what would happen, and only then do it."""

from pathlib import Path
from typing import Any

from flask import Blueprint, Response, request

from parlour import (
    FieldError,
    Invalid,
    NotFound,
    ParlourError,
    attach,
    current,
    granted,
    redirect,
    render,
    requires,
    transaction,
    transfers,
)
from parlour import gettext as _

from . import words

blueprint = Blueprint("transfer_import", __name__)
intake, plans, errands = transfers.intake, transfers.plans, transfers.errands
ENCODINGS = {"": "", "utf-8": "UTF-8", "utf-16-le": "UTF-16", "utf-16-be": "UTF-16 (BE)",
             "windows-1252": "Windows-1252", "windows-1256": "Windows-1256", "iso-8859-1": "ISO 8859-1"}
DATES = ("", "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%Y-%m-%d", "%d/%m/%Y %H:%M", "%m/%d/%Y %H:%M")
LONGEST = 80
KEPT = ("fields", "apart", "existing", "new", "staff", "dates", "decimal")
"""What a plan with a name holds; the rest is about one table."""


def part_of(name: str) -> Any:
    """Give what can be imported by its name. Raises NotFound, also for what is not theirs to import."""
    part = next((one for one in intake.possible() if one.name == name), None)
    if part is None:
        raise NotFound
    return part


def mine(identity: str) -> Any:
    """Give an import of whoever asks, with what it imports. Raises NotFound."""
    row = errands.mine(identity)
    if row.kind != "import":
        raise NotFound
    return row


def _start(errors: Any = (), status: int = 200) -> Response:
    kinds = [(part.name, words.subject(part.name)) for part in intake.possible()]
    wanted = request.values.get("kind", "")
    return render("transfer/start.html", status=status, kinds=kinds, states=words.states(), title_of=words.title,
                  chosen=wanted if wanted in dict(kinds) else kinds[0][0] if kinds else "",
                  recent=errands.latest(10, kind="import"), most=plans.MOST_ROWS,
                  errors=[(one.path, one.message) for one in errors])


@blueprint.get("/import")
@requires("transfer.import")
def start() -> Response:
    """Ask for a table and what it holds."""
    return _start()


@blueprint.post("/import")
@requires("transfer.import")
def bring() -> Response:
    """Take a table in, guess how it is written and what its columns are."""
    part = part_of(request.form.get("kind", ""))
    try:
        received = attach.receive(request.files.getlist("file")[:1], field="file")
        row = _kept(part, received)
    except Invalid as error:
        return _start(error.errors, 422)
    return redirect(f"/runs/{row.public_id}")


def _kept(part: Any, files: Any) -> Any:
    """Make the errand of a received table. Raises Invalid where there is none, or it cannot be used at all."""
    if not files:
        raise Invalid([FieldError("file", _("Choose a file."), "required")])
    (received,) = files
    tables = Path(received.name).suffix.lower() in (".csv", ".tsv", ".txt")
    name = received.name if tables else f"{received.name}.csv"
    plan = _looked_at(part, received.stored.key, name)
    with transaction():
        row = errands.begin("import", subject=part.name, title=name, plan=plan, source=received.stored.key,
                            total=plan["rows"])
        attach.claim(received)
    return row


class _Brought:
    """A stored table before it is anybody's errand."""

    def __init__(self, source: str, title: str) -> None:
        self.source, self.title = source, title


def _looked_at(part: Any, key: str, name: str, encoding: str = "", delimiter: str = "") -> dict[str, Any]:
    try:
        with intake.opened(_Brought(key, name)) as path:
            table = plans.read(path, encoding, delimiter)
    except (ParlourError, UnicodeError, LookupError) as error:
        hint = getattr(error, "hint", "") or ""
        raise Invalid([FieldError("file", f"{error} {hint}".strip(), "table")]) from error
    return plans.first(part, table)


def page(row: Any, status: int = 200, errors: Any = ()) -> Response:
    """Draw which column becomes what."""
    part = part_of(row.subject)
    plan, fields = row.plan, plans.fields_of(part)
    return render("transfer/columns.html", status=status, row=row, plan=plan, fields=fields, what=words.subject(
        row.subject), errors=[(one.path, one.message) for one in errors], apart=_apart(part, fields), dates=DATES,
        encodings={**ENCODINGS, plan["encoding"]: ENCODINGS.get(plan["encoding"], plan["encoding"])},
        saved=[one.name for one in errands.plans(row.subject)], staff_possible=row.subject == "person",
        finds_company=any(one.makes for one in fields))


def _apart(part: Any, fields: Any) -> list[tuple[str, str]]:
    labels = {one.name: one.label for one in fields}
    found = [(f"match:{name}", _("By %(field)s", field=labels.get(name, name))) for name in part.match
             if name in labels]
    return [*found, ("id", _("By a number or name of their own, in the column")),
            ("new", _("Not at all: every row is new"))]


def save(row: Any) -> Response:
    """Keep what the form says; then look through it, read the file anew, or use a plan with a name."""
    part, do = part_of(row.subject), request.form.get("do", "look")
    try:
        if do == "read":
            plan = _looked_at(part, row.source, row.title, _written(), request.form.get("delimiter", ""))
            errands.change(row, states=(errands.DRAFT, errands.CHECKED), plan=plan, state=errands.DRAFT,
                           total=plan["rows"])
            return redirect(f"/runs/{row.public_id}")
        if do == "use":
            errands.change(row, states=(errands.DRAFT, errands.CHECKED), state=errands.DRAFT, plan=_used(row))
            return redirect(f"/runs/{row.public_id}")
        plan = _read(part, row)
        with transaction():
            name = " ".join(request.form.get("name", "").split())[:LONGEST]
            if name:
                errands.keep_plan(row.subject, name, {key: plan[key] for key in KEPT})
            errands.start(row, errands.CHECKING, plan=plan)
    except Invalid as error:
        return page(row, 422, error.errors)
    return redirect(f"/runs/{row.public_id}")


def _written() -> str:
    wanted = request.form.get("encoding", "")
    return wanted if wanted in ENCODINGS else ""


def _used(row: Any) -> dict[str, Any]:
    """Give the plan with what a named one says about columns that this table has."""
    wanted = request.form.get("saved", "")
    known = next((one.plan for one in errands.plans(row.subject) if one.name == wanted), None)
    if known is None:
        return dict(row.plan)
    columns = set(row.plan["columns"])
    fields = {name: one for name, one in known["fields"].items()
              if one.get("constant") or one["column"] in columns}
    return {**row.plan, **known, "fields": fields}


def _read(part: Any, row: Any) -> dict[str, Any]:
    """Read the form of columns into a plan. Raises Invalid."""
    columns, fields, wrong = set(row.plan["columns"]), {}, []
    for one in plans.fields_of(part):
        column = request.form.get(f"from-{one.name}", "")
        constant = request.form.get(f"value-{one.name}", "").strip()[:2000]
        if column in columns:
            fields[one.name] = {"column": column}
        elif constant:
            fields[one.name] = {"constant": constant}
        elif one.required:
            message = _("Say which column is “%(field)s”.", field=one.label)
            wrong.append(FieldError(f"from-{one.name}", message, "required"))
    apart = request.form.get("apart", "new")
    if apart == "id":
        column = request.form.get("apart-column", "")
        apart = f"id:{column}"
        if column not in columns:
            wrong.append(FieldError("apart-column", _("Choose the column that tells rows apart."), "required"))
    elif apart.removeprefix("match:") not in fields and apart != "new":
        wrong.append(FieldError("apart", _("Rows are told apart by a field that no column fills."), "unknown"))
    if wrong:
        raise Invalid(wrong)
    existing, dates = request.form.get("existing", ""), request.form.get("dates", "")
    staff = request.form.get("staff") == "true" and granted(current(), "people.manage") == "all"
    return {**row.plan, "fields": fields, "apart": apart, "staff": staff,
            "new": request.form.get("new") == "true",
            "existing": existing if existing in ("update", "skip", "fail") else "update",
            "dates": dates if dates in DATES else "",
            "decimal": request.form.get("decimal", "") if request.form.get("decimal") in (".", ",") else ""}
