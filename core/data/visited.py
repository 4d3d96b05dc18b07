"""When somebody was at a place before: what is new there since their last visit."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from peewee import CharField, ForeignKeyField, fn

from core.data import scope
from core.data.arrivals import SignIn
from core.data.db import TenantBase, TimeField, door, kept, late, microseconds, now
from core.data.people import Person, Tenant
from core.data.writes import put

PAUSE = timedelta(minutes=30)
"""How long somebody is away until coming back is another visit."""

STEP = timedelta(minutes=1)
"""How exactly it is noted that a visit goes on."""

PLACE_LENGTH = 60


class Visited(TenantBase):
    """Somebody's visits to a place: `before` is when the last one ended, `latest` when they were seen last."""

    tenant = ForeignKeyField(Tenant, on_delete="CASCADE", index=False)
    person = ForeignKeyField(Person, on_delete="CASCADE", index=False)
    place = CharField()
    latest = TimeField()
    before = TimeField(null=True)

    class Meta:
        """One row per person and place."""

        indexes = ((("person", "place"), True),)


def _row() -> Any:
    came = door(SignIn.select(fn.MAX(SignIn.created)), SignIn).where(
        SignIn.tenant == late("tenant", 0), SignIn.person == late("reader", 0), SignIn.ok == True)  # noqa: E712
    return door(Visited.select(Visited.latest, Visited.before, came.alias("came")), Visited).where(
        Visited.tenant == late("tenant", 0), Visited.person == late("reader", 0),
        Visited.place == late("place", ""))


def _seen(query: Any) -> Any:
    return query.on_conflict(conflict_target=[Visited.person, Visited.place], update={
        Visited.latest: late("latest", 0), Visited.before: late("before", None)})


def since(place: str, *, here: bool = False) -> datetime | None:
    """Give when whoever asks was at a place before this visit; None at the first, and for who is not signed in.

    `place` is a plugin's own word, such as "documents". `here` says that they are there now: it is noted, and
    what was new stays new until they have been away for half an hour or have signed in anew. Without it nothing
    is noted: for cards.
    """
    who = scope.current()
    if who.person is None:
        return None
    place, moment = place[:PLACE_LENGTH], now()
    rows = kept(("visited",), _row, tenant=who.tenant_id, reader=who.person.id, place=place)
    latest, before = (rows[0].latest, rows[0].before) if rows else (None, None)
    if latest is not None and (moment - latest > PAUSE or _again(rows[0].came, latest)):
        before = latest
    if here and not scope.read_only() and (latest is None or moment - latest > STEP):
        put(Visited, take=_seen, tenant=who.tenant_id, person=who.person.id, place=place, latest=moment,
            before=before)
    return before


def _again(came: Any, latest: datetime) -> bool:
    """Say whether somebody has signed in since they were seen; a moment out of MAX() is still a number."""
    return came is not None and came > (latest if isinstance(came, datetime) else microseconds(latest))
