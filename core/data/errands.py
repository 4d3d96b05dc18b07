"""Errands: long acts that somebody began and the worker carries out, and what became of each row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from peewee import BooleanField, CharField, ForeignKeyField, IntegerField, JSONField, TextField

from core.data import scope
from core.data.db import TenantBase, TimeField, door, fetch, first, now, public_id, transaction
from core.data.people import Person, Tenant
from core.data.writes import put
from core.errors import NotFound

DRAFT, CHECKING, CHECKED, RUNNING, DONE, CANCELLED, FAILED = (
    "draft", "checking", "checked", "running", "done", "cancelled", "failed")
AT_WORK = (CHECKING, RUNNING)
OVER = (DONE, CANCELLED, FAILED)
KEPT = timedelta(days=14)
"""How long an errand, its files and its rows are kept."""


class Errand(TenantBase):
    """One long act. `plan` says what is to be done, `counts` and `done` of `total` how far it is.

    `source` and `result` are keys of stored files: what was brought, what can be fetched. `run` grows with each
    start, so that no two workers ever write for the same one. It is its person's own, whoever else may look.
    """

    tenant = ForeignKeyField(Tenant, on_delete="CASCADE", index=False)
    person = ForeignKeyField(Person, on_delete="CASCADE")
    public_id = CharField(unique=True, default=public_id)
    kind = CharField()
    subject = CharField(default="")
    title = CharField(default="")
    state = CharField(default=DRAFT)
    plan = JSONField(default=dict)
    counts = JSONField(default=dict)
    place = IntegerField(default=0)
    total = IntegerField(default=0)
    run = IntegerField(default=0)
    stop = BooleanField(default=False)
    source = CharField(default="")
    result = CharField(default="")
    message = TextField(default="")
    created = TimeField(default=now)
    finished = TimeField(null=True)
    expires = TimeField()

    class Meta:
        """Listed newest first for their person; swept when they are over."""

        indexes = ((("tenant", "person", "created"), False), (("expires",), False))


class Finding(TenantBase):
    """What became of one row of an errand. `subject` is its internal key, `before` what undoing needs."""

    errand = ForeignKeyField(Errand, on_delete="CASCADE", index=False)
    outcome = CharField()
    name = TextField(default="")
    line = IntegerField(default=0)
    column = CharField(default="")
    reason = TextField(default="")
    subject = CharField(default="")
    before = JSONField(null=True)

    class Meta:
        """Read by outcome in the order they came."""

        indexes = ((("errand", "outcome", "id"), False),)


class NamedPlan(TenantBase):
    """The columns of an import, kept under a name for the next file of the same shape."""

    tenant = ForeignKeyField(Tenant, on_delete="CASCADE", index=False)
    subject = CharField()
    name = CharField()
    plan = JSONField(default=dict)
    changed = TimeField(default=now)

    class Meta:
        """One per name and kind."""

        indexes = ((("tenant", "subject", "name"), True),)


class Lost(Exception):  # noqa: N818 - it is no error of this program
    """Another worker carries this errand out by now, or it was stopped: the transaction is taken back."""


ERRAND = tuple(Errand._meta.sorted_fields)
_FINDING = (Finding.id, Finding.outcome, Finding.name, Finding.line, Finding.column, Finding.reason,
            Finding.subject, Finding.before)


def _errands(*columns: Any) -> Any:
    return door(Errand.select(*(columns or ERRAND)), Errand).where(Errand.tenant == scope.current().tenant_id)


def begin(kind: str, *, subject: str = "", title: str = "", plan: Mapping[str, Any] | None = None,
          state: str = DRAFT, source: str = "", total: int = 0) -> Any:
    """Make an errand of whoever asks, and give its row."""
    who = scope.current()
    made = put(Errand, tenant=who.tenant_id, person=who.me.id, public_id=public_id(), kind=kind, subject=subject,
               title=title, plan=dict(plan or {}), state=state, source=source, total=total, expires=now() + KEPT)
    return by_key(made)


def by_key(key: int) -> Any:
    """Give an errand of this tenant by its internal key. Raises NotFound."""
    row = first(_errands().where(Errand.id == key))
    if row is None:
        raise NotFound
    return row


def mine(identity: str) -> Any:
    """Give an errand of whoever asks by its public identifier. Raises NotFound, also for everybody else's."""
    row = first(_errands().where(Errand.public_id == identity, Errand.person == scope.current().me.id))
    if row is None:
        raise NotFound
    return row


def whosever(identity: str) -> Any | None:
    """Give an errand of this tenant by its public identifier, whoever began it, or None."""
    return first(_errands().where(Errand.public_id == identity))


def latest(limit: int = 20, *, kind: str = "", subject: str = "") -> list[Any]:
    """Give the errands of whoever asks, newest first."""
    query = _errands().where(Errand.person == scope.current().me.id).order_by(Errand.id.desc()).limit(limit)
    query = query.where(Errand.kind == kind) if kind else query
    return fetch(query.where(Errand.subject == subject) if subject else query)


def at_work(row: Any) -> int:
    """Count the errands of the person of one that the worker has before it."""
    return len(fetch(_errands(Errand.id).where(Errand.person == row.person_id, Errand.state.in_(list(AT_WORK)))))


def change(row: Any, *, states: Sequence[str] = (), **values: Any) -> bool:
    """Change an errand, only in one of some states where given; False where it is in another one by now."""
    query = door(Errand.update(**values), Errand).where(
        Errand.id == row.id, Errand.tenant == scope.current().tenant_id)
    with transaction():
        return bool((query.where(Errand.state.in_(list(states))) if states else query).execute())


def mark(row: Any, states: Sequence[str], **values: Any) -> bool:
    """Add to the plan of an errand in one of some states; False where it has been changed since it was read."""
    query = door(Errand.update(plan={**row.plan, **values}, run=row.run + 1), Errand).where(
        Errand.id == row.id, Errand.tenant == scope.current().tenant_id, Errand.run == row.run,
        Errand.state.in_(list(states)))
    with transaction():
        return bool(query.execute())


def keep(row: Any, was: int, place: int, counts: Mapping[str, Any], **values: Any) -> None:
    """Say how far it is, inside the transaction that went there.

    Raises Lost where it is not at `was` any more, was stopped, or another worker has taken it over.
    """
    held = door(Errand.update(place=place, counts=dict(counts), **values), Errand).where(
        Errand.id == row.id, Errand.tenant == scope.current().tenant_id, Errand.run == row.run,
        Errand.place == was, Errand.state.in_(list(AT_WORK)), Errand.stop == False)  # noqa: E712 - SQL
    if not held.execute():
        raise Lost


def note(row: Any, found: Iterable[Mapping[str, Any]]) -> None:
    """Write down what became of some rows, inside the transaction that did it."""
    plain = {"name": "", "line": 0, "column": "", "reason": "", "subject": "", "before": None}
    rows = [{"errand": row.id, **plain, **one} for one in found]
    for start in range(0, len(rows), 90):
        door(Finding.insert_many(rows[start:start + 90]), Finding).execute()


def _of(row: Any, *columns: Any) -> Any:
    return door(Finding.select(*(columns or _FINDING)), Finding, Errand).join(Errand).where(
        Errand.id == row.id, Errand.tenant == scope.current().tenant_id)


def findings(row: Any, outcomes: Sequence[str] = (), *, after: int = 0, limit: int = 100) -> list[Any]:
    """Give what became of rows, in the order they came, further than the key `after`."""
    query = _of(row).where(Finding.id > after).order_by(Finding.id).limit(limit)
    return fetch(query.where(Finding.outcome.in_(list(outcomes))) if outcomes else query)


def forget_findings(row: Any) -> None:
    """Drop what was found of an errand: it is looked through anew."""
    door(Finding.delete(), Finding).where(Finding.errand == row.id).execute()


def drop(row: Any) -> list[str]:
    """Drop an errand of whoever asks for good; give the keys of its files, to be removed after the commit."""
    who = scope.current()
    with transaction():
        door(Errand.delete(), Errand).where(Errand.id == row.id, Errand.tenant == who.tenant_id,
                                            Errand.person == who.me.id).execute()
    return [key for key in (row.source, row.result) if key]


def sweep(moment: datetime) -> list[str]:
    """Drop every tenant's errands that are over by `moment`; give the keys of their files."""
    over = Errand.expires < moment
    rows = fetch(door(Errand.select(Errand.id, Errand.source, Errand.result), Errand).where(over).limit(500))
    with transaction():
        for row in rows:
            door(Errand.delete(), Errand).where(Errand.id == row.id).execute()
    return [key for row in rows for key in (row.source, row.result) if key]


def files_known(keys: Iterable[str]) -> set[str]:
    """Say which stored names belong to an errand of any tenant, for the sweep of orphans."""
    wanted = list(keys)
    rows = fetch(door(Errand.select(Errand.source, Errand.result), Errand).where(
        Errand.source.in_(wanted) | Errand.result.in_(wanted)))
    return {key for row in rows for key in (row.source, row.result)} & set(wanted)


def plans(subject: str) -> list[Any]:
    """Give the named plans of a kind by name."""
    return fetch(door(NamedPlan.select(NamedPlan.id, NamedPlan.name, NamedPlan.plan), NamedPlan).where(
        NamedPlan.tenant == scope.current().tenant_id, NamedPlan.subject == subject).order_by(NamedPlan.name))


def keep_plan(subject: str, name: str, plan: Mapping[str, Any]) -> None:
    """Keep a plan under its name, in place of the one it had."""
    door(NamedPlan.insert(tenant=scope.current().tenant_id, subject=subject, name=name, plan=dict(plan),
                          changed=now()).on_conflict(
        conflict_target=[NamedPlan.tenant, NamedPlan.subject, NamedPlan.name],
        update={NamedPlan.plan: dict(plan), NamedPlan.changed: now()}), NamedPlan).execute()


def drop_plan(subject: str, name: str) -> None:
    """Forget a named plan."""
    door(NamedPlan.delete(), NamedPlan).where(NamedPlan.tenant == scope.current().tenant_id,
                                              NamedPlan.subject == subject, NamedPlan.name == name).execute()
