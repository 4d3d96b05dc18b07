"""Entries of a group or list in another order: their lines move with the comments that belong to them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from core.config.loader import Document, Path
from core.config.nodes import Node
from core.errors import Refused

Same = Callable[[Any, Any], bool]


@dataclass(frozen=True)
class Order:
    """As a new value: the entries of a group (by key) or list (by place) in this order; others go."""

    entries: tuple[str | int, ...]


def steps(now: Any, wanted: Any, path: Path, same: Same, gone: Any) -> Iterator[tuple[Path, Any]]:
    """Give small changes that make `wanted` of a group or list: values, further entries, then their order.

    `gone` is what says that a key is taken away.
    """
    if isinstance(wanted, dict):
        kept = [key for key in now if key in wanted]
        yield from (((*path, key), gone) for key in now if key not in wanted)
        yield from (((*path, key), wanted[key]) for key in kept if not same(now[key], wanted[key]))
        added = [key for key in wanted if key not in now]
        yield from (((*path, key), wanted[key]) for key in added)
        if [*kept, *added] != list(wanted):
            yield path, Order(tuple(wanted))
        return
    places = _matched(now, wanted, same)
    fresh = len(now)
    for value, place in zip(wanted, places, strict=True):
        if place is None:
            yield (*path, fresh), value
            fresh += 1
        elif not same(now[place], value):
            yield (*path, place), value
    further = iter(range(len(now), fresh))
    order = tuple(next(further) if place is None else place for place in places)
    if order != tuple(range(fresh)):
        yield path, Order(order)


def _matched(now: Sequence[Any], wanted: Sequence[Any], same: Same) -> list[int | None]:
    """Tell for each wanted entry which one it was: an equal one, else one without an equal; None for a new one."""
    free = list(range(len(now)))
    places: list[int | None] = []
    for value in wanted:
        place = next((one for one in free if same(now[one], value)), None)
        if place is not None:
            free.remove(place)
        places.append(place)
    taken = iter(free)
    return [next(taken, None) if place is None else place for place in places]


def arranged(data: Any, order: Order) -> Any:
    """Give a group or list with its entries in an order."""
    if isinstance(data, dict):
        return {key: data[key] for key in order.entries}
    return [data[int(place)] for place in order.entries]


def moved(document: Document, path: Path, order: Order) -> str:
    """Write a block's entries in another order, with their lines and comments. Raises Refused where it cannot."""
    found = document.find(path)
    if found is None or found[1].style != "block":
        raise Refused("Only entries on lines of their own can be moved.")
    text, node = document.text, found[1]
    keys = list(node.pairs) if node.kind == "mapping" else list(range(len(node.items)))
    parts = _parts(text, node)
    bodies = {key: text[start:end] for key, (start, end) in zip(keys, parts, strict=True)}
    gaps = [text[one[1]:other[0]] for one, other in pairwise(parts)]
    stays = len(order.entries)
    lost = "".join(gap for gap in gaps[max(stays - 1, 0):] if "#" in gap)
    line_end = "\r\n" if "\r\n" in text else "\n"
    whole = [bodies[key] + ("" if bodies[key].endswith(("\n", "\r")) else line_end) for key in order.entries]
    block = "".join(body + gap for body, gap in zip(whole, [*gaps[:stays - 1], ""], strict=False)) + lost
    made = text[:parts[0][0]] + block + text[parts[-1][1]:]
    return made if text.endswith(("\n", "\r")) else made.rstrip("\r\n")


def _parts(text: str, node: Node) -> list[tuple[int, int]]:
    """Tell where each entry begins, its comments above included, and where it ends."""
    entries = [(key, value) for key, value in node.pairs.values()] if node.kind == "mapping" else [
        (item, item) for item in node.items]
    parts: list[tuple[int, int]] = []
    for first, last in entries:
        begin = text.rfind("\n", 0, first.start) + 1
        before = text[begin:first.start]
        if not re.fullmatch(r" *" if node.kind == "mapping" else r" *-[ ]*", before):
            raise Refused("Only entries on lines of their own can be moved.")
        column = len(before) - len(before.lstrip(" "))
        least = parts[-1][1] if parts else 0
        parts.append((_lead(text, begin, column, least), _tail(text, last.last, column)))
    return parts


def _lead(text: str, begin: int, column: int, least: int) -> int:
    """Find where the comments begin that stand right above a line, as far in as it or less."""
    while begin > least:
        above = text.rfind("\n", 0, begin - 1) + 1
        line = text[above:begin]
        if above < least or not line.lstrip(" ").startswith("#") or len(line) - len(line.lstrip(" ")) != column:
            break
        begin = above
    return begin


def _tail(text: str, last: int, column: int) -> int:
    """Find the end of an entry's last line, and of the comments below that stand further in than it does."""
    end = _after_line(text, last)
    while end < len(text):
        line = text[end:_after_line(text, end)]
        bare = line.lstrip(" ")
        if not bare.startswith("#") or len(line) - len(bare) <= column:
            break
        end += len(line)
    return end


def _after_line(text: str, at: int) -> int:
    found = text.find("\n", at)
    return len(text) if found < 0 else found + 1
