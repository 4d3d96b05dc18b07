"""What somebody has written and not sent: kept on the server, per person and place, until it is sent or old."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from peewee import CharField, ForeignKeyField, JSONField

from core.data import scope
from core.data.db import TenantBase, TimeField, door, fetch, first, now, transaction
from core.data.people import Person, Tenant

KEPT = timedelta(days=60)
"""How long a text waits after it was last touched."""

MOST, LONGEST = 50, 100_000
"""Texts that one person may keep, and characters of one field."""


class Unsent(TenantBase):
    """A form half filled in. `place` names what it is for ("topic/12", "topic/new")."""

    tenant = ForeignKeyField(Tenant, on_delete="CASCADE", index=False)
    person = ForeignKeyField(Person, on_delete="CASCADE", index=False)
    place = CharField()
    values = JSONField(default=dict)
    changed = TimeField(default=now)

    class Meta:
        """One per person and place."""

        indexes = ((("person", "place"), True),)


def _mine() -> Any:
    who = scope.current()
    return (Unsent.tenant == who.tenant_id) & (Unsent.person == who.me.id)


def keep(place: str, values: Mapping[str, str]) -> None:
    """Keep what whoever asks has written at a place; nothing keeps nothing. The oldest beyond MOST goes."""
    who, moment = scope.current(), now()
    texts = {name: text[:LONGEST] for name, text in values.items() if text.strip()}
    if not texts:
        drop(place)
        return
    with transaction():
        door(Unsent.delete(), Unsent).where(_mine(), Unsent.changed <= moment - KEPT).execute()
        door(Unsent.insert(tenant=who.tenant_id, person=who.me.id, place=place[:200], values=texts,
                           changed=moment).on_conflict(
            conflict_target=[Unsent.person, Unsent.place],
            update={Unsent.values: texts, Unsent.changed: moment}), Unsent).execute()
        extra = [row.id for row in fetch(door(Unsent.select(Unsent.id), Unsent).where(_mine()).order_by(
            Unsent.changed.desc(), Unsent.id.desc()).limit(MOST).offset(MOST))]
        if extra:
            door(Unsent.delete(), Unsent).where(_mine(), Unsent.id.in_(extra)).execute()


def find(place: str) -> dict[str, str]:
    """Give what whoever asks has written at a place and not sent, {} for nothing."""
    if scope.current().person is None:
        return {}
    row = first(door(Unsent.select(Unsent.values), Unsent).where(
        _mine(), Unsent.place == place, Unsent.changed > now() - KEPT))
    return dict(row.values) if row else {}


def drop(place: str) -> bool:
    """Forget what whoever asks has written at a place: it was sent, or thrown away. Say whether there was any.

    Of two who drop it at the same moment, in transactions, one alone is told that there was.
    """
    with transaction():
        return bool(door(Unsent.delete(), Unsent).where(_mine(), Unsent.place == place).execute())


def mine(beginning: str, most: int = MOST) -> list[Any]:
    """Give what whoever asks has not sent at places that begin so, the latest first: place, values, changed."""
    return fetch(door(Unsent.select(Unsent.place, Unsent.values, Unsent.changed), Unsent).where(
        _mine(), Unsent.place.startswith(beginning), Unsent.changed > now() - KEPT).order_by(
        Unsent.changed.desc()).limit(most))
