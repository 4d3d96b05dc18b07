"""What each role may do, as a matrix and in sentences: as it is, or as it would be with what is collected."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flask import current_app

from core.config import roles as limits
from core.config.roles import TITLES
from core.config.settings import Settings
from core.data import directory, scope
from core.look.formats import format_list
from core.look.i18n import gettext as _
from core.look.i18n import ngettext
from core.parts import ROLES, Manifest
from core.web import drafting

FIRST = ("tickets", "kb")
"""Plugins that stand on top; the host's own stand last."""


@dataclass(frozen=True)
class Cell:
    """How far one role reaches with one action. `free`: to be chosen; `changed`: it is not as the plugin says."""

    role: str
    name: str
    far: str
    word: str
    free: bool
    changed: bool
    usual: str


@dataclass(frozen=True)
class Part:
    """One plugin: its actions as (title, cells by role), and what comes of it as (role, sentence)."""

    plugin: str
    title: str
    lines: tuple[tuple[str, tuple[Cell, ...]], ...]
    words: tuple[tuple[str, str], ...]


def titles() -> dict[str, str]:
    """Give what each role is called."""
    return {role: _(TITLES[role]["title"]) for role in ROLES}


def plugins() -> list[Manifest]:
    """Give the plugins whose permissions count now: those that are on, then the host's own."""
    known = current_app.extensions["parlour"].store.manifests
    features = drafting.wanted().features
    found = [one for key, one in known.items() if one.permissions and features[key].enabled]
    return sorted(found, key=lambda one: (one.builtin, FIRST.index(one.id) if one.id in FIRST else len(FIRST),
                                          _(one.title).casefold()))


def matrix() -> list[Part]:
    """Give all of it, as the draft has it."""
    given = drafting.wanted().roles
    return [Part(one.id, _(one.title), tuple(
        (act(one, action), tuple(_cell(one, action, role, given) for role in ROLES))
        for action in one.permissions), tuple(
            (role, " ".join(sentences(one, role, given))) for role in ROLES)) for one in plugins()]


def title(manifest: Manifest) -> str:
    """Give what people call a plugin."""
    return _(manifest.title)


def act(manifest: Manifest, action: str) -> str:
    """Say what an action lets people do, as the name of a line."""
    words = _(limits.act(manifest, action))
    return words[:1].upper() + words[1:]


def _cell(manifest: Manifest, action: str, role: str, given: limits.Given) -> Cell:
    far, usual = limits.extent(manifest, action, role, given), limits.usual(manifest, action, role)
    words = _words(manifest, action)
    return Cell(role, f"roles.{role}.{manifest.id}.{action}", far, _(words.get(far, far)),
                len(limits.choices(manifest, action, role)) > 1, far != usual, _(words.get(usual, usual)))


def _words(manifest: Manifest, action: str) -> Mapping[str, str]:
    plain = set(manifest.permissions[action].values()) <= {"none", "all"}
    return limits.WHETHER if plain else limits.WHOSE


def sentences(manifest: Manifest, role: str, given: limits.Given) -> list[str]:
    """Say in sentences what a role may do with a plugin, the widest first, and what it may not."""
    who, groups = _(TITLES[role]["title"]), dict[str, list[str]]()
    for action in manifest.permissions:
        far = limits.extent(manifest, action, role, given)
        plain = far == "all" and _words(manifest, action) is limits.WHETHER
        groups.setdefault("plain" if plain else far, []).append(_(limits.act(manifest, action)))
    said = {"all": _("%(who)s may %(acts)s, whoever's they are.", who=who, acts="{}"),
            "plain": _("%(who)s may %(acts)s.", who=who, acts="{}"),
            "company": _("%(who)s may %(acts)s, where they are their company's.", who=who, acts="{}"),
            "own": _("%(who)s may %(acts)s, where they are their own.", who=who, acts="{}"),
            "none": _("They may not %(acts)s.", acts="{}") if len(groups) > 1 else _(
                "%(who)s may not %(acts)s.", who=who, acts="{}")}
    return [text.replace("{}", format_list(groups[far], either=far == "none"))
            for far, text in said.items() if far in groups]


def effects(path: tuple[str | int, ...]) -> list[str]:
    """Say whom a changed extent (`roles.<role>.<plugin>.<action>`) touches, and what goes with it."""
    role, plugin, action = map(str, path[1:4])
    manifest = current_app.extensions["parlour"].store.manifests.get(plugin)
    settings: Settings = scope.current().settings
    if manifest is None or role not in ROLES or action not in manifest.permissions:
        return []
    before, after = settings.roles, drafting.wanted().roles
    was, will = (limits.extent(manifest, action, role, given) for given in (before, after))
    if was == will:
        return [_("It makes no difference, because they see less than that.")]
    less = limits.RANK[will] < limits.RANK[was]
    found = [_touched(manifest, role, action, less=less)]
    along = [_(limits.act(manifest, other)) for other in manifest.permissions
             if action == "view" and other != "view" and limits.extent(manifest, other, role, before)
             != limits.extent(manifest, other, role, after)]
    if along:
        found.append(_("The same holds where they %(acts)s.", acts=format_list(along)))
    return found


def _touched(manifest: Manifest, role: str, action: str, *, less: bool) -> str:
    """Say how many people can do less, or more."""
    if role == "guest":
        return _("Whoever is not signed in may do less.") if less else _("Whoever is not signed in may do more.")
    count, name = directory.how_many_are(role), _(manifest.title)
    if action == "view" and less:
        return ngettext("%(num)s person will see less of “%(title)s”.",
                        "%(num)s people will see less of “%(title)s”.", count, title=name)
    if action == "view":
        return ngettext("%(num)s person will see more of “%(title)s”.",
                        "%(num)s people will see more of “%(title)s”.", count, title=name)
    if _words(manifest, action) is limits.WHETHER:
        return ngettext("%(num)s person loses this.", "%(num)s people lose this.", count) if less else ngettext(
            "%(num)s person gets this.", "%(num)s people get this.", count)
    if less:
        return ngettext("%(num)s person may do this with fewer of them.",
                        "%(num)s people may do this with fewer of them.", count)
    return ngettext("%(num)s person may do this with more of them.",
                    "%(num)s people may do this with more of them.", count)
