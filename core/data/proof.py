"""Whether a tenant's audit log is whole: every act, its hash, its place, both ends; and how its oldest acts go."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.data import scope
from core.data.audit import ACT, Audit, AuditHead, genesis, head, hold, link, record_act, words_of
from core.data.db import door, fetch, first, now, transaction

PIECE = 1000
MOST_TRIMMED = 10_000
"""Acts that leave in one transaction."""

TRIMMED = "audit.trimmed"


@dataclass(frozen=True)
class Broken:
    """The first place where the log is not what was written. `kind` is changed, missing, added, cut or begun."""

    place: int
    kind: str
    created: datetime | None = None
    act: str = ""
    actor: str = ""

    @property
    def sentence(self) -> str:
        """Say it in English."""
        what = {"changed": "is not what was written", "missing": "is missing",
                "added": "was put in later, or stands where it was not written",
                "cut": "was the last one kept; later ones are gone, or the end was rewritten",
                "begun": "is the first one, but nothing says that older ones left"}[self.kind]
        told = f" ({self.act} by {self.actor}, {self.created:%Y-%m-%d %H:%M:%S} UTC)" if self.created else ""
        return f"Act {self.place}{told} {what}."


@dataclass(frozen=True)
class Proof:
    """What verifying a log found: how many acts there are, since when, where it ends, and what is broken."""

    acts: int
    since: datetime | None
    place: int
    chain: str
    broken: Broken | None = None

    @property
    def ok(self) -> bool:
        """Whether everything is as it was written."""
        return self.broken is None


def _rows(after: int | None, upto: int) -> list[Any]:
    query = door(Audit.select(*ACT, Audit.words), Audit).where(
        Audit.tenant == scope.current().tenant_id, Audit.place <= upto)
    if after is not None:
        query = query.where(Audit.place > after)
    return fetch(query.order_by(Audit.place, Audit.id).limit(PIECE))


def verify(witness: str = "") -> Proof:
    """Read the current tenant's whole log and see that every act is as it was written, none more and none less.

    `witness` is an end noted down earlier ("42:3fa9..."): the chain has to have gone through it. Acts written
    meanwhile are left to the next time.
    """
    who = scope.current()
    while True:
        ends = head(who.tenant_id)
        found = _verified(ends, witness)
        again = head(who.tenant_id)
        if found.ok or (again and again.first) == (ends and ends.first):  # else it was trimmed meanwhile
            return found


def _verified(ends: Any | None, witness: str) -> Proof:
    if ends is None:
        stray = next(iter(_rows(None, 2**31 - 1)), None)
        lost = Broken(stray.place, "added", stray.created, stray.act, stray.actor) if stray else None
        noted = witness.partition(":")[0]
        return Proof(0, None, 0, "", lost or (Broken(int(noted), "missing") if noted else None))
    walk = _Walk(ends, witness)
    after: int | None = None
    while walk.broken is None:
        rows = _rows(after, ends.place)
        if not rows:
            break
        for row in rows:
            walk.step(row)
            if walk.broken:
                break
        after = rows[-1].place
    return walk.proof()


class _Walk:
    """Goes through a log act by act, in the order of places."""

    def __init__(self, ends: Any, witness: str) -> None:
        self.ends, self.chain, self.place = ends, ends.before, ends.first - 1
        self.noted, _, self.told = witness.partition(":")
        self.acts = 0
        self.since: datetime | None = None
        self.trimmed: dict[str, Any] = {}
        self.last: Any = None
        self.broken: Broken | None = None
        if ends.first == 1 and ends.before != genesis(scope.current().slug):
            self.broken = Broken(1, "begun")

    def step(self, row: Any) -> None:
        """Take the next act."""
        place = self.place + 1
        if row.place != place:
            self.broken = Broken(place, "missing") if row.place > place else self._at(row, "added")
            return
        same = row.chain == link(self.chain, place, row._asdict())
        if not same or row.words != words_of(row.actor, row.subject, row.details):
            self.broken = self._at(row, "changed")
            return
        self.chain, self.place, self.last = row.chain, place, row
        self.acts, self.since = self.acts + 1, self.since or row.created
        if row.act == TRIMMED:
            self.trimmed = row.details
        if self.noted == str(place) and not (self.told and row.chain.startswith(self.told)):
            self.broken = self._at(row, "changed")

    def _at(self, row: Any, kind: str) -> Broken:
        return Broken(row.place, kind, row.created, row.act, row.actor)

    def proof(self) -> Proof:
        """Say what was found, once the last act was taken."""
        ends = self.ends
        told = {"place": ends.first - 1, "chain": ends.before}
        if self.broken is None and (self.place != ends.place or self.chain != ends.chain):
            self.broken = self._at(self.last, "cut") if self.last else Broken(ends.first, "missing")
        if self.broken is None and ends.first > 1 and {key: self.trimmed.get(key) for key in told} != told:
            self.broken = Broken(ends.first, "begun")
        if self.broken is None and self.noted and not (
                self.noted.isdecimal() and int(self.noted) <= ends.place):
            self.broken = Broken(ends.place + 1, "missing")
        return Proof(self.acts, self.since, self.place, self.chain, self.broken)


def check() -> Proof:
    """Verify the current tenant's log and keep the outcome, which the log's page shows."""
    found = verify()
    with transaction():
        door(AuditHead.update(checked=now(), broken=found.broken.sentence if found.broken else ""),
             AuditHead).where(AuditHead.tenant == scope.current().tenant_id).execute()
    return found


@dataclass(frozen=True)
class State:
    """What a page says of a log: since when it is kept, when all of it was verified last, and what was broken."""

    since: datetime | None
    checked: datetime | None
    broken: str


def state() -> State:
    """Give what is known of the current tenant's log without reading it."""
    ends = head(scope.current().tenant_id)
    row = first(door(Audit.select(Audit.created), Audit).where(
        Audit.tenant == scope.current().tenant_id).order_by(Audit.place))
    return State(row.created if row else None, ends.checked if ends else None, ends.broken if ends else "")


def trim(before: datetime) -> int:
    """Let the current tenant's acts from before a moment go, oldest first; give how many went.

    Each time an act says up to where, with the chain that stood there: the rest can still be verified.
    """
    gone = 0
    while done := _trim(before):
        gone += done
    return gone


def _trim(before: datetime) -> int:
    who = scope.current()
    with transaction():
        ends = hold(who.tenant_id, who.slug)
        last = first(door(Audit.select(Audit.place, Audit.chain), Audit).where(
            Audit.tenant == who.tenant_id, Audit.created < before, Audit.place < ends.place,
            Audit.place < ends.first + MOST_TRIMMED).order_by(Audit.place.desc()))
        if last is None:
            return 0
        door(AuditHead.update(first=last.place + 1, before=last.chain), AuditHead).where(
            AuditHead.tenant == who.tenant_id).execute()
        gone = int(door(Audit.delete(), Audit).where(
            Audit.tenant == who.tenant_id, Audit.place <= last.place).execute())
        record_act(TRIMMED, place=last.place, chain=last.chain, acts=gone)
        return gone
