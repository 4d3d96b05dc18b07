"""Which documents a list shows: those in a folder, those that are new, those that fit what somebody looks for."""

from parlour import NotFound, Record, counted, current, fetch, find, late, paging, search, visible, visited
from parlour import gettext as _

from .models import EXPIRED, SHARED, TEAM, Document, seconds

PLACE = "documents"
COLUMNS = (Record.id, Record.kind, Record.number, Record.title, Record.touched, Record.state, Document.folder,
           Document.name, Document.mime, Document.size, Document.fresh, Document.edition, Document.expires,
           Document.wanted)
MARK = (SHARED, TEAM, EXPIRED)


def since(*, here=False):
    """Give what is new to whoever asks, in seconds: since their last visit; None for staff and for guests."""
    who = current()
    if who.person is None or who.is_staff:
        return None
    return seconds(visited.since(PLACE, here=here)) or 0


def news():
    """Count what is new for whoever asks since their last visit, up to 99."""
    last = since()
    if last is None:
        return 0

    return counted("document", ("documents.new",), lambda: {"n": Document.fresh > late("last", 0)}, most=99,
                   last=last)["n"]


def narrow(asked):
    """Give the conditions of the list whose address has these parameters, for exports and acts on many."""
    folder = None
    if asked.get("folder"):
        try:
            folder = find("document_folder", str(asked["folder"])).id
        except NotFound:
            folder = 0
    return conditions({"whole": "1", **asked}, folder)


def conditions(asked, folder=None):
    """Give the conditions of a list: what is looked for, what is new or of a state, else what is in a folder."""
    terms = []
    text = str(asked.get("q", "")).strip()[:200]
    if text:
        terms.append(search.matches("document", text))
    if asked.get("show") == "new" and (last := since()) is not None:
        terms.append(Document.fresh > last)
    if current().is_staff and asked.get("show") in MARK:
        terms.append(Record.state == asked["show"])
    if folder is not None and not text:
        terms.append(Document.folder == folder)
    elif not (text or asked.get("show")) and asked.get("whole") is None:
        terms.append(Document.folder.is_null())
    return tuple(terms)


def page(asked, folder):
    """Give the page of a list."""
    return paging.page_of(visible("document", "view", *COLUMNS).where(*conditions(asked, folder)))


def latest(most=4):
    """Give the documents that came last."""
    query = visible("document", "view", *COLUMNS).where(*conditions({"show": "any"}))
    return fetch(query.order_by(Document.fresh.desc(), Record.number.desc()).limit(most))


def shows():
    """Give what a list can be narrowed to, in words."""
    if current().is_staff:
        return {"": _("Folders"), SHARED: _("Shared"), TEAM: _("Only our team"), EXPIRED: _("Expired")}
    return {"": _("Folders"), "new": _("New since your last visit")} if current().person else {}
