"""What people say about a message without words of their own: votes and reactions, one of each name per person."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from peewee import Case, CharField, ForeignKeyField, IntegerField, fn

from core.data import scope
from core.data.conversation import Message
from core.data.db import TenantBase, TimeField, door, fetch, now, transaction
from core.data.people import Person, Tenant


class Voice(TenantBase):
    """One person's word about a message: `name` says which ("vote"), `value` how much. Nobody: imported."""

    tenant = ForeignKeyField(Tenant, on_delete="CASCADE", index=False)
    message = ForeignKeyField(Message, on_delete="CASCADE", index=False)
    person = ForeignKeyField(Person, null=True, on_delete="SET NULL")
    name = CharField()
    value = IntegerField(default=1)
    created = TimeField(default=now)

    class Meta:
        """One of each name per person and message."""

        indexes = ((("message", "person", "name"), True),)


def say(row: Any, name: str, value: int = 1) -> None:
    """Keep what whoever asks says about a message; 0 takes it back. Sending it twice is sending it once.

    `row` is what `threads.message` gave: the record came through the door for the act at hand.
    """
    who = scope.current()
    with transaction():
        if value == 0:
            door(Voice.delete(), Voice).where(Voice.tenant == who.tenant_id, Voice.message == row.id,
                                              Voice.person == who.me.id, Voice.name == name).execute()
            return
        door(Voice.insert(tenant=who.tenant_id, message=row.id, person=who.me.id, name=name, value=value,
                          created=now()).on_conflict(
            conflict_target=[Voice.message, Voice.person, Voice.name],
            update={Voice.value: value}), Voice).execute()


def bring(row: Any, name: str, value: int, created: datetime) -> int:
    """Keep what somebody unknown said about a message elsewhere, for an import; give its key."""
    return int(door(Voice.insert(tenant=scope.current().tenant_id, message=row.id, person=None, name=name,
                                 value=value, created=created), Voice).execute())


def totals(ids: Collection[int]) -> dict[int, dict[str, tuple[int, int, int]]]:
    """Give what is said about some messages: key to name to (sum, how many, what whoever asks said)."""
    person = scope.current().person
    mine = Case(None, ((Voice.person == (person.id if person else 0), Voice.value),), 0)
    query = door(Voice.select(Voice.message, Voice.name, fn.SUM(Voice.value).alias("total"),
                              fn.COUNT(Voice.id).alias("n"), fn.SUM(mine).alias("mine")), Voice).where(
        Voice.tenant == scope.current().tenant_id,
        Voice.message.in_(list(ids))).group_by(Voice.message, Voice.name)
    found: dict[int, dict[str, tuple[int, int, int]]] = {}
    for row in fetch(query) if ids else ():
        found.setdefault(row.message_id, {})[row.name] = (int(row.total), int(row.n), int(row.mine))
    return found

