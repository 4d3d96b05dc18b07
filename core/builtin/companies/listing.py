"""All companies of a tenant for its staff: found, filtered, counted; and a new one."""

from pathlib import Path
from typing import Any

from flask import Blueprint, Response, request

from parlour import Invalid, companies, current, forms, granted, paging, redirect, render, requires
from parlour import gettext as _

from . import service

blueprint = Blueprint("companies_listing", __name__)
BASE = forms.load(Path(__file__).parent / "forms" / "company.yaml", id="companies.company")


def _form(settings: Any) -> Any:
    return BASE.adjusted(extra=forms.custom(settings.value("fields.companies") or {}, file="fields.companies"))


def form() -> Any:
    """Give the form of a company: name, identifier, and the tenant's own fields."""
    return current().settings.once(_form)


@blueprint.get("/companies")
@requires("companies.view")
def listing() -> Response:
    """Show companies by name, found and filtered."""
    asked = {name: request.args.get(name, "")[:200] for name in ("q", "who", "after", "before")}
    who = asked["who"] if asked["who"] in companies.FILTERS else ""
    page = companies.search(asked["q"], who=who, after=asked["after"], before=asked["before"])
    return render("companies/list.html", block="results", address=paging.address, page=page, rows=page.rows,
                  q=asked["q"], who=who, people=companies.how_many_in(row.id for row in page.rows),
                  bulk=granted(current(), "bulk.run") != "none", counts={} if asked["q"] else companies.counts(),
                  is_open=companies.is_open, may_manage=service.may("manage"),
                  labels={"": _("All"), "active": _("On"), "inactive": _("Off"), "empty": _("Without people"),
                          "headless": _("Without an admin")},
                  chosen_only=current().settings.value("access.companies") == "chosen")


@blueprint.get("/companies/new")
@requires("companies.manage")
def new() -> Response:
    """Ask for a company."""
    return render("companies/new.html", form=form().bind())


@blueprint.post("/companies/new")
@requires("companies.manage")
def create() -> Response:
    """Add a company; without an identifier, one is made from its name."""
    try:
        values = form().clean(request.form)
        own = {name: values[name] for name in form().extras}
        row = service.add(values["name"], values["identifier"] or service.identifier_of(values["name"]), own)
    except Invalid as error:
        return render("companies/new.html", status=422, form=form().bind(request.form, error.errors))
    message = _("%(name)s is there. Invite its people.", name=row.name)
    return redirect(f"/companies/{row.identifier}/people", message=message)
