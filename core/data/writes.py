"""Rows written by kept statements: the SQL of an insert is written once per table and set of columns."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import peewee
from peewee import JSONField, Model, fn

from core.data.db import TimeField, door, is_sqlite, kept_write, late

_SIMPLE = (peewee.IntegerField, peewee.AutoField, peewee.CharField, peewee.TextField, peewee.BooleanField,
           peewee.FloatField, peewee.ForeignKeyField, TimeField, JSONField)
"""Kinds of columns whose values are bound as they are, after the column's own conversion."""


@lru_cache(maxsize=256)
def _fields(model: Any) -> tuple[dict[str, Any], tuple[tuple[str, Any], ...], frozenset[str]]:
    """Give the columns of a table by name, the defaults, and which hold JSON."""
    fields = {field.name: field for field in model._meta.sorted_fields}
    return fields, tuple((name, field.default) for name, field in fields.items() if field.default is not None), \
        frozenset(name for name, field in fields.items() if isinstance(field, JSONField))


def put(model: type[Model], *, take: Callable[[Any], Any] | None = None, **values: Any) -> int:
    """Write a row as `model.insert(**values).execute()` does, marked as the door's, and give its key.

    Columns that are not given have their default. `take` adds what happens where the row is there already
    (`on_conflict`); it is a function of a module, and leaves what it compares late under the columns' names.
    """
    fields, defaults, json_columns = _fields(model)
    row = {name: default() if callable(default) else default
           for name, default in defaults if name not in values} | values
    if not all(isinstance(fields[name], _SIMPLE) for name in row):
        query = model.insert(**row)
        return int(door(take(query) if take else query, model).execute() or 0)
    names, sqlite = tuple(row), is_sqlite()
    for name, value in row.items():
        if name in json_columns and sqlite:
            row[name] = None if value is None else json.dumps(value)
        elif not isinstance(fields[name], TimeField):
            row[name] = fields[name].db_value(value)

    def build() -> Any:
        blanks: dict[str, Any] = {name: late(name, None) for name in names}
        if sqlite:
            blanks |= {name: fn.json(blanks[name]) for name in json_columns & row.keys()}
        query = model.insert(**blanks)
        query = door(take(query) if take else query, model)
        return query if sqlite else query.returning(model._meta.primary_key)

    cursor = kept_write(("put", model, names, take), build, **row)
    if sqlite:
        return int(cursor.lastrowid or 0)
    found = cursor.fetchone()
    return int(found[0]) if found else 0
