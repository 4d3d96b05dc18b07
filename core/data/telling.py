"""The audit log as a file: CSV for tables, JSON lines for programs, a piece at a time, whoever is waiting."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from typing import Any

from core.data import directory, scope
from core.data.audit import Sought, acts
from core.data.db import settle

PIECE = 500
COLUMNS = ("place", "created", "actor", "actor_id", "act", "subject", "subject_name", "channel", "details",
           "chain")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def pieces(sought: Sought, form: str) -> Iterator[str]:
    """Give the acts that fit, newest first, as text of `form` "csv" or "jsonl".

    It goes on reading after the request is over, for the tenant and person it began with.
    """
    who = scope.current()
    write: Callable[[dict[str, Any]], str] = _csv if form == "csv" else _json

    def read(before: int | None) -> list[Any]:
        with scope.enter(who):
            rows = acts(PIECE, before=before, sought=sought)
            names = directory.names_of(row.subject for row in rows)
        return [(row, names.get(row.subject, "")) for row in rows]

    def run() -> Iterator[str]:
        try:
            before = None
            yield _line(COLUMNS) if form == "csv" else ""
            while found := read(before):
                yield "".join(write(_told(row, name)) for row, name in found)
                before = found[-1][0].place
        finally:
            settle()

    return run()


def _told(row: Any, name: str) -> dict[str, Any]:
    return dict(row._asdict()) | {"created": row.created.isoformat(), "subject_name": name}


def _json(one: dict[str, Any]) -> str:
    return json.dumps({key: one[key] for key in COLUMNS}, ensure_ascii=False) + "\n"


def _csv(one: dict[str, Any]) -> str:
    told = one | {"details": json.dumps(one["details"], ensure_ascii=False, sort_keys=True)}
    return _line(tuple(safe(str(told[key])) for key in COLUMNS))


def safe(text: str) -> str:
    """Keep a text from being a formula where a table is opened (OWASP CSV injection)."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def _line(cells: tuple[str, ...]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerow(cells)
    return text.getvalue()
