"""The only door: which records somebody may see or act on, the same for every plugin and channel."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from functools import reduce
from operator import add as add_
from typing import Any

import peewee
from peewee import JOIN, Case, Value, fn

from core.data import people, scope
from core.data.db import db, door, fetch, first, is_sqlite, kept, late, now, touch, transaction
from core.data.guard import either, seal
from core.data.once import landing
from core.data.reach import Reach as Reach  # noqa: PLC0414 - handed on
from core.data.reach import conditions, listed_reach, may_place, parts
from core.data.reach import feature_on as feature_on  # noqa: PLC0414 - handed on
from core.data.reach import granted as granted  # noqa: PLC0414 - handed on
from core.data.reach import reach as reach  # noqa: PLC0414 - handed on
from core.data.records import RECORD, Record, note_removal, page_of, parse, shared_with, take_number
from core.data.scope import Scope
from core.data.writes import put
from core.errors import Conflict, DoorError, NotFound, Refused
from core.parts import AUDIENCES, CATEGORIES, SCOPES, Kind

Columns = tuple[Any, ...] | Callable[[], tuple[Any, ...]]

ADDED = frozenset({"state", "category", "audience", "shared", "fields", "created", "changed", "touched"})
CHANGED = frozenset({"title", "state", "category", "audience", "shared", "company", "person", "fields",
                     "touched"})
"""Columns of a record that code outside may write; tenant, kind, number and versions are the door's own."""


def sees_notes(kind: Kind) -> bool:
    """Say whether whoever asks may see notes and internal files on records of a kind."""
    who = scope.current()
    noted, seen = granted(who, kind.note_permission or f"{kind.plugin}.note"), granted(who, f"{kind.plugin}.view")
    return who.is_staff and noted != "none" and SCOPES.index(noted) >= SCOPES.index(seen)


def kind_of(who: Scope, name: str) -> Kind:
    """Give a kind by its name or plural. Raises DoorError where no loaded plugin owns it."""
    kind = who.registry.kinds.get(name) or who.registry.plurals.get(name)
    if kind is None:
        raise DoorError(f"No plugin owns records of kind '{name}'.")
    return kind


def visible(name: str, action: str = "view", *columns: Any, anywhere: bool = False) -> Any:
    """Give a query over the records of a kind that whoever asks may see (or do `action` with).

    It holds tenant, feature switch, role scope, own-only, history window and audience already; filters,
    order, limit and columns may be added. `columns` default to the record's and its body's. Read it with
    `fetch`, `first` or `count`. Of somebody who has chosen one of their companies, lists show that one;
    `anywhere` asks in all of them: for what somebody names, by an address or a number.
    """
    who = scope.current()
    kind = kind_of(who, name)
    return _through(who, kind, _reach(who, kind, action, anywhere=anywhere), columns or _columns(kind))


def _reach(who: Scope, kind: Kind, action: str, *, anywhere: bool) -> Reach:
    found = (reach if anywhere else listed_reach)(who, f"{kind.plugin}.{action}")
    return found if kind.until is None or who.is_staff or not found else replace(found, until=kind.until)


def _through(who: Scope, kind: Kind, reached: Reach, columns: tuple[Any, ...], *, body: bool = True) -> Any:
    query = _joined(kind, columns, body=body).where(of_tenant(who), of_kind(kind))
    if not reached:
        return seal(query.where(Record.id.is_null()))
    condition = conditions(reached)
    return seal(query if condition is None else query.where(condition))


def _joined(kind: Kind, columns: tuple[Any, ...], *, body: bool = True) -> Any:
    if not (kind.body and body):
        return door(Record.select(*columns), Record)
    query = door(Record.select(*columns), Record, kind.body)
    return query.join(kind.body, JOIN.INNER, on=(kind.body.record == Record.id))


def listed(name: str, shape: tuple[Any, ...], narrow: Callable[[Any], Any], *, action: str = "view",
           columns: Columns = (), limited: bool = False, anywhere: bool = False, **values: Any) -> list[Any]:
    """Give rows of `visible(name, action)` as `narrow` filters and sorts them, their SQL kept by shape.

    `shape` says everything that the narrowed statement's text depends on (which filters, which order); what
    is compared is left late in `narrow` (`parlour.late(name, value)`) and given by name in `values`. `columns`
    may be a function that gives them; it is called where the shape is new. `limited` says that `narrow` sorts
    and sets a limit: then only the newest of each part of a reach are looked at, however many there are.
    `anywhere` is that of `visible`.
    """
    who = scope.current()
    kind = kind_of(who, name)
    reached = _reach(who, kind, action, anywhere=anywhere)
    if not reached:
        return []

    def build() -> Any:
        wanted = (columns() if callable(columns) else columns) or _columns(kind)
        pieces = parts(reached) if limited else []
        if pieces[1:]:  # what is asked for by key alone has come through the door in its part
            found = _union([narrow(_through(who, kind, reached, (Record.id,)).where(piece)) for piece in pieces])
            return narrow(seal(_joined(kind, wanted).where(Record.id.in_(found))))
        query = _through(who, kind, reached, wanted)
        return narrow(query.where(pieces[0]) if pieces else query)

    mark = columns if callable(columns) else tuple(map(repr, columns))
    return kept(("listed", kind.name, kind.body, reached.shape, mark, limited, shape), build,
                **_bound(who, kind, reached, values))


def counted(name: str, shape: tuple[Any, ...], terms: Callable[[], Mapping[str, Any]], *, action: str = "view",
            most: int = 999, body: bool = True, **values: Any) -> dict[str, int]:
    """Count visible records under several conditions in one kept statement, each exactly up to `most`.

    `most` + 1 means "more than that". `terms` gives the conditions by name, what is compared left late, and is
    called where `shape` is new; without `body`, they are about the record alone.
    """
    who = scope.current()
    kind = kind_of(who, name)
    reached = _reach(who, kind, action, anywhere=False)

    def build() -> Any:
        columns = [_counted([_through(who, kind, reached, (Record.id,), body=body).where(
            *([piece] if piece is not None else []), term).limit(most + 1)
            for piece in parts(reached) or [None]]).alias(f"n_{key}") for key, term in terms().items()]
        return peewee.Select((), columns).bind(db)

    if not reached:
        return dict.fromkeys(terms(), 0)
    (row,) = kept(("counted", kind.name, kind.body, reached.shape, most, body, shape), build,
                  **_bound(who, kind, reached, values))
    return {key[2:]: min(number, most + 1) for key, number in row._asdict().items()}


def _union(queries: list[Any]) -> Any:
    found = []
    for i, query in enumerate(queries):
        part = query.alias(f"part{i}")
        found.append(peewee.Select((part,), (part.c.id,)))
    return reduce(add_, found)


def _counted(queries: list[Any]) -> Any:
    return peewee.Select((_union(queries).alias("counted"),), (fn.COUNT(peewee.SQL("*")),))


def _bound(who: Scope, kind: Kind, reached: Reach, values: dict[str, Any]) -> dict[str, Any]:
    bound = {"tenant": who.tenant_id, f"kind_{kind.name}": kind.name} | reached.values()
    if not bound.keys().isdisjoint(values):
        raise DoorError("A filter uses a name of the door's own for its value.", hint="Call it otherwise.")
    return bound | values


def of_tenant(who: Scope) -> Any:
    """Write that a record belongs to the tenant at hand."""
    return Record.tenant == late("tenant", who.tenant_id)


def of_kind(kind: Kind) -> Any:
    """Write that a record is of a kind."""
    return Record.kind == late(f"kind_{kind.name}", kind.name)


def anything(action: str = "view", *columns: Any, anywhere: bool = False) -> Any:
    """Give a query over records of every kind whoever asks may see: search, timeline, counts across kinds.

    `anywhere` is that of `visible`.
    """
    who = scope.current()
    terms = []
    for kind, reached in _reached(who, action, anywhere=anywhere):
        condition = conditions(reached, kind.name)
        terms.append(of_kind(kind) if condition is None else of_kind(kind) & condition)
    query = door(Record.select(*(columns or RECORD)), Record).where(of_tenant(who))
    return seal(query.where(either(terms)) if terms else query.where(Record.id.is_null()))


def _reached(who: Scope, action: str, *, anywhere: bool) -> list[tuple[Kind, Reach]]:
    kinds = [(kind, _reach(who, kind, action, anywhere=anywhere)) for kind in who.registry.kinds.values()]
    return [(kind, reached) for kind, reached in kinds if reached]


def anything_kept(action: str = "view", *, anywhere: bool = False) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Give what a kept statement around `anything(action)` needs: its shape, and what it leaves late by name."""
    who = scope.current()
    known = who.memo.get(("anything", action, anywhere))
    if known is None:
        found = _reached(who, action, anywhere=anywhere)
        values: dict[str, Any] = {"tenant": who.tenant_id}
        for kind, reached in found:
            values |= {f"kind_{kind.name}": kind.name} | reached.values(kind.name)
        shape = tuple((kind.name, reached.shape) for kind, reached in found)
        known = who.memo["anything", action, anywhere] = (shape, values)
    shape, values = known
    return shape, values


def find(name: str, number: str | int, action: str = "view", *, hold: bool = False) -> Any:
    """Give one record by its number ("TKT-001" or 1), as a plain row.

    `hold`, inside a transaction: nobody else who holds it acts on it before the transaction ends, so what the
    row says is still true when something is decided by it. Raises NotFound where there is none, or none for
    whoever asks: both look the same. Raises Refused where it may be seen, but `action` is not theirs to do.
    """
    who = scope.current()
    kind = kind_of(who, name)
    wanted = parse(kind, str(number))
    if wanted is None:
        raise NotFound
    if hold and not is_sqlite():  # there the transaction has the writer's turn already
        fetch(door(Record.select(Record.id), Record).where(
            Record.tenant == who.tenant_id, Record.kind == kind.name, Record.number == wanted).for_update())
    found = listed(name, ("number",), _by_number, action=action, anywhere=True, number=wanted)
    if found:
        return found[0]
    if action != "view" and listed(name, ("number",), _by_number, anywhere=True, number=wanted):
        raise Refused
    raise NotFound


def _by_number(query: Any) -> Any:
    return query.where(Record.number == late("number", 0))


def by_id(name: str, record_id: int, action: str = "view") -> Any | None:
    """Give one record by its internal key, or None: for rows that already point at it."""
    found = listed(name, ("id",), lambda q: q.where(Record.id == late("id", 0)), action=action, anywhere=True,
                   id=record_id)
    return found[0] if found else None


def may(name: str, record_id: int, *actions: str) -> set[str]:
    """Give those of some actions that whoever asks may do with a record, in one query: for buttons and forms.

    The door still decides when they act.
    """
    who = scope.current()
    kind = kind_of(who, name)
    columns: dict[str, Any] = {}
    for place, action in enumerate(actions):
        reached = _reach(who, kind, action, anywhere=True)
        condition = conditions(reached, f"may{place}_") if reached else Record.id.is_null()
        columns[action] = Value(1) if condition is None else Case(None, ((condition, 1),), 0)
    row = first(_through(who, kind, Reach(everything=True), tuple(
        column.alias(f"may{place}") for place, column in enumerate(columns.values()))).where(
        Record.id == record_id)) if columns else None
    return {action for action, yes in zip(columns, row or (), strict=False) if yes}


def add(name: str, *, title: str, company: int | None = None, person: int | None = None,
        body: Mapping[str, Any] | None = None, number: int | None = None, **values: Any) -> Any:
    """Make a record and its body, and give it as a plain row.

    Customers make records of their own, in a company of theirs where the feature is shown, for themselves or
    that company (for everybody where `<plugin>.create` reaches all); staff make them for anybody in the
    tenant. `shared` are keys of companies that an audience of "company" means beside the record's own. Raises
    Refused where `<plugin>.create` does not reach that far, DoorError for columns that are not the caller's.
    """
    who = scope.current()
    kind = kind_of(who, name)
    reached = reach(who, f"{kind.plugin}.create")
    if not reached:
        raise Refused
    if not reached.everything:
        person = who.me.id if person is None else person
        if number is not None:
            raise Refused
    _check_values(kind, ADDED, values, body)
    _check_place(reached, None, company, person, values.get("audience", "private"))
    _share(reached, values)
    with transaction():
        record_id = put(Record, tenant=who.tenant_id, kind=kind.name, title=title, company=company,
                        person=person, **_moments(values),
                        number=take_number(kind.name, number, yearly=kind.yearly))
        if kind.body:
            put(kind.body, record=record_id, **dict(body or {}))
        touch(record_id)
        return _reread(who, kind, record_id)


def _check_values(kind: Kind, columns: Collection[str], values: Mapping[str, Any],
                  body: Mapping[str, Any] | None) -> None:
    own = {f.name for f in kind.body._meta.sorted_fields} - {"record"} if kind.body else set()
    unknown = sorted((set(values) - set(columns)) | (set(body or ()) - own))
    if unknown:
        raise DoorError(f"'{unknown[0]}' is not for a plugin to write on a record of kind '{kind.name}'.")
    if values.get("audience", "private") not in AUDIENCES:
        raise DoorError(f"'{values['audience']}' is no audience.")
    if values.get("category", "open") not in CATEGORIES:
        raise DoorError(f"'{values['category']}' is no category of states.")


def _check_place(reached: Reach, was: Any, company: int | None, person: int | None, audience: str) -> None:
    """Refuse a place for a record that is not of this tenant, or that whoever asks may not give it."""
    me = scope.current().person  # they, and the companies they belong to, are of this tenant
    ours = {member.company_id for member in me.memberships} if me else ()
    if company is not None and (was is None or company != was.company_id) and company not in ours \
            and not people.companies([company]):
        raise Refused
    if person is not None and (was is None or person != was.person_id) and (me is None or person != me.id) \
            and not people.people([person]):
        raise Refused
    known = was.person_id if was is not None else reached.person
    if not reached.everything and (person not in (known, reached.person)
                                   or not may_place(reached, company, person, audience)):
        raise Refused


def _share(reached: Reach, values: dict[str, Any]) -> None:
    """Turn the companies of `shared` into its text; only who reaches everything may choose companies."""
    if "shared" in values:
        wanted = set(values["shared"])
        if wanted and (not reached.everything or len(people.companies(wanted)) < len(wanted)):
            raise Refused
        values["shared"] = shared_with(wanted)


def _reread(who: Scope, kind: Kind, record_id: int) -> Any:
    rows = kept(("reread", kind.name, kind.body), lambda: _through(
        who, kind, Reach(everything=True), _columns(kind)).where(Record.id == late("id", 0)),
        **_bound(who, kind, Reach(everything=True), {"id": record_id}))
    if not rows:
        return None
    landing.set(page_of(kind, rows[0].number))  # where whoever sends the form again is led
    return rows[0]


def _moments(values: dict[str, Any]) -> dict[str, Any]:
    created = values.setdefault("created", now())
    values.setdefault("changed", created)
    values.setdefault("touched", created)
    return values


def _columns(kind: Kind) -> tuple[Any, ...]:
    body = tuple(f for f in kind.body._meta.sorted_fields if f.name != "record") if kind.body else ()
    return RECORD + body


def change(name: str, record_id: int, action: str, *, body: Mapping[str, Any] | None = None,
           public: bool = True, version: int | None = None, **values: Any) -> Any:
    """Change a record and its body, if whoever asks may do `action` with it; give it as it is now.

    `public=False` leaves no trace in what customers' pages are computed from. `version`, where given, is the
    one the change was made on. Raises NotFound, Conflict where somebody was faster, Refused where it would
    move to a company, a person or an audience that `action` does not reach.
    """
    who = scope.current()
    kind = kind_of(who, name)
    with transaction():
        row = by_id(name, record_id, action)
        if row is None:
            raise NotFound
        if version is not None and row.staff_version != version:
            raise Conflict("Somebody else changed this a moment ago. Have a look and try again.")
        _check_values(kind, CHANGED, values, body)
        if not values.keys().isdisjoint(("company", "person", "audience", "shared")):
            _check_place(reach(who, f"{kind.plugin}.{action}"), row, values.get("company", row.company_id),
                         values.get("person", row.person_id), values.get("audience", row.audience))
            _share(reach(who, f"{kind.plugin}.{action}"), values)
        stamp: dict[str, Any] = {"changed": now(), "staff_version": Record.staff_version + 1}
        if public:
            stamp |= {"touched": stamp["changed"], "version": Record.version + 1}
        same = Record.staff_version == row.staff_version if version is not None else Record.id == record_id
        if not door(Record.update(**(stamp | values)), Record).where(
                Record.id == record_id, Record.tenant == who.tenant_id, Record.kind == kind.name, same).execute():
            raise Conflict("Somebody else changed this a moment ago. Have a look and try again.")
        if body:
            door(kind.body.update(**dict(body)), kind.body).where(kind.body.record == record_id).execute()
        touch(record_id)
        return _reread(who, kind, record_id)


def remove(name: str, record_id: int, action: str = "remove") -> None:
    """Remove a record with all that hangs on it, if whoever asks may. Raises NotFound."""
    who = scope.current()
    with transaction():
        if by_id(name, record_id, action) is None:
            raise NotFound
        door(Record.delete(), Record).where(Record.id == record_id, Record.tenant == who.tenant_id).execute()
        note_removal(kind_of(who, name).name)


def facets(name: str, column: Any, action: str = "view") -> dict[Any, int]:
    """Count the visible records of a kind by one column: statuses for chips, people for a filter."""
    query = visible(name, action, column.alias("value"), fn.COUNT(Record.id).alias("n")).group_by(column)
    return {row.value: row.n for row in fetch(query)}
