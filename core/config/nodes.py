"""YAML text to nodes that know their places: iterative, within limits; no tag is run, no type resolved."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import yaml

from core.errors import Problem

MAX_DEPTH = 64
MAX_ALIASED = 10_000
"""How many nodes all aliases of one document may stand for together; an alias bomb needs millions."""

MAX_PROBLEMS = 100

HINT = "Look at the quotes, brackets and indentation of this line and the one above."


@dataclass(slots=True, eq=False)
class Node:
    """One value as it stands in the text.

    `start` and `end` are offsets in code points, as the parser gives them; `last` is where its content really
    ends (the parser lets block values run on to the next token). `line` and `column` count from 0. `style` is
    "" for a plain scalar, one of ' " | > for the others, "flow" or "block" for mappings and sequences.
    """

    kind: str
    start: int
    end: int
    line: int
    column: int
    value: str = ""
    style: str = ""
    pairs: dict[str, tuple[Node, Node]] = field(default_factory=dict)
    items: list[Node] = field(default_factory=list)
    target: Node | None = None
    last: int = 0
    size: int = 1
    height: int = 0

    def real(self) -> Node:
        """Give what an alias stands for; any other node is itself."""
        return self.target or self

    def child(self, step: str | int) -> tuple[Node | None, Node] | None:
        """Give the key (None in a sequence) and value behind one step of a path, or None."""
        node = self.real()
        if isinstance(step, int):
            inside = node.kind == "sequence" and 0 <= step < len(node.items)
            return (None, node.items[step]) if inside else None
        return node.pairs.get(step)


class _Stopped(Exception):  # noqa: N818 - not a failure: reading further would only cost time
    """A limit was passed."""


class Composer:
    """Builds the nodes of one document; `problems` holds all mistakes met on the way."""

    def __init__(self, text: str, name: str) -> None:
        self.text, self.name = text, name
        self.problems: list[Problem] = []
        self.root: Node | None = None
        self._open: list[Node] = []
        self._keys: list[Node | None] = []
        self._anchors: dict[str, Node] = {}
        self._aliased = 0
        self._documents = 0

    def run(self) -> Node | None:
        """Read all events. The root is None for a text without any value."""
        loader = yaml.CSafeLoader(self.text)
        try:
            while loader.check_event():
                self._event(loader.get_event())
        except yaml.MarkedYAMLError as error:
            self._syntax(error)
        except yaml.YAMLError as error:
            reason = str(error).splitlines()[0]
            self.problems.append(Problem(self.name, 0, 0, "", f"This is not YAML: {reason}."))
        except _Stopped:
            self.root = None
        finally:
            loader.dispose()
        return self.root

    def _event(self, event: Any) -> None:
        if isinstance(event, yaml.DocumentStartEvent):
            self._documents += 1
            if self._documents > 1:
                self._problem(event, "A second document starts here ('---'); one file holds one document.")
                raise _Stopped
        elif isinstance(event, yaml.AliasEvent):
            self._add(self._alias(event))
        elif isinstance(event, yaml.NodeEvent):
            self._add(self._node(event), event.anchor)
        elif isinstance(event, yaml.CollectionEndEvent):
            self._close(event)

    def _node(self, event: Any) -> Node:
        mark, end = event.start_mark, event.end_mark
        if event.tag is not None:
            self._problem(event, f"Tags such as '{event.tag[:60]}' are not known here.", "Take the tag away.")
        if isinstance(event, yaml.ScalarEvent):
            node = Node("scalar", mark.index, end.index, mark.line, mark.column, event.value,
                        event.style or "", last=end.index)
            if node.style in ("|", ">"):
                node.last = mark.index + len(self.text[mark.index:end.index].rstrip())
            return node
        kind = "mapping" if isinstance(event, yaml.MappingStartEvent) else "sequence"
        style = "flow" if event.flow_style else "block"
        return Node(kind, mark.index, end.index, mark.line, mark.column, style=style)

    def _alias(self, event: Any) -> Node:
        mark = event.start_mark
        end = event.end_mark.index
        node = Node("alias", mark.index, end, mark.line, mark.column, last=end)
        target = self._anchors.get(event.anchor)
        if target is None or target in self._open:
            cause = "is defined nowhere above" if target is None else "stands for something that holds itself"
            self._problem(event, f"The alias '*{event.anchor}' {cause}.")
            return node
        self._aliased += target.size
        if self._aliased > MAX_ALIASED:
            self._problem(event, f"The aliases here stand for more than {MAX_ALIASED} values.")
            raise _Stopped
        self._deep_enough(event, len(self._open) + target.height)
        node.target, node.size, node.height = target, target.size, target.height
        return node

    def _add(self, node: Node, anchor: str | None = None) -> None:
        if self._open:
            self._attach(self._open[-1], node)
        else:
            self.root = node
        if anchor:
            self._anchors[anchor] = node
        if node.kind in ("mapping", "sequence"):
            self._open.append(node)
            self._keys.append(None)
            self._deep_enough(node, len(self._open))

    def _attach(self, parent: Node, node: Node) -> None:
        key = self._keys[-1]
        if parent.kind == "sequence":
            parent.items.append(node)
        elif key is None:
            self._keys[-1] = node
            self._key(parent, node)
        else:
            self._keys[-1] = None
            if key.kind == "scalar":
                parent.pairs.setdefault(key.value, (key, node))

    def _key(self, parent: Node, key: Node) -> None:
        if key.kind != "scalar":
            self._problem(key, "A key has to be one word, not a group, a list or an alias.")
        elif not key.value:
            self._problem(key, "A key is missing before this ':'.")
        elif key.value == "<<" and not key.style:
            self._problem(key, "Merge keys ('<<') are not known here.", "Write the keys out.")
        elif key.value in parent.pairs:
            first = parent.pairs[key.value][0]
            self._problem(key, f"'{key.value[:60]}' stands here a second time; the first is in line "
                               f"{first.line + 1}.", "Keep one of them.")

    def _close(self, event: Any) -> None:
        node = self._open.pop()
        self._keys.pop()
        children = node.items or [part for pair in node.pairs.values() for part in pair]
        node.end = event.end_mark.index
        node.last = node.end if node.style == "flow" else max((c.last for c in children), default=node.start)
        node.size = 1 + sum(child.size for child in children)
        node.height = 1 + max((child.height for child in children), default=0)

    def _deep_enough(self, place: Any, depth: int) -> None:
        if depth > MAX_DEPTH:
            self._problem(place, f"This is nested deeper than {MAX_DEPTH} levels.")
            raise _Stopped

    def _problem(self, place: Any, message: str, hint: str = "") -> None:
        if len(self.problems) >= MAX_PROBLEMS:
            raise _Stopped
        mark = getattr(place, "start_mark", place)
        self.problems.append(Problem(self.name, mark.line + 1, mark.column + 1, "", message, hint))

    def _syntax(self, error: yaml.MarkedYAMLError) -> None:
        mark = error.problem_mark or error.context_mark
        self.root = None
        context = f" {error.context}" if error.context else ""
        message = f"This is not YAML: {error.problem}{context}."
        line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
        self.problems.append(Problem(self.name, line, column, "", message, HINT))
