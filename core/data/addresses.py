"""A company's address book: where to deliver and send bills; its people read it, its admins and staff keep it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from peewee import BooleanField, CharField, ForeignKeyField, TextField, fn

from core.data import scope
from core.data.db import TenantBase, TimeField, door, fetch, first, is_sqlite, now, public_id, transaction
from core.data.people import Company, Tenant
from core.data.reach import member_active
from core.errors import FieldError, Invalid, NotFound

MOST = 200
"""Addresses a company can have."""

LINES = 5
"""Lines above postal code and city."""


def N_(text: str) -> str:  # noqa: N802 - the name that the extraction of texts looks for
    """Mark a text for translation, which happens where it is shown."""
    return text


class Address(TenantBase):
    """One address of a company. `lines` stand above postal code and city, `country` is ISO 3166-1 alpha-2."""

    tenant = ForeignKeyField(Tenant, on_delete="CASCADE", index=False)
    company = ForeignKeyField(Company, on_delete="CASCADE")
    public_id = CharField(unique=True, default=public_id)
    label = CharField()
    lines = TextField(default="")
    postal_code = CharField(default="")
    city = CharField(default="")
    country = CharField(default="")
    delivery = BooleanField(default=False)
    billing = BooleanField(default=False)
    created = TimeField(default=now)
    changed = TimeField(default=now)

    class Meta:
        """Its own name: an address is many things."""

        table_name = "company_address"


SCHEMA: Mapping[str, Any] = {
    "type": "object", "required": ["label", "lines", "city", "country"],
    "properties": {
        "label": {"type": "string", "title": N_("Name"), "maxLength": 80,
                  "description": N_("How you tell it from others, such as Head office."),
                  "x-autocomplete": "off", "x-order": 10},
        "lines": {"type": "string", "title": N_("Company, street and number"), "x-widget": "longtext",
                  "description": N_("As it stands on a label, up to five lines."), "maxLength": 500,
                  "x-autocomplete": "street-address", "x-order": 20},
        "postal_code": {"type": "string", "title": N_("Postal code"), "maxLength": 16,
                        "pattern": r"^[0-9A-Za-z][0-9A-Za-z .\-]*$", "x-autocomplete": "postal-code",
                        "x-order": 30},
        "city": {"type": "string", "title": N_("Town"), "maxLength": 100, "x-autocomplete": "address-level2",
                 "x-order": 40},
        "country": {"type": "string", "title": N_("Country"), "x-widget": "country", "x-autocomplete": "country",
                    "x-order": 50},
        "delivery": {"type": "boolean", "x-order": 60, "title": N_("Deliver here unless said otherwise")},
        "billing": {"type": "boolean", "x-order": 70, "title": N_("Bills go here unless said otherwise")}}}
"""The form of an address; `add` and `change` take what it cleaned."""

_COLUMNS = (Address.id, Address.public_id, Address.company, Address.label, Address.lines, Address.postal_code,
            Address.city, Address.country, Address.delivery, Address.billing)
_WORDS = ("label", "lines", "postal_code", "city", "country", "delivery", "billing")


def _within(company_id: int) -> None:
    """See that whoever asks may read a company's addresses: staff, and its own people. Raises NotFound."""
    who = scope.current()
    if who.is_staff:
        if not fetch(door(Company.select(Company.id), Company).where(
                Company.tenant == who.tenant_id, Company.id == company_id)):
            raise NotFound
    elif not any(one.company_id == company_id and member_active(who, one) for one in who.me.memberships):
        raise NotFound


def _to_keep(company_id: int) -> None:
    """See that whoever asks may change a company's addresses: staff, and its own admins. Raises NotFound."""
    _within(company_id)
    who = scope.current()
    if not who.is_staff and not any(one.company_id == company_id and one.role == "company_admin"
                                    for one in who.me.memberships):
        raise NotFound


def _of(company_id: int, *columns: Any) -> Any:
    return door(Address.select(*columns), Address).where(
        Address.tenant == scope.current().tenant_id, Address.company == company_id)


def of(company_id: int) -> list[Any]:
    """Give the addresses of a company, those by default first, then by name.

    Its own people and staff may ask. Raises NotFound for everybody else.
    """
    _within(company_id)
    return fetch(_of(company_id, *_COLUMNS).order_by(
        Address.delivery.desc(), Address.billing.desc(), fn.LOWER(Address.label), Address.id))


def one(public_id: str, company_id: int | None = None) -> Any:
    """Give an address by its public identifier, of this company where one is named. Raises NotFound."""
    row = first(door(Address.select(*_COLUMNS), Address).where(
        Address.tenant == scope.current().tenant_id, Address.public_id == public_id))
    if row is None or (company_id is not None and row.company_id != company_id):
        raise NotFound
    _within(row.company_id)
    return row


def written(row: Any) -> list[str]:
    """Write an address line by line, without its country."""
    return [*filter(None, (line.strip() for line in row.lines.splitlines())),
            *filter(None, [f"{row.postal_code} {row.city}".strip()])]


def add(company_id: int, values: Mapping[str, Any]) -> Any:
    """Add an address; the first one is where things go by default. Raises Invalid and NotFound."""
    _to_keep(company_id)
    with transaction():
        _alone(company_id)
        known = int(fetch(_of(company_id, fn.COUNT(Address.id).alias("n")))[0].n)
        if known >= MOST:
            raise Invalid([FieldError("", N_("The address book is full. Remove an address first."), "full")])
        wanted = _checked(values) | ({} if known else {"delivery": True, "billing": True})
        _only(company_id, wanted)
        made = door(Address.insert(tenant=scope.current().tenant_id, company=company_id, public_id=public_id(),
                                   **wanted), Address).execute()
        return first(_of(company_id, *_COLUMNS).where(Address.id == int(made)))


def change(row: Any, values: Mapping[str, Any]) -> None:
    """Change an address that `one` gave. Raises Invalid and NotFound."""
    _to_keep(row.company_id)
    wanted = _checked(values)
    with transaction():
        _alone(row.company_id)
        _only(row.company_id, wanted)
        if not door(Address.update(changed=now(), **wanted), Address).where(
                Address.id == row.id, Address.tenant == scope.current().tenant_id).execute():
            raise NotFound


def remove(row: Any) -> None:
    """Take an address that `one` gave out of the book; what was ordered keeps what it says. Raises NotFound."""
    _to_keep(row.company_id)
    with transaction():
        door(Address.delete(), Address).where(
            Address.id == row.id, Address.tenant == scope.current().tenant_id).execute()


def _alone(company_id: int) -> None:
    if not is_sqlite():  # there the writers take turns anyway
        fetch(door(Company.select(Company.id), Company).where(
            Company.tenant == scope.current().tenant_id, Company.id == company_id).for_update())


def _only(company_id: int, wanted: Mapping[str, Any]) -> None:
    """Let an address be the only one of its company by default, for delivery and for bills."""
    for name in ("delivery", "billing"):
        if wanted.get(name):
            door(Address.update({getattr(Address, name): False}), Address).where(
                Address.tenant == scope.current().tenant_id, Address.company == company_id).execute()


def _checked(values: Mapping[str, Any]) -> dict[str, Any]:
    found = {name: values[name] for name in _WORDS if name in values}
    found["label"] = " ".join(str(found.get("label", "")).split())
    found["lines"] = "\n".join(filter(None, (" ".join(line.split()) for line in str(found["lines"]).splitlines())))
    if found["lines"].count("\n") >= LINES:
        raise Invalid([FieldError("lines", N_("Five lines at most."), "lines")])
    return found
