"""Admins act on each other one by one: whoever is none any more does nothing, and the last one stays."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from core.data import scope
from core.data.db import door, fetch, is_sqlite
from core.data.identity import N_
from core.data.population import Person
from core.errors import Refused


@contextmanager
def one_stays() -> Iterator[None]:
    """Let a change of who may do what count if an admin is left after it, inside the transaction of the change.

    Raises Refused, too, where whoever asks lost their own role meanwhile. The system may take the last one's:
    whoever has the command line makes another one there.
    """
    before = hold()
    yield
    if before and scope.current().person is not None and not _active(_rows(hold=False)):
        raise Refused(N_("Somebody has to look after the portal. Make somebody else an admin first."))


def hold() -> list[Any]:
    """Let changes of the tenant's admins pass one by one until the transaction ends, and give who is one.

    Raises Refused where whoever asks is not what they were when they asked.
    """
    rows, me = _rows(hold=True), scope.current().person
    if me is not None and not any(row.id == me.id and row.active and row.role == me.role for row in rows):
        raise Refused
    return _active(rows)


def _active(rows: list[Any]) -> list[Any]:
    return [row for row in rows if row.active and row.role == "admin"]


def _rows(*, hold: bool) -> list[Any]:
    """Give the tenant's admins and whoever asks, as they are now."""
    me = scope.current().person
    query = door(Person.select(Person.id, Person.role, Person.active), Person).where(
        Person.tenant == scope.current().tenant_id, (Person.role == "admin") | (Person.id == (me.id if me else 0)))
    query = query.order_by(Person.id)
    return fetch(query.for_update() if hold and not is_sqlite() else query)
