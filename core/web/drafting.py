"""Changes of settings on their way: collected per session over several pages, looked at, saved as one version."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote

from flask import current_app, g

from core.config import proposal
from core.config.loader import Path
from core.config.outline import GROUPS, OPERATORS, Node, Outline, Page, outline
from core.config.settings import Origin, Settings
from core.config.splice import REMOVE
from core.data import drafts, scope
from core.errors import Refused
from core.look.i18n import gettext as _
from core.web import controls
from core.web.controls import Control


@dataclass(frozen=True)
class Draft:
    """What this session has collected; `base` is the version its person looked at, 0 where that is nothing."""

    base: int = 0
    changes: Mapping[Path, Any] = field(default_factory=dict)

    def touches(self, path: Path) -> bool:
        """Say whether something at, below or above a path is changed."""
        return any(path[:len(one)] == one or one[:len(path)] == path for one in self.changes)


@dataclass(frozen=True)
class Said:
    """One change in words: what, on which page, from what to what. `href` leads to its field."""

    path: Path
    title: str
    page: str
    was: str
    will: str
    href: str


def everything() -> Outline:
    """Give the outline of all settings of this portal."""
    portal = current_app.extensions["parlour"]
    manifests = portal.store.manifests
    return outline(portal.store.schema, {key: one.title for key, one in manifests.items()})


def draft() -> Draft:
    """Give what this session has collected; asked once per request."""
    if "settings_draft" not in g:
        row = drafts.find(g.get("session_public_id", ""))
        g.settings_draft = Draft(row.base, proposal.from_json(row.changes)) if row else Draft()
    found: Draft = g.settings_draft
    return found


def wanted() -> Settings:
    """Give the settings as they would be with the draft."""
    if "settings_wanted" not in g:
        settings: Settings = scope.current().settings
        changes = draft().changes
        g.settings_wanted = settings.proposed(
            proposal.laid_over(settings.own.data, changes)) if changes else settings
    found: Settings = g.settings_wanted
    return found


def inherited() -> Settings:
    """Give the settings as they would be without this tenant's own."""
    if "settings_inherited" not in g:
        settings: Settings = scope.current().settings
        g.settings_inherited = settings.proposed({})
    found: Settings = g.settings_inherited
    return found


def keep(changes: Mapping[Path, Any], base: int = 0) -> Draft:
    """Add changes to the draft; what comes back to how it stands leaves it.

    `base` is the version the person looked at when they made them. Raises Invalid where they are too many,
    Refused for what is the operators' business.
    """
    before, settings = draft(), scope.current().settings
    for path in changes:
        if not path or path[0] in OPERATORS or everything().node(path) is None:
            raise Refused(_("This cannot be set here."))
    made = proposal.with_change(settings.own.data, before.changes, changes)
    known = [one for one in (before.base, base) if one]
    _store(Draft(min(known, default=scope.current().config), made) if made else Draft())
    return draft()


def look_again() -> None:
    """Take the newest version as what the person has seen: they were told of it."""
    if draft().changes:
        _store(replace(draft(), base=scope.current().config))


def drop() -> None:
    """Forget what was collected."""
    _store(Draft())


def _store(made: Draft) -> None:
    session = g.get("session_public_id", "")
    if made.changes:
        drafts.keep(session, made.base, proposal.to_json(made.changes))
    else:
        drafts.drop(session)
    g.settings_draft = made
    g.pop("settings_wanted", None)


def at(path: Path) -> str:
    """Give the address of the page of one value that holds others."""
    return "/settings/at/" + "/".join(quote(str(step), safe="") for step in path)


def address(path: Path) -> str:
    """Give where a value can be changed: the field on its page, or the page of what holds it."""
    plan = everything()
    homes = {node.path: (page, node) for page, node in plan.every()}
    for depth in range(len(path), 0, -1):
        page, node = homes.get(path[:depth], (None, None))
        if page is not None and node is not None:
            return at(path[:depth]) if node.kind in GROUPS else f"/settings/{page.id}#f-{node.name}"
    return f"/settings/{plan.home(path).id}"


def in_words(node: Node, value: Any) -> str:
    """Write a value in a few words."""
    return controls.in_words(node, value, wanted().value)


def words() -> list[Said]:
    """Say what the draft changes, in the order it was collected."""
    plan, settings, found = everything(), scope.current().settings, []
    for path, value in draft().changes.items():
        node = plan.node(path)
        if node is not None:
            will = wanted().value(path) if value is REMOVE else value
            page = plan.home(path)
            found.append(Said(path, title_of(path, page), _(page.title), in_words(node, settings.value(path)),
                              in_words(node, will), address(path)))
    return found


def title_of(path: Path, page: Page) -> str:
    """Write where a value stands on its page: the titles from the outside in, without the page's own."""
    titles = [_(title) for title in everything().titles(path)][2 if page.plugin else 0:]
    return " › ".join(titles[1:] if len(titles) > 1 and titles[0] == _(page.title) else titles)


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


def control(node: Node, *, value: Any = None, error: str = "", locked: bool = False) -> Control:
    """Make the control of a value as the draft has it; `value` is what somebody typed that does not fit."""
    settings: Settings = scope.current().settings
    now, path = wanted().value(node.path), node.path
    standing = controls.shown(node.kind, now)
    inner = node.schema if node.kind == "choice" else node.schema.get("items", {})
    chosen = controls.options(inner, wanted().value) if node.kind in ("choice", "several") else ()
    if node.kind == "choice" and standing and standing not in dict(chosen):
        chosen = (*chosen, (standing, controls.label_of(standing, now)))
    origin = wanted().origin(path)
    changed = draft().touches(path)
    return Control(
        node, node.name, node.kind, _(node.title), _(node.help) if node.help else "",
        standing if value is None else value, chosen,
        _("Changed, not saved yet") if changed else source(origin, settings),
        in_words(node, inherited().value(path)), own=_is_own(path), changed=changed,
        locked=locked or path[:1] in {(key,) for key in OPERATORS}, error=error,
        href=at(path) if node.kind not in controls.INLINE else "", attrs=controls.attributes(node))


def _is_own(path: Path) -> bool:
    found: Any = wanted().own.data
    for step in path:
        found = found.get(step) if isinstance(found, Mapping) else (
            found[step] if isinstance(found, list) and isinstance(step, int) and step < len(found) else None)
    return found is not None
