"""The configuration as admins look at it and change it: their tenant's part, each change in the audit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import current_app, g, request

from core.config.references import loose_ends as ends
from core.config.settings import Settings
from core.config.share import Share
from core.config.versions import Act, Version
from core.data import scope
from core.data.access import granted
from core.data.audit import record_act
from core.data.registers import known
from core.errors import Conflict, Invalid, Problem, Refused
from core.look.i18n import gettext as _
from core.web import brand as brand  # noqa: PLC0414 - handed on
from core.web import controls as controls  # noqa: PLC0414 - handed on
from core.web import designs as designs  # noqa: PLC0414 - handed on
from core.web import drafting as drafting  # noqa: PLC0414 - handed on
from core.web import entries as entries  # noqa: PLC0414 - handed on
from core.web import lockout, render
from core.web import operators as operators  # noqa: PLC0414 - handed on
from core.web import policy as policy  # noqa: PLC0414 - handed on
from core.web import preview as preview  # noqa: PLC0414 - handed on
from core.web import properties as properties  # noqa: PLC0414 - handed on
from core.web import roles as roles  # noqa: PLC0414 - handed on
from core.web import rows as rows  # noqa: PLC0414 - handed on

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
    return Setting(path, settings.value(path), drafting.source(settings.origin(path), settings))


@dataclass(frozen=True)
class Entry:
    """An entry beside the pages of settings; an `inner` one belongs to the one above."""

    title: str
    href: str
    current: bool = False
    inner: bool = False


def may_change() -> bool:
    """Say whether whoever asks finds the settings at all."""
    return granted(scope.current(), "settings.change") != "none"


def navigation() -> list[Entry]:
    """Give the pages of settings: those made from the schema, with one per plugin that is on, then all others."""
    others = [Entry(one.title, one.href, one.current) for one in render.navigation("settings")]
    if not may_change():
        return others
    pages = drafting.everything().pages
    features = drafting.wanted().features
    found = [Entry(_(page.title), f"/settings/{page.id}", _here(page.id)) for page in pages if not page.plugin]
    place = next(number for number, one in enumerate(found) if one.href == "/settings/features") + 1
    found[place:place] = [Entry(_(page.title), f"/settings/{page.id}", _here(page.id), inner=True)
                          for page in pages if page.plugin in features and features[page.plugin].enabled]
    if operators.makes():
        place = next(number for number, one in enumerate(found) if one.href == "/settings/features") + 1
        found.insert(place, Entry(_("Modules"), "/settings/modules", request.path.startswith("/settings/modules"),
                                  inner=True))
    if operators.whole():
        found.append(Entry(_("Installation"), "/settings/installation", request.path == "/settings/installation"))
    return found + others


def _here(page: str) -> bool:
    """Say whether the page at hand is this one, or that of a value on it."""
    if page == "mail" and request.path.startswith("/settings/mail/texts"):
        return True
    if request.path.startswith("/settings/at/"):
        steps = tuple(request.path.removeprefix("/settings/at/").split("/"))
        return drafting.page_of(steps) == page
    return request.path == f"/settings/{page}" or (page == "roles" and request.path.startswith("/settings/roles/"))


@dataclass(frozen=True)
class Found:
    """A setting that was looked for."""

    title: str
    page: str
    help: str
    name: str
    href: str


def look_up(words: str, most: int = 40) -> list[Found]:
    """Find settings by what they are called, what is said of them, and their key; the nearest first."""
    plan, wanted = drafting.everything(), words.casefold().split()
    found: list[tuple[int, Found]] = []
    for page, node in plan.every() if wanted else ():
        if node.path[0] == "roles" and len(node.schema.get("enum", ())) < 2:  # nothing to choose
            continue
        title, told = drafting.title_of(node.path), _(node.help) if node.help else ""
        near = " ".join((title, node.title, node.name.replace(".", " "), node.name)).casefold()
        inner = " ".join(_(word) for word in plan.words(node) if word)
        far = " ".join((near, told, node.help, _(page.title), inner)).casefold()
        if all(word in far for word in wanted):
            rank = sum(word not in near for word in wanted) + len(wanted) * (node.path[0] == "roles")
            found.append((rank, Found(title, _(page.title), told, node.name, drafting.address(node.path))))
    found += [(0, Found(_(page.title), _("Features"), "", page.id, f"/settings/{page.id}")) for page in plan.pages
              if wanted and page.plugin and all(word in _(page.title).casefold() for word in wanted)]
    return [one for _rank, one in sorted(found, key=lambda pair: pair[0])][:most]


def problems() -> list[Problem]:
    """Give what is wrong with edits by hand that were not taken; asked once per request."""
    if "config_problems" not in g:
        g.config_problems = share().problems()
    found: list[Problem] = g.config_problems
    return found


def loose_ends(feature: str = "") -> list[Problem]:
    """Give what the settings name and the portal does not have, of all features that are on or of one."""
    who = scope.current()
    settings: Settings = who.settings
    return ends(settings, known, feature)


def edit(changes: Mapping[Path, Any], base: int | None = None, note: str = "") -> Version:
    """Change settings of the tenant of whoever asks; paths count from its own part.

    `base` is the configuration version the person looked at. Raises Conflict if that part was changed since,
    Refused where it cannot be changed here, Invalid with every mistake if the result does not fit.
    """
    return share().edit(changes, Act(author(), note, base, also=_audit(note), against=lockout.against))


def save(note: str = "") -> Version:
    """Make all that this session has collected one version. Raises as `edit` does; the draft stays where it does.

    Whoever is told of somebody else's change has seen it: the next try counts from there.
    """
    collected = drafting.draft()
    try:
        made = edit(collected.changes, collected.base, note or "; ".join(
            f"{one.title}: {one.will}" for one in drafting.words())[:200])
    except Conflict:
        drafting.look_again()
        raise
    except (Invalid, Refused):
        drafting.store()
        raise
    drafting.drop()
    return made


def tried() -> str:
    """Write what the draft would make of portal.yaml, line by line. Raises Invalid or Refused."""
    return share().tried(drafting.draft().changes)


def undo(number: int, note: str = "") -> Version:
    """Put the tenant's part back to what it was before a version. Raises as `edit` does."""
    return share().undo(number, Act(author(), note, also=_audit(note or f"undo of {number}"),
                                      against=lockout.against))


def post() -> Any:
    """Give what writes and sends this portal's mail, for `letters`."""
    return current_app.extensions["parlour"].post


def author() -> str:
    """Name whoever asks, for the list of versions."""
    me = scope.current().me
    return f"{me.name} <{me.email}>" if me.email else me.name


def _audit(note: str) -> Callable[[int], None]:
    return lambda version: record_act("config.changed", str(version), note=note)
