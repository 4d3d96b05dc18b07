"""Rows of a posted form: which there are, in their order, with one more or less where no script adds them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from werkzeug.datastructures import MultiDict

from core.web.fields import MOST_ROWS, Field

ACT = "_rows"
"""The name of the buttons: `add:devices` draws one more row, `remove:devices.3` one less, nothing is sent yet."""

_MARK = re.compile(r"[0-9]{1,4}", re.ASCII)


def marks(one: Field, source: Any) -> list[str]:
    """Give the marks of the rows that were sent, in their order: `devices=0&devices=2`."""
    sent = source.getlist(one.name) if isinstance(source, MultiDict) else []
    return [mark for mark in dict.fromkeys(sent) if _MARK.fullmatch(mark)][:MOST_ROWS + 1]


def sent(one: Field, source: Any) -> list[MultiDict[str, Any]]:
    """Give the values of each row under the names of `Field.row(place)`."""
    places = marks(one, source)
    if not places:
        return []
    begin, by_mark = f"{one.name}.", {mark: MultiDict[str, Any]() for mark in places}
    at = {mark: place for place, mark in enumerate(places)}
    for name, given in source.lists():
        mark, _dot, rest = name.removeprefix(begin).partition(".") if name.startswith(begin) else ("", "", "")
        if rest and mark in by_mark:
            by_mark[mark].setlist(f"{begin}{at[mark]}.{rest}", given)
    return list(by_mark.values())


def drawn(one: Field, source: Mapping[str, Any]) -> list[MultiDict[str, Any]]:
    """Give the rows to draw of what was sent: as sent, or with one more, or without one, as a button asks."""
    rows, places = sent(one, source), marks(one, source)
    verb, _colon, which = str(source.get(ACT, "")).partition(":")
    if verb == "add" and which == one.name and len(rows) < one.max_rows:
        rows.append(MultiDict())
    name, _dot, mark = which.rpartition(".")
    if verb == "remove" and name == one.name and mark in places:
        del rows[places.index(mark)]
        rows = [_moved(row, f"{name}.", place) for place, row in enumerate(rows)]
    return rows


def _moved(row: MultiDict[str, Any], begin: str, place: int) -> MultiDict[str, Any]:
    """Give a row's values under the names of another place."""
    moved = MultiDict[str, Any]()
    for name, given in row.lists():
        moved.setlist(f"{begin}{place}.{name.removeprefix(begin).partition('.')[2]}", given)
    return moved
