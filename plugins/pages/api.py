"""Pages for programs, for search engines, for imports, and the words search finds a page by."""

from pathlib import Path

from flask import has_request_context, request

import parlour
from parlour import (
    N_,
    FieldError,
    Import,
    Invalid,
    NotFound,
    Record,
    by_id,
    current,
    fetch,
    first,
    forms,
    language,
    lines,
    people,
)
from parlour import gettext as _

from . import reading, service
from .models import PUBLISHED, Text, moment

FORM = forms.load(Path(__file__).parent / "forms" / "page.yaml", id="pages.page")
_TEXT = {"type": "string"}
TOLD = ("title", "short", "summary", "body")
SHAPE = {
    "type": "object", "additionalProperties": False, "properties": {
        "address": {**_TEXT, "description": "Where readers find it."},
        "language": {**_TEXT, "description": "Of title and text; ask for another with ?lang=."},
        "languages": {"type": "array", "items": _TEXT, "description": "What it can be read in."},
        "audience": {**_TEXT, "enum": ["public", "customers", "company", "staff"]},
        "menu": {"type": "boolean", "description": "Whether it stands in the navigation."},
        "summary": _TEXT, "body": {**_TEXT, "description": "HTML; only where one is asked for."},
        "source": {**_TEXT, "description": "As it was written; for staff.", "x-internal": True}}}


def _text(row, code):
    found = lines.visible("page", Text, "view", Text.html, Text.source, Text.summary)
    return first(found.where(Record.id == row.id, Text.language == code, Text.changed.is_null(False)))


def shape(row):
    """Give what the API says about a page in the language asked for."""
    code = reading.best(row.shown, row.language)
    told = {"title": reading.told(row)["title"], "address": parlour.links.absolute(f"/pages/{row.slug}"),
            "language": code, "languages": sorted(row.shown), "audience": row.audience, "menu": bool(row.menu)}
    alone = has_request_context() and "number" in (request.view_args or {})
    text = _text(row, code) if alone and code else None
    if text is not None:
        told |= {"summary": text.summary, "body": text.html}
        told |= {"source": text.source} if current().is_staff else {}
    return told


def words(row):
    """Give what search finds a page by beside its title: all that can be read, and drafts for staff."""
    found = fetch(lines.visible("page", Text, "view", Text.title, Text.summary, Text.words, Text.draft,
                                Text.changed).where(Record.id == row.id))
    live = [part for one in found if one.changed for part in (one.title, one.summary, one.words)]
    return "\n\n".join(live), "\n\n".join(one.draft.get("source", "") for one in found if one.draft)


def shown(row):
    """Give title and text of a page in the reader's language: search and suggestions show these."""
    return reading.told(row)["title"], ""


def open_pages():
    """Give the pages that whoever asks may read, for search engines."""
    offered = set(current().settings.value("languages.offered"))
    rows = [row for row in reading.pages(5000) if row.shown]
    found = [(row, max(told["changed"] for told in row.shown.values())) for row in rows]
    return tuple((f"/pages/{row.slug}", moment(changed), tuple(code for code in row.shown if code in offered))
                 for row, changed in found)


def _place(values):
    found = {name: values[name] for name in ("menu", "position") if values.get(name) is not None}
    if values.get("audience"):
        found["wanted"] = values["audience"]
    if "companies" in values:
        known = {row.identifier: row.id for row in people.companies()}
        unknown = [name for name in values["companies"] if name not in known]
        if unknown:
            text = _("There is no company called “%(name)s” here.", name=unknown[0])
            raise Invalid([FieldError("companies", text, "unknown")])
        found["companies"] = [known[name] for name in values["companies"]]
    if found.get("wanted") == "company" and not found.get("companies"):
        raise Invalid([FieldError("companies", _("Choose at least one company."), "required")])
    return found


def _clean(source, *, partial=False):
    given = dict(source)
    companies = given.pop("companies", None)
    values = FORM.clean(given, partial=partial)
    if companies is not None:
        if not isinstance(companies, list) or not all(isinstance(name, str) for name in companies):
            raise Invalid([FieldError("companies", _("Send a list of identifiers."), "type")])
        values["companies"] = companies
    return values


def create(source):
    """Write a page from what a program sent. Raises Invalid."""
    values = _clean(source)
    code = language.tag(values["language"]) or str(current().settings.value("languages.default"))
    with parlour.transaction():
        row = service.create(values["title"], language=code, slug=values["slug"], **_place(values))
        return _say(row, code, values, publish=values["publish"])


def _say(row, code, values, *, publish):
    service.write(row, code, {"title": values["title"], "short": values.get("short", ""),
                              "summary": values.get("summary", ""), "source": values["body"]})
    return service.show(row, code) if publish else parlour.find("page", row.number)


def update(row, source):
    """Change a page as a program asks: its place, its address, its text. Raises Invalid."""
    row = parlour.find("page", row.number, "edit")
    values = _clean(source, partial=True)
    code = language.tag(values.get("language", "")) or row.language
    with parlour.transaction():
        where = _place(values)
        if where or values.get("slug"):
            row = service.place(row, slug=values.get("slug") or None, **where)
        if values.get("body") or values.get("title"):
            text = service.texts(row).get(code)
            if not values.get("body") and text is None:
                raise Invalid([FieldError("body", _("Send the text as well."), "required")])
            before = {"title": text.text_title, "short": text.short, "summary": text.summary,
                      "body": text.source} | _drafted(text) if text else {}
            told = before | {name: values[name] for name in TOLD if values.get(name)}
            row = _say(row, code, {"title": row.title} | told, publish=bool(values.get("publish")))
        elif values.get("publish"):
            row = service.show(row, code)
        return parlour.find("page", row.number)


def _drafted(text):
    draft = dict(text.draft)
    return draft | ({"body": draft["source"]} if draft else {})


_PLAIN = {"type": "string", "maxLength": 500}
FIELDS = {"type": "object", "required": ["title", "body"], "properties": {
    "title": {**_PLAIN, "minLength": 1, "title": N_("Title")}, "short": {**_PLAIN, "title": N_("Short title")},
    "summary": {**_PLAIN, "title": N_("Summary")}, "slug": {**_PLAIN, "title": N_("Address")},
    "body": {"type": "string", "minLength": 1, "x-lines": True, "title": N_("Text")},
    "language": {"type": "string", "pattern": "^[a-z]{2,3}(-[A-Za-z0-9]{2,8})?$", "title": N_("Language")},
    "audience": {"enum": ["public", "customers", "staff"], "title": N_("For whom")},
    "menu": {"type": "boolean", "title": N_("In the navigation")},
    "publish": {"type": "boolean", "title": N_("Publish")}}}


def taken():
    """Give what `parlour import` can take."""
    return [Import("page", FIELDS, take, give=give, title=N_("Pages"))]


def take(row):
    """Make a page, or change the one a row became before. Raises NotFound, Invalid."""
    code = row.get("language") or str(current().settings.value("languages.default"))
    where = _place({name: row[name] for name in ("menu", "audience") if name in row})
    page = by_id("page", int(row["known"])) if row["known"] else None
    if row["known"] and page is None:
        raise NotFound("It was removed here since; an import does not bring it back.")
    if page is None:
        page = service.create(row["title"], language=code, slug=row.get("slug", ""), **where)
    else:
        page = service.place(page, slug=row.get("slug") or None, **where)
    _say(page, code, {name: row.get(name, "") for name in ("title", "short", "summary", "body")},
         publish=row.get("publish", True))
    return ("updated" if row["known"] else "created"), page.id


def give(page):
    """Give a page in its own language as a row that `take` takes."""
    text = service.texts(page).get(page.language)
    told = {"title": page.title, "short": "", "summary": "", "body": ""}
    if text is not None:
        told = {"title": text.text_title, "short": text.short, "summary": text.summary, "body": text.source}
        told |= _drafted(text) if text.live is None else {}
        told.pop("source", None)
    return told | {"slug": page.slug, "language": page.language, "audience": page.wanted, "menu": bool(page.menu),
                   "publish": page.state == PUBLISHED}
