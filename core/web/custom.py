"""Custom fields as people write them in configuration, turned into properties of a form's schema."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from core.config.loader import Path
from core.config.mistakes import keywords
from core.errors import ConfigError
from core.look.i18n import gettext as _
from core.web.fields import HOLDERS, LENGTHS, WIDGETS, Reader, likely
from core.web.texts import plain, taken

_SAME = {"label": "title", "help": "description", "default": "default", "order": "x-order",
         "placeholder": "x-placeholder", "autocomplete": "x-autocomplete", "currency": "x-currency",
         "decimals": "x-decimals", "coming": "x-coming",
         "accept": "x-accept", "max_bytes": "x-max-bytes", "pattern": "pattern", "min": "minimum",
         "max": "maximum", "min_length": "minLength", "max_length": "maxLength",
         "optional_label": "x-optional-label", "if": "x-if", "hidden": "x-hidden", "internal": "x-internal",
         "pattern_message": "x-pattern-message", "of": "x-of", "was": "x-was"}
_TEXTS = ("label", "help", "placeholder", "pattern_message", "optional_label")
_LIMITS = {"max_files": "maxItems", "min_rows": "minItems", "max_rows": "maxItems"}
_KEYS = frozenset({*_SAME, *_LIMITS, "name", "type", "required", "options", "whole", "fields", "editable"})


def custom(fields: Mapping[str, Any] | Sequence[Mapping[str, Any]], *, file: str = "",
           staff: bool = True) -> dict[str, Any]:
    """Turn custom fields from configuration into JSON Schema properties, for `Form.adjusted(extra=...)`.

    `fields` is a mapping of name -> field, or a list of fields that each have a `name`:
    `{serial: {type: text, label: Serial number, required: true}, plan: {type: choice, options: [a, b]}}`.
    `type` is a widget (text if absent). `options` is a list of values or a mapping value -> label. `whole`
    makes a number a whole one, `min` and `max` of money count minor units, `fields` are those of a group.
    A text alone is its label: `{serial: Serial number}`. Texts may be one per language: `{en: Room, de: Raum}`.
    `if` says when a field is asked (`{plan: [a, b], serial: filled}`), `rows` repeats its `fields`. Without
    `staff`, fields that are `internal` are left out; `editable: false` is `x-editable`, which pages of people
    go by. `file` is named in mistakes.
    Raises ConfigError with every mistake.
    """
    reader = Reader(file)
    properties = _read(fields, reader)
    if reader.problems:
        raise ConfigError(reader.problems)
    return {name: one if staff or not one.get("x-internal") else {**one, "x-hidden": True}
            for name, one in properties.items()}


def _read(fields: Any, reader: Reader, beside: Iterable[str] | None = None) -> dict[str, Any]:
    """Turn fields into properties and keep what is wrong; `beside` are the names of what else the form has."""
    properties = _properties(_named(fields, reader), reader, "")
    if not reader.problems:
        # What stands beside these fields in a form is not known yet: `adjusted` looks at conditions on it.
        asked = [one["x-if"] for one in properties.values() if isinstance(one.get("x-if"), Mapping)]
        others = {str(name) for one in asked for name in one}
        known = others if beside is None else set(beside)
        reader.top({"properties": properties, "x-gone": dict.fromkeys(known - set(properties))})
    return properties


def _mistakes(rule: Mapping[str, Any], fields: Any) -> Iterator[tuple[Path, str]]:
    """Tell what is wrong with a group of fields in a configuration, each with its place."""
    if not isinstance(fields, Mapping) or not all(isinstance(one, Mapping) for one in fields.values()):
        return
    for name, one in fields.items():
        if one.get("type") in rule.get("without", ()):
            yield (name, "type"), _("Fields of this type cannot be kept here.")
    reader = Reader("")
    _read(fields, reader, None if rule.get("open") else rule.get("beside", ()))
    for problem in reader.problems:
        name, *rest = problem.path.split(".")
        if not rest or rest[-1] in _WRITTEN:  # an unknown key, type or pattern is told by the schema itself
            yield (name, *(_WRITTEN[key] for key in rest[-1:])), f"{problem.message} {problem.hint}".strip()


keywords["x-own-fields"] = _mistakes
_WRITTEN = {target: key for key, target in (*_SAME.items(), *_LIMITS.items())} | {
    "if": "if", "enum": "options", "fields": "fields", "max_rows": "max_rows"}
del _WRITTEN["pattern"]
"""How a key of JSON Schema is written in configuration."""


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
    schema: dict[str, Any] = {target: taken(field[key]) if key in _TEXTS else field[key]
                              for key, target in _SAME.items() if key in field}
    schema["x-widget"] = widget
    if WIDGETS[widget]:
        schema["type"] = "integer" if widget == "number" and field.get("whole") else WIDGETS[widget]
    if field.get("required"):
        schema["x-required"] = True
    if widget in LENGTHS:
        schema.setdefault("maxLength", LENGTHS[widget])
    if field.get("editable") is False:
        schema["x-editable"] = False
    schema |= {target: field[key] for key, target in _LIMITS.items() if key in field}
    _inner(schema, widget, field, reader, path)
    return schema


def _inner(schema: dict[str, Any], widget: str, field: Mapping[str, Any], reader: Reader, path: str) -> None:
    """Add what a field holds: the options of a choice, the fields of a group."""
    if widget in HOLDERS:
        inner = _properties(_named(field.get("fields", {}), reader), reader, f"{path}.")
        schema |= {"properties": inner} if widget == "group" else {
            "items": {"type": "object", "properties": inner}}
    elif widget in ("choice", "several"):
        options = field.get("options") or ()
        if isinstance(options, str):
            reader.wrong(f"{path}.options", _("List the options, or map each value to its label."))
            options = ()
        if isinstance(options, Mapping):
            schema["x-labels"] = {str(value): plain(taken(label)) for value, label in options.items()}
        values = list(options)
        if widget == "choice":
            schema["enum"] = values
        else:
            schema.update({"items": {"enum": values}, "uniqueItems": True})
