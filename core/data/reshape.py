"""The shape that records of a kind were last brought into, per tenant, and rewriting what they hold.

Kinds whose records are written down in YAML change with it. The shape they were stored in is kept beside them, so
that what a change means for them can be told before anything is done.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from peewee import CharField, ForeignKeyField, JSONField, fn

from core.data import holding, scope
from core.data.db import TenantBase, db, door, fetch, first, is_sqlite, touch, transaction
from core.data.migrate import locked
from core.data.people import Tenant
from core.data.records import Record

PIECE = 300
"""Records that are rewritten in one transaction."""


class RecordShape(TenantBase):
    """The shape the records of a kind are stored in, and what of a newer one waits to be decided."""

    tenant = ForeignKeyField(Tenant, on_delete="CASCADE", index=False)
    kind = CharField()
    shape = JSONField(default=dict)
    waiting = JSONField(default=list)

    class Meta:
        """One per tenant and kind."""

        indexes = ((("tenant", "kind"), True),)


def known(kind: str) -> Any | None:
    """Give the shape of a kind's records in the tenant at hand (`shape`, `waiting`), None where none is kept."""
    return first(door(RecordShape.select(RecordShape.shape, RecordShape.waiting), RecordShape).where(
        RecordShape.tenant == scope.current().tenant_id, RecordShape.kind == kind))


def waiting() -> list[Any]:
    """Give everything that waits to be decided in the tenant at hand: rows of `kind`, `shape` and `waiting`."""
    columns = (RecordShape.kind, RecordShape.shape, RecordShape.waiting)
    rows = fetch(door(RecordShape.select(*columns), RecordShape).where(
        RecordShape.tenant == scope.current().tenant_id).order_by(RecordShape.kind))
    return [row for row in rows if row.waiting]


def gone(plugin: str, kinds: Iterable[str]) -> list[str]:
    """Name the kinds that a plugin had in the tenant at hand, and that are not among these any more."""
    rows = fetch(door(RecordShape.select(RecordShape.kind, RecordShape.shape), RecordShape).where(
        RecordShape.tenant == scope.current().tenant_id, RecordShape.kind.not_in(list(kinds))))
    return [row.kind for row in rows if row.shape.get("plugin") == plugin]


def held(kind: str, most: int) -> tuple[int, list[Any]]:
    """Give how many records of a kind there are in the tenant at hand, and the first of them: number and title."""
    mine = (Record.tenant == scope.current().tenant_id) & (Record.kind == kind)
    (row,) = fetch(door(Record.select(fn.COUNT(Record.id).alias("n")), Record).where(mine))
    some = fetch(door(Record.select(Record.number, Record.title), Record).where(mine).order_by(
        Record.number).limit(most))
    return int(row.n), some


def forget(kind: str) -> None:
    """Remove the records of a kind that nobody owns any more, some at a time, and its shape."""
    while holding.take_away([kind], PIECE):
        pass
    with transaction():
        door(RecordShape.delete(), RecordShape).where(
            RecordShape.tenant == scope.current().tenant_id, RecordShape.kind == kind).execute()


@contextmanager
def alone() -> Iterator[None]:
    """Let nobody else bring records into line meanwhile, in any process; no transaction is open before."""
    with locked(Path(db.obj.database).parent if is_sqlite() else Path()):
        yield


def keep(kind: str, shape: Mapping[str, Any], waits: list[Any]) -> None:
    """Keep the shape that a kind's records are in now, and what waits."""
    values = {"shape": dict(shape), "waiting": waits}
    with transaction():  # two may be the first to make a record of a kind
        door(RecordShape.insert(tenant=scope.current().tenant_id, kind=kind, **values).on_conflict(
            conflict_target=[RecordShape.tenant, RecordShape.kind],
            update={RecordShape.shape: values["shape"], RecordShape.waiting: values["waiting"]}),
            RecordShape).execute()


def pieces(kind: str) -> Iterator[list[Any]]:
    """Give all records of a kind in the tenant at hand, some at a time: key, number, state, fields, version."""
    last = 0
    while rows := fetch(door(Record.select(Record.id, Record.number, Record.state, Record.fields,
                                           Record.staff_version), Record).where(
            Record.tenant == scope.current().tenant_id, Record.kind == kind, Record.id > last).order_by(
            Record.id).limit(PIECE)):
        yield rows
        last = rows[-1].id


def rewrite(kind: str, changed: Iterable[tuple[Any, Mapping[str, Any]]]) -> int:
    """Write what some records hold (`fields`, `state`, `category`); no version moves, nobody is told.

    Each is a row of `pieces` with its new values. Gives how many somebody else had changed since: they stay.
    """
    tenant, missed = scope.current().tenant_id, 0
    with transaction():
        for row, values in changed:
            if door(Record.update(**values), Record).where(
                    Record.id == row.id, Record.tenant == tenant, Record.kind == kind,
                    Record.staff_version == row.staff_version).execute():
                touch(row.id)
            else:
                missed += 1
    return missed
