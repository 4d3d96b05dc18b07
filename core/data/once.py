"""A form sent twice gives the first answer again: its key is stored with the result, in one transaction."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime

from peewee import CharField, ForeignKeyField, IntegerField, IntegrityError, TextField

from core.data import scope
from core.data.db import TenantBase, TimeField, before_commit, door, kept, kept_write, late, now, transaction
from core.data.people import Tenant
from core.data.writes import put

landing: ContextVar[str] = ContextVar("parlour_landing", default="")
"""Where the person would be sent if the answer got lost: set by the change, before it is committed."""


class Once(TenantBase):
    """The answer to a form that changed something, by the key it carried."""

    tenant = ForeignKeyField(Tenant, on_delete="CASCADE", index=False)
    key = CharField()
    status = IntegerField()
    location = TextField(default="")
    created = TimeField(default=now, index=True)

    class Meta:
        """A key counts once per tenant."""

        indexes = ((("tenant", "key"), True),)


class AlreadyDone(Exception):  # noqa: N818 - it is news, not an error
    """Another request with the same key was faster: its change counts, this one is rolled back."""


def answer(key: str) -> tuple[int, str] | None:
    """Give the first answer to this key as (status, location), or None where it is new."""
    rows = kept(("once.answer",), lambda: door(Once.select(Once.status, Once.location), Once).where(
        Once.tenant == late("tenant", 0), Once.key == late("key", "")), tenant=scope.current().tenant_id, key=key)
    return (rows[0].status, rows[0].location) if rows else None


@contextmanager
def keyed(key: str) -> Iterator[dict[str, str]]:
    """Store the key with the first transaction that commits inside the block, as a part of it.

    What the block is given holds the `location` stored with it, if one is. Raises AlreadyDone out of that
    transaction where the key is stored already.
    """
    state: dict[str, str] = {}

    def store() -> None:
        if "location" in state:
            return
        try:
            with transaction():
                put(Once, tenant=scope.current().tenant_id, key=key, status=303, location=landing.get())
        except IntegrityError as error:
            raise AlreadyDone from error
        state["location"] = landing.get()

    token, place = before_commit.set(store), landing.set("")
    try:
        yield state
    finally:
        before_commit.reset(token)
        landing.reset(place)


@contextmanager
def aside() -> Iterator[None]:
    """Write something beside the form's own change (that a page failed): the key is not stored with it."""
    token = before_commit.set(None)
    try:
        yield
    finally:
        before_commit.reset(token)


def complete(key: str, status: int, location: str) -> None:
    """Keep the answer that was really given, now that it is known."""
    kept_write(("once.complete",), lambda: door(Once.update(
        status=late("status", 0), location=late("location", "")), Once).where(
        Once.tenant == late("tenant", 0), Once.key == late("key", "")),
        status=status, location=location, tenant=scope.current().tenant_id, key=key)


def sweep(before: datetime) -> None:
    """Drop what is older than a moment, of all tenants: nobody sends a form again after so long."""
    door(Once.delete(), Once).where(Once.created < before).execute()
