"""What readers meet: folders, and documents with their preview, their file, and what was said about them."""

from pathlib import Path

from flask import Blueprint, request

import parlour
from parlour import (
    attach,
    conversation,
    current,
    find,
    forms,
    granted,
    links,
    paging,
    piece,
    redirect,
    render,
    requires,
    showing,
)
from parlour import gettext as _

from . import folders, lists, service, sharing
from .models import moment

blueprint = Blueprint("documents", __name__)
WRITE = forms.load(Path(__file__).parent / "forms" / "write.yaml", id="documents.write")


def number(row):
    """Give a document's number as people write it."""
    return parlour.label(current().registry.kinds["document"], row.number)


def sort(row):
    """Say in a word what a file is: the end of its name."""
    end = row.name.rpartition(".")[2] if "." in row.name else ""
    return end.upper() if 0 < len(end) <= 5 else _("File")


def icon_of(row):
    """Give the icon of a file."""
    kind = row.mime.partition("/")[0]
    if row.mime == "application/pdf" or "word" in row.mime or "opendocument.text" in row.mime:
        return "file-text"
    if "sheet" in row.mime or row.mime == "text/csv":
        return "file-spreadsheet"
    return {"image": "file-image", "video": "file-video", "audio": "file-audio"}.get(kind, "file")


def common():
    """Give what every template of documents asks for."""
    return {"number": number, "sort": sort, "icon_of": icon_of, "moment": moment, "day": sharing.day,
            "over": sharing.over}


@blueprint.get("/documents")
@requires("documents.view")
def listing():
    """Show a folder with what is in it; or what was looked for, or is new, wherever it stands."""
    found, asked = folders.shelves(), request.args.get("folder", "")
    here = next((shelf for shelf in found.values() if shelf.number == asked.upper()), None)
    if asked and here is None:
        raise parlour.NotFound
    text, show = request.args.get("q", "").strip()[:200], request.args.get("show", "")
    last, shows = lists.since(here=True), lists.shows()
    show = show if show in shows else ""
    inside = here.inside if here else [one for one in found.values() if one.parent not in found]
    return render(
        "documents/list.html", block="results", page=lists.page(request.args, here.id if here else None),
        text=text, show=show, here=here, way=folders.way(found, here.id) if here else [],
        inside=[] if text or show else inside, last=last,
        views=[(word, paging.address(show=key, folder="" if key else asked), key == show,
                lists.news() if key == "new" else None) for key, word in shows.items()],
        may_add=granted(current(), "documents.create") != "none", picks=current().is_staff, args=request.args,
        total=sum(shelf.count for shelf in inside), **common())


@blueprint.get("/documents/<number>")
@requires("documents.view")
def show(number):
    """Show one document."""
    return detail(find("document", number))


def detail(row, *, status=200, **typed):
    """Draw a document: its preview, its versions, and what was said about it."""
    who, staff = current(), current().is_staff
    editions, notes = service.editions(row), parlour.sees_notes(current().registry.kinds["document"])
    entries = said(row, editions, notes) if who.person else []
    if request.method == "GET":
        parlour.notify.opened(row, entries)
    found = folders.shelves()
    return render(
        "documents/document.html", block="document", status=status, document=row, editions=editions,
        entries=entries, way=folders.way(found, row.folder), looks=showing.looks(row.mime), staff=staff,
        words=sharing.words(row) if staff else None, path=links.of(row), may_note=notes,
        may_write=service.talks(row) and granted(who, "documents.reply") != "none",
        may_edit=granted(who, "documents.edit") != "none", may_remove=granted(who, "documents.remove") != "none",
        typed={"body": "", "note": "", "error": "", "note_error": "", "wrong": ""} | typed, **common())


def said(row, editions, notes):
    """Give what was said about a document, without the entries that its own files are to staff."""
    own = {edition.file for edition in editions}
    return [entry for entry in conversation.entries(row, internal=notes)
            if entry.body or entry.kind == "event" or not own.issuperset(file.public_id for file in entry.files)]


@blueprint.get("/documents/<number>/download")
@requires("documents.view")
def download(number):
    """Hand a document over, `?edition=` an earlier version of it. Raises NotFound."""
    return showing.download(_file(number))


def _file(number):
    return service.file_of(find("document", number), request.args.get("edition", type=int))


@blueprint.get("/documents/<number>/picture/<int:side>")
@requires("documents.view")
def picture(number, side):
    """Show a picture, drawn anew. Raises NotFound for what is none."""
    return showing.picture(_file(number), side)


@blueprint.get("/documents/<number>/pages/<int:place>/<int:side>")
@requires("documents.view")
def sheet(number, place, side):
    """Show a page of a PDF as a picture: nothing of the file itself reaches the browser. Raises NotFound."""
    return showing.sheet(_file(number), place, side)


@blueprint.post("/documents/<number>/reply")
@requires("documents.reply")
def reply(number):
    """Write to those a document is for, or to the team."""
    return _write(number, "body", "error")


@blueprint.post("/documents/<number>/note")
@requires("documents.note")
def note(number):
    """Write a note for the team."""
    return _write(number, "note", "note_error")


def _write(number, kept, wrong):
    row = find("document", number)
    try:
        values = WRITE.clean(request.form, request.files)
        service.write(row, values["body"], attach.receive(values["attachments"]), internal=kept == "note")
    except parlour.Invalid as error:
        return detail(row, status=422, **{kept: request.form.get("body", ""), wrong: error.errors[0].message})
    return redirect(links.of(row), stay=True)


def card():
    """Draw the card of the home page: what came last, with what is new; nothing for staff."""
    if current().is_staff:
        return None
    rows = lists.latest()
    return piece("documents/card.html", rows=rows, last=lists.since(), **common()) if rows else None
