"""Two records made one: who would read more by it, who less, what moves along, and where the merged one leads."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import Any

from core.data import access, begin, people, scope
from core.data.audit import record_act
from core.data.conversation import File, Message, entries
from core.data.db import door, fetch, touch, transaction
from core.data.marks import ReadMark
from core.data.reach import holds, reach
from core.data.records import label
from core.data.scope import Scope, Who
from core.data.tasks import Task
from core.data.writes import put
from core.errors import Conflict, NotFound, Refused


def N_(text: str) -> str:  # noqa: N802 - the name that the extraction of texts looks for
    """Mark a text that is translated where it is shown."""
    return text


@dataclass(frozen=True)
class Readers:
    """What joining does to people: who would read words they do not see now, and who would not find theirs again.

    `gained` are customers, `team` colleagues who do not see everything. `everybody` says that the record it goes
    into is meant for people beyond one company.
    """

    gained: tuple[str, ...] = ()
    team: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    everybody: bool = False

    @property
    def harmless(self) -> bool:
        """Whether nobody would read what they may not read now."""
        return not (self.gained or self.team or self.everybody)

    @property
    def mark(self) -> str:
        """Name it, to tell later whether somebody has looked at the same."""
        return hashlib.sha256(repr(self).encode()).hexdigest()[:16]


def readers(source: Any, target: Any) -> Readers:
    """Say who sees which of two records of one kind, asking the door's own terms for each person there is.

    Both rows came through the door for the act at hand.
    """
    who = scope.current()
    permission = f"{access.kind_of(who, source.kind).plugin}.view"
    with scope.system("joining"):
        rows = {row.id: row for row in _candidates(source, target)}
        members = people.memberships(list(rows))
    gained, team, lost = list[str](), list[str](), list[str]()
    for row in sorted(rows.values(), key=lambda row: (row.name, row.id)):
        person = people.who(row, members.get(row.id, ()))
        before, after = (_sees(who, person, permission, one) for one in (source, target))
        if after and not before:
            (team if person.is_staff else gained).append(person.name)
        elif before and not after and not person.is_staff:
            lost.append(person.name)
    wide = target.audience in ("public", "customers") and target.audience != source.audience
    return Readers(tuple(gained), tuple(team), tuple(lost), wide)


def _candidates(source: Any, target: Any) -> list[Any]:
    """Give everybody who could see one of the two: their companies' people, their requesters, staff."""
    found = people.people({one.person_id for one in (source, target) if one.person_id})
    companies = {one.company_id for one in (source, target) if one.company_id}
    companies |= {int(key) for one in (source, target) for key in one.shared.split()}
    for company in sorted(companies):
        found += people.members(company)
    return found + people.people(staff=True, active=True, limit=None)


def _sees(who: Scope, person: Who, permission: str, record: Any) -> bool:
    reached = reach(replace(who, person=person, system=""), permission)
    return holds(reached, company=record.company_id, person=record.person_id, audience=record.audience,
                 created=record.created, shared=record.shared)


def move(source: Any, target: Any) -> None:
    """Let messages, notes, files and tasks of one record hang on another, each at its own time.

    What is a note stays one. Lines about what happened to the source stay there. The caller holds both records,
    has asked the door for both, and changes both (which stamps them).
    """
    tenant = scope.current().tenant_id
    with transaction():
        door(Message.update(record=target.id), Message).where(
            Message.tenant == tenant, Message.record == source.id, Message.kind == "message").execute()
        for model in (File, Task):
            door(model.update(record=target.id), model).where(
                model.tenant == tenant, model.record == source.id).execute()
        begin.move(source, target)
        known = {row.person_id for row in _marks(target)}
        for row in _marks(source):
            if row.person_id not in known:
                put(ReadMark, record=target.id, person=row.person_id, until=row.until)
        touch(source.id)
        touch(target.id)


def _marks(record: Any) -> list[Any]:
    return fetch(door(ReadMark.select(ReadMark.person, ReadMark.until), ReadMark).where(
        ReadMark.record == record.id))


def tell_inside(source: Any, target: Any, origin: str) -> None:
    """Repeat a record's conversation in another's as notes of the team, at their own times; the source keeps it.

    `origin` is what people call the source; it stands above each note. Files stay where they are and are named.
    """
    with transaction():
        for entry in entries(source, internal=True):
            if entry.kind != "message":
                continue
            files = "".join(f"\n/files/{row.public_id} {row.name}" for row in entry.files)
            put(Message, tenant=scope.current().tenant_id, record=target.id, kind="message",
                author=entry.author_id, author_name=entry.author_name, by_staff=entry.by_staff, internal=True,
                body=f"{origin}:\n{entry.body}{files}", data={"from": origin}, origin=entry.origin,
                created=entry.created)
        touch(target.id)


def lead(record: Any, action: str = "view") -> Any | None:
    """Give the record that a merged one ended up in, if whoever asks may do `action` there, else None.

    The body of a kind that can be merged says with `merged` the number of the record it became part of.
    """
    ways = [record.number]
    while record.merged and record.merged not in ways:
        ways.append(record.merged)
        try:
            record = access.find(record.kind, record.merged, action)
        except (NotFound, Refused):
            return None
    return None if record.merged else record


@dataclass(frozen=True)
class Plan:
    """One record (`source`) going into another, and what that does to those who read them."""

    source: Any
    target: Any
    readers: Readers

    @property
    def mark(self) -> str:
        """Name what somebody looked at."""
        return f"{self.readers.mark}-{self.source.id}-{self.target.id}"


def plan(target: Any, source: Any) -> Plan:
    """Work out what merging does. Raises Conflict where the two are one already."""
    if source.id == target.id:
        raise Conflict(N_("That is this one itself. Choose another one."))
    if source.merged:
        raise Conflict(N_("It was merged before. Choose another one."))
    return Plan(source, target, readers(source, target))


def merge(target: Any, source: Any, mark: str, *, show: bool = False) -> Any:
    """Let one record go into another of its kind and give that. Raises Conflict where things changed meanwhile.

    Where people would read what they do not see now, it goes in as notes for the team alone, unless `show` says
    that they shall. `mark` is that of the plan that was looked at. The kind's own `merge` writes the rest: it
    changes both. Sending it again changes nothing.
    """
    kind = access.kind_of(scope.current(), target.kind)
    assert kind.merge is not None  # noqa: S101 - only kinds that can be merged have pages for it
    with transaction():
        numbers = sorted((source.number, target.number))
        held = {row.id: row for row in (access.find(kind.name, one, "merge", hold=True) for one in numbers)}
        source, target = held[source.id], held[target.id]
        if source.merged and source.merged == target.number:
            return target
        end = lead(target, "merge")
        if end is None:
            raise Conflict(N_("It was merged itself. Choose another one."))
        target = end if end.id == target.id else access.find(kind.name, end.number, "merge", hold=True)
        made = plan(target, source)
        if made.mark != mark:
            raise Conflict(N_("Somebody worked on one of them since you looked. Have a look, then merge again."))
        inside, came = not made.readers.harmless and not show, label(kind, source.number)
        if inside:
            tell_inside(source, target, came)
        else:
            move(source, target)
        kind.merge(source, target, inside)
        record_act(f"{kind.name}.merged", label(kind, target.number), source=came, inside=inside,
                   gained=[] if inside else list(made.readers.gained), lost=list(made.readers.lost))
        return access.find(kind.name, target.number, "merge")
