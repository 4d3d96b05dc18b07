"""The guard: where statements are written, none reaches tenant data without the door's mark."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import peewee
from peewee import Context, Entity, Expression, Model, Value

from core.data.scope import read_only
from core.errors import DoorError, ReadOnly

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
GUARDED: set[str] = set()
"""Names of all tables that hold tenant data."""

_schema: ContextVar[bool] = ContextVar("parlour_schema", default=False)
_WORD = re.compile(r"\w+")
_READS = re.compile(
    r"\s*(select|values|explain|pragma|begin|commit|rollback|savepoint|release|set|show|with)\b", re.I)
_CHANGES = re.compile(r"\b(insert|update|delete|merge)\b", re.I)

Q = TypeVar("Q", bound=peewee.BaseQuery)


class Late:
    """A parameter whose value is bound when the statement runs, so that its SQL can be kept."""

    __slots__ = ("name", "value")

    def __init__(self, name: str, value: Any) -> None:
        self.name, self.value = name, value


def late(name: str, value: Any) -> Value:
    """Stand for `value` in a statement as the parameter called `name`."""
    if isinstance(value, datetime):
        value = (value - EPOCH) // timedelta(microseconds=1)
    return Value(Late(name, value), converter=False)


def either(terms: Sequence[Any]) -> Any:
    """Join terms with OR, by halves: in one row, SQLite's parser gives up at about a hundred brackets."""
    middle = len(terms) // 2
    return either(terms[:middle]) | either(terms[middle:]) if middle else terms[0]


def bind(params: Sequence[Any], values: dict[str, Any] | None = None) -> list[Any]:
    """Put values where parameters were left late: those given by name, else their own."""
    if values is None:
        return [p.value if type(p) is Late else p for p in params]
    return [values[p.name] if type(p) is Late else p for p in params]


def door(query: Q, *models: type[Model]) -> Q:
    """Mark a statement as one that carries its tenant and rights for these models. Only core/data may.

    Each model is good for one appearance of its table: a second one, as a self-join would bring, needs its
    own conditions and is named twice.
    """
    marked: Any = query.clone()
    marked._door = Counter(model._meta.table_name.lower() for model in models)
    result: Q = marked
    return result


def seal(query: Q) -> Q:
    """Close the conditions of a marked statement: later ones may narrow them (where), never widen them."""
    sealed: Any = query.clone()
    sealed._seal = sealed._where
    result: Q = sealed
    return result


@contextmanager
def schema_work() -> Iterator[None]:
    """Let statements about tables themselves pass: for migrations, which see no tenant."""
    token = _schema.set(True)
    try:
        yield
    finally:
        _schema.reset(token)


class Fragment(peewee.SQL):
    """A piece of SQL written by hand in core/data, where a guarded table's name may stand."""


def check_text(sql: str) -> None:
    """Refuse SQL written by hand that names a guarded table. Raises DoorError."""
    if _schema.get():
        return
    for word in _WORD.findall(sql):
        if word.lower() in GUARDED:
            raise _refusal(word)


def check_reads(sql: str) -> None:
    """Let only what reads pass: somebody sees the portal with another's eyes. Raises ReadOnly."""
    known = _READS.match(sql)
    if known is None or (known[1].lower() == "with" and _CHANGES.search(sql)):
        raise ReadOnly


def _refusal(table: str) -> DoorError:
    return DoorError(f"A statement reaches '{table}' without the door.",
                     hint="Ask visible(), find(), add(), change() or remove() for it.")


def _still_sealed(query: Any) -> bool:
    """Say whether what a sealed statement began with still has to hold: only AND stands above it."""
    node = query._where
    while node is not query._seal:
        if not isinstance(node, Expression) or node.op != peewee.OP.AND:
            return False
        node = node.lhs
    return True


class GuardedContext(Context):
    """Sees every table of a statement while its SQL is written: joins, subqueries and writes alike."""

    __slots__ = ("marks",)

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.marks: list[Counter[str]] = []

    def sql(self, obj: Any) -> Any:
        """Write one part of a statement. Raises DoorError where it reaches past the door."""
        if isinstance(obj, peewee.BaseQuery):
            return self._statement(obj)
        if isinstance(obj, Entity) and self.scope == peewee.SCOPE_SOURCE:
            self._check(obj._path[-1])
        elif isinstance(obj, peewee.Alias) and self.scope == peewee.SCOPE_SOURCE:
            self.sql(obj.node).literal(" AS ")
            name = Entity(obj._alias)  # type: ignore[attr-defined]
            return super().sql(name)  # type: ignore[no-untyped-call]  # a column's name, no table's
        elif isinstance(obj, peewee.SQL) and not isinstance(obj, Fragment):
            check_text(obj.sql)
        return super().sql(obj)  # type: ignore[no-untyped-call]

    def _statement(self, query: Any) -> Any:
        if getattr(query, "_seal", None) is not None and not _still_sealed(query):
            raise DoorError("A statement widens what the door allows.", hint="Narrow it with where().")
        if isinstance(query, peewee.RawQuery):
            check_text(query._sql)  # type: ignore[attr-defined]
        self.marks.append(Counter(getattr(query, "_door", ())))
        table = getattr(query, "table", None)
        try:
            if table is not None:
                self._check(table._meta.table_name if hasattr(table, "_meta") else table.__name__)
            return super().sql(query)  # type: ignore[no-untyped-call]
        finally:
            self.marks.pop()

    def _check(self, table: str) -> None:
        name = table.lower()
        if name not in GUARDED:
            return
        left = self.marks[-1] if self.marks else Counter()
        if not left[name]:
            raise _refusal(table)
        left[name] -= 1


class Guard:
    """Mixed into both databases: write statements under the guard, then bind what was left late."""

    context_class = GuardedContext

    def execute(self, query: Any, **options: Any) -> Any:
        """Run a statement built of parts. Raises DoorError."""
        sql, params = self.get_sql_context(**options).sql(query).query()  # type: ignore[attr-defined]
        if isinstance(query, Context):  # about tables themselves: created, dropped, emptied
            check_text(sql)
        return self.run(sql, bind(params))

    def run(self, sql: str, params: Any) -> Any:
        """Run SQL that has passed the guard before, or that core/data itself has written by hand."""
        if read_only():
            check_reads(sql)
        return super().execute_sql(sql, params)  # type: ignore[misc]

    def execute_sql(self, sql: Any, params: Any = None) -> Any:
        """Run SQL written by hand. Raises DoorError where it names a guarded table."""
        check_text(str(sql))
        if read_only():
            check_reads(str(sql))
        return super().execute_sql(sql, params)  # type: ignore[misc]
