"""Who is there: people and companies found, filtered and paged for those who look after them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from peewee import fn

from core.data import credentials, factors, people, photos, scope
from core.data.access import anything
from core.data.db import door, fetch, first, now, transaction
from core.data.identity import key
from core.data.people import COMPANY, PERSON, Company, Membership, Person
from core.data.reach import member_active, permitted
from core.data.records import Record
from core.data.scope import Member, Scope, Who
from core.errors import NotFound
from core.parts import STAFF

CUSTOMER_ROLES = ("user", "company_user", "company_admin")


@dataclass(frozen=True)
class Page:
    """One page of a list by name. `next` and `before` are public identifiers to go on from, "" at the ends."""

    rows: list[Any]
    before: str = ""
    next: str = ""


def _paged(query: Any, model: Any, mark: Any, *, after: str, before: str, limit: int) -> Page:
    """Cut one page out of a query by name and key; `mark` is the column that names a place in it."""
    start = first(query.where(mark == (after or before))) if after or before else None
    back = bool(before and not after and start)
    if start is not None:
        name, place = key(start.name), start.id
        if back:
            query = query.where((model.name_key < name) | ((model.name_key == name) & (model.id < place)))
        else:
            query = query.where((model.name_key > name) | ((model.name_key == name) & (model.id > place)))
    order = (model.name_key.desc(), model.id.desc()) if back else (model.name_key, model.id)
    rows = fetch(query.order_by(*order).limit(limit + 1))
    more, rows = len(rows) > limit, rows[:limit]
    if back:
        rows.reverse()
    if not rows:
        return Page([])
    field = mark.name
    return Page(rows, before=getattr(rows[0], field) if (more if back else start is not None) else "",
                next=getattr(rows[-1], field) if (back or more) else "")


def _found(query: Any, words: str, *columns: Any) -> Any:
    wanted = key(words[:200])
    if not wanted:
        return query
    condition = columns[0].contains(wanted)
    for column in columns[1:]:
        condition = condition | column.contains(wanted)
    return query.where(condition)


def search_people(words: str = "", *, who: str = "", company: int | None = None, after: str = "",
                  before: str = "", limit: int = 50) -> Page:
    """Give a page of the tenant's people by name, found by parts of name, address or sign-in name.

    `who` is "", "staff", "customers", "inactive" or "new" (without a password yet).
    """
    query = door(Person.select(*PERSON), Person, Membership).where(
        Person.tenant == scope.current().tenant_id, Person.removed.is_null())
    conditions = {"staff": Person.role != "", "customers": Person.role == "",
                  "inactive": Person.active == False,  # noqa: E712 - an SQL expression
                  "new": Person.password.is_null()}
    if who in conditions:
        query = query.where(conditions[who])
    if company is not None:
        query = query.where(Person.id.in_(door(Membership.select(Membership.person), Membership).where(
            Membership.company == company)))
    query = _found(query, words, Person.name_key, Person.email_key, Person.login_key)
    return _paged(query, Person, Person.public_id, after=after, before=before, limit=limit)


def search_companies(words: str = "", *, who: str = "", after: str = "", before: str = "",
                     limit: int = 50) -> Page:
    """Give a page of the tenant's companies by name. `who` is "", "active" or "inactive"."""
    query = door(Company.select(*COMPANY), Company).where(Company.tenant == scope.current().tenant_id)
    if who in ("active", "inactive"):
        query = query.where(Company.active == (who == "active"))
    query = _found(query, words, Company.name_key, Company.identifier)
    return _paged(query, Company, Company.identifier, after=after, before=before, limit=limit)


def names_of(public_ids: Iterable[str]) -> dict[str, str]:
    """Give the names of people by public identifier; nobody outside the tenant is found."""
    wanted = {one for one in public_ids if one}
    if not wanted:
        return {}
    query = door(Person.select(Person.public_id, Person.name), Person).where(
        Person.tenant == scope.current().tenant_id, Person.public_id.in_(wanted))
    return {row.public_id: row.name for row in fetch(query)}


def how_many_in(company_ids: Iterable[int]) -> dict[int, int]:
    """Count the people of some companies of this tenant."""
    ids = list(company_ids)
    if not ids:
        return {}
    query = door(Membership.select(Membership.company, fn.COUNT(Membership.id).alias("n")),
                 Membership, Company).join(Company).where(
        Company.tenant == scope.current().tenant_id, Membership.company.in_(ids)).group_by(Membership.company)
    return {row.company_id: row.n for row in fetch(query)}


def admitted(asks: Scope, person: Who) -> bool:
    """Say whether somebody may come in at all: staff, people of no company, people of one that is on."""
    return person.is_staff or not person.memberships or any(
        member_active(asks, member) for member in person.memberships)


def administered(who: Who) -> list[Member]:
    """Give the companies somebody looks after as company admin."""
    asks = scope.current()
    return [member for member in who.memberships
            if member.role == "company_admin" and member_active(asks, member)]


def my_company(identifier: str) -> Member:
    """Give a company whoever asks looks after as company admin. Raises NotFound for every other one."""
    for member in administered(scope.current().me):
        if member.identifier == identifier:
            return member
    raise NotFound


def colleague(company: Member, public_id: str) -> Any:
    """Give a person of a company, with their role there as `membership`. Raises NotFound for everybody else."""
    for row in people.members(company.company_id):
        if row.public_id == public_id:
            return row
    raise NotFound


def remove_person(person_id: int) -> None:
    """Take somebody out of the portal: no way in, no address, no company. What they wrote keeps their name."""
    with transaction():
        door(Membership.delete(), Membership).where(
            Membership.person == people.person(person_id).id).execute()
        people.change_person(person_id, active=False, removed=now(), email=None, login=None, password=None,
                             role="", verified=False)
        factors.drop_all(person_id)
        photos.take_off(person_id)
        credentials.end_sessions(person_id)
        credentials.revoke_all(person_id)


def how_many_use(feature: str, roles: Iterable[str]) -> int:
    """Count the active people whom one of these roles lets use a feature, without companies it is hidden from."""
    who, roles = scope.current(), set(roles)
    staff = door(Person.select(fn.COUNT(Person.id).alias("n")), Person).where(
        Person.tenant == who.tenant_id, Person.active == True, Person.role.in_(sorted(roles)))  # noqa: E712
    found = int(fetch(staff)[0].n)
    if roles <= {"guest", *STAFF}:
        return found
    all_of_them = door(Person.select(fn.COUNT(Person.id).alias("n")), Person).where(
        Person.tenant == who.tenant_id, Person.active == True, Person.role.not_in(STAFF))  # noqa: E712
    return found + int(fetch(all_of_them)[0].n) - _hidden_from(feature)


def roles_that_use(feature: str) -> set[str]:
    """Give the roles that any permission of a feature reaches, as this tenant has them."""
    who = scope.current()
    return {role for action in who.registry.manifests[feature].permissions
            for role, far in (permitted(who, f"{feature}.{action}") or {}).items() if far != "none"}


def how_many_are(role: str) -> int:
    """Count the active people of a role; of a customer's, those who are it in any company (without one: user)."""
    who = scope.current()
    active = door(Person.select(fn.COUNT(Person.id).alias("n")), Person).where(
        Person.tenant == who.tenant_id, Person.active == True)  # noqa: E712
    if role in STAFF:
        return int(fetch(active.where(Person.role == role))[0].n)
    held = door(Membership.select(Membership.person), Membership, Company).join(Company).where(
        Company.tenant == who.tenant_id)
    mine = Person.id.in_(held.where(Membership.role == role))
    if role == "user":
        mine = mine | Person.id.not_in(held)
    return int(fetch(active.where(Person.role.not_in(STAFF), mine))[0].n)


def _hidden_from(feature: str) -> int:
    """Count the active people of companies that a feature is hidden from."""
    who = scope.current()
    hidden = [identifier for identifier in who.settings.value("companies") or {}
              if who.settings.company(identifier).features.get(feature) is False]
    if not hidden:
        return 0
    query = door(Membership.select(fn.COUNT(Membership.person.distinct()).alias("n")), Membership, Company, Person)
    return int(fetch(query.join(Company).switch(Membership).join(Person).where(
        Company.tenant == who.tenant_id, Company.identifier.in_(hidden), Person.active == True))[0].n)  # noqa: E712


def still_open() -> dict[str, int]:
    """Count the records whoever asks may see that are neither resolved nor closed, by kind."""
    query = anything("view", Record.kind, fn.COUNT(Record.id).alias("n")).where(
        Record.category.in_(("open", "in_progress", "waiting"))).group_by(Record.kind)
    return {row.kind: row.n for row in fetch(query)}
