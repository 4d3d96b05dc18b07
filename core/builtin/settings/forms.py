"""The forms that admins build: all of them, one with its fields in order, and a preview beside it."""

from typing import Any

from flask import Blueprint, Response, request

from parlour import Invalid, NotFound, configuration, redirect, render, requires
from parlour import gettext as _

from . import fields

blueprint = Blueprint("settings_forms", __name__)
designs, drafting, preview = configuration.designs, configuration.drafting, configuration.preview
OPEN: dict[tuple[str | int, ...], Any] = {("access", "registration", "mode"): "open"}
"""What the preview of the registration form takes as set, so that there is a form to see."""


def find(place: str) -> Any:
    """Give a form by its address. Raises NotFound."""
    return designs.find(tuple(place.split("/")))


@blueprint.get("/settings/forms")
@requires("settings.change")
def listing() -> Response:
    """Show every form there is, by the page it belongs to."""
    pages: dict[str, list[Any]] = {}
    for one in designs.every():
        pages.setdefault(one.page, []).append(one)
    return render("settings/forms.html", block="collected", pages=pages, notice="", **fields.frame())


@blueprint.get("/settings/forms/<path:place>")
@requires("settings.change")
def show(place: str) -> Response:
    """Show one form: its fields in order, what can be done with each, and how it looks."""
    return draw(find(place))


@blueprint.post("/settings/forms/<path:place>")
@requires("settings.change")
def change(place: str) -> Response:
    """Move, hide, require, copy or take away a field; what is changed is collected."""
    design = find(place)
    verb, _dot, name = request.form.get("do", "").partition(".")
    try:
        if verb == "order":
            changes = designs.ordered(design, request.form.get("order", "").split(",")[:500])
        elif verb == "name":
            changes = designs.relabelled(design, name, request.form.get(f"label.{name}", "").strip()[:200])
        elif verb in ("discard", "review", "save"):
            return fields.act(design.href, lambda told: draw(design, told), {})
        else:
            changes = designs.act(design, verb, name)
        drafting.keep(changes, request.form.get("base_version", 0, type=int))
    except Invalid as error:
        return draw(design, fields.Told(422, "", error.errors))
    if "HX-Request" in request.headers:
        return draw(find(place))
    return redirect(f"{design.href}#e-{name}" if name else design.href)


def draw(design: Any, told: fields.Told = fields.NOTHING) -> Response:
    """Draw the page of one form."""
    notice = " ".join([told.notice, *(one.message for one in told.errors)]).strip()
    return preview_beside(design, "settings/design.html", block=("lines", "preview"), status=told.status,
                          entries=designs.entries(design), labels={
                              name: one for name, one in design.said.get("labels", {}).items()
                              if isinstance(one, str)}, held=designs.held(design), notice=notice,
                          **fields.frame())


def preview_beside(design: Any, template: str, **more: Any) -> Response:
    """Draw a page with the form beside it, at the width of a desk and of a phone."""
    scheme = "dark" if request.args.get("scheme") == "dark" else "light"
    query = design.about.get("preview", "").partition("?")[2].replace("{entry}", design.entry)
    return configuration.policy.may_frame(render(
        template, design=design, crumbs=_crumbs(design), scheme_=scheme, query=query, mark=preview.mark(), **more))


def _crumbs(design: Any) -> list[tuple[str, str]]:
    around = [find("/".join(design.path[:-2]))] if design.inner else []
    return [(_("Forms"), "/settings/forms"), *((one.title, one.href) for one in (*around, design))]


@blueprint.get("/settings/form/preview/<scheme>/<path:place>")
@requires("settings.change")
def one(scheme: str, place: str) -> Response:
    """Show a form with what is collected, for the frame of its page alone."""
    design = find(place)
    address = design.about.get("preview", "").partition("?")[0]
    if not address or design.inner:
        return preview.of(lambda: _sketch(design), scheme)
    guest = address == "/register"
    try:
        return preview.form(address, scheme, OPEN if guest else None, guest=guest,
                            customer=bool(design.about.get("customer")))
    except NotFound:
        return preview.of(lambda: _sketch(design), scheme)


def _sketch(design: Any) -> Response:
    return render("settings/sketch.html", title_=design.title, form=designs.sketch(design).bind())
