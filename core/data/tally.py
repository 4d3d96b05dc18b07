"""Counts whose loss costs nothing - what is read, what is looked for - per tenant, word and day."""

from __future__ import annotations

import logging
import time
from typing import Any

import peewee
from peewee import CharField, IntegerField, fn

from core.data import scope
from core.data.db import LooseBase, loose

log = logging.getLogger("parlour.tally")
DAY = 86_400
LONGEST = 200
"""Characters of a word that are kept."""


class Tally(LooseBase):
    """How often something happened on a day; who did it stands nowhere."""

    tenant = IntegerField()
    name = CharField()
    word = CharField()
    day = IntegerField()
    count = IntegerField(default=1)

    class Meta:
        """One row per tenant, name, day and word."""

        indexes = ((("tenant", "name", "day", "word"), True),)


def note(name: str, word: str) -> None:
    """Count one more of `word` under `name` ("kb.read") for the current tenant today; never fails a page."""
    try:
        with loose.atomic():
            made = Tally.insert(tenant=scope.current().tenant_id, name=name, word=word[:LONGEST], day=_today())
            made.on_conflict(conflict_target=[Tally.tenant, Tally.name, Tally.day, Tally.word],
                             update={Tally.count: Tally.count + 1}).execute()
    except peewee.DatabaseError as error:
        log.warning("'%s' was not counted under %s: %s", word[:40], name, error)


def top(name: str, most: int = 10, *, days: int = 30) -> list[tuple[str, int]]:
    """Give the words counted most often under `name` in the last days, each with its count."""
    total = fn.SUM(Tally.count)
    query: Any = Tally.select(Tally.word, total).where(
        Tally.tenant == scope.current().tenant_id, Tally.name == name, Tally.day > _today() - days)
    query = query.group_by(Tally.word).order_by(total.desc(), Tally.word).limit(most)
    return [(str(row[0]), int(row[1])) for row in query.tuples()]


def sweep(days: int = 400) -> None:
    """Forget what is older than so many days, of all tenants."""
    Tally.delete().where(Tally.day < _today() - days).execute()


def _today() -> int:
    return int(time.time()) // DAY
