"""What programs are told of a record, the same by the API and in exports: documented fields only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from core.data import scope
from core.data.records import label
from core.parts import Kind


def stamp(moment: datetime | None) -> str | None:
    """Write a moment as programs read it (RFC 3339, UTC)."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ") if moment else None


def shapes(kind: Kind, rows: Sequence[Any], names: Mapping[int, str]) -> list[dict[str, Any]]:
    """Give what is said about the records of a list, asking once for what they all need."""
    known = (kind.ahead(rows),) if kind.ahead is not None else ()
    return [shape(kind, row, names, *known, brief=True) for row in rows]


def shape(kind: Kind, row: Any, names: Mapping[int, str], *known: Any, brief: bool = False) -> dict[str, Any]:
    """Give what is said about a record; `names` are people's by internal key. `brief`: as one of a list."""
    told: dict[str, Any] = {
        "number": label(kind, row.number), "title": row.title, "state": row.state, "category": row.category,
        "created": stamp(row.created), "changed": stamp(row.changed if scope.current().is_staff else row.touched),
        "requester": names.get(row.person_id or 0), "fields": row.fields or {}}
    said = kind.brief if brief and kind.brief is not None else kind.shape
    if said is not None:
        told |= said(row, *known)
    return told
