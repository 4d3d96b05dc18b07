"""Announcements: what everybody should know now, for whom, and as long as it matters."""

from collections.abc import Iterable

from flask import Blueprint

from parlour import N_, Act, Demo, Job, Kind, Notice, Panel, hook

from . import mailing, service
from .views import blueprint, news

FIELDS = {
    "type": "object", "additionalProperties": False, "properties": {
        "text": {"type": "string", "description": "Markdown, in the reader's language where there is one."},
        "texts": {"type": "object", "description": "Title and text by further language.", "x-internal": True},
        "at": {"type": "string", "description": "The time it is shown from.", "x-internal": True},
        "where": {"type": "string", "description": "portal, mail or both.", "x-internal": True},
        "sort": {"type": "string", "description": "notice or news.", "x-internal": True},
        "roles": {"type": "array", "items": {"type": "string"}, "description": "For whom.", "x-internal": True},
        "people": {"type": "array", "items": {"type": "string"}, "description": "For whom.", "x-internal": True},
        "draft": {"type": "boolean", "description": "Whether it waits for a yes.", "x-internal": True},
        "author": {"type": "string", "description": "Who said yes.", "x-internal": True},
        "event": {"type": "integer", "description": "What its letters are about.", "x-internal": True},
        "run": {"type": "string", "description": "The act that sends it.", "x-internal": True},
        "begins": {"type": "string", "description": "The first day it is shown.", "x-internal": True},
        "ends": {"type": "string", "description": "The last day it is shown.", "x-internal": True},
        "audience": {"type": "string", "description": "For whom it is.", "x-internal": True},
        "companies": {"type": "array", "items": {"type": "string"}, "description": "Their identifiers.",
                      "x-internal": True}}}


@hook
def kinds() -> Iterable[Kind]:
    """Give the kind of record `announcement`."""
    return [Kind(name="announcement", plural="announcements", prefix="ANN", title=N_("Announcement"),
                 icon="megaphone", fields=FIELDS, states=service.words, shape=service.shape,
                 words=service.searched, shown=service.shown)]


@hook
def routes() -> Blueprint:
    """Give the pages of readers and of staff."""
    return blueprint


@hook
def panels() -> Iterable[Panel]:
    """Give the card of the home page."""
    return [Panel("announcements.news", N_("News"), "announcements.view", news, order=1)]


@hook
def jobs() -> Iterable[Job]:
    """Show what begins, hide what is over."""
    return [Job("turn", every=60, call=service.turn)]


@hook
def notices() -> Iterable[Notice]:
    """Say what letters there are: notices to everybody who has not opted out, news by consent."""
    template = "announcements/mail/announcement"
    return [Notice("announcements.notice", N_("%(headline)s"), ("people",), template=template,
                   label=N_("We announce something about the service")),
            Notice("announcements.news", N_("%(headline)s"), ("people",), template=template, kind="marketing",
                   label=N_("We have news and offers"))]


@hook
def acts() -> Iterable[Act]:
    """Give what sends an announcement to many people."""
    return mailing.acts()


@hook
def demo() -> Iterable[Demo]:
    """Give the demo content."""
    return [Demo(service.demo, order=40)]
