"""What only the team knows of a person: when they were here last, what the CRM calls them, notes about them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from peewee import CharField, ForeignKeyField, IntegrityError, TextField

from core.data import scope
from core.data.db import EPOCH, TenantBase, TimeField, door, first, kept_write, late, now, transaction
from core.data.people import Person, Tenant
from core.errors import FieldError, Invalid

EVERY = timedelta(minutes=15)
"""So exactly it is known when somebody was here last."""

LONGEST = 10_000
"""Characters of notes."""


def N_(text: str) -> str:  # noqa: N802 - the name that the extraction of texts looks for
    """Mark a text for translation, which happens where it is shown."""
    return text


class Dossier(TenantBase):
    """What customers never see of themselves. `external` is their identifier in another system."""

    tenant = ForeignKeyField(Tenant, on_delete="CASCADE", index=False)
    person = ForeignKeyField(Person, unique=True, on_delete="CASCADE")
    seen = TimeField(null=True)
    external = CharField(null=True)
    notes = TextField(default="")

    class Meta:
        """One person per identifier; the last seen first."""

        indexes = ((("tenant", "external"), True), (("tenant", "seen", "person"), False))


def was_here(tenant: int, person: int) -> None:
    """Note that somebody is here, to a quarter of an hour exactly; it runs before there is a scope."""
    moment = now()

    def build() -> Any:
        made = Dossier.insert(tenant=late("tenant", 0), person=late("person", 0), seen=late("moment", moment))
        return door(made.on_conflict(
            conflict_target=[Dossier.person], update={Dossier.seen: late("moment", moment)},
            where=Dossier.seen.is_null() | (Dossier.seen < late("past", moment))), Dossier)

    kept_write(("dossier.was_here",), build, tenant=tenant, person=person, moment=moment, past=moment - EVERY)


def of(person_id: int) -> Any:
    """Give what is known of somebody of this tenant: seen, external ("" for none), notes."""
    row = first(door(Dossier.select(Dossier.seen, Dossier.external, Dossier.notes), Dossier).where(
        Dossier.tenant == scope.current().tenant_id, Dossier.person == person_id))
    return row or _Nothing()


class _Nothing:
    """What is known of somebody of whom nothing is."""

    seen: datetime | None = None
    external = None
    notes = ""


def keep(person_id: int, **values: str | None) -> None:
    """Keep identifier or notes of somebody of this tenant. Raises Invalid where another has the identifier."""
    try:
        with transaction():
            made = Dossier.insert(tenant=scope.current().tenant_id, person=person_id, **values)
            door(made.on_conflict(conflict_target=[Dossier.person], update={
                getattr(Dossier, name): value for name, value in values.items()}), Dossier).execute()
    except IntegrityError as error:
        raise Invalid([FieldError("external", N_("Somebody else has this identifier."), "taken")]) from error


def long_ago() -> datetime:
    """Give the moment that stands for "never" where moments are compared."""
    return EPOCH
