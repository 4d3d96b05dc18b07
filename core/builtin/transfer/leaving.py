"""Exporting a list as it is seen: which columns, in which form; what is small at once, what is large as a run."""

from typing import Any

from flask import Blueprint, Response, request

from parlour import FieldError, attach, current, now, redirect, render, requires, transaction, transfers
from parlour import gettext as _

from . import words

blueprint = Blueprint("transfer_export", __name__)
exports, errands = transfers.exports, transfers.errands
OWN = ("format", "bom", "columns", "_once")


def _filters() -> dict[str, str]:
    return {name: value[:500] for name, value in request.values.items() if name not in OWN}


def _page(plural: str, status: int = 200, errors: Any = ()) -> Response:
    name = exports.subject(plural)
    filters = _filters()
    return render("transfer/export.html", status=status, plural=plural, what=words.subject(name), filters=filters,
                  columns=exports.columns(name), count=len(exports.keys(name, filters)), now=exports.NOW,
                  staff=current().is_staff, errors=[(one.path, one.message) for one in errors])


@blueprint.get("/export/<plural>")
@requires("transfer.export")
def ask(plural: str) -> Response:
    """Ask which columns of a list, filtered as in the address, go out and how. Raises NotFound."""
    return _page(plural)


@blueprint.post("/export/<plural>")
@requires("transfer.export")
def take(plural: str) -> Response:
    """Hand a table over, or begin to make it. Raises NotFound."""
    name = exports.subject(plural)
    known = [column for column, _label in exports.columns(name)]
    chosen = [column for column in known if column in request.form.getlist("columns")]
    form = request.form.get("format", "csv")
    wrong = [] if chosen else [FieldError("columns", _("Choose at least one column."), "required")]
    wrong += [] if form in exports.FORMATS else [FieldError("format", _("Choose one of these."), "enum")]
    if wrong:
        return _page(plural, 422, wrong)
    keys, bom = exports.keys(name, _filters()), request.form.get("bom") == "true"
    title = f"{plural}-{now().date().isoformat()}.{form}"
    if len(keys) <= exports.NOW:
        whole = exports.at_once(name, keys, chosen, form, bom=bom)
        return attach.sealed(Response(whole, content_type=exports.FORMATS[form]), title)
    with transaction():
        row = errands.begin("export", subject=name, title=title, total=len(keys), plan={
            "keys": keys, "columns": chosen, "format": form, "bom": bom})
        errands.start(row, errands.RUNNING)
    return redirect(f"/runs/{row.public_id}")
