"""Strict YAML: what stands there is what is meant, every value knows its line, limits before work.

Other than YAML 1.1: only true, false, on and off are switches (yes and no are text); whole numbers have no
leading zero and no base 60; dates stay text; keys are always text; no tags, no merge keys, no duplicates.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from core.config.nodes import Composer, Node
from core.errors import ConfigError, Problem

MAX_BYTES = 1_000_000

Path = tuple[str | int, ...]
"""Steps from the root to a value: keys and, in lists, indexes from 0."""

_WORDS: Mapping[str, bool | None] = {
    "true": True, "True": True, "TRUE": True, "on": True, "On": True, "ON": True,
    "false": False, "False": False, "FALSE": False, "off": False, "Off": False, "OFF": False,
    "null": None, "~": None, "": None,
}
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,17})", re.ASCII)
_DECIMAL = re.compile(r"-?(?:0|[1-9][0-9]{0,17})\.[0-9]{1,17}", re.ASCII)
# What YAML 1.2 (5.1) calls printable; everything else is refused in the text and in values.
FORBIDDEN = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_REFERENCE = re.compile(r"\$\$\{|\$\{([^{}]*)\}|\$\{")
_NAMED = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?", re.ASCII | re.DOTALL)


@dataclass(frozen=True)
class Span:
    """Where a value and its key stand in `Document.text`, in code points; the key's are -1 in a list."""

    start: int
    end: int
    key_start: int = -1
    key_end: int = -1


@dataclass(frozen=True, eq=False)
class Document:
    """One YAML document that was read without a mistake.

    `text` is the source without its byte order mark (`bom` says if there was one), so offsets fit it. `data`
    holds plain dicts, lists and scalars with references filled in: treat it as read-only. `references` names
    the environment variables behind each value that came from `${NAME}`.
    """

    name: str
    text: str
    data: dict[str, Any]
    root: Node = field(repr=False)
    references: Mapping[Path, tuple[str, ...]] = field(default_factory=dict)
    bom: bool = False

    @property
    def source(self) -> str:
        """The text byte for byte as it was, byte order mark included."""
        return "\ufeff" + self.text if self.bom else self.text

    def find(self, path: Path) -> tuple[Node | None, Node] | None:
        """Find the key node and value node at `path`, or None if nothing stands there."""
        found: tuple[Node | None, Node] | None = (None, self.root)
        for step in path:
            found = found[1].child(step) if found else None
        return found

    def mark(self, path: Path, *, key: bool = False) -> tuple[int, int]:
        """Line and column, counted from 1, of the value at `path` (of its key, if asked).

        A path that does not stand in the text gives the nearest parent that does; groups, lists and empty
        values are pointed at by their key.
        """
        while (found := self.find(path)) is None:
            path = path[:-1]
        name, value = found
        bare = value.kind in ("mapping", "sequence") or value.start == value.end
        node = name if name is not None and (key or bare) else value
        return node.line + 1, node.column + 1

    def span(self, path: Path) -> Span:
        """Offsets of the value at `path` and of its key. Raises KeyError when nothing stands there."""
        found = self.find(path)
        if found is None:
            raise KeyError(path)
        name, value = found
        return Span(value.start, value.last, name.start if name else -1, name.last if name else -1)

    def raw(self, path: Path) -> str | None:
        """Give the scalar at `path` as somebody typed it, references unfilled; None for anything else."""
        found = self.find(path)
        return found[1].real().value if found and found[1].real().kind == "scalar" else None


def read(text: str | bytes, name: str, env: Mapping[str, str]) -> Document:
    """Read one document. `name` is used in messages; `env` gives the values of `${NAME}`.

    Raises ConfigError with all mistakes that can be told apart (after a broken bracket nothing can).
    """
    clean = _decode(text, name)
    bom = clean.startswith("\ufeff")
    clean = clean.removeprefix("\ufeff")
    composer = Composer(clean, name)
    root = composer.run()
    if not composer.problems and (root is None or _is_empty(root)):
        composer.problems.append(Problem(name, 0, 0, "", "The file is empty.",
                                         "Write at least 'id: ' and 'title: '." if name.endswith("plugin.yaml")
                                         else "Write at least 'name: ' and the name of the portal."))
    elif root is not None and root.kind != "mapping":
        composer.problems.append(Problem(name, root.line + 1, root.column + 1, "",
                                         "A group of keys ('key: value') belongs here."))
    if root is None or root.kind != "mapping":
        raise ConfigError(composer.problems)
    builder = _Builder(name, env)
    data = builder.build(root, ())
    problems = [*composer.problems, *builder.problems]
    if problems:
        raise ConfigError(sorted(problems, key=lambda problem: (problem.line, problem.column)))
    return Document(name, clean, data, root, builder.references, bom)


def scalar(text: str) -> Any:
    """Tell what a plain (unquoted) scalar stands for: a switch, nothing, a number, or itself."""
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _DECIMAL.fullmatch(text) else text


def show(path: Path) -> str:
    """Write a path as people do: `features.tickets.statuses[2].maps_to`."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else str(step)
    return text


def _decode(text: str | bytes, name: str) -> str:
    """Text within the limits, or ConfigError."""
    size = len(text)
    if size > MAX_BYTES:
        raise ConfigError([Problem(name, 0, 0, "", f"The file is larger than {MAX_BYTES // 1_000_000} MB "
                                                   f"({size // 1_000_000} MB).")])
    if isinstance(text, bytes):
        try:
            text = text.decode("utf-8")
        except UnicodeDecodeError as error:
            line, column = _place(error.object[:error.start].decode("utf-8"))
            found = f"The byte 0x{error.object[error.start]:02x} is not UTF-8."
            raise ConfigError([Problem(name, line, column, "", found, "Save the file as UTF-8.")]) from None
    bad = FORBIDDEN.search(text)
    if bad:
        line, column = _place(text[:bad.start()])
        raise ConfigError([Problem(name, line, column, "",
                                   f"The control character U+{ord(bad.group()):04X} does not belong in a "
                                   "text file.", "Take it away.")])
    return text


def _place(before: str) -> tuple[int, int]:
    """Give line and column, from 1, of what follows this text."""
    return before.count("\n") + 1, len(before) - before.rfind("\n")


def _is_empty(root: Node) -> bool:
    """`~`, `null` and nothing at all are all an empty file."""
    return root.kind == "scalar" and not root.style and scalar(root.value) is None


class _Builder:
    """Nodes to plain values; recursion is bounded by the composer's depth limit."""

    def __init__(self, name: str, env: Mapping[str, str]) -> None:
        self.name, self.env = name, env
        self.problems: list[Problem] = []
        self.references: dict[Path, tuple[str, ...]] = {}

    def build(self, node: Node, path: Path) -> Any:
        place, node = node, node.real()
        if node.kind == "mapping":
            return {key.value: self.build(value, (*path, key.value)) for key, value in node.pairs.values()}
        if node.kind == "sequence":
            return [self.build(item, (*path, index)) for index, item in enumerate(node.items)]
        value = self._fill(node, path, place) if "${" in node.value else node.value
        bad = FORBIDDEN.search(value)
        if bad:
            self._problem(place, path, f"The value holds the control character U+{ord(bad.group()):04X}.",
                          "Take it away.")
        if node.style or (value == "" and node.value):
            return value
        return scalar(value)

    def _fill(self, node: Node, path: Path, place: Node) -> str:
        """Give the scalar with `${NAME}` and `${NAME:-default}` filled in; `$${` is a plain `${`."""
        names: list[str] = []

        def one(match: re.Match[str]) -> str:
            if match.group() == "$${":
                return "${"
            named = _NAMED.fullmatch(match.group(1) or "")
            if named is None:
                self._problem(place, path, f"'{match.group()}' is not a reference.",
                              "Write ${NAME} or ${NAME:-default}, or $${ for a plain ${.")
                return ""
            name, default = named.groups()
            names.append(name)
            value = self.env.get(name) or default
            if value is None and name not in self.env:
                self._problem(place, path, f"The environment variable {name} is not set.",
                              f"Set {name}, or give a default: ${{{name}:-...}}.")
            return value or ""

        filled = _REFERENCE.sub(one, node.value)
        if names:
            self.references[path] = tuple(names)
        return filled

    def _problem(self, node: Node, path: Path, message: str, hint: str) -> None:
        self.problems.append(Problem(self.name, node.line + 1, node.column + 1, show(path), message, hint))
