"""Changes of settings on their way: collected per session over several pages, looked at, saved as one version."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote

from flask import current_app, g

from core.config import proposal
from core.config.loader import Path
from core.config.outline import GROUPS, Node, Outline, outline
from core.config.outline import OPERATORS as OPERATORS  # noqa: PLC0414 - handed on
from core.config.own_fields import holds_fields
from core.config.references import named_by, sources
from core.config.settings import Origin, Settings
from core.config.splice import REMOVE, same
from core.data import drafts, scope
from core.data.registers import called_by, known
from core.errors import Refused
from core.look.i18n import N_
from core.look.i18n import gettext as _
from core.look.layers import load
from core.web import controls
from core.web.controls import Control

MOST_NAMES = 200
"""How many names a field suggests."""

MOST_CHOICES = 60
"""How many names stand in a list to choose from; of more, a field suggests them."""

TITLES = (N_("General"), N_("Appearance"), N_("Features"), N_("Access"), N_("Security"), N_("Mail"),
          N_("Fields"), N_("Companies"))
"""Titles of pages (`outline.PAGES`), for the translators."""


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
    """One change in words: what, on which page, from what to what. `href` leads to its field.

    `place` counts the changes of the draft from 0; a change of a whole group is told value by value.
    """

    place: int
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
        own = scope.current().settings.own.data
        # What was saved meanwhile, here or by somebody else, is no change any more.
        left = proposal.with_change(own, proposal.from_json(row.changes), {}) if row else {}
        g.settings_draft = Draft(row.base, left) if row and left else Draft()
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


def keep(changes: Mapping[Path, Any], base: int = 0, *, stored: bool = True) -> Draft:
    """Add changes to the draft; what comes back to how it stands leaves it.

    `base` is the version the person looked at when they made them. Without `stored` they count for this request
    alone. Raises Invalid where they are too many, Refused for what is the operators' business.
    """
    before = draft()
    settings: Settings = scope.current().settings
    rooted: dict[Path, Any] = {}
    for path, asked in changes.items():
        if not path or path[0] in OPERATORS or everything().node(path) is None:
            raise Refused(_("This cannot be set here."))
        as_without = same(asked, settings.value(path)) and not _is_own(path, settings)
        value = REMOVE if as_without else asked
        if value is REMOVE or not same(value, wanted().value(path)):
            place, whole = proposal.rooted(wanted().own.data, wanted().value(()), path, value)
            rooted[place] = whole
    made = proposal.with_change(settings.own.data, before.changes, rooted)
    known = [one for one in (before.base, base) if one]
    g.settings_draft = Draft(min(known, default=scope.current().config), made) if made else Draft()
    g.pop("settings_wanted", None)
    if stored:
        store()
    return draft()


def leave_out(path: Path) -> None:
    """Take one change out of the draft."""
    g.settings_draft = replace(draft(), changes={key: one for key, one in draft().changes.items() if key != path})
    g.pop("settings_wanted", None)
    store()


def towards(path: Path, value: Any) -> dict[Path, Any]:
    """Give the fewest changes that make a value of what stands at a path now."""
    own: Any = wanted().own.data
    for step in path:
        own = proposal.inside(own, step)
    return dict(proposal.between(own, value, path, wanted().value(path)))


def store() -> None:
    """Keep the draft as it is now for the session's next requests."""
    made, session = draft(), g.get("session_public_id", "")
    if made.changes:
        drafts.keep(session, made.base, proposal.to_json(made.changes))
    else:
        drafts.drop(session)


def look_again() -> None:
    """Take the newest version as what the person has seen: they were told of it."""
    g.settings_draft = replace(draft(), base=scope.current().config)
    store()


def drop() -> None:
    """Forget what was collected."""
    g.settings_draft = Draft()
    g.pop("settings_wanted", None)
    store()


def page_of(path: Path) -> str:
    """Name the page that a value belongs to, "" for none."""
    try:
        return everything().home(path).id
    except KeyError:
        return ""


def at(path: Path) -> str:
    """Give the address of the page of one value that holds others; some have a page of their own kind."""
    node = everything().node(path)
    if node is not None and "x-page" in node.schema:
        return str(node.schema["x-page"])
    kind = "forms" if node is not None and holds_fields(node.schema) else "at"
    return f"/settings/{kind}/" + "/".join(quote(str(step), safe="") for step in path)


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
    """Say what the draft changes, in the order it was collected; a group is told value by value."""
    plan, settings, found = everything(), scope.current().settings, []
    for place, (whole, change) in enumerate(draft().changes.items()):
        for path, value in _opened(whole, change):
            node = plan.node(path)
            if node is not None:
                will = wanted().value(path) if value is REMOVE else value
                found.append(Said(place, path, title_of(path), _(plan.home(path).title),
                                  in_words(node, settings.value(path)), in_words(node, will), address(path)))
    return found


def _opened(path: Path, value: Any) -> Iterator[tuple[Path, Any]]:
    node = everything().node(path)
    is_group = node is not None and node.kind == "group" and isinstance(value, Mapping)
    if is_group and not controls.label_of("", value):
        for key, inner in value.items():
            yield from _opened((*path, key), inner)
    else:
        yield path, value


def title_of(path: Path) -> str:
    """Write where a value stands on its page: the titles from the outside in, without the page's own."""
    plan = everything()
    page, titles = plan.home(path), [_(title) for title in plan.titles(path)]
    if path[0] == "features" and path[2:] == ("enabled",):
        return titles[1]
    whole = len(page.nodes) == 1 and page.nodes[0].kind == "group"  # the page is this group
    known = 2 if page.plugin else 1 if whole or titles[0] == _(page.title) else 0
    return " › ".join(titles[known:] or titles)


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
    path = node.path
    now = wanted().value(path, node.schema.get("default"))
    held = node.kind not in controls.INLINE
    standing = "" if held else controls.shown(node.kind, now)
    inner = node.schema if node.kind in ("choice", "font") else node.schema.get("items", {})
    chosen = controls.options(inner, wanted().value) if node.kind in ("choice", "several", "font") else ()
    if node.kind in ("choice", "font") and standing and standing not in dict(chosen):
        called = in_words(node, now) if node.kind == "font" else controls.label_of(standing, now)
        chosen = (*chosen, (standing, called))
    if node.kind in ("text", "lines"):
        chosen = controls.among(node.kind, standing if value is None else value, named(node.schema, path))
    origin = wanted().origin(path)
    changed = draft().touches(path)
    return Control(
        node, node.name, node.kind, _(node.title), _(node.help) if node.help else "",
        standing if value is None else value, chosen,
        _("Changed, not saved yet") if changed else _told_by(node, origin, settings),
        _otherwise(node), own=_is_own(path, wanted()), changed=changed,
        locked=locked or path[:1] in {(key,) for key in OPERATORS}, error=error,
        href=at(path) if held else "", summary=in_words(node, now) if held else "",
        attrs=() if chosen else controls.attributes(node), names=names(node.schema, path))


def names(schema: Mapping[str, Any], path: Path) -> tuple[str, ...]:
    """Give what a value at, or below, a path may name: keys of its plugin's own settings, teams, people ..."""
    manifests = current_app.extensions["parlour"].store.manifests
    if path[0] != "features" or len(path) < 2 or path[1] not in manifests:
        return ()
    own = wanted().value(path[:2]) or {}
    return tuple(named_by(schema, own, manifests[path[1]].settings, known)[:MOST_NAMES])


def named(schema: Mapping[str, Any], path: Path) -> tuple[tuple[str, str], ...]:
    """Give what a value may name as (name, what people call it), where choosing is better than typing."""
    inner = schema.get("items", {})
    if schema.get("type") == ["string", "array"] and "enum" in inner:
        return controls.options(inner, wanted().value)
    found = names(schema, path)
    if not found or len(found) > MOST_CHOICES or "format" in schema:
        return ()
    called: dict[str, str] = {}
    root = current_app.extensions["parlour"].store.manifests[path[1]].settings.get("properties", {})
    for source in sources(schema):
        entries = wanted().value((*path[:2], source)) or root.get(source, {}).get("x-usual")
        if isinstance(entries, Mapping):
            called |= {str(key): _(controls.label_of(str(key), one)) for key, one in entries.items()}
        called |= called_by(source)
    also = schema.get("x-also", {})
    return (*((one, called.get(one, one)) for one in found),
            *((key, _(str(text))) for key, text in also.items()))


def _told_by(node: Node, origin: Origin, settings: Settings) -> str:
    """Say where a value comes from; of a secret that is referred to, the name of its variable."""
    own = settings.own
    names = own.document.references.get((*own.prefix, *node.path), ()) if node.kind == "secret" else ()
    if names:
        return _("From the variable %(names)s", names=", ".join(names))
    unsaid = origin.layer == "default" and node.schema.get("default") is None
    return _("Not set") if unsaid else source(origin, settings)


def _otherwise(node: Node) -> str:
    """Say what a value is without one's own: for a company, what it is for everybody."""
    if node.path[0] == "companies" and len(node.path) == 4 and node.path[2] == "features":
        on = wanted().value(("features", node.path[3], "enabled"), False)
        return _("as for everybody, on") if on else _("as for everybody, off")
    value = inherited().value(node.path, node.schema.get("default"))
    return "" if value in (None, "", [], {}) else in_words(node, value)


def blank(node: Node) -> Control:
    """Make an empty control for a value of an entry that is not there yet."""
    inner = node.schema if node.kind == "choice" else node.schema.get("items", {})
    chosen = controls.options(inner, wanted().value) if node.kind in ("choice", "several") else \
        controls.among(node.kind, "", named(node.schema, node.path)) if node.kind in ("text", "lines") else ()
    return Control(node, str(node.path[-1]), node.kind, _(node.title), _(node.help) if node.help else "",
                   controls.shown(node.kind, node.schema.get("default")), chosen, attrs=controls.attributes(node),
                   names=names(node.schema, node.path))


def _is_own(path: Path, settings: Settings) -> bool:
    found: Any = settings.own.data
    for step in path:
        found = proposal.inside(found, step)
    return found is not None


def _themes() -> list[tuple[str, str]]:
    """List the themes that may be chosen."""
    roots = current_app.extensions["parlour"].looks.roots
    names = {place.parent.name for root in roots for place in root.glob("*/theme.yaml")}
    return [(name, _(load(name, roots).title or name)) for name in sorted(names)]


controls.LISTS["themes"] = _themes
