"""Messages, internal notes, attachments and read marks on any record; customers see public entries only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from types import SimpleNamespace
from typing import Any

from peewee import JOIN, BooleanField, CharField, ForeignKeyField, IntegerField, JSONField, TextField, fn

from core.data import scope
from core.data.db import (
    TenantBase,
    TimeField,
    count,
    door,
    fetch,
    first,
    is_sqlite,
    kept,
    kept_write,
    late,
    now,
    public_id,
    touch,
    transaction,
)
from core.data.marks import ReadMark, further
from core.data.marks import mark_read as mark_read  # noqa: PLC0414 - handed on
from core.data.marks import read_by as read_by  # noqa: PLC0414 - handed on
from core.data.marks import read_until as read_until  # noqa: PLC0414 - handed on
from core.data.people import Person, Tenant
from core.data.records import Record
from core.data.writes import put
from core.errors import NotFound

IMPORT = "import"
"""The origin of entries brought along from another system: history, which nobody still has to read."""


class Message(TenantBase):
    """An entry in a record's conversation. `kind` is "message" or "event"; `internal` never leaves staff.

    `written` is when a note was written that became visible later: `created`, by which everything is ordered
    and counted, is then the moment it became so. `held` says why what a customer wrote is internal: its author
    still sees it. `edited` is when its words were last changed (see `threads`).
    """

    tenant = ForeignKeyField(Tenant, on_delete="CASCADE", index=False)
    record = ForeignKeyField(Record, on_delete="CASCADE", index=False)
    public_id = CharField(unique=True, default=public_id)
    kind = CharField(default="message")
    author = ForeignKeyField(Person, null=True, on_delete="SET NULL")
    author_name = CharField(default="")
    by_staff = BooleanField(default=False)
    internal = BooleanField(default=False)
    held = CharField(default="")
    body = TextField(default="")
    data = JSONField(default=dict)
    origin = CharField(default="portal")
    mail_id = CharField(null=True)
    created = TimeField(default=now)
    written = TimeField(null=True)
    edited = TimeField(null=True)

    class Meta:
        """Read in the order of time; a mail arrives once."""

        # The mail's identity first: with the tenant first, engines take this index for reading conversations.
        indexes = ((("record", "created"), False), (("mail_id", "tenant"), True))


class File(TenantBase):
    """Something attached to a record, stored under a name we chose. `internal` as for messages.

    A file of a note may be visible by itself: customers then see it alone, from `created` on.
    """

    tenant = ForeignKeyField(Tenant, on_delete="CASCADE", index=False)
    record = ForeignKeyField(Record, on_delete="CASCADE")
    message = ForeignKeyField(Message, null=True, on_delete="CASCADE")
    public_id = CharField(unique=True, default=public_id)
    name = CharField()
    size = IntegerField()
    mime = CharField()
    stored = CharField()
    sha256 = CharField(default="")
    width = IntegerField(null=True)
    height = IntegerField(null=True)
    internal = BooleanField(default=False)
    author = ForeignKeyField(Person, null=True, on_delete="SET NULL")
    author_name = CharField(default="")
    by_staff = BooleanField(default=False)
    created = TimeField(default=now)


@dataclass(frozen=True)
class Entry:
    """One entry as somebody may see it, with its attachments."""

    public_id: str
    kind: str
    author_id: int | None
    author_name: str
    by_staff: bool
    internal: bool
    body: str
    data: dict[str, Any]
    origin: str
    created: datetime
    files: tuple[Any, ...] = field(default=())
    written: datetime | None = None
    author_photo: str = ""
    held: str = ""
    edited: datetime | None = None
    key: int = 0


_MESSAGE = (Message.id, Message.public_id, Message.kind, Message.author, Message.author_name, Message.by_staff,
            Message.internal, Message.body, Message.data, Message.origin, Message.created,
            Message.written, Message.held, Message.edited)
FILE = (File.id, File.public_id, File.name, File.size, File.mime, File.stored, File.internal, File.message,
        File.record, File.created, File.author, File.author_name, File.by_staff, File.width, File.height)


def _messages(record_id: int, *columns: Any, internal: bool) -> Any:
    query = door(Message.select(*columns), Message).where(
        Message.tenant == late("tenant", scope.current().tenant_id), Message.record == late("record", record_id))
    return query if internal else query.where(Message.internal == False)  # noqa: E712


def _files(record_id: int, *, internal: bool) -> Any:
    query = door(File.select(*FILE), File).where(
        File.tenant == late("tenant", scope.current().tenant_id),
        File.record == late("record", record_id)).order_by(File.id)
    return query if internal else query.where(File.internal == False)  # noqa: E712


def _files_of(record: Any, *, internal: bool) -> list[Any]:
    return kept(("conversation.files", internal), lambda: _files(record.id, internal=internal),
                tenant=scope.current().tenant_id, record=record.id)


def _photo() -> Any:
    """Ask for the picture of a message's author, as they are now."""
    shown = Person.alias()
    return door(shown.select(shown.photo), Person).where(shown.id == Message.author)


def _entries(record_id: int, *, internal: bool, whole: bool = True) -> Any:
    """Ask for the messages of a record in the order of time, each saying if there are files at all."""
    some = door(File.select(File.id), File).where(File.record == late("record", record_id))
    query = _messages(record_id, *_MESSAGE, fn.EXISTS(some).alias("any_file"),
                      _photo().alias("photo"), internal=True).order_by(Message.created, Message.id)
    query = query if internal else query.where(_open())
    return query if whole else query.limit(late("most", 0)).offset(late("skip", 0))


def _open() -> Any:
    """Write what a customer (late: `reader`) is shown: what is public, and their own that is held back."""
    return (Message.internal == False) | ((Message.held != "") & (Message.author == late("reader", 0)))  # noqa: E712


def entries(record: Any, *, internal: bool, skip: int = 0, most: int | None = None) -> list[Entry]:
    """Give a record's conversation, oldest first. `record` is a row that came through the door.

    `internal` says whether whoever reads may see notes; where not, neither notes nor their files are read. `most`
    gives a part of a long one, from `skip` on, without files that hang on no message.
    """
    person, whole = scope.current().person, most is None
    rows = kept(("conversation.entries", internal, whole), lambda: _entries(
        record.id, internal=internal, whole=whole), tenant=scope.current().tenant_id, record=record.id,
        reader=person.id if person else 0, most=most, skip=skip)
    signed_in = person is not None  # nobody else is given pictures of people
    files: dict[int | None, list[Any]] = {}
    for row in _files_of(record, internal=internal) if (not rows and whole) or (rows and rows[0].any_file) else ():
        files.setdefault(row.message_id, []).append(row)
    found = [Entry(row.public_id, row.kind, row.author_id, row.author_name, row.by_staff, row.internal, row.body,
                   row.data or {}, row.origin, row.created, tuple(files.pop(row.id, ())),
                   row.written if internal else None, (row.photo or "") if signed_in else "", row.held, row.edited,
                   row.id) for row in rows]
    alone = [_alone(row) for rows in files.values() for row in rows] if whole else []
    return sorted(found + alone, key=lambda entry: entry.created) if alone else found


def _alone(row: Any) -> Entry:
    """Show a file whose message the reader may not see, or that never had one, as an entry of its own."""
    return Entry(row.public_id, "message", row.author_id, row.author_name, row.by_staff, row.internal, "",
                 {}, "portal", row.created, (row,))


def add_entry(  # noqa: PLR0913 - each is a column of the entry
        record: Any, body: str, *, internal: bool = False, kind: str = "message", origin: str = "",
        data: dict[str, Any] | None = None, author: Any = None, mail_id: str | None = None,
        created: datetime | None = None, held: str = "") -> Any:
    """Write an entry into a record's conversation and give its row, inside the caller's transaction.

    `record` came through the door for the act at hand. `author` is a person's row or Who; the default is
    whoever asks; the portal itself writes as nobody. What is `held` is internal, but for its author.
    """
    who, internal = scope.current(), internal or bool(held)
    author = author or (None if who.system else who.person)
    origin = origin or (who.channel if who.channel in ("api", "mail") else "portal")  # how it came in
    with transaction():
        _in_turn(record)
        moment = created or now()
        made = put(Message, tenant=who.tenant_id, record=record.id, kind=kind,
                   author=author.id if author else None, author_name=author.name if author else "",
                   by_staff=bool(author and author.role), internal=internal, body=body, data=data or {},
                   origin=origin, mail_id=mail_id, created=moment, held=held)
        stamp(record, moment, public=not internal)
        if author:
            put(ReadMark, take=further, record=record.id, person=author.id, until=moment)
    (row,) = kept(("conversation.one",), lambda: _messages(record.id, *_MESSAGE, internal=True).where(
        Message.id == late("id", 0)), tenant=who.tenant_id, record=record.id, id=made)
    return row


def _in_turn(record: Any) -> None:
    """Let writers to one conversation pass one by one, so that its times follow the order of commits.

    Otherwise an entry could appear before the moment up to which somebody has read. SQLite does it anyway.
    """
    if not is_sqlite():
        fetch(door(Record.select(Record.id), Record).where(
            Record.id == record.id, Record.tenant == scope.current().tenant_id).for_update())


def stamp(record: Any, moment: datetime, *, public: bool) -> None:
    """Note on the record that its conversation changed; what customers cannot see leaves no trace for them."""
    def build() -> Any:
        stamp: dict[str, Any] = {"changed": late("moment", 0), "staff_version": Record.staff_version + 1}
        if public:
            stamp |= {"touched": late("moment", 0), "version": Record.version + 1}
        return door(Record.update(**stamp), Record).where(
            Record.id == late("id", 0), Record.tenant == late("tenant", 0))

    kept_write(("conversation.stamp", public), build, moment=moment, id=record.id,
               tenant=scope.current().tenant_id)
    touch(record.id)


def show_entry(record: Any, identity: str, *, internal: bool, held: str = "") -> Any:
    """Switch a message between note and visible, and give its row as it was. Raises NotFound.

    The caller has asked the door whether whoever asks may handle notes here. Its files keep their own switch
    when it becomes visible, and become internal with it; `held` lets its author still see it.
    """
    with transaction():
        _in_turn(record)
        row = first(_messages(record.id, *_MESSAGE, internal=True).where(
            Message.public_id == identity, Message.kind == "message"))
        if row is None:
            raise NotFound
        if row.internal == internal:
            return row
        moment = now()
        times = {"created": row.written or row.created, "written": None} if internal else \
            {"created": moment, "written": row.created}
        door(Message.update(internal=internal, held=held, **times), Message).where(Message.id == row.id).execute()
        if internal:
            door(File.update(internal=True), File).where(File.message == row.id).execute()
        stamp(record, moment, public=True)
        return row


def add_file(record: Any, stored: Any, name: str, mime: str, *, message: Any = None,
             internal: bool | None = None, measured: tuple[int, int] | None = None) -> Any:
    """Attach a stored file (`core.data.files.Stored`) to a record and give its row.

    Left open, `internal` follows the message; without one, what staff attaches is internal. A file of a note
    always is, until somebody switches it. `measured` are width and height of a picture.
    """
    who, (wide, high) = scope.current(), measured or (None, None)
    author = None if who.system else who.person
    alone = bool(author and author.role) if internal is None else internal
    hidden = bool(message.internal or internal) if message is not None else alone
    made = door(File.insert(
        tenant=who.tenant_id, record=record.id, message=message.id if message else None,
        public_id=public_id(), name=name, size=stored.size, mime=mime, stored=stored.key,
        sha256=stored.sha256, internal=hidden, width=wide, height=high, author=author.id if author else None,
        author_name=author.name if author else "", by_staff=bool(author and author.role)), File).execute()
    if message is None:
        stamp(record, now(), public=not hidden)
    return first(door(File.select(*FILE), File).where(File.id == int(made), File.tenant == who.tenant_id))


def file(identity: str) -> Any:
    """Give an attachment's row with its record's kind, by its public identifier, unchecked for rights.

    The caller passes the record through the door, then `internal` through the kind's note permission. Raises
    NotFound outside the tenant.
    """
    query = door(File.select(*FILE, Record.kind, Record.number), File, Record).join(Record).where(
        File.tenant == scope.current().tenant_id, File.public_id == identity)
    row = first(query) if identity.isprintable() else None
    if row is None:
        raise NotFound
    return row


def attached(record: Any, *, internal: bool) -> list[Any]:
    """Give the files tied to a record itself, not to a message of it; internal ones only for who may see notes."""
    return [row for row in _files_of(record, internal=internal) if row.message_id is None]


def message(identity: str) -> Any:
    """Give a message's key with its record's key and kind, unchecked for rights. Raises NotFound."""
    query = Message.select(Message.id, Message.record, Record.kind.alias("kind_of_record")).join(Record)
    found = door(query, Message, Record).where(
        Message.tenant == scope.current().tenant_id, Message.public_id == identity)
    row = first(found) if identity.isprintable() else None
    if row is None:
        raise NotFound
    return row


def show_file(row: Any, *, internal: bool) -> None:
    """Switch an attachment between internal and visible. `row` is what `file` gave, and the record was asked for.

    A file of a note that becomes visible stands in the customer's conversation from now on.
    """
    if row.internal == internal:
        return
    moment = now()
    times = {} if internal else {"created": moment}
    with transaction():
        door(File.update(internal=internal, **times), File).where(
            File.id == row.id, File.tenant == scope.current().tenant_id).execute()
        stamp(SimpleNamespace(id=row.record_id), moment, public=True)


def remove_file(row: Any) -> None:
    """Take an attachment off its record; the caller removes what is stored once this is committed."""
    with transaction():
        door(File.delete(), File).where(
            File.id == row.id, File.tenant == scope.current().tenant_id).execute()
        stamp(SimpleNamespace(id=row.record_id), now(), public=not row.internal)


def files_known(keys: Iterable[str]) -> set[str]:
    """Say which stored names belong to some attachment of any tenant, for the sweep of orphans."""
    wanted = list(keys)
    return {row.stored for row in fetch(door(File.select(File.stored), File).where(File.stored.in_(wanted)))}


def unread(record_ids: Iterable[int], person_id: int, *, internal: bool) -> dict[int, int]:
    """Count entries by others that somebody has not read yet, by record; notes only for who may see them.

    What was imported is history and counts as read.
    """
    ids = list(record_ids)
    if not ids:
        return {}
    query = door(Message.select(Message.record, fn.COUNT(Message.id).alias("n")), Message, ReadMark).join(
        ReadMark, JOIN.LEFT_OUTER, on=((ReadMark.record == Message.record) & (ReadMark.person == person_id)),
    ).where(Message.tenant == scope.current().tenant_id, Message.record.in_(ids), Message.kind == "message",
            Message.author.is_null() | (Message.author != person_id), Message.origin != IMPORT,
            ReadMark.until.is_null() | (Message.created > ReadMark.until)).group_by(Message.record)
    if not internal:
        query = query.where(Message.internal == False)  # noqa: E712
    return {row.record_id: row.n for row in fetch(query)}


def unread_here(person_id: int, *, internal: bool) -> Any:
    """Give a condition on a query of records: others wrote there what somebody (late: `reader`) has not read."""
    reader = late("reader", person_id)
    query = door(Message.select(Message.id), Message, ReadMark).join(
        ReadMark, JOIN.LEFT_OUTER, on=((ReadMark.record == Message.record) & (ReadMark.person == reader)),
    ).where(Message.record == Record.id, Message.kind == "message",
            Message.author.is_null() | (Message.author != reader), Message.origin != IMPORT,
            ReadMark.until.is_null() | (Message.created > ReadMark.until))
    return fn.EXISTS(query if internal else query.where(Message.internal == False))  # noqa: E712


def how_many(record: Any, *, internal: bool) -> int:
    """Count the messages (not events) of a record that a reader may see."""
    return count(_messages(record.id, Message.id, internal=internal).where(Message.kind == "message"))


def counts(record_ids: Iterable[int], *, internal: bool) -> dict[int, int]:
    """Count the messages of several records that a reader may see, in one query; records without are left out."""
    query = door(Message.select(Message.record, fn.COUNT(Message.id).alias("n")), Message).where(
        Message.tenant == scope.current().tenant_id, Message.record.in_(list(record_ids)),
        Message.kind == "message").group_by(Message.record)
    if not internal:
        query = query.where(Message.internal == False)  # noqa: E712
    return {row.record_id: row.n for row in fetch(query)}


def participants(record: Any) -> list[int]:
    """Give the keys of everybody who wrote publicly on a record, and of its requester."""
    query = _messages(record.id, Message.author, internal=False).where(
        Message.author.is_null(False), Message.kind == "message").distinct()
    ids = {row.author_id for row in fetch(query)}
    if record.person_id:
        ids.add(record.person_id)
    return sorted(ids)
