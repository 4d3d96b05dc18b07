"""What somebody has beside a password: an authenticator app, passkeys, recovery codes.

What an app and the portal share follows from the installation's secret and a random number of the row, so that
rows alone give no codes away.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pyotp
from peewee import BigIntegerField, BooleanField, CharField, ForeignKeyField, JSONField, TextField

from core.data import credentials, identity, passwords, scope
from core.data.db import (
    LooseBase,
    TenantBase,
    TimeField,
    door,
    fetch,
    first,
    loose,
    now,
    public_id,
    transaction,
)
from core.data.people import Person, Tenant
from core.errors import Conflict, NotFound

CODES = 10
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
"""Of recovery codes: none that looks like another."""

MOST_PASSKEYS = 20
STEP = 30
"""Seconds a code of an app stands for (RFC 6238, 5.2)."""


class Authenticator(TenantBase):
    """An app that shows codes. `step` is the newest moment one of its codes was taken for: none counts twice."""

    tenant = ForeignKeyField(Tenant, on_delete="CASCADE", index=False)
    person = ForeignKeyField(Person, on_delete="CASCADE", index=False)
    salt = CharField()
    step = BigIntegerField(default=0)
    confirmed = BooleanField(default=False)
    created = TimeField(default=now)

    class Meta:
        """One that counts, and one that is being set up."""

        indexes = ((("person", "confirmed"), True),)


class RecoveryCode(TenantBase):
    """A code for whoever lost everything else, good once. Only its slow hash is kept."""

    tenant = ForeignKeyField(Tenant, on_delete="CASCADE", index=False)
    person = ForeignKeyField(Person, on_delete="CASCADE")
    salt = CharField()
    hashed = CharField()
    used = TimeField(null=True)
    created = TimeField(default=now)


class Passkey(TenantBase):
    """A key pair of which we know the public half (W3C Web Authentication, level 2)."""

    tenant = ForeignKeyField(Tenant, on_delete="CASCADE", index=False)
    person = ForeignKeyField(Person, on_delete="CASCADE")
    public_id = CharField(unique=True, default=public_id)
    credential = CharField(max_length=1400)
    public_key = TextField()
    counter = BigIntegerField(default=0)
    name = CharField()
    transports = JSONField(default=list)
    created = TimeField(default=now)
    seen = TimeField(null=True)

    class Meta:
        """One of a name that its maker chose per tenant."""

        indexes = ((("tenant", "credential"), True),)


class Challenge(LooseBase):
    """A question that a passkey is to answer once, within minutes. Only its hash is kept."""

    name = CharField(primary_key=True)
    until = TimeField()


@dataclass(frozen=True)
class Factors:
    """What somebody has: since when an app, which passkeys, how many recovery codes are left."""

    app: datetime | None
    passkeys: tuple[Any, ...]
    codes: int

    def __bool__(self) -> bool:
        return self.app is not None or bool(self.passkeys)


NONE = Factors(None, (), 0)


def of(person_id: int) -> Factors:
    """Give what somebody of this tenant has beside a password."""
    app = first(_apps(person_id, Authenticator.created).where(Authenticator.confirmed == True))  # noqa: E712
    left = fetch(_codes(person_id, RecoveryCode.id).where(RecoveryCode.used.is_null()))
    return Factors(app.created if app else None, tuple(passkeys(person_id)), len(left))


def _apps(person_id: int, *columns: Any) -> Any:
    return door(Authenticator.select(*columns), Authenticator).where(
        Authenticator.tenant == scope.current().tenant_id, Authenticator.person == person_id)


def _codes(person_id: int, *columns: Any) -> Any:
    return door(RecoveryCode.select(*columns), RecoveryCode).where(
        RecoveryCode.tenant == scope.current().tenant_id, RecoveryCode.person == person_id)


def _settle(person_id: int) -> None:
    """Keep with the person whether a password alone lets them in; every request knows it without asking."""
    app = first(_apps(person_id, Authenticator.id).where(Authenticator.confirmed == True))  # noqa: E712
    door(Person.update(two_factor=bool(app or passkeys(person_id))), Person).where(
        Person.id == person_id, Person.tenant == scope.current().tenant_id).execute()


# Authenticator apps


def begin_app(person_id: int) -> None:
    """Begin to set an app up; one that was begun before is forgotten, one that counts goes on counting."""
    with transaction():
        _drop_apps(person_id, confirmed=False)
        door(Authenticator.insert(tenant=scope.current().tenant_id, person=person_id,
                                  salt=secrets.token_urlsafe(16)), Authenticator).execute()


def _drop_apps(person_id: int, *, confirmed: bool) -> None:
    door(Authenticator.delete(), Authenticator).where(
        Authenticator.tenant == scope.current().tenant_id, Authenticator.person == person_id,
        Authenticator.confirmed == confirmed).execute()


def app_secret(person_id: int, key: str) -> str:
    """Give what the app being set up has to know, in base32. Raises NotFound where none is being set up.

    `key` is the installation's secret.
    """
    row = first(_apps(person_id, Authenticator.salt).where(Authenticator.confirmed == False))  # noqa: E712
    if row is None:
        raise NotFound
    return _shared(row.salt, key)


def app_address(person_id: int, key: str, *, name: str, portal: str) -> str:
    """Give the same as the address that apps read from a QR code (otpauth:). Raises NotFound."""
    return pyotp.TOTP(app_secret(person_id, key)).provisioning_uri(name=name, issuer_name=portal.replace(":", " "))


def _shared(salt: str, key: str) -> str:
    made = hmac.new(key.encode(), f"authenticator:{salt}".encode(), hashlib.sha256).digest()
    return base64.b32encode(made[:20]).decode()


def finish_app(person_id: int, code: str, key: str) -> bool:
    """Let the app being set up count from now on, in the former one's place, if its code is right."""
    row = first(_apps(person_id, *_APP).where(Authenticator.confirmed == False))  # noqa: E712
    step = _step(row, code, key) if row else None
    if row is None or step is None:
        return False
    with transaction():
        _drop_apps(person_id, confirmed=True)
        done = door(Authenticator.update(confirmed=True, step=step, created=now()), Authenticator).where(
            Authenticator.id == row.id, Authenticator.step < step).execute()
        _settle(person_id)
    return bool(done)


_APP = (Authenticator.id, Authenticator.salt, Authenticator.step)


def use_code(person_id: int, code: str, key: str) -> bool:
    """Take a code of somebody's app, shown now or half a minute around; of many at once one counts, once."""
    row = first(_apps(person_id, *_APP).where(Authenticator.confirmed == True))  # noqa: E712
    step = _step(row, code, key) if row else None
    if row is None or step is None:
        return False
    return bool(door(Authenticator.update(step=step), Authenticator).where(
        Authenticator.id == row.id, Authenticator.step < step).execute())


def _step(row: Any, code: str, key: str) -> int | None:
    """Give the moment a code stands for, None where it stands for none that may still be used."""
    digits = identity.key(code).replace(" ", "").replace("-", "")
    if len(digits) != 6 or not (digits.isascii() and digits.isdecimal()):
        return None
    made, here = pyotp.TOTP(_shared(row.salt, key)), int(now().timestamp()) // STEP
    found = None
    for step in (here - 1, here, here + 1):
        if credentials.same(made.generate_otp(step), digits) and step > row.step:
            found = step
    return found


def drop_app(person_id: int) -> None:
    """Take somebody's app away; the recovery codes go with the last thing they recover."""
    with transaction():
        _drop_apps(person_id, confirmed=True)
        _drop_apps(person_id, confirmed=False)
        _left(person_id)


def _left(person_id: int) -> None:
    _settle(person_id)
    if not of(person_id):
        store_codes(person_id, Codes((), "", ()))


# Recovery codes


@dataclass(frozen=True)
class Codes:
    """New recovery codes, as people write them down, and what is kept of them."""

    shown: tuple[str, ...]
    salt: str
    hashes: tuple[str, ...]


def make_codes() -> Codes:
    """Make recovery codes; hashing takes a while, so it is not done inside a transaction."""
    salt = secrets.token_hex(16)
    codes = ["".join(secrets.choice(LETTERS) for _letter in range(10)) for _code in range(CODES)]
    shown = tuple(f"{code[:5]}-{code[5:]}" for code in codes)
    return Codes(shown, salt, tuple(passwords.stretch(code, salt) for code in codes))


def store_codes(person_id: int, made: Codes) -> None:
    """Let these recovery codes count, and none of the earlier ones."""
    tenant = scope.current().tenant_id
    with transaction():
        door(RecoveryCode.delete(), RecoveryCode).where(
            RecoveryCode.tenant == tenant, RecoveryCode.person == person_id).execute()
        for hashed in made.hashes:
            door(RecoveryCode.insert(tenant=tenant, person=person_id, salt=made.salt, hashed=hashed),
                 RecoveryCode).execute()


def use_recovery_code(person_id: int, code: str) -> bool:
    """Take a recovery code for good; of many tries at once one gets through."""
    row = first(_codes(person_id, RecoveryCode.salt))
    typed = "".join(letter for letter in identity.key(code) if letter.isalnum())[:40]
    hashed = passwords.stretch(typed, row.salt if row else "0" * 32)
    return bool(door(RecoveryCode.update(used=now()), RecoveryCode).where(
        RecoveryCode.tenant == scope.current().tenant_id, RecoveryCode.person == person_id,
        RecoveryCode.hashed == hashed, RecoveryCode.used.is_null()).execute())


# Passkeys

PASSKEY = (Passkey.id, Passkey.person, Passkey.public_id, Passkey.credential, Passkey.public_key, Passkey.counter,
           Passkey.name, Passkey.transports, Passkey.created, Passkey.seen)


def passkeys(person_id: int) -> list[Any]:
    """Give somebody's passkeys, oldest first."""
    return fetch(door(Passkey.select(*PASSKEY), Passkey).where(
        Passkey.tenant == scope.current().tenant_id, Passkey.person == person_id).order_by(Passkey.id))


def passkey(credential: str) -> Any | None:
    """Give the passkey of this tenant that its maker calls so, or None."""
    return first(door(Passkey.select(*PASSKEY), Passkey).where(
        Passkey.tenant == scope.current().tenant_id, Passkey.credential == credential))


def add_passkey(person_id: int, credential: str, public_key: str, *, counter: int, name: str,
                transports: Sequence[str] = ()) -> None:
    """Keep a new passkey. Raises Conflict for one that is kept already, or past twenty."""
    with transaction():
        if passkey(credential) is not None or len(passkeys(person_id)) >= MOST_PASSKEYS:
            raise Conflict
        door(Passkey.insert(tenant=scope.current().tenant_id, person=person_id, credential=credential,
                            public_key=public_key, counter=counter, name=name, transports=list(transports)),
             Passkey).execute()
        _settle(person_id)


def answered(passkey_id: int, counter: int) -> bool:
    """Note that a passkey was used; False where its counter stands still: somebody has a copy of it."""
    return bool(door(Passkey.update(counter=counter, seen=now()), Passkey).where(
        Passkey.id == passkey_id, Passkey.tenant == scope.current().tenant_id,
        (Passkey.counter < counter) | (Passkey.counter == 0) & (counter == 0)).execute())


def rename_passkey(person_id: int, public_id: str, name: str) -> None:
    """Give a passkey of somebody another name. Raises NotFound."""
    _one(door(Passkey.update(name=name), Passkey), person_id, public_id)


def drop_passkey(person_id: int, public_id: str) -> None:
    """Take a passkey of somebody away. Raises NotFound."""
    with transaction():
        _one(door(Passkey.delete(), Passkey), person_id, public_id)
        _left(person_id)


def _one(query: Any, person_id: int, public_id: str) -> None:
    if not query.where(Passkey.tenant == scope.current().tenant_id, Passkey.person == person_id,
                       Passkey.public_id == public_id).execute():
        raise NotFound


def drop_all(person_id: int) -> None:
    """Take all of it away: app, passkeys, recovery codes; a password alone lets them in again."""
    with transaction():
        door(Passkey.delete(), Passkey).where(
            Passkey.tenant == scope.current().tenant_id, Passkey.person == person_id).execute()
        drop_app(person_id)


# Questions to passkeys


def challenge(purpose: str, minutes: int = 5) -> str:
    """Make a question for a passkey, good for one answer to this purpose ("sign-in", "register:17")."""
    asked = secrets.token_urlsafe(32)
    Challenge.insert(name=_challenge(purpose, asked), until=now() + timedelta(minutes=minutes)).execute()
    return asked


def _challenge(purpose: str, asked: str) -> str:
    return credentials.digest(f"{scope.current().tenant_id}:{purpose}:{asked}")


def take_challenge(purpose: str, asked: str) -> bool:
    """Say whether we asked that for this purpose and have no answer yet; from now on we have one."""
    with loose.atomic():
        return bool(Challenge.delete().where(
            Challenge.name == _challenge(purpose, asked), Challenge.until > now()).execute())


def sweep(before: datetime) -> None:
    """Drop questions nobody answered."""
    Challenge.delete().where(Challenge.until < before).execute()
