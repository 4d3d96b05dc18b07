"""Every setting on a page made from its schema: the pages by topic, one per plugin, and looking for one."""

from typing import Any

from flask import Blueprint, Response, request

from parlour import NotFound, configuration, redirect, render, requires
from parlour import gettext as _

from . import appearance, fields, mail

blueprint = Blueprint("settings_pages", __name__)
drafting = configuration.drafting


@blueprint.get("/settings/search")
@requires("settings.change")
def search() -> Response:
    """Find settings by their words: what they are called, what they do, how they are written in the file."""
    words = request.args.get("q", "")[:200]
    return render("settings/search.html", block="found", q=words, rows=configuration.look_up(words))


@blueprint.get("/settings/<page>")
@blueprint.get("/settings/features/<plugin>")
@requires("settings.change")
def show(page: str = "", plugin: str = "") -> Response:
    """Show one page of settings."""
    found = _page(page, plugin)
    if len(found.nodes) == 1 and found.nodes[0].kind in ("mapping", "listing"):
        return redirect(drafting.at(found.nodes[0].path))
    return _draw(found)


@blueprint.post("/settings/<page>")
@blueprint.post("/settings/features/<plugin>")
@requires("settings.change")
def save(page: str = "", plugin: str = "") -> Response:
    """Take what a page sent: change what differs from what the form was drawn with."""
    found = _page(page, plugin)
    sent = fields.read(list(fields.flat(found.nodes)))
    if sent.errors and request.form.get("do") != "discard":
        return _draw(found, sent, fields.Told(422))
    return fields.act(f"/settings/{found.id}", lambda told: _draw(found, sent, told), sent.changes)


def _page(page: str, plugin: str) -> Any:
    found = drafting.everything().page(f"features/{plugin}" if plugin else page)
    if found is None or not found.nodes:
        raise NotFound
    return found


def _draw(page: Any, sent: Any = None, told: fields.Told = fields.NOTHING) -> Response:
    if page.id == "appearance":
        return appearance.draw(page, sent, told)
    if page.id == "mail":
        return mail.draw(page, sent, told)
    return fields.page(f"/settings/{page.id}", _(page.title), page.nodes, sent, told, crumbs=[])
