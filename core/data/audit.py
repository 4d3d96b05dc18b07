"""Who did what to which thing, when and from where: written in the change's own transaction, never altered."""

from __future__ import annotations

from typing import Any

from peewee import CharField, ForeignKeyField, JSONField

from core.data import scope
from core.data.db import TenantBase, TimeField, door, fetch, now
from core.data.people import Tenant


class Audit(TenantBase):
    """One act. There is no code that changes or removes one."""

    tenant = ForeignKeyField(Tenant, on_delete="CASCADE", index=False)
    act = CharField()
    actor = CharField()
    actor_id = CharField(default="")
    subject = CharField(default="")
    channel = CharField(default="page")
    details = JSONField(default=dict)
    created = TimeField(default=now)

    class Meta:
        """Read newest first within a tenant."""

        indexes = ((("tenant", "created"), False),)


def record_act(act: str, subject: str = "", **details: Any) -> None:
    """Write down an act of whoever asks ("person.invited", "config.changed"), with plain JSON details."""
    who = scope.current()
    actor = who.system or (who.person.name if who.person else "guest")
    door(Audit.insert(tenant=who.tenant_id, act=act, actor=actor,
                      actor_id=who.person.public_id if who.person else "", subject=subject,
                      channel=who.channel, details=details), Audit).execute()


def acts(limit: int = 50, before: int | None = None, subject: str | None = None) -> list[Any]:
    """Give the tenant's acts, newest first."""
    query = door(Audit.select(Audit.id, Audit.act, Audit.actor, Audit.actor_id, Audit.subject, Audit.channel,
                              Audit.details, Audit.created), Audit).where(
        Audit.tenant == scope.current().tenant_id).order_by(Audit.id.desc()).limit(limit)
    if before is not None:
        query = query.where(Audit.id < before)
    if subject is not None:
        query = query.where(Audit.subject == subject)
    return fetch(query)
