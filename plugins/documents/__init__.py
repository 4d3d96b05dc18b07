"""Documents: files that the team shares with a person, a company or everybody, in folders and with versions."""

from parlour import N_, Begin, Demo, Job, Kind, Nav, Notice, Panel, hook

from . import api, demo_content, desk, folders, lists, many, service, views
from .imports import taken
from .models import EXPIRED, SHARED, TEAM, Document, Folder

STATES = {SHARED: N_("Shared"), TEAM: N_("Only our team"), EXPIRED: N_("Expired")}


@hook
def kinds():
    """Give the kinds of record `document` and `document_folder`."""
    return [Kind(name="document", plural="documents", prefix="DOC", title=N_("Document"), titles=N_("Documents"),
                 body=Document, icon="file-text", fields=api.SHAPE, shape=api.shape, ahead=api.ahead,
                 create=api.create, update=api.update, reply=api.reply, words=api.words, narrow=lists.narrow,
                 states=lambda: STATES, note_permission="documents.note", until=Document.expires),
            Kind(name="document_folder", plural="document-folders", prefix="FOL", title=N_("Folder"),
                 titles=N_("Folders"), body=Folder, icon="folder", href="/documents?folder={number}",
                 shape=api.folder_shape, states=lambda: {"folder": N_("Folder")}, note_permission="documents.note",
                 fields={"type": "object", "properties": {"folder": {"type": "string", "title": "Way"}}})]


@hook
def routes():
    """Give the pages of readers and of staff."""
    return [desk.blueprint, views.blueprint]


@hook
def navigation():
    """Give the entry, with what is new."""
    return Nav(N_("Documents"), "/documents", "documents.view", "folder-open", order=40, badge=lists.news)


@hook
def panels():
    """Give the card of the home page."""
    return Panel("documents.latest", N_("Documents"), "documents.view", views.card, order=40)


@hook
def begins():
    """Let a document be added to any record of a customer's: an order, a request, a quote."""
    return Begin("documents.new", "document", N_("Add a document"), "documents.create", form="/documents/new",
                 icon="file-plus", order=80)


@hook
def notices():
    """Say who is told of what."""
    return [
        Notice("documents.shared", N_("%(actor)s shared a document with you: %(title)s"), ("people",),
               template="documents/mail/shared", label=N_("A document is shared with you")),
        Notice("documents.replaced", N_("There is a new version of “%(title)s”"), ("people",),
               template="documents/mail/replaced", label=N_("A document has a new version")),
        Notice("documents.replied", N_("%(actor)s wrote about “%(title)s”"), ("followers", "people"),
               template="documents/mail/replied", label=N_("Somebody writes about a document"))]


@hook
def jobs():
    """Take back documents whose last day is over; let search know folders by their new names."""
    return [Job("expire", every=30, call=service.expire), Job("follow", every=30, call=folders.follow)]


@hook
def acts():
    """Give what is done to many documents at once."""
    return many.acts()


@hook
def imports():
    """Give what an import can make."""
    return taken()


@hook
def demo():
    """Give the demo content."""
    return Demo(demo_content.fill, order=40)
