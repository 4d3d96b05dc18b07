"""An import at work: rows are read, shaped, checked and written in small transactions, each row once."""

from __future__ import annotations

import hashlib
import json
import logging
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from peewee import DataError, IntegrityError, InterfaceError, OperationalError

from core.data import aliases
from core.data.db import transaction
from core.data.spill import Spill
from core.errors import Invalid, ParlourError
from core.parts import Import
from core.work import mapping, shaping
from core.work.files import Files, locate
from core.work.lookups import Lookups
from core.work.mapping import Mappings, Nested, Step
from core.work.shaping import LINE, Item
from core.work.tables import Cells

log = logging.getLogger("parlour.import")
BATCH = 200
"""Rows that are shaped at a time, outside of any transaction."""

BATCH_TEXT = 2_000_000
"""Characters of text after which a batch is full, however few rows it has."""

HOLD = 0.25
"""Seconds after which a transaction is committed: the people in the portal write, too."""

PAUSE = 0.01
"""Seconds between two transactions, so that whoever waits gets a turn."""

KEPT = "It is here already and stays as it is."


@dataclass
class Counts:
    """What became of the rows of one step: `read` is the sum of the others."""

    step: str
    read: int = 0
    created: int = 0
    updated: int = 0
    skipped: int = 0
    failed: int = 0
    unchanged: int = 0

    def add(self, word: str) -> None:
        """Count one row."""
        self.read += 1
        if word == "unchanged":
            self.unchanged += 1
            word = "skipped"
        setattr(self, word, getattr(self, word) + 1)


@dataclass(frozen=True)
class Settled:
    """What became of one row, or of one nested in it: `reasons` are (column, why), `item` is the row's own."""

    name: str
    cells: Cells
    outcome: str
    reasons: Sequence[tuple[str, str]]
    item: Item | None = None


class Ledger(Protocol):
    """Who keeps, with the rows' own transactions, what became of them: an import that goes on after a crash."""

    rehearsal: bool
    """Whether every transaction is taken back: what would happen, and nothing does."""

    def before(self, place: int) -> int:
        """Say how many rows of a step are settled already."""

    def keep(self, place: int, rows: int, settled: Sequence[Settled]) -> None:
        """Keep what became of some rows; in their transaction, after it in a rehearsal."""

    def kept(self) -> None:
        """Know that the transaction is committed; may raise to stop here."""


class _TakenBack(Exception):  # noqa: N818 - it is no error
    """Takes a rehearsal's transaction back."""


class Run:
    """One import of one mapping for the current tenant."""

    def __init__(self, content: bytes, path: Path, given: Sequence[Path], parts: Mapping[str, Import],
                 progress: Callable[[str, int, float], None] | None = None, ledger: Ledger | None = None,
                 extra: Mapping[str, Any] | None = None) -> None:
        """Read the mapping and find its files; `extra` goes to every target with the row.

        Raises ConfigError and ParlourError before any row is read.
        """
        self.parts, self.progress = parts, progress or (lambda _step, _rows, _share: None)
        self.ledger, self.extra = ledger, dict(extra or {})
        self.spill = Spill()
        self.lookups = Lookups(self.spill, parts)
        self.map: Mappings = mapping.read(content, path.name, tuple(sorted(parts)), self.lookups.find,
                                          self.lookups.assign)
        self.files = Files(self.map, locate(self.map, path.parent, given), self.spill)
        self.lookups.rules, self.lookups.rows = self.map.rules, self.files.joined
        self.schemas = shaping.schemas(self.map, parts)
        shaping.check_columns(self.map, self.files)
        self.counts: dict[str, Counts] = {}

    def go(self) -> None:
        """Import everything. Rows that fail are noted; what breaks the whole import is raised."""
        for place, step in enumerate(self.map.steps):
            self._step(place, step)

    def close(self) -> None:
        """Throw away what was only needed meanwhile."""
        self.spill.close()

    def _count(self, name: str) -> Counts:
        return self.counts.setdefault(name, Counts(name))

    def _step(self, place: int, step: Step) -> None:
        self._count(step.kind)
        for nested in step.nested:
            self._count(f"{step.kind}.{nested.field}")
            self._shelve(place, step, nested)
        batch: list[Item] = []
        size, settled = 0, self.ledger.before(place) if self.ledger else 0
        for number, (cells, share) in enumerate(self.files.rows(step.source)):
            item = self._prepare(place, step, cells)
            if number < settled:
                continue  # it is looked at all the same: later rows may repeat its id
            batch.append(item)
            size += item.weight
            if len(batch) >= BATCH or size >= BATCH_TEXT:
                self._write(place, step, batch)
                batch, size = [], 0
                self.progress(step.kind, self._count(step.kind).read, share)
        self._write(place, step, batch)
        self.progress(step.kind, self._count(step.kind).read, 1.0)
        for nested in step.nested:
            if nested.source:
                self._orphans(place, step, nested)

    def _shelve(self, place: int, step: Step, nested: Nested) -> None:
        """Put the rows of a nested source on a shelf, by the key of the row they belong to."""
        if not nested.source:
            return
        for cells, _share in self.files.rows(nested.source):
            if cells.wrong:
                self._done(f"{step.kind}.{nested.field}", cells, "failed", [(cells.column, cells.wrong)])
                continue
            key = shaping.as_text(nested.key.call(self.files.beside(nested.source, cells.values)))
            self.spill.keep(_shelf(place, nested), key, cells.file, cells.line, cells.values)

    def _orphans(self, place: int, step: Step, nested: Nested) -> None:
        for file, line, key in self.spill.left(_shelf(place, nested)):
            self._done(f"{step.kind}.{nested.field}", Cells(file, line, {}), "failed",
                       [("", f"There is no row '{key}' in {step.source} that it could belong to.")])

    def _prepare(self, place: int, step: Step, cells: Cells) -> Item:
        row = {**self.files.beside(step.source, cells.values), LINE: cells.line}
        item = Item(cells, wrong=[(cells.column, cells.wrong)] if cells.wrong else [])
        if not cells.wrong:
            shaping.shape(item, step.shape, row, self.schemas[step.kind], step.match)
        if item.external and not item.reason and not item.wrong \
                and not self.spill.add_word(f"seen:{place}", item.external):
            if step.once:
                item.reason = "An earlier row has the same id."
            else:
                item.wrong.append(("", f"An earlier row has the id '{item.external}' already."))
        for nested in step.nested:
            item.nested[nested.field] = self._children(place, step, nested, row, cells)
        return item

    def _children(self, place: int, step: Step, nested: Nested, row: Mapping[str, Any],
                  parent: Cells) -> list[Item]:
        children = []
        for cells in self._rows_within(place, nested, row, parent):
            child = Item(cells, wrong=[(cells.column, cells.wrong)] if cells.wrong else [])
            if not cells.wrong:
                beside = self.files.beside(nested.source, cells.values) if nested.source else dict(cells.values)
                shaping.shape(child, nested.shape, beside | {"parent": row, LINE: cells.line},
                              self.schemas[f"{step.kind}.{nested.field}"])
            children.append(child)
        return children

    def _rows_within(self, place: int, nested: Nested, row: Mapping[str, Any], parent: Cells) -> Iterator[Cells]:
        if nested.source:
            key = shaping.as_text(nested.by.call(row))
            if self.spill.take(_shelf(place, nested), key):
                for file, line, values in self.spill.under(_shelf(place, nested), key):
                    yield Cells(file, line, values)
            return
        found = shaping.within(row, nested.inside)
        for inner in found if isinstance(found, list) else ():
            wrong = "" if isinstance(inner, dict) else f"Each entry of '{nested.inside}' is one object in braces."
            yield Cells(parent.file, parent.line, inner if isinstance(inner, dict) else {}, wrong)

    def _write(self, place: int, step: Step, batch: list[Item]) -> None:
        waiting = deque(batch)
        while waiting:
            written = self._rehearsed(step, waiting) if self.ledger and self.ledger.rehearsal else \
                self._written(place, step, waiting)
            for one in (one for item in written for one in self._settled(step, item)):  # what is committed counts
                self._done(one.name, one.cells, one.outcome, one.reasons)
            if self.ledger:
                if self.ledger.rehearsal:
                    with transaction():
                        self.ledger.keep(place, len(written), self._all_settled(step, written))
                self.ledger.kept()
            time.sleep(PAUSE)

    def _written(self, place: int, step: Step, waiting: deque[Item]) -> list[Item]:
        written: list[Item] = []
        with transaction():
            self._some(step, waiting, written)
            if self.ledger:
                self.ledger.keep(place, len(written), self._all_settled(step, written))
        return written

    def _rehearsed(self, step: Step, waiting: deque[Item]) -> list[Item]:
        written: list[Item] = []
        with suppress(_TakenBack), transaction():
            self._some(step, waiting, written)
            raise _TakenBack
        return written

    def _some(self, step: Step, waiting: deque[Item], written: list[Item]) -> None:
        began = time.monotonic()
        while waiting and (not written or time.monotonic() - began < HOLD):
            item = waiting.popleft()
            self._store(step, item)
            written.append(item)

    def _all_settled(self, step: Step, written: list[Item]) -> list[Settled]:
        return [one for item in written for one in self._settled(step, item)]

    def _store(self, step: Step, item: Item) -> None:
        """Write one row with all that is nested in it, in a savepoint: all of it or nothing."""
        if item.reason or item.wrong:
            return
        try:
            with transaction():
                self._take(step, item)
        except Invalid as error:
            item.wrong = [(shaping.column_of(step.shape, one.path), one.message) for one in error.errors]
        except ParlourError as error:
            item.wrong = [("", f"{error} {error.hint}".strip() or error.code)]
        except (IntegrityError, DataError) as error:
            item.wrong = [("", f"The database refuses it: {str(error).strip()}")]
        except (OperationalError, InterfaceError):
            raise
        except Exception as error:
            log.exception("the plugin behind '%s' failed", step.kind)
            item.wrong = [("", f"The plugin behind '{step.kind}' failed: {type(error).__name__}: {error}")]

    def _take(self, step: Step, item: Item) -> None:
        row, same = self._matched(step, item) if step.match else _compared(
            item, aliases.known(step.kind, item.external))
        if row["known"] and step.existing != "update":
            self._leave(step, item, int(row["known"]))
            return
        fresh: dict[str, list[Item]] = {}
        for nested in step.nested:
            children = [child for child in item.nested[nested.field] if not child.reason and not child.wrong]
            before = aliases.known_all(f"{step.kind}.{nested.field}", (child.external for child in children))
            rows = []
            for child in children:
                inner, child_same = _compared(child, before.get(child.external))
                child.word = "unchanged" if child_same else ""
                if not child_same:
                    fresh.setdefault(nested.field, []).append(child)
                    rows.append(inner)
            row[nested.field] = rows
        if same and not fresh:
            item.word = "unchanged"
            return
        row["beside"] = item.beside = []
        row |= self.extra
        word, internal, *results = self.parts[step.kind].call(row)
        item.word = "unchanged" if same else word
        item.reason = KEPT if item.word == "skipped" else ""
        item.key = str(internal)
        if not step.match:
            aliases.remember(step.kind, item.external, str(internal), item.digest)
        for field, children in fresh.items():
            for child, (child_word, child_internal) in zip(children, results[0][field], strict=True):
                child.word, child.key = child_word, str(child_internal)
                child.reason = KEPT if child_word == "skipped" else ""
            aliases.remember_all(f"{step.kind}.{field}", [
                (child.external, child.key, child.digest)
                for child in {child.external: child for child in children}.values()])

    def _matched(self, step: Step, item: Item) -> tuple[dict[str, Any], bool]:
        """Give a row with the key of what is here already with its value in the field that counts."""
        value = shaping.as_text(item.values.get(step.match))
        key = self.parts[step.kind].match[step.match](value) if value else None
        known = None if key is None else str(key)
        return {**item.ready, "external_id": "", "known": known, "changed": True}, False

    def _leave(self, step: Step, item: Item, key: int) -> None:
        """Leave what is here already as it is."""
        item.word, item.reason, item.key = "skipped", KEPT, str(key)
        if step.existing == "fail":
            item.wrong = [(shaping.column_of(step.shape, step.match), "It is here already.")]

    def _settled(self, step: Step, item: Item) -> Iterator[Settled]:
        """Say what became of a row and of what is nested in it."""
        outcome = "failed" if item.wrong else "skipped" if item.reason else item.word
        yield Settled(step.kind, item.cells, outcome, item.wrong or [("", item.reason)], item)
        for part, word, why in item.beside if outcome != "failed" else ():
            self._count(f"{step.kind}.{part}")
            yield Settled(f"{step.kind}.{part}", item.cells, word, [("", why)])
        for field, children in item.nested.items():
            for child in children:
                fate, why = outcome, f"The {step.kind} it belongs to was not imported."
                if child.wrong or outcome not in ("failed", "skipped"):
                    fate = "failed" if child.wrong else "skipped" if child.reason else child.word
                    why = child.reason
                yield Settled(f"{step.kind}.{field}", child.cells, fate, child.wrong or [("", why)])

    def _done(self, name: str, cells: Cells, outcome: str, reasons: Sequence[tuple[str, str]]) -> None:
        self._count(name).add(outcome)
        if outcome in ("failed", "skipped"):
            for column, reason in reasons:
                self.spill.note(outcome, name, cells.file, cells.line, column, reason)


def _shelf(place: int, nested: Nested) -> str:
    return f"nested:{place}:{nested.field}"


def _compared(item: Item, before: Any) -> tuple[dict[str, Any], bool]:
    """Give a row as its target gets it, and whether it is exactly what was imported `before`."""
    plain = json.dumps(item.values, sort_keys=True, ensure_ascii=False)
    item.digest = hashlib.sha256(plain.encode()).hexdigest()[:32]
    same = before is not None and before.digest == item.digest
    return {**item.ready, "external_id": item.external, "known": before.internal if before else None,
            "changed": not same}, same
