"""The outbox: an event is a row of the change's own transaction; readers are told from it, each once."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from peewee import CharField, ForeignKeyField, IntegerField, JSONField, TextField

from core.data import scope
from core.data.db import Base, TimeField, db, door, fetch, first, is_sqlite, now, transaction
from core.data.people import Tenant
from core.data.records import Record

LEASE = timedelta(seconds=60)
GIVE_UP_AFTER = 12


class Event(Base):
    """Something that happened, published with the change that made it true."""

    tenant = ForeignKeyField(Tenant, on_delete="CASCADE")
    name = CharField()
    record = ForeignKeyField(Record, null=True, on_delete="CASCADE")
    actor = IntegerField(null=True)
    channel = CharField(default="page")
    data = JSONField(default=dict)
    created = TimeField(default=now, index=True)


class Job(Base):
    """Work to be done at least once: telling one reader of one event, sending one mail, a turn of a schedule.

    `state` is "waiting", "done" or "failed"; a lease in the future means somebody is at it. `key` makes the
    same work impossible twice.
    """

    tenant = ForeignKeyField(Tenant, null=True, on_delete="CASCADE")
    plugin = CharField()
    name = CharField()
    key = CharField(unique=True)
    event = ForeignKeyField(Event, null=True, on_delete="CASCADE")
    data = JSONField(default=dict)
    state = CharField(default="waiting")
    run_at = TimeField(default=now)
    lease = TimeField(null=True)
    attempts = IntegerField(default=0)
    error = TextField(default="")
    created = TimeField(default=now)

    class Meta:
        """The worker asks for what waits, in order of time."""

        indexes = ((("state", "run_at"), False),)


def publish(name: str, record: Any = None, **data: Any) -> None:
    """Say that something happened ("tickets.opened"), in the transaction of the change itself.

    `record` is the row it happened to; `data` is plain JSON: identifiers, not texts. Every reader the
    registry knows for the event gets its own job in the same transaction.
    """
    who = scope.current()
    with transaction():
        event = int(Event.insert(
            tenant=who.tenant_id, name=name, record=record.id if record else None,
            actor=who.person.id if who.person else None, channel=who.channel, data=data).execute())
        for reader in who.registry.readers:
            if reader.event in (name, "*"):
                Job.insert(tenant=who.tenant_id, plugin=reader.plugin, name=reader.name, event=event,
                           key=f"event:{event}:{reader.plugin}.{reader.name}").execute()


def enqueue(plugin: str, name: str, key: str, *, data: dict[str, Any] | None = None,
            run_at: datetime | None = None) -> bool:
    """Add work of the current tenant; False where work with this key is known already."""
    return bool(Job.insert(tenant=scope.current().tenant_id, plugin=plugin, name=name, key=key,
                           data=data or {}, run_at=run_at or now()).on_conflict_ignore().execute())


_JOB = (Job.id, Job.tenant, Job.plugin, Job.name, Job.key, Job.event, Job.data, Job.attempts, Job.run_at)


def claim(most: int = 20) -> list[Any]:
    """Take work whose time has come, under a lease: a worker that dies gives it back by dying."""
    moment = now()
    ready = Job.select(Job.id).where(
        Job.state == "waiting", Job.run_at <= moment, Job.lease.is_null() | (Job.lease < moment)
    ).order_by(Job.run_at, Job.id).limit(most)
    if not is_sqlite():
        ready = ready.for_update("FOR UPDATE SKIP LOCKED")  # type: ignore[arg-type]
    if is_sqlite() and not fetch(ready.limit(1)):
        return []
    with transaction():
        ids = [row.id for row in fetch(ready)]
        if not ids:
            return []
        Job.update(lease=moment + LEASE, attempts=Job.attempts + 1).where(Job.id.in_(ids)).execute()
        return fetch(Job.select(*_JOB).where(Job.id.in_(ids)).order_by(Job.run_at, Job.id))


def event(event_id: int) -> Any | None:
    """Give an event's row, or None."""
    return first(Event.select(Event.id, Event.name, Event.record, Event.actor, Event.channel, Event.data,
                              Event.created, Event.tenant).where(Event.id == event_id))


def event_record(event_id: int) -> Any | None:
    """Give the record an event happened to, as the system sees it, or None where it is gone."""
    return first(door(Record.select(Record.id, Record.kind, Record.number, Record.title), Record).join(
        Event, on=(Event.record == Record.id)).where(
        Event.id == event_id, Record.tenant == scope.current().tenant_id))


def done(job_id: int) -> None:
    """Mark work as done, in the transaction of its own effects where it has any."""
    Job.update(state="done", lease=None, error="").where(Job.id == job_id).execute()


def again(job: Any, reason: str, *, wait: timedelta | None = None, final: bool = False) -> None:
    """Give work back to be tried again later, ever more patiently, or give it up with the reason."""
    if final or job.attempts >= GIVE_UP_AFTER:
        Job.update(state="failed", lease=None, error=reason[:2000]).where(Job.id == job.id).execute()
        return
    pause = wait or timedelta(seconds=min(3600, 5 * 2 ** min(job.attempts, 10)))
    Job.update(lease=None, error=reason[:2000], run_at=now() + pause).where(Job.id == job.id).execute()


def postpone(job: Any, wait: timedelta) -> None:
    """Let work rest without counting a try: its plugin is off, or its tenant paused."""
    Job.update(lease=None, attempts=Job.attempts - 1, run_at=now() + wait).where(Job.id == job.id).execute()


def wake(tenant_id: int, plugin: str) -> None:
    """Let a plugin's resting work go on at once: it has been switched on."""
    Job.update(run_at=now()).where(Job.tenant == tenant_id, Job.plugin == plugin, Job.state == "waiting",
                                   Job.run_at > now()).execute()


def waiting() -> int:
    """Count work that is not done yet, for health pages and tests."""
    return int(Job.select().where(Job.state == "waiting").count())


def failed(tenant_id: int, limit: int = 50) -> list[Any]:
    """Give a tenant's work that was given up, newest first, with the reason."""
    return fetch(Job.select(*_JOB, Job.error).where(Job.tenant == tenant_id, Job.state == "failed").order_by(
        Job.id.desc()).limit(limit))


def sweep(before: datetime) -> None:
    """Drop finished work and the events nobody waits for any more, older than a moment."""
    with db.atomic():
        Job.delete().where(Job.state == "done", Job.created < before).execute()
        pending = Job.select(Job.event).where(Job.event.is_null(False))
        Event.delete().where(Event.created < before, Event.id.not_in(pending)).execute()
