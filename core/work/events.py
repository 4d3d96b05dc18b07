"""The outbox: an event is a row of the change's own transaction; readers are told from it, each once."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from peewee import JOIN, CharField, ForeignKeyField, IntegerField, JSONField, TextField, fn

from core.data import scope
from core.data.db import Base, TimeField, db, door, fetch, first, is_sqlite, now, transaction
from core.data.people import Tenant
from core.data.records import Record
from core.data.writes import put
from core.errors import PluginError
from core.parts import Manifest

LEASE = timedelta(seconds=60)
"""How long a claim holds without a sign of life; a worker renews it while it is at work."""

GIVE_UP_AFTER = 12
HOST = "host"
"""Owner of the work that no plugin's switch stops."""

MAIL = "mail"
"""The job that is one letter. Letters have a lane of their own: a slow mail server holds up nothing else."""

ERRAND = "errand"
"""The job that is a piece of a long act; in a lane of their own they hold up nothing else either."""

REST = "rest"
"""The lane of all other work."""


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

    `state` is "waiting", "done" or "failed"; a lease in the future means that `holder` is at it. `key` makes
    the same work impossible twice. `feature` is the plugin whose switch lets it run.
    """

    tenant = ForeignKeyField(Tenant, null=True, on_delete="CASCADE")
    plugin = CharField()
    feature = CharField(default=HOST)
    name = CharField()
    key = CharField(unique=True)
    event = ForeignKeyField(Event, null=True, on_delete="CASCADE")
    data = JSONField(default=dict)
    state = CharField(default="waiting")
    run_at = TimeField(default=now)
    lease = TimeField(null=True)
    holder = CharField(default="")
    attempts = IntegerField(default=0)
    error = TextField(default="")
    created = TimeField(default=now)

    class Meta:
        """The worker asks for what waits, in order of time."""

        indexes = ((("state", "run_at"), False),)


def publish(name: str, record: Any = None, *, by: int | None = None, **data: Any) -> int:
    """Say that something happened ("tickets.opened"), in the transaction of the change itself.

    `record` is the row it happened to; `data` is plain JSON: identifiers, not texts; `by` is whose act it is where
    whoever asks only lets it be seen. Every reader the registry knows for the event gets its own job in the same
    transaction. Gives the event's key. Raises PluginError where a plugin speaks for another one.
    """
    who = scope.current()
    _speaks_for_itself(sys._getframe(1).f_globals.get("__name__", ""), name, who.registry.manifests)
    with transaction():
        event = put(Event, tenant=who.tenant_id, name=name, record=record.id if record else None,
                    actor=by or (who.person.id if who.person else None), channel=who.channel, data=data)
        owner = name.partition(".")[0]
        for reader in who.registry.readers:
            if reader.event in (name, "*"):
                switch = owner if reader.plugin == HOST else reader.plugin
                put(Job, tenant=who.tenant_id, plugin=reader.plugin, name=reader.name, event=event,
                    feature=switch if switch in who.registry.manifests else HOST,
                    key=f"event:{event}:{reader.plugin}.{reader.name}")
    return int(event)


def _speaks_for_itself(module: str, name: str, manifests: Mapping[str, Manifest]) -> None:
    """Refuse an event in another plugin's name: its readers would believe it."""
    speaker = module.split(".")[1] if module.startswith("parlour_plugins.") else ""
    owner = name.partition(".")[0]
    known = manifests.get(speaker)
    if known is not None and not known.builtin and owner != speaker and owner in manifests:
        raise PluginError(f"Plugin '{speaker}' publishes '{name}', an event of plugin '{owner}'.",
                          hint=f"Call it '{speaker}.{name.partition('.')[2]}'.")


def enqueue(plugin: str, name: str, key: str, *, data: dict[str, Any] | None = None,
            run_at: datetime | None = None, feature: str = "", event: int | None = None) -> bool:
    """Add work of the current tenant; False where work with this key is known already.

    It rests while `feature` (by default the plugin itself) is switched off.
    """
    return bool(Job.insert(tenant=scope.current().tenant_id, plugin=plugin, feature=feature or plugin, name=name,
                           key=key, data=data or {}, event=event,
                           run_at=run_at or now()).on_conflict_ignore().execute())


def arm(name: str, key: str, *, run_at: datetime, data: dict[str, Any]) -> None:
    """Let the host's own work of a key be done at a moment; where it waits or is being done it stays as it is.

    There is one row per key, used again and again. Whoever arms it waits for whoever finishes it.
    """
    fresh = {Job.state: "waiting", Job.run_at: run_at, Job.created: run_at, Job.data: data, Job.attempts: 0,
             Job.lease: None, Job.holder: "", Job.error: ""}
    Job.insert(tenant=scope.current().tenant_id, plugin=HOST, feature=HOST, name=name, key=key, data=data,
               run_at=run_at, created=run_at).on_conflict(
        conflict_target=[Job.key], update=fresh, where=Job.state != "waiting").execute()


def move(key: str, *, run_at: datetime, data: dict[str, Any]) -> None:
    """Let waiting work of a key be done at another moment; nothing where there is none."""
    Job.update(run_at=run_at, created=run_at, data=data).where(
        Job.key == key, Job.tenant == scope.current().tenant_id, Job.state == "waiting",
        Job.lease.is_null()).execute()


def known(key: str) -> bool:
    """Say whether there is or was work with a key."""
    return first(Job.select(Job.id).where(Job.key == key)) is not None


_JOB = (Job.id, Job.tenant, Job.plugin, Job.feature, Job.name, Job.key, Job.event, Job.data, Job.attempts,
        Job.run_at, Job.holder, Job.created)


def claim(most: int = 20, *, lane: str = "") -> list[Any]:
    """Take work whose time has come, under a lease: a worker that dies gives it back by dying.

    `lane` takes only letters (MAIL), only pieces of long acts (ERRAND), or only what is neither (REST).
    """
    moment = now()
    ready = Job.select(Job.id).where(
        Job.state == "waiting", Job.run_at <= moment, Job.lease.is_null() | (Job.lease < moment)
    ).order_by(Job.run_at, Job.id).limit(most)
    if lane:
        ready = ready.where(Job.name.not_in((MAIL, ERRAND)) if lane == REST else Job.name == lane)
    if not is_sqlite():
        ready = ready.for_update("FOR UPDATE SKIP LOCKED")  # type: ignore[arg-type]
    elif not fetch(ready.limit(1)):
        return []
    holder = secrets.token_hex(8)
    with transaction():
        ids = [row.id for row in fetch(ready)]
        if not ids:
            return []
        Job.update(lease=moment + LEASE, holder=holder, attempts=Job.attempts + 1).where(Job.id.in_(ids)).execute()
        return fetch(Job.select(*_JOB).where(Job.id.in_(ids)).order_by(Job.run_at, Job.id))


def _held(job: Any) -> Any:
    """Name a piece of work as long as this claim on it holds."""
    return (Job.id == job.id) & (Job.holder == job.holder) & (Job.state == "waiting")


def renew(job: Any) -> bool:
    """Give a sign of life; False where the lease ran out and somebody else has the work."""
    return bool(Job.update(lease=now() + LEASE).where(_held(job)).execute())


def event(event_id: int) -> Any | None:
    """Give an event's row, or None."""
    return first(Event.select(Event.id, Event.name, Event.record, Event.actor, Event.channel, Event.data,
                              Event.created, Event.tenant).where(Event.id == event_id))


def event_record(event_id: int) -> Any | None:
    """Give the record an event happened to, as the system sees it, or None where it is gone."""
    return first(door(Record.select(Record.id, Record.kind, Record.number, Record.title), Record, Event).join(
        Event, on=(Event.record == Record.id)).where(
        Event.id == event_id, Record.tenant == scope.current().tenant_id))


def told_of(event_ids: list[int]) -> Any:
    """Give a query of events with the kind and number of the record each happened to, for lists of work."""
    query = Event.select(Event.id, Event.name, Record.kind, Record.number).join(Record, JOIN.LEFT_OUTER)
    return door(query, Record, Event).where(Event.tenant == scope.current().tenant_id, Event.id.in_(event_ids))


def done(job: Any) -> bool:
    """Mark work as done, in the transaction of its own effects where it has any; False if it is not ours."""
    return bool(Job.update(state="done", lease=None, error="").where(_held(job)).execute())


def again(job: Any, reason: str, *, wait: timedelta | None = None, final: bool = False) -> None:
    """Give work back to be tried again later, ever more patiently, or give it up with the reason.

    With `wait` the caller decides about patience; without it the work is given up after some tries.
    """
    if final or (wait is None and job.attempts >= GIVE_UP_AFTER):
        Job.update(state="failed", lease=None, error=reason[:2000]).where(_held(job)).execute()
        return
    pause = wait or timedelta(seconds=min(3600, 5 * 2 ** min(job.attempts, 10)))
    Job.update(lease=None, holder="", error=reason[:2000], run_at=now() + pause).where(_held(job)).execute()


def postpone(job: Any, wait: timedelta, reason: str = "") -> None:
    """Let work rest without counting a try: its plugin is off, or the way out is closed."""
    Job.update(lease=None, holder="", attempts=Job.attempts - 1, error=reason[:2000], run_at=now() + wait).where(
        _held(job)).execute()


def release(jobs: list[Any]) -> None:
    """Give claimed work back untouched, for anybody to take at once."""
    for job in jobs:
        Job.update(lease=None, holder="", attempts=Job.attempts - 1).where(_held(job)).execute()


def rest(job: Any, wait: timedelta) -> None:
    """Let all work rest that waits for the same switch as this one, in one go."""
    postpone(job, wait)
    Job.update(run_at=now() + wait).where(
        Job.tenant == job.tenant_id, Job.feature == job.feature, Job.state == "waiting", Job.lease.is_null(),
        Job.run_at <= now()).execute()


def wake(tenant_id: int, plugin: str) -> None:
    """Let a plugin's resting work go on at once: it has been switched on."""
    Job.update(run_at=now()).where(Job.tenant == tenant_id, Job.feature == plugin, Job.state == "waiting",
                                   Job.run_at > now()).execute()


def resting() -> list[tuple[int, str]]:
    """Give tenant and feature of all work whose time has not come yet: it rests, or is tried again later."""
    rows = fetch(Job.select(Job.tenant, Job.feature).where(
        Job.state == "waiting", Job.run_at > now(), Job.tenant.is_null(False)).distinct())
    return [(row.tenant_id, row.feature) for row in rows]


def waiting() -> int:
    """Count work that is not done yet, for health pages and tests."""
    return int(Job.select().where(Job.state == "waiting").count())


def waiting_by_feature(tenant_id: int) -> dict[str, int]:
    """Count a tenant's work that is not done yet by the feature whose switch lets it run."""
    rows = fetch(Job.select(Job.feature, fn.COUNT(Job.id).alias("n")).where(
        Job.tenant == tenant_id, Job.state == "waiting").group_by(Job.feature))
    return {row.feature: row.n for row in rows}


def letters_of(event_id: int) -> dict[str, int]:
    """Count an event's letters by their state: waiting, done, failed."""
    rows = fetch(Job.select(Job.state, fn.COUNT(Job.id).alias("n")).where(
        Job.event == event_id, Job.name == MAIL).group_by(Job.state))
    return {row.state: row.n for row in rows}


def troubled(tenant_id: int, limit: int = 50, before: int | None = None) -> list[Any]:
    """Give a tenant's work that was given up, or failed and will be tried again, newest first, with reasons."""
    query = Job.select(*_JOB, Job.error, Job.state).where(
        Job.tenant == tenant_id, Job.state.in_(("failed", "waiting")), Job.error != "")
    if before is not None:
        query = query.where(Job.id < before)
    return fetch(query.order_by(Job.id.desc()).limit(limit))


def retry(tenant_id: int, job_id: int) -> bool:
    """Try given-up or waiting work again now, as if it were new; False where there is no such work."""
    return bool(Job.update(state="waiting", attempts=0, run_at=now(), lease=None, holder="").where(
        Job.id == job_id, Job.tenant == tenant_id, Job.state.in_(("failed", "waiting")),
        Job.lease.is_null() | (Job.lease < now())).execute())


def forget(tenant_id: int, job_id: int) -> bool:
    """Drop given-up work for good; False where there is none."""
    return bool(Job.delete().where(Job.id == job_id, Job.tenant == tenant_id, Job.state == "failed").execute())


def sweep(before: datetime) -> None:
    """Drop finished work and the events nobody waits for any more, older than a moment."""
    with db.atomic():
        Job.delete().where(Job.state.in_(("done", "failed")), Job.created < before).execute()
        pending = Job.select(Job.event).where(Job.event.is_null(False))
        Event.delete().where(Event.created < before, Event.id.not_in(pending)).execute()
