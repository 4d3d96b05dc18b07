"""The configuration as admins look at it and change it: their tenant's part, each change in the audit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import current_app, g

from core.config.settings import Origin, Settings
from core.config.share import Share
from core.config.versions import Act, Version
from core.data import scope
from core.data.audit import record_act
from core.errors import Problem
from core.look.i18n import gettext as _

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Setting:
    """One setting with its value, and in words where that comes from."""

    path: str
    value: Any
    source: str


def share() -> Share:
    """Give the part of the configuration that belongs to the tenant of whoever asks, as it is now."""
    portal = current_app.extensions["parlour"]
    return Share(portal.store, portal.snapshot(), scope.current().slug)


def setting(path: str) -> Setting:
    """Give the setting at a dotted path as this request sees it."""
    settings: Settings = scope.current().settings
    return Setting(path, settings.value(path), source(settings.origin(path), settings))


def source(origin: Origin, settings: Settings) -> str:
    """Say where a value comes from."""
    if origin.layer == "default":
        return _("Default")
    if origin.file.startswith("db:"):
        return _("Set here")
    place = _("%(file)s, line %(line)s", file=origin.file, line=origin.line)
    if origin.layer == "installation" and len(settings.layers) > 1:
        return _("For all portals: %(place)s", place=place)
    return place


def problems() -> list[Problem]:
    """Give what is wrong with edits by hand that were not taken; asked once per request."""
    if "config_problems" not in g:
        g.config_problems = share().problems()
    found: list[Problem] = g.config_problems
    return found


def edit(changes: Mapping[Path, Any], base: int | None = None, note: str = "") -> Version:
    """Change settings of the tenant of whoever asks; paths count from its own part.

    `base` is the configuration version the person looked at. Raises Conflict if that part was changed since,
    Refused where it cannot be changed here, Invalid with every mistake if the result does not fit.
    """
    return share().edit(changes, Act(author(), note, base, also=_audit(note)))


def undo(number: int, note: str = "") -> Version:
    """Put the tenant's part back to what it was before a version. Raises as `edit` does."""
    return share().undo(number, Act(author(), note, also=_audit(note or f"undo of {number}")))


def author() -> str:
    """Name whoever asks, for the list of versions."""
    me = scope.current().me
    return f"{me.name} <{me.email}>" if me.email else me.name


def _audit(note: str) -> Callable[[int], None]:
    return lambda version: record_act("config.changed", str(version), note=note)
