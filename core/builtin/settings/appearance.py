"""The page of the look: its settings, and real pages as they would be with what is typed and not yet saved."""

from typing import Any

from flask import Blueprint, Response, request

from parlour import configuration, requires
from parlour import gettext as _

from . import fields

blueprint = Blueprint("settings_appearance", __name__)
preview, policy = configuration.preview, configuration.policy


def draw(page: Any, sent: Any, told: fields.Told) -> Response:
    """Draw the page of the look, its preview beside the settings."""
    pages = preview.pages()
    shown = request.args.get("show", "")
    shown = shown if shown in dict(pages) else pages[0][0]
    scheme = "dark" if request.args.get("scheme") == "dark" else "light"
    trouble = preview.look()[0].problems
    return policy.may_frame(fields.page(
        "/settings/appearance", _(page.title), page.nodes, sent, told, crumbs=[],
        template="settings/appearance.html", block=("collected", "preview"), pages=pages, shown=shown,
        scheme_=scheme, mark=preview.mark(), contrasts=preview.contrasts(), trouble=trouble))


@blueprint.get("/settings/appearance/preview/<name>/<scheme>")
@requires("settings.change")
def one(name: str, scheme: str) -> Response:
    """Show one page with what is collected, for the frame of the page of the look alone."""
    return preview.page(name, scheme)
