"""What a field refers to: a person, a company or a record of some kind; found, offered and shown through the door.

A field keeps what people and programs call it: a record's number, a company's identifier, a person's public
identifier. Nothing is found that whoever asks may not see: it looks exactly like what is not there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from core.data import access, directory, people, scope, search
from core.data.db import fetch
from core.data.people import key
from core.data.records import Record, label, page_of, parse
from core.data.scope import Scope
from core.errors import NotFound
from core.parts import Kind

PERSON, COMPANY = "person", "company"
OFFERED = 20
"""What is offered at a time."""

MOST_CHOICES = 200
"""Records that customers choose from in a list: their newest."""


@dataclass(frozen=True)
class Link:
    """What a field refers to, as a page shows it: text, and its page's address, "" where it may not be seen."""

    text: str
    href: str = ""


def kind_of(of: str) -> Kind | None:
    """Give the kind of record a field refers to, None where it is a person, a company, or nothing there is."""
    return scope.current().registry.kinds.get(of)


def there(of: str) -> bool:
    """Say whether what a field refers to is there at all: the feature of a kind of record may be off."""
    if of in (PERSON, COMPANY):
        return True
    kind, who = kind_of(of), scope.current()
    return kind is not None and access.feature_on(who, kind.plugin)


def find(of: str, written: str) -> str | None:
    """Find what somebody wrote - number, identifier, e-mail address, or a name that is one's alone - or None.

    Gives it as a field keeps it.
    """
    text = written.strip()[:200]
    if of == PERSON:
        return _person(text)
    if of == COMPANY:
        found = [row for row in _companies(text) if text == row.identifier] or [
            row for row in _companies(text) if key(row.name) == key(text)]
        return found[0].identifier if len(found) == 1 else None
    kind = kind_of(of)
    number = parse(kind, text) if kind else None
    if kind is None or number is None:
        return None
    try:
        return label(kind, access.find(of, number).number)
    except NotFound:
        return None


def offered(of: str, text: str = "", most: int = OFFERED) -> list[tuple[str, str]]:
    """Give what could be meant by the begin of a text as (what a field takes, words for people)."""
    if of == PERSON:
        return [(row.email or row.public_id, row.name) for row in _people(text, most)]
    if of == COMPANY:
        return [(row.identifier, row.name) for row in _companies(text)[:most]]
    kind = kind_of(of)
    if kind is None:
        return []
    query = access.visible(of, "view", Record.id, Record.number, Record.title, anywhere=True)
    number = parse(kind, text.strip())
    query = query.where(Record.number == number) if number else query.where(search.matches(of, text[:200]))
    rows = fetch(query.order_by(Record.touched.desc(), Record.number.desc()).limit(most))
    return [(label(kind, row.number), f"{label(kind, row.number)} · {row.title}") for row in rows]


def choices(of: str) -> list[tuple[str, str]]:
    """Give all that a customer can choose: as a field keeps it, with the words."""
    if of == PERSON:
        return [(row.public_id, row.name) for row in _people("", MOST_CHOICES)]
    return offered(of, most=MOST_CHOICES)


def typed(of: str, value: str) -> str:
    """Write what a field keeps the way it is typed: a person as their address."""
    if of != PERSON or not value:
        return value
    try:
        row = people.person(value)
    except NotFound:
        return value
    return str(row.email or row.login or value)


def told(wanted: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Link]:
    """Say what fields refer to, by what it is and what the field keeps: one query for each kind of thing."""
    by_what: dict[str, set[str]] = {}
    for of, value in wanted:
        if value:
            by_what.setdefault(of, set()).add(value)
    found: dict[tuple[str, str], Link] = {}
    for of, values in by_what.items():
        shown = _people_told(values) if of == PERSON else _companies_told(values) if of == COMPANY else \
            _records_told(of, values)
        found |= {(of, value): shown.get(value, Link(value)) for value in values}
    return found


def _staffed(who: Scope, permission: str) -> bool:
    return who.is_staff and access.granted(who, permission) != "none"


def _person(text: str) -> str | None:
    row = people.by_address(text) if "@" in text else None
    if row is None:
        by_name = [one for one in _people("" if not scope.current().is_staff else text, MOST_CHOICES)
                   if text == one.public_id or key(one.name) == key(text)]
        if not by_name and scope.current().is_staff:
            try:
                by_name = [people.person(text)]
            except NotFound:
                by_name = []
        row = by_name[0] if len(by_name) == 1 else None
    if row is None or not _may_name(row):
        return None
    return str(row.public_id)


def _may_name(row: Any) -> bool:
    """Say whether whoever asks may name somebody: staff anybody, customers those of their companies."""
    who = scope.current()
    if who.is_staff or who.system:
        return True
    if who.person is None:
        return False
    if row.id == who.me.id:
        return True
    mine = set(_colleagues(who))
    return any(member.company_id in mine for member in people.memberships([row.id]).get(row.id, ()))


def _colleagues(who: Scope) -> list[int]:
    """Give the companies whose people somebody knows: those where they see more than what is their own."""
    if who.me.own_only:
        return []
    return [member.company_id for member in who.me.memberships if member.role != "user" and not member.own_only]


def _people(text: str, most: int) -> list[Any]:
    who = scope.current()
    if who.is_staff or who.system:
        return list(directory.search_people(text, limit=most).rows)
    if who.person is None:
        return []
    known = [row for company in _colleagues(who) for row in people.members(company)] or [people.person(who.me.id)]
    found = {row.id: row for row in known if key(text) in key(row.name)}
    return list(found.values())[:most]


def _companies(text: str) -> list[Any]:
    who = scope.current()
    if who.is_staff or who.system:
        return list(directory.search_companies(text, limit=OFFERED).rows)
    mine = who.me.memberships if who.person is not None else ()
    return [member for member in mine if key(text) in key(member.name) or text == member.identifier]


def _people_told(values: set[str]) -> Mapping[str, Link]:
    link = _staffed(scope.current(), "people.view")
    return {public_id: Link(name, f"/people/{public_id}" if link else "")
            for public_id, name in directory.names_of(values).items()}


def _companies_told(values: set[str]) -> Mapping[str, Link]:
    who = scope.current()
    link = _staffed(who, "companies.view")
    return {row.identifier: Link(row.name, f"/companies/{row.identifier}" if link else "")
            for row in people.companies() if row.identifier in values}


def _records_told(of: str, values: set[str]) -> Mapping[str, Link]:
    kind = kind_of(of)
    if kind is None or not there(of):
        return {}
    numbers = {number: value for value in values if (number := parse(kind, value)) is not None}
    rows = fetch(access.visible(of, "view", Record.id, Record.number, Record.title, anywhere=True).where(
        Record.number.in_(sorted(numbers))))
    return {numbers[row.number]: Link(f"{label(kind, row.number)} · {row.title}", page_of(kind, row.number))
            for row in rows}
