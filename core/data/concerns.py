"""Messages that somebody of the team should look at: reported by people, or held back by the portal itself."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from peewee import CharField, ForeignKeyField, TextField, fn

from core.data import access, scope
from core.data.conversation import Message
from core.data.db import TenantBase, TimeField, door, fetch, first, now, transaction
from core.data.guard import seal
from core.data.people import Person, Tenant
from core.data.records import RECORD, Record


class Concern(TenantBase):
    """Why a message should be looked at. The portal raises some itself; `verdict` is "" until it is settled."""

    tenant = ForeignKeyField(Tenant, on_delete="CASCADE", index=False)
    message = ForeignKeyField(Message, on_delete="CASCADE", index=False)
    person = ForeignKeyField(Person, null=True, on_delete="SET NULL")
    reason = CharField()
    note = TextField(default="")
    verdict = CharField(default="")
    judge = ForeignKeyField(Person, null=True, on_delete="SET NULL")
    created = TimeField(default=now)
    settled = TimeField(null=True)

    class Meta:
        """One per person and message; the queue asks for what is not settled."""

        indexes = ((("message", "person"), True), (("tenant", "verdict"), False))


_OURS = (Concern.id.alias("concern"), Concern.person.alias("raiser"), Concern.reason, Concern.note,
         Concern.created.alias("raised"))
_SAID = (Message.id.alias("message_key"), Message.public_id, Message.author, Message.author_name, Message.by_staff,
         Message.held, Message.body, Message.data, Message.created.alias("said"))


def raise_(row: Any, reason: str, note: str = "", *, by_portal: bool = False) -> bool:
    """Say that a message should be looked at; once per person. Gives whether that is news.

    `row` is what `threads.message` gave. What was settled before is not raised again by the same person.
    """
    who = scope.current()
    with transaction():
        mine = Concern.person.is_null() & (Concern.verdict == "") if by_portal else Concern.person == who.me.id
        if first(door(Concern.select(Concern.id), Concern).where(
                Concern.tenant == who.tenant_id, Concern.message == row.id, mine)):
            return False
        made = Concern.insert(tenant=who.tenant_id, message=row.id, person=None if by_portal else who.me.id,
                              reason=reason, note=note, created=now()).on_conflict_ignore()
        door(made, Concern).execute()
        return True


def raisers(row: Any) -> list[int]:
    """Give the keys of the people whose concerns about a message are not settled."""
    return [one.person_id for one in fetch(door(Concern.select(Concern.person), Concern).where(
        Concern.tenant == scope.current().tenant_id, Concern.message == row.id, Concern.verdict == "",
        Concern.person.is_null(False)))]


def reasons(row: Any) -> list[str]:
    """Give every reason for which a message was ever looked at, or is to be."""
    return [one.reason for one in fetch(door(Concern.select(Concern.reason), Concern).where(
        Concern.tenant == scope.current().tenant_id, Concern.message == row.id))]


def settle(row: Any, verdict: str) -> int:
    """Say that a message was looked at, and what came of it; give how many concerns that settles."""
    who = scope.current()
    with transaction():
        judged = Concern.update(verdict=verdict, judge=who.person.id if who.person else None, settled=now())
        return int(door(judged, Concern).where(Concern.tenant == who.tenant_id, Concern.message == row.id,
                                               Concern.verdict == "").execute())


def _open(kind: str, action: str, *columns: Any) -> Any:
    body = access.kind_of(scope.current(), kind).body
    query = access.visible(kind, action, *columns)
    query = query.join_from(Record, Message, on=(Message.record == Record.id))
    query = query.join_from(Message, Concern, on=(Concern.message == Message.id))
    marked: Any = seal(door(query, Record, *((body,) if body else ()), Message, Concern))
    return marked.where(Concern.verdict == "")


def queue(kind: str, action: str, *, after: int = 0, most: int = 50) -> tuple[list[list[Any]], int]:
    """Give what waits to be looked at on records that whoever asks may do `action` with, oldest first.

    Each is the list of concerns about one message, a row of each with its record and what was said; the second
    value is what `after` continues with, 0 at the end.
    """
    rows = fetch(_open(kind, action, *RECORD, *_OURS, *_SAID).where(Concern.id > after).order_by(
        Concern.id).limit(most + 1))
    found: dict[int, list[Any]] = {}
    for row in rows[:most]:
        found.setdefault(row.message_key, []).append(row)
    return list(found.values()), rows[most - 1].concern if len(rows) > most else 0


def waiting(kind: str, action: str, most: int = 999) -> int:
    """Count the messages that wait to be looked at, exactly up to `most`."""
    row = first(_open(kind, action, fn.COUNT(Message.id.distinct()).alias("n")))
    return min(int(row.n), most + 1) if row else 0


def counts(ids: Collection[int]) -> dict[int, int]:
    """Give how many concerns about some messages are not settled."""
    query = door(Concern.select(Concern.message, fn.COUNT(Concern.id).alias("n")), Concern).where(
        Concern.tenant == scope.current().tenant_id, Concern.message.in_(list(ids)), Concern.verdict == "")
    return {row.message_id: int(row.n) for row in fetch(query.group_by(Concern.message))} if ids else {}
