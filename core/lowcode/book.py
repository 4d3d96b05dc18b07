"""Addresses of a new record from the company's book: offered above the field, kept as they were written then."""

from __future__ import annotations

from typing import Any

from core.data import addresses, scope
from core.errors import FieldError, Invalid, NotFound
from core.look.i18n import N_
from core.look.i18n import gettext as _
from core.look.kept import Kept
from core.lowcode.module import Module
from core.web import forms
from core.web.forms import Form

FROM = "{}_from"
"""The name of the choice above a field that takes an address."""

MOST = 200
_kept: Kept[tuple[Form, Form]] = Kept(MOST)
"""Forms with these choices, each with the form it is made of: what is kept cannot be taken for another."""


def _offered() -> tuple[tuple[str, str], ...]:
    """Give the addresses of a customer's companies: public identifier and words."""
    who = scope.current()
    if who.is_staff or who.person is None or who.channel == "api":
        return ()  # programs name the address itself
    mine = [who.me.among(who.company)] if who.company else list(who.me.memberships)
    found = []
    for member in mine:
        try:
            rows = addresses.of(member.company_id) if member else []
        except NotFound:
            rows = []
        found += [(str(row.public_id), f"{row.label}: {', '.join(addresses.written(row))}") for row in rows]
    return tuple(found[:MOST])


def form(module: Module, plain: Form) -> Form:
    """Give the form of a new record with the addresses to choose from above the fields that take one."""
    known = {one.key: one for one in plain.fields}
    wanted = [name for name in module.flow.book if name in known and FROM.format(name) not in known]
    choices = _offered() if wanted else ()
    if not choices:
        return plain
    return _kept.made((id(plain), choices), lambda: (
        plain, _with(plain, [known[name] for name in wanted], choices)))[1]


def _with(plain: Form, fields: list[Any], choices: tuple[tuple[str, str], ...]) -> Form:
    """Ask for the field itself only where none of the book's addresses is chosen."""
    schema = {key: value for key, value in plain.schema.items() if key != "properties"}
    properties: dict[str, Any] = {}
    for name, one in plain.schema["properties"].items():
        if any(name == field.key for field in fields):
            chosen = forms.custom({FROM.format(name): {
                "type": "choice", "label": one.get("title", ""), "order": one.get("x-order", 50),
                "options": {**dict(choices), "other": N_("Another address")}, "default": choices[0][0]}})
            properties |= chosen
            one = {**one, "title": N_("Another address"), "x-if": {FROM.format(name): "other"}}  # noqa: PLW2901
        properties[name] = one
    return forms.load({**schema, "properties": properties}, id=plain.id)


def taken(module: Module, values: dict[str, Any], company: int | None) -> None:
    """Put the address that was chosen into its field, as it is written in the book now. Raises Invalid."""
    for name in module.flow.book:
        chosen = values.pop(FROM.format(name), "") or "other"
        if chosen == "other":
            continue
        try:
            row = addresses.one(chosen, company)
        except NotFound:
            raise Invalid([FieldError(FROM.format(name), _("Choose an address of the company this is for."),
                                      "enum")]) from None
        values[name] = "\n".join(addresses.written(row))
