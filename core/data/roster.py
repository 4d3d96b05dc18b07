"""The people of a tenant as a list: found, filtered, sorted, counted, a page at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import peewee
from peewee import JOIN, fn

from core.data import scope
from core.data.credentials import Token
from core.data.db import db, door, fetch, first, now
from core.data.directory import CUSTOMER_ROLES
from core.data.dossier import Dossier
from core.data.identity import key
from core.data.people import PERSON, Company, Membership, Person
from core.parts import STAFF

WHO = ("", "customers", "staff", "inactive", "never", "invited", "new", "weak", "changed")
"""Everybody; customers; the team; locked out; never signed in; invited; without a password; without a second step;
with features, history or "only own records" of their own."""

SORTS = ("name", "seen", "created")
PER_PAGE = 50
MOST = 999


@dataclass(frozen=True)
class Filters:
    """What a list of people shows. `company` is an identifier; what is unknown filters nothing."""

    q: str = ""
    who: str = ""
    role: str = ""
    company: str = ""
    sort: str = "name"

    @classmethod
    def of(cls, asked: Mapping[str, str]) -> Filters:
        """Read them from an address's parameters."""
        given = {name: str(asked.get(name, ""))[:200].strip() for name in ("q", "who", "role", "company", "sort")}
        known = {"who": WHO, "role": (*CUSTOMER_ROLES, *STAFF), "sort": SORTS}
        return cls(**{name: value if name not in known or value in known[name] else ""
                      for name, value in given.items()})

    @property
    def narrow(self) -> dict[str, str]:
        """Give those that filter, by name: what a link or a form has to carry on."""
        return {name: value for name, value in vars(self).items() if value and name != "sort"}


@dataclass(frozen=True)
class Page:
    """One page of the list. `next` and `before` are public identifiers to go on from, "" at the ends."""

    rows: list[Any]
    before: str = ""
    next: str = ""


def _everybody(*columns: Any) -> Any:
    query = door(Person.select(*columns), Person, Dossier).join(
        Dossier, JOIN.LEFT_OUTER, on=(Dossier.person == Person.id))
    return query.where(Person.tenant == scope.current().tenant_id, Person.removed.is_null())


def _people(filters: Filters, *columns: Any) -> Any:
    query = _everybody(*columns).where(_who(filters.who))
    if filters.role in STAFF:
        query = query.where(Person.role == filters.role)
    elif filters.role:
        query = query.where(Person.role == "", Person.id.in_(_members(Membership.role == filters.role)))
    if filters.company:
        query = query.where(Person.id.in_(_members(Company.identifier == filters.company)))
    words = key(filters.q)
    return query.where(_found(words)) if words else query


def _members(condition: Any) -> Any:
    return door(Membership.select(Membership.person), Membership, Company).join(Company).where(
        Company.tenant == scope.current().tenant_id, condition)


def _who(who: str) -> Any:
    """Write a filter as a condition."""
    if who == "invited":
        return Person.id.in_(door(Token.select(Token.person), Token).where(
            Token.tenant == scope.current().tenant_id, Token.purpose == "invite", Token.used.is_null(),
            Token.revoked == False, Token.person.is_null(False),  # noqa: E712 - an SQL expression
            Token.expires > now()))
    features: Any = Person.features
    return {
        "customers": Person.role == "", "staff": Person.role != "",
        "inactive": Person.active == False, "never": Dossier.seen.is_null(),  # noqa: E712 - an SQL expression
        "new": Person.password.is_null(), "weak": (Person.two_factor == False) & (  # noqa: E712
            Person.active == True),  # noqa: E712
        "changed": (features.cast("text") != "{}") | (Person.own_only == True)  # noqa: E712
        | Person.visible_since.is_null(False)}.get(who, Person.id > 0)


def _found(words: str) -> Any:
    """Write that a person is meant by some words: name, address, sign-in name, identifier, company, own fields."""
    condition = (Person.name_key.contains(words) | Person.email_key.contains(words)
                 | Person.login_key.contains(words) | Dossier.external.contains(words)
                 | Person.id.in_(_members(Company.name_key.contains(words))))
    for name in searchable():
        field: Any = Person.fields[name]
        condition = condition | fn.LOWER(field.cast("text")).contains(words)
    return condition


def searchable() -> list[str]:
    """Name the own fields of people that the list is searched by."""
    own = scope.current().settings.value("fields.people") or {}
    return [name for name, field in own.items() if isinstance(field, Mapping) and field.get("searchable")]


def page(filters: Filters, *, after: str = "", before: str = "", limit: int = PER_PAGE) -> Page:
    """Give a page of the list. What it went on from need not fit the filter any more."""
    column, rising = {"seen": (Dossier.seen, False), "created": (Person.created, False)}.get(
        filters.sort, (Person.name_key, True))
    query = _people(filters, *PERSON, Dossier.seen, Dossier.external)
    if filters.sort == "seen":
        query = query.where(Dossier.seen.is_null(False))
    start = first(_everybody(Person.id, column.alias("mark")).where(
        Person.public_id == (after or before))) if after or before else None
    back = bool(before and not after and start)
    up = rising != back
    if start is not None and start.mark is not None:
        beyond = (column > start.mark) if up else (column < start.mark)
        beside = (Person.id > start.id) if up else (Person.id < start.id)
        query = query.where(beyond | ((column == start.mark) & beside))
    order = (column.asc(), Person.id.asc()) if up else (column.desc(), Person.id.desc())
    rows = fetch(query.order_by(*order).limit(limit + 1))
    more, rows = len(rows) > limit, rows[:limit]
    if back:
        rows.reverse()
    if not rows:
        return Page([])
    return Page(rows, before=rows[0].public_id if (more if back else start is not None) else "",
                next=rows[-1].public_id if (back or more) else "")


def counts(filters: Filters) -> dict[str, int]:
    """Count the people of each of `WHO` within the other filters, in one statement; 1000 means more than 999."""
    columns = []
    for who in WHO:
        one = Filters(filters.q, who, filters.role, filters.company)
        some = _people(one, Person.id).limit(MOST + 1).alias(f"some_{who}")
        columns.append(peewee.Select((some,), (fn.COUNT(peewee.SQL("*")),)).alias(f"n_{who}"))
    (row,) = fetch(peewee.Select((), columns).bind(db))
    return {name[2:]: number for name, number in row._asdict().items()}
