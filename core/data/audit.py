"""Who did what to which thing, when and from where: written in the change's own transaction, never altered."""

from __future__ import annotations

from typing import Any

from peewee import CharField, ForeignKeyField, JSONField

from core.data import scope
from core.data.db import TenantBase, TimeField, db, door, fetch, is_sqlite, now
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


_SQLITE = (
    "CREATE TRIGGER audit_keep_update BEFORE UPDATE ON audit "
    "BEGIN SELECT RAISE(ABORT, 'the audit log is never changed'); END",
    "CREATE TRIGGER audit_keep_delete BEFORE DELETE ON audit "
    "WHEN EXISTS (SELECT 1 FROM tenant WHERE id = OLD.tenant_id) "
    "BEGIN SELECT RAISE(ABORT, 'the audit log is never changed'); END",
)

_POSTGRES = (
    "CREATE FUNCTION audit_keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
    "IF TG_OP = 'DELETE' AND NOT EXISTS (SELECT 1 FROM tenant WHERE id = OLD.tenant_id) THEN RETURN OLD; END IF; "
    "RAISE EXCEPTION 'the audit log is never changed'; END $$",
    "CREATE TRIGGER audit_keep_rows BEFORE UPDATE OR DELETE ON audit FOR EACH ROW EXECUTE FUNCTION audit_keep()",
    "CREATE TRIGGER audit_keep_table BEFORE TRUNCATE ON audit FOR EACH STATEMENT EXECUTE FUNCTION audit_keep()",
)


def seal() -> None:
    """Let the database itself refuse to change or remove acts; they go only together with their tenant."""
    for statement in _SQLITE if is_sqlite() else _POSTGRES:
        db.execute_sql(statement)


def unseal() -> None:
    """Take the seal away, before the tables are dropped."""
    if not is_sqlite():
        db.execute_sql("DROP FUNCTION IF EXISTS audit_keep() CASCADE")


def record_act(act: str, subject: str = "", **details: Any) -> None:
    """Write down an act of whoever asks ("person.invited", "config.changed"), with plain JSON details."""
    who = scope.current()
    actor = who.system or (who.person.name if who.person else "guest")
    door(Audit.insert(tenant=who.tenant_id, act=act, actor=actor,
                      actor_id=who.person.public_id if who.person else "", subject=subject,
                      channel=who.channel, details=details), Audit).execute()


def acts(limit: int = 50, before: int | None = None, subject: str | None = None,
         after: int | None = None) -> list[Any]:
    """Give the tenant's acts, newest first: older than `before`, or the ones next newer than `after`."""
    query = door(Audit.select(Audit.id, Audit.act, Audit.actor, Audit.actor_id, Audit.subject, Audit.channel,
                              Audit.details, Audit.created), Audit).where(
        Audit.tenant == scope.current().tenant_id).order_by(Audit.id.desc()).limit(limit)
    if before is not None:
        query = query.where(Audit.id < before)
    if subject is not None:
        query = query.where(Audit.subject == subject)
    if after is not None:
        newer = query.where(Audit.id > after).order_by(Audit.id.asc())
        return fetch(newer)[::-1]
    return fetch(query)
