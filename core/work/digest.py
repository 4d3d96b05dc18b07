"""Summaries: what somebody is told of later, at the hour they chose, in one letter; each event in one at most."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from peewee import CharField, ForeignKeyField, JSONField

from core.data import scope
from core.data.db import TenantBase, TimeField, door, fetch, first, now, public_id, transaction
from core.data.people import Person, Tenant
from core.parts import Notice
from core.work import events
from core.work.events import Event

HOW = ("now", "hourly", "daily", "weekly", "never")
"""How often mail about what happens comes: each at once, as a summary, or not at all."""

SUMMARIES = ("hourly", "daily", "weekly")


@dataclass(frozen=True)
class Rhythm:
    """How often somebody wants mail.

    `at` is the time of day ("08:00") of a daily or weekly summary, in their own time zone, `day` the weekday of a
    weekly one, 0 for Monday.
    """

    how: str = "now"
    at: str = "08:00"
    day: int = 0


class DigestItem(TenantBase):
    """Something somebody is to read of in their next summary. `letter` names the one it goes with.

    `notice` is the template the notice would have been mailed with, `feature` the plugin it comes from, `words`
    are texts its line names.
    """

    tenant = ForeignKeyField(Tenant, on_delete="CASCADE", index=False)
    person = ForeignKeyField(Person, on_delete="CASCADE", index=False)
    event = ForeignKeyField(Event, on_delete="CASCADE")
    notice = CharField()
    feature = CharField()
    words = JSONField(default=dict)
    letter = CharField(default="")
    sent = TimeField(null=True)
    created = TimeField(default=now)

    class Meta:
        """An event once per person; a person's are read by whether they were sent."""

        indexes = ((("person", "event"), True), (("person", "sent"), False))


def rhythm(preferences: Mapping[str, Any] | None) -> Rhythm:
    """Read how often somebody wants mail; what cannot be meant is the usual."""
    said = (preferences or {}).get("rhythm")
    said = said if isinstance(said, Mapping) else {}
    usual = Rhythm()
    how, at, day = said.get("how"), said.get("at"), said.get("day")
    return Rhythm(how if how in HOW else usual.how, str(at) if moment_of(at) else usual.at,
                  day if isinstance(day, int) and 0 <= day <= 6 else usual.day)


def moment_of(text: Any) -> time | None:
    """Read a time of day such as "08:00"; None for anything else."""
    try:
        return datetime.strptime(text, "%H:%M").time() if isinstance(text, str) else None
    except ValueError:
        return None


def next_turn(wish: Rhythm, zone: str, after: datetime) -> datetime:
    """Give when somebody's next summary is due, later than `after`, in UTC; `zone` is their time zone.

    An hour that a change of clocks leaves out is the one right after it; one that comes twice counts once.
    """
    place = ZoneInfo(zone)
    local = after.astimezone(place)
    if wish.how == "hourly":
        return after.replace(microsecond=0) + timedelta(minutes=60 - local.minute, seconds=-local.second)
    at = moment_of(wish.at) or time(8)
    for days in range(9):
        day = local.date() + timedelta(days=days)
        due = datetime.combine(day, at, place).astimezone(UTC)
        if due > after and (wish.how != "weekly" or day.weekday() == wish.day):
            return due
    raise AssertionError("a week has every weekday")


def zone_of(row: Any) -> str:
    """Give a person's (a row's) time zone, or the tenant's."""
    return row.time_zone or str(scope.current().settings.value("time_zone"))


def _key(person_id: int) -> str:
    return f"digest:{person_id}"


def _data(row: Any, due: datetime) -> dict[str, Any]:
    return {"digest": row.id, "person": row.id, "due": due.isoformat()}


def put(row: Any, event: Any, notice: Notice) -> None:
    """Keep an event for somebody's next summary, and see that there is one."""
    door(DigestItem.insert(
        tenant=scope.current().tenant_id, person=row.id, event=event.id, notice=notice.template,
        feature=notice.plugin, words=words_of(event), created=event.created).on_conflict_ignore(),
        DigestItem).execute()
    arm(row)


def words_of(event: Any) -> dict[str, str]:
    """Give the texts an event brings along for one person: what its line says may name them."""
    return {name: value for name, value in event.data.items() if isinstance(value, str)}


def knows(event_id: int, person_id: int) -> bool:
    """Say whether an event was kept for somebody's summary."""
    return first(_items(person_id).where(DigestItem.event == event_id)) is not None


def arm(row: Any) -> None:
    """Let the worker write somebody's (a row's) summary when it is due; one that waits already stays."""
    due = next_turn(rhythm(row.preferences), zone_of(row), now())
    events.arm(events.MAIL, _key(row.id), run_at=due, data=_data(row, due))


def move(row: Any) -> None:
    """Follow somebody's new wishes or time zone: what waits comes with the next turn, or now if all does."""
    wish = rhythm(row.preferences)
    due = next_turn(wish, zone_of(row), now()) if wish.how in SUMMARIES else now()
    events.move(_key(row.id), run_at=due, data=_data(row, due))


def keep(wish: Rhythm) -> dict[str, Any]:
    """Give what is kept of somebody's wish."""
    return asdict(wish)


def _items(person_id: int) -> Any:
    return door(DigestItem.select(DigestItem.id, DigestItem.event, DigestItem.notice, DigestItem.letter,
                                    DigestItem.words),
                DigestItem).where(DigestItem.tenant == scope.current().tenant_id, DigestItem.person == person_id)


def take(person_id: int, features: Collection[str]) -> tuple[str, list[Any]]:
    """Give the name of somebody's letter at hand and what goes with it, oldest first.

    A letter that was begun and not finished keeps what it had: tried again it is the same one. A new one takes
    all that waits of `features`.
    """
    with transaction():
        begun = first(_waiting(person_id).where(DigestItem.letter != ""))
        name = begun.letter if begun else public_id()
        if begun is None:
            door(DigestItem.update(letter=name), DigestItem).where(
                DigestItem.person == person_id, DigestItem.tenant == scope.current().tenant_id,
                DigestItem.sent.is_null(), DigestItem.feature.in_(list(features))).execute()
        return name, fetch(_waiting(person_id).where(DigestItem.letter == name).order_by(DigestItem.id))


def _waiting(person_id: int) -> Any:
    return _items(person_id).where(DigestItem.sent.is_null())


def finish(job: Any, row: Any, letter: str, features: Iterable[str]) -> None:
    """Note that a letter is out, and see that what has come meanwhile gets its turn, in one transaction.

    The job's row is taken first: whoever keeps an event just now waits for it, and finds the work done.
    """
    with transaction():
        if not events.done(job):
            return  # somebody else is at it
        door(DigestItem.update(sent=now()), DigestItem).where(
            DigestItem.letter == letter, DigestItem.person == job.data["digest"],
            DigestItem.tenant == scope.current().tenant_id).execute()
        left = _waiting(job.data["digest"]).where(DigestItem.feature.in_(list(features)))
        if row is not None and first(left) is not None:
            arm(row)
