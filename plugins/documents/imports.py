"""Documents from elsewhere: a row each, with the file that lies beside the table; nobody is told."""

from pathlib import PurePath

from parlour import N_, FieldError, Import, Invalid, NotFound, attach, by_id, conversation, people

from . import api, folders, service, sharing

_PLAIN = {"type": "string", "maxLength": 500}
FIELDS = {"type": "object", "required": ["title"], "properties": {
    "title": {**_PLAIN, "minLength": 1, "title": N_("Title")},
    "description": {"type": "string", "maxLength": 2000, "x-lines": True, "title": N_("Description")},
    "folder": {**_PLAIN, "title": N_("Folder"), "description": "Its way, such as Contracts / 2026."},
    "wanted": {"enum": list(sharing.AUDIENCES), "title": N_("For whom")},
    "person": {**_PLAIN, "title": N_("Whose"), "description": "An e-mail address."},
    "companies": {"type": "array", "items": _PLAIN, "title": N_("Companies"), "description": "Identifiers."},
    "until": {"type": "string", "format": "date", "title": N_("Last day")},
    "created": {"type": "string", "format": "date-time", "title": N_("Created")},
    "file": {"type": "object", "properties": {"name": _PLAIN, "file": {"type": "string"}}}}}


def taken():
    """Give what `parlour import` can take."""
    return [Import("document", FIELDS, take, give=give, title=N_("Documents"))]


def take(row):
    """Make a document, or change the one a row became before. Raises Invalid, NotFound."""
    choice = sharing.chosen(row)
    named = {"title": row["title"], "folder": folders.ensure(row.get("folder", "")),
             "description": row.get("description", "")}
    file = row.get("file") or {}
    if row["known"]:
        document = by_id("document", int(row["known"]))
        if document is None:
            raise NotFound("It was removed here since; an import does not bring it back.")
        service.change(document, choice, **named)
        return "updated", document.id
    if not file.get("file"):
        raise Invalid([FieldError("file", "Its file is not among the files.", "required")])
    name = PurePath(file.get("name") or file["file"]).name
    made = service.add(attach.brought(file["file"], name), choice, tell=False, created=row.get("created"), **named)
    return "created", made.id


def give(document):
    """Give a document as a row that `take` takes; of its file, the name."""
    named = people.companies(document.companies) if document.companies else ()
    told = api.shape(document)
    return {"title": document.title, "description": document.description, "folder": told["folder"],
            "wanted": document.wanted, "person": sharing.address(document),
            "companies": [company.identifier for company in named], "until": sharing.day(document.expires),
            "created": document.created,
            "file": {"name": conversation.file(document.file).name}}
