"""The shape of a module's records, and what a change of it makes of a value, or that it is lost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from core.look import currencies
from core.lowcode import coined
from core.lowcode.module import Module
from core.web import readers
from core.web.fields import FILE_WIDGETS, HOLDERS, Field, thawed
from core.web.readers import Said
from core.web.values import Unfit

EMPTY: tuple[Any, ...] = (None, "", [], {}, False)
Shape = Mapping[str, Any]


class Lost(Exception):  # noqa: N818 - it names the value, not a fault of the program
    """A value has no place any more."""


@dataclass(frozen=True)
class Change:
    """What becomes of one field: `was` is its former name, `to` None where it is gone, `form` its stored shape."""

    name: str
    was: str
    form: Shape
    to: Field | None
    computed: bool = False


def of_field(field: Field) -> dict[str, Any]:
    """Write down what decides whether a stored value fits a field."""
    found: dict[str, Any] = {"type": field.widget}
    if field.widget == "money":
        found["currency"] = str(field.schema.get("x-currency", ""))
    if field.widget == "number" and field.schema.get("type") == "integer":
        found["whole"] = True
    if field.widget == "reference":
        found["of"] = str(field.schema["x-of"])
    if field.options:
        found["options"] = [key for key, _label in field.options]
    if field.children:
        found["fields"] = {child.key: of_field(child) for child in field.children}
    return found


def of(module: Module) -> dict[str, Any]:
    """Write down the shape of a module's records: fields, states, and how what is computed is computed."""
    return {"plugin": module.plugin, "fields": {name: of_field(field) for name, field in module.fields.items()},
            "states": list(module.states),
            "computed": {step.name: step.expression.text for step in module.data.plan.steps},
            "defaults": {name: thawed(field.schema["default"]) for name, field in module.fields.items()
                         if field.schema.get("default") is not None}}


def changes(before: Shape, module: Module) -> list[Change]:
    """Say which fields are not what they were: renamed, of another type, or gone."""
    old, computed = before.get("fields", {}), {one.partition(".")[0] for one in module.data.plan.names}
    tops = {one for one in module.data.plan.names if "." not in one}
    found = []
    for name, field in module.fields.items():
        was = module.data.was.get(name, "")
        source = was if was in old and name not in old else name
        if source in old and (source != name or old[source] != of_field(field)):
            found.append(Change(name, source, old[source], field, name in tops))
    taken = {change.was for change in found}
    known = {*module.fields, *taken, *computed}
    found += [Change(name, name, form, None, name in before.get("computed", {})) for name, form in old.items()
              if name not in known]
    return found


def named(form: Shape, field: Field | None) -> str:
    """Give the currency that a field named and names no more, or one inside it; "" where there is none."""
    if field is None:
        return ""
    if form.get("type") == field.widget == "money":
        return str(form.get("currency", "")) if coined.own(field) else ""
    inside = form.get("fields", {})
    return next((found for child in field.children for was in (child.key, child.schema.get("x-was"))
                 if (found := named(inside.get(was, {}), child))), "")


def becomes(form: Shape, field: Field, value: Any) -> Any:
    """Give what a stored value becomes in a field. Raises Lost where nothing that says the same."""
    if value in EMPTY:
        return readers.empty(field) if field.widget not in (*HOLDERS, *FILE_WIDGETS) else value
    kind = str(form.get("type", "text"))
    if kind == field.widget == "money" and \
            (form.get("currency") or currencies.own()) != currencies.of(field.schema):
        raise Lost
    if kind in HOLDERS or field.widget in HOLDERS:
        return _held(form, field, value)
    if kind in FILE_WIDGETS or field.widget in FILE_WIDGETS:
        if kind not in FILE_WIDGETS or field.widget not in FILE_WIDGETS or (
                field.widget == "file" and len(value) > 1):
            raise Lost
        return value
    if kind == field.widget == "reference":
        if form.get("of") != field.schema["x-of"]:
            raise Lost
        return value
    return _read(field, _written(form, field, value))


def _written(form: Shape, field: Field, value: Any) -> Any:
    """Write a stored value the way the other type reads it: numbers plainly, amounts in whole units."""
    kind = str(form.get("type", "text"))
    if kind == field.widget:
        return value
    if kind == "money":
        return format(Decimal(int(value)).scaleb(-currencies.digits(str(form.get("currency", "")))), "f")
    if kind == "number":
        return format(Decimal(str(value)), "f")
    if kind == "several" and field.widget != "several":
        if len(value) > 1:
            raise Lost
        return str(value[0])
    if field.widget == "several":
        return [value]
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _read(field: Field, written: Any) -> Any:
    try:
        value = readers.READERS[field.widget](field, Said(written, not isinstance(written, str), "en"))
        readers.constrain(field, value)
    except (Unfit, InvalidOperation, KeyError, TypeError):
        raise Lost from None
    if field.widget == "text" and isinstance(written, str) and "\n" in written.strip():
        raise Lost
    if field.widget == "several" and len(value) != len(written):
        raise Lost
    return value


def _held(form: Shape, field: Field, value: Any) -> Any:
    """Bring rows or a group into their new shape, field by field."""
    if field.widget not in HOLDERS or str(form.get("type")) not in HOLDERS:
        raise Lost
    rows = value if isinstance(value, list) else [value]
    made = [_row(form.get("fields", {}), field, row) for row in rows if isinstance(row, Mapping)]
    if field.widget == "rows":
        return made
    if len(made) > 1:
        raise Lost
    return made[0] if made else None


def _row(before: Shape, field: Field, row: Mapping[str, Any]) -> dict[str, Any]:
    children, made = {child.key: child for child in field.children}, dict[str, Any]()
    children |= {str(child.schema["x-was"]): child for child in field.children
                 if "x-was" in child.schema and child.key not in before}
    for name, value in row.items():
        if name in children:
            made[children[name].key] = becomes(
                before.get(name, {"type": children[name].widget}), children[name], value)
        elif value not in EMPTY:
            raise Lost
    return made
