"""What roles, filters and acts of companies are called, for people."""

from collections.abc import Iterable
from typing import Any

from parlour import current, directory, label
from parlour import gettext as _


def roles() -> dict[str, str]:
    """Say what customers can be in a company, as staff reads it."""
    return {"user": _("own requests"), "company_user": _("the whole company"),
            "company_admin": _("company admin")}


def own_roles() -> dict[str, str]:
    """Say what people are in their own company, as they read it."""
    return {"user": _("their own requests"), "company_user": _("everything of the company"),
            "company_admin": _("everything, and look after people")}


def told(row: Any) -> str:
    """Say how far somebody's role in their company reaches, and whether their admins narrowed it."""
    said = own_roles().get(row.membership, "")
    return _("%(role)s - only own records", role=said) if row.own_there and row.membership != "user" else said


def acts() -> dict[str, str]:
    """Say what was done to a company and its people, by the name under which it is written down."""
    return {
        "company.created": _("added the company"), "company.changed": _("changed the company's details"),
        "company.renamed": _("changed its identifier"), "company.identifier_released": _("let an identifier go"),
        "company.activated": _("switched the company on"), "company.deactivated": _("switched the company off"),
        "company.merged": _("made two companies one"), "company.address.added": _("added an address"),
        "company.address.changed": _("changed an address"), "company.address.removed": _("removed an address"),
        "person.created": _("added a person"), "person.invited": _("invited somebody"),
        "person.invitation_withdrawn": _("withdrew an invitation"), "person.accepted": _("accepted an invitation"),
        "person.registered": _("registered"), "person.changed": _("changed details of"),
        "person.email_changed": _("changed the e-mail address of"),
        "person.role_changed": _("changed the rights of"),
        "person.joined": _("put into a company"), "person.left": _("took out of a company"),
        "person.activated": _("let in again"), "person.deactivated": _("locked out"),
        "person.password_set": _("gave a password to"), "person.password_reset": _("reset their password"),
        "person.password_changed": _("changed their password"), "person.sessions_ended": _("ended sessions of"),
        "person.removed": _("removed from the portal")}


def number(row: Any) -> str:
    """Write a record's number as people read it, with what it is."""
    kind = current().registry.kinds[row.kind]
    return f"{label(kind, row.number)} · {_(kind.title)}"


def names(rows: Iterable[Any]) -> dict[str, str]:
    """Give the names of the people that acts are about, by public identifier."""
    return directory.names_of(row.subject for row in rows if row.act.startswith("person."))


def details(row: Any) -> str:
    """Write an act's details in one line."""
    return ", ".join(f"{key}: {', '.join(map(str, value)) if isinstance(value, list) else value}"
                     for key, value in (row.details or {}).items() if value not in ("", None, [], {}, False))
