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
