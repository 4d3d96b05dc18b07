"""What readers and staff see of announcements."""

from pathlib import Path
from typing import Any

from flask import Blueprint, Response, request
from markupsafe import Markup

from parlour import (
    Invalid,
    Record,
    current,
    find,
    forms,
    granted,
    label,
    links,
    listed,
    paging,
    people,
    piece,
    redirect,
    render,
    requires,
    richtext,
    visible,
)
from parlour import gettext as _

from . import service

blueprint = Blueprint("announcements", __name__)
FORM = forms.load(Path(__file__).parent / "forms" / "announcement.yaml", id="announcements.announcement")
NEWEST = 3
"""Announcements on the home page."""


def _form() -> Any:
    named = {row.identifier: row.name for row in people.companies()}
    companies = {"type": "several", "label": _("Companies"), "options": named,
                 "help": _("Where you chose companies above.")}
    return FORM.adjusted(extra=forms.custom({"companies": companies}),
                         order=["title", "text", "audience", "companies", "begins", "ends"])


def _may() -> bool:
    return granted(current(), "announcements.create") == "all"


def _page(template: str, **values: Any) -> Response:
    kind = current().registry.kinds["announcement"]
    return render(f"announcements/{template}.html", may=_may(), kind=kind, label=label, path=links.of,
                  words=service.words(), **values)


@blueprint.get("/announcements")
@requires("announcements.view")
def listing() -> Response:
    """Show announcements: readers what is shown now, staff all of them."""
    query = visible("announcement")
    return _page("list", page=paging.page_of(query if _may() else query.where(Record.state == service.SHOWN)))


@blueprint.get("/announcements/<number>")
@requires("announcements.view")
def show(number: str) -> Response:
    """Show one. Raises NotFound."""
    row = find("announcement", number)
    return _page("announcement", row=row, html=Markup(richtext.render(row.fields.get("text", "")).html))  # noqa: S704


def _ask(bound: Any, row: Any = None, status: int = 200) -> Response:
    return _page("edit", form=bound, row=row, status=status)


@blueprint.get("/announcements/new")
@requires("announcements.create")
def new() -> Response:
    """Show the form of a new one."""
    return _ask(_form().bind({}))


@blueprint.post("/announcements/new")
@requires("announcements.create")
def create() -> Response:
    """Make one."""
    form = _form()
    try:
        row = service.write(form.clean(request.form))
    except Invalid as error:
        return _ask(form.bind(request.form, error.errors), status=422)
    return redirect(links.of(row), message=_("It is written."))


@blueprint.get("/announcements/<number>/edit")
@requires("announcements.edit")
def edit(number: str) -> Response:
    """Show the form with what is written. Raises NotFound."""
    row = find("announcement", number, "edit")
    return _ask(_form().bind({"title": row.title, **row.fields}), row)


@blueprint.post("/announcements/<number>/edit")
@requires("announcements.edit")
def change(number: str) -> Response:
    """Change one. Raises NotFound."""
    row, form = find("announcement", number, "edit"), _form()
    try:
        made = service.rewrite(row, form.clean(request.form))
    except Invalid as error:
        return _ask(form.bind(request.form, error.errors), row, status=422)
    return redirect(links.of(made), message=_("Saved."))


@blueprint.post("/announcements/<number>/remove")
@requires("announcements.remove")
def remove(number: str) -> Response:
    """Take one away. Raises NotFound."""
    service.take_away(find("announcement", number, "remove"))
    return redirect("/announcements", message=_("The announcement is gone."))


def news() -> Any:
    """Draw the card of the home page; customers are not told that there is nothing to tell."""
    rows = listed("announcement", ("news",), lambda query: query.where(Record.state == service.SHOWN).order_by(
        Record.created.desc()).limit(NEWEST))
    if not rows and not _may():
        return None
    told = [(row, richtext.render(row.fields.get("text", "")).text) for row in rows]
    return piece("announcements/news.html", rows=told, may=_may(), path=links.of)
