"""The verbs of staff on companies: each checks what must not be lost, and writes down what was done."""

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from parlour import (
    FieldError,
    Invalid,
    companies,
    configuration,
    current,
    granted,
    people,
    record_act,
    transaction,
)
from parlour import gettext as _

from . import exceptions

STAFF = ("agent", "admin")


def may(action: str) -> bool:
    """Say whether whoever asks may do something with companies."""
    return granted(current(), f"companies.{action}") != "none"


def may_configure() -> bool:
    """Say whether whoever asks may change what portal.yaml says of a company."""
    return may("manage") and configuration.may_change()


def identifier_of(name: str) -> str:
    """Make an identifier out of a name."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60].strip("-") or "company"


def _configured() -> str:
    return _("The settings say something of this company. Ask somebody who may change settings.")


def may_be_invited(email: str) -> None:
    """See that an address is nobody's who is locked out or of the team. Raises Invalid."""
    known = people.by_address(email)
    if known is not None and not known.active:
        raise Invalid([FieldError("email", _("%(name)s is locked out. Let them in again first.", name=known.name),
                                  "inactive")])
    if known is not None and known.role:
        raise Invalid([FieldError("email", _("%(name)s is of your team.", name=known.name), "staff")])


def add(name: str, identifier: str, fields: Mapping[str, Any]) -> Any:
    """Add a company. Raises Invalid where its identifier is or was another one's."""
    with transaction():
        companies.free(identifier)
        row = people.add_company(name, identifier, fields)
        record_act("company.created", row.identifier)
    return row


def change(row: Any, name: str, fields: Mapping[str, Any]) -> None:
    """Change what a company is called and says about itself. Raises Invalid."""
    with transaction():
        people.change_company(row.id, name=name, fields={**(row.fields or {}), **fields})
        record_act("company.changed", row.identifier, **({"was": row.name} if name != row.name else {}))


def rename(row: Any, identifier: str) -> None:
    """Give a company another identifier; what portal.yaml says of it goes along.

    Raises Invalid where another company has it or had it, and as `configuration.edit` does.
    """
    moved = exceptions.moved(row.identifier, identifier)
    if moved and not may_configure():
        raise Invalid([FieldError("identifier", _configured(), "configured")])
    with transaction():
        companies.rename(row, identifier)
        record_act("company.renamed", identifier, was=row.identifier)
        if moved:
            configuration.edit(moved, None, _("%(name)s is called %(identifier)s", name=row.name,
                                              identifier=identifier))


def let_go(row: Any, identifier: str) -> None:
    """Let an identifier a company had before lead nowhere any more."""
    with transaction():
        if companies.let_go(row.id, identifier):
            record_act("company.identifier_released", row.identifier, was=identifier)


def switch(row: Any, active: bool) -> None:
    """Switch a company on or off: its people come in no more, from their next request on."""
    with transaction():
        people.change_company(row.id, active=active)
        record_act("company.activated" if active else "company.deactivated", row.identifier)


def merge(row: Any, into: Any) -> None:
    """Make two companies one: what `row` has becomes `into`'s, and its identifier leads there. Raises Invalid.

    Raises as `configuration.edit` does where portal.yaml says something of the first.
    """
    if row.id == into.id:
        raise Invalid([FieldError("company", _("Choose another company."), "self")])
    moved = exceptions.united(row.identifier, into.identifier)
    if moved and not may_configure():
        raise Invalid([FieldError("company", _configured(), "configured")])
    with transaction():
        counts = companies.merge(row, into)
        record_act("company.merged", into.identifier, was=row.identifier, name=row.name, **counts)
        if moved:
            configuration.edit(moved, None, _("%(name)s is one with %(other)s", name=row.name, other=into.name))
