"""The page of a module's record laid out: sections as its YAML says, rows as tables, all else at the side."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from core.data import scope
from core.lowcode.computing import live
from core.lowcode.display import EMPTY, shown
from core.lowcode.flow import SIGNED
from core.lowcode.listing import FIGURES, referred
from core.lowcode.module import Module
from core.web import references
from core.web.fields import Field
from core.web.texts import say


@dataclass(frozen=True)
class Table:
    """Rows of a field: heads as a table takes them, and the cells."""

    label: str
    heads: tuple[Any, ...]
    rows: tuple[tuple[Any, ...], ...]


@dataclass(frozen=True)
class Block:
    """Some fields under one heading, in their order.

    Each part is ("facts", short ones that follow each other), ("text", (label, a long one)) or ("table", rows).
    """

    title: str
    parts: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=True)
class Layout:
    """What a page shows of a record's fields: blocks in the middle, facts and blocks at the side."""

    middle: tuple[Block, ...]
    facts: tuple[tuple[str, Any], ...]
    side: tuple[Block, ...]


def of(module: Module, record: Any, files: Mapping[str, Any]) -> Layout:
    """Lay a record out for whoever asks; `files` maps public identifiers of files to rows."""
    fresh = live(module.fields.values(), module.data.plan.fresh(record.fields or {}))
    values = module.seen(fresh, staff=scope.current().is_staff, state=record.state)
    held = {name: field for name, field in module.fields.items()
            if values.get(name) not in EMPTY and not field.schema.get(SIGNED) and name != module.headline}
    links = references.told(referred(held.values(), values))
    maker = _Maker(values, files, links)
    named = {name for section in module.data.sections for name in section.fields}
    blocks = [(section.side, maker.block(say(section.title), [
        held[name] for name in section.fields if name in held])) for section in module.data.sections]
    loose = [field for name, field in held.items() if name not in named]
    rest = maker.block("", loose).parts
    middle = [block for side, block in blocks if not side]
    middle += [Block(inner[0] if kind == "text" else inner.label, ((kind, inner),))
               for kind, inner in rest if kind != "facts"]
    facts = tuple(fact for kind, inner in rest if kind == "facts" for fact in inner)
    return Layout(tuple(block for block in middle if block.parts), facts,
                  tuple(block for side, block in blocks if side and block.parts))


@dataclass(frozen=True)
class _Maker:
    """Writes fields of one record as a page shows them."""

    values: Mapping[str, Any]
    files: Mapping[str, Any]
    links: Mapping[tuple[str, str], references.Link]

    def block(self, title: str, fields: Iterable[Field]) -> Block:
        """Make the block of some fields that hold something."""
        parts: list[tuple[str, Any]] = []
        for field in fields:
            if field.widget == "rows":
                parts.append(("table", self.table(field, self.values[field.name])))
                continue
            told = (say(field.label), shown(field, self.values[field.name], self.files, self.links))
            if field.widget == "longtext":
                parts.append(("text", told))
            elif parts and parts[-1][0] == "facts":
                parts[-1] = ("facts", [*parts[-1][1], told])
            else:
                parts.append(("facts", [told]))
        return Block(title, tuple(parts))

    def table(self, field: Field, rows: Any) -> Table:
        """Write the rows of a field; columns in which nothing stands are left out."""
        known = [row for row in rows if isinstance(row, Mapping)] if isinstance(rows, list) else []
        columns = [one for one in field.children if any(row.get(one.key) not in EMPTY for row in known)]
        heads = tuple((say(one.label), "number") if one.widget in FIGURES else say(one.label) for one in columns)
        return Table(say(field.label), heads, tuple(
            tuple(shown(one, row.get(one.key), self.files, self.links) for one in columns) for row in known))
