"""How many people, companies or records hold something in a field of the tenant's own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from peewee import Case, fn

from core.data import scope
from core.data.access import granted, visible
from core.data.db import door, fetch, transaction
from core.data.people import Company, Person
from core.data.records import Record, note_removal

NOTHING = ("", "[]", "{}", "null", "false")


def holding(kind: str, names: Sequence[str]) -> dict[str, int]:
    """Count what holds something in each of these fields; asked once for all of them.

    `kind` is `person`, `company` or a kind of record; of an unknown one, or one that whoever asks does not see,
    nothing is told.
    """
    who = scope.current()
    known = who.registry.kinds.get(kind)
    if not names or (kind not in ("person", "company") and (
            known is None or granted(who, f"{known.plugin}.view") == "none")):
        return {}
    table: Any = {"person": Person, "company": Company}.get(kind, Record)
    counts = [fn.SUM(Case(None, [(_filled(table.fields[name]), 1)], 0)).alias(f"n{place}")
              for place, name in enumerate(names)]
    if table is Record:
        query = visible(kind, "view", *counts)
    else:
        query = door(table.select(*counts), table).where(table.tenant == who.tenant_id)
    row = fetch(query)[0]
    return {name: int(row[place] or 0) for place, name in enumerate(names)}


def stored(kinds: Sequence[str]) -> int:
    """Count the records of some kinds in the whole installation, whether their feature is there or not.

    For whoever runs it: a number is all that is told.
    """
    row = fetch(door(Record.select(fn.COUNT(Record.id).alias("n")), Record).where(Record.kind.in_(list(kinds))))
    return int(row[0].n) if kinds else 0


def take_away(kinds: Sequence[str], most: int) -> int:
    """Remove records of some kinds of this tenant for good, at most so many; give how many there were."""
    who = scope.current()
    with transaction():
        ids = [row.id for row in fetch(door(Record.select(Record.id), Record).where(
            Record.tenant == who.tenant_id, Record.kind.in_(list(kinds))).limit(most))]
        if ids:
            door(Record.delete(), Record).where(Record.tenant == who.tenant_id, Record.id.in_(ids)).execute()
        for kind in kinds if ids else ():
            note_removal(kind)
    return len(ids)


def _filled(answer: Any) -> Any:
    said = answer.as_text()
    return said.is_null(False) & said.not_in(NOTHING)
