"""Who is there: people and companies found, filtered and paged for those who look after them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import peewee
from peewee import fn

from core.data import credentials, factors, invited, people, photos, scope
from core.data.access import anything
from core.data.db import db, door, fetch, first, now, transaction
from core.data.identity import key
from core.data.people import COMPANY, PERSON, Company, Membership, Person
from core.data.reach import member_active, permitted
from core.data.records import Record
from core.data.scope import Scope, Who
from core.parts import STAFF

CUSTOMER_ROLES = ("user", "company_user", "company_admin")
FILTERS = ("", "active", "inactive", "empty", "headless")
"""What a list of companies can be narrowed to: those that are on, off, without people, without an admin."""

MOST = 999
"""Companies are counted exactly up to here."""


@dataclass(frozen=True)
class Page:
    """One page of a list by name. `next` and `before` are public identifiers to go on from, "" at the ends."""

    rows: list[Any]
    before: str = ""
    next: str = ""


def paged(query: Any, model: Any, mark: Any, *, after: str, before: str, limit: int) -> Page:
    """Cut one page out of a query by name and key; `mark` is the column that names a place in it."""
    start = first(query.where(mark == (after or before))) if after or before else None
    back = bool(before and not after and start)
    if start is not None:
        name, place = key(start.name), start.id
        if back:
            query = query.where(model.name_key <= name, (model.name_key < name) | (model.id < place))
        else:
            query = query.where(model.name_key >= name, (model.name_key > name) | (model.id > place))
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


def with_words(query: Any, words: str, *columns: Any) -> Any:
    """Narrow a query to what holds some text in one of the columns."""
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
    query = with_words(query, words, Person.name_key, Person.email_key, Person.login_key)
    return paged(query, Person, Person.public_id, after=after, before=before, limit=limit)


def _all(*columns: Any) -> Any:
    return door(Company.select(*columns), Company).where(Company.tenant == scope.current().tenant_id)


def is_open(company: Any) -> bool:
    """Say whether a company's people come in: neither staff nor the configuration has switched it off."""
    return bool(company.active and scope.current().settings.company(company.identifier).status != "disabled")


def _open() -> Any:
    """Write `is_open` in SQL."""
    settings = scope.current().settings
    named = {name: settings.company(name).status for name in settings.value("companies") or {}}
    if settings.value("access.companies") == "chosen":
        return Company.active & Company.identifier.in_([name for name, how in named.items() if how == "active"])
    off = [name for name, how in named.items() if how == "disabled"]
    return Company.active & Company.identifier.not_in(off) if off else Company.active == True  # noqa: E712


def _peopled(role: str = "") -> Any:
    """Write that a company has active people, of a role if one is named."""
    found = door(Membership.select(Membership.id), Membership, Person).join(Person).where(
        Membership.company == Company.id, Person.active == True)  # noqa: E712 - an SQL expression
    return fn.EXISTS(found.where(Membership.role == role) if role else found)


def _narrowed(query: Any, who: str) -> Any:
    if who in ("active", "inactive"):
        return query.where(_open() if who == "active" else ~_open())
    if who in ("empty", "headless"):
        return query.where(~_peopled("company_admin" if who == "headless" else ""))
    return query


def search_companies(words: str = "", *, who: str = "", after: str = "", before: str = "",
                     limit: int = 50) -> Page:
    """Give a page of the tenant's companies by name, found by parts of name or identifier. `who` is of FILTERS."""
    query = with_words(_narrowed(_all(*COMPANY), who), words, Company.name_key, Company.identifier)
    return paged(query, Company, Company.identifier, after=after, before=before, limit=limit)


def count_companies() -> dict[str, int]:
    """Count the companies each of FILTERS leaves, exactly up to MOST; one more means more."""
    columns = []
    for who in FILTERS:
        some = _narrowed(_all(Company.id), who).limit(MOST + 1).alias("some")
        columns.append(peewee.Select((some,), (fn.COUNT(peewee.SQL("*")),)).alias(f"n_{who}"))
    (row,) = fetch(peewee.Select((), columns).bind(db))
    return {name.removeprefix("n_"): int(number) for name, number in row._asdict().items()}


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


def remove_person(person_id: int) -> None:
    """Take somebody out of the portal: no way in, no address, no company. What they wrote keeps their name."""
    with transaction():
        row = people.person(person_id)
        invited.no_more(row)
        door(Membership.delete(), Membership).where(Membership.person == row.id).execute()
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
