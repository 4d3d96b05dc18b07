"""The record: what a customer can see of anything, one narrow table for every kind, and its numbers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from peewee import BigIntegerField, CharField, ForeignKeyField, IntegerField, JSONField, TextField

from core.data import scope
from core.data.db import TenantBase, TimeField, door, kept, late, now
from core.data.moments import today
from core.data.people import Company, Person, Tenant
from core.data.writes import put
from core.errors import Conflict
from core.parts import Kind


class Record(TenantBase):
    """A ticket, an article, an order: whose it is, what it is called, where it stands.

    `shared` holds the keys of further companies that an audience of "company" means, as `shared_with` writes them.
    `version` and `touched` move with what customers can see; `staff_version` and `changed` with anything, so
    that an internal note leaves no trace in what a customer's page, order or validator is computed from.
    """

    tenant = ForeignKeyField(Tenant, on_delete="CASCADE", index=False)
    kind = CharField()
    number = IntegerField()
    title = TextField()
    company = ForeignKeyField(Company, null=True, on_delete="SET NULL")
    person = ForeignKeyField(Person, null=True, on_delete="SET NULL")
    audience = CharField(default="private")
    shared = TextField(default="")
    state = CharField(default="")
    category = CharField(default="open")
    created = TimeField(default=now)
    changed = TimeField(default=now)
    touched = TimeField(default=now)
    version = IntegerField(default=1)
    staff_version = IntegerField(default=1)
    fields = JSONField(default=dict)

    class Meta:
        """Every index begins with the tenant."""

        indexes = (
            (("tenant", "kind", "number"), True),
            (("tenant", "kind", "touched"), False),
            (("tenant", "kind", "created"), False),
            (("tenant", "kind", "company", "touched"), False),
            (("tenant", "kind", "person", "touched"), False),
            (("tenant", "kind", "company", "created"), False),
            (("tenant", "kind", "person", "created"), False),
            (("tenant", "kind", "category", "touched"), False),
        )


class Table(TenantBase):
    """The base of a plugin's own table: one row per record, sharing its key, under the same guard."""

    record = ForeignKeyField(Record, primary_key=True, on_delete="CASCADE")

    class Meta:
        """There is no table of this name; "table" itself would be a guarded word in every statement."""

        table_name = "parlour_table"


class Counter(TenantBase):
    """The last number given, per tenant and kind; `removed` counts the records that are gone."""

    tenant = ForeignKeyField(Tenant, on_delete="CASCADE")
    kind = CharField()
    last = BigIntegerField(default=0)
    removed = BigIntegerField(default=0)

    class Meta:
        """One counter per tenant and kind."""

        indexes = ((("tenant", "kind"), True),)


def shared_with(companies: Iterable[int]) -> str:
    """Write the companies a record is meant for, beside its own, each between blanks: " 3 17 "."""
    keys = sorted(set(companies))
    return f" {' '.join(map(str, keys))} " if keys else ""


def _one_more(query: Any) -> Any:
    return query.on_conflict(conflict_target=[Counter.tenant, Counter.kind],
                             update={Counter.last: Counter.last + 1})


def next_number(kind: str) -> int:
    """Take the next number of a kind, inside the transaction that uses it: never twice in a tenant."""
    tenant = scope.current().tenant_id
    put(Counter, take=_one_more, tenant=tenant, kind=kind, last=1)
    (row,) = kept(("records.last",), lambda: door(Counter.select(Counter.last), Counter).where(
        Counter.tenant == late("tenant", 0), Counter.kind == late("kind", "")), tenant=tenant, kind=kind)
    return int(row.last)


def note_removal(kind: str) -> None:
    """Count that a record of a kind is gone, inside the transaction that removes it."""
    door(Counter.update(removed=Counter.removed + 1), Counter).where(
        Counter.tenant == scope.current().tenant_id, Counter.kind == kind).execute()


def removals(kinds: Sequence[str]) -> tuple[tuple[str, int], ...]:
    """Say how many records of some kinds have gone so far, for whoever keeps what was made of them."""
    rows = kept(("records.removed", tuple(kinds)), lambda: door(
        Counter.select(Counter.kind, Counter.removed), Counter).where(
        Counter.tenant == late("tenant", 0), Counter.kind.in_(list(kinds))).order_by(Counter.kind),
        tenant=scope.current().tenant_id)
    return tuple((row.kind, row.removed) for row in rows)


def take_number(kind: str, wanted: int | None = None, *, yearly: bool = False) -> int:
    """Take the next number of a kind, or `wanted` where it comes from elsewhere; later ones go on above it.

    `yearly` counts each year by itself, as the year is where the tenant is.
    """
    if yearly:
        return _of_year(kind, wanted)
    if wanted is None:
        return next_number(kind)
    tenant = scope.current().tenant_id
    door(Counter.insert(tenant=tenant, kind=kind, last=wanted).on_conflict(
        conflict_target=[Counter.tenant, Counter.kind], update={Counter.last: wanted},
        where=Counter.last < wanted), Counter).execute()
    return wanted


def _of_year(kind: str, wanted: int | None) -> int:
    """Take a number of a year: the year before YEAR, what was counted in it behind."""
    year, number = divmod(wanted, YEAR) if wanted is not None else (today().year, None)
    taken = next_number(f"{kind}:{year}") if number is None else take_number(f"{kind}:{year}", number)
    if taken >= YEAR:
        raise Conflict("There is no number left in this year.")
    return year * YEAR + taken


def label(kind: Kind, number: int) -> str:
    """Write a record's number as people read it: TKT-001, or QUO-2026-001 where each year counts by itself."""
    if kind.yearly and number >= YEAR:
        year, counted = divmod(number, YEAR)
        return f"{kind.prefix}-{year}-{counted:0{kind.width}d}"
    return f"{kind.prefix}-{number:0{kind.width}d}"


def page_of(kind: Kind, number: int) -> str:
    """Give the path of a record's page, its number written as people read it."""
    return (kind.href or f"/{kind.plural}/{{number}}").format(number=label(kind, number))


YEAR = 1_000_000
"""What a year counts for in a number of a kind whose years count by themselves; the column holds 31 bits."""

_YEARLY = re.compile(r"(?:([A-Za-z]{1,12})-)?(20[0-9]{2})-0*([1-9][0-9]{0,5})\Z", re.ASCII)
_NUMBER = re.compile(r"(?:([A-Za-z]{1,12})-)?0*([1-9][0-9]{0,17})\Z", re.ASCII)


def parse(kind: Kind, text: str) -> int | None:
    """Read TKT-001, tkt-1 or 1 as a number of this kind; None where it is something else."""
    match = _YEARLY.match(text) if kind.yearly else None
    if match:
        ours = not match[1] or match[1].upper() == kind.prefix.upper()
        return int(match[2]) * YEAR + int(match[3]) if ours else None
    match = _NUMBER.match(text)
    if not match or (match[1] and match[1].upper() != kind.prefix.upper()):
        return None
    return int(match[2])


RECORD: tuple[Any, ...] = (
    Record.id, Record.kind, Record.number, Record.title, Record.company, Record.person, Record.audience,
    Record.shared, Record.state, Record.category, Record.created, Record.changed, Record.touched, Record.version,
    Record.staff_version, Record.fields)
"""The columns of a record that plain rows carry."""
