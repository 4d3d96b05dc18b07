"""Tables as they are, for whoever looks at a whole database: names, columns, how many rows, keys off meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from core.data.db import db, is_sqlite
from core.data.guard import schema_work


def columns() -> dict[str, set[str]]:
    """Give the columns of every table, by its name."""
    with schema_work():
        return {table: {column.name for column in db.obj.get_columns(table)} for table in db.obj.get_tables()}


def counts() -> dict[str, int]:
    """Count the rows of every table, whoever they belong to."""
    with schema_work():
        return {table: int(db.obj.execute_sql(f'SELECT COUNT(*) FROM "{table}"').fetchone()[0])  # noqa: S608
                for table in db.obj.get_tables()}


@contextmanager
def without_keys() -> Iterator[None]:
    """Let tables go in any order on SQLite, whatever points at them."""
    if not is_sqlite():
        yield
        return
    db.obj.execute_sql("PRAGMA foreign_keys = 0")
    try:
        yield
    finally:
        db.obj.execute_sql("PRAGMA foreign_keys = 1")
