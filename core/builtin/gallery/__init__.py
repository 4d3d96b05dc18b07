"""The gallery: every piece of a page in every state, to look at while writing a theme or a plugin."""

from pathlib import Path
from typing import Any

from flask import Blueprint, Response, request

from parlour import Invalid, NotFound, forms, hook, render, requires
from parlour import gettext as _

blueprint = Blueprint("gallery", __name__)
FORM = forms.load(Path(__file__).parent / "forms" / "everything.yaml", id="gallery.everything")
FILLED = {
    "name": "Maria Anders", "email": "maria@alfreds.example", "phone": "+49301234567", "secret": "not shown again",
    "story": "Two pallets came.\n\nOne of them has no delivery note.", "country": "DE", "how": "high",
    "category": "order", "topics": ["price", "delivery"], "agree": True, "day": "2026-11-03", "count": 12,
    "value": 123450, "site": {"room": "Hall 2", "floor": 1},
    "devices": [{"device": "Scanner", "bought": "2026-01-31"}, {"device": "Printer", "bought": None}],
}
WRONG = {
    "name": "", "email": "maria@", "phone": "call me", "story": "", "country": "XX", "how": "soon",
    "category": "none", "topics": ["price", "none"], "day": "31.31.2026", "count": "twelve", "value": "a lot",
    "site": {"room": "", "floor": "x"},
}
KEPT = ("email", "phone", "topics")
"""What of it a form can show again as a stored value."""
LONG = "Donaudampfschifffahrtsgesellschaftskapitänsmützenfabrikationsunternehmensverzeichnis"
"""One word that is wider than a phone."""


def pages() -> dict[str, str]:
    """Name the pages of the gallery."""
    return {"": _("Pieces"), "lists": _("Lists"), "conversation": _("Conversation"),
            "forms": _("Form, empty"), "filled": _("Form, filled"), "wrong": _("Form, wrong"),
            "settings": _("Settings"), "long": _("Too much")}


def _form(name: str) -> Any:
    """Bind the form of all widgets: empty, as it is stored, or as it was sent with every mistake."""
    if name != "wrong":
        return FORM.bind(FILLED if name == "filled" else {})
    try:
        FORM.clean(WRONG)
    except Invalid as error:
        return FORM.bind({key: WRONG[key] for key in KEPT}, error.errors)
    raise AssertionError


@blueprint.get("/settings/gallery", defaults={"name": ""})
@blueprint.get("/settings/gallery/<name>")
@requires("gallery.view")
def show(name: str) -> Response:
    """Show one page of the gallery, in the scheme that is asked for. Raises NotFound."""
    known = pages()
    if name not in known:
        raise NotFound
    scheme = request.args.get("scheme", "")
    scheme = scheme if scheme in ("light", "dark") else ""
    here = "/settings/gallery" + (f"/{name}" if name else "")
    chips = [(label, "/settings/gallery" + (f"/{key}" if key else "") + (f"?scheme={scheme}" if scheme else ""),
              key == name) for key, label in known.items()]
    looks = [(label, here + (f"?scheme={key}" if key else ""), key == scheme)
             for key, label in (("", _("As the device")), ("light", _("Light")), ("dark", _("Dark")))]
    form = _form(name) if name in ("forms", "filled", "wrong") else None
    return render("gallery/gallery.html", name=name, chips=chips, looks=looks, form=form, long=LONG,
                  scheme=scheme, here=here)


@hook
def routes() -> Blueprint:
    """Give the pages."""
    return blueprint
