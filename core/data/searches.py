"""What is searched for, counted without saying by whom: popular words, and words that nothing was found for."""

from __future__ import annotations

import hashlib
import hmac
import logging
import re
import time
from dataclasses import dataclass
from typing import Any

import peewee
from peewee import BigIntegerField, CharField, CompositeKey, IntegerField, fn

from core.data import scope
from core.data.db import LooseBase, loose
from core.data.words import asked

log = logging.getLogger("parlour.search")
WEEK = 7 * 86_400
LONGEST = 80
"""Characters of a search that is counted; whoever writes more writes a message, not a search."""

MOST_WORDS = 6
MOST_TERMS = 5000
"""Different searches of a tenant and week; further ones are not counted, whoever sends them."""

PLACES = 60
"""Places for those who searched: enough to tell few from many, too few to tell who."""

_PRIVATE = re.compile(r"@|\d{4}")


class Term(LooseBase):
    """How often something was searched for in a week, and by about how many.

    Each searcher sets one of PLACES bits in `people`, by a keyed hash that is another for each word and week: from
    the bits nobody can say who it was, or that two searches came from one person. `missed` and `missers` count
    those who found nothing.
    """

    tenant = IntegerField()
    week = IntegerField()
    words = CharField()
    times = IntegerField(default=0)
    people = BigIntegerField(default=0)
    missed = IntegerField(default=0)
    missers = BigIntegerField(default=0)

    class Meta:
        """One row per tenant, week and search."""

        table_name = "search_term"
        primary_key = CompositeKey("tenant", "week", "words")


@dataclass(frozen=True)
class Searched:
    """What was searched for in the last weeks: how often, and by how many at least."""

    words: str
    times: int
    people: int


def told(text: str) -> str:
    """Give the words of a search that may be counted; "" where it is long, or holds an address or a number."""
    words = asked(text)
    said = " ".join(words)
    return "" if _PRIVATE.search(text) or len(words) > MOST_WORDS or len(said) > LONGEST else said


def note(text: str, *, found: bool, asker: str, key: str) -> None:
    """Count a search of the current tenant; never fails a page.

    `asker` says who searched, `key` is a secret of the installation; neither is kept.
    """
    words = told(text)
    if not words or scope.read_only():
        return
    tenant, week = scope.current().tenant_id, _week()
    mark = hmac.new(key.encode(), f"{tenant}:{week}:{words}:{asker}".encode(), hashlib.sha256).digest()
    bit = 1 << int.from_bytes(mark[:8]) % PLACES
    missed = {} if found else {"missed": Term.missed + 1, "missers": Term.missers.bin_or(bit)}
    same = (Term.tenant == tenant) & (Term.week == week) & (Term.words == words)
    try:
        with loose.atomic():
            counted = Term.update(times=Term.times + 1, people=Term.people.bin_or(bit), **missed).where(same)
            if counted.execute():
                return
            here = Term.select(fn.COUNT(Term.words)).where(Term.tenant == tenant, Term.week == week)
            if here.scalar() < MOST_TERMS:
                Term.insert(tenant=tenant, week=week, words=words, times=1, people=bit, missed=int(not found),
                            missers=0 if found else bit).on_conflict_ignore().execute()
    except peewee.DatabaseError as error:
        log.warning("a search was not counted: %s", error)


def popular(*, least: int, weeks: int = 4, most: int = 20) -> list[Searched]:
    """Give what at least `least` people searched for in the last weeks, the most frequent first."""
    return _top(Term.times, Term.people, least, weeks, most)


def unanswered(*, least: int, weeks: int = 4, most: int = 20) -> list[Searched]:
    """Give what at least `least` people searched for in vain in the last weeks, the most frequent first."""
    return _top(Term.missed, Term.missers, least, weeks, most)


def _top(times: Any, people: Any, least: int, weeks: int, most: int) -> list[Searched]:
    query: Any = Term.select(Term.words, times, people).where(
        Term.tenant == scope.current().tenant_id, Term.week > _week() - weeks, times > 0)
    found: dict[str, tuple[int, int]] = {}
    for words, count, bits in query.tuples():
        known = found.get(words, (0, 0))
        found[words] = known[0] + count, known[1] | bits
    shown = [Searched(words, count, bits.bit_count()) for words, (count, bits) in found.items()
             if bits.bit_count() >= least]
    return sorted(shown, key=lambda one: (-one.times, one.words))[:most]


def forget(weeks: int) -> None:
    """Forget what the current tenant's people searched for more than so many weeks ago."""
    Term.delete().where(Term.tenant == scope.current().tenant_id, Term.week <= _week() - weeks).execute()


def _week() -> int:
    return int(time.time()) // WEEK
