"""Event x person x channel: who is told of what, in the bell and by e-mail, with the rights of this moment."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from peewee import CharField, ForeignKeyField, JSONField, fn

from core.data import access, people, scope
from core.data.conversation import participants
from core.data.db import TenantBase, TimeField, door, fetch, first, now
from core.data.people import Person, Tenant
from core.data.records import Record
from core.parts import Notice
from core.work import events

CHANNELS = ("portal", "mail")


class Notification(TenantBase):
    """One line in somebody's bell."""

    tenant = ForeignKeyField(Tenant, on_delete="CASCADE", index=False)
    person = ForeignKeyField(Person, on_delete="CASCADE", index=False)
    record = ForeignKeyField(Record, null=True, on_delete="CASCADE")
    event = CharField()
    key = CharField(unique=True)
    data = JSONField(default=dict)
    created = TimeField(default=now)
    read = TimeField(null=True)

    class Meta:
        """Read newest first by one person."""

        indexes = ((("person", "created"), False),)


def tell(event: Any) -> None:
    """Tell everybody an event concerns: one line in the bell, one mail, each once, each only if it may."""
    for notice in scope.current().registry.notices:
        if notice.event == event.name and access.feature_on(scope.current(), notice.plugin):
            for row in _listeners(notice, event):
                _tell_one(notice, event, row)


def _listeners(notice: Notice, event: Any) -> list[Any]:
    with scope.system("notify") as who:
        record = events.event_record(event.id)
        ids: set[int] = set()
        for name in notice.to:
            ids.update(_group(name, event, record))
        if "actor" not in notice.to:
            ids.discard(event.actor)
        rows = [row for row in people.people(ids, active=True) if ids] if ids else []
        members = people.memberships([row.id for row in rows])
    allowed = []
    for row in rows:
        person = people.who(row, members.get(row.id, ()))
        if notice.staff_only and not person.is_staff:
            continue
        with scope.enter(replace(who, person=person, system="")):
            if record is None or access.by_id(record.kind, record.id) is not None:
                allowed.append(row)
    return allowed


def _group(name: str, event: Any, record: Any) -> Iterable[int]:
    if name == "actor":
        return [event.actor] if event.actor else []
    if name == "staff":
        return [row.id for row in people.people(staff=True, active=True)]
    if name == "person":
        return [int(event.data["person"])] if event.data.get("person") else []
    if name == "people":
        return [int(i) for i in event.data.get("people", ())]
    if record is None:
        return []
    full = access.by_id(record.kind, record.id)
    if full is None:
        return []
    if name == "requester":
        return [full.person_id] if full.person_id else []
    if name == "followers":
        return participants(full)
    if name == "company":
        return [row.id for row in people.members(full.company_id)] if full.company_id else []
    value = getattr(full, name, None) if name != "team" else None
    if name == "team":
        team = getattr(full, "team", None)
        return people.team_members(team) if team else []
    return [int(value)] if value else []


def wants(row: Any, notice: Notice, channel: str) -> bool:
    """Say whether somebody wants a kind of message on a channel; security always, marketing by consent."""
    if notice.kind == "security":
        return True
    chosen = (row.preferences or {}).get("channels", {}).get(notice.event, {})
    if notice.kind == "marketing" and not (row.preferences or {}).get("marketing"):
        return False
    return bool(chosen.get(channel, True))


def _tell_one(notice: Notice, event: Any, row: Any) -> None:
    tenant = scope.current().tenant_id
    if wants(row, notice, "portal"):
        door(Notification.insert(
            tenant=tenant, person=row.id, record=event.record_id, event=notice.event,
            key=f"{event.id}:{row.id}", data={"actor": event.actor, **event.data},
            created=event.created).on_conflict_ignore(), Notification).execute()
    if notice.template and row.email and wants(row, notice, "mail"):
        events.enqueue("host", "mail", f"mail:{event.id}:{notice.event}:{row.id}",
                       data={"event": event.id, "notice": notice.event, "person": row.id})


def bell(limit: int = 20) -> list[Any]:
    """Give the newest notifications of whoever asks, about records they still may see."""
    who = scope.current()
    rows = fetch(door(Notification.select(
        Notification.id, Notification.record, Notification.event, Notification.data, Notification.created,
        Notification.read), Notification).where(
        Notification.tenant == who.tenant_id, Notification.person == who.me.id).order_by(
        Notification.created.desc(), Notification.id.desc()).limit(limit * 2))
    ids = [row.record_id for row in rows if row.record_id]
    seen = {r.id: r for r in fetch(access.anything("view").where(Record.id.in_(ids)))} if ids else {}
    return [(row, seen.get(row.record_id)) for row in rows
            if row.record_id is None or row.record_id in seen][:limit]


def unread() -> int:
    """Count the unread notifications of whoever asks, about records they still may see."""
    who = scope.current()
    visible = access.anything("view", Record.id)
    row = first(door(Notification.select(fn.COUNT(Notification.id).alias("n")), Notification).where(
        Notification.tenant == who.tenant_id, Notification.person == who.me.id, Notification.read.is_null(),
        Notification.record.is_null() | Notification.record.in_(visible)))
    return int(row.n) if row else 0


def mark_read(record_id: int | None = None) -> None:
    """Mark the notifications of whoever asks as read: all, or those about one record."""
    who = scope.current()
    query = door(Notification.update(read=now()), Notification).where(
        Notification.tenant == who.tenant_id, Notification.person == who.me.id, Notification.read.is_null())
    (query if record_id is None else query.where(Notification.record == record_id)).execute()
