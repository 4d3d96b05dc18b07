"""Articles for programs: what they read, what they may write, and the words search finds an article by."""

from pathlib import Path

from flask import has_request_context, request

import parlour
from parlour import FieldError, Invalid, Record, current, fetch, first, forms, language, lines, people, visible
from parlour import gettext as _

from . import reading, service
from .models import Category, Text

MOST = 45_000
"""Articles that search engines are told of."""

FORM = forms.load(Path(__file__).parent / "forms" / "article.yaml", id="kb.article")
_TEXT = {"type": "string"}
SHAPE = {
    "type": "object", "additionalProperties": False, "properties": {
        "address": {**_TEXT, "description": "Where readers find it."},
        "language": {**_TEXT, "description": "Of title, summary and body; ask for another with ?lang=."},
        "languages": {"type": "array", "items": _TEXT, "description": "What it can be read in."},
        "summary": _TEXT, "topic": {**_TEXT, "description": "The address of its category."},
        "audience": {**_TEXT, "enum": ["public", "customers", "company", "staff"],
                     "description": "Who may read it, its category considered."},
        "featured": {"type": "boolean"}, "body": {**_TEXT, "description": "HTML; only where one is asked for."},
        "source": {**_TEXT, "description": "As it was written; for staff.", "x-internal": True},
        "updated": {**_TEXT, "format": "date-time"}}}
"""What the API says about an article beyond its record."""

CATEGORY = {
    "type": "object", "additionalProperties": False, "properties": {
        "address": _TEXT, "parent": {**_TEXT, "description": "The number of the category it stands in."},
        "description": _TEXT, "audience": SHAPE["properties"]["audience"]}}


def shape(row):
    """Give what the API says about an article in the language asked for."""
    one = reading.Shown(row)
    told = {"title": one.title, "address": parlour.links.absolute(one.path), "language": one.language,
            "languages": sorted(row.shown), "summary": one.summary, "audience": row.audience,
            "featured": bool(row.featured), "updated": f"{one.changed:%Y-%m-%dT%H:%M:%SZ}"}
    alone = has_request_context() and "number" in (request.view_args or {})
    text = _text(row, one.language) if alone else None
    if text is not None:
        told |= {"body": text.html} | ({"source": text.source} if current().is_staff else {})
    return told | {"topic": _slug(row.shelf) if alone else None}


def _text(row, code):
    found = lines.visible("article", Text, "view", Text.html, Text.source)
    return first(found.where(Record.id == row.id, Text.language == code))


def _slug(key):
    row = first(visible("kb_category", "view", Category.slug).where(Record.id == key)) if key else None
    return row.slug if row else None


def category(row):
    """Give what the API says about a category."""
    shelf = reading.Shelf(row, 0)
    above = first(visible("kb_category", "view", Record.kind, Record.number).where(Record.id == row.parent)) \
        if row.parent else None
    kind = current().registry.kinds["kb_category"]
    return {"title": shelf.title, "address": parlour.links.absolute(shelf.path), "description": shelf.description,
            "parent": parlour.label(kind, above.number) if above else None, "audience": row.audience}


def category_words(row):
    """Give what search finds a category by beside its title: its names and descriptions in every language."""
    return "\n\n".join([*row.titles.values(), *row.descriptions.values()]), ""


def category_shown(row):
    """Give name and description of a category in the reader's language."""
    shelf = reading.Shelf(row, 0)
    return shelf.title, shelf.description


def words(row):
    """Give what search finds an article by beside its title: all that can be read, in every language."""
    found = fetch(lines.visible("article", Text, "view", Text.title, Text.summary, Text.words).where(
        Record.id == row.id))
    return "\n\n".join(part for one in found for part in (one.title, one.summary, one.words)), ""


def shown(row):
    """Give title and summary of an article in the reader's language: search and suggestions show these."""
    one = reading.Shown(row)
    return one.title, one.summary


def open_pages():
    """Give the pages that whoever asks may read, for search engines."""
    offered = set(current().settings.value("languages.offered"))
    found = [(one.path, one.changed, tuple(code for code in one.row.shown if code in offered))
             for one in reading.articles(most=MOST)]
    if not found:
        return ()
    newest = max(changed for _path, changed, _codes in found)
    shelves = [(one.path, newest, ()) for one in reading.shelves().values() if one.count]
    return (("/kb", newest, ()), *shelves, *found)


def place(values):
    """Turn a category's address and companies' identifiers into their keys. Raises Invalid."""
    found, errors = {}, []
    if values.get("category"):
        row = first(visible("kb_category", "edit", Record.id).where(Category.slug == values["category"]))
        found["shelf"] = row.id if row else None
        if row is None:
            errors.append(FieldError("category", _("There is no category with this address."), "unknown"))
    if "companies" in values:
        known = {row.identifier: row.id for row in people.companies()}
        found["companies"] = [known[name] for name in values["companies"] if name in known]
        errors += [FieldError("companies", _("There is no company called “%(name)s” here.", name=name), "unknown")
                   for name in values["companies"] if name not in known]
    if errors:
        raise Invalid(errors)
    return found | ({"wanted": values["audience"]} if values.get("audience") else {})


def create(source):
    """Write an article from what a program sent. Raises Invalid."""
    values = _clean(source)
    usual = str(current().settings.value("languages.default"))
    code = language.tag(values["language"]) or usual
    with parlour.transaction():
        slug = service.slug_of(values["slug"] or values["title"])
        row = service.create(values["title"], language=code, slug=slug, **place(values))
        return _say(row, code, values)


def _clean(source, *, partial=False):
    given = dict(source)
    companies = given.pop("companies", None)
    values = FORM.clean(given, partial=partial)
    if companies is not None:
        if not isinstance(companies, list) or not all(isinstance(name, str) for name in companies):
            raise Invalid([FieldError("companies", _("Send a list of identifiers."), "type")])
        values["companies"] = companies
    return values


def _say(row, code, values):
    """Keep the text that was sent as a version, and publish it where that is wanted."""
    number = service.write(row, code, {"title": values["title"], "summary": values.get("summary", ""),
                                       "source": values["body"]})
    if values.get("publish"):
        service.show(row, code, number)
    return parlour.find("article", row.number)


def update(row, source):
    """Change an article as a program asks: its place, its address, its text. Raises Invalid."""
    row = parlour.find("article", row.number, "edit")
    values = _clean(source, partial=True)
    code = language.tag(values.get("language", "")) or row.language
    with parlour.transaction():
        where = place(values)
        if where:
            service.place(row, **where)
        if values.get("slug"):
            service.rename(row, values["slug"])
        if values.get("body") or values.get("title"):
            text = _text(row, code)
            if not values.get("body") and text is None:
                raise Invalid([FieldError("body", _("Send the text as well."), "required")])
            told = row.shown.get(code, {})
            _say(row, code, {"title": values.get("title") or told.get("title", row.title),
                             "summary": values.get("summary", told.get("summary", "")),
                             "body": values.get("body") or text.source, "publish": values.get("publish")})
        return parlour.find("article", row.number)
