"""A form sent twice gives the first answer again: its key is stored with the result, in one transaction."""

from __future__ import annotations

from peewee import CharField, ForeignKeyField, IntegerField, IntegrityError, TextField

from core.data import scope
from core.data.db import TenantBase, TimeField, door, first, now, transaction
from core.data.people import Tenant


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


def answer(key: str) -> tuple[int, str] | None:
    """Give the first answer to this key as (status, location), or None where it is new."""
    row = first(door(Once.select(Once.status, Once.location), Once).where(
        Once.tenant == scope.current().tenant_id, Once.key == key))
    return (row.status, row.location) if row else None


def remember(key: str, status: int, location: str) -> bool:
    """Store the answer inside the change's transaction; False where another process was faster."""
    try:
        with transaction():
            door(Once.insert(tenant=scope.current().tenant_id, key=key, status=status, location=location),
                 Once).execute()
    except IntegrityError:
        return False
    return True
