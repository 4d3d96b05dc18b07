"""Long lists by key: one page of records, the addresses of the older and newer ones, and links with filters."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from flask import request

from core.data.db import EPOCH, fetch
from core.data.records import Record

PER_PAGE = 25
PLACES = ("before", "after")
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
    column = getattr(Record, by)
    before, after = (_place(request.args.get(name, "")) for name in PLACES)
    backwards = after is not None and before is None
    at = before or after
    if at is not None:
        moment, number = at
        later = (column > moment) | ((column == moment) & (Record.number > number))
        earlier = (column < moment) | ((column == moment) & (Record.number < number))
        query = query.where(later if backwards != rising else earlier)
    order = (column.asc(), Record.number.asc()) if backwards != rising else (column.desc(), Record.number.desc())
    found = fetch(query.order_by(*order).limit(most + 1))
    more, rows = len(found) > most, found[:most]
    if backwards:
        rows.reverse()
    if not rows:
        return Page([])
    return Page(rows, older=address(before=_mark(rows[-1], by)) if backwards or more else "",
                newer=address(after=_mark(rows[0], by)) if (more if backwards else before) else "")


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
