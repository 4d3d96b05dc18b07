"""What other systems call ours: which row of an import became what, so that it never becomes two."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from peewee import EXCLUDED, CharField, ForeignKeyField, TextField

from core.data import scope
from core.data.db import TenantBase, door, fetch, first
from core.data.people import Tenant

AT_ONCE = 200
"""Rows that one statement writes: their values stay below what any engine binds."""


class Alias(TenantBase):
    """What another system calls one of ours, and the digest of the values it came with."""

    tenant = ForeignKeyField(Tenant, on_delete="CASCADE")
    kind = CharField()
    external = TextField()
    internal = CharField()
    digest = CharField(default="")

    class Meta:
        """One of ours per name and kind."""

        indexes = ((("tenant", "kind", "external"), True),)


def _mine(kind: str, *columns: Any) -> Any:
    return door(Alias.select(*columns), Alias).where(
        Alias.tenant == scope.current().tenant_id, Alias.kind == kind)


def known(kind: str, external: str) -> Any | None:
    """Give (internal, digest) of what another system calls `external`, or None where it never came."""
    return first(_mine(kind, Alias.internal, Alias.digest).where(Alias.external == external))


def known_all(kind: str, externals: Iterable[str]) -> dict[str, Any]:
    """Give (external, internal, digest) of those that came before, by what another system calls them."""
    found: dict[str, Any] = {}
    wanted = list(externals)
    for place in range(0, len(wanted), 500):
        query = _mine(kind, Alias.external, Alias.internal, Alias.digest)
        found |= {row.external: row for row in fetch(query.where(Alias.external.in_(wanted[place:place + 500])))}
    return found


def remember(kind: str, external: str, internal: str, digest: str) -> None:
    """Note what became of a row, and the digest of its values, in the transaction that wrote them."""
    door(Alias.insert(tenant=scope.current().tenant_id, kind=kind, external=external, internal=internal,
                      digest=digest).on_conflict(
        conflict_target=[Alias.tenant, Alias.kind, Alias.external],
        update={Alias.internal: internal, Alias.digest: digest}), Alias).execute()


def remember_all(kind: str, rows: Sequence[tuple[str, str, str]]) -> None:
    """Note what became of many rows, (external, internal, digest) each, some hundred with each statement."""
    tenant = scope.current().tenant_id
    for start in range(0, len(rows), AT_ONCE):
        made = [{"tenant": tenant, "kind": kind, "external": external, "internal": internal, "digest": digest}
                for external, internal, digest in rows[start:start + AT_ONCE]]
        door(Alias.insert_many(made).on_conflict(
            conflict_target=[Alias.tenant, Alias.kind, Alias.external],
            update={Alias.internal: EXCLUDED.internal, Alias.digest: EXCLUDED.digest}), Alias).execute()


def lead(kind: str, was: str, internal: str) -> None:
    """Let every name of one of ours stand for another one: they are the same from now on."""
    door(Alias.update(internal=internal), Alias).where(
        Alias.tenant == scope.current().tenant_id, Alias.kind == kind, Alias.internal == was).execute()


def forget(kind: str, external: str) -> None:
    """Let a name stand for nothing any more."""
    door(Alias.delete(), Alias).where(Alias.tenant == scope.current().tenant_id, Alias.kind == kind,
                                      Alias.external == external).execute()


def imported(kind: str, prefix: str = "") -> list[tuple[str, str]]:
    """Give (external, internal) of everything imported of a kind whose name begins with `prefix`."""
    rows = fetch(_mine(kind, Alias.external, Alias.internal))
    return [(row.external, row.internal) for row in rows if row.external.startswith(prefix)]
