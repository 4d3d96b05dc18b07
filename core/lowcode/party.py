"""Fields of a module's new record that say whose it will be, and what was chosen in them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.data import scope
from core.look.kept import Kept
from core.lowcode.module import Module
from core.web import behalf, forms
from core.web.behalf import Party
from core.web.forms import Form

NAMES = ("requester", "company")
PERSONAL = ("private", "company")
"""Audiences of records that belong to somebody."""

MOST = 200
_kept: Kept[tuple[Form, Form]] = Kept(MOST)
"""Forms with these fields, each with the form it is made of: what is kept cannot be taken for another."""


def form(module: Module, plain: Form) -> Form:
    """Give the form of a new record with the fields that say whom it is for."""
    staff, own = scope.current().is_staff, {one.key for one in plain.fields} | module.fields.keys()
    if module.audience not in PERSONAL or not own.isdisjoint(NAMES):
        return plain
    choices = behalf.companies(f"{module.plugin}.create")
    fields = behalf.fields(choices, staff=staff)
    if not fields:
        return plain
    return _kept.made((id(plain), staff, choices), lambda: (plain, plain.adjusted(extra=forms.custom(
        {name: {**one, "order": -2000} for name, one in fields.items()}))))[1]


def taken(module: Module, values: dict[str, Any]) -> Party:
    """Take from the values of a new record whom it is for; staff that names nobody means themselves.

    Raises Invalid where they name nobody, or a company that is not theirs.
    """
    who = scope.current()
    given: Mapping[str, Any] = {name: values.pop(name, "") for name in NAMES if name not in module.fields}
    if who.is_staff and not any(given.values()):
        return Party(who.me.id)
    return behalf.chosen(given, f"{module.plugin}.create")
