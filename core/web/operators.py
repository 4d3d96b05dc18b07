"""What the operator sets for the installation, shown to admins whose portal is all of it, and only shown."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from flask import current_app

from core.config.loader import Document, Path, show
from core.config.splice import flow
from core.data import scope
from core.data.access import granted
from core.look.i18n import gettext as _

PASSWORD = re.compile(r"(://[^\s:/@]*:)[^\s@/]+@")


@dataclass(frozen=True)
class Told:
    """One key of the installation: what it is called, what it is now, where that comes from."""

    name: str
    title: str
    help: str
    value: str
    source: str


def whole() -> bool:
    """Say whether the portal of whoever asks is the whole configuration, so that its admins operate it."""
    return len(scope.current().settings.layers) == 1


def makes() -> bool:
    """Say whether whoever asks may make modules: they are the installation's, so its operators say who.

    That are the admins where their portal is all of it; where several share it, those of the tenants that
    `installation.plugins.makers` names.
    """
    who = scope.current()
    if granted(who, "maker.make") == "none":
        return False
    portal = current_app.extensions["parlour"]
    return whole() or who.slug in portal.snapshot().tenants.installation.value("installation.plugins.makers", [])


def told() -> list[tuple[str, list[Told]]]:
    """Give every key below `installation` by its group; secrets and passwords are never shown."""
    schema = current_app.extensions["parlour"].store.schema["properties"]["installation"]
    found: dict[str, list[Told]] = {}
    for path, title, one in _leaves(schema, ("installation",), ""):
        found.setdefault(title, []).append(_told(path, one, scope.current().settings.own.document))
    return list(found.items())


def _leaves(schema: Mapping[str, Any], path: Path, title: str) -> Iterator[tuple[Path, str, Mapping[str, Any]]]:
    groups = {}
    for key, one in schema["properties"].items():
        if one.get("properties"):
            groups[key] = one
        else:
            yield (*path, key), title, one
    for key, one in groups.items():
        yield from _leaves(one, (*path, key), _(one["title"]))


def _told(path: Path, schema: Mapping[str, Any], document: Document) -> Told:
    value: Any = document.data
    for step in path:
        value = value.get(str(step)) if isinstance(value, Mapping) else None
    names = document.references.get(path, ())
    own = value is not None
    value = value if own else schema.get("default")
    line, _column = document.mark(path)
    source = _("From the variable %(names)s", names=", ".join(names)) if names else _(
        "%(file)s, line %(line)s", file=document.name, line=line) if own else _("Default")
    return Told(show(path), _(schema["title"]), _(schema["description"]), _shown(value, schema), source)


def _shown(value: Any, schema: Mapping[str, Any]) -> str:
    if value in (None, "", [], {}):
        return _("not set")
    if schema.get("writeOnly"):
        return _("hidden")
    return PASSWORD.sub(r"\1…@", value if isinstance(value, str) else flow(value))
