"""Patterns that people write: refused where trying all ways in which a text could fit might never end."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import combinations
from typing import Any

_parser: Any = re._parser  # type: ignore[attr-defined]  # the only reader of its own syntax
_compiler: Any = re._compiler  # type: ignore[attr-defined]
_ATOMS = ("LITERAL", "NOT_LITERAL", "IN", "ANY")
_REPEATS = ("MAX_REPEAT", "MIN_REPEAT")
_SIGNS = "".join(map(chr, [*range(1, 384), 0x3B1, 0x416, 0x5D0, 0x627, 0x4E2D]))
"""What stands for all characters: whether two parts of a pattern can take the same one is tried with these."""


@lru_cache(maxsize=1024)
def endless(pattern: str) -> bool:
    """Say whether a pattern repeats something that can itself be told apart in several ways, as (a+)+ does.

    Within a repetition, whatever is of no fixed length has to be followed by something that must stand there and
    that it cannot swallow: ([a-z]+-)* is read in one way only. Raises re.error.
    """
    found = _parser.parse(pattern)
    return any(_loose(list(body), cyclic=True) for body in _bodies(found))


def _within(item: Any) -> list[Any]:
    """Give the sequences that stand inside an item of a pattern."""
    def inner(value: Any) -> Iterator[Any]:
        if isinstance(value, _parser.SubPattern):
            yield value
        elif isinstance(value, list | tuple):
            for one in value:
                yield from inner(one)
    return [] if str(item[0]) in _ATOMS else list(inner(item[1]))


def _bodies(items: Iterable[Any]) -> Iterator[Any]:
    """Give what is repeated, at any depth."""
    for item in items:
        if str(item[0]) in _REPEATS and item[1][1] > 1:
            yield item[1][2]
        for inner in _within(item):
            yield from _bodies(inner)


def _flat(items: Iterable[Any]) -> list[Any]:
    """Put what stands in plain groups in their place."""
    return [one for item in items
            for one in (_flat(_within(item)[0]) if str(item[0]) == "SUBPATTERN" else [item])]


def _loose(items: Iterable[Any], *, cyclic: bool = False) -> bool:
    """Say whether a text can be parted among items in several ways; `cyclic`: the first follows the last."""
    parts = _flat(items)
    for place, part in enumerate(parts):
        if str(part[0]) == "BRANCH" and _alike(part[1][1]):
            return True
        if not _varies(part):
            continue
        if any(_loose(inner) for inner in _within(part)):
            return True
        following = parts[place + 1:] + (parts[:place + 1] if cyclic else [])
        for other in following:
            meets = bool(_signs(part) & _signs(other))
            if meets and _varies(other):
                return True
            if not meets and _least(other):
                break
    return False


def _alike(ways: list[Any]) -> bool:
    """Say whether two alternatives may begin alike without being different words."""
    words = [tuple(item[1] for item in way) for way in ways]
    if all(str(item[0]) == "LITERAL" for way in ways for item in way):
        return len(set(words)) < len(words)
    return any(_first(one) & _first(other) for one, other in combinations(ways, 2))


def _first(items: Iterable[Any]) -> frozenset[str]:
    found = frozenset[str]()
    for item in _flat(items):
        found |= _signs(item)
        if _least(item):
            break
    return found


def _width(item: Any) -> tuple[int, int]:
    least, most = _parser.SubPattern(_parser.State(), [item]).getwidth()
    return int(least), int(most)


def _least(item: Any) -> int:
    return _width(item)[0]


def _varies(item: Any) -> bool:
    least, most = _width(item)
    return least != most


def _signs(item: Any) -> frozenset[str]:
    """Give the characters that an item can take."""
    if str(item[0]) not in _ATOMS:
        inner = [one for part in _within(item) for one in part]
        return frozenset(_SIGNS) if str(item[0]).startswith("GROUPREF") else frozenset().union(*map(_signs, inner))
    state = _parser.State()
    state.str, state.flags = "", re.IGNORECASE | re.UNICODE | re.DOTALL
    one = _compiler.compile(_parser.SubPattern(state, [item]), int(state.flags))
    return frozenset(sign for sign in _SIGNS if one.fullmatch(sign))
