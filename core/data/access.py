"""The only door: which records somebody may see or act on, the same for every plugin and channel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import reduce
from operator import or_
from typing import Any

from peewee import JOIN, fn

from core.data import scope
from core.data.db import door, fetch, first, late, now, transaction
from core.data.records import RECORD, Record, next_number, parse
from core.data.scope import Member, Scope, Who
from core.errors import Conflict, DoorError, NotFound, Refused
from core.parts import AUDIENCES, Kind

OPEN = ("public", "customers")


@dataclass(frozen=True)
class Way:
    """One way in: `company` (None: records of no company), only own records or all of it, since when."""

    company: int | None
    own: bool
    since: datetime | None = None


@dataclass(frozen=True)
class Reach:
    """How far a permission carries somebody. Nothing at all when every part is empty."""

    everything: bool = False
    own_anywhere: bool = False
    ways: tuple[Way, ...] = ()
    audiences: tuple[str, ...] = ()
    person: int | None = None

    def __bool__(self) -> bool:
        """Whether there is anything this permission could ever reach."""
        return self.everything or self.own_anywhere or bool(self.ways or self.audiences)


NOWHERE = Reach()


def feature_on(who: Scope, feature: str) -> bool:
    """Say whether the tenant has switched a feature on; the host's own features always are."""
    manifest = who.registry.manifests.get(feature)
    if manifest is None:
        return False
    setting = who.settings.features.get(feature)
    return manifest.builtin or (setting is not None and setting.enabled)


def shown_to(who: Scope, feature: str, person: Who, member: Member | None) -> bool:
    """Say whether a feature is shown to somebody as a member of a company: person before company."""
    mine = person.features.get(feature)
    if mine is not None:
        return mine
    if member is None:
        return True
    theirs: bool | None = who.settings.company(member.identifier).features.get(feature)
    return theirs is not False


def member_active(who: Scope, member: Member) -> bool:
    """Say whether a company may use the portal at all."""
    return member.active and who.settings.company(member.identifier).status != "disabled"


def window(who: Scope, person: Who, member: Member | None) -> datetime | None:
    """Give the moment from which on somebody sees a company's records: the later of theirs and their own."""
    theirs: datetime | None = None
    if member is not None:
        since = who.settings.company(member.identifier).visible_since
        if since == "new":
            theirs = member.since
        elif since != "all":
            theirs = datetime.fromisoformat(since).replace(tzinfo=UTC)
    moments = [moment for moment in (theirs, person.visible_since) if moment]
    return max(moments) if moments else None


def granted(who: Scope, permission: str) -> str:
    """Give the widest scope ("none" to "all") a permission gives to any role of whoever asks, now."""
    reached = reach(who, permission)
    if reached.everything:
        return "all"
    if reached.audiences:
        return "all"
    if any(not way.own for way in reached.ways):
        return "company"
    return "own" if reached else "none"


def reach(who: Scope, permission: str) -> Reach:
    """Work out how far a permission carries whoever asks: feature, role, own-only, company, window."""
    roles = who.registry.permissions.get(permission)
    feature = permission.partition(".")[0]
    if roles is None or not feature_on(who, feature):
        return NOWHERE
    if who.system:
        return Reach(everything=True)
    person = who.person
    if person is None:
        return Reach(audiences=("public",)) if roles.get("guest", "none") == "all" else NOWHERE
    if person.features.get(feature) is False:
        return NOWHERE
    if person.is_staff:
        return _staff_reach(person, roles.get(person.role, "none"))
    return _customer_reach(who, person, roles, feature)


def _staff_reach(person: Who, extent: str) -> Reach:
    if extent == "none":
        return NOWHERE
    if extent == "own" or person.own_only:
        return Reach(own_anywhere=True, person=person.id)
    return Reach(everything=True)


def _customer_reach(who: Scope, person: Who, roles: Mapping[str, str], feature: str) -> Reach:
    places = [member for member in person.memberships
              if member_active(who, member) and shown_to(who, feature, person, member)]
    if person.memberships and not places:
        return NOWHERE  # every company of theirs is switched off, or has this feature hidden
    ways: list[Way] = []
    extents = {roles.get("user", "none")}
    for member in places:
        extent = roles.get(member.role, "none")
        extents.add(extent)
        if extent != "none":
            own = extent == "own" or person.own_only
            ways.append(Way(member.company_id, own, window(who, person, member)))
    if extents == {"none"}:
        return NOWHERE
    ways.append(Way(None, own=True, since=person.visible_since))
    return Reach(ways=tuple(ways), audiences=OPEN if "all" in extents else (), person=person.id)


def _conditions(reached: Reach) -> tuple[tuple[Any, ...], Any]:
    """Write a reach in SQL terms on `record` alone, with the key of its shape."""
    if reached.everything:
        return ("everything",), None
    terms: list[Any] = []
    shape: list[Any] = []
    if reached.own_anywhere:
        terms.append(Record.person == late("me", reached.person))
        shape.append("mine")
    for i, way in enumerate(reached.ways):
        if way.company is None:
            term = Record.company.is_null()
        else:
            term = Record.company == late(f"company{i}", way.company)
        term = term & Record.audience.in_(("private", "company"))
        if way.own:
            term = term & (Record.person == late("me", reached.person))
        if way.since is not None:
            term = term & (Record.created >= late(f"since{i}", way.since))
        terms.append(term)
        shape.append((way.company is None, way.own, way.since is not None))
    if reached.audiences:
        terms.append(Record.audience.in_(reached.audiences))
        shape.append(reached.audiences)
    return tuple(shape), reduce(or_, terms)


def kind_of(who: Scope, name: str) -> Kind:
    """Give a kind by its name or plural. Raises DoorError where no loaded plugin owns it."""
    kind = who.registry.kinds.get(name) or who.registry.plurals.get(name)
    if kind is None:
        raise DoorError(f"No plugin owns records of kind '{name}'.")
    return kind


def visible(name: str, action: str = "view", *columns: Any) -> Any:
    """Give a query over the records of a kind that whoever asks may see (or do `action` with).

    It holds tenant, feature switch, role scope, own-only, history window and audience already; filters,
    order, limit and columns may be added. `columns` default to the record's and its body's. Read it with
    `fetch`, `first` or `count`.
    """
    who = scope.current()
    kind = kind_of(who, name)
    return _through(who, kind, reach(who, f"{kind.plugin}.{action}"), columns or _columns(kind))


def _through(who: Scope, kind: Kind, reached: Reach, columns: tuple[Any, ...]) -> Any:
    models = (Record, kind.body) if kind.body else (Record,)
    query = door(Record.select(*columns), *models)
    if kind.body:
        query = query.join(kind.body, JOIN.INNER, on=(kind.body.record == Record.id))
    query = query.where(Record.tenant == late("tenant", who.tenant_id),
                        Record.kind == late("kind", kind.name))
    if not reached:
        return query.where(Record.id.is_null())
    condition = _conditions(reached)[1]
    return query if condition is None else query.where(condition)


def anything(action: str = "view", *columns: Any) -> Any:
    """Give a query over records of every kind whoever asks may see: search, timeline, counts across kinds."""
    who = scope.current()
    terms = []
    for kind in who.registry.kinds.values():
        reached = reach(who, f"{kind.plugin}.{action}")
        if reached:
            condition = _conditions(reached)[1]
            mine = Record.kind == kind.name
            terms.append(mine if condition is None else mine & condition)
    query = door(Record.select(*(columns or RECORD)), Record).where(
        Record.tenant == late("tenant", who.tenant_id))
    return query.where(reduce(or_, terms)) if terms else query.where(Record.id.is_null())


def find(name: str, number: str | int, action: str = "view") -> Any:
    """Give one record by its number ("TKT-001" or 1), as a plain row.

    Raises NotFound where there is none, or none for whoever asks: both look the same. Raises Refused where
    it may be seen, but `action` is not theirs to do.
    """
    who = scope.current()
    kind = kind_of(who, name)
    wanted = parse(kind, str(number))
    if wanted is None:
        raise NotFound
    row = first(visible(name, action).where(Record.number == late("number", wanted)))
    if row is not None:
        return row
    if action != "view" and first(visible(name, "view", Record.id).where(Record.number == wanted)):
        raise Refused
    raise NotFound


def by_id(name: str, record_id: int, action: str = "view") -> Any | None:
    """Give one record by its internal key, or None: for rows that already point at it."""
    return first(visible(name, action).where(Record.id == late("id", record_id)))


def add(name: str, *, title: str, company: int | None = None, person: int | None = None,
        body: Mapping[str, Any] | None = None, number: int | None = None, **values: Any) -> Any:
    """Make a record and its body, and give it as a plain row.

    Customers may only make records of their own, in a company of theirs where the feature is shown; staff
    make them for anybody in the tenant. Raises Refused where `<plugin>.create` does not reach that far.
    """
    who = scope.current()
    kind = kind_of(who, name)
    reached = reach(who, f"{kind.plugin}.create")
    if not reached:
        raise Refused
    if not reached.everything:
        person = who.me.id
        if not any(way.company == company for way in reached.ways) and not reached.own_anywhere:
            raise Refused
    if values.get("audience", "private") not in AUDIENCES:
        raise DoorError(f"'{values['audience']}' is no audience.")
    with transaction():
        made = Record.insert(tenant=who.tenant_id, kind=kind.name, title=title, company=company,
                             person=person, number=number or next_number(kind.name), **_moments(values))
        record_id = int(door(made, Record).execute())
        if kind.body:
            door(kind.body.insert(record=record_id, **dict(body or {})), kind.body).execute()
        return _reread(who, kind, record_id)


def _reread(who: Scope, kind: Kind, record_id: int) -> Any:
    query = _through(who, kind, Reach(everything=True), _columns(kind))
    return first(query.where(Record.id == record_id))


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
    one the change was made on. Raises NotFound, or Conflict where somebody was faster.
    """
    who = scope.current()
    kind = kind_of(who, name)
    with transaction():
        row = by_id(name, record_id, action)
        if row is None:
            raise NotFound
        if version is not None and row.staff_version != version:
            raise Conflict("Somebody else changed this a moment ago. Have a look and try again.")
        stamp: dict[str, Any] = {"changed": now(), "staff_version": Record.staff_version + 1}
        if public:
            stamp |= {"touched": stamp["changed"], "version": Record.version + 1}
        door(Record.update(**(stamp | values)), Record).where(
            Record.id == record_id, Record.tenant == who.tenant_id, Record.kind == kind.name).execute()
        if body:
            door(kind.body.update(**dict(body)), kind.body).where(kind.body.record == record_id).execute()
        return _reread(who, kind, record_id)


def remove(name: str, record_id: int, action: str = "remove") -> None:
    """Remove a record with all that hangs on it, if whoever asks may. Raises NotFound."""
    who = scope.current()
    with transaction():
        if by_id(name, record_id, action) is None:
            raise NotFound
        door(Record.delete(), Record).where(Record.id == record_id, Record.tenant == who.tenant_id).execute()


def facets(name: str, column: Any, action: str = "view") -> dict[Any, int]:
    """Count the visible records of a kind by one column: statuses for chips, people for a filter."""
    query = visible(name, action, column.alias("value"), fn.COUNT(Record.id).alias("n")).group_by(column)
    return {row.value: row.n for row in fetch(query)}
