"""Where people have to come from: networks for everybody and for the team, as the tenant chose them."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from core.data import directory
from core.data.scope import Scope, Who
from core.web import session

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@lru_cache(maxsize=256)
def _parsed(networks: tuple[str, ...]) -> tuple[Network, ...]:
    return tuple(ipaddress.ip_network(network, strict=False) for network in networks)


def within(networks: Sequence[str], address: str) -> bool:
    """Say whether an address lies in one of these networks; no network at all means everywhere."""
    if not networks:
        return True
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    here = getattr(parsed, "ipv4_mapped", None) or parsed
    return any(here in network for network in _parsed(tuple(networks)))


def open_to(settings: Any, address: str, *, staff: bool) -> bool:
    """Say whether somebody may come from there: everybody's networks, and for the team its own as well."""
    rules = settings.value("security.networks") or {}
    return within(rules.get("everybody") or (), address) and (
        not staff or within(rules.get("staff") or (), address))


def closed(who: Scope) -> bool:
    """Say whether the portal is not there for the address this request comes from."""
    return not open_to(who.settings, session.address(), staff=False)


def admitted(who: Scope, person: Who) -> bool:
    """Say whether somebody may come in at all, from where this request comes."""
    return directory.admitted(who, person) and open_to(who.settings, session.address(), staff=person.is_staff)
