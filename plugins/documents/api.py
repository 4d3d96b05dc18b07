"""Documents for programs: what they read and what they may write; the words search finds a document by."""

from pathlib import Path

import parlour
from parlour import FieldError, Invalid, attach, current, forms, links, people, showing
from parlour import gettext as _

from . import folders, service, sharing

FORM = forms.load(Path(__file__).parent / "forms" / "json.yaml", id="documents.json")
_TEXT = {"type": "string"}
_STAFF = {**_TEXT, "x-internal": True}
SHAPE = {
    "type": "object", "additionalProperties": False, "properties": {
        "description": {**_TEXT, "title": "Description"}, "folder": {**_TEXT, "title": "Folder"},
        "name": {**_TEXT, "title": "File"}, "type": {**_TEXT, "title": "Type"},
        "size": {"type": "integer", "title": "Size", "description": "In bytes."},
        "edition": {"type": "integer", "title": "Version"},
        "until": {**_TEXT, "title": "Last day"}, "fresh": {**_TEXT, "title": "Since"},
        "download": {**_TEXT, "title": "Download", "description": "Where it is handed over."},
        "wanted": {**_STAFF, "title": "For whom", "x-labels": {
            "team": "Only our team", "person": "One person", "company": "Whole companies",
            "customers": "All customers", "public": "Everybody, signed in or not"}},
        "person": {**_STAFF, "title": "Whose"}, "companies": {
            "type": "array", "items": _TEXT, "title": "Companies", "x-internal": True}}}
"""What the API says about a document beyond its record."""


def ahead(rows):
    """Ask once for what several documents need: folders, and for the team, who they are for."""
    companies = {key for row in rows for key in row.companies} if current().is_staff else ()
    whose = {row.recipient for row in rows if row.recipient} if current().is_staff else ()
    return {"shelves": folders.shelves() if any(row.folder for row in rows) else {},
            "companies": people.companies(companies) if companies else (),
            "whose": {one.id: one.email for one in people.people(whose)} if whose else {}}


def shape(row, known=None):
    """Give what the API says about a document."""
    known = known or ahead([row])
    told = {"description": row.description, "folder": _way(row.folder, known["shelves"]),
            "name": row.name, "type": row.mime, "size": row.size, "edition": row.edition,
            "until": sharing.day(row.expires) or None,
            "fresh": f"{service.came(row):%Y-%m-%dT%H:%M:%SZ}",
            "download": links.absolute(f"{links.of(row)}/download")}
    if not current().is_staff:
        return told
    return told | {"wanted": row.wanted, "person": known["whose"].get(row.recipient) or None,
                   "companies": [one.identifier for one in known["companies"] if one.id in row.companies]}


def _way(key, found=None):
    return " / ".join(one.title for one in folders.way(found or folders.shelves(), key)) if key else ""


def words(row):
    """Give what search finds a document by beside its title: description, file and folder."""
    return "\n\n".join(filter(None, (row.description, row.name.replace("_", " ").replace(".", " "), row.name,
                                     _way(row.folder)))), ""


def folder_shape(row):
    """Give what the API says about a folder: for staff."""
    return {"folder": _way(row.id)}


def _clean(source):
    given = dict(source)
    companies, content = given.pop("companies", None), given.pop("content", None)
    values = FORM.clean(given, partial=True)
    if companies is not None:
        if not isinstance(companies, list) or not all(isinstance(name, str) for name in companies):
            raise Invalid([FieldError("companies", _("Send a list of identifiers."), "type")])
        values["companies"] = companies
    name = values.pop("name", "")
    received = attach.sent(content, name) if content is not None else None
    return values, received, showing.sheets_of(received) if received is not None else 0


def create(source):
    """Make a document of a file that a program sent: `name`, and `content` in base64. Raises Invalid."""
    values, received, pages = _clean(source)
    if received is None:
        raise Invalid([FieldError("content", _("Send a file, and its name."), "required")])
    choice = sharing.chosen(values)
    with parlour.transaction():
        return service.add(received, choice, pages=pages, title=values.get("title", ""),
                           tell=bool(values.get("tell")),
                           folder=folders.ensure(values.get("folder", "")),
                           description=values.get("description", ""))


def update(row, source):
    """Change a document as a program asks; `name` and `content` are a new version. Raises Invalid."""
    row = parlour.find("document", row.number, "edit")
    values, received, pages = _clean(source)
    with parlour.transaction():
        row, choice = parlour.find("document", row.number, "edit", hold=True), None
        if values.keys() & {"wanted", "person", "companies", "until"}:
            choice = sharing.chosen(_stored(row) | values)
        where = {"folder": folders.ensure(values["folder"])} if "folder" in values else {}
        row = service.change(row, choice, title=values.get("title") or None, tell=bool(values.get("tell")),
                             description=values.get("description"), **where)
        if received is not None:
            row = service.replace(row, received, pages=pages, note=values.get("note", ""),
                                  tell=bool(values.get("tell")))
        return row


def _stored(row):
    told = shape(row)
    return {name: told[name] for name in ("wanted", "person", "companies", "until")}


def reply(row, source):
    """Write about a document what a program sent; staff may send `internal`. Raises Invalid."""
    given = dict(source)
    internal = given.pop("internal", False) is True and current().is_staff
    body = given.get("body")
    if not isinstance(body, str) or not body.strip() or given.keys() != {"body"}:
        raise Invalid([FieldError("body", _("Send the text as body."), "required")])
    service.write(row, body.strip()[:50_000], internal=internal)
