"""Sessions, single-purpose tokens, and limits shared by all processes."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from peewee import BooleanField, CharField, ForeignKeyField, IntegerField, JSONField

from core.data import scope
from core.data.db import (
    LooseBase,
    TenantBase,
    TimeField,
    door,
    fetch,
    first,
    is_sqlite,
    loose,
    now,
    public_id,
    transaction,
)
from core.data.passwords import check_password as check_password  # noqa: PLC0414 - handed on
from core.data.passwords import hash_password as hash_password  # noqa: PLC0414 - handed on
from core.data.population import PERSON, Company, Person, Tenant
from core.errors import Gone, NotFound, TooMany

KEEP_TOKENS = timedelta(days=365)
"""How long a link that is over still says so; afterwards it is as if it had never been."""

NEW_ADDRESS = ("email", "email-old")
"""Links of an address that is being changed: one goes to the new address, one to the one so far."""


class Session(TenantBase):
    """A browser somebody is signed in with. Only the hash of its cookie is kept.

    `place` is the company, of several of theirs, they have chosen to work in.
    """

    tenant = ForeignKeyField(Tenant, on_delete="CASCADE", index=False)
    person = ForeignKeyField(Person, on_delete="CASCADE")
    secret = CharField(unique=True)
    public_id = CharField(unique=True, default=public_id)
    created = TimeField(default=now)
    seen = TimeField(default=now)
    expires = TimeField()
    address = CharField(default="")
    agent = CharField(default="")
    confirmed = TimeField(default=now)
    place = ForeignKeyField(Company, null=True, on_delete="SET NULL", index=False)


class Token(TenantBase):
    """A link or key for exactly one purpose, person and tenant. Only its hash is kept."""

    tenant = ForeignKeyField(Tenant, on_delete="CASCADE", index=False)
    person = ForeignKeyField(Person, null=True, on_delete="CASCADE")
    purpose = CharField()
    secret = CharField(unique=True)
    public_id = CharField(unique=True, default=public_id)
    name = CharField(default="")
    data = JSONField(default=dict)
    created = TimeField(default=now)
    expires = TimeField(null=True)
    used = TimeField(null=True)
    revoked = BooleanField(default=False)
    seen = TimeField(null=True)


class Tries(LooseBase):
    """How often something was tried within a window of time, for all processes together."""

    name = CharField(primary_key=True)
    count = IntegerField()
    until = TimeField()


def digest(secret: str) -> str:
    """Hash a random secret for storage; 128 random bits need no salt and no slowness."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def same(a: str, b: str) -> bool:
    """Compare two secrets in constant time."""
    return hmac.compare_digest(a.encode(), b.encode())


def open_session(person_id: int, *, hours: int, address: str, agent: str) -> str:
    """Sign somebody in and give the secret for their cookie; they begin in the company they chose last."""
    secret = secrets.token_urlsafe(32)
    moment = now()
    last = first(door(Person.select(Person.place), Person).where(Person.id == person_id))
    door(Session.insert(tenant=scope.current().tenant_id, person=person_id, secret=digest(secret),
                        public_id=public_id(), created=moment, seen=moment,
                        expires=moment + timedelta(hours=hours), address=address, agent=agent[:300],
                        place=last.place_id if last else None),
         Session).execute()
    return secret


def touch_session(session_id: int) -> None:
    """Remember that a session is in use; called at most once a minute per session."""
    door(Session.update(seen=now()), Session).where(Session.id == session_id).execute()


def choose_place(public_id: str, company_id: int | None) -> None:
    """Let whoever asks work in one company of theirs (None: in all), in this session and from the next one on.

    Raises NotFound for a company that is not theirs.
    """
    who = scope.current()
    if company_id is not None and company_id not in {member.company_id for member in who.me.memberships}:
        raise NotFound
    with transaction():
        door(Session.update(place=company_id), Session).where(
            Session.tenant == who.tenant_id, Session.person == who.me.id, Session.public_id == public_id).execute()
        door(Person.update(place=company_id), Person).where(
            Person.tenant == who.tenant_id, Person.id == who.me.id).execute()


def sessions(person_id: int) -> list[Any]:
    """Give somebody's open sessions, newest first."""
    return fetch(door(Session.select(Session.public_id, Session.created, Session.seen, Session.address,
                                     Session.agent, Session.expires), Session).where(
        Session.tenant == scope.current().tenant_id, Session.person == person_id,
        Session.expires > now()).order_by(Session.seen.desc()))


def confirmed(public_id: str) -> datetime | None:
    """Say when whoever sits at a session proved last who they are."""
    row = first(door(Session.select(Session.confirmed), Session).where(
        Session.tenant == scope.current().tenant_id, Session.public_id == public_id))
    return row.confirmed if row else None


def confirm(public_id: str) -> None:
    """Note that whoever sits at a session has just proved who they are."""
    door(Session.update(confirmed=now()), Session).where(
        Session.tenant == scope.current().tenant_id, Session.public_id == public_id).execute()


def end_session(secret: str) -> None:
    """Sign a browser out."""
    door(Session.delete(), Session).where(
        Session.tenant == scope.current().tenant_id, Session.secret == digest(secret)).execute()


def end_sessions(person_id: int, *, public_id: str | None = None, but: str | None = None) -> int:
    """End somebody's sessions: one, all, or all but the one with this public identifier."""
    query = door(Session.delete(), Session).where(
        Session.tenant == scope.current().tenant_id, Session.person == person_id)
    if public_id is not None:
        query = query.where(Session.public_id == public_id)
    if but is not None:
        query = query.where(Session.public_id != but)
    return int(query.execute())


def make_token(purpose: str, person_id: int | None, *, lasts: timedelta | None, name: str = "",
               data: Mapping[str, Any] | None = None, alone: bool = True) -> str:
    """Make a token for one purpose and give its secret, shown once. `alone` ends earlier unused ones."""
    secret = secrets.token_urlsafe(32)
    tenant = scope.current().tenant_id
    with transaction():
        if alone and person_id is not None:
            revoke_tokens(purpose, person_id)
        door(Token.insert(tenant=tenant, person=person_id, purpose=purpose, secret=digest(secret), name=name,
                          public_id=public_id(), data=dict(data or {}),
                          expires=now() + lasts if lasts else None), Token).execute()
    return secret


_TOKEN = (Token.id, Token.public_id, Token.person, Token.purpose, Token.name, Token.data, Token.created,
          Token.expires, Token.used, Token.revoked, Token.seen)


def token(purpose: str, secret: str, *, hold: bool = False) -> Any:
    """Give a live token. Raises NotFound for what never was one, Gone for used, expired or withdrawn.

    `hold` lets nobody change it until the transaction ends.
    """
    query = door(Token.select(*_TOKEN), Token).where(
        Token.tenant == scope.current().tenant_id, Token.purpose == purpose, Token.secret == digest(secret))
    row = first(query.for_update() if hold and not is_sqlite() else query)
    if row is None:
        raise NotFound
    if row.revoked or row.used or (row.expires and row.expires <= now()):
        raise Gone
    return row


def renew_token(token_id: int) -> str | None:
    """Give a live token a new secret, which nobody has seen yet: the moment before it is mailed. Else None.

    So a link's secret stands in no table and no queue, only its hash, and only the newest letter counts.
    """
    secret = secrets.token_urlsafe(32)
    changed = door(Token.update(secret=digest(secret)), Token).where(
        Token.tenant == scope.current().tenant_id, Token.id == token_id, Token.used.is_null(),
        Token.revoked == False,  # noqa: E712 - an SQL expression, not a comparison
        Token.expires.is_null() | (Token.expires > now())).execute()
    return secret if changed else None


def use_token(purpose: str, secret: str) -> Any:
    """Take a token for good, inside the transaction of what it allows: of many tries at once one wins.

    What it held (a hash, an address) is in the row given back and nowhere else from here on.
    """
    row = token(purpose, secret, hold=True)
    taken = door(Token.update(used=now(), data={}), Token).where(
        Token.id == row.id, Token.used.is_null(), Token.revoked == False).execute()  # noqa: E712
    if not taken:
        raise Gone
    return row


def revoke_tokens(purpose: str, person_id: int | None = None, *, name: str | None = None,
                  public_id: str | None = None) -> int:
    """Make unused tokens of a purpose worthless: all of somebody, all of a name, or one; say how many."""
    query = door(Token.update(revoked=True), Token).where(
        Token.tenant == scope.current().tenant_id, Token.purpose == purpose, Token.used.is_null(),
        Token.revoked == False)  # noqa: E712 - an SQL expression, not a comparison
    for column, wanted in ((Token.person, person_id), (Token.name, name), (Token.public_id, public_id)):
        if wanted is not None:
            query = query.where(column == wanted)
    return int(query.execute())


def revoke_all(person_id: int, *purposes: str) -> None:
    """Make all unused tokens of somebody worthless, of these purposes, or of every one where none is named."""
    query = door(Token.update(revoked=True), Token).where(
        Token.tenant == scope.current().tenant_id, Token.person == person_id, Token.used.is_null())
    (query.where(Token.purpose.in_(purposes)) if purposes else query).execute()


def end_mailed(person_id: int) -> None:
    """Make worthless what was mailed to somebody's address so far: it is theirs no more."""
    revoke_all(person_id, "reset", *NEW_ADDRESS, "invite")


def tokens(purpose: str, person_id: int | None = None, *, live: bool = False, limit: int = 1000,
           about: Mapping[str, Any] | None = None) -> list[Any]:
    """Give the tokens of a purpose, newest first, of one person or of the tenant.

    `live`: only usable ones; `about`: only those whose data holds these values.
    """
    query = door(Token.select(*_TOKEN), Token).where(
        Token.tenant == scope.current().tenant_id, Token.purpose == purpose)
    if person_id is not None:
        query = query.where(Token.person == person_id)
    for key, value in (about or {}).items():
        query = query.where(Token.data[key] == value)
    if live:
        query = query.where(Token.used.is_null(), Token.revoked == False,  # noqa: E712 - an SQL expression
                            Token.expires.is_null() | (Token.expires > now()))
    return fetch(query.order_by(Token.id.desc()).limit(limit))


def token_by_id(purpose: str, public_id: str) -> Any:
    """Give a token by its public identifier, whatever state it is in. Raises NotFound."""
    row = first(door(Token.select(*_TOKEN), Token).where(
        Token.tenant == scope.current().tenant_id, Token.purpose == purpose, Token.public_id == public_id))
    if row is None:
        raise NotFound
    return row


def in_turn(person_id: int) -> None:
    """Let changes of one person pass one by one until the transaction at hand ends. Raises NotFound."""
    query = door(Person.select(Person.id), Person).where(
        Person.id == person_id, Person.tenant == scope.current().tenant_id)
    if first(query if is_sqlite() else query.for_update()) is None:  # SQLite has one writer at a time anyway
        raise NotFound


def bearer(tenant_id: int, secret: str) -> Any | None:
    """Give an API key's token joined to its active person, or None."""
    return first(door(Token.select(Token.id.alias("token"), Token.data.alias("token_data"), *PERSON),
                      Token, Person).join(Person).where(
        Token.tenant == tenant_id, Token.purpose == "api", Token.secret == digest(secret),
        Token.revoked == False, Person.active == True,  # noqa: E712
        Token.expires.is_null() | (Token.expires > now())))


def limit(name: str, most: int, seconds: int) -> None:
    """Count one try of `name` in a fixed window of time. Raises TooMany past `most`, in any process."""
    hashed = digest(name)
    moment = now()
    with loose.atomic():
        Tries.insert(name=hashed, count=1, until=moment + timedelta(seconds=seconds)).on_conflict(
            conflict_target=[Tries.name], update={Tries.count: Tries.count + 1}).execute()
        row: Any = Tries.get_by_id(hashed)
        tried, until = int(row.count), row.until
        if until <= moment:
            Tries.update(count=1, until=moment + timedelta(seconds=seconds)).where(Tries.name == hashed).execute()
            return
    if tried > most:
        wait = max(1, int((until - moment).total_seconds()))
        raise TooMany(retry_after=wait)


def closed(name: str, most: int) -> int:
    """Say for how many seconds more `name` is past its limit, 0 where it is not; nothing is counted."""
    row = Tries.select(Tries.count, Tries.until).where(Tries.name == digest(name)).first()
    left = (row.until - now()).total_seconds() if row is not None and row.count >= most else 0
    return max(0, int(left))


def give_back(name: str) -> None:
    """Take one try back that `limit` counted in the window at hand."""
    Tries.update(count=Tries.count - 1).where(Tries.name == digest(name), Tries.count > 0).execute()


def forget_tries(name: str) -> None:
    """Start counting anew after a success."""
    Tries.delete().where(Tries.name == digest(name)).execute()


def sweep(before: datetime) -> None:
    """Drop what is over, of all tenants: sessions, links, windows of tries."""
    door(Session.delete(), Session).where(Session.expires < before).execute()
    door(Token.delete(), Token).where(Token.expires < before - KEEP_TOKENS).execute()
    door(Token.update(data={}), Token).where(
        Token.purpose == "register", Token.expires < before).execute()  # the hash of a password nobody uses
    Tries.delete().where(Tries.until < before).execute()
