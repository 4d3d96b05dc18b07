"""Pictures of people: two squares drawn anew, and who may see whose."""

from __future__ import annotations

from typing import Any

from core.data import credentials, files, people, scope
from core.data.access import anything
from core.data.conversation import Message
from core.data.db import after_commit, door, fetch, first, transaction
from core.data.people import PERSON, Membership, Person
from core.data.pictures import square
from core.data.reach import member_active
from core.data.records import Record
from core.data.scope import Who
from core.errors import NotFound

LARGE, SMALL = 384, 96
"""Sides in pixels: on one's own page, and beside what somebody wrote (three device pixels for each of 32)."""

MOST_BYTES = 10 * 1024 * 1024
"""Largest picture that is taken; phones make them of 3 to 8 MB."""


def show(person_id: int, picture: Any) -> None:
    """Let a picture (an open file) stand for somebody, cut to a square. Raises Invalid where it is none."""
    store = files.here()
    large, small = (store.put(drawn, limit=MOST_BYTES) for drawn in square(picture, LARGE, SMALL))
    _change(person_id, large.key, small.key)


def take_off(person_id: int) -> None:
    """Remove somebody's picture for good; their initials stand for them again."""
    _change(person_id, None, None)


def _change(person_id: int, large: str | None, small: str | None) -> None:
    store = files.here()
    with transaction():
        credentials.in_turn(person_id)
        (before,) = fetch(_photos(Person.id == person_id))
        people.change_person(person_id, photo=large, photo_small=small)
        for key in filter(None, (before.photo, before.photo_small)):
            after_commit(lambda key=key: store.remove(key))  # type: ignore[misc]


def _photos(condition: Any) -> Any:
    return door(Person.select(*PERSON), Person).where(
        Person.tenant == scope.current().tenant_id, condition)


def known(key: str) -> bool:
    """Say whether a stored name is the picture of anybody of any tenant, for the sweep of orphans."""
    return first(door(Person.select(Person.id), Person).where(
        (Person.photo == key) | (Person.photo_small == key))) is not None


def find(name: str) -> Any:
    """Give who a picture shows, if whoever asks may see them. Raises NotFound."""
    row = first(_photos(Person.photo == name))
    if row is None or not may_see(row):
        raise NotFound
    return row


def may_see(row: Any) -> bool:
    """Say whether whoever asks may see a person (a row).

    It is oneself, the team, for the team everybody, colleagues, and whoever wrote where one may read.
    """
    who = scope.current()
    if who.person is None:
        return False
    return who.is_staff or row.id == who.me.id or bool(row.role) or _colleague(who.me, row.id) or _heard(row.id)


def _colleague(me: Who, other: int) -> bool:
    ids = [member.company_id for member in me.memberships if member_active(scope.current(), member)]
    if not ids:
        return False
    return bool(fetch(door(Membership.select(Membership.id), Membership).where(
        Membership.person == other, Membership.company.in_(ids)).limit(1)))


def _heard(other: int) -> bool:
    said = door(Message.select(Message.record), Message).where(
        Message.tenant == scope.current().tenant_id, Message.author == other,
        Message.internal == False)  # noqa: E712 - an SQL expression, not a comparison
    return bool(fetch(anything("view", Record.id).where(Record.id.in_(said)).limit(1)))
