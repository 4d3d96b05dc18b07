"""Amounts of a module that name no currency: their record keeps the one it got its first amount in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from core.look import currencies
from core.web.fields import Field


def own(field: Field) -> bool:
    """Say whether a field holds amounts in the tenant's own currency."""
    return field.widget == "money" and not field.schema.get("x-currency")


def any_own(fields: Iterable[Field]) -> bool:
    """Say whether one of these fields, or one inside them, does."""
    return any(own(one) for field in fields for one in field.walk())


def marked(fields: Iterable[Field], values: Mapping[str, Any]) -> dict[str, Any]:
    """Give what a record is to hold, with the currency of its amounts; one without amounts keeps none."""
    made = {name: value for name, value in values.items() if name != currencies.KEPT}
    if _holds(fields, made):
        with currencies.kept_in(values):
            made[currencies.KEPT] = currencies.own()
    return made


def _holds(fields: Iterable[Field], values: Mapping[str, Any]) -> bool:
    """Say whether there is an amount; nothing at all is as much in every currency."""
    for field in fields:
        value = values.get(field.key)
        if own(field) and value:
            return True
        rows = value if isinstance(value, list) else [value]
        if field.children and any(isinstance(row, Mapping) and _holds(field.children, row) for row in rows):
            return True
    return False
