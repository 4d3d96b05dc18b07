"""Changes of settings that somebody has collected and not saved: one row per session, gone with the week."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from peewee import CharField, ForeignKeyField, IntegerField, TextField

from core.data import scope
from core.data.db import TenantBase, TimeField, door, fetch, first, now, transaction
from core.data.people import Person, Tenant

KEPT = timedelta(days=7)
"""How long a draft waits after it was last touched."""


class Draft(TenantBase):
    """What one session has collected: `base` is the configuration version its person looked at."""

    tenant = ForeignKeyField(Tenant, on_delete="CASCADE", index=False)
    person = ForeignKeyField(Person, on_delete="CASCADE")
    session = CharField()
    base = IntegerField()
    changes = TextField()
    changed = TimeField(default=now)

    class Meta:
        """One draft per session."""

        indexes = ((("tenant", "session"), True),)


def find(session: str) -> Any | None:
    """Give the draft (base, changes) of a session of whoever asks, or None."""
    who = scope.current()
    if not session or who.person is None:
        return None
    return first(door(Draft.select(Draft.base, Draft.changes), Draft).where(
        Draft.tenant == who.tenant_id, Draft.session == session, Draft.person == who.person.id,
        Draft.changed > now() - KEPT))


def sessions(beginning: str) -> list[str]:
    """Name the drafts of whoever asks that begin like this: one session may have several, each about something."""
    who = scope.current()
    if not beginning or who.person is None:
        return []
    rows = fetch(door(Draft.select(Draft.session), Draft).where(
        Draft.tenant == who.tenant_id, Draft.session.startswith(beginning), Draft.person == who.person.id,
        Draft.changed > now() - KEPT).limit(100))
    return [row.session for row in rows]


def keep(session: str, base: int, changes: str) -> None:
    """Store the draft of a session of whoever asks in place of what it had; take away what nobody came back to."""
    who, moment = scope.current(), now()
    with transaction():
        door(Draft.delete(), Draft).where(Draft.tenant == who.tenant_id, Draft.changed <= moment - KEPT).execute()
        door(Draft.insert(tenant=who.tenant_id, person=who.me.id, session=session, base=base, changes=changes,
                          changed=moment).on_conflict(
            conflict_target=[Draft.tenant, Draft.session],
            update={Draft.person: who.me.id, Draft.base: base, Draft.changes: changes, Draft.changed: moment}),
            Draft).execute()


def drop(session: str) -> None:
    """Forget the draft of a session of whoever asks."""
    who = scope.current()
    with transaction():
        door(Draft.delete(), Draft).where(Draft.tenant == who.tenant_id, Draft.session == session,
                                          Draft.person == who.me.id).execute()
