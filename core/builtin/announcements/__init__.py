"""Announcements: what everybody should know now, for whom, and as long as it matters."""

from collections.abc import Iterable

from flask import Blueprint

from parlour import N_, Demo, Job, Kind, Panel, hook

from . import service
from .views import blueprint, news

FIELDS = {
    "type": "object", "additionalProperties": False, "properties": {
        "text": {"type": "string", "description": "Markdown."},
        "begins": {"type": "string", "description": "The first day it is shown.", "x-internal": True},
        "ends": {"type": "string", "description": "The last day it is shown.", "x-internal": True},
        "audience": {"type": "string", "description": "For whom it is.", "x-internal": True},
        "companies": {"type": "array", "items": {"type": "string"}, "description": "Their identifiers.",
                      "x-internal": True}}}


@hook
def kinds() -> Iterable[Kind]:
    """Give the kind of record `announcement`."""
    return [Kind(name="announcement", plural="announcements", prefix="ANN", title=N_("Announcement"),
                 icon="megaphone", fields=FIELDS, states=service.words, shape=service.shape)]


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
    return [Job("turn", every=300, call=service.turn)]


@hook
def demo() -> Iterable[Demo]:
    """Give the demo content."""
    return [Demo(service.demo, order=40)]
