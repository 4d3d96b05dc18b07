"""What people agreed to and took back: news by e-mail, messages by SMS; written down each time, never altered."""

from __future__ import annotations

import hashlib
from typing import Any

from peewee import BooleanField, CharField, ForeignKeyField, TextField

from core.data import arrivals, credentials, people, scope
from core.data.db import TenantBase, TimeField, db, door, fetch, is_sqlite, now, transaction
from core.data.people import Person, Tenant

PURPOSES = ("mail", "sms")
"""What can be agreed to: news by e-mail, messages by SMS. Without a word nobody agreed to anything."""


class Consent(TenantBase):
    """One yes or no. `wording` is the sentence as it was read, `version` stands for it; `network` is shortened.

    `source` says where: "registration", "account", "mail" (the link in one), or "staff".
    """

    tenant = ForeignKeyField(Tenant, on_delete="CASCADE", index=False)
    person = ForeignKeyField(Person, on_delete="CASCADE", index=False)
    purpose = CharField()
    given = BooleanField()
    source = CharField()
    wording = TextField(default="")
    version = CharField(default="")
    network = CharField(default="")
    created = TimeField(default=now)

    class Meta:
        """Read newest first for one person."""

        indexes = ((("person", "created"), False),)


_SQLITE = (
    "CREATE TRIGGER consent_keep_update BEFORE UPDATE ON consent "
    "BEGIN SELECT RAISE(ABORT, 'what somebody agreed to is never changed'); END",
    "CREATE TRIGGER consent_keep_delete BEFORE DELETE ON consent "
    "WHEN EXISTS (SELECT 1 FROM person WHERE id = OLD.person_id) "
    "BEGIN SELECT RAISE(ABORT, 'what somebody agreed to is never changed'); END",
)

_POSTGRES = (
    "CREATE FUNCTION consent_keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
    "IF TG_OP = 'DELETE' AND NOT EXISTS (SELECT 1 FROM person WHERE id = OLD.person_id) THEN RETURN OLD; END IF; "
    "RAISE EXCEPTION 'what somebody agreed to is never changed'; END $$",
    "CREATE TRIGGER consent_keep_rows BEFORE UPDATE OR DELETE ON consent FOR EACH ROW "
    "EXECUTE FUNCTION consent_keep()",
)


def seal() -> None:
    """Let the database itself refuse to change or remove what was agreed; it goes with its person only."""
    for statement in _SQLITE if is_sqlite() else _POSTGRES:
        db.execute_sql(statement)


def unseal() -> None:
    """Take the seal away, before the tables are dropped."""
    if not is_sqlite():
        db.execute_sql("DROP FUNCTION IF EXISTS consent_keep() CASCADE")


def given(row: Any, purpose: str) -> bool:
    """Say whether a person (a row) agrees to `purpose` as of now."""
    return bool(((row.preferences or {}).get("consents") or {}).get(purpose) is True)


def say(person_id: int, purpose: str, *, yes: bool, source: str, wording: str, address: str = "") -> bool:
    """Write down that somebody agrees to `purpose`, or no more; False where it is as it was.

    `wording` is the sentence they read, `address` the network address it came from, which is shortened.
    """
    if purpose not in PURPOSES:
        raise ValueError(f"Nobody can agree to {purpose!r}.")
    with transaction():
        credentials.in_turn(person_id)
        (row,) = people.people([person_id])
        if given(row, purpose) == yes:
            return False
        preferences = dict(row.preferences or {})
        preferences["consents"] = dict(preferences.get("consents") or {}) | {purpose: yes}
        people.change_person(person_id, preferences=preferences)
        door(Consent.insert(
            tenant=scope.current().tenant_id, person=person_id, purpose=purpose, given=yes, source=source,
            wording=wording, version=hashlib.sha256(wording.encode()).hexdigest()[:12],
            network=arrivals.shortened(address)), Consent).execute()
        return True


def log(person_id: int) -> list[Any]:
    """Give what somebody agreed to and took back, newest first."""
    return fetch(door(Consent.select(
        Consent.purpose, Consent.given, Consent.source, Consent.wording, Consent.version, Consent.network,
        Consent.created), Consent).where(
        Consent.tenant == scope.current().tenant_id, Consent.person == person_id).order_by(Consent.id.desc()))
