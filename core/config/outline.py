"""The settings as people meet them: every key of the schema on one page, each with its kind and its place."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from core.config.loader import Path, show
from core.config.mistakes import below, resolve

Schema = Mapping[str, Any]

OPERATORS = ("installation", "tenants", "url", "hosts")
"""Keys that belong to whoever runs the installation: the machine, the other tenants, who answers which address."""

PAGES: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "general": ("General", ("name", "status", "contact", "languages", "time_zone", "currency", "url", "hosts")),
    "appearance": ("Appearance", ("theme",)),
    "features": ("Features", ()),
    "access": ("Access", ("access",)),
    "security": ("Security", ("security", "limits")),
    "mail": ("Mail", ("mail",)),
    "fields": ("Fields", ("fields",)),
    "companies": ("Companies", ("companies",)),
}
"""Page to title and the keys of a tenant document on it; a key that stands nowhere here has a page of its own."""

GROUPS = ("group", "mapping", "listing")
"""Kinds of value that hold others."""

WORDS = ("choice", "number", "text", "words", "longtext", "colour", "file", "font", "secret", "switch", "wish")
"""Kinds of value that are one word, number or text."""


@dataclass(frozen=True)
class Node:
    """One value that a document may hold: where it stands, what its schema says, as what it is edited.

    `kind` is a key of what `kind_of` tells. `required` says that its group cannot be without it.
    """

    path: Path
    schema: Schema
    kind: str
    required: bool = False

    @property
    def name(self) -> str:
        """Its path as people write it, unique on every page."""
        return show(self.path)

    @property
    def title(self) -> str:
        """What it is called, in English: the schema's title, or the key itself."""
        return str(self.schema.get("title") or self.path[-1])

    @property
    def help(self) -> str:
        """One sentence about it, in English."""
        return " ".join(str(self.schema.get("description", "")).split())


@dataclass(frozen=True)
class Page:
    """One page of settings: its address below /settings, its title in English, the values that stand on it."""

    id: str
    title: str
    nodes: tuple[Node, ...]
    plugin: str = ""


def kind_of(schema: Schema) -> str:
    """Tell as what a value is edited.

    group: known keys. mapping: keys people choose. listing: a list of groups. lines: a list of words. several: a
    list of some of the known words. switch; wish: on, off or not said. choice, number, text, longtext, colour,
    file, secret. code: anything else, written as YAML.
    """
    if "x-widget" in schema:
        return str(schema["x-widget"])
    if schema.get("writeOnly"):
        return "secret"
    kind = schema.get("type")
    if kind == "object" or (kind is None and "properties" in schema):
        return "group" if schema.get("properties") else "mapping"
    if kind == "array":
        return _list_kind(schema.get("items", {}))
    if kind == "boolean":
        return "switch" if "default" in schema else "wish"
    if "enum" in schema:
        return "choice"
    if kind in ("integer", "number"):
        return "number"
    if kind == "string":
        return _text_kind(schema)
    return "lines" if kind == ["string", "array"] and "pattern" not in schema else "code"


def _list_kind(items: Schema) -> str:
    if "enum" in items or "x-options" in items:
        return "several"
    if items.get("type") == "object":
        return "listing"
    return "lines" if items.get("type") == "string" else "code"


def _text_kind(schema: Schema) -> str:
    if str(schema.get("pattern", "")).startswith("^#([0-9a-fA-F]"):
        return "colour"
    if schema.get("format") == "file":
        return "file"
    return "choice" if "x-options" in schema else "text"


class Outline:
    """All settings of a tenant document with this schema; `manifests` name the plugins' pages."""

    def __init__(self, schema: Schema, titles: Mapping[str, str]) -> None:
        """Take `#/$defs/tenant` with its `$defs`, and the titles of plugins that have settings."""
        self.root = schema
        self.pages = tuple(self._pages(titles))
        self._by_id = {page.id: page for page in self.pages}

    def _pages(self, titles: Mapping[str, str]) -> Iterator[Page]:
        known = self.root.get("properties", {})
        placed = {key for _title, keys in PAGES.values() for key in keys} | {"features"}
        for identity, (title, keys) in PAGES.items():
            yield Page(identity, title, tuple(self._child((key,)) for key in keys if key in known))
        for key in known:
            if key not in placed and key not in OPERATORS:
                node = self._child((key,))
                yield Page(key, node.title, (node,))
        for plugin, title in sorted(titles.items(), key=lambda pair: pair[1].casefold()):
            feature = self.node(("features", plugin))
            nodes = tuple(one for one in self.children(feature) if one.path[-1] != "enabled") if feature else ()
            if nodes:
                yield Page(f"features/{plugin}", title, nodes, plugin)

    def _child(self, path: Path) -> Node:
        found = self.node(path)
        assert found is not None  # noqa: S101 - asked only for keys of the schema
        return found

    def page(self, identity: str) -> Page | None:
        """Give a page by its address below /settings."""
        return self._by_id.get(identity)

    def node(self, path: Path) -> Node | None:
        """Give what may stand at a path of a tenant document, or None: an unknown key, or one that cannot be."""
        schema, required = self.root, False
        for step in path:
            required = step in schema.get("required", ())
            if isinstance(step, int):
                if "items" not in schema or step < 0:
                    return None
            elif not _may_be_called(schema, step):
                return None
            schema = below(schema, step, self.root)
        return Node(path, schema, kind_of(schema), required)

    def children(self, node: Node) -> list[Node]:
        """Give the known keys of a group, in the schema's order."""
        must = node.schema.get("required", ())
        return [Node((*node.path, key), found := resolve(inner, self.root), kind_of(found), key in must)
                for key, inner in node.schema.get("properties", {}).items()]

    def entry(self, node: Node, step: str | int) -> Node:
        """Give one entry of a mapping or list."""
        schema = below(node.schema, step, self.root)
        return Node((*node.path, step), schema, kind_of(schema))

    def home(self, path: Path) -> Page:
        """Give the page a value stands on, or below. Raises KeyError for one that stands on none."""
        plugins = f"features/{path[1]}" if path[0] == "features" and len(path) > 2 and path[2] != "enabled" else ""
        if plugins in self._by_id:
            return self._by_id[plugins]
        for page in self.pages:
            if any(node.path == path[:len(node.path)] for node in page.nodes):
                return page
        if path[:1] == ("features",):
            return self._by_id["features"]
        raise KeyError(path)

    def titles(self, path: Path) -> list[str]:
        """Give the English titles from the outermost group down to a value; keys people chose are themselves."""
        found, schema = [], self.root
        for step in path:
            chosen = isinstance(step, int) or step not in schema.get("properties", {})
            schema = below(schema, step, self.root)
            found.append(str(step) if chosen else str(schema.get("title") or step))
        return found

    def every(self) -> Iterator[tuple[Page, Node]]:
        """Give every value with its page: groups opened, what holds a choice of keys or a list as one."""
        for page in self.pages:
            waiting = list(page.nodes)[::-1]
            while waiting:
                node = waiting.pop()
                if node.kind == "group":
                    waiting.extend(self.children(node)[::-1])
                else:
                    yield page, node

    def words(self, node: Node) -> Iterator[str]:
        """Give the titles and keys of everything inside a mapping or list, for looking it up."""
        seen: set[int] = set()
        waiting = [self.entry(node, 0 if node.kind == "listing" else "x")] if node.kind in GROUPS else []
        while waiting:
            inner = waiting.pop()
            if id(inner.schema) in seen:
                continue
            seen.add(id(inner.schema))
            if inner.kind in ("mapping", "listing"):
                waiting.append(self.entry(inner, 0 if inner.kind == "listing" else "x"))
            children = self.children(inner)
            for child in children:
                yield from (child.title, str(child.path[-1]), child.help)
            waiting += [child for child in children if child.kind in GROUPS]


def _may_be_called(schema: Schema, key: str) -> bool:
    if key in schema.get("properties", {}):
        return True
    if not isinstance(schema.get("additionalProperties"), Mapping):
        return False
    pattern = schema.get("propertyNames", {}).get("pattern")
    return bool(key) and len(key) <= 200 and (pattern is None or bool(re.search(pattern, key)))


@lru_cache(maxsize=8)
def _outline(key: _Same) -> Outline:
    schema, titles = key.schema, key.titles
    tenant = {**schema["$defs"]["tenant"], "$defs": schema["$defs"]}
    return Outline(tenant, titles)


class _Same:
    """A schema as a key: the same object is the same schema."""

    def __init__(self, schema: Schema, titles: Mapping[str, str]) -> None:
        self.schema, self.titles = schema, titles

    def __hash__(self) -> int:
        return id(self.schema)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.schema is self.schema


def outline(schema: Schema, titles: Mapping[str, str]) -> Outline:
    """Give the outline of portal.yaml's schema, made once per schema; `titles` are those of plugins, by id."""
    return _outline(_Same(schema, titles))
