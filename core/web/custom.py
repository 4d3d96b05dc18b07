"""Custom fields as people write them in configuration, turned into properties of a form's schema."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from core.errors import ConfigError
from core.look.i18n import gettext as _
from core.web.fields import LENGTHS, WIDGETS, Reader, likely

_SAME = {"label": "title", "help": "description", "default": "default", "order": "x-order",
         "placeholder": "x-placeholder", "autocomplete": "x-autocomplete", "currency": "x-currency",
         "accept": "x-accept", "max_bytes": "x-max-bytes", "pattern": "pattern", "min": "minimum",
         "max": "maximum", "min_length": "minLength", "max_length": "maxLength",
         "optional_label": "x-optional-label"}
_KEYS = frozenset({*_SAME, "name", "type", "required", "options", "whole", "fields", "max_files"})


def custom(fields: Mapping[str, Any] | Sequence[Mapping[str, Any]], *, file: str = "") -> dict[str, Any]:
    """Turn custom fields from configuration into JSON Schema properties, for `Form.adjusted(extra=...)`.

    `fields` is a mapping of name -> field, or a list of fields that each have a `name`:
    `{serial: {type: text, label: Serial number, required: true}, plan: {type: choice, options: [a, b]}}`.
    `type` is a widget (text if absent). `options` is a list of values or a mapping value -> label. `whole`
    makes a number a whole one, `min` and `max` of money count minor units, `fields` are those of a group.
    A text alone is its label: `{serial: Serial number}`. `file` is named in mistakes.
    Raises ConfigError with every mistake.
    """
    reader = Reader(file)
    properties = _properties(_named(fields, reader), reader, "")
    if not reader.problems:
        reader.top({"properties": properties})
    if reader.problems:
        raise ConfigError(reader.problems)
    return properties


def _named(fields: Any, reader: Reader) -> dict[str, Any]:
    if isinstance(fields, Mapping):
        return {str(name): field for name, field in fields.items()}
    named: dict[str, Any] = {}
    for place, field in enumerate(fields if isinstance(fields, list | tuple) else [fields]):
        name = str(field.get("name", "")) if isinstance(field, Mapping) else ""
        if not name or name in named:
            reader.wrong(name or str(place), _("Give each field of the list a 'name' of its own."))
        else:
            named[name] = field
    return named


def _properties(fields: Mapping[str, Any], reader: Reader, inside: str) -> dict[str, Any]:
    return {name: _property(field, reader, f"{inside}{name}") for name, field in fields.items()}


def _property(field: Any, reader: Reader, path: str) -> dict[str, Any]:
    if isinstance(field, str):
        field = {"label": field}
    if not isinstance(field, Mapping):
        reader.wrong(path, _("A field is a mapping with at least a type."))
        return {}
    for key in field:
        if key not in _KEYS:
            reader.wrong(f"{path}.{key}", _("A field does not know this key."), likely(str(key), _KEYS))
    widget = str(field.get("type", "text"))
    if widget not in WIDGETS:
        reader.wrong(f"{path}.type", _("There is no field type '%(name)s'. There are: %(all)s.",
                                       name=widget, all=", ".join(WIDGETS)), likely(widget, WIDGETS))
        return {}
    schema: dict[str, Any] = {target: field[key] for key, target in _SAME.items() if key in field}
    schema["x-widget"] = widget
    if WIDGETS[widget]:
        schema["type"] = "integer" if widget == "number" and field.get("whole") else WIDGETS[widget]
    if field.get("required"):
        schema["x-required"] = True
    if widget in LENGTHS:
        schema.setdefault("maxLength", LENGTHS[widget])
    if "max_files" in field:
        schema["maxItems"] = field["max_files"]
    _inner(schema, widget, field, reader, path)
    return schema


def _inner(schema: dict[str, Any], widget: str, field: Mapping[str, Any], reader: Reader, path: str) -> None:
    """Add what a field holds: the options of a choice, the fields of a group."""
    if widget == "group":
        schema["properties"] = _properties(_named(field.get("fields", {}), reader), reader, f"{path}.")
    elif widget in ("choice", "several"):
        options = field.get("options") or ()
        if isinstance(options, str):
            reader.wrong(f"{path}.options", _("List the options, or map each value to its label."))
            options = ()
        if isinstance(options, Mapping):
            schema["x-labels"] = {str(value): str(label) for value, label in options.items()}
        values = list(options)
        if widget == "choice":
            schema["enum"] = values
        else:
            schema.update({"items": {"enum": values}, "uniqueItems": True})
