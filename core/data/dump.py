"""All rows of a database, table by table, in a form that both engines read: for backups and scratch copies."""

from __future__ import annotations

import base64
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from core.data.db import LooseBase, Sqlite, connect, db, is_sqlite, loose
from core.data.guard import schema_work
from core.data.index import DERIVED
from core.data.migrate import migrate
from core.errors import Conflict, ParlourError

BYTES = "$bytes"
PIECE = 500
"""Rows that are read or written at a time."""

_NATIVE = frozenset({"integer", "bigint", "smallint", "boolean", "double precision", "real", "text",
                     "character varying", "character", "bytea"})


def _names(engine: Any) -> list[str]:
    """Give the tables that hold data: no history of migrations, nothing derived, nothing that may be lost."""
    passing = {model._meta.table_name for model in LooseBase.__subclasses__()}
    names = [name for name in _about(engine.get_tables) if name not in passing
             and not name.startswith(("migrations_", "sqlite_"))]
    if isinstance(engine, Sqlite):
        virtual = [name for name, in engine.run(
            "SELECT name FROM sqlite_master WHERE sql LIKE 'CREATE VIRTUAL%'", ()).fetchall()]
        names = [name for name in names
                 if not any(name == one or name.startswith(f"{one}_") for one in virtual)]
    return [name for name in names if name not in DERIVED]


def _about(ask: Callable[..., list[Any]], *names: str) -> list[Any]:
    """Ask the engine about its tables; the answer holds nobody's data."""
    with schema_work():
        return ask(*names)


def _connection(engine: Any) -> Any:
    return engine.connection()


def tables(engine: Any = None) -> list[str]:
    """Give the tables that hold data, those that others point at first."""
    engine = engine or db.obj
    names = _names(engine)
    needs = {name: {key.dest_table for key in _about(engine.get_foreign_keys, name)} - {name} for name in names}
    done: list[str] = []
    while len(done) < len(names):
        ready = [name for name in names if name not in done and needs[name] <= set(done)]
        if not ready:
            raise ParlourError(f"The tables {', '.join(sorted(set(names) - set(done)))} point at one another.")
        done.extend(ready)
    return done


@contextmanager
def snapshot() -> Iterator[None]:
    """Read one state of the database until the block ends, whatever others write meanwhile."""
    if isinstance(db.obj, Sqlite):
        with db.atomic("DEFERRED"):
            db.obj.run("SELECT count(*) FROM tenant", ()).fetchone()  # the first read fixes the state
            yield
    else:
        with db.atomic("REPEATABLE READ"):
            yield


def columns(table: str, engine: Any = None) -> list[str]:
    """Give the names of a table's columns."""
    return [column.name for column in _about((engine or db.obj).get_columns, table)]


def rows(table: str, engine: Any = None) -> Iterator[list[Any]]:
    """Give every row of a table as plain JSON values, in the order of `columns`; one piece in memory at a time."""
    engine = engine or db.obj
    if isinstance(engine, Sqlite):
        chosen = ", ".join(f'"{name}"' for name in columns(table, engine))
        cursor = _connection(engine).execute(f'SELECT {chosen} FROM "{table}"')  # noqa: S608 - our own names
        for values in cursor:
            yield [_plain(value) for value in values]
        return
    found = _about(engine.get_columns, table)
    chosen = ", ".join(f'"{one.name}"' if one.data_type in _NATIVE else f'"{one.name}"::text' for one in found)
    with _connection(engine).cursor(name="parlour_dump") as cursor:
        cursor.itersize = PIECE
        cursor.execute(f'SELECT {chosen} FROM "{table}"')  # noqa: S608 - our own names
        for values in cursor:
            yield [_plain(value) for value in values]


def _plain(value: Any) -> Any:
    if isinstance(value, bytes | memoryview):
        return {BYTES: base64.b64encode(bytes(value)).decode()}
    return value


def _native(value: Any) -> Any:
    return base64.b64decode(value[BYTES]) if isinstance(value, dict) else value


def is_empty() -> bool:
    """Say whether no table holds a row yet."""
    return not any(db.obj.run(f'SELECT 1 FROM "{name}" LIMIT 1', ()).fetchone()  # noqa: S608 - our own names
                   for name in tables())


@contextmanager
def replacing() -> Iterator[Callable[[str, Sequence[str], Iterable[Sequence[Any]]], int]]:
    """Replace all there is, in one transaction: others see the old or the new, never a mix.

    Gives `load(table, columns, rows)`, which returns how many rows it wrote; call it in the order of `tables`.
    Raises Conflict, and changes nothing, where a row points at nothing in the end.
    """
    engine, sqlite = db.obj, isinstance(db.obj, Sqlite)
    if sqlite:
        db.obj.run("PRAGMA foreign_keys = 0", ())
    try:
        with db.atomic("IMMEDIATE") if sqlite else db.atomic():
            names = tables()
            _clear(engine, names)
            yield lambda table, names, found: _load(engine, table, names, found)
            _mend(engine, names)
    finally:
        if sqlite:
            db.obj.run("PRAGMA foreign_keys = 1", ())


def _clear(engine: Any, names: list[str]) -> None:
    """Empty every table. The audit log is sealed against that; a restore puts another one in its place."""
    if isinstance(engine, Sqlite):
        for name in [*DERIVED, *names]:  # tenants first: with them the seal of their log goes
            engine.run(f'DELETE FROM "{name}"', ())  # noqa: S608 - our own names
        return
    for name in names:
        engine.run(f'ALTER TABLE "{name}" DISABLE TRIGGER USER', ())
    engine.run("TRUNCATE " + ", ".join(f'"{name}"' for name in [*DERIVED, *names]), ())
    for name in names:
        engine.run(f'ALTER TABLE "{name}" ENABLE TRIGGER USER', ())


def _load(engine: Any, table: str, names: Sequence[str], found: Iterable[Sequence[Any]]) -> int:
    known = columns(table, engine)
    if sorted(known) != sorted(names):
        raise Conflict(f"The table '{table}' has other columns here.",
                       hint="Restore with the version that made the backup, then upgrade.")
    chosen = ", ".join(f'"{name}"' for name in names)
    count = 0
    if isinstance(engine, Sqlite):
        marks = ", ".join("?" * len(names))
        cursor = _connection(engine).cursor()
        for row in found:
            cursor.execute(f'INSERT INTO "{table}" ({chosen}) VALUES ({marks})',  # noqa: S608 - our own names
                           [_native(value) for value in row])
            count += 1
        return count
    with _connection(engine).cursor() as cursor, cursor.copy(f'COPY "{table}" ({chosen}) FROM STDIN') as copy:
        for row in found:
            copy.write_row([_native(value) for value in row])
            count += 1
    return count


def _mend(engine: Any, names: list[str]) -> None:
    """See that no row points at nothing, and let numbering go on behind the greatest key."""
    if isinstance(engine, Sqlite):
        broken = engine.run("PRAGMA foreign_key_check", ()).fetchall()
        if broken:
            raise Conflict(f"{len(broken)} rows point at nothing, the first in '{broken[0][0]}'.")
        return
    for name in names:
        for column in _about(engine.get_columns, name):
            if column.primary_key and str(column.default or "").startswith("nextval("):
                engine.run(
                    f"SELECT setval(pg_get_serial_sequence(%s, %s), "  # noqa: S608 - our own names
                    f'coalesce(max("{column.name}"), 1), max("{column.name}") IS NOT NULL) FROM "{name}"',
                    (f'"{name}"', column.name))


@contextmanager
def copied(path: Path, host: dict[str, Path], plugins: dict[str, Path]) -> Iterator[None]:
    """Work on a copy of the database in the new file `path` until the block ends; the real one is only read.

    `host` and `plugins` are the folders of migrations, as for `migrate`.
    """
    real, real_loose = db.obj, loose.obj
    if isinstance(real, Sqlite):
        target = sqlite3.connect(path)
        _connection(real).backup(target)
        target.close()
    connect(f"sqlite:///{path}", path.parent)
    try:
        if not isinstance(real, Sqlite):
            migrate(host, plugins, path.parent)
            with real.atomic("REPEATABLE READ"), replacing() as load:
                for table in tables(real):
                    load(table, columns(table, real), rows(table, real))
        yield
    finally:
        for engine in (db.obj, loose.obj):
            engine.close()
        db.initialize(real)
        loose.initialize(real_loose)


def weigh() -> None:
    """Let PostgreSQL count what the tables hold now, so that its plans fit at once; SQLite's need no counting."""
    if not is_sqlite():
        db.obj.run("ANALYZE", ())  # counts, gives no row away
