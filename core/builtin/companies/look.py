"""The look of one company: its logo and accent, tried on a real page before they are saved, taken off again."""

import re
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, request

from parlour import NotFound, configuration, current, redirect, render, requires
from parlour import gettext as _

from . import exceptions, page, service

blueprint = Blueprint("companies_look", __name__)
preview, policy, brand = configuration.preview, configuration.policy, configuration.brand
COLOUR = re.compile(r"#([0-9a-fA-F]{3}|[0-9a-fA-F]{6})\Z", re.ASCII)
KEPT = re.compile(r"brand/[a-z0-9-]{1,63}/logo\.[0-9a-f]{16}\.png\Z", re.ASCII)


def _row(identifier: str) -> Any:
    row = page.company(identifier)
    if not service.may_configure():
        raise NotFound
    return row


def _node(row: Any) -> Any:
    """Give what the schema says of a company's logo."""
    return configuration.drafting.everything().node(("companies", row.identifier, "theme", "logo"))


def _now(row: Any) -> dict[str, str]:
    return dict(exceptions.own(row.identifier).get("theme") or {})


def _fits(row: Any, theme: dict[str, str]) -> dict[str, str]:
    """Leave of a look what may be tried: an accent that is one, a logo kept here or the one there is."""
    logo = theme.get("logo", "")
    mine = bool(KEPT.match(logo)) and logo.startswith(f"brand/{current().slug}/")
    return {name: value for name, value in (
        ("accent", theme.get("accent", "") if COLOUR.match(theme.get("accent", "")) else ""),
        ("logo", logo if mine or logo == _now(row).get("logo") else "")) if value}


def _draw(row: Any, theme: dict[str, str], *, status: int = 200, trouble: str = "", wrong: Any = None,
          typed: str | None = None) -> Response:
    tried = _fits(row, theme)
    look, _site = preview.company_look(row.identifier, tried)
    scheme = "dark" if request.values.get("scheme") == "dark" else "light"
    return policy.may_frame(render(
        "companies/look.html", status=status, **page.shown(row), theme=tried, now=_now(row), trouble=trouble,
        wrong=wrong or {}, typed=tried.get("accent", "") if typed is None else typed, scheme_=scheme,
        contrasts=preview.contrasts(look.palette), problems=look.problems,
        changed=tried != _now(row), question=urlencode(tried),
        schemes=[("light", _("Light")), ("dark", _("Dark"))]))


@blueprint.get("/companies/<identifier>/look")
@requires("companies.manage")
def show(identifier: str) -> Response:
    """Show the look of a company."""
    row = _row(identifier)
    asked = {name: request.args[name][:200] for name in ("accent", "logo") if request.args.get(name)}
    return _draw(row, asked or _now(row))


@blueprint.post("/companies/<identifier>/look")
@requires("companies.manage")
def change(identifier: str) -> Response:
    """Try a look, or save it into portal.yaml."""
    row, form = _row(identifier), request.form
    accent = form.get("accent", "").strip()
    theme = _fits(row, {"accent": accent, "logo": "" if form.get("no_logo") == "true" else form.get("logo", "")})
    wrong = {}
    if accent and not COLOUR.match(accent):
        wrong["accent"] = _("Write a colour such as #0f766e.")
    upload = request.files.get("picture")
    if upload is not None and upload.filename:
        try:
            theme["logo"] = brand.picture(_node(row), upload)
        except page.TROUBLE as error:
            wrong["picture"] = page.said(error)
    if wrong or form.get("do") != "save":
        return _draw(row, theme, status=422 if wrong else 200, wrong=wrong, typed=accent)
    try:
        exceptions.save(row.identifier, {("theme", name): theme.get(name) for name in ("accent", "logo")},
                        _("Look of %(name)s", name=row.name))
    except page.TROUBLE as error:
        return _draw(row, theme, status=422, trouble=page.said(error))
    return redirect(f"/companies/{row.identifier}/look",
                    message=_("Saved in portal.yaml. Its people see it at once."))


@blueprint.get("/companies/<identifier>/look/preview/<scheme>")
@requires("companies.manage")
def tried(identifier: str, scheme: str) -> Response:
    """Show the home page in a company's look that is only tried, for the frame of its page alone."""
    row = _row(identifier)
    asked = {name: request.args.get(name, "")[:200] for name in ("accent", "logo")}
    return preview.page_of_company(row.identifier, _fits(row, asked), scheme)


@blueprint.get("/companies/<identifier>/look/files/<name>")
@requires("companies.manage")
def file(identifier: str, name: str) -> Response:
    """Give a file of a company's look that is only tried: whichever process is asked makes the same one."""
    row = _row(identifier)
    asked = {what: request.args.get(what, "")[:200] for what in ("accent", "logo")}
    return preview.file_of_company(row.identifier, _fits(row, asked), name)
