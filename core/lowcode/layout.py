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
    """Some fields under one heading: short ones as facts, long ones as text, rows as tables."""

    title: str
    facts: tuple[tuple[str, Any], ...] = ()
    texts: tuple[tuple[str, Any], ...] = ()
    tables: tuple[Table, ...] = ()

    @property
    def full(self) -> bool:
        """Say whether there is anything in it."""
        return bool(self.facts or self.texts or self.tables)


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
    rest = maker.block("", loose)
    middle = [block for side, block in blocks if not side]
    middle += [Block(title, texts=((title, text),)) for title, text in rest.texts]
    middle += [Block(table.label, tables=(table,)) for table in rest.tables]
    return Layout(tuple(block for block in middle if block.full), rest.facts,
                  tuple(block for side, block in blocks if side and block.full))


@dataclass(frozen=True)
class _Maker:
    """Writes fields of one record as a page shows them."""

    values: Mapping[str, Any]
    files: Mapping[str, Any]
    links: Mapping[tuple[str, str], references.Link]

    def block(self, title: str, fields: Iterable[Field]) -> Block:
        """Make the block of some fields that hold something."""
        facts: list[tuple[str, Any]] = []
        texts: list[tuple[str, Any]] = []
        tables: list[Table] = []
        for field in fields:
            if field.widget == "rows":
                tables.append(self.table(field, self.values[field.name]))
                continue
            told = (say(field.label), shown(field, self.values[field.name], self.files, self.links))
            (texts if field.widget == "longtext" else facts).append(told)
        return Block(title, tuple(facts), tuple(texts), tuple(tables))

    def table(self, field: Field, rows: Any) -> Table:
        """Write the rows of a field; columns in which nothing stands are left out."""
        known = [row for row in rows if isinstance(row, Mapping)] if isinstance(rows, list) else []
        columns = [one for one in field.children if any(row.get(one.key) not in EMPTY for row in known)]
        heads = tuple((say(one.label), "number") if one.widget in FIGURES else say(one.label) for one in columns)
        return Table(say(field.label), heads, tuple(
            tuple(shown(one, row.get(one.key), self.files, self.links) for one in columns) for row in known))
