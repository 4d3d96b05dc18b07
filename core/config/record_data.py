"""The schema of what records of a YAML module hold: fields, numbers, list, sections, search, samples, import."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.config.own_fields import FIELD_TYPES, NAMED, TYPES, field_schema
from core.config.shapes import LANGUAGE, Schema, choice, group, listing, many, number, text, words

NAME = r"^[a-z][a-z0-9_]{0,39}$"
REFERENCE = "reference"
TYPE_WORDS: Mapping[str, str] = {**TYPES, REFERENCE: "Link to a record, a person or a company"}
RECORD_TYPES = (*FIELD_TYPES, REFERENCE)
"""What a field of a record can be: what any field can be, or a reference."""

SORTS = ("latest", "newest", "oldest")
RESTARTS = ("never", "yearly")


def extended(schema: Schema) -> Schema:
    """Give the schema of a field with what only fields of records know: references, computed values, old names."""
    more = {
        "type": choice("Type", "What is entered.", *RECORD_TYPES, **TYPE_WORDS),
        "of": text("Of", "What it refers to: person, company, or a kind of record such as order.", pattern=NAME),
        "compute": text("Computed", "An expression such as `quantity * price` or `sum(lines, amount)`; the portal "
                        "computes it whenever the record changes, and nobody fills it in.", maxLength=2000,
                        **{"x-widget": "longtext"}),
        "was": text("Formerly", "The name the field had before: what is stored there moves here.",
                    pattern=r"^[A-Za-z][A-Za-z0-9_]{0,63}$")}
    needs = {"if": {"properties": {"type": {"const": REFERENCE}}, "required": ["type"]},
             "then": {"required": ["of"]}}
    return {**schema, "properties": {**schema["properties"], **more}, "allOf": [
        *(one for one in schema["allOf"] if one != NAMED), needs]}


def inner_field() -> Schema:
    """Make the schema of a field inside a group or a row: what `#/$defs/field` is in plugin.yaml."""
    return extended(field_schema())


def _names(title: str, description: str) -> Schema:
    return listing(title, description, text("Field", "A field's name.", pattern=NAME))


def numbers() -> Schema:
    """Make the schema of how records are numbered."""
    return group("Numbers", "How records are numbered, after their prefix.",
                 width=number("Digits", "Written with at least so many digits: 3 gives RET-001.", 3, 1, 8),
                 restart=choice("Restart", "Where numbering begins anew: yearly gives RET-2026-001.", *RESTARTS,
                                never="Never", yearly="Every year"))


def sections() -> Schema:
    """Make the schema of how a record's page is laid out."""
    section = group("Section", "Some fields under one heading.",
                    title=words("Title", "What stands above them."),
                    fields=_names("Fields", "The fields, in their order."),
                    side={"type": "boolean", "title": "At the side", "default": False,
                          "description": "Beside the conversation, below number and status."})
    section["required"] = ["fields"]
    return listing("Sections", "How its page is laid out; fields not named here stand at the side.", section)


def samples() -> Schema:
    """Make the schema of sample data."""
    anything: Schema = {"title": "Value", "description": "As the API takes it; money in minor units."}
    one = group("Sample", "One record of the demo.",
                fields={"type": "object", "title": "Fields", "propertyNames": {"pattern": NAME},
                        "description": "Field to value.", "additionalProperties": anything},
                **{"from": text("From", "An e-mail address; without it, a customer of the demo.")},
                state=text("State", "Where it stands; without it, where records begin.", pattern=NAME),
                days_ago=number("Days ago", "When it was made.", 1, 0, 3650),
                message=text("Message", "What the customer wrote with it.", maxLength=5000),
                reply=text("Reply", "What the team answered.", maxLength=5000))
    one["required"] = ["fields"]
    return listing("Samples", "Records that `parlour demo` makes, and that a preview shows.", one, maxItems=50)


def imports() -> Schema:
    """Make the schema of how files from elsewhere name the fields."""
    column = {"type": "string", "minLength": 1, "maxLength": 200}
    one = group("Column", "Where a field is found in a file; a text alone is the column.",
                column=text("Column", "What the column is called."),
                columns=listing("Columns", "Further names it may have.", column),
                values={"type": "object", "title": "Values", "description": "Words of the file to options.",
                        "propertyNames": {"minLength": 1, "maxLength": 200},
                        "additionalProperties": {"type": ["string", "integer", "boolean"]}})
    one["x-short"] = "column"
    return many("Import", "Field (or title, state, company, requester, number) to its column in a CSV file.", NAME,
                one)


def translations() -> Schema:
    """Make the schema of texts in other languages, for a module that has no `locale` folder."""
    texts: Schema = {"type": "object", "title": "Texts", "description": "A text of this file to its translation.",
                     "propertyNames": {"minLength": 1, "maxLength": 1000},
                     "additionalProperties": {"type": "string", "minLength": 1, "maxLength": 2000}}
    return {"type": "object", "title": "Translations", "propertyNames": {"pattern": LANGUAGE, "examples": ["de"]},
            "description": "Language to texts; a locale folder beside the file does the same.",
            "additionalProperties": texts}


def record_keys() -> dict[str, Schema]:
    """Make the keys of a kind that are about what its records hold."""
    return {
        "numbers": numbers(),
        "list": _names("List", "Fields shown in the list."),
        "filters": _names("Filters", "Fields that the list can be filtered by."),
        "search": _names("Search", "Fields that search finds a record by; without it, all."),
        "sort": text("Sort", "What stands first: latest activity, newest, oldest, or a field (-due: the last day "
                     "first).", pattern=r"^-?[a-z][a-z0-9_]{0,39}$", default="latest", examples=["latest", "due"]),
        "sections": sections(), "samples": samples(), "import": imports()}


def plain(said: Mapping[str, Any]) -> dict[str, Any]:
    """Give a field as it is written without what only records know, all it holds as well."""
    inner = {name: plain(one) if isinstance(one, Mapping) else one for name, one in said.get("fields", {}).items()}
    return {key: value for key, value in said.items() if key not in ("compute", "fields")} | (
        {"fields": inner} if inner else {})
