"""Tasks: what staff asks the people of a record to do, with a day until when, until somebody marks it as done."""

from __future__ import annotations

from datetime import date
from typing import Any

from peewee import CharField, ForeignKeyField, TextField

from core.data import access, scope
from core.data.conversation import unread_here
from core.data.db import TenantBase, TimeField, door, first, kept, late, now, public_id, transaction
from core.data.people import Person, Tenant
from core.data.records import RECORD, Record
from core.errors import NotFound, Refused

LONGEST = 500
"""Characters of a task."""


class Task(TenantBase):
    """One thing to do on a record. `due` is a day ("2026-12-31") or empty; names stay when people go."""

    tenant = ForeignKeyField(Tenant, on_delete="CASCADE", index=False)
    record = ForeignKeyField(Record, on_delete="CASCADE")
    public_id = CharField(unique=True, default=public_id)
    text = TextField()
    due = CharField(default="")
    author_name = CharField(default="")
    created = TimeField(default=now)
    done = TimeField(null=True)
    doer = ForeignKeyField(Person, null=True, on_delete="SET NULL")
    doer_name = CharField(default="")

    class Meta:
        """Open tasks of a tenant are few: they are found from the record or from here."""

        table_name = "record_task"
        indexes = ((("tenant", "done"), False),)


_TASK = (Task.id, Task.public_id, Task.text, Task.due, Task.author_name, Task.created, Task.done, Task.doer_name,
         Task.record)


def _tasks(*columns: Any) -> Any:
    return door(Task.select(*columns), Task).where(Task.tenant == late("tenant", scope.current().tenant_id))


def of(record: Any) -> list[Any]:
    """Give the tasks of a record, open ones first, the most urgent on top. `record` came through the door."""
    rows = kept(("tasks.of",), lambda: _tasks(*_TASK).where(
        Task.record == late("record", 0)).order_by(Task.id).limit(200),
        tenant=scope.current().tenant_id, record=record.id)
    return [_dated(row) for row in sorted(rows, key=lambda row: (row.done is not None, row.due or "9999", row.id))]


def _dated(row: Any) -> Any:
    """Give a row with its day as a date, None without one."""
    return row._replace(due=date.fromisoformat(row.due) if row.due else None)


def may_give(record: Any) -> bool:
    """Say whether whoever asks may give tasks on a record: staff that works on it."""
    return access.sees_notes(access.kind_of(scope.current(), record.kind))


def give(record: Any, text: str, due: str = "") -> Any:
    """Give the people of a record something to do, and give the task's row. Raises Refused for customers."""
    if not may_give(record):
        raise Refused
    author = scope.current().person
    with transaction():
        made = door(Task.insert(tenant=scope.current().tenant_id, record=record.id, public_id=public_id(),
                                text=text[:LONGEST], due=due, author_name=author.name if author else "",
                                created=now()), Task).execute()
        return first(_tasks(*_TASK).where(Task.id == int(made)))


def find(identity: str) -> tuple[Any, Any]:
    """Give a task and its record, if whoever asks may see that. Raises NotFound."""
    query = door(Task.select(*_TASK, Record.kind.alias("kind")), Task, Record).join(Record)
    row = first(query.where(Task.public_id == identity, Task.tenant == scope.current().tenant_id)) \
        if identity.isprintable() else None
    record = access.by_id(row.kind, row.record_id) if row else None
    if record is None:
        raise NotFound
    return row, record


def mark(identity: str, *, done: bool) -> tuple[Any, Any]:
    """Mark a task as done or as open again, and give it as it was, with its record. Raises NotFound."""
    with transaction():
        row, record = find(identity)
        person = scope.current().me
        values: dict[str, Any] = {"done": now(), "doer": person.id, "doer_name": person.name} if done else {
            "done": None, "doer": None, "doer_name": ""}
        if done != (row.done is not None):
            door(Task.update(**values), Task).where(
                Task.id == row.id, Task.tenant == scope.current().tenant_id).execute()
        return row, record


def remove(identity: str) -> Any:
    """Take a task away, and give its record. Raises NotFound, Refused for customers."""
    with transaction():
        row, record = find(identity)
        if not may_give(record):
            raise Refused
        door(Task.delete(), Task).where(Task.id == row.id, Task.tenant == scope.current().tenant_id).execute()
        return record


def waiting(most: int = 5) -> list[Any]:
    """Give the open tasks on records of whoever asks, the most urgent first, each with its record's columns.

    Tasks are for whom a record belongs to: its person, or all of its company where it has none.
    """
    def build() -> Any:
        query = access.anything("view", *RECORD, Task.public_id.alias("task"), Task.text, Task.due)
        query = door(query.join(Task, on=(Task.record == Record.id)), Record, Task)
        return query.where(Task.done.is_null(), Task.tenant == late("tenant", 0),
                           (Record.person == late("reader", 0)) | Record.person.is_null()).limit(100)

    shape, values = access.anything_kept("view")
    rows = kept(("tasks.waiting", shape), build, reader=scope.current().me.id, **values)
    return [_dated(row) for row in sorted(rows, key=lambda row: (row.due or "9999", row.id))[:most]]


def pending(most: int = 6) -> list[Any]:
    """Give records of whoever asks that wait for them or hold what they have not read, the latest first."""
    me = scope.current().me

    def build() -> Any:
        news = unread_here(me.id, internal=False)
        mine = (Record.person == late("reader", 0)) & ((Record.category == "waiting") | news)
        return access.anything("view", *RECORD, news.alias("unread")).where(mine).order_by(
            Record.touched.desc()).limit(most)

    shape, values = access.anything_kept("view")
    return kept(("tasks.pending", shape, most), build, reader=me.id, **values)
