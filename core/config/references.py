"""Where settings name what is not there: a rule for a category nobody made, a team, a person, a company."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from core.config.loader import Path, show
from core.config.mistakes import below, likely, resolve
from core.config.settings import Settings
from core.errors import Problem

MOST = 20
"""How many names a message lists."""


@dataclass(frozen=True)
class Register:
    """What may be named: every name, and how two spellings of one name are told to be the same."""

    names: tuple[str, ...]
    key: Callable[[str], str] = str

    def holds(self, word: str) -> bool:
        """Say whether a word is one of the names."""
        return self.key(word) in {self.key(name) for name in self.names}


Known = Callable[[str], Register | None]
"""Gives what the portal itself knows under `portal.teams`, `portal.staff` or `portal.companies`; None where it
cannot be looked up now."""


def loose_ends(settings: Settings, known: Known, only: str = "") -> list[Problem]:
    """Find every value in the settings of features that are on which names something that is not there.

    A plugin's settings schema says with `x-names` what a text (or each of a list, or with `propertyNames` each
    key) names: dotted paths of groups in its own settings, whose keys count (where nothing is configured those
    of the group's `x-usual`), or registers of the portal; of several, one is enough. Nothing is refused for it:
    what is named may be made a moment later. `only` looks at one feature.
    """
    problems = []
    for feature, setting in settings.features.items():
        manifest = settings.manifest(feature)
        if not setting.enabled or not manifest.settings or only not in ("", feature):
            continue
        schema = manifest.settings
        for path, word, sources, key in _named(setting.settings, schema, schema, ()):
            registers = [known(source) if source.startswith("portal.") else _own(setting.settings, schema, source)
                         for source in sources]
            if None in registers or any(register.holds(word) for register in registers if register):
                continue
            names = list(dict.fromkeys(name for register in registers if register for name in register.names))
            problems.append(_problem(settings, ("features", feature, *path), word, names, key=key))
    return problems


def named_by(schema: Mapping[str, Any], settings: Mapping[str, Any], root: Mapping[str, Any],
             known: Known) -> list[str]:
    """Give every name that a value of this schema (or each of its list) may be, [] where it names nothing.

    `settings` are those of its plugin, `root` the plugin's whole schema.
    """
    found = [known(one) if one.startswith("portal.") else _own(settings, root, one) for one in sources(schema)]
    return list(dict.fromkeys(name for register in found if register is not None for name in register.names))


def sources(schema: Mapping[str, Any]) -> list[str]:
    """Give what a value of this schema, or each of its list, names: paths of groups, registers of the portal."""
    inner = schema.get("items")
    return _sources(schema) or (_sources(inner) if isinstance(inner, Mapping) else [])


def _named(value: Any, schema: Mapping[str, Any], root: Mapping[str, Any],
           path: Path) -> Iterator[tuple[Path, str, list[str], bool]]:
    """Give each word of a value that names something: where, the word, what it may be, whether it is a key."""
    sources = _sources(schema)
    if sources and isinstance(value, str | int | float) and not isinstance(value, bool):
        yield path, str(value), sources, False
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            each = below(schema, place, root)
            yield from _named(inner, {**each, "x-names": sources} if sources else each, root, (*path, place))
    elif isinstance(value, Mapping):
        keys = _sources(schema.get("propertyNames", {}))
        for name, inner in value.items():
            if keys:
                yield (*path, str(name)), str(name), keys, True
            yield from _named(inner, below(schema, str(name), root), root, (*path, str(name)))


def _sources(schema: Mapping[str, Any]) -> list[str]:
    given = schema.get("x-names") or []
    return [given] if isinstance(given, str) else list(given)


def _own(value: Any, schema: Mapping[str, Any], source: str) -> Register:
    """Give the keys of a group of a plugin's own settings, or what is usual where it has none."""
    root = schema
    for step in source.split("."):
        value, schema = (value.get(step) if isinstance(value, Mapping) else None), below(schema, step, root)
    return Register(tuple(map(str, value or resolve(schema, root).get("x-usual", ()))))


def _problem(settings: Settings, path: Path, word: str, names: list[str], *, key: bool) -> Problem:
    layer = next((one for one in reversed(settings.layers) if one.document.find((*one.prefix, *path))),
                 settings.own)
    line, column = layer.document.mark((*layer.prefix, *path), key=key)
    listed = ", ".join(names[:MOST]) + (", …" if len(names) > MOST else "")
    message = f"'{word[:60]}' is not one of {listed}." if names else f"There is no '{word[:60]}' here."
    return Problem(layer.document.name, line, column, show((*layer.prefix, *path)), message, likely(word, names))
