"""Long lists by key: one page of records, the addresses of the older and newer ones, and links with filters."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from flask import request

from core.data.access import Columns, listed
from core.data.db import EPOCH, fetch, late
from core.data.records import Record

PER_PAGE = 25
PLACES = ("before", "after")
_FIGURE = re.compile(r"-?\d{1,19}(\.\d{1,20})?\Z", re.ASCII)
_CURSOR = re.compile(r"(\d{1,17})-(\d{1,17})\Z", re.ASCII)


@dataclass(frozen=True)
class Page:
    """One page of a list, the last moved first; `older` and `newer` are addresses, "" where there is none."""

    rows: list[Any]
    older: str = ""
    newer: str = ""


def page_of(query: Any, most: int = PER_PAGE, *, by: str = "touched", rising: bool = False) -> Page:
    """Give the page of a list of records that the address at hand asks for (`?before=` or `?after=`).

    `query` comes from `visible` and selects `Record.number` and the moment it is ordered `by`, the last one first
    or, `rising`, the first. A place that cannot be read is the first page.
    """
    turn = _turn(by, rising)
    return turn.page(fetch(turn.narrow(query, most)), most)


def page(kind: str, shape: tuple[Any, ...], narrow: Callable[[Any], Any], *, columns: Columns = (),
         most: int = PER_PAGE, by: str = "touched", rising: bool = False, **values: Any) -> Page:
    """Give what `page_of` gives of `visible(kind)` as `narrow` filters it, the SQL kept as `listed` keeps it."""
    turn = _turn(by, rising)
    moment, number = turn.at or (EPOCH, 0)
    values |= {"turn_moment": moment, "turn_number": number} if turn.at else {}
    found = listed(kind, (shape, by, rising, turn.backwards, turn.at is None, most),
                   lambda query: turn.narrow(narrow(query), most), columns=columns, limited=True, **values)
    return turn.page(found, most)


def page_by(query: Any, value: Any, name: str, most: int = PER_PAGE, *, rising: bool = False,
            figures: bool = False) -> Page:
    """Give such a page of a list that is ordered by any expression, which the query selects as `name`.

    `figures` says that it is a number; else it is a text. Of equal ones the lower number comes first, rising, or
    the higher one.
    """
    sent = {key: _beside(request.args.get(key, ""), figures=figures) for key in PLACES}
    backwards = sent["after"] is not None and sent["before"] is None
    place, up = sent["before"] or sent["after"], backwards != rising
    if place is not None:
        at, number = place
        beyond, further = (value > at, Record.number > number) if up else (value < at, Record.number < number)
        query = query.where(beyond | ((value == at) & further))
    order = (value.asc(), Record.number.asc()) if up else (value.desc(), Record.number.desc())
    found = fetch(query.order_by(*order).limit(most + 1))
    more, rows = len(found) > most, found[:most]
    if backwards:
        rows.reverse()
    if not rows:
        return Page([])
    newer = more if backwards else place is not None
    return Page(rows, older=address(before=_told(rows[-1], name)) if backwards or more else "",
                newer=address(after=_told(rows[0], name)) if newer else "")


def _beside(text: str, *, figures: bool) -> tuple[Any, int] | None:
    number, _dot, written = text.partition(".")
    if not (number.isascii() and number.isdecimal() and len(number) < 18):
        return None
    if not figures:
        return written[:500], int(number)
    if not _FIGURE.match(written):
        return None
    value = float(written) if "." in written else int(written)
    return (value, int(number)) if abs(value) < 2**63 else None


def _told(row: Any, name: str) -> str:
    return f"{row.number}.{getattr(row, name)}"


@dataclass(frozen=True)
class _Turn:
    """The place in a list that an address asks for, and which way from there."""

    by: str
    rising: bool
    backwards: bool
    at: tuple[Any, int] | None
    later: bool

    def narrow(self, query: Any, most: int) -> Any:
        """Ask for what stands on the page, and one more."""
        column = getattr(Record, self.by)
        if self.at is not None:
            moment, number = late("turn_moment", self.at[0]), late("turn_number", self.at[1])
            beyond = (column > moment) if self.backwards != self.rising else (column < moment)
            beside = (Record.number > number) if self.backwards != self.rising else (Record.number < number)
            query = query.where(beyond | ((column == moment) & beside))
        up = self.backwards != self.rising
        order = (column.asc(), Record.number.asc()) if up else (column.desc(), Record.number.desc())
        return query.order_by(*order).limit(most + 1)

    def page(self, found: list[Any], most: int) -> Page:
        """Make the page of the rows found."""
        more, rows = len(found) > most, found[:most]
        if self.backwards:
            rows.reverse()
        if not rows:
            return Page([])
        newer = more if self.backwards else self.later
        return Page(rows, older=address(before=_mark(rows[-1], self.by)) if self.backwards or more else "",
                    newer=address(after=_mark(rows[0], self.by)) if newer else "")


def _turn(by: str, rising: bool) -> _Turn:
    before, after = (_place(request.args.get(name, "")) for name in PLACES)
    return _Turn(by, rising, after is not None and before is None, before or after, before is not None)


def _place(text: str) -> tuple[Any, int] | None:
    match = _CURSOR.match(text)
    return (EPOCH + timedelta(microseconds=int(match[1]) % 2**54), int(match[2])) if match else None


def _mark(row: Any, by: str) -> str:
    return f"{(getattr(row, by) - EPOCH) // timedelta(microseconds=1)}-{row.number}"


def address(**changes: str) -> str:
    """Give this page's own address with some of its parameters changed, from the first page on.

    An empty value takes a parameter away; what the address holds otherwise (filters, search) stays.
    """
    args = {name: value for name, value in request.args.items() if name not in PLACES}
    text = urlencode({name: value for name, value in {**args, **changes}.items() if value})
    return f"{request.path}?{text}" if text else request.path
