"""What a company is called in addresses: its identifier, and those it had before, which go on leading to it."""

from __future__ import annotations

from typing import Any

from peewee import CharField, ForeignKeyField

from core.data import people, scope
from core.data.db import TenantBase, TimeField, door, fetch, first, now, transaction
from core.data.people import COMPANY, Company, Tenant
from core.errors import FieldError, Invalid


class FormerIdentifier(TenantBase):
    """An identifier a company had before; it is kept for that company and leads to its present one."""

    tenant = ForeignKeyField(Tenant, on_delete="CASCADE", index=False)
    company = ForeignKeyField(Company, on_delete="CASCADE")
    identifier = CharField()
    created = TimeField(default=now)

    class Meta:
        """One company per identifier."""

        indexes = ((("tenant", "identifier"), True),)


def N_(text: str) -> str:  # noqa: N802 - the name that the extraction of texts looks for
    """Mark a text for translation, which happens where it is shown."""
    return text


def answering(identifier: str) -> Any | None:
    """Give the company that has an identifier now, else the one that had it before, else None."""
    tenant = scope.current().tenant_id
    found = first(door(Company.select(*COMPANY), Company).where(
        Company.tenant == tenant, Company.identifier == identifier))
    return found or first(door(Company.select(*COMPANY), Company, FormerIdentifier).join(
        FormerIdentifier, on=(FormerIdentifier.company == Company.id)).where(
        Company.tenant == tenant, FormerIdentifier.tenant == tenant, FormerIdentifier.identifier == identifier))


def former(company_id: int) -> list[Any]:
    """Give the identifiers a company had before, the latest first."""
    return fetch(door(FormerIdentifier.select(FormerIdentifier.identifier, FormerIdentifier.created),
                      FormerIdentifier).where(
        FormerIdentifier.tenant == scope.current().tenant_id, FormerIdentifier.company == company_id).order_by(
        FormerIdentifier.created.desc(), FormerIdentifier.id.desc()))


def free(identifier: str, company_id: int | None = None) -> None:
    """See that a company may take an identifier. Raises Invalid where it is, or was, another one's."""
    found = answering(identifier)
    if found is not None and found.id != company_id:
        text = N_("Another company has this identifier.") if found.identifier == identifier else N_(
            "Another company had this identifier; links to it still lead there.")
        raise Invalid([FieldError("identifier", text, "taken")])


def rename(company: Any, identifier: str) -> None:
    """Give a company another identifier; the one it had leads to it from now on. Raises Invalid."""
    if identifier == company.identifier:
        return
    with transaction():
        free(identifier, company.id)
        let_go(company.id, identifier)
        people.change_company(company.id, identifier=identifier)
        remember(company.id, company.identifier)


def remember(company_id: int, identifier: str) -> None:
    """Let an identifier that nobody has any more lead to a company."""
    door(FormerIdentifier.insert(
        tenant=scope.current().tenant_id, company=company_id, identifier=identifier).on_conflict(
        conflict_target=[FormerIdentifier.tenant, FormerIdentifier.identifier],
        update={FormerIdentifier.company: company_id, FormerIdentifier.created: now()}),
        FormerIdentifier).execute()


def let_go(company_id: int, identifier: str) -> bool:
    """Let an identifier a company had before lead nowhere; say whether there was one."""
    return bool(door(FormerIdentifier.delete(), FormerIdentifier).where(
        FormerIdentifier.tenant == scope.current().tenant_id, FormerIdentifier.company == company_id,
        FormerIdentifier.identifier == identifier).execute())
