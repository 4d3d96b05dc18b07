"""Seeing the portal with somebody else's eyes: who does, whose, in which session, and until when."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from peewee import CharField, ForeignKeyField, fn

from core.data import scope
from core.data.audit import record_act
from core.data.credentials import Session
from core.data.db import TenantBase, TimeField, door, fetch, first, kept, late, now, transaction
from core.data.people import Person, Tenant
from core.data.scope import Who

LASTS = timedelta(minutes=30)
"""After so long one's own eyes come back by themselves."""

BEGUN, ENDED, TAKEN = "person.view_began", "person.view_ended", "person.view_download"


class Viewing(TenantBase):
    """One time that somebody of the team saw the portal as another person does."""

    tenant = ForeignKeyField(Tenant, on_delete="CASCADE", index=False)
    viewer = ForeignKeyField(Person, on_delete="CASCADE", index=False)
    person = ForeignKeyField(Person, on_delete="CASCADE", index=False)
    session = CharField(index=True)
    began = TimeField(default=now)
    until = TimeField()
    ended = TimeField(null=True)

    class Meta:
        """Those that are not over yet are few."""

        indexes = ((("tenant", "ended"), False),)


_VIEWING = (Viewing.id, Viewing.viewer, Viewing.person, Viewing.session, Viewing.began, Viewing.until)


def of_session(column: Any) -> Any:
    """Write which viewing is open in a session, for the one question a request asks."""
    return door(Viewing.select(fn.MAX(Viewing.id)), Viewing).where(
        Viewing.session == column, Viewing.ended.is_null())


def find(key: int) -> Any | None:
    """Give a viewing of this tenant that nobody ended yet, or None."""
    rows = kept(("viewing.find",), lambda: door(Viewing.select(*_VIEWING), Viewing).where(
        Viewing.tenant == late("tenant", 0), Viewing.id == late("key", 0), Viewing.ended.is_null()),
        tenant=scope.current().tenant_id, key=key)
    return rows[0] if rows else None


def begin(person: Any, session: str) -> None:
    """Let whoever asks see the portal as somebody (a row) does, in one session; it is written down."""
    who, moment = scope.current(), now()
    with transaction():
        door(Viewing.insert(tenant=who.tenant_id, viewer=who.me.id, person=person.id, session=session,
                            began=moment, until=moment + LASTS), Viewing).execute()
        record_act(BEGUN, person.public_id, minutes=int(LASTS.total_seconds()) // 60)


def end(found: Any, why: str, viewer: Who | None = None) -> None:
    """End a viewing and write down how long it was; `why` is "ended", "time", "signed out", "session" or "right".

    Of several at the same moment one writes it down. Without a `viewer` the portal itself ends it.
    """
    who = scope.current()
    moment = min(now(), found.until)
    with scope.writing(), transaction():
        done = door(Viewing.update(ended=moment), Viewing).where(
            Viewing.id == found.id, Viewing.tenant == who.tenant_id, Viewing.ended.is_null()).execute()
        if done:
            by = {} if viewer else {"by": found.viewer_id}
            record_act(ENDED, _public_id(found.person_id), seconds=_seconds(found.began, moment), why=why,
                       **{key: _public_id(value) for key, value in by.items()})


def _seconds(began: datetime, ended: datetime) -> int:
    return max(0, int((ended - began).total_seconds()))


def _public_id(person_id: int) -> str:
    row = first(door(Person.select(Person.public_id), Person).where(
        Person.id == person_id, Person.tenant == scope.current().tenant_id))
    return str(row.public_id) if row else ""


def sweep() -> None:
    """End what is over in the current tenant: past its time, or of a session that is no more."""
    who, moment = scope.current(), now()
    alive = door(Session.select(Session.id), Session).where(
        Session.public_id == Viewing.session, Session.expires > moment)
    query = door(Viewing.select(*_VIEWING), Viewing).where(
        Viewing.tenant == who.tenant_id, Viewing.ended.is_null(),
        (Viewing.until <= moment) | ~fn.EXISTS(alive))
    for found in fetch(query):
        end(found, "time" if found.until <= moment else "session")
