"""Companies as those who look after them know them: found and counted, open or closed, with their people."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import timedelta
from functools import reduce
from operator import add
from typing import Any

import peewee

from core.data import people, scope
from core.data.access import anything
from core.data.audit import Audit
from core.data.db import EPOCH, door, fetch, first, is_sqlite, transaction
from core.data.directory import FILTERS as FILTERS  # noqa: PLC0414 - handed on
from core.data.directory import MOST as MOST  # noqa: PLC0414 - handed on
from core.data.directory import Page, count_companies, paged, search_companies, with_words
from core.data.directory import how_many_in as how_many_in  # noqa: PLC0414 - handed on
from core.data.directory import is_open as is_open  # noqa: PLC0414 - handed on
from core.data.identifiers import answering as answering  # noqa: PLC0414 - handed on
from core.data.identifiers import former as former  # noqa: PLC0414 - handed on
from core.data.identifiers import free as free  # noqa: PLC0414 - handed on
from core.data.identifiers import let_go as let_go  # noqa: PLC0414 - handed on
from core.data.identifiers import rename as rename  # noqa: PLC0414 - handed on
from core.data.merging import merge as merge  # noqa: PLC0414 - handed on
from core.data.merging import would_move as would_move  # noqa: PLC0414 - handed on
from core.data.merging import would_widen as would_widen  # noqa: PLC0414 - handed on
from core.data.people import PERSON, Company, Membership, Person
from core.data.reach import chosen, feature_on, member_active
from core.data.records import Record
from core.data.scope import Member, Who
from core.errors import FieldError, Invalid, NotFound

_PLACE = re.compile(r"(\d{1,16})-(\d{1,15})\Z", re.ASCII)
ROLES = ("user", "company_user", "company_admin")
def N_(text: str) -> str:  # noqa: N802 - the name that the extraction of texts looks for
    """Mark a text for translation, which happens where it is shown."""
    return text


search, counts = search_companies, count_companies

# --- the people of one ---


def people_of(company_id: int, words: str = "", *, after: str = "", before: str = "", limit: int = 50,
              customers: bool = False) -> Page:
    """Give a page of a company's people by name, with `membership` (their role), `own_there` and `hidden_there`.

    `customers` leaves out who is locked out or of the team: for the company's own admins.
    """
    query = _members(company_id)
    if customers:
        query = query.where(Person.active == True, Person.role == "")  # noqa: E712 - an SQL expression
    query = with_words(query, words, Person.name_key, Person.email_key, Person.login_key)
    return paged(query, Person, Person.public_id, after=after, before=before, limit=limit)


def _members(company_id: int) -> Any:
    return door(Person.select(*PERSON, Membership.role.alias("membership"), Membership.own_only.alias("own_there"),
                              Membership.features.alias("hidden_there")), Person, Membership).join(
        Membership, on=(Membership.person == Person.id)).where(
        Person.tenant == scope.current().tenant_id, Membership.company == company_id)


def member(company_id: int, public_id: str) -> Any:
    """Give a person of a company as `people_of` does. Raises NotFound for everybody else."""
    row = first(_members(company_id).where(Person.public_id == public_id))
    if row is None:
        raise NotFound
    return row


def hidden(row: Any) -> set[str]:
    """Give the features that a company hides from one of its people."""
    return {feature for feature, on in (row.hidden_there or {}).items() if on is False}


def offered(identifier: str) -> list[Any]:
    """Give what a company itself is shown of the tenant's features: manifests by title."""
    who = scope.current()
    off = who.settings.company(identifier).features
    return sorted((one for one in who.registry.manifests.values()
                   if not one.builtin and feature_on(who, one.id) and off.get(one.id) is not False),
                  key=lambda one: one.title)


# --- of whoever asks ---


def working(person: Who) -> list[Member]:
    """Give the companies of somebody that are open, by name."""
    asks = scope.current()
    return [one for one in person.memberships if member_active(asks, one)]


def place() -> Member | None:
    """Give the company that whoever asks has chosen to work in, None where they work in all of theirs."""
    return chosen(scope.current())


def administered(who: Who) -> list[Member]:
    """Give the companies somebody looks after as company admin."""
    return [one for one in working(who) if one.role == "company_admin"]


def mine(identifier: str) -> Member:
    """Give a company whoever asks looks after as company admin. Raises NotFound for every other one."""
    found = next((one for one in administered(scope.current().me) if one.identifier == identifier), None)
    if found is None:
        raise NotFound
    return found


def colleague(company: Member, public_id: str) -> Any:
    """Give a person of a company whom its own admins look after. Raises NotFound for everybody else."""
    row = member(company.company_id, public_id)
    if not row.active or row.role:
        raise NotFound
    return row


def _alone(company: Member) -> None:
    """Let changes of a company's people by its admins pass one by one until the transaction ends.

    Raises NotFound where whoever asks has stopped looking after it meanwhile.
    """
    if not is_sqlite():  # there the writers take turns anyway
        fetch(door(Company.select(Company.id), Company).where(
            Company.tenant == scope.current().tenant_id, Company.id == company.company_id).for_update())
    me = first(_members(company.company_id).where(Person.id == scope.current().me.id))
    if me is None or me.membership != "company_admin":
        raise NotFound


def _has_admin(company: Member) -> None:
    if not fetch(_members(company.company_id).where(
            Membership.role == "company_admin", Person.active == True, Person.role == "").limit(1)):  # noqa: E712
        raise Invalid([FieldError("role", N_("Somebody has to look after the company. Make somebody else an admin "
                                             "first."), "last")])


def change_colleague(company: Member, public_id: str, role: str, *, own_only: bool,
                     hides: Iterable[str]) -> Mapping[str, Any]:
    """Say what a colleague is in a company, and what is taken from them there; give what changed.

    `hides` are features; what is hidden of those the company is not shown stays hidden. Raises NotFound, Invalid
    for a role that is none, for one's own role, and where nobody would look after the company.
    """
    if role not in ROLES:
        raise Invalid([FieldError("role", N_("Choose one of the roles offered."), "choice")])
    with transaction():
        _alone(company)
        row = colleague(company, public_id)
        if row.id == scope.current().me.id and role != row.membership:
            raise Invalid([FieldError("role", N_("Ask another admin to take this role from you."), "self")])
        features = _taken(row, company.identifier, hides)
        people.join(row.id, company.company_id, role, own_only=own_only, features=features)
        _has_admin(company)
    was = {"role": row.membership, "own_only": row.own_there, "hides": sorted(hidden(row))}
    now = {"role": role, "own_only": own_only, "hides": sorted(features)}
    return {name: value for name, value in now.items() if value != was[name]}


def _taken(row: Any, identifier: str, hides: Iterable[str]) -> dict[str, bool]:
    """Give what is hidden from somebody of a company; what the company is not shown itself stays as it was."""
    shown = {one.id for one in offered(identifier)}
    return dict.fromkeys(sorted((hidden(row) - shown) | (set(hides) & shown)), False)


def change_member(company: Any, public_id: str, role: str, *, own_only: bool, hides: Iterable[str]) -> None:
    """Say as staff what somebody is in a company, and what is taken from them there.

    Raises NotFound for who does not belong to it, Invalid for a role that is none.
    """
    if role not in ROLES:
        raise Invalid([FieldError("role", N_("Choose one of the roles offered."), "choice")])
    with transaction():
        row = member(company.id, public_id)
        people.join(row.id, company.id, role, own_only=own_only, features=_taken(row, company.identifier, hides))


def part_with(company: Member, public_id: str) -> Any:
    """Take a colleague out of a company; give their row as it was. Raises as `change_colleague` does."""
    with transaction():
        _alone(company)
        row = colleague(company, public_id)
        if row.id == scope.current().me.id:
            raise Invalid([FieldError("", N_("Ask another admin to take you out."), "self")])
        people.leave(row.id, company.company_id)
        _has_admin(company)
    return row


# --- what was done ---


def doings(company: Any, *, before: int | None = None, after: int | None = None, limit: int = 25) -> list[Any]:
    """Give what was done to a company and its people, newest first; `before`, `after`: keys to go on from."""
    subjects = [company.identifier, *(row.identifier for row in former(company.id)),
                *(row.public_id for row in people.members(company.id)[:500])]
    query = door(Audit.select(Audit.id, Audit.act, Audit.actor, Audit.actor_id, Audit.subject, Audit.channel,
                              Audit.details, Audit.created), Audit).where(
        Audit.tenant == scope.current().tenant_id, Audit.subject.in_(subjects))
    if after is not None:
        return fetch(query.where(Audit.id > after).order_by(Audit.id.asc()).limit(limit))[::-1]
    if before is not None:
        query = query.where(Audit.id < before)
    return fetch(query.order_by(Audit.id.desc()).limit(limit))


def latest(company_id: int, limit: int = 10, *, before: str = "") -> tuple[list[Any], str]:
    """Give the records of a company that whoever asks may see, the last moved first, and where to go on or "".

    `before` is what was given to go on from. Each kind is asked for its newest few, in the order of its index.
    """
    place = _PLACE.match(before)
    moment, key = (EPOCH + timedelta(microseconds=int(place[1])), int(place[2])) if place else (None, 0)
    parts: list[Any] = []
    for name in scope.current().registry.kinds:
        some = anything("view", Record.id).where(Record.kind == name, Record.company == company_id)
        if moment is not None:
            some = some.where(Record.touched <= moment, (Record.touched < moment) | (Record.id < key))
        some = some.order_by(Record.touched.desc(), Record.id.desc()).limit(limit + 1).alias(f"some{len(parts)}")
        parts.append(peewee.Select((some,), (some.c.id,)))
    if not parts:
        return [], ""
    rows = fetch(anything("view").where(Record.id.in_(reduce(add, parts))).order_by(
        Record.touched.desc(), Record.id.desc()).limit(limit + 1))
    last = rows[limit - 1] if len(rows) > limit else None
    return rows[:limit], f"{(last.touched - EPOCH) // timedelta(microseconds=1)}-{last.id}" if last else ""
