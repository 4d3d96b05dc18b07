"""For whom a new record is: customers choose among their companies, staff a customer, a company, or both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.data import begin, people, scope
from core.data.access import reach
from core.data.reach import chosen as chosen_company
from core.data.scope import Member
from core.errors import FieldError, Invalid
from core.look.i18n import N_
from core.look.i18n import gettext as _

SUBJECT = 200
"""Characters of a subject that is taken over."""


@dataclass(frozen=True)
class Party:
    """Person and company by internal key, and the company's identifier."""

    person: int | None
    company: int | None = None
    identifier: str = ""


def _places(permission: str) -> list[Member]:
    """Give the companies a customer may write for: those the permission reaches, the chosen one first."""
    who = scope.current()
    reached, here = {way.company for way in reach(who, permission).ways}, chosen_company(who)
    mine = [member for member in who.me.memberships if member.company_id in reached]
    return sorted(mine, key=lambda member: member is not here)


def companies(permission: str) -> tuple[tuple[str, str], ...]:
    """Give the companies to choose from as (identifier, name): all for staff, a customer's own if several.

    Whoever has chosen the company to work in writes for that one; where they may not, the others are offered.
    """
    if scope.current().is_staff:
        return tuple((row.identifier, row.name) for row in people.companies())
    mine, here = _places(permission), chosen_company(scope.current())
    if here in mine or (here is None and len(mine) < 2):
        return ()
    return tuple((member.identifier, member.name) for member in mine)


def fields(choices: tuple[tuple[str, str], ...], *, staff: bool) -> dict[str, Any]:
    """Give the fields `requester` and `company` for a form, as far as there is something to choose."""
    found: dict[str, Any] = {}
    if staff:
        found["requester"] = {"type": "email", "label": N_("Customer"), "help": N_(
            "Their e-mail address. Leave it empty to write for a whole company.")}
    if choices:
        found["company"] = {"type": "choice", "label": N_("Company"), "options": dict(choices),
                            "required": not staff}
    return found


def about(row: Any | None) -> dict[str, Any]:
    """Give what a form says at first where a record begins from another: its subject, its text and whose it is."""
    if row is None:
        return {}
    said = {name: value for name, value in begin.told(row).items() if name in ("subject", "body")}
    said["subject"] = said["subject"][:SUBJECT]
    person = people.person(row.person_id) if row.person_id and scope.current().is_staff else None
    if person is not None and not person.role:
        said["requester"] = person.email or ""
    company = next(iter(people.companies([row.company_id])), None) if row.company_id else None
    return said | ({"company": company.identifier} if company else {})


def chosen(values: Mapping[str, Any], permission: str) -> Party:
    """Give whom cleaned values mean. Raises Invalid where they name nobody, or somebody else's company."""
    identifier = values.get("company") or ""
    if scope.current().is_staff:
        return _for_customer(values.get("requester") or "", identifier)
    mine = _places(permission)
    member = next((m for m in mine if not identifier or m.identifier == identifier), None)
    if identifier and member is None:
        raise _wrong("company", _("Choose one of your companies."), "choice")
    me = scope.current().me.id
    return Party(me, member.company_id, member.identifier) if member else Party(me)


def _for_customer(address: str, identifier: str) -> Party:
    row = people.by_address(address) if address else None
    if address and (row is None or row.role or not row.active):
        raise _wrong("requester", _("No customer has this address. Add them under People first."), "unknown")
    if row is None:
        company = next((c for c in people.companies() if c.identifier == identifier), None)
        if company is None:
            raise _wrong("requester", _("Say who this is for: a customer, a company, or both."), "required")
        return Party(None, company.id, identifier)
    theirs = people.memberships([row.id]).get(row.id, ())
    if not identifier and len(theirs) > 1:
        raise _wrong("company", _("They belong to several companies. Choose one."), "required")
    member = next((m for m in theirs if not identifier or m.identifier == identifier), None)
    if identifier and member is None:
        raise _wrong("company", _("They do not belong to this company."), "choice")
    return Party(row.id, member.company_id, member.identifier) if member else Party(row.id)


def _wrong(path: str, message: str, code: str) -> Invalid:
    return Invalid([FieldError(path, message, code)])
