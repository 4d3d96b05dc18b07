"""The schema of a field of one's own: the one vocabulary of people, companies, tickets and modules alike."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.config.shapes import Schema, choice, group, many, number, text, words

FIELD_TYPES = ("text", "longtext", "choice", "several", "checkbox", "number", "date", "email", "phone", "country",
               "money", "quantity", "file", "files", "group", "rows", "hidden")
NAME = "^[A-Za-z][A-Za-z0-9_]{0,63}$"
REFERENCE = {"$ref": "#/$defs/field"}
PERSON = {"$ref": "#/$defs/person_field"}
CHECK = "x-own-fields"
"""On a group of fields: they are checked together. `without` are types nobody can keep there, `beside` the
names of the form's other fields, for conditions; with `open`, conditions may name fields that stand elsewhere."""

KEPT: Mapping[str, Any] = {"without": ["file", "files", "hidden"]}
"""How fields of people and companies are checked: nothing keeps files for them."""

_NAME = {"title": "Name", "required": True, "fixed": True}
REGISTRATION: Mapping[str, Any] = {
    "title": "Registration", "kind": "person", "preview": "/register",
    "known": {"company": "Company", "phone": "Phone"},
    "fields": {"name": {**_NAME, "title": "Your name"},
               "email": {"title": "E-mail address", "type": "email", "required": True, "fixed": True},
               "password": {"title": "Password", "required": True, "fixed": True}}}
OF_PEOPLE: Mapping[str, Any] = {
    "title": "Person", "kind": "person", "preview": "/account", "fields": {"name": _NAME}}
OF_COMPANIES: Mapping[str, Any] = {
    "title": "Company", "kind": "company", "preview": "/companies/new",
    "fields": {"name": _NAME, "identifier": {"title": "Identifier", "fixed": True}}}
"""What the form editor knows of the host's own forms (`x-form`)."""

TYPES: Mapping[str, str] = {
    "text": "One line", "longtext": "Several lines", "choice": "One of several", "several": "Some of several",
    "checkbox": "Yes or no", "number": "Number", "date": "Date", "email": "E-mail address",
    "phone": "Phone number", "country": "Country", "money": "Amount of money", "quantity": "Quantity",
    "file": "One file", "files": "Files", "group": "Group of fields", "rows": "Repeated rows",
    "hidden": "Hidden value"}
"""What people call the types."""


def _needs(types: tuple[str, ...], key: str) -> Schema:
    return {"if": {"properties": {"type": {"enum": list(types)}}, "required": ["type"]},
            "then": {"required": [key]}}


NAMED = _needs(("money",), "currency")
"""Amounts in configuration name their currency: what is stored stays in it when the tenant's own is another."""


def _values() -> dict[str, Schema]:
    """Make the keys about what may be entered."""
    options: Schema = {
        "type": ["array", "object"], "title": "Options", "description": "A list of values, or value to label.",
        "minItems": 1, "minProperties": 1, "uniqueItems": True, "items": {"type": ["string", "integer"]},
        "additionalProperties": words("Label", "What people choose.", 200)}
    return {
        "options": options,
        "whole": {"type": "boolean", "title": "Whole", "description": "Only whole numbers.", "default": False},
        "min": {"type": "number", "title": "Least", "description": "Least number; cents for money."},
        "max": {"type": "number", "title": "Greatest", "description": "Greatest number; cents for money."},
        "coming": {"type": "boolean", "title": "Today or later", "default": False,
                   "description": "Of a date people type: no day that is over. Imports may bring one."},
        "min_length": {"type": "integer", "minimum": 0, "title": "Shortest", "description": "In characters."},
        "max_length": {"type": "integer", "minimum": 1, "title": "Longest", "description": "In characters."},
        "pattern": text("Pattern", "A regular expression the text has to fit.", format="regex"),
        "pattern_message": words("If it does not fit", "What people read then."),
        "currency": text("Currency", "Of money; in a module without it, the portal's own.", pattern="^[A-Z]{3}$",
                         examples=["EUR"]),
        "decimals": {"type": "integer", "minimum": 0, "maximum": 12, "default": 3, "title": "Decimal places",
                     "description": "Most decimal places of a quantity, which is kept as exact text."},
        "accept": text("Accept", "Kinds of file, such as image/*,.pdf."),
        "max_files": {"type": "integer", "minimum": 1, "title": "Files", "description": "Most files."},
        "max_bytes": {"type": "integer", "minimum": 1, "title": "Bytes", "description": "Most bytes per file."},
        "min_rows": {"type": "integer", "minimum": 0, "maximum": 100, "title": "Fewest rows",
                     "description": "Rows that must be filled in."},
        "max_rows": {"type": "integer", "minimum": 1, "maximum": 100, "title": "Most rows",
                     "description": "Without it 20."},
        "fields": fields("Fields", "The fields of a group, or of each row.")}


def _condition() -> Schema:
    one: Schema = {"type": ["string", "number", "boolean"]}
    either = {"type": ["string", "number", "boolean", "array"], "items": one, "minItems": 1}
    return {"type": "object", "title": "Only if", "minProperties": 1, "propertyNames": {"pattern": NAME},
            "description": "Other field to the value it has to have, a list of them, filled or empty; else this "
                           "field is neither shown nor required.",
            "additionalProperties": either}


def field_schema() -> Schema:
    """Make the schema of a field of one's own, in the short words of configuration.

    It stands at `#/$defs/field` of every tenant document, so that a plugin's settings may refer to it.
    """
    return {**group(
        "Field", "A field of your own; a text alone is its label.",
        label=words("Label", "What people read above the field."),
        help=words("Help", "One sentence under the field."),
        type=choice("Type", "What is entered.", *FIELD_TYPES, **TYPES),
        required={"type": "boolean", "title": "Required", "description": "Must be filled in.", "default": False},
        hidden={"type": "boolean", "title": "Hidden", "default": False,
                "description": "Not asked any more; what was entered stays."},
        internal={"type": "boolean", "title": "For your team", "default": False,
                  "description": "Only your team fills it in and sees it."},
        searchable={"type": "boolean", "title": "Searchable", "default": False,
                    "description": "Of people's fields: the list of people is searched by it, too."},
        default={"title": "Default", "description": "What stands there at first."},
        order=number("Order", "Smaller numbers stand higher.", 50, 0, 1000),
        editable={"type": "boolean", "title": "Editable by the company", "default": False,
                  "description": "Of companies' fields: their own admins may change it."},
        placeholder=words("Placeholder", "An example inside the empty field."),
        autocomplete=text("Autocomplete", "What the browser may fill in."),
        optional_label=words("Optional label", "In place of (optional)."),
        **{"if": _condition()}, **_values(),
    ), "x-short": "label", "allOf": [_needs(("choice", "several"), "options"), NAMED,
                                     _needs(("group", "rows"), "fields")]}


def field_schemas() -> dict[str, Schema]:
    """Make what stands at `#/$defs` of every tenant document: a field, and one on every person."""
    schema = field_schema()
    mine: Schema = {"type": "boolean", "title": "Editable by the person", "default": True,
                    "description": "Off: the person sees it, only your team changes it."}
    return {"field": schema, "person_field": {**schema, "properties": {**schema["properties"], "editable": mine}}}


def fields(title: str, description: str, check: Mapping[str, Any] | None = None,
           each: Mapping[str, str] = REFERENCE) -> Schema:
    """Make the schema of a group of fields; `check` says what they are checked against together."""
    found = many(title, description, NAME, dict(each))
    return found if check is None else {**found, CHECK: dict(check)}


def holds_fields(schema: Mapping[str, Any]) -> bool:
    """Say whether a schema is that of a group of fields."""
    return schema.get("additionalProperties") in (REFERENCE, PERSON)


def checked(schema: Any) -> Any:
    """Give a plugin's schema with every group of fields marked to be checked together."""
    if isinstance(schema, Mapping):
        made = {key: checked(inner) for key, inner in schema.items()}
        own = made.get("additionalProperties") == REFERENCE and CHECK not in made
        return {**made, CHECK: {}} if own else made
    return [checked(inner) for inner in schema] if isinstance(schema, list | tuple) else schema
