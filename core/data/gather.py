"""All people or companies that a list with some filters shows, by internal key, page after page."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from core.data import directory, roster, scope
from core.data.db import door, fetch
from core.data.identity import key
from core.data.people import COMPANY, Company, Membership, Person
from core.parts import STAFF

PAGE = 1000
MOST = 500_000


def people(filters: Mapping[str, str]) -> Iterator[int]:
    """Give the keys of the people a list with these parameters shows."""
    asked = replace(roster.Filters.of(filters), sort="name")
    yield from _all(lambda after: roster.page(asked, after=after, limit=PAGE))


def companies(filters: Mapping[str, str]) -> Iterator[int]:
    """Give the keys of the companies a list with these parameters shows."""
    asked = {name: str(filters.get(name, ""))[:200] for name in ("q", "who")}
    yield from _all(lambda after: directory.search_companies(asked["q"], who=asked["who"], after=after,
                                                             limit=PAGE))


def _all(page: Callable[[str], Any]) -> Iterator[int]:
    after, count = "", 0
    while count < MOST:
        found = page(after)
        yield from (row.id for row in found.rows)
        count += len(found.rows)
        after = found.next
        if not after:
            return


def companies_called(name: str) -> list[Any]:
    """Give the companies with a name, however it is written, two at most."""
    return fetch(door(Company.select(*COMPANY), Company).where(
        Company.tenant == scope.current().tenant_id, Company.name_key == key(name)).order_by(Company.id).limit(2))


def keys_of(public_ids: Iterable[str]) -> list[int]:
    """Give the internal keys of people by public identifier, in their order; nobody else's are found."""
    wanted = [one for one in public_ids if one]
    found: dict[str, int] = {}
    for start in range(0, len(wanted), PAGE):
        rows = fetch(door(Person.select(Person.id, Person.public_id), Person).where(
            Person.tenant == scope.current().tenant_id, Person.public_id.in_(wanted[start:start + PAGE])))
        found |= {row.public_id: row.id for row in rows}
    return [found[one] for one in wanted if one in found]


def with_roles(roles: Iterable[str]) -> list[int]:
    """Give the keys of those who have one of some roles, as staff or in a company that is on."""
    wanted = set(roles)
    staff = fetch(door(Person.select(Person.id), Person).where(
        Person.tenant == scope.current().tenant_id, Person.removed.is_null(),
        Person.role.in_(sorted(wanted & set(STAFF)))))
    held = fetch(door(Membership.select(Membership.person), Membership, Company).join(Company).where(
        Company.tenant == scope.current().tenant_id, Company.active == True,  # noqa: E712 - an SQL expression
        Membership.role.in_(sorted(wanted))).distinct())
    return sorted({row.id for row in staff} | {row.person_id for row in held})
