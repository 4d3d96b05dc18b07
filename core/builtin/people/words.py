"""What roles, filters, channels and details are called, for people."""

from collections.abc import Iterable
from typing import Any

from parlour import gettext as _
from parlour import ngettext


def customer_roles() -> dict[str, str]:
    """Say what customers can be in a company."""
    return {"user": _("own requests"), "company_user": _("the whole company"),
            "company_admin": _("company admin")}


def staff_roles() -> dict[str, str]:
    """Say what people of the tenant itself can be."""
    return {"agent": _("agent"), "admin": _("admin")}


def roles() -> dict[str, str]:
    """Say what anybody can be."""
    return customer_roles() | staff_roles()


def role(key: Any) -> str:
    """Say what somebody is, by the key that stands in the log."""
    return roles().get(str(key), str(key))


def filters() -> dict[str, str]:
    """Say which people a list shows."""
    return {"": _("Everybody"), "customers": _("Customers"), "staff": _("Team"), "inactive": _("Locked out"),
            "never": _("Never signed in"), "invited": _("Invited"), "new": _("No password yet"),
            "weak": _("No second step"), "changed": _("With exceptions")}


def sorts() -> dict[str, str]:
    """Say in which order a list stands."""
    return {"name": _("By name"), "seen": _("Last seen first"), "created": _("Newest first")}


def categories() -> dict[str, str]:
    """Say how far records are, whatever a tenant calls their states."""
    return {"open": _("open"), "in_progress": _("in progress"), "waiting": _("waiting"),
            "resolved": _("resolved"), "closed": _("closed")}


def channels() -> dict[str, str]:
    """Say by which way something was done."""
    return {"page": _("a page"), "api": _("the API"), "mail": _("e-mail"), "job": _("by itself"),
            "command": _("the command line")}


def columns(names: Iterable[str]) -> str:
    """Name what was changed of somebody."""
    known = {"name": _("name"), "email": _("e-mail address"), "login": _("sign-in name"), "role": _("role"),
             "own_only": _("“only own records”"), "visible_since": _("history"), "features": _("features"),
             "fields": _("own fields"), "language": _("language"), "phone": _("phone"),
             "time_zone": _("time zone"), "external": _("identifier"), "notes": _("notes")}
    return ", ".join(known.get(name, name) for name in names) if not isinstance(names, str) else names


def duration(seconds: Any) -> str:
    """Say how long something was."""
    number = int(seconds)
    if number < 60:
        return ngettext("%(num)s second", "%(num)s seconds", number)
    return ngettext("%(num)s minute", "%(num)s minutes", number // 60)


def plain(value: Any) -> str:
    """Write a detail of an act."""
    if isinstance(value, list):
        return ", ".join(map(plain, value))
    if isinstance(value, dict):
        return ", ".join(f"{key}: {plain(one)}" for key, one in value.items())
    return "" if value is None else str(value)
