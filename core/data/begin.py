"""Records that begin from a record of another kind: what is offered, how one starts, and what belongs together.

Neither plugin knows the other: the one whose kind begins says so with `parlour.Begin`, the one it begins from says
with `Kind.gives` what it has to tell. The new record keeps a reference; the door decides who sees the other one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from peewee import Case, CharField, ForeignKeyField

from core.data import access, scope
from core.data.db import TenantBase, TimeField, door, fetch, kept, late, now, touch, transaction
from core.data.people import Tenant
from core.data.reach import granted
from core.data.records import RECORD, Record, label, page_of, parse
from core.data.writes import put
from core.errors import Conflict, NotFound, Refused
from core.parts import Begin, Kind

MOST = 50
"""Related records that are shown of one."""
STEPS = 3
"""How far apart records of one deal may be: request, quote, order, invoice."""


class Origin(TenantBase):
    """A record began from another (`about`), by the `Begin` of this name."""

    tenant = ForeignKeyField(Tenant, on_delete="CASCADE", index=False)
    record = ForeignKeyField(Record, on_delete="CASCADE", index=False)
    about = ForeignKeyField(Record, on_delete="CASCADE")
    name = CharField(default="")
    created = TimeField(default=now)

    class Meta:
        """Two records belong together once."""

        table_name = "record_origin"
        indexes = ((("record", "about"), True),)


@dataclass(frozen=True)
class Offer:
    """Something that can begin from a record. `href` leads to a form; with `post` it is begun there at once."""

    name: str
    label: str
    href: str
    post: bool
    icon: str


@dataclass(frozen=True)
class Related:
    """A record that belongs to another: it began from that one, or (`origin`) the other way round."""

    row: Any
    kind: Kind
    number: str
    href: str
    origin: bool
    state: str
    document: str


def told(row: Any) -> Mapping[str, Any]:
    """Give what a record tells one that begins from it: what its kind gives, with a subject in any case."""
    kind = access.kind_of(scope.current(), row.kind)
    own = dict(kind.gives(row)) if kind.gives else {}
    return {"subject": f"{number(row)}: {row.title}", **own}


def number(row: Any) -> str:
    """Write a record's number as people read it and as `find` takes it."""
    return label(access.kind_of(scope.current(), row.kind), row.number)


def _fitting(row: Any) -> list[tuple[Begin, Mapping[str, Any]]]:
    """Give what may begin from a record that came through the door, with what it tells."""
    who, found, said = scope.current(), list[tuple[Begin, Mapping[str, Any]]](), None
    for one in who.registry.begins:
        wanted = row.kind in one.of if one.of else row.kind != one.kind
        if not wanted or granted(who, one.permission) == "none":
            continue
        said = told(row) if said is None else said
        if all(said.get(key) for key in one.needs) and (one.check is None or one.check(row)):
            found.append((one, said))
    return found


def offers(row: Any) -> list[Offer]:
    """Say what whoever asks may begin from a record that came through the door, in the registry's order."""
    if scope.current().person is None:
        return []
    own = number(row)
    return [Offer(one.name, one.label, f"{one.form}?about={own}" if one.form else f"/begin/{one.name}/{own}",
                  not one.form, one.icon) for one, _said in _fitting(row)]


def start(row: Any, name: str) -> Any:
    """Begin what `name` says from a record, with a reference to it, in one transaction; give the new row.

    What begins once (`Begin.once`) and has begun is given again. Raises NotFound where nothing of this name
    begins from the record for whoever asks, Conflict where it has begun and is not theirs to see.
    """
    with transaction():
        held = access.find(row.kind, row.number, hold=True)
        chosen = next(((one, said) for one, said in _fitting(held) if one.name == name and one.call), None)
        if chosen is None:
            raise NotFound
        part, said = chosen
        before = _begun(held, part) if part.once else None
        if before is not None:
            return before
        assert part.call is not None  # noqa: S101 - looked at above
        made = part.call(held, said)
        link(made, held, part.name)
        return made


def place(kind: str, said: Mapping[str, Any]) -> Any:
    """Begin a record of a kind from what another plugin's code tells, without a record behind it; give its row.

    `said` is what `Kind.gives` would give, and nothing that a client sent unchecked. Raises NotFound where nothing
    makes such a record of that for whoever asks.
    """
    for one in scope.current().registry.begins:
        if one.kind == kind and one.call and granted(scope.current(), one.permission) != "none" \
                and all(said.get(key) for key in one.needs):
            with transaction():
                return one.call(None, said)
    raise NotFound


def takes(kind: str, *, form: bool = False) -> Begin | None:
    """Give what begins a record of a kind for whoever asks: by `place`, or (`form`) where its form is; or None."""
    who = scope.current()
    return next((one for one in who.registry.begins if one.kind == kind and (one.form if form else one.call)
                 and granted(who, one.permission) != "none"), None)


def _begun(row: Any, part: Begin) -> Any | None:
    """Give what has begun already by a name, from the record or from another of the same deal.

    A quote and the order that began from it are one: what is billed for one is billed for both. Raises Conflict
    where whoever asks does not see it.
    """
    keys = [one.record_id for one in fetch(_origins(Origin.record).where(
        Origin.about.in_(_deal(row.id)), Origin.name == part.name).order_by(Origin.id))]
    found = next((one for key in keys if (one := access.by_id(part.kind, key)) is not None), None)
    if keys and found is None:
        raise Conflict("This has been done already.")
    return found


def _deal(record: int) -> set[int]:
    """Give the keys of a record, of what it began from, and of all that began from these, a few steps each way.

    Only what begins once makes a deal: a topic that was split in two, or an order that is asked about, does not.
    """
    names, first = [one.name for one in scope.current().registry.begins if one.once], {record}
    for _step in range(STEPS):
        first |= {one.about_id for one in fetch(_origins(Origin.about).where(
            Origin.record.in_(list(first)), Origin.name.in_(names)))}
    found = set(first)
    for _step in range(STEPS):
        found |= {one.record_id for one in fetch(_origins(Origin.record).where(
            Origin.about.in_(list(found)), Origin.name.in_(names)))}
    return found


def _origins(*columns: Any) -> Any:
    return door(Origin.select(*columns), Origin).where(Origin.tenant == scope.current().tenant_id)


def _ignored(query: Any) -> Any:
    return query.on_conflict_ignore()


def link(record: Any, about: Any, name: str = "") -> None:
    """Keep that a record belongs to another; both came through the door. Keeping it twice changes nothing."""
    if record.id == about.id:
        return
    with transaction():
        put(Origin, take=_ignored, tenant=scope.current().tenant_id,
            record=record.id, about=about.id, name=name)
        touch(record.id)
        touch(about.id)


def find(text: str | None) -> Any | None:
    """Give the record that is meant by a number of any kind ("ORD-001"), or None, also where it is not theirs."""
    kind = _kind_of(text)
    try:
        return access.find(kind.name, str(text)) if kind is not None else None
    except (NotFound, Refused):
        return None


def _kind_of(text: str | None) -> Kind | None:
    prefix, _dash, _number = str(text or "").upper().rpartition("-")
    return next((one for one in scope.current().registry.kinds.values()
                 if prefix and one.prefix.upper() == prefix), None)


def find_many(texts: Iterable[str], action: str = "view") -> dict[str, Any]:
    """Give by their numbers ("ORD-001") the records of many that one may do `action` with: a question per kind."""
    wanted: dict[str, dict[int, list[str]]] = {}
    for text in dict.fromkeys(texts):
        kind = _kind_of(text)
        number = parse(kind, text) if kind is not None else None
        if kind is not None and number is not None:
            wanted.setdefault(kind.name, {}).setdefault(number, []).append(text)
    return {text: row for name, numbers in wanted.items() for row in fetch(access.visible(
        name, action, anywhere=True).where(Record.number.in_(list(numbers)))) for text in numbers[row.number]}


def related(row: Any) -> list[Related]:
    """Give the records that belong to one that came through the door, as far as whoever asks may see them."""
    who = scope.current()

    def build() -> Any:
        query = access.anything("view", *RECORD, Origin.about.alias("about"), anywhere=True)
        other = Case(None, ((Origin.about == late("this", 0), Origin.record),), Origin.about)
        query = door(query.join(Origin, on=(Record.id == other)), Record, Origin)
        return query.where(Origin.tenant == late("tenant", 0), (Origin.about == late("this", 0)) | (
            Origin.record == late("this", 0))).order_by(Origin.created, Origin.id).limit(MOST)

    shape, values = access.anything_kept("view", anywhere=True)
    rows = kept(("begin.related", shape), build, this=row.id, **values)
    return [_shown(who, one, origin=one.about != row.id) for one in rows]


def _shown(who: scope.Scope, row: Any, *, origin: bool) -> Related:
    kind = who.registry.kinds[row.kind]
    words = kind.states() if kind.states else {}
    return Related(row, kind, label(kind, row.number), page_of(kind, row.number), origin,
                   str(words.get(row.state, row.state)), kind.document.format(number=label(kind, row.number)))


def move(source: Any, target: Any) -> None:
    """Let what belongs to one record belong to another, where two are made one."""
    tenant = scope.current().tenant_id
    for row in fetch(_origins(Origin.record, Origin.about, Origin.name).where(
            (Origin.record == source.id) | (Origin.about == source.id))):
        pair = [target.id if key == source.id else key for key in (row.record_id, row.about_id)]
        if pair[0] != pair[1]:
            put(Origin, take=_ignored, tenant=tenant, record=pair[0],
                about=pair[1], name=row.name)
    door(Origin.delete(), Origin).where(Origin.tenant == tenant, (Origin.record == source.id)
                                        | (Origin.about == source.id)).execute()
