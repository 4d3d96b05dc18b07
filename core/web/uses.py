"""What else a form is good for: the JSON Schema of the API, and the columns and rows of a CSV file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from werkzeug.datastructures import MultiDict

from core.look import currencies, formats, i18n
from core.look.i18n import gettext as _
from core.web import clean, references
from core.web import values as typed
from core.web.conditions import asked, possible
from core.web.fields import FILE_WIDGETS, MAX_FILES, Field, thawed
from core.web.texts import say

if TYPE_CHECKING:
    from core.web.forms import Form


def as_json_schema(form: Form) -> dict[str, Any]:
    """Give the JSON Schema (2020-12) that a cleaned value fits, without our own keys, for OpenAPI.

    What a form adds of itself is written out: lengths, currencies' whole numbers, consent that must be true,
    and as `if` and `then` what must be filled in only with certain other values.
    """
    return {"type": "object", **_described(form.schema), **_object(form.fields)}


def _described(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {key: schema[key] for key in ("title", "description") if schema.get(key)}


def _object(fields: Iterable[Field]) -> dict[str, Any]:
    fields = possible(fields)
    required = [one.key for one in fields if one.required and not one.condition]
    rules = [{"if": one.condition.schema, "then": {"required": [one.key]}} for one in fields
             if one.condition and one.required]
    return {"properties": {one.key: _property(one) for one in fields}, "additionalProperties": False,
            **({"required": required} if required else {}), **({"allOf": rules} if rules else {})}


def _property(one: Field) -> dict[str, Any]:
    schema = {key: thawed(value) for key, value in one.schema.items() if not key.startswith("x-")}
    schema["title"] = one.label
    if one.widget == "group":
        schema.pop("required", None)
        schema.update(_object(one.children))
    elif one.widget == "rows":
        schema.update({"items": {"type": "object", **_object(one.children)}, "maxItems": one.max_rows})
        schema.update({"minItems": one.min_rows} if one.min_rows else {})
    elif one.widget in FILE_WIDGETS:
        most = 1 if one.widget == "file" else one.schema.get("maxItems", MAX_FILES)
        schema.update({"type": "array", "items": {"type": "string", "format": "binary"}, "maxItems": most})
        schema.pop("format", None)
    elif one.widget == "several":
        schema["items"] = {"enum": [value for value, _label in one.options]}
        schema["uniqueItems"] = True
        if one.required:
            schema["minItems"] = max(1, int(schema.get("minItems", 0)))
    elif one.widget == "checkbox" and one.required:
        schema["const"] = True
    elif one.max_length:
        schema["maxLength"] = one.max_length
        if one.required:
            schema["minLength"] = max(1, int(schema.get("minLength", 0)))
    return schema


def columns(form: Form) -> dict[str, str]:
    """Map the header of each column of a CSV file to the dotted name of its field. Files and rows have no column.

    A field in a group is "Group: Field". The texts are the schema's own, untranslated, so that a file reads
    the same whoever wrote it.
    """
    def within(fields: Iterable[Field], before: str) -> dict[str, str]:
        found: dict[str, str] = {}
        for one in fields:
            if one.widget == "group":
                found.update(within(one.children, f"{before}{one.label}: "))
            elif one.widget not in ("rows", *FILE_WIDGETS):
                header = f"{before}{one.label}"
                found[header if header not in found else one.name] = one.name
        return found
    return within(form.fields, "")


def from_row(form: Form, row: Mapping[str, str], *, language: str = "en") -> dict[str, Any]:
    """Clean one row of a CSV file: header (a label as in `columns`, or a dotted name) -> text.

    Texts are read as if typed in `language`; several values stand in one cell, parted by ";". Columns that
    are no field are left out. Raises Invalid as `Form.clean` does.
    """
    headers = {header.casefold(): name for header, name in columns(form).items()}
    headers.update({name.casefold(): name for name in headers.values()})
    several = {one.name for top in form.fields for one in top.walk() if one.widget == "several"}
    source: MultiDict[str, str] = MultiDict()
    for header, text in row.items():
        name = headers.get(str(header).strip().casefold(), "")
        if name in several:
            source.setlist(name, [part.strip() for part in text.split(";") if part.strip()])
        elif name:
            source[name] = text
    return clean.clean(form.fields, source, language=language)


def told(form: Form, values: Mapping[str, Any], names: Iterable[str]) -> list[tuple[str, str]]:
    """Say what was filled in as people read it: (label, text) of the named fields that hold something.

    For pages that show a tenant's own fields; `values` are as `Form.clean` gave them. What stands in a field that
    is not asked with the other values is left out.
    """
    wanted = set(names)
    return [(say(one.label), _said(one, values[one.key])) for one in form.fields
            if one.key in wanted and values.get(one.key) not in NOTHING and asked(one, values)]


def kept(form: Form, values: Mapping[str, Any], names: Iterable[str]) -> list[tuple[str, str]]:
    """Say what is stored and not asked (any more), for staff: of fields hidden, taken away, or not asked now.

    `names` are those of everything stored that may be told.
    """
    fields = {one.key: one for one in form.fields}
    found = []
    for key in names:
        one, value = fields.get(key), values.get(key)
        if value not in NOTHING and value is not False and (one is None or not asked(one, values)):
            found.append((say(one.label) if one else key.replace("_", " ").capitalize(),
                          _said(one, value) if one else _plain(value)))
    return found


NOTHING: tuple[Any, ...] = (None, "", [], {})


def _plain(value: Any) -> str:
    """Write a value whose field nobody knows any more."""
    if isinstance(value, Mapping):
        return ", ".join(_plain(inner) for inner in value.values() if inner not in NOTHING)
    if isinstance(value, list):
        return "; ".join(_plain(inner) for inner in value if inner not in NOTHING)
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    return str(value)


def _said(one: Field, value: Any) -> str:
    """Write a value as people read it; one that no longer fits its field as it is."""
    language = i18n.current()
    try:
        if one.widget == "checkbox":
            return _("Yes") if value else _("No")
        if one.widget == "money":
            return formats.format_money(int(value), currencies.of(one.schema))
        if one.widget == "quantity":
            return formats.format_quantity(str(value))
        if one.widget == "reference":
            of = str(one.schema["x-of"])
            return references.told([(of, str(value))])[of, str(value)].text
        if one.widget == "number":
            return formats.format_number(value)
        if one.widget == "date":
            return formats.format_date(date.fromisoformat(value))
        if one.widget == "country":
            return typed.countries(language).get(value, str(value))
        if one.widget == "group":
            return _inside(one, value)
        if one.widget == "rows":
            return "; ".join(_inside(one, row) for row in value)
        labels = {str(option): say(label) for option, label in one.options}
        several = value if isinstance(value, list) else [value]
        return ", ".join(labels.get(str(item), str(item)) for item in several)
    except (TypeError, ValueError, AttributeError):
        return _plain(value)


def _inside(one: Field, values: Mapping[str, Any]) -> str:
    return ", ".join(f"{say(inner.label)}: {_said(inner, values[inner.key])}" for inner in one.children
                     if values.get(inner.key) not in NOTHING and asked(inner, values))
