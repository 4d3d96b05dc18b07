"""Folders: nested, seen by customers only where they hold something for them, and looked after by staff."""

from dataclasses import dataclass, field
from datetime import datetime
from functools import reduce
from operator import or_

from peewee import fn

import parlour
from parlour import FieldError, Invalid, Record, current, fetch, find, system, transaction, visible
from parlour import gettext as _

from .models import Document, Folder

MOST = 2000
"""Folders of a tenant that are looked at."""

PIECE, LATEST = 100, 20
"""Documents that follow a change of their folder in one turn, and the changes that are looked at."""


@dataclass
class Shelf:
    """A folder as somebody meets it; `count` is what it and those in it hold for them."""

    id: int
    number: str
    title: str
    parent: int | None
    count: int = 0
    inside: list = field(default_factory=list)
    changed: datetime | None = None

    @property
    def path(self):
        """Its address."""
        return f"/documents?folder={self.number}"


def shelves():
    """Give by key the folders that whoever asks meets: staff all of them, others those with something for them."""
    with system("names of folders"):
        rows = fetch(visible("document_folder", "view", Record.id, Record.number, Record.title, Record.changed,
                             Folder.parent).order_by(Record.title, Record.id).limit(MOST))
    kind = current().registry.kinds["document_folder"]
    found = {row.id: Shelf(row.id, parlour.label(kind, row.number), row.title, row.parent,
                           changed=row.changed) for row in rows}
    for key, number in _counts().items():
        for above in upward(found, found.get(key)):
            above.count += number
    if not current().is_staff:
        found = {key: shelf for key, shelf in found.items() if shelf.count}
    for shelf in found.values():
        if shelf.parent in found:
            found[shelf.parent].inside.append(shelf)
    return found


def _counts():
    query = visible("document", "view", Document.folder, fn.COUNT(Record.id).alias("n"))
    return {row.folder: row.n for row in fetch(query.where(Document.folder.is_null(False)).group_by(
        Document.folder))}


def upward(found, shelf):
    """Give a folder and those it stands in, the outermost last."""
    path = []
    while shelf is not None and shelf not in path:
        path.append(shelf)
        shelf = found.get(shelf.parent)
    return path


def way(found, key):
    """Give the folders on the way to one, the outermost first."""
    return list(reversed(upward(found, found.get(key))))


NONE = "-"


def field(label):
    """Give a field that asks for a folder, or for none."""
    return {"type": "choice", "label": label, "options": {NONE: _("None"), **named(shelves())}, "default": NONE,
            "required": True}


def named(found):
    """Give folders by number with their whole way in words, in the order of these: for a field to choose from."""
    told = {shelf.number: " › ".join(one.title for one in way(found, key)) for key, shelf in found.items()}
    return dict(sorted(told.items(), key=lambda pair: pair[1].casefold()))


def key_of(number):
    """Give the key of a folder by its number, None for none. Raises Invalid."""
    if number in ("", NONE, None):
        return None
    try:
        return find("document_folder", number, "edit").id
    except parlour.NotFound:
        raise Invalid([FieldError("folder", _("There is no folder %(number)s.", number=number), "unknown")]) \
            from None


def add(title, parent=None):
    """Make a folder and give its row. Raises Invalid where one of that name stands beside it."""
    with transaction():
        _free(title, parent)
        return parlour.add("document_folder", title=title, audience="staff", state="folder",
                           body={"parent": parent})


def ensure(path):
    """Give the key of a folder by its way ("Contracts / 2026"), making what is missing; None for ""."""
    parent = None
    for title in filter(None, (part.strip() for part in path.replace("›", "/").split("/"))):
        same = _beside(title, parent)
        parent = same.id if same is not None else add(title[:120], parent).id
    return parent


def _beside(title, parent, but=None):
    place = Folder.parent.is_null() if parent is None else Folder.parent == parent
    rows = fetch(visible("document_folder", "edit", Record.id, Record.title).where(place).limit(MOST))
    return next((row for row in rows if row.title.casefold() == title.casefold() and row.id != but), None)


def _free(title, parent, but=None):
    if _beside(title, parent, but) is not None:
        raise Invalid([FieldError("title", _("There is a folder of this name here already."), "taken")])


def change(row, title, parent):
    """Rename a folder, or move it into another. Raises Invalid where it would stand in itself."""
    with transaction():
        found = shelves()
        if row.id in {one.id for one in upward(found, found.get(parent))}:
            text = _("A folder cannot stand in itself. Choose another one.")
            raise Invalid([FieldError("folder", text, "circle")])
        _free(title, parent, row.id)
        made = parlour.change("document_folder", row.id, "edit", title=title, body={"parent": parent})
        follow()
        return made


def follow():
    """Let documents be found by the names that their folders have by now: some each turn, until none is left."""
    found, anew = shelves(), {}
    for key, shelf in found.items():
        anew.setdefault(max(one.changed for one in upward(found, shelf)), []).append(key)
    late = [Document.folder.in_(anew[moment]) & (Record.changed < moment) for moment in sorted(anew)[-LATEST:]]
    if late:
        for row in fetch(visible("document", "edit", Record.id).where(reduce(or_, late)).limit(PIECE)):
            parlour.change("document", row.id, "edit", public=False)


def holds(row):
    """Say whether anything stands in a folder, whoever it is for."""
    with system("what a folder holds"):
        inside = visible("document_folder", "view", Record.id).where(Folder.parent == row.id)
        held = visible("document", "view", Record.id).where(Document.folder == row.id)
        return bool(fetch(inside.limit(1)) or fetch(held.limit(1)))


def remove(row):
    """Remove a folder in which nothing stands. Raises Invalid."""
    with transaction():
        if holds(row):
            text = _("Something stands in this folder. Move it first.")
            raise Invalid([FieldError("folder", text, "not_empty")])
        parlour.remove("document_folder", row.id)
