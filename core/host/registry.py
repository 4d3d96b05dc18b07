"""One frozen table of all parts; two parts with one name are refused, naming both plugins."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from flask import Blueprint

from core.data.guard import GUARDED
from core.data.records import Table
from core.errors import NameTaken, PluginError
from core.host import addresses, containment, modules
from core.host.importing import HOST_IMPORTS
from core.host.plugins import Plugins, collect, contained
from core.parts import Act, Begin, Channel, Demo, Import, Job, Kind, Mail, Nav, Notice, Panel, Reader, Registry
from core.paying import Provider
from core.work import notify

HOST_READERS = (Reader("*", "notify", notify.tell, plugin="host"),)


@dataclass(frozen=True)
class Built:
    """The registry, and the blueprints that go with it, each with its plugin."""

    registry: Registry
    blueprints: tuple[tuple[str, Blueprint], ...] = ()
    rules: dict[tuple[str, str], str] = field(default_factory=dict)


def build(plugins: Plugins) -> Built:
    """Ask all plugins for their parts and freeze them; what clashes or does not fit is refused and named."""
    kinds = _kinds(plugins)
    blueprints, rules = _routes(plugins)
    manifests = plugins.manifests
    permissions = {f"{m.id}.{action}": MappingProxyType(dict(roles)) for m in manifests.values()
                   for action, roles in m.permissions.items()}
    declared = [nav for m in manifests.values() for nav in m.navigation]
    given = _parts(plugins, "navigation", Nav)
    navigation = tuple(containment.navigation(n) for n in sorted(
        (n for n in [*declared, *given] if n.permission in permissions), key=lambda n: (n.order, n.title)))
    panels = _single(plugins, "panels()", _parts(plugins, "panels", Panel), lambda p: p.id)
    readers = _single(plugins, "readers()", _parts(plugins, "readers", Reader), lambda r: (r.plugin, r.name))
    jobs = _single(plugins, "jobs()", _parts(plugins, "jobs", Job), lambda j: (j.plugin, j.name))
    channels = _single(plugins, "channels()", (*notify.BUILT_IN, *_parts(plugins, "channels", Channel)),
                       lambda c: c.name)
    mails = _single(plugins, "mails()", _parts(plugins, "mails", Mail), lambda m: m.name)
    imports = _single(plugins, "imports()", (*HOST_IMPORTS, *_parts(plugins, "imports", Import)), lambda i: i.name)
    acts = _single(plugins, "acts()", _parts(plugins, "acts", Act), lambda a: a.name)
    begins = _single(plugins, "begins()", _parts(plugins, "begins", Begin), lambda b: b.name)
    registry = Registry(
        manifests=MappingProxyType(dict(manifests)), kinds=MappingProxyType(kinds),
        plurals=MappingProxyType({k.plural: k for k in kinds.values()}),
        permissions=MappingProxyType(permissions), navigation=navigation,
        panels=tuple(containment.panel(p, builtin=manifests[p.plugin].builtin)
                     for p in sorted(panels, key=lambda p: (p.order, p.id))),
        readers=HOST_READERS + tuple(containment.reader(r) for r in readers),
        notices=tuple(_parts(plugins, "notices", Notice)),
        channels=tuple(containment.channel(c) for c in channels), mails=tuple(mails),
        jobs=tuple(containment.job(j) for j in jobs),
        imports=MappingProxyType({part.name: containment.importing(part) for part in imports}),
        acts=MappingProxyType({act.name: act for act in sorted(acts, key=lambda a: a.order)}),
        demos=tuple(containment.demo(d) for d in sorted(_parts(plugins, "demo", Demo), key=lambda d: d.order)),
        begins=tuple(containment.begin(b) for b in sorted(begins, key=lambda b: (b.order, b.name))
                     if b.permission in permissions and b.kind in kinds),
        providers=MappingProxyType(_providers(plugins)),
        failed=MappingProxyType(plugins.broken()), known=MappingProxyType(dict(plugins.known)),
        hooks=MappingProxyType(dict(plugins.hooks)))
    return Built(registry, tuple(blueprints), rules)


def _providers(plugins: Plugins) -> dict[str, Provider]:
    given = _single(plugins, "payments()", _parts(plugins, "payments", Provider), lambda p: p.name)
    return {part.name: containment.provider(part) for part in sorted(given, key=lambda p: (p.order, p.name))}


def _parts(plugins: Plugins, hook: str, kind: type[Any]) -> list[Any]:
    def take(answer: Any) -> list[Any]:
        several = isinstance(answer, Iterable) and not isinstance(answer, kind)
        parts = list(answer) if several else [answer]
        for part in parts:
            if not isinstance(part, kind):
                raise PluginError(f"It gave {type(part).__name__} where {kind.__name__} belongs.",
                                  hint=f"{hook}() gives {kind.__name__} or a list of them.")
        return parts

    return [replace(part, plugin=name) for name, parts in collect(plugins, hook, take) for part in parts]


def _single(plugins: Plugins, place: str, parts: Iterable[Any], name: Callable[[Any], Any]) -> list[Any]:
    """Keep the first of each name; the second is refused, naming both plugins."""
    kept: dict[Any, Any] = {}
    for part in parts:
        first = kept.setdefault(name(part), part)
        if first is not part:
            shown = getattr(part, "id", "") or part.name
            plugins.fail(part.plugin, place, NameTaken(f"'{shown}' is taken by plugin '{first.plugin}'.",
                                                       hint="Choose another name."))
    return list(kept.values())


def _kinds(plugins: Plugins) -> dict[str, Kind]:
    kinds: dict[str, Kind] = {}
    taken: dict[str, str] = {}
    tables: dict[str, str] = {}
    for name in plugins.manifests:
        for table in modules.tables_of(name):
            tables.setdefault(table, name)
    for kind in _parts(plugins, "kinds", Kind):
        def take(kind: Kind = kind) -> None:
            words = {kind.name, kind.plural, f"{kind.prefix}-"}
            for word in words:
                if word in taken:
                    raise NameTaken(f"'{word}' is taken by plugin '{taken[word]}'.",
                                    hint="Choose another name, plural and number prefix.")
            if kind.body is not None:
                _check_body(kind, tables)
            taken.update(dict.fromkeys(words, kind.plugin))
            kinds[kind.name] = containment.kind(kind)

        contained(take, lambda error, k=kind: plugins.fail(k.plugin, "kinds()", error))  # type: ignore[misc]
    return kinds


def _check_body(kind: Kind, tables: dict[str, str]) -> None:
    if not (isinstance(kind.body, type) and issubclass(kind.body, Table)):
        raise PluginError(f"The body of '{kind.name}' is no parlour.Table.")
    table = kind.body._meta.table_name
    if not table.startswith(f"{kind.plugin}_") or tables.get(table, kind.plugin) != kind.plugin:
        raise NameTaken(f"The table '{table}' has a foreign name.",
                        hint=f"Call it '{kind.plugin}_...' in class Meta: table_name.")
    GUARDED.add(table)


def _routes(plugins: Plugins) -> tuple[list[tuple[str, Blueprint]], dict[tuple[str, str], str]]:
    blueprints: list[tuple[str, Blueprint]] = []
    book = addresses.Book()

    def take(answer: Any) -> list[Blueprint]:
        return list(answer) if isinstance(answer, Iterable) else [answer]

    for name, mine in collect(plugins, "routes", take):
        def enter(name: str = name, mine: list[Blueprint] = mine) -> None:
            book.enter(name, mine, builtin=plugins.manifests[name].builtin)
            blueprints.extend((name, blueprint) for blueprint in mine)

        contained(enter, lambda error, n=name: plugins.fail(n, "routes()", error))  # type: ignore[misc]
    return blueprints, book.rules
