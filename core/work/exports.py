"""Exports: what somebody sees in a list as a table or as lines of JSON, in the form that an import takes again."""

from __future__ import annotations

import csv
import io
import json
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import IO, Any

from core.data import access, audit, files, gather, people, scope, search
from core.data.access import feature_on, granted
from core.data.db import fetch, transaction
from core.data.errands import DONE
from core.data.records import Record, label
from core.data.shapes import shape, stamp
from core.errors import NotFound, Refused
from core.look.i18n import gettext as _
from core.look.money import plain
from core.parts import Import, Kind
from core.work import plans
from core.work.errands import Turn, finish
from core.work.expressions import FORMULA

PIECE = 200
"""Rows that are read at a time."""

MANY = 5000
"""Rows that are asked for at a time where only whether they are there counts."""

NOW = 500
"""Rows up to which a table is handed over at once, without the worker."""

MOST = 500_000
LONGEST = 2_000_000_000
FORMATS = {"csv": "text/csv; charset=utf-8", "jsonl": "application/x-ndjson"}
OF_HOST = {"people": "person", "companies": "company"}
"""Lists that are no records: their address and what the import calls them."""


def subject(plural: str) -> str:
    """Give what stands at a list's address as an export calls it: person, company, or a kind of record.

    Raises NotFound for what is not there, or not for whoever asks.
    """
    who = scope.current()
    if plural in OF_HOST:
        if granted(who, "people.view") == "none":
            raise NotFound
        return OF_HOST[plural]
    kind = who.registry.plurals.get(plural)
    if kind is None or who.person is None or not feature_on(who, kind.plugin) \
            or granted(who, f"{kind.plugin}.view") == "none":
        raise NotFound
    return kind.name


def still_theirs(row: Any) -> None:
    """See that whoever asks may still export what an errand is about. Raises NotFound."""
    kind = scope.current().registry.kinds.get(row.subject)
    plural = next((key for key, value in OF_HOST.items() if value == row.subject), "")
    subject(plural or (kind.plural if kind else ""))


def still_seen(row: Any) -> None:
    """See that whoever asks sees everything that an export holds at this moment. Raises NotFound."""
    still_theirs(row)
    if not set(row.plan["columns"]) <= {name for name, _label in columns(row.subject)}:
        raise NotFound
    wanted = [] if row.subject in OF_HOST.values() else row.plan["keys"]
    for start in range(0, len(wanted), MANY):
        some = set(wanted[start:start + MANY])
        there = access.visible(row.subject, "view", Record.id, anywhere=True).where(Record.id.in_(sorted(some)))
        if len(fetch(there)) < len(some):
            raise NotFound


def part_of(name: str) -> Import | None:
    """Give the import of a kind, where it can give what it takes and whoever asks is staff."""
    part = scope.current().registry.imports.get(name)
    return part if part is not None and part.give is not None and scope.current().is_staff else None


def keys(name: str, filters: Mapping[str, str]) -> list[int]:
    """Give the internal keys of all that a list with these filters shows, in its order."""
    if name in ("person", "company"):
        return list(gather.people(filters) if name == "person" else gather.companies(filters))
    kind = access.kind_of(scope.current(), name)
    query = access.visible(name, "view", Record.id).order_by(Record.id).limit(MOST)
    return [row.id for row in fetch(query.where(*(
        kind.narrow(filters) if kind.narrow else (search.matches(name, str(filters.get("q", ""))[:200]),))))]


def people_chosen(public_ids: Sequence[str]) -> list[int]:
    """Give the internal keys of people by public identifier; who is not of this tenant is not among them."""
    return gather.keys_of(public_ids)


def columns(name: str) -> list[tuple[str, str]]:
    """Give the columns an export of a kind can have: name and word."""
    part = part_of(name)
    if part is not None:
        return [(one.name, one.label) for one in plans.fields_of(part, given=True)]
    kind = access.kind_of(scope.current(), name)
    base = [("number", _("Number")), ("title", _("Title")), ("state", _("Status")), ("created", _("Created")),
            ("changed", _("Changed")), ("requester", _("Person"))]
    declared = kind.fields.get("properties", {})
    more = [one for one, said in declared.items() if not said.get("x-internal") or scope.current().is_staff]
    for row in fetch(access.visible(name).order_by(Record.id.desc()).limit(PIECE)):
        more += [one for one in shape(kind, row, {})["fields"] if one not in more]
    return base + [(one, _(str(declared.get(one, {}).get("title") or one.replace("_", " ").capitalize())))
                   for one in more if one not in dict(base)]


def rows(name: str, wanted: Sequence[int]) -> Iterator[dict[str, Any]]:
    """Give rows by their keys, as far as whoever asks sees them at this moment."""
    for start in range(0, len(wanted), PIECE):
        yield from _some(name, wanted[start:start + PIECE])


def _some(name: str, some: Sequence[int]) -> Iterator[dict[str, Any]]:
    part = part_of(name)
    if name == "person":
        members = people.memberships(some)
        for row in _in_order(people.people(some, limit=PIECE), some):
            yield _given(part, _Beside(row, members.get(row.id, ())))
        return
    if name == "company":
        yield from (_given(part, row) for row in _in_order(people.companies(some), some))
        return
    kind = access.kind_of(scope.current(), name)
    found = fetch(access.visible(name).where(Record.id.in_(list(some))))
    names = people.names([row.person_id for row in found])
    for row in _in_order(found, some):
        yield _told(kind, part, row, names)


def _given(part: Import | None, row: Any) -> dict[str, Any]:
    return dict(part.give(row)) if part is not None and part.give is not None else {}


def _told(kind: Kind, part: Import | None, row: Any, names: Mapping[int, str]) -> dict[str, Any]:
    if part is None or part.give is None:
        return shape(kind, row, names)
    return {**part.give(row), "number": label(kind, row.number)}


def _in_order(found: Iterable[Any], some: Sequence[int]) -> list[Any]:
    by_key = {row.id: row for row in found}
    return [by_key[key] for key in some if key in by_key]


class _Beside:
    """A person's row with their memberships beside."""

    def __init__(self, row: Any, members: Sequence[Any]) -> None:
        self._row, self.members = row, members

    def __getattr__(self, name: str) -> Any:
        return getattr(self._row, name)


def value_of(row: Mapping[str, Any], column: str) -> Any:
    """Give what stands in a column of a row, or of its own fields; a dot goes into what it holds."""
    if column not in row and "." not in column:
        return (row.get("fields") or {}).get(column)
    value: Any = row
    for step in (column.split(".") if column not in row else [column]):
        value = value.get(step) if isinstance(value, Mapping) else None
    return value


def cell(value: Any) -> str:
    """Write a value into a cell: moments in ISO 8601, lists with semicolons, and never as a formula."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return stamp(value) or ""
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, list | tuple) and any(isinstance(one, Mapping) for one in value):
        return json.dumps(value, ensure_ascii=False, default=str)
    if isinstance(value, list | tuple):
        return cell("; ".join(str(one) for one in value))
    text = json.dumps(value, ensure_ascii=False) if isinstance(value, Mapping) else str(value)
    return f"'{text}" if FORMULA.match(text) else text


def money(row: Mapping[str, Any], column: str, currency: str) -> str:
    """Write an amount of minor units as a decimal with its currency: 12.50 EUR."""
    value = value_of(row, column)
    return "" if value is None else f"{plain(int(value), currency)} {currency}".strip()


def write(handle: IO[str], name: str, wanted: Sequence[int], chosen: Sequence[str], form: str, *,
          bom: bool) -> Iterator[int]:
    """Write rows to a text file, one after the other; gives how many are written, now and then."""
    amounts, default = _amounts(name), str(scope.current().settings.value("currency"))
    sheet = csv.writer(handle)
    if form == "csv":
        handle.write("\ufeff" if bom else "")
        sheet.writerow([one.removeprefix("fields.") for one in chosen])
    count = 0
    for row in rows(name, wanted):
        if form == "csv":
            own = str(row.get("currency") or "") or default
            sheet.writerow([money(row, one, amounts[one] or own) if one in amounts else cell(value_of(row, one))
                            for one in chosen])
        else:
            handle.write(json.dumps({one.removeprefix("fields."): _plain(value_of(row, one)) for one in chosen},
                                    ensure_ascii=False) + "\n")
        count += 1
        if count % PIECE == 0:
            yield count
    yield count


def _amounts(name: str) -> dict[str, str]:
    """Give the columns that hold money, with the currency they name; "" where it is that of the row."""
    part = scope.current().registry.imports.get(name)
    if part is None:
        return {}
    schema = part.fields() if callable(part.fields) else part.fields
    own = schema["properties"].get("fields", {}).get("properties", {})
    return {f"fields.{key}": str(said.get("x-currency") or "") for key, said in own.items()
            if said.get("x-widget") == "money"}


def _plain(value: Any) -> Any:
    return stamp(value) if isinstance(value, datetime) else value


def at_once(name: str, wanted: Sequence[int], chosen: Sequence[str], form: str, *, bom: bool) -> bytes:
    """Write a small export into memory, and write it down."""
    handle = io.StringIO(newline="")
    for _count in write(handle, name, wanted, chosen, form, bom=bom):
        pass
    audit.record_act("export.made", name, count=len(wanted))
    return handle.getvalue().encode()


def perform(turn: Turn) -> None:
    """Write a whole export into a file. Raises Refused where it may not be any more, Lost where it was stopped."""
    row, plan = turn.row, turn.row.plan
    try:
        still_theirs(row)
    except NotFound as error:
        raise Refused(_("You may not export this any more.")) from error
    if row.place:  # an earlier try was cut off: it begins anew
        turn.keep(0, {})
        turn.kept(0, {})
    turn.until = time.monotonic() + 24 * 3600
    with tempfile.TemporaryFile("w+", encoding="utf-8", newline="") as handle:
        for count in write(handle, row.subject, plan["keys"], plan["columns"], plan["format"], bom=plan["bom"]):
            with transaction():
                turn.keep(count, {"written": count})
            turn.kept(count, {"written": count})
            turn.rest()
        handle.flush()
        raw: Any = handle.buffer
        raw.seek(0)
        stored = files.here().put(raw, limit=LONGEST)
    with transaction():
        audit.record_act("export.made", row.subject, count=turn.counts.get("written", 0))
        finish(row, DONE, result=stored.key)
