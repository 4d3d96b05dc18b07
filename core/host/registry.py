"""One frozen table of all parts; two parts with one name are refused, naming both plugins."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from flask import Blueprint

from core.data.db import GUARDED
from core.data.records import Table
from core.errors import PluginError
from core.host.plugins import Plugins, collect, contained
from core.parts import Demo, Import, Job, Kind, Nav, Notice, Panel, Reader, Registry
from core.web import routes
from core.work import notify

HOST_READERS = (Reader("*", "notify", notify.tell, plugin="host"),)


@dataclass(frozen=True)
class Built:
    """The registry and the blueprints that go with it."""

    registry: Registry
    blueprints: tuple[Blueprint, ...] = ()
    rules: dict[tuple[str, str], str] = field(default_factory=dict)


def build(plugins: Plugins) -> Built:
    """Ask all plugins for their parts and freeze them; what clashes or does not fit is refused and named."""
    kinds = _kinds(plugins)
    blueprints, rules = _routes(plugins)
    manifests = plugins.manifests
    permissions = {f"{m.id}.{action}": roles for m in manifests.values()
                   for action, roles in m.permissions.items()}
    declared = [nav for m in manifests.values() for nav in m.navigation]
    given = _parts(plugins, "navigation", Nav)
    navigation = tuple(sorted((n for n in [*declared, *given] if n.permission in permissions),
                              key=lambda n: (n.order, n.title)))
    registry = Registry(
        manifests=dict(manifests), kinds=kinds, plurals={k.plural: k for k in kinds.values()},
        permissions=permissions, navigation=navigation,
        panels=tuple(sorted(_parts(plugins, "panels", Panel), key=lambda p: (p.order, p.id))),
        readers=HOST_READERS + tuple(_parts(plugins, "readers", Reader)),
        notices=tuple(_parts(plugins, "notices", Notice)), jobs=tuple(_parts(plugins, "jobs", Job)),
        imports={part.name: part for part in _parts(plugins, "imports", Import)},
        demos=tuple(sorted(_parts(plugins, "demo", Demo), key=lambda d: d.order)), failed=plugins.broken())
    return Built(registry, tuple(blueprints), rules)


def _parts(plugins: Plugins, hook: str, kind: type[Any]) -> list[Any]:
    found: list[Any] = []
    for name, answer in collect(plugins, hook):
        def take(name: str = name, answer: Any = answer) -> None:
            parts = [answer] if isinstance(answer, kind) else list(answer)
            for part in parts:
                if not isinstance(part, kind):
                    raise PluginError(f"{hook}() gave {type(part).__name__} where {kind.__name__} belongs.")
            found.extend(replace(part, plugin=name) for part in parts)

        contained(take, lambda error, n=name: plugins.fail(n, f"{hook}()", error))  # type: ignore[misc]
    return found


def _kinds(plugins: Plugins) -> dict[str, Kind]:
    kinds: dict[str, Kind] = {}
    taken: dict[str, str] = {}
    for kind in _parts(plugins, "kinds", Kind):
        def take(kind: Kind = kind) -> None:
            for word in (kind.name, kind.plural, f"{kind.prefix}-"):
                if word in taken:
                    raise PluginError(f"'{word}' is taken by plugin '{taken[word]}'.",
                                      hint="Choose another name, plural and number prefix.")
            if kind.body is not None:
                _check_body(kind)
            taken.update(dict.fromkeys((kind.name, kind.plural, f"{kind.prefix}-"), kind.plugin))
            kinds[kind.name] = kind

        contained(take, lambda error, k=kind: plugins.fail(k.plugin, "kinds()", error))  # type: ignore[misc]
    return kinds


def _check_body(kind: Kind) -> None:
    table = kind.body._meta.table_name
    if not issubclass(kind.body, Table):
        raise PluginError(f"The body of '{kind.name}' is no parlour.Table.")
    if not table.startswith(f"{kind.plugin}_"):
        raise PluginError(f"The table '{table}' has a foreign name.",
                          hint=f"Call it '{kind.plugin}_...' in class Meta: table_name.")
    GUARDED.add(table)


def _routes(plugins: Plugins) -> tuple[list[Blueprint], dict[tuple[str, str], str]]:
    blueprints: list[Blueprint] = []
    rules: dict[tuple[str, str], str] = {}
    for name, answer in collect(plugins, "routes"):
        def take(name: str = name, answer: Any = answer) -> None:
            mine = [answer] if isinstance(answer, Blueprint) else list(answer)
            found = routes.inspect(name, mine, builtin=plugins.manifests[name].builtin)
            for rule in found:
                if rule in rules:
                    raise PluginError(f"{rule[0]} {rule[1]} belongs to {rules[rule]} already.",
                                      hint="Choose another address.")
                if rule[1].startswith(("/api/", "/static/", "/theme/", "/files/")) and name != "files":
                    raise PluginError(f"{rule[1]} lies in the host's own part of the address space.")
            rules.update(found)
            blueprints.extend(mine)

        contained(take, lambda error, n=name: plugins.fail(n, "routes()", error))  # type: ignore[misc]
    return blueprints, rules
