"""Connection, transaction, base model, plain rows; every statement passes the guard."""

from __future__ import annotations

import json
import select
import threading
from collections import namedtuple
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

import peewee
from peewee import SQL, BooleanField, DatabaseProxy, JSONField, Model, NodeList, Value

from core.data import ending
from core.data.ending import at_end as at_end  # noqa: PLC0414 - handed on
from core.data.guard import EPOCH as EPOCH  # noqa: PLC0414 - handed on
from core.data.guard import GUARDED as GUARDED  # noqa: PLC0414 - handed on
from core.data.guard import Guard, Late, bind
from core.data.guard import door as door  # noqa: PLC0414 - handed on
from core.data.guard import late as late  # noqa: PLC0414 - handed on
from core.data.moments import TimeField as TimeField  # noqa: PLC0414 - handed on
from core.data.moments import microseconds as microseconds  # noqa: PLC0414 - handed on
from core.data.moments import now as now  # noqa: PLC0414 - handed on
from core.data.moments import public_id as public_id  # noqa: PLC0414 - handed on
from core.data.turns import turn
from core.errors import ConfigError, DoorError, Problem

CONNECT_SECONDS = 5
"""How long PostgreSQL may take to answer a new connection, unless its address says `connect_timeout`."""

db = DatabaseProxy()
"""The database of this process: everything that must not be lost."""

loose = DatabaseProxy()
"""What may be lost (limits, last seen): a second file on SQLite, so that a GET never waits for the writer."""

before_commit: ContextVar[Callable[[], None] | None] = ContextVar("parlour_before_commit", default=None)
"""What must become true together with the change at hand, whatever it is: the form's idempotency key."""

projectors: list[Callable[[set[int]], None]] = []
"""What must be true at once with a changed record (the search index): told the touched keys before the commit."""


class Sqlite(Guard, peewee.SqliteDatabase):
    """The embedded default: WAL, one connection per thread, writers take turns from the first statement."""


class Postgres(Guard, peewee.PostgresqlDatabase):
    """PostgreSQL through psycopg 3, without prepared statements so that a pooler may stand between."""


def _sqlite(path: str, synchronous: str) -> Sqlite:
    return Sqlite(path, pragmas={
        "journal_mode": "wal", "foreign_keys": 1, "synchronous": synchronous, "busy_timeout": 15000,
        "cache_size": -16000, "temp_store": "memory", "mmap_size": 134217728,
    })


def sqlite_path(url: str, folder: Path) -> Path | None:
    """Give the file of `sqlite:///relative.db` (relative to `folder`) or `sqlite:////absolute.db`; else None."""
    return folder / url.removeprefix("sqlite:///") if url.startswith("sqlite:///") else None


def connect(url: str, folder: Path) -> None:
    """Choose the database of this process.

    `url` is `sqlite:///relative/or/absolute.db` (relative to `folder`) or `postgresql://...`. Raises
    ConfigError for any other scheme. Opens nothing yet: each thread connects when it first asks.
    """
    parts, path = urlsplit(url), sqlite_path(url, folder)
    if path is not None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise peewee.OperationalError(f"{path.parent} cannot be made: {error.strerror}") from error
        db.initialize(_sqlite(str(path), "full"))
        loose.initialize(_sqlite(str(path.with_suffix(".loose.db")), "normal"))
    elif parts.scheme in ("postgres", "postgresql"):
        says = "connect_timeout=" in parts.query
        patience: dict[str, Any] = {} if says else {"connect_timeout": CONNECT_SECONDS}
        engine = Postgres(url, prefer_psycopg3=True, prepare_threshold=None, **patience)
        db.initialize(engine)
        loose.initialize(engine)
    else:
        raise ConfigError([Problem("portal.yaml", 0, 0, "installation.database",
                                   f"'{parts.scheme}' is not a database Parlour speaks.",
                                   "Use sqlite:///var/portal.db or postgresql://...")])


def is_sqlite() -> bool:
    """Say whether this process runs on the embedded engine."""
    return isinstance(db.obj, Sqlite)


def sparing() -> None:
    """Keep the embedded database's file out of this process's memory: for long work that reads each page once."""
    if is_sqlite():
        db.obj.pragma("mmap_size", 0, permanent=True)


def settle() -> None:
    """Give this thread's connections back in order: nothing open, nothing broken.

    Called after each request and each job. A broken or half-finished connection is closed, so that the next
    use makes a new one; a good one stays with its thread.
    """
    for engine in {id(db.obj): db.obj, id(loose.obj): loose.obj}.values():
        if engine.is_closed():
            continue
        connection = engine.connection()
        if engine.in_transaction() or getattr(connection, "broken", False) \
                or getattr(connection, "closed", False):
            engine.dispose()
            with suppress(Exception):  # it is broken already; a new one follows
                connection.close()


def wake() -> None:
    """Let go of this thread's connection where PostgreSQL has ended it while it was idle.

    Called before each request and each look for work. A server says something on an idle connection only when
    it ends it, so that one look whether there is anything to read tells.
    """
    engine = db.obj
    if is_sqlite() or engine.is_closed() or engine.in_transaction():
        return
    connection = engine.connection()
    ended = True
    with suppress(Exception):  # one that is closed already has nothing to look at
        line = select.poll()
        line.register(connection.fileno(), select.POLLIN)
        ended = bool(line.poll(0))
    if ended:
        engine.dispose()
        with suppress(Exception):  # there is nobody to say good-bye to
            connection.close()


@contextmanager
def transaction() -> Iterator[None]:
    """Make what happens inside true together or not at all; inside another one, a savepoint of it.

    On SQLite it takes the writer's turn at once: a transaction that reads first and writes later would fail
    in spite of the busy time-out. No hashing, rendering or file work belongs inside.
    """
    if db.in_transaction():
        with ending.inner(), db.savepoint():
            yield
        return
    last_words = ending.Ending()
    token = ending.ending.set(last_words)
    try:
        with turn(f"{db.obj.database}.turn") if is_sqlite() else nullcontext(), \
                db.atomic("IMMEDIATE") if is_sqlite() else db.atomic():
            yield
            _project(last_words.touched)
            for call in last_words.calls:
                call()
            last = before_commit.get()
            if last is not None:
                last()
    finally:
        ending.ending.reset(token)


def _project(touched: set[int]) -> None:
    for project in projectors if touched else ():
        project(touched)


def touch(record_id: int) -> None:
    """Say that a record, or what hangs on it, has changed: it is projected once, just before the commit."""
    waiting = ending.ending.get()
    if waiting is None:
        _project({record_id})
    else:
        waiting.touched.add(record_id)


def after_commit(call: Callable[[], Any]) -> None:
    """Run `call` once the outermost transaction is committed; at once where there is none."""
    db.after_commit(call)


class Base(Model):
    """A table of the host that holds no tenant's data."""

    id: Any

    class Meta:
        """Bound to the process's database, with short names."""

        database = db
        legacy_table_names = False


class TenantBase(Base):
    """A table that holds tenants' data: every statement on it must carry the door's mark."""

    @classmethod
    def validate_model(cls) -> None:
        """Put the table under guard: peewee calls this once a class and what it knows of its table exist."""
        super().validate_model()
        GUARDED.add(cls._meta.table_name.lower())


class LooseBase(Model):
    """A table whose loss costs nothing but a count."""

    class Meta:
        """Bound to the second database."""

        database = loose
        legacy_table_names = False


def _converter(column: Any) -> Callable[[Any], Any] | None:
    if isinstance(column, peewee.Alias):
        column = column.node
    known = isinstance(column, TimeField | JSONField | BooleanField)
    return cast("Callable[[Any], Any]", column.python_value) if known else None


def _name(column: Any) -> str:
    if isinstance(column, peewee.Alias | peewee.Select):
        return str(column._alias)  # type: ignore[union-attr]
    if isinstance(column, peewee.ForeignKeyField):
        return str(column.object_id_name)
    return str(getattr(column, "name", "") or "value")


@lru_cache(maxsize=1024)
def _row_class(names: tuple[str, ...]) -> Any:
    return namedtuple("Row", names)


@dataclass(frozen=True)
class _Reader:
    """How the rows of one shape of statement become plain rows: their class, and what converts which column."""

    row: Any
    converters: tuple[tuple[int, Callable[[Any], Any]], ...]

    def read(self, cursor: Any) -> list[Any]:
        raw = cursor.fetchall()
        if not self.converters:
            return [self.row._make(values) for values in raw]
        result = []
        for values in raw:
            changed = list(values)
            for i, convert in self.converters:
                changed[i] = convert(changed[i])
            result.append(self.row._make(changed))
        return result


def _reader(query: Any) -> _Reader:
    columns = query._returning or ()
    found = tuple((i, c) for i, c in enumerate(map(_converter, columns)) if c)
    return _Reader(_row_class(tuple(_name(column) for column in columns)), found)


def fetch(query: Any) -> list[Any]:
    """Run a select and give plain rows: named tuples of converted values, never models."""
    return _reader(query).read(db.execute(query))


_kept: dict[tuple[Any, ...], tuple[str, list[Any], _Reader]] = {}
MOST_KEPT = 2000


def kept(shape: tuple[Any, ...], build: Callable[[], Any], **values: Any) -> list[Any]:
    """Run a select whose SQL is kept by its shape, and give plain rows as `fetch` does.

    `build` makes the query, every value in it left `late` under its name; it runs only when the shape is new.
    `shape` says everything the SQL depends on; `values` are bound by name.
    """
    cursor, reader = _run(shape, build, values)
    return reader.read(cursor)


def kept_write(shape: tuple[Any, ...], build: Callable[[], Any], **values: Any) -> Any:
    """Run an insert, update or delete whose SQL is kept as `kept` keeps it, and give the engine's cursor."""
    return _run(shape, build, values)[0]


def _run(shape: tuple[Any, ...], build: Callable[[], Any], values: dict[str, Any]) -> tuple[Any, _Reader]:
    key = (db.obj.param, *shape)
    known = _kept.get(key)
    if known is None:
        query = build()
        sql, params = db.obj.get_sql_context().sql(query).query()
        if len(_kept) >= MOST_KEPT:
            _kept.clear()
        known = _kept[key] = (sql, params, _reader(query))
    sql, params, reader = known
    if checked:
        _same(shape, build, sql, params)
    return db.run(sql, bind(params, {name: _plain(value) for name, value in values.items()})), reader


checked = False
"""Whether each use of a kept statement writes it anew and compares (tests): no shape may leave anything out."""


def _same(shape: tuple[Any, ...], build: Callable[[], Any], sql: str, params: list[Any]) -> None:
    fresh, others = db.obj.get_sql_context().sql(build()).query()
    said, meant = ([p.name if type(p) is Late else p for p in side] for side in (params, others))
    if (sql, said) != (fresh, meant):
        raise DoorError(f"A statement kept as {shape!r} is not what is asked now.",
                        hint="Name all that its text depends on in its shape; leave values late.")


def forget_kept() -> None:
    """Write every statement anew from here on (tests that change what statements are made of)."""
    _kept.clear()


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return microseconds(value)
    if isinstance(value, list | tuple):
        return json.dumps(value) if is_sqlite() else list(value)
    return value


def among(column: Any, name: str, values: Sequence[Any] = ()) -> Any:
    """Say that a column is one of `values`, sent as one parameter called `name`, however many there are."""
    sent = Value(Late(name, _plain(list(values))), converter=False)
    if is_sqlite():
        return column.in_(NodeList((SQL("(SELECT value FROM json_each("), sent, SQL("))"))))
    return NodeList((column, SQL("= ANY("), sent, SQL(")")))


def first(query: Any) -> Any | None:
    """Run a select and give its first row, or None."""
    found = fetch(query.limit(1))
    return found[0] if found else None


def count(query: Any, most: int = 999) -> int:
    """Count rows of a select, exactly up to `most`; `most` + 1 means "more than that"."""
    inner = query.clone()
    inner._order_by = None
    inner = inner.columns(Value(1)).limit(most + 1)
    counted = peewee.Select((inner.alias("counted"),), (peewee.fn.COUNT(peewee.SQL("*")),))
    return int(db.execute(counted).fetchone()[0])


_counter_lock = threading.Lock()
statements = 0
"""How many statements this process has run since `count_statements` was called, for tests and the bench."""


def count_statements(engine: Any) -> None:
    """Start counting statements of a database (tests, bench)."""

    def add(_event: Any) -> None:
        global statements  # noqa: PLW0603 - one figure per process is what it is
        with _counter_lock:
            statements += 1

    engine.query_hooks.append(add)


def ping() -> None:
    """Ask the database for a sign of life; raises what the engine raises."""
    db.execute_sql("SELECT 1").fetchone()
