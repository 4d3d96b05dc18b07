"""The verbs of documents: the only place that writes them, each publishing what happened."""

import parlour
from parlour import (
    Record,
    attach,
    conversation,
    current,
    fetch,
    find,
    first,
    lines,
    publish,
    showing,
    transaction,
    visible,
)

from . import sharing
from .models import EXPIRED, Document, Edition, moment, seconds

EDITION = (Edition.number, Edition.file, Edition.name, Edition.mime, Edition.size, Edition.pages, Edition.author,
           Edition.note, Edition.created.alias("made"))


def title_of(name):
    """Make a title out of the name of a file."""
    stem = name.rpartition(".")[0] or name
    return " ".join(stem.replace("_", " ").split())[:200] or name


def add(received, choice, *, pages=None, title="", folder=None, description="", tell=True, created=None):
    """Make a document of a file that has come in (`attach.receive`) and give its row.

    `pages` is what `showing.sheets_of` counted: who opens a transaction counts before, as it takes a while.
    """
    pages = showing.sheets_of(received) if pages is None else pages
    me = current().person
    times = {"created": created} if created else {}
    with transaction():
        row = parlour.add("document", title=title or title_of(received.name), **sharing.columns(choice), **times,
                          body={"folder": folder, "description": description, **choice,
                                "owner": me.id if me and me.is_staff else None})
        row = _edition(row, received, pages, "", created)
        _tell("documents.shared", row, sharing.told(choice) if tell else ())
        return row


def _edition(row, received, pages, note, created=None):
    """Keep a file as the next version of a document: internal, so that the document's own pages hand it over."""
    number, at = row.edition + 1, seconds(created or parlour.now())
    (kept,) = attach.keep(row, [received], internal=True)
    told = {"name": kept.name, "mime": kept.mime, "size": kept.size, "pages": pages, "file": kept.public_id}
    lines.add("document", row.id, Edition, "edit", number=number, **told, note=note, created=at,
              author=current().person.name if current().person else "")
    return parlour.change("document", row.id, "edit", body={**told, "edition": number, "fresh": at})


def _tell(event, row, people, **more):
    me = current().person
    whom = sorted(set(people) - {me.id if me else None})
    publish(event, row, people=whom, **more)


def replace(row, received, *, pages=None, note="", tell=True):
    """Give a document a new version; the ones before stay. Gives its row; `pages` is that of `add`."""
    pages = showing.sheets_of(received) if pages is None else pages
    with transaction():
        row = find("document", row.number, "edit", hold=True)
        row = _edition(row, received, pages, note)
        _tell("documents.replaced", row, sharing.told(sharing.of(row)) if tell else (), edition=row.edition)
        return row


def change(row, choice=None, *, title=None, folder=(), description=None, tell=False):
    """Change what a document is called, where it stands and who may see it; () leaves its folder.

    What `choice` does not name (see `sharing.columns`) stays as it is now, whatever `row` says of it.
    What was written about it stays with the team where others read from now on: it was not written for them.
    """
    with transaction():
        row = find("document", row.number, "edit", hold=True)
        before = sharing.of(row)
        choice = before | dict(choice or {})
        body = dict(choice) | ({} if folder == () else {"folder": folder})
        body |= {} if description is None else {"description": description}
        named = {} if title is None else {"title": title}
        more = sharing.told(choice) - sharing.told(before) if tell and choice != before else set()
        if more:
            body["fresh"] = seconds(parlour.now())
        made = parlour.change("document", row.id, "edit", body=body, **named, **sharing.columns(choice))
        if sharing.opens(before, choice):
            _keep_inside(made)
        if more:
            _tell("documents.shared", made, more)
        return made


def _keep_inside(row):
    for entry in conversation.entries(row, internal=False):
        if entry.kind == "message" and entry.key:
            conversation.show_entry(row, entry.public_id, internal=True)
        for file in () if entry.key else entry.files:
            conversation.show_file(file, internal=True)


def remove(row):
    """Remove a document with all its versions; only the audit remembers it."""
    with transaction():
        parlour.remove("document", row.id)
        parlour.record_act("document.removed", parlour.label(current().registry.kinds["document"], row.number),
                           title=row.title)


def editions(row):
    """Give the versions of a document that whoever asks may open, the latest first."""
    query = lines.visible("document", Edition, "view", *EDITION, anywhere=True).where(Record.id == row.id)
    if not (current().is_staff or current().settings.features["documents"].settings.get("earlier", True)):
        query = query.where(Edition.number == row.edition)
    return fetch(query.order_by(Edition.number.desc()))


def file_of(row, number=None):
    """Give the stored file of a version of a document, the present one unless said otherwise. Raises NotFound."""
    found = next((one for one in editions(row) if one.number == (number or row.edition)), None)
    if found is None:
        raise parlour.NotFound
    return conversation.file(found.file)


def talks(row):
    """Say whether one can write about a document: where it is for one person or one company, and nobody else."""
    return row.wanted == "person" or (row.wanted == "company" and len(row.companies) == 1)


def write(row, text, files=(), *, internal=False):
    """Write about a document: to those it is for and our team, or a note for the team."""
    with transaction():
        row = find("document", row.number, "note" if internal else "reply", hold=True)
        if not internal and not talks(row):
            raise parlour.NotFound
        message = conversation.add_entry(row, text, internal=internal)
        attach.keep(row, files, message=message, internal=internal)
        if not internal:
            ours = [] if current().is_staff or row.owner is None else [row.owner]
            publish("documents.replied", row, message=message.public_id,
                    people=ours + [key for key in sharing.told(sharing.of(row)) if current().is_staff])
        return row


def expire():
    """Take documents whose last day is over from everybody but the team."""
    late = visible("document", "edit", Record.id, Record.number).where(
        Document.expires <= seconds(parlour.now()), Record.state != EXPIRED)
    for found in fetch(late.limit(200)):
        with transaction():
            row = first(visible("document", "edit").where(Record.id == found.id))
            if row is not None and sharing.over(row.expires):
                parlour.change("document", row.id, "edit", **sharing.columns(sharing.of(row)))
                publish("documents.expired", row)


def came(row):
    """Give when the present version of a document came."""
    return moment(row.fresh)
