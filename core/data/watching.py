"""Who wants to hear of a record though they take no part in it, and who does not though they do."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from peewee import CharField, ForeignKeyField

from core.data import access, scope
from core.data.db import TenantBase, TimeField, door, fetch, first, now, transaction
from core.data.guard import seal
from core.data.people import Person
from core.data.records import Record

WATCH, MUTE = "watch", "mute"


class Watch(TenantBase):
    """What one person wants to hear of a record: "watch" or "mute"."""

    record = ForeignKeyField(Record, on_delete="CASCADE", index=False)
    person = ForeignKeyField(Person, on_delete="CASCADE")
    how = CharField()
    created = TimeField(default=now)

    class Meta:
        """One wish per person and record."""

        indexes = ((("record", "person"), True),)


def wish(record: Any, how: str) -> None:
    """Keep what whoever asks wants to hear of a record that came through the door: WATCH, MUTE, or "" as usual."""
    me = scope.current().me.id
    with transaction():
        if not how:
            door(Watch.delete(), Watch).where(Watch.record == record.id, Watch.person == me).execute()
            return
        door(Watch.insert(record=record.id, person=me, how=how, created=now()).on_conflict(
            conflict_target=[Watch.record, Watch.person], update={Watch.how: how}), Watch).execute()


def wished(record: Any) -> str:
    """Give what whoever asks wants to hear of a record, "" where they have not said."""
    person = scope.current().person
    row = first(door(Watch.select(Watch.how), Watch).where(
        Watch.record == record.id, Watch.person == person.id)) if person else None
    return row.how if row else ""


def people(record_ids: Collection[int]) -> dict[int, dict[int, str]]:
    """Give the wishes of all people about some records: record to person to how."""
    found: dict[int, dict[int, str]] = {}
    for row in fetch(door(Watch.select(Watch.record, Watch.person, Watch.how), Watch).where(
            Watch.record.in_(list(record_ids)))):
        found.setdefault(row.record_id, {})[row.person_id] = row.how
    return found


def mine(kind: str, *columns: Any) -> Any:
    """Give a query over the records of a kind that whoever asks watches and may see."""
    me, body = scope.current().me.id, access.kind_of(scope.current(), kind).body
    query = access.visible(kind, "view", *columns).join_from(Record, Watch, on=(Watch.record == Record.id))
    marked: Any = seal(door(query, Record, *((body,) if body else ()), Watch))
    return marked.where(Watch.person == me, Watch.how == WATCH)
