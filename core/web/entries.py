"""Entries of a mapping or a list in words: what counts where nothing is set, a sentence of each, what is gone."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

from core.config.outline import Node
from core.data import access, people, scope
from core.data.db import count
from core.data.records import Record
from core.look.i18n import gettext as _
from core.look.i18n import ngettext
from core.web import controls, drafting

log = logging.getLogger("parlour")

SAYS: dict[str, Callable[[Any, Any], str]] = {}
"""Name (`x-says` of an entry's schema) to what says an entry in one sentence, given the plugin's settings too."""

GONE: dict[str, Callable[[str, Any, Any], str]] = {}
"""Name (`x-gone` of a mapping) to what says what removing an entry means: its key, settings before and after.

`x-gone: {kind: ticket, column: topic}` counts the records whose body names it there; a `team` by its key.
"""


def usual(node: Node) -> Mapping[str, Any] | None:
    """Give what counts where a mapping is not set (`x-usual`), in the reader's language; None for nothing.

    Its schema may list keys alone: then there is nothing to show.
    """
    found = node.schema.get("x-usual")
    if not isinstance(found, Mapping):
        return None
    return {key: {name: _(text) if name == "label" else text for name, text in one.items()}
            if isinstance(one, Mapping) else _(str(one)) for key, one in found.items()}


def standing(node: Node) -> Any:
    """Give what counts now, with what is collected."""
    return drafting.wanted().value(node.path) or usual(node) or ([] if node.kind == "listing" else {})


def is_usual(node: Node, value: Any) -> bool:
    """Say whether a mapping that nobody has set would say what counts anyway."""
    return not drafting.wanted().value(node.path) and value == usual(node)


def sentence(node: Node, value: Any) -> str:
    """Say an entry in one sentence, "" where its plugin has none or fails to make one."""
    says = SAYS.get(str(node.schema.get("x-says", "")))
    try:
        return says(value, drafting.wanted()) if says else ""
    except Exception:
        log.exception("a sentence of %s failed", node.name)
        return ""


def gone(node: Node) -> list[str]:
    """Say what it means that entries of a mapping are taken away by what is collected."""
    told, settings = node.schema.get("x-gone"), scope.current().settings
    if told is None or not drafting.draft().touches(node.path):
        return []
    before = settings.value(node.path) or usual(node) or {}
    after = drafting.wanted().value(node.path) or usual(node) or {}
    try:
        if isinstance(told, Mapping):
            return [line for key in before if key not in after and (line := _kept(told, key, before[key]))]
        tell = GONE[str(told)]
        return [line for key in before if key not in after and (line := tell(key, settings, drafting.wanted()))]
    except Exception:
        log.exception("what removing from %s means could not be said", node.name)
        return []


def _kept(told: Mapping[str, str], key: str, entry: Any) -> str:
    """Say how many records name what goes."""
    kind = scope.current().registry.kinds.get(told["kind"])
    value: Any = key
    if told["column"] == "team":
        value = next((row.id for row in people.teams() if row.key == key), None)
    if kind is None or value is None:
        return ""
    number = count(access.visible(kind.name, "view", Record.id).where(
        getattr(kind.body, told["column"]) == value, Record.category.not_in(("resolved", "closed"))))
    return ngettext("%(num)s open one has “%(name)s” and keeps it until somebody changes that.",
                    "%(num)s open ones have “%(name)s” and keep it until somebody changes that.", number,
                    name=controls.label_of(key, entry)) if number else ""


def all_gone() -> dict[Any, list[str]]:
    """Say it of every mapping that the draft touches, by its path."""
    return {node.path: lines for _page, node in drafting.everything().every()
            if node.kind == "mapping" and (lines := gone(node))}
