"""The bell: lines kept as keys, written in the reader's language when read, only about what they may see now."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from peewee import CharField, ForeignKeyField, JSONField, PeeweeException, Select, fn

from core.data import access, conversation, people, scope
from core.data.db import TenantBase, TimeField, db, door, fetch, first, kept, late, microseconds, now
from core.data.people import Person, Tenant
from core.data.records import Record, label
from core.look import links
from core.look.i18n import gettext
from core.parts import Notice

log = logging.getLogger("parlour.bell")

MOST_COUNTED = 99
"""Unread lines the bell counts; a portal of years has people who never look."""

MOST_NEWS = 50
"""Records that are looked through for news; what nobody opened among thousands of older ones is none."""


class Notification(TenantBase):
    """One line in somebody's bell."""

    tenant = ForeignKeyField(Tenant, on_delete="CASCADE", index=False)
    person = ForeignKeyField(Person, on_delete="CASCADE", index=False)
    record = ForeignKeyField(Record, null=True, on_delete="CASCADE")
    event = CharField()
    key = CharField(unique=True)
    data = JSONField(default=dict)
    created = TimeField(default=now, index=True)
    read = TimeField(null=True)

    class Meta:
        """Read newest first by one person."""

        indexes = ((("person", "created"), False), (("person", "read"), False))


@dataclass(frozen=True)
class Line:
    """One line of the bell, ready to be shown. `record` is the mark `ticket/TKT-001`, "" for none."""

    text: str
    href: str
    unread: bool
    created: datetime
    record: str = ""


def ring(person_id: int, event: Any, notice: Notice) -> None:
    """Put a line about an event into somebody's bell, once, with the untranslated title as the notice's key."""
    door(Notification.insert(
        tenant=scope.current().tenant_id, person=person_id, record=event.record_id, event=notice.event,
        key=f"{event.id}:{person_id}", data={**event.data, "actor": event.actor, "notice": notice.title},
        created=event.created).on_conflict_ignore(), Notification).execute()


def _notices() -> dict[str, list[Notice]]:
    """Give what may be told to whoever asks, by event: of features that are on and shown to them."""
    who = scope.current()
    known: dict[str, list[Notice]] | None = who.memo.get("notices")
    if known is not None:
        return known
    found: dict[str, list[Notice]] = {}
    for notice in who.registry.notices:
        if access.feature_on(who, notice.plugin) and who.me.features.get(notice.plugin) is not False \
                and (who.is_staff or not notice.staff_only):
            found.setdefault(notice.event, []).append(notice)
    who.memo["notices"] = found
    return found


def _mine(notices: dict[str, list[Notice]], *columns: Any) -> Any:
    """Select the lines of whoever asks, but none about a record they may not see any more."""
    who = scope.current()
    visible = access.anything("view", Record.id, anywhere=True)
    return door(Notification.select(*columns), Notification).where(
        Notification.tenant == late("tenant", who.tenant_id), Notification.person == late("reader", who.me.id),
        Notification.event.in_(list(notices)),
        Notification.record.is_null() | fn.EXISTS(visible.where(Record.id == Notification.record)))


def lines(limit: int = 30, before: int | None = None) -> list[Line]:
    """Give the newest lines of whoever asks; `before` is the microsecond the page before ended with."""
    notices = _notices()
    query = _mine(notices, Notification.record, Notification.event, Notification.data, Notification.created,
                  Notification.read)
    if before is not None:
        query = query.where(Notification.created < before)
    rows = fetch(query.order_by(Notification.created.desc(), Notification.id.desc()).limit(limit))
    ids = {row.record_id for row in rows if row.record_id}
    found = access.anything("view", anywhere=True).where(Record.id.in_(ids))
    seen = {r.id: r for r in fetch(found)} if ids else {}
    names = people.names([row.data.get("actor") for row in rows])
    return [_line(row, notices[row.event], seen.get(row.record_id), names) for row in rows]


def _line(row: Any, notices: list[Notice], record: Any, names: dict[int, str]) -> Line:
    notice = next((n for n in notices if n.title == row.data.get("notice")), notices[0])
    words = {key: value for key, value in row.data.items() if isinstance(value, str)}
    words["actor"] = names.get(row.data.get("actor") or 0, "")
    href, mark = links.local(words.get("path")), ""
    if record is not None:
        kind = scope.current().registry.kinds[record.kind]
        words |= {"number": label(kind, record.number), "title": record.title}
        href, mark = links.of(record), links.data_record(kind, record.number)
    return Line(gettext(notice.title, **words), href, row.read is None, row.created, mark)


def cursor(line: Line) -> int:
    """Give what `lines` takes as `before` to go on after this line."""
    return int((line.created - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() * 1_000_000)


def unread() -> int:
    """Count the unread lines of whoever asks, in one query, exactly up to 99; 100 means more."""
    notices, (shape, values) = _notices(), access.anything_kept("view", anywhere=True)

    def build() -> Any:
        some = _mine(notices, Notification.id).where(Notification.read.is_null())
        some = some.limit(MOST_COUNTED + 1).alias("some")
        return Select((some,), (fn.COUNT(some.c.id).alias("n"),))

    (row,) = kept(("bell.unread", tuple(notices), shape), build, reader=scope.current().me.id, **values)
    return int(row.n)


def _unread_mark() -> tuple[Any, ...]:
    return (conversation.unread_here(scope.current().me.id, internal=False).alias("unread"),)


def news(kind: str) -> int:
    """Count the records of a kind in which others wrote what a customer has not read, of the last that moved.

    Staff have queues instead; for them it is 0.
    """
    who = scope.current()
    if who.is_staff:
        return 0

    def newest(query: Any) -> Any:
        return query.order_by(Record.touched.desc()).limit(MOST_NEWS)

    rows = access.listed(kind, ("bell.news",), newest, columns=_unread_mark, limited=True,
                         reader=who.me.id)
    return sum(row.unread for row in rows)


def _unread_of(record: Any) -> Any:
    """Write which lines of whoever asks are unread: all, or those about one record."""
    who = scope.current()
    mine = ((Notification.tenant == late("tenant", who.tenant_id)) & Notification.read.is_null()
            & (Notification.person == late("reader", who.me.id)))
    return mine if record is None else mine & (Notification.record == late("record", record))


def mark_read(record_id: int | None = None) -> None:
    """Mark lines of whoever asks as read: all, or those about one record. Writes only where there are any."""
    mine = _unread_of(record_id)
    if first(door(Notification.select(Notification.id), Notification).where(mine)) is not None:
        door(Notification.update(read=now()), Notification).where(mine).execute()


def sweep(days: Mapping[int, int]) -> None:
    """Drop lines older than so many days, by the internal key of their tenant: nobody looks so far back."""
    for age in set(days.values()):
        tenants = [tenant for tenant, theirs in days.items() if theirs == age]
        for start in range(0, len(tenants), 500):
            door(Notification.delete(), Notification).where(
                Notification.created < now() - timedelta(days=age),
                Notification.tenant.in_(tenants[start:start + 500])).execute()


def unread_among(person_id: int, told: Sequence[tuple[int, Mapping[str, Any]]]) -> set[int]:
    """Say which of some events somebody has not read of in the portal yet, by its line or the entry itself.

    `told` pairs an event's key with what is shown of it: `record`, and `entry` where somebody wrote one.
    """
    keys = {f"{event}:{person_id}": event for event, _values in told}
    seen = {keys[row.key] for row in fetch(door(Notification.select(Notification.key), Notification).where(
        Notification.person == person_id, Notification.key.in_(list(keys)), Notification.read.is_null(False)))}
    until = conversation.read_by(person_id, {v["record"].id for _event, v in told if v["record"] is not None})
    for event, values in told:
        entry, record = values["entry"], values["record"]
        if entry is not None and record.id in until and entry.created <= until[record.id]:
            seen.add(event)
    return set(keys.values()) - seen


def _state() -> Any:
    """Write the question how far somebody has read a record, and whether the bell holds news of it."""
    rings = door(Notification.select(Notification.id), Notification).where(_unread_of(0))
    return Select((), (conversation.read_until().alias("until"), fn.EXISTS(rings).alias("rings"))).bind(db)


def opened(record: Any, entries: Sequence[conversation.Entry] = ()) -> None:
    """Note that whoever asks has a record's page before them: its entries are read, and its lines in the bell.

    A database that cannot be written at the moment (full, read-only) is no reason not to show the page.
    """
    who = scope.current()
    if who.person is None or scope.read_only():
        return
    (state,) = kept(("bell.opened",), _state, tenant=who.tenant_id, reader=who.person.id, record=record.id)
    newest = max((entry.created for entry in entries), default=None)
    try:
        if newest is not None and (state.until is None or microseconds(newest) > state.until):
            conversation.mark_read(record, who.person.id, newest)
        if state.rings:
            mark_read(record.id)
    except PeeweeException as error:
        log.warning("what was read could not be noted: %s", error)
