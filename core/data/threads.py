"""Long conversations: a part of one; entries held back, released, written anew, moved; who wrote how much."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from peewee import BooleanField, CharField, ForeignKeyField, TextField, fn

from core.data import access, conversation, scope
from core.data.conversation import File, Message, show_entry
from core.data.db import TenantBase, TimeField, count, door, fetch, first, kept, late, now, touch, transaction
from core.data.identity import key
from core.data.marks import ReadMark, further
from core.data.people import Person, Tenant
from core.data.records import Record
from core.data.writes import put
from core.errors import NotFound


class Wording(TenantBase):
    """What an entry said before it was written anew: who had written that, and when.

    `held` is true for what was out of sight then: it stays its author's and the team's.
    """

    tenant = ForeignKeyField(Tenant, on_delete="CASCADE", index=False)
    message = ForeignKeyField(Message, on_delete="CASCADE")
    author = ForeignKeyField(Person, null=True, on_delete="SET NULL")
    author_name = CharField(default="")
    body = TextField()
    held = BooleanField(default=False)
    created = TimeField()

    class Meta:
        """There is a table per word of the host's."""

        table_name = "message_wording"


_ROW = (Message.id, Message.public_id, Message.kind, Message.author, Message.author_name, Message.by_staff,
        Message.internal, Message.held, Message.body, Message.data, Message.origin, Message.created,
        Message.edited, Message.record)


def _reader() -> int:
    person = scope.current().person
    return person.id if person else 0


def _shown(record: Any, *columns: Any, internal: bool) -> Any:
    query = door(Message.select(*columns), Message).where(
        Message.tenant == scope.current().tenant_id, Message.record == record.id)
    own = (Message.held != "") & (Message.author == _reader())
    return query if internal else query.where((Message.internal == False) | own)  # noqa: E712


def length(record: Any, *, internal: bool) -> int:
    """Count the entries that `conversation.entries` gives of a record."""
    return count(_shown(record, Message.id, internal=internal), 1_000_000)


def message(record: Any, identity: str, *, internal: bool) -> Any:
    """Give one message of a record that came through the door, as far as the reader sees it. Raises NotFound."""
    row = first(_shown(record, *_ROW, internal=internal).where(
        Message.public_id == identity, Message.kind == "message")) if identity.isprintable() else None
    if row is None:
        raise NotFound
    return row


def place(record: Any, row: Any, *, internal: bool) -> int:
    """Say how many entries stand before a message, for the page it is on."""
    before = (Message.created < row.created) | ((Message.created == row.created) & (Message.id < row.id))
    return count(_shown(record, Message.id, internal=internal).where(before), 1_000_000)


def page_mark(record: Any, person_id: int) -> datetime | None:
    """Give how far somebody has read a record, None where they have not."""
    row = first(door(ReadMark.select(ReadMark.until), ReadMark).where(
        ReadMark.record == record.id, ReadMark.person == person_id))
    return row.until if row else None


def after(record: Any, moment: datetime, *, internal: bool) -> str:
    """Give the public identifier of the first message after a moment, "" where nothing came since."""
    row = first(_shown(record, Message.public_id, internal=internal).where(
        Message.created > moment, Message.kind == "message").order_by(Message.created, Message.id))
    return row.public_id if row else ""


def extent(record: Any) -> tuple[int, datetime | None]:
    """Count the messages everybody sees of a record, and give the moment of the last."""
    (row,) = fetch(_shown(record, fn.COUNT(Message.id).alias("n"), fn.MAX(Message.created).alias("last"),
                          internal=True).where(Message.internal == False, Message.kind == "message"))  # noqa: E712
    return int(row.n), Message.created.python_value(row.last) if row.last is not None else None


def opening(record: Any) -> Any | None:
    """Give the first message of a record, whoever sees it; None where there is none."""
    return first(_shown(record, *_ROW, internal=True).where(Message.kind == "message").order_by(
        Message.created, Message.id))


# --- held back and released ---


def hold(record: Any, identity: str, why: str) -> Any:
    """Take a message out of sight of all but staff and its author; give its row as it was. Raises NotFound."""
    with transaction():
        row = show_entry(record, identity, internal=True, held=why)
        if row.internal:
            door(Message.update(held=why), Message).where(
                Message.id == row.id, Message.tenant == scope.current().tenant_id).execute()
        return row


def release(record: Any, identity: str, *, anew: bool = True) -> Any:
    """Show a message that was held back, with its files. Raises NotFound.

    `anew`: as of now, so that it is unread; else in its place.
    """
    with transaction():
        row = message(record, identity, internal=True)
        if anew:
            show_entry(record, identity, internal=False)
        else:
            door(Message.update(internal=False, held=""), Message).where(
                Message.id == row.id, Message.tenant == scope.current().tenant_id).execute()
        door(File.update(internal=False), File).where(
            File.message == row.id, File.tenant == scope.current().tenant_id).execute()
        conversation.stamp(record, now(), public=True)
        return row


# --- written anew ---


def rewrite(record: Any, row: Any, body: str, data: dict[str, Any] | None = None) -> None:
    """Give a message other words and keep those it had, inside the caller's transaction.

    `row` is what `message` gave; `data` takes the place of its data.
    """
    who, moment = scope.current(), now()
    with transaction():
        last = first(door(Wording.select(Wording.id), Wording).where(Wording.message == row.id))
        wrote = (row.data or {}).get("editor") or [row.author_id, row.author_name]
        put(Wording, tenant=who.tenant_id, message=row.id, author=wrote[0] if last else row.author_id,
            author_name=wrote[1] if last else row.author_name, body=row.body, created=row.edited or row.created,
            held=bool(row.held))
        editor = {"editor": [who.person.id, who.person.name]} if who.person else {}
        door(Message.update(body=body, edited=moment, data={**(data if data is not None else row.data), **editor}),
             Message).where(Message.id == row.id, Message.tenant == who.tenant_id).execute()
        conversation.stamp(record, moment, public=not row.internal)


def amend(record: Any, row: Any, **values: Any) -> Any:
    """Set what an import knows better of a message that it has just written: author_name, edited; give its row."""
    with transaction():
        door(Message.update(**{name: values[name] for name in ("author_name", "edited") if name in values}),
             Message).where(Message.id == row.id, Message.tenant == scope.current().tenant_id).execute()
        return message(record, row.public_id, internal=True)


def wordings(row: Any, *, held: bool = False) -> list[Any]:
    """Give what a message said before, the oldest first: author_name, body, created.

    `held` says whether whoever reads may see what it said while it was out of sight.
    """
    columns = (Wording.id, Wording.author_name, Wording.body, Wording.created)
    query = door(Wording.select(*columns), Wording).where(
        Wording.message == row.id, Wording.tenant == scope.current().tenant_id).order_by(Wording.id)
    return fetch(query if held else query.where(Wording.held == False))  # noqa: E712


def forget_wording(row: Any, key_: int) -> None:
    """Remove something that a message said before: what should never have been written."""
    with transaction():
        door(Wording.delete(), Wording).where(Wording.id == key_, Wording.message == row.id,
                                              Wording.tenant == scope.current().tenant_id).execute()


# --- moved ---


def move(source: Any, target: Any, identities: Collection[str]) -> int:
    """Let some messages of one record hang on another of the same tenant, with their files; give how many.

    The caller has asked the door for both, and counts both anew.
    """
    tenant, moment = scope.current().tenant_id, now()
    with transaction():
        ids = [row.id for row in fetch(_shown(source, Message.id, internal=True).where(
            Message.public_id.in_(list(identities)), Message.kind == "message"))]
        door(Message.update(record=target.id), Message).where(
            Message.tenant == tenant, Message.id.in_(ids)).execute()
        door(File.update(record=target.id), File).where(File.tenant == tenant, File.message.in_(ids)).execute()
        for mark in fetch(door(ReadMark.select(ReadMark.person, ReadMark.until), ReadMark).where(
                ReadMark.record == source.id)):
            put(ReadMark, take=further, record=target.id, person=mark.person_id, until=mark.until)
        for record in (source, target):
            conversation.stamp(record, moment, public=True)
            touch(record.id)
        return len(ids)


# --- who wrote ---


def _written(kind: str, *columns: Any) -> Any:
    """Ask for the messages on all records of a kind of the tenant at hand."""
    return door(Message.select(*columns), Message, Record).join(Record).where(
        Message.tenant == scope.current().tenant_id, Record.kind == kind, Message.kind == "message")


def standing(kind: str, person_id: int) -> tuple[int, datetime | None]:
    """Count what somebody wrote on records of a kind that is in sight (to 1,000), and give when they began."""
    rows = fetch(_written(kind, Message.created).where(
        Message.author == person_id, Message.internal == False).order_by(Message.created).limit(1000))  # noqa: E712
    return len(rows), rows[0].created if rows else None


def since(kind: str, person_id: int, moment: datetime, most: int = 1000) -> list[datetime]:
    """Give when somebody wrote on records of a kind since a moment, what is held back included, oldest first."""
    rows = fetch(_written(kind, Message.created, Message.written).where(
        Message.author == person_id,
        (Message.written > moment) | (Message.written.is_null() & (Message.created > moment)),
        Message.origin != conversation.IMPORT).limit(most))
    return sorted(row.written or row.created for row in rows)


def writers(kind: str, names: Iterable[str]) -> dict[int, str]:
    """Give people with one of some names who wrote something in sight on records of a kind: name by key."""
    wanted = sorted({key(name) for name in names} - {""})[:50]
    if not wanted:
        return {}
    mine = scope.current().tenant_id
    rows = fetch(door(Person.select(Person.id, Person.name), Person, Message, Record).join(
        Message, on=(Message.author == Person.id)).join(Record).where(
        Person.tenant == mine, Record.tenant == mine, Record.kind == kind, Message.internal == False,  # noqa: E712
        Person.name_key.in_(wanted)).distinct().limit(50))
    return {row.id: row.name for row in rows}


def named(names: Iterable[str]) -> dict[int, str]:
    """Give the tenant's people with one of some names, by key: for who may know everybody."""
    wanted = sorted({key(name) for name in names} - {""})[:50]
    rows = fetch(door(Person.select(Person.id, Person.name), Person).where(
        Person.tenant == scope.current().tenant_id, Person.name_key.in_(wanted)).limit(50)) if wanted else []
    return {row.id: row.name for row in rows}


def known_here(record: Any) -> dict[int, str]:
    """Give everybody who wrote in sight on a record, by key: their name."""
    rows = kept(("threads.known_here",), lambda: door(Message.select(
        Message.author, Message.author_name), Message).where(
        Message.tenant == late("tenant", 0), Message.record == late("record", 0), Message.internal == False,  # noqa: E712
        Message.kind == "message", Message.author.is_null(False)).distinct().limit(1000),
        tenant=scope.current().tenant_id, record=record.id)
    return {row.author_id: row.author_name for row in rows}


def mark_all_read(kind: str, condition: Any, person_id: int, most: int = 1000) -> int:
    """Take the records of a kind under a condition for read, as far as somebody may see them; give how many."""
    moment = now()
    rows = fetch(access.visible(kind, "view", Record.id).where(condition).order_by(
        Record.touched.desc()).limit(most))
    with transaction():
        for row in rows:
            put(ReadMark, take=further, record=row.id, person=person_id, until=moment)
    return len(rows)
