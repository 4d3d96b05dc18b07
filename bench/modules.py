"""Orders, invoices, topics and quotes for the bench, each made as its plugin takes rows from elsewhere."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from core.data.db import now, transaction
from core.parts import Registry

PAGE = 25
"""What stands on one page of a list."""

SHARE = 10
"""One of each of these for so many tickets."""

PAGES: Mapping[str, tuple[str, str]] = {
    "orders": ("/orders", "list"), "order": ("/orders/{last}", "ticket"), "invoice": ("/invoices/{last}", "ticket"),
    "topics": ("/forums/bench", "list"), "topic": ("/forums/TOP-{last:03d}", "ticket"), "quotes": ("/quotes", "list"),
    "quote": ("/quotes/{last}", "ticket")}
"""What is asked for, and the page of the floor that does as much: a list of 25, or one thing with its parts."""

Row = dict[str, Any]


def fill(registry: Registry, people: Sequence[Any], company: Callable[[int], int], count: int,
         words: Callable[[random.Random, int], str]) -> None:
    """Make so many of each, in turn for these people, and at least a page of them for the first one."""
    random_, step = random.Random(11), every(count)
    makers = {"order": _order, "invoice": _invoice, "topic": _topic, "quote": _quote}
    place = _made(registry, "topic_category", {"title": "Bench", "slug": "bench", "audience": "customers"}) \
        if "topic_category" in registry.imports else None
    for name, make in makers.items():
        if name in registry.imports:
            for rows in _batches(count, 500):
                with transaction():
                    for number in rows:
                        turn = number % len(people) if number % step else 0
                        who = {"requester": str(people[turn].id), "company": str(company(turn))}
                        at = now() - timedelta(minutes=(count - number) * 30)
                        _made(registry, name, make(random_, words, who, at, place), at=number)


def every(count: int) -> int:
    """Say which of so many is the first person's: theirs fill a page, as the floor's do."""
    return max(count // PAGE, 1)


def last(count: int) -> int:
    """Give the number of the last one that is the first person's for certain."""
    return (count - 1) // every(count) * every(count) + 1


def _batches(count: int, size: int) -> Iterator[range]:
    for start in range(0, count, size):
        yield range(start, min(start + size, count))


def _made(registry: Registry, name: str, row: Row, at: int = 0) -> Any:
    nested = {key: [{**one, "known": None, "external_id": f"{at}.{place}"} for place, one in enumerate(value)]
              for key, value in row.items() if key == "lines"}
    return registry.imports[name].call({**row, **nested, "known": None, "changed": True, "external_id": str(at),
                                        "beside": []})[1]


def _lines(random_: random.Random, words: Any, price: Any) -> list[Row]:
    return [{"sku": f"A-{random_.randrange(1000)}", "text": words(random_, 3), "quantity": str(random_.randrange(1, 9)),
             "price": price(random_.randrange(100, 9000)), "tax": "19"} for _line in range(4)]


def _order(random_: random.Random, words: Any, who: Row, at: Any, _place: Any) -> Row:
    lines = _lines(random_, words, lambda cents: f"{cents // 100}.{cents % 100:02d}")
    return {**who, "created": at, "lines": lines}


def _invoice(random_: random.Random, words: Any, who: Row, at: Any, _place: Any) -> Row:
    lines = [{key: value for key, value in one.items() if key != "sku"} for one in _lines(random_, words, int)]
    return {**who, "issued": at.date().isoformat(), "subject": words(random_, 4), "lines": lines}


def _topic(random_: random.Random, words: Any, who: Row, at: Any, place: Any) -> Row:
    return {"title": words(random_, 6), "body": words(random_, 40), "place": str(place), "created": at,
            "author": who["requester"]}


def _quote(random_: random.Random, words: Any, who: Row, at: Any, _place: Any) -> Row:
    return {**who, "created": at, "fields": {"subject": words(random_, 5), "details": words(random_, 30)}}
