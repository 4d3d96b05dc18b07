"""Two people who are one: what moves to the one who stays, what ends, and what they would see more by it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from peewee import fn

from core.data import admins, aliases, directory, dossier, factors, modules, people, scope
from core.data.audit import record_act
from core.data.credentials import end_mailed, end_sessions, revoke_all
from core.data.db import Base, TenantBase, door, fetch, is_sqlite, touch, transaction
from core.data.identity import email_key
from core.data.people import Membership, Person
from core.data.records import Record
from core.data.scope import Member
from core.errors import NotFound, Refused
from core.parts import STAFF

MOVES, ONCE, ENDS, STAYS, OWN = "moves", "once", "ends", "stays", "own"
"""A row goes over; does unless the other has the same; ends; stays with who left, as history; is seen to here."""

HANDLED: Mapping[tuple[str, str], str] = {
    ("record", "person"): OWN, ("membership", "person"): OWN, ("dossier", "person"): OWN,
    ("message", "author"): MOVES, ("file", "author"): MOVES, ("record_task", "doer"): MOVES,
    ("message_wording", "author"): MOVES, ("concern", "judge"): MOVES, ("concern", "person"): ONCE,
    ("voice", "person"): ONCE, ("watch", "person"): ONCE, ("unsent", "person"): ONCE,
    ("notification", "person"): MOVES, ("canned_answer", "owner"): MOVES,
    ("read_mark", "person"): ONCE, ("team_member", "person"): ONCE, ("visited", "person"): ONCE,
    ("session", "person"): ENDS, ("authenticator", "person"): ENDS, ("recovery_code", "person"): ENDS,
    ("passkey", "person"): ENDS, ("draft", "person"): ENDS, ("token", "person"): ENDS,
    ("digest_item", "person"): ENDS, ("consent", "person"): STAYS,
    ("errand", "person"): STAYS, ("sign_in", "person"): STAYS,
    ("viewing", "person"): STAYS, ("viewing", "viewer"): STAYS,
}
"""What becomes of every column of the host's that points at a person; a test finds those that are missing."""

INBOUND = "address"
"""The kind of alias under which a former address still leads to its person, for mail that comes in."""

FIELDS = ("name", "email", "login", "language", "time_zone", "own_only", "visible_since", "features")
"""What one of the two has and the other may have otherwise; of `fields` each own field is chosen by itself."""


def tables() -> Iterator[tuple[Any, Any]]:
    """Give every column of the host's tables that points at a person, as (model, field)."""
    for model in _below(TenantBase, Base):
        for field, target in model._meta.refs.items():
            if target is Person:
                yield model, field


def marked() -> Iterator[tuple[Any, str, str]]:
    """Give every column of plugins' tables that names a person by key, as its Meta says: (model, column, pattern).

    `people = (("assignee", "{}"),)`: the column holds the key, or the text that the pattern makes of it.
    """
    for model in _below(TenantBase):
        for column, pattern in getattr(model._meta, "people", ()):
            yield model, column, pattern


def _below(*bases: Any) -> Iterator[Any]:
    for base in bases:
        for model in base.__subclasses__():
            if hasattr(model, "_meta"):
                yield model
            yield from _below(model)


def may_merge(kept: Any, gone: Any) -> str:
    """Say why two rows of people cannot be made one: "self", "team", "rank", "removed"; "" where they can."""
    me = scope.current().person
    if kept.id == gone.id or (me is not None and gone.id == me.id):
        return "self"
    if kept.removed or gone.removed:
        return "removed"
    if bool(kept.role) != bool(gone.role):
        return "team"
    return "rank" if kept.role and STAFF.index(gone.role) > STAFF.index(kept.role) else ""


@dataclass(frozen=True)
class Preview:
    """What merging would do. `moves` counts by what it is; `more` says what the one who stays would see more."""

    moves: Mapping[str, int]
    ends: Mapping[str, int]
    companies: tuple[Member, ...]
    same: tuple[tuple[Member, Member], ...]
    records: int
    wider: tuple[str, ...]

    @property
    def mark(self) -> str:
        """Name what they would see more, to tell later whether somebody has looked at the same."""
        told = repr((self.wider, [(one.identifier, one.role) for one in self.companies]))
        return hashlib.sha256(told.encode()).hexdigest()[:16]


def preview(kept: Any, gone: Any, values: Mapping[str, Any]) -> Preview:
    """Say what merging would do with these values (see `choices`); nothing happens."""
    found: dict[str, dict[str, int]] = {MOVES: {}, ENDS: {}}
    for model, field in tables():
        how = HANDLED.get((model._meta.table_name, field.name), STAYS)
        group = ENDS if how == ENDS else MOVES
        if how in (MOVES, ONCE, ENDS) and (number := _count(model, field, gone.id)):
            found[group][model._meta.table_name] = found[group].get(model._meta.table_name, 0) + number
    members = people.memberships([kept.id, gone.id])
    mine, theirs = members.get(kept.id, ()), members.get(gone.id, ())
    ours = {one.company_id: one for one in mine}
    return Preview(found[MOVES], found[ENDS], tuple(one for one in theirs if one.company_id not in ours),
                   tuple((ours[one.company_id], one) for one in theirs if one.company_id in ours),
                   _count(Record, Record.person, gone.id), tuple(_wider(kept, mine, theirs, values)))


def _count(model: Any, field: Any, person_id: int) -> int:
    query = door(model.select(fn.COUNT(field).alias("n")), model).where(field == person_id)
    return int(fetch(query)[0].n)


def _wider(kept: Any, mine: Any, theirs: Any, values: Mapping[str, Any]) -> Iterator[str]:
    """Name what widens, for the one who stays: "own_only", "history", and features they have not got now."""
    if kept.own_only and not values["own_only"]:
        yield "own_only"
    if kept.visible_since and (not values["visible_since"] or values["visible_since"] < kept.visible_since):
        yield "history"
    ours = {one.company_id for one in mine}
    after = replace(people.who(kept, (*mine, *(one for one in theirs if one.company_id not in ours))),
                    features=values["features"], own_only=values["own_only"])
    had = {one.id for one in modules.of(people.who(kept, mine)) if one.on}
    yield from (one.title for one in modules.of(after) if one.on and one.id not in had)


def choices(kept: Any, gone: Any) -> dict[str, tuple[Any, Any, str]]:
    """Give what the two have otherwise, by name: (of who stays, of who goes, whose wins unless chosen).

    What one of them lacks is taken from the other; of limits the narrower one wins.
    """
    found: dict[str, tuple[Any, Any, str]] = {}
    for name in FIELDS:
        ours, theirs = getattr(kept, name), getattr(gone, name)
        if (ours or None) != (theirs or None):
            found[name] = (ours, theirs, _usual(name, ours, theirs))
    fields = {**(gone.fields or {}), **(kept.fields or {})}
    for name in fields:
        ours, theirs = (kept.fields or {}).get(name), (gone.fields or {}).get(name)
        if (ours or None) != (theirs or None):
            found[f"field_{name}"] = (ours, theirs, "kept" if ours else "gone")
    return found


def _usual(name: str, ours: Any, theirs: Any) -> str:
    if name == "own_only":
        return "kept" if ours else "gone"
    if name == "visible_since":
        return "gone" if theirs and (not ours or theirs > ours) else "kept"
    if name == "features":
        return "kept"
    return "kept" if ours else "gone"


def values(kept: Any, gone: Any, chosen: Mapping[str, str]) -> dict[str, Any]:
    """Give what the one who stays will have, `chosen` saying for some names whose wins ("kept" or "gone")."""
    found: dict[str, Any] = {name: getattr(kept, name) for name in FIELDS}
    fields = dict(kept.fields or {})
    for name, (ours, theirs, usual) in choices(kept, gone).items():
        won = ours if (chosen.get(name) if chosen.get(name) in ("kept", "gone") else usual) == "kept" else theirs
        if name.startswith("field_"):
            fields[name.removeprefix("field_")] = won
        else:
            found[name] = won
    return {**found, "features": found["features"] or {}, "fields": fields}


def merge(kept: Any, gone: Any, chosen: Mapping[str, str], *, keep_address: bool) -> None:
    """Make two people one, in one transaction: all of `gone`'s that is not a way in goes to `kept`.

    Sessions, links, second steps and API keys of the one who goes end. `keep_address` lets their address lead to
    the one who stays where mail comes in. Raises Refused where they cannot be one, Conflict where a value is
    taken by somebody else meanwhile, NotFound where one of them is gone already.
    """
    with transaction():
        admins.hold()
        rows = _held(kept.id, gone.id)
        kept, gone = rows[kept.id], rows[gone.id]
        if may_merge(kept, gone):
            raise Refused
        wanted = values(kept, gone, chosen)
        left = {email_key(one) for one in (kept.email, gone.email) if one} - {
            email_key(wanted["email"]) if wanted["email"] else ""}
        moved = _move(kept.id, gone.id)
        _join(kept, gone)
        _dossier(kept.id, gone.id)
        if gone.photo and not kept.photo:
            wanted |= {"photo": gone.photo, "photo_small": gone.photo_small}
            people.change_person(gone.id, photo=None, photo_small=None)
        _ways_in_end(gone.id)
        directory.remove_person(gone.id)
        people.change_person(kept.id, **wanted)
        if email_key(wanted["email"] or "") != email_key(kept.email or ""):
            end_mailed(kept.id)
        aliases.lead("person", str(gone.id), str(kept.id))
        aliases.lead(INBOUND, str(gone.id), str(kept.id))
        for address in sorted(left) if keep_address else ():
            aliases.remember(INBOUND, address, str(kept.id), "")
        record_act("person.merged", kept.public_id, name=gone.name, was=gone.public_id, moved=moved,
                   address_kept=keep_address)


def _held(*ids: int) -> dict[int, Any]:
    """Give both rows as they are now, nobody else's to change. Raises NotFound."""
    if not is_sqlite():  # there the transaction has the writer's turn already
        fetch(door(Person.select(Person.id), Person).where(
            Person.tenant == scope.current().tenant_id, Person.id.in_(ids)).order_by(Person.id).for_update())
    rows = {row.id: row for row in people.people(ids, limit=2) if row.removed is None}
    if len(rows) != len(set(ids)):
        raise NotFound
    return rows


def _move(kept: int, gone: int) -> int:
    moved = _records(kept, gone)
    for model, field in tables():
        how = HANDLED.get((model._meta.table_name, field.name), STAYS)
        if how == ONCE:
            _drop_doubles(model, field, kept, gone)
        if how in (MOVES, ONCE):
            moved += int(door(model.update({field: kept}), model).where(field == gone).execute())
    for model, column, pattern in marked():
        field = getattr(model, column)
        mine, theirs = (int(text) if (text := pattern.format(key)).isdecimal() else text for key in (kept, gone))
        _drop_doubles(model, field, mine, theirs)
        door(model.update({field: mine}), model).where(field == theirs).execute()
    return moved


def _records(kept: int, gone: int) -> int:
    """Let records be the one's who stays, and be found as theirs."""
    rows = fetch(door(Record.select(Record.id), Record).where(
        Record.tenant == scope.current().tenant_id, Record.person == gone))
    door(Record.update(person=kept), Record).where(
        Record.tenant == scope.current().tenant_id, Record.person == gone).execute()
    for row in rows:
        touch(row.id)
    return len(rows)


def _drop_doubles(model: Any, field: Any, kept: Any, gone: Any) -> None:
    """Take away those of who goes that who stays has as well, by what is unique in the table."""
    for names, unique in model._meta.indexes:
        others = [getattr(model, name) for name in names if name != field.name]
        if unique and field.name in names and others:
            twin = model.alias()
            same = [getattr(twin, other.name) == other for other in others]
            theirs = door(twin.select(twin._meta.primary_key), model).where(
                getattr(twin, field.name) == kept, *same)
            door(model.delete(), model, model).where(field == gone, fn.EXISTS(theirs)).execute()


def _join(kept: Any, gone: Any) -> None:
    """Give the companies of who goes to who stays; where both belong to one, the role of who stays counts."""
    members = people.memberships([kept.id, gone.id])
    ours = {one.company_id for one in members.get(kept.id, ())}
    for one in members.get(gone.id, ()):
        if one.company_id not in ours:
            door(Membership.update(person=kept.id), Membership).where(
                Membership.person == gone.id, Membership.company == one.company_id).execute()


def _dossier(kept: int, gone: int) -> None:
    mine, theirs = dossier.of(kept), dossier.of(gone)
    notes = "\n\n".join(one for one in (mine.notes, theirs.notes) if one)[:dossier.LONGEST]
    if theirs.external:
        dossier.keep(gone, external=None)
    if notes != mine.notes or (theirs.external and not mine.external):
        dossier.keep(kept, notes=notes, external=mine.external or theirs.external)


def _ways_in_end(gone: int) -> None:
    end_sessions(gone)
    revoke_all(gone)
    factors.drop_all(gone)
    for model, field in tables():
        name = model._meta.table_name
        if HANDLED.get((name, field.name)) == ENDS and name != "token":
            door(model.delete(), model).where(field == gone).execute()


def addresses(person_id: int) -> list[str]:
    """Give the former addresses under which mail still reaches somebody."""
    return sorted(external for external, internal in aliases.imported(INBOUND) if internal == str(person_id))


def forget_address(person_id: int, address: str) -> None:
    """Let a former address lead to nobody. Raises NotFound where it leads to somebody else."""
    if address not in addresses(person_id):
        raise NotFound
    with transaction():
        aliases.forget(INBOUND, address)


def inbound(address: str) -> Any | None:
    """Give the person an address leads to where mail comes in: their own, or one kept from a merge; else None."""
    own = people.by_address(address)
    if own is not None:
        return own
    known = aliases.known(INBOUND, email_key(address))
    return next(iter(people.people([int(known.internal)], limit=1)), None) if known else None

