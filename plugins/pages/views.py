"""What readers meet: the list of pages, and a page in their language; old addresses lead to the present one."""

from flask import Blueprint
from markupsafe import Markup

import parlour
from parlour import canonical, current, guests, language, redirect, render, requires

from . import reading
from .models import moment

blueprint = Blueprint("pages", __name__)
KINDS = ("page",)


def number(row):
    """Give a page's number as people write it."""
    return parlour.label(current().registry.kinds["page"], row.number)


@blueprint.get("/pages")
@requires("pages.view")
def listing():
    """Show the pages that are there for this reader."""
    return guests.page(KINDS, lambda: (render("pages/all.html", rows=reading.pages(), told=reading.told,
                                              number=number), None))


@blueprint.get("/pages/<slug>")
@requires("pages.view")
def show(slug):
    """Show a page in the reader's language, or in the one it has. Raises NotFound for what is not theirs."""
    return guests.page(KINDS, lambda: (_page(slug), None))


def _page(slug):
    row = reading.page(slug)
    if row is None and slug.upper().startswith("PAGE-"):
        found = parlour.find("page", slug)
        row = reading.page(found.slug)
    if row is None:
        raise parlour.NotFound
    if row.slug != slug:
        response = redirect(f"/pages/{row.slug}")
        response.status_code = 301 if response.status_code == 303 else response.status_code
        return response
    return drawn(row, Markup(row.html))  # noqa: S704 - the renderer's own


def drawn(row, html, *, draft=False):
    """Draw a page as its readers see it; `draft` says that it is not live."""
    code = row.text_language
    meta = canonical.meta(f"/pages/{row.slug}", row.summary or " ".join(row.words.split()[:40]),
                          row.shown, code, row.language)
    return render("pages/page.html", row=row, html=html, meta=meta, draft=draft, number=number(row),
                  text_language=code, text_direction=language.direction(code), changed=moment(row.live),
                  translated=language.current().split("-")[0] == code.split("-")[0],
                  language_name=language.LANGUAGES.get(code, code),
                  may_edit=parlour.granted(current(), "pages.edit") != "none")


def entries():
    """Give what stands in the navigation."""
    return reading.menu()
