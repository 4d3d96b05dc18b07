"""Further rows of a record - translations, versions, order lines - reached through the record's own door."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from peewee import ForeignKeyField

from core.data import access, scope
from core.data.db import TenantBase, door, transaction
from core.data.guard import seal
from core.data.people import Tenant
from core.data.records import Record
from core.errors import DoorError, NotFound

__all__ = ["Line", "add", "add_all", "change", "put", "remove", "visible"]


AT_ONCE = 200
"""Rows that one statement writes: their values stay below what any engine binds."""


class Line(TenantBase):
    """The base of a plugin's table with any number of rows per record; what may be unique begins with `tenant`."""

    tenant = ForeignKeyField(Tenant, on_delete="CASCADE", index=False)
    record = ForeignKeyField(Record, on_delete="CASCADE")

    class Meta:
        """There is no table of this name."""

        table_name = "parlour_line"


def visible(name: str, models: type[Line] | Sequence[type[Line]], action: str, *columns: Any,
            anywhere: bool = False) -> Any:
    """Give a query over the records of a kind that `access.visible` gives, each with its rows of these tables.

    `columns` are of the record, of its body and of `models`; a record without a row in each is left out.
    `anywhere` is that of `access.visible`.
    """
    chosen = [models] if isinstance(models, type) else list(models)
    kind = access.kind_of(scope.current(), name)
    query = access.visible(name, action, *columns, anywhere=anywhere)
    for model in chosen:
        _check(name, model)
        query = query.join_from(Record, model, on=(model.record == Record.id))
    sealed: Any = seal(door(query, Record, *((kind.body,) if kind.body else ()), *chosen))
    return sealed


def _check(name: str, model: Any) -> None:
    plugin = access.kind_of(scope.current(), name).plugin
    if not issubclass(model, Line) or not model._meta.table_name.startswith(f"{plugin}_"):
        raise DoorError(f"'{model.__name__}' holds no rows of '{name}'.",
                        hint=f"Derive it from parlour.Line and call its table '{plugin}_...'.")


def _enter(name: str, record_id: int, model: type[Line], action: str) -> int:
    """See that whoever asks may do `action` with the record, and give the tenant. Raises NotFound."""
    _check(name, model)
    if access.by_id(name, record_id, action) is None:
        raise NotFound
    return scope.current().tenant_id


def add(name: str, record_id: int, model: type[Line], action: str, /, **values: Any) -> int:
    """Add a row to a record, if whoever asks may do `action` with it; give its key. Raises NotFound.

    What is found by search or shown in lists changes with the record: call `change` for it as well.
    """
    with transaction():
        tenant = _enter(name, record_id, model, action)
        return int(door(model.insert(tenant=tenant, record=record_id, **values), model).execute())


def add_all(name: str, record_id: int, model: type[Line], action: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add many rows to a record, some hundred with each statement; all of them have the same columns."""
    with transaction():
        tenant = _enter(name, record_id, model, action)
        made = [{"tenant": tenant, "record": record_id, **row} for row in rows]
        for start in range(0, len(made), AT_ONCE):
            door(model.insert_many(made[start:start + AT_ONCE]), model).execute()


def put(name: str, record_id: int, model: type[Line], action: str, keys: dict[str, Any], /,
        **values: Any) -> None:
    """Add a row, or change the one with these `keys` of the same record: they are unique together with it."""
    with transaction():
        tenant = _enter(name, record_id, model, action)
        made = model.insert(tenant=tenant, record=record_id, **keys, **values).on_conflict(
            conflict_target=[model.record, *(getattr(model, key) for key in keys)],
            update={getattr(model, column): value for column, value in values.items()})
        door(made, model).execute()


def change(name: str, record_id: int, model: type[Line], action: str, /, *conditions: Any,
           **values: Any) -> int:
    """Change those rows of a record that fit all conditions; give how many there were. Raises NotFound."""
    with transaction():
        tenant = _enter(name, record_id, model, action)
        return int(door(model.update(**values), model).where(
            model.tenant == tenant, model.record == record_id, *conditions).execute())


def remove(name: str, record_id: int, model: type[Line], action: str, *conditions: Any) -> int:
    """Remove those rows of a record that fit all conditions; give how many there were. Raises NotFound."""
    with transaction():
        tenant = _enter(name, record_id, model, action)
        return int(door(model.delete(), model).where(
            model.tenant == tenant, model.record == record_id, *conditions).execute())
