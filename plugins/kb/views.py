"""What readers meet: the first page, a category, an article in their language, and whether it helped."""

from functools import partial

from flask import Blueprint, abort, request
from markupsafe import Markup

import parlour
from parlour import current, guests, language, redirect, render, requires, search, tally
from parlour import gettext as _

from . import feedback, meta, reading

blueprint = Blueprint("kb", __name__)
KINDS = ("article", "kb_category")


@blueprint.get("/kb")
@requires("kb.view")
def front():
    """Show categories, featured, popular and new articles; a search shows what it finds."""
    text = request.args.get("q", "").strip()[:200]
    if text:
        return render("kb/found.html", block="found", text=text, found=_found(text))
    return guests.page(KINDS, lambda: (_front(), None))


def _front():
    featured, popular, recent = reading.front()
    shelves = reading.shelves()
    return render("kb/front.html", shelves=[one for one in shelves.values() if one.parent not in shelves],
                  featured=featured, popular=popular, recent=recent, text="", meta=meta.front())


def _found(text):
    """Give what was found, each with the excerpt that says why."""
    hits = search.hits(text, kind="article", most=50)
    shown = {one.id: one for one in reading.articles(parlour.Record.id.in_([hit.record.id for hit in hits]))}
    return [(shown[hit.record.id], hit.excerpt) for hit in hits if hit.record.id in shown]


@blueprint.get("/kb/c/<slug>")
@requires("kb.view")
def category(slug):
    """Show what a category holds, for this reader."""
    return guests.page(KINDS, lambda: (_category(slug), None))


def _category(slug):
    shelves = reading.shelves()
    shelf = next((one for one in shelves.values() if one.slug == slug), None)
    if shelf is None:
        return _moved(f"c/{slug}")
    rows = reading.articles(reading.Article.shelf == shelf.id, most=200)
    return render("kb/category.html", shelf=shelf, way=reading.upward(shelves, shelf)[1:], rows=rows,
                  meta=meta.category(shelf))


@blueprint.get("/kb/<path:slug>")
@requires("kb.view")
def article(slug):
    """Show an article in the reader's language, or in the one it has; old addresses lead to the present one."""
    return guests.page(KINDS, lambda: _article(slug))


def _article(slug):
    """Give the page, and what counts that it was read."""
    row = reading.article(slug)
    if row is None or row.slug != slug:
        return _moved(slug, row), None
    return _drawn(row), partial(tally.note, "kb.read", str(row.id))


def _drawn(row):
    shelves = reading.shelves(count=False)
    shelf = shelves.get(row.shelf)
    return render("kb/article.html", article=row, html=Markup(row.html),  # noqa: S704 - the renderer's own
                  meta=meta.article(row), text_language=row.text_language,
                  text_direction=language.direction(row.text_language),
                  translated=language.current().split("-")[0] == row.text_language.split("-")[0],
                  language_name=language.LANGUAGES.get(row.text_language, row.text_language),
                  outdated=reading.outdated(row), changed=reading.moment(row.changed),
                  way=list(reversed(reading.upward(shelves, shelf))), related=reading.related(row),
                  said=request.args.get("said", ""),
                  tickets=parlour.granted(current(), "tickets.create") != "none",
                  number=parlour.label(current().registry.kinds["article"], row.number))


def _moved(path, row=None):
    """Lead from an old address, or from a number, to the present one. Raises NotFound for what is not theirs."""
    if row is None and path.upper().startswith("ART-"):
        row = parlour.find("article", path)
        if row.state != reading.PUBLISHED:
            if parlour.granted(current(), "kb.edit") == "none":
                raise parlour.NotFound
            return redirect(f"/content/{parlour.label(current().registry.kinds['article'], row.number)}")
    where = f"/kb/{row.slug}" if row is not None else reading.category_at(path)
    if not where:
        raise parlour.NotFound
    response = redirect(where)
    response.status_code = 301 if response.status_code == 303 else response.status_code
    return response


@blueprint.post("/kb/<slug>/helpful")
@requires("kb.rate")
def helpful(slug):
    """Keep whether an article helped, once per person or browser; a comment may follow."""
    row = reading.article(slug)
    if row is None:
        raise parlour.NotFound
    answer = request.form.get("helpful", "")
    if answer not in ("yes", "no"):
        abort(422)
    comment = request.form.get("comment", "").strip()
    voter = feedback.voter()
    feedback.rate(row, voter, helpful=answer == "yes", comment=comment)
    message = _("Thank you. What you wrote goes to the people who look after this article.") if comment else ""
    response = redirect(f"/kb/{row.slug}?said={'thanks' if comment else answer}#helpful", message=message)
    return feedback.remember(response, voter)

