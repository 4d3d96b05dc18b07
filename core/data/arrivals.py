"""Who came in, when, how, from where and with what, and who tried: people see it, and new devices are told of."""

from __future__ import annotations

import ipaddress
from datetime import datetime
from typing import Any

from peewee import BooleanField, CharField, ForeignKeyField

from core.data import identity, scope
from core.data.db import TenantBase, TimeField, door, fetch, now
from core.data.people import Person, Tenant

BROWSERS = (("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"),
            ("Safari/", "Safari"))
SYSTEMS = (("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"),
           ("Mac OS X", "macOS"), ("Linux", "Linux"))
_OWN_HOUSE = tuple(ipaddress.ip_network(network) for network in (
    "127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1/128", "fc00::/7"))
LOOKED_AT = 200
"""How many of somebody's sign-ins are looked through for one with the same device."""


class SignIn(TenantBase):
    """One try to sign in, successful or not; `person` is empty where the name was nobody's.

    `how` says by what (password, passkey, link, invitation), after a + by what second step (code, recovery,
    passkey, remembered); where it failed, what did not fit, or "half": nobody took the second step.
    """

    tenant = ForeignKeyField(Tenant, on_delete="CASCADE", index=False)
    person = ForeignKeyField(Person, null=True, on_delete="CASCADE", index=False)
    ok = BooleanField()
    how = CharField(default="password")
    address = CharField(default="")
    agent = CharField(default="")
    browser = CharField(default="")
    created = TimeField(default=now)

    class Meta:
        """Read newest first for one person."""

        indexes = ((("person", "created"), False),)


def note(person_id: int | None, *, ok: bool, how: str, address: str, agent: str, browser: str = "") -> int:
    """Write down a try to sign in and give its key; known and unknown names leave one row each.

    `browser` is the hash of what this browser is known by, "" where it is not.
    """
    return int(door(SignIn.insert(tenant=scope.current().tenant_id, person=person_id, ok=ok, how=how,
                                  address=address, agent=agent[:250], browser=browser), SignIn).execute())


def complete(key: int, how: str, browser: str) -> None:
    """Let a try that had come half-way be a sign-in."""
    door(SignIn.update(ok=True, how=how, browser=browser), SignIn).where(
        SignIn.id == key, SignIn.tenant == scope.current().tenant_id).execute()


def kind_of(agent: str) -> tuple[str, str]:
    """Name browser and system by what a browser says of itself, "" for what it does not say."""
    return (next((name for mark, name in BROWSERS if mark in agent), ""),
            next((name for mark, name in SYSTEMS if mark in agent), ""))


def known_device(person_id: int, address: str, agent: str, browser: str) -> bool:
    """Say whether somebody came in with this device before, or never came at all.

    It is the same by its own mark, or by browser, system and network together.
    """
    rows = fetch(_of(person_id, SignIn.address, SignIn.agent, SignIn.browser).where(
        SignIn.ok == True).order_by(SignIn.id.desc()).limit(LOOKED_AT))  # noqa: E712 - an SQL expression
    here = (kind_of(agent), identity.network(address))
    return not rows or any((browser and row.browser == browser)
                           or (kind_of(row.agent), identity.network(row.address)) == here for row in rows)


def _of(person_id: int, *columns: Any) -> Any:
    return door(SignIn.select(*columns), SignIn).where(
        SignIn.tenant == scope.current().tenant_id, SignIn.person == person_id)


def history(person_id: int, limit: int = 20, before: datetime | None = None) -> list[Any]:
    """Give somebody's latest sign-ins and failed tries, newest first; those from before a moment."""
    query = _of(person_id, SignIn.ok, SignIn.how, SignIn.address, SignIn.agent, SignIn.created)
    if before is not None:
        query = query.where(SignIn.created < before)
    return fetch(query.order_by(SignIn.created.desc(), SignIn.id.desc()).limit(limit))


def shortened(address: str) -> str:
    """Give an address for showing: enough to recognise a network, not enough to name a machine.

    Addresses of one's own house (loopback, private ones) are shown whole.
    """
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    found = getattr(parsed, "ipv4_mapped", None) or parsed
    if any(found in network for network in _OWN_HOUSE):
        return str(found)
    parts = found.exploded.split("." if found.version == 4 else ":")
    return ".".join([*parts[:3], "…"]) if found.version == 4 else ":".join(
        [*(part.lstrip("0") or "0" for part in parts[:4]), "…"])


def sweep(before: datetime) -> None:
    """Drop sign-ins older than a moment, of all tenants."""
    door(SignIn.delete(), SignIn).where(SignIn.created < before).execute()
