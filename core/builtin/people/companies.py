"""The companies of a tenant: list, new, one with its people and invitations."""

import re
import unicodedata
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, request

from parlour import Invalid, current, directory, forms, invitations, paging, people, redirect, render, requires
from parlour import gettext as _

from . import service, words
from .views import may

blueprint = Blueprint("people_companies", __name__)
BASE = forms.load(Path(__file__).parent / "forms" / "company.yaml", id="people.company")


@lru_cache(maxsize=64)
def _form(settings: Any) -> Any:
    return BASE.adjusted(extra=forms.custom(settings.value("fields.companies") or {}, file="fields.companies"))


def form() -> Any:
    """Give the form of a company: name, identifier, and the tenant's own fields."""
    return _form(current().settings)


@blueprint.get("/companies")
@requires("people.view")
def listing() -> Response:
    """Show companies by name, found and filtered."""
    asked = {name: request.args.get(name, "")[:200] for name in ("q", "who", "after", "before")}
    page = directory.search_companies(asked["q"], who=asked["who"], after=asked["after"], before=asked["before"])
    return render("people/companies.html", block="results", address=paging.address, page=page, rows=page.rows,
                  q=asked["q"], who=asked["who"], counts=directory.how_many_in(row.id for row in page.rows),
                  may_manage=may("manage"),
                  labels={"": _("All"), "active": _("On"), "inactive": _("Off")})


@blueprint.get("/companies/new")
@requires("people.manage")
def new() -> Response:
    """Ask for a company."""
    return render("people/company-new.html", form=form().bind())


@blueprint.post("/companies/new")
@requires("people.manage")
def create() -> Response:
    """Add a company; without an identifier, one is made from its name."""
    try:
        values = form().clean(request.form)
        own = {name: values[name] for name in form().extras if name in values}
        row = service.add_company(values["name"], values["identifier"] or _identifier(values["name"]), own)
    except Invalid as error:
        return render("people/company-new.html", status=422, form=form().bind(request.form, error.errors))
    message = _("%(name)s is there. Invite its people.", name=row.name)
    return redirect(f"/companies/{row.identifier}", message=message)


def _identifier(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60] or "company"


def _page(row: Any, bound: Any = None, status: int = 200) -> Response:
    override = current().settings.company(row.identifier)
    shown = {"name": row.name, "identifier": row.identifier, **(row.fields or {})}
    return render("people/company.html", status=status, row=row, form=bound or form().bind(shown),
                  people=people.members(row.id), waiting=invitations.waiting(row.id), may_manage=may("manage"),
                  roles=words.customer_roles(), override=override,
                  unasked=forms.kept(form(), row.fields or {}, row.fields or {}))


@blueprint.get("/companies/<identifier>")
@requires("people.view")
def show(identifier: str) -> Response:
    """Show one company."""
    return _page(people.company(identifier))


@blueprint.post("/companies/<identifier>")
@requires("people.manage")
def change(identifier: str) -> Response:
    """Save a company."""
    row, mine = people.company(identifier), form()
    try:
        values = mine.clean(request.form)
        wanted = values["identifier"] or row.identifier
        service.change_company(row, values["name"], wanted, {
            name: values[name] for name in mine.extras if name in values})
    except Invalid as error:
        return _page(row, mine.bind(request.form, error.errors), 422)
    return redirect(f"/companies/{wanted}", message=_("Saved."))


@blueprint.post("/companies/<identifier>/active")
@requires("people.manage")
def switch(identifier: str) -> Response:
    """Switch a company on or off."""
    row, active = people.company(identifier), request.form.get("active") == "on"
    service.switch_company(row, active)
    return redirect(f"/companies/{identifier}", message=_("%(name)s is on.", name=row.name) if active else
                    _("%(name)s is off: its people come in no more.", name=row.name))
