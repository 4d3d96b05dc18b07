"""How far each person has read a record's conversation."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from peewee import ForeignKeyField

from core.data import scope
from core.data.db import TenantBase, TimeField, door, fetch, kept, late, now
from core.data.people import Person
from core.data.records import Record
from core.data.writes import put


class ReadMark(TenantBase):
    """How far somebody has read a record's conversation."""

    record = ForeignKeyField(Record, on_delete="CASCADE")
    person = ForeignKeyField(Person, on_delete="CASCADE")
    until = TimeField()

    class Meta:
        """One mark per person and record."""

        indexes = ((("record", "person"), True),)


def read_by(person_id: int, record_ids: Collection[int]) -> dict[int, datetime]:
    """Give how far somebody has read each of some records of the tenant at hand, by the record's key."""
    rows = fetch(door(ReadMark.select(ReadMark.record, ReadMark.until), ReadMark, Record).join(Record).where(
        ReadMark.person == person_id, ReadMark.record.in_(list(record_ids)),
        Record.tenant == scope.current().tenant_id))
    return {row.record_id: row.until for row in rows}


def read_until() -> Any:
    """Write how far somebody (late: `reader`) has read a record (late: `record`), for a kept statement."""
    return door(ReadMark.select(ReadMark.until), ReadMark).where(
        ReadMark.record == late("record", 0), ReadMark.person == late("reader", 0))


def further(query: Any) -> Any:
    """Move a mark that is there already, never back."""
    return query.on_conflict(conflict_target=[ReadMark.record, ReadMark.person], update={
        ReadMark.until: late("until", 0)}, where=ReadMark.until < late("until", 0))


def mark_read(record: Any, person_id: int, until: datetime | None = None) -> None:
    """Remember that somebody has read a record's conversation up to a moment (default: now).

    After showing a conversation, say `until=entries[-1].created`: what came in between stays unread. It writes
    only where there is news.
    """
    if scope.read_only():
        return
    moment = until or now()
    known = kept(("conversation.read_until",), read_until, record=record.id, reader=person_id)
    if not known or known[0].until < moment:
        put(ReadMark, take=further, record=record.id, person=person_id, until=moment)
