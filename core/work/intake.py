"""An import that somebody began in the browser: first looked through, then carried out, each row once."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from core.data import audit, files, scope
from core.data.access import feature_on, granted
from core.data.db import transaction
from core.data.errands import CHECKED, DONE
from core.errors import Refused
from core.look.i18n import gettext as _
from core.parts import Import
from core.work import bulk, plans, tables
from core.work.errands import Turn, finish
from core.work.imports import Run, Settled

SHOWN = 10
"""Rows that a preview shows as they would become."""

NOTED = 1000
"""Rows left out or failed that a preview lists; the counts hold all of them."""

LONG_LOOK = 180.0
"""Seconds a preview may take in one go."""

WORDS = ("created", "updated", "unchanged", "skipped", "failed")


def permission_of(part: Import) -> str:
    """Name what whoever imports a kind must be allowed to do."""
    return "people.manage" if part.plugin == "host" else f"{part.plugin}.create"


def possible() -> list[Import]:
    """Give the kinds whoever asks may import, by name."""
    who = scope.current()
    return [part for part in who.registry.imports.values() if _may(part)]


def _may(part: Import) -> bool:
    who = scope.current()
    on = part.plugin == "host" or feature_on(who, part.plugin)
    return on and granted(who, "transfer.import") == "all" and granted(who, permission_of(part)) == "all"


@contextmanager
def opened(row: Any) -> Iterator[Path]:
    """Give the file somebody brought, under its own name, until the block ends."""
    with tempfile.TemporaryDirectory(prefix="parlour-import-") as folder:
        path = Path(folder) / Path(row.title).name
        with files.here().open(row.source) as source, path.open("wb") as copy:
            shutil.copyfileobj(source, copy, files.PIECE)
        yield path


def perform(turn: Turn) -> None:
    """Do one slice. Raises Again where there is more, Lost where it was stopped, Refused where it may not be."""
    who, row = scope.current(), turn.row
    part = who.registry.imports.get(row.subject)
    if part is None or not _may(part):
        raise Refused(_("You may not import this any more."))
    if turn.checking:
        turn.until = time.monotonic() + LONG_LOOK
    plan = {**row.plan, "by": plans.finders(who.registry.imports, part)}
    with opened(row) as path:
        run = Run(plans.mapping(part, plan, f"import:{row.public_id}"), path, [path], who.registry.imports,
                  ledger=_Ledger(turn), extra={"staff": bool(plan.get("staff")), "careful": True})
        try:
            run.go()
        finally:
            run.close()
    if turn.checking:
        finish(row, CHECKED)
        return
    with transaction():
        audit.record_act("import.run", row.title, kind=part.name, **{
            word: sum(n for name, n in turn.counts.items() if name.endswith(f".{word}")) for word in WORDS})
        finish(row, DONE)


class _Ledger:
    """Keeps what became of rows in their own transactions, as the errand's counts and findings."""

    def __init__(self, turn: Turn) -> None:
        self.turn, self.rehearsal = turn, turn.checking
        self._next: tuple[int, dict[str, int]] = (turn.place, turn.counts)
        self._samples = turn.place
        self._beside: set[tuple[str, str]] = set()
        self._noted = sum(turn.counts.get(f"noted.{word}", 0) for word in ("failed", "skipped"))

    def before(self, _place: int) -> int:
        """Say how many rows are settled already."""
        return self.turn.place

    def keep(self, _place: int, rows: int, settled: Sequence[Settled]) -> None:
        """Keep what became of some rows, in the transaction at hand."""
        counts, found = dict(self.turn.counts), []
        for one in settled:
            if not self.rehearsal and one.outcome in ("created", "updated"):
                _log(one, self.turn.row)
            if self.rehearsal and one.item is None and (one.name, one.reasons[0][1]) in self._beside:
                continue  # made once, by the first row that needs it
            if self.rehearsal and one.item is None:
                self._beside.add((one.name, one.reasons[0][1]))
            name = f"{one.name}.{one.outcome}"
            counts[name] = counts.get(name, 0) + 1
            found += self._notes(one)
        self._next = (self.turn.place + rows, counts)
        self.turn.keep(*self._next, found)

    def _notes(self, one: Settled) -> list[dict[str, Any]]:
        place = {"name": one.name, "line": one.cells.line}
        key = one.item.key if one.item else ""
        bad = one.outcome in ("failed", "skipped")
        found: list[dict[str, Any]] = []
        if self.rehearsal and one.item is not None and self._samples < SHOWN:
            self._samples += 1
            found.append({**place, "outcome": "sample", "reason": one.outcome, "before": one.item.values})
        if self.rehearsal:
            self._noted += bad
            if not bad or self._noted > NOTED:
                return found
        if bad:
            return [*found, *({**place, "outcome": one.outcome, "column": column, "reason": reason, "subject": key}
                              for column, reason in one.reasons)]
        return [*found, {**place, "outcome": one.outcome, "subject": key, "reason": one.reasons[0][1]}]

    def kept(self) -> None:
        """Know that the transaction is committed, and let others have a turn. Raises Again."""
        self.turn.kept(*self._next)
        self.turn.rest()


def _log(one: Settled, run: Any) -> None:
    """Write down which person, company or record a row became, or brought along, with the row itself."""
    who, of = scope.current(), one.name.rpartition(".")[2]
    part, key = who.registry.imports.get(of), one.item.key if one.item else ""
    if one.item is None and part is not None and "name" in part.match:
        key = str(part.match["name"](one.reasons[0][1]) or "")
    if part is None or not key:
        return
    known = of in ("person", "company") or of in who.registry.kinds
    row = bulk.look(of, [int(key)]).get(int(key)) if known else None
    if row is not None:
        bulk.log_one(f"import.{one.outcome}", of, row, run)
    else:
        values = one.item.values if one.item else {}
        audit.record_act(f"import.{one.outcome}", f"{of} {key}", name=str(values.get("name") or values.get("title")
                         or f"{of} {key}"), run=run.public_id)


def failed_rows(row: Any, lines: Mapping[int, list[str]]) -> Iterator[list[str]]:
    """Give the rows at some lines as they stand in the file, the header first, each with why at its end."""
    plan = row.plan
    with opened(row) as path, path.open("rb") as handle:
        yield [*plan["columns"], _("Why")]
        for cells in tables.read(path, handle, encoding=plan["encoding"], delimiter=plan["delimiter"]):
            if cells.line in lines:
                values = [str(cells.values.get(name, "")) for name in plan["columns"]]
                yield [*values, "; ".join(lines[cells.line])]
