"""The kinds of field there are, in words and pictures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.config.own_fields import FIELD_TYPES, field_schema
from core.config.own_fields import TYPES as TYPES  # noqa: PLC0414 - handed on
from core.look.i18n import N_

ICONS: Mapping[str, str] = {
    "text": "text-cursor-input", "longtext": "pilcrow", "choice": "circle-dot", "several": "list-checks",
    "checkbox": "square-check", "number": "hash", "date": "calendar", "email": "at-sign", "phone": "phone",
    "country": "globe", "money": "banknote", "quantity": "calculator", "file": "paperclip", "files": "paperclip",
    "group": "group", "rows": "table", "hidden": "eye-off",
    "reference": "link", "signature": "signature"}

WORDS = (N_("One line"), N_("Several lines"), N_("One of several"), N_("Some of several"), N_("Yes or no"),
         N_("Number"), N_("Date"), N_("E-mail address"), N_("Phone number"), N_("Country"), N_("Amount of money"),
         N_("Quantity"),
         N_("One file"), N_("Files"), N_("Group of fields"), N_("Repeated rows"), N_("Hidden value"))
"""The words of `TYPES`, for the translators."""

KEYS = frozenset({*field_schema()["properties"], "of"}) - {"order"}
"""Keys of a field that a form understands."""


@dataclass(frozen=True)
class Entry:
    """A field as a line of its form."""

    name: str
    label: str
    word: str
    icon: str
    own: bool = False
    above: bool = False
    fixed: bool = False
    required: bool = False
    must: bool = False
    hidden: bool = False
    internal: bool = False
    only_if: str = ""
    changed: bool = False
    hides: bool = False
    requires: bool = False


def plainly(one: Mapping[str, Any]) -> dict[str, Any]:
    """Give a field of another document as a form knows it: without what only its keeper understands."""
    kept = {key: value for key, value in one.items() if key in KEYS}
    if kept.get("type") not in (None, "reference", *FIELD_TYPES):
        kept["type"] = "text"
    if isinstance(kept.get("fields"), Mapping):
        kept["fields"] = {name: plainly(inner) if isinstance(inner, Mapping) else inner
                          for name, inner in kept["fields"].items()}
    return kept
