"""Counts whose loss costs nothing - what is read, what is looked for - per tenant, word and day."""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from typing import Any

import peewee
from peewee import CharField, IntegerField, fn

from core.data import scope
from core.data.db import LooseBase, loose

log = logging.getLogger("parlour.tally")
DAY = 86_400
EVERY = 5.0
"""Seconds for which counts wait at most while others come."""

MOST_WAITING = 500
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


_waiting: Counter[tuple[int, str, int, str]] = Counter()
_lock = threading.Lock()
_answers: dict[tuple[Any, ...], tuple[float, list[tuple[str, int]]]] = {}
_written = [0.0]


def note(name: str, word: str) -> None:
    """Count one more of `word` under `name` ("kb.read") for the current tenant today; never fails a page.

    Counts wait in the process for a few seconds, so that reading a page hardly ever writes.
    """
    if scope.read_only():
        return
    with _lock:
        _waiting[scope.current().tenant_id, name, _today(), word[:LONGEST]] += 1
        due = len(_waiting) >= MOST_WAITING or time.monotonic() - _written[0] > EVERY
    if due:
        flush()


def flush() -> None:
    """Write down what this process has counted."""
    with _lock:
        counted, _written[0] = dict(_waiting), time.monotonic()
        _waiting.clear()
    if not counted:
        return
    try:
        with loose.atomic():
            for (tenant, name, day, word), count in sorted(counted.items()):
                made = Tally.insert(tenant=tenant, name=name, word=word, day=day, count=count)
                made.on_conflict(conflict_target=[Tally.tenant, Tally.name, Tally.day, Tally.word],
                                 update={Tally.count: Tally.count + count}).execute()
    except peewee.DatabaseError as error:
        log.warning("%s counts were lost: %s", len(counted), error)


def top(name: str, most: int = 10, *, days: int = 30, fresh: float = 0.0) -> list[tuple[str, int]]:
    """Give the words counted most often under `name` in the last days, each with its count.

    With `fresh`, an answer of this process that is no older than so many seconds will do.
    """
    key, now = (id(loose.obj), scope.current().tenant_id, name, most, days), time.monotonic()
    at, known = _answers.get(key, (0.0, []))
    if known and now - at < fresh:
        return known
    found = _top(name, most, days)
    if len(_answers) > MOST_WAITING:
        _answers.clear()
    _answers[key] = (now, found)
    return found


def _top(name: str, most: int, days: int) -> list[tuple[str, int]]:
    flush()
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
