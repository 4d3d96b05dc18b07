"""Who did what to which thing, when and from where: written in its transaction, chained, never altered."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from peewee import CharField, ForeignKeyField, IntegerField, JSONField, TextField

from core.data import identity, scope
from core.data.db import (
    TenantBase,
    TimeField,
    at_end,
    db,
    door,
    fetch,
    first,
    is_sqlite,
    microseconds,
    now,
    transaction,
)
from core.data.people import Person, Tenant
from core.data.writes import put

LONGEST = 2000
"""Characters of what an act is found by."""


class Audit(TenantBase):
    """One act. `place` counts the tenant's acts from 1; `chain` is the hash over the act and the one before it.

    There is no code that changes one; `proof.trim` removes the oldest, and says so.
    """

    tenant = ForeignKeyField(Tenant, on_delete="CASCADE", index=False)
    place = IntegerField()
    act = CharField()
    actor = CharField()
    actor_id = CharField(default="")
    subject = CharField(default="")
    channel = CharField(default="page")
    details = JSONField(default=dict)
    words = TextField(default="")
    created = TimeField(default=now)
    chain = CharField()

    class Meta:
        """Read newest first within a tenant, all of it or what is about one thing or by one person."""

        indexes = ((("tenant", "place"), True), (("tenant", "created"), False),
                   (("tenant", "subject", "place"), False), (("tenant", "actor_id", "place"), False))


class AuditHead(TenantBase):
    """Where a tenant's log ends and begins: without it, nobody could tell that the last acts were cut off.

    `place` and `chain` are the newest act's; `first` is the place of the oldest one kept and `before` the chain
    of the one before it. `checked` is when all of it was verified last, `broken` what was found then.
    """

    tenant = ForeignKeyField(Tenant, on_delete="CASCADE", unique=True)
    place = IntegerField(default=0)
    chain = CharField(default="")
    first = IntegerField(default=1)
    before = CharField(default="")
    checked = TimeField(null=True)
    broken = TextField(default="")


_SQLITE = (
    "CREATE TRIGGER audit_keep_update BEFORE UPDATE ON audit "
    "BEGIN SELECT RAISE(ABORT, 'the audit log is never changed'); END",
    "CREATE TRIGGER audit_keep_delete BEFORE DELETE ON audit "
    "WHEN EXISTS (SELECT 1 FROM tenant WHERE id = OLD.tenant_id) "
    "AND OLD.place >= COALESCE((SELECT first FROM audit_head WHERE tenant_id = OLD.tenant_id), 0) "
    "BEGIN SELECT RAISE(ABORT, 'the audit log is never changed'); END",
)

_POSTGRES = (
    "CREATE FUNCTION audit_keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
    "IF TG_OP = 'DELETE' THEN "
    "IF NOT EXISTS (SELECT 1 FROM tenant WHERE id = OLD.tenant_id) THEN RETURN OLD; END IF; "
    "IF OLD.place < (SELECT first FROM audit_head WHERE tenant_id = OLD.tenant_id) THEN RETURN OLD; END IF; "
    "END IF; RAISE EXCEPTION 'the audit log is never changed'; END $$",
    "CREATE TRIGGER audit_keep_rows BEFORE UPDATE OR DELETE ON audit FOR EACH ROW EXECUTE FUNCTION audit_keep()",
    "CREATE TRIGGER audit_keep_table BEFORE TRUNCATE ON audit FOR EACH STATEMENT EXECUTE FUNCTION audit_keep()",
)


def seal() -> None:
    """Let the database itself refuse to change or remove acts; they go with their tenant, or the oldest first."""
    for statement in _SQLITE if is_sqlite() else _POSTGRES:
        db.execute_sql(statement)


def unseal() -> None:
    """Take the seal away, before the tables are dropped."""
    if not is_sqlite():
        db.execute_sql("DROP FUNCTION IF EXISTS audit_keep() CASCADE")


# --- the chain ---


def genesis(slug: str) -> str:
    """Give what stands before a tenant's first act."""
    return hashlib.sha256(f"parlour audit log of {slug}".encode()).hexdigest()


def link(before: str, place: int, row: Mapping[str, Any]) -> str:
    """Give the chain of an act: the hash of all it says and of the chain before it."""
    said = [before, place, row["act"], row["actor"], row["actor_id"], row["subject"], row["channel"],
            row["details"], microseconds(row["created"])]
    text = json.dumps(said, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def words_of(actor: str, subject: str, details: Any) -> str:
    """Give what an act is found by: who, what, and every text of its details, in canonical form."""
    return identity.key(" ".join([actor, subject, *_texts(details)])[:LONGEST])


def _texts(value: Any) -> list[str]:
    if isinstance(value, Mapping):
        return [text for _key, one in sorted(value.items()) for text in _texts(one)]
    if isinstance(value, list):
        return [text for one in value for text in _texts(one)]
    return [] if value is None else [str(value)]


def plain(value: Any) -> Any:
    """Give a value as every engine gives it back: fractions as text, nothing that cannot be stored."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, Mapping):
        return {plain(str(key)): plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(one) for one in (sorted(value, key=str) if isinstance(value, set | frozenset) else value)]
    return str(value).replace("\0", "").encode("utf-8", "replace").decode()


def record_act(act: str, subject: str = "", **details: Any) -> None:
    """Write down an act of whoever asks ("person.invited", "config.changed"), with plain JSON details.

    It takes its place in the tenant's chain just before the transaction at hand commits. While somebody sees the
    portal with another's eyes, it is their act, not the other's.
    """
    who = scope.current()
    person = who.viewer or who.person
    said = plain(details)
    actor = plain(who.system or (person.name if person else "guest"))
    row = {"act": act, "actor": actor, "actor_id": person.public_id if person else "", "subject": plain(subject),
           "channel": who.channel, "details": said, "created": now()}
    row["words"] = words_of(actor, row["subject"], said)
    at_end(partial(_write, who.tenant_id, who.slug, row))


def _write(tenant: int, slug: str, row: dict[str, Any]) -> None:
    with transaction(), scope.writing():
        head = hold(tenant, slug)
        place = head.place + 1
        chain = link(head.chain, place, row)
        put(Audit, tenant=tenant, place=place, chain=chain, **row)
        door(AuditHead.update(place=place, chain=chain), AuditHead).where(AuditHead.tenant == tenant).execute()


HEAD = (AuditHead.place, AuditHead.chain, AuditHead.first, AuditHead.before, AuditHead.checked, AuditHead.broken)


def head(tenant: int) -> Any | None:
    """Give where a tenant's log begins and ends, None before its first act."""
    return first(door(AuditHead.select(*HEAD), AuditHead).where(AuditHead.tenant == tenant))


def hold(tenant: int, slug: str) -> Any:
    """Give the head of a tenant's log, nobody else's until the transaction ends: acts stand in one row."""
    def held() -> Any:
        query = door(AuditHead.select(*HEAD), AuditHead).where(AuditHead.tenant == tenant)
        return first(query if is_sqlite() else query.for_update())

    found = held()
    if found is None:
        door(AuditHead.insert(tenant=tenant, chain=genesis(slug), before=genesis(slug)).on_conflict_ignore(),
             AuditHead).execute()
        found = held()
    return found


# --- reading ---


@dataclass(frozen=True)
class Sought:
    """What is looked for in the log; everything empty is all of it. `acts` are names of acts."""

    text: str = ""
    acts: Collection[str] = ()
    said: Collection[str] = ()
    actor: str = ""
    subject: str = ""
    channel: str = ""
    since: datetime | None = None
    until: datetime | None = None


ACT = (Audit.place, Audit.act, Audit.actor, Audit.actor_id, Audit.subject, Audit.channel, Audit.details,
       Audit.created, Audit.chain)


def acts(limit: int = 50, before: int | None = None, subject: str | None = None, after: int | None = None,
         sought: Sought | None = None) -> list[Any]:
    """Give the tenant's acts, newest first: of places before `before`, or the ones next after `after`.

    `subject` is one thing's; `sought` narrows further: its `said` are acts whose own words hold the text.
    """
    query = door(Audit.select(*ACT), Audit).where(
        Audit.tenant == scope.current().tenant_id).order_by(Audit.place.desc()).limit(limit)
    if before is not None:
        query = query.where(Audit.place < before)
    if subject is not None:
        query = query.where(Audit.subject == subject)
    query = query.where(*_narrowed(sought)) if sought else query
    if after is not None:
        newer = query.where(Audit.place > after).order_by(Audit.place.asc())
        return fetch(newer)[::-1]
    return fetch(query)


def _narrowed(sought: Sought) -> list[Any]:
    found: list[Any] = [column == value for column, value in (
        (Audit.actor_id, sought.actor), (Audit.subject, sought.subject), (Audit.channel, sought.channel)) if value]
    if sought.acts:
        found.append(Audit.act.in_(list(sought.acts)))
    if sought.since:
        found.append(Audit.created >= sought.since)
    if sought.until:
        found.append(Audit.created < sought.until)
    text = identity.key(sought.text[:200])
    if text:
        named = door(Person.select(Person.public_id), Person).where(
            Person.tenant == scope.current().tenant_id, Person.name_key.contains(text)).limit(500)
        term = Audit.words.contains(text) | Audit.subject.in_(named)
        found.append(term | Audit.act.in_(list(sought.said)) if sought.said else term)
    return found or [Audit.place > 0]
