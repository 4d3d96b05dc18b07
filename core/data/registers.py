"""What settings may name: the teams, the staff and the companies a tenant has at this moment."""

from __future__ import annotations

from core.config.references import Register
from core.data import identity, people


def known(source: str) -> Register | None:
    """Give what the tenant at hand has under `portal.teams`, `portal.staff` or `portal.companies`."""
    if source == "portal.teams":
        return Register(tuple(row.key for row in people.teams()))
    if source == "portal.staff":
        staff = people.people(staff=True, active=True)
        return Register(tuple(row.email or row.login for row in staff), identity.email_key)
    if source == "portal.companies":
        return Register(tuple(row.identifier for row in people.companies()))
    return None


def called_by(source: str) -> dict[str, str]:
    """Give what people call each name of a register, {} for one whose names are what people call them."""
    if source == "portal.companies":
        return {row.identifier: row.name for row in people.companies()}
    if source == "portal.teams":
        return {row.key: row.name for row in people.teams()}
    if source == "portal.staff":
        return {row.email: row.name for row in people.people(staff=True, active=True) if row.email}
    return {}
