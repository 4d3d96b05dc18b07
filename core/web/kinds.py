"""The kinds of field there are, in words and pictures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from core.config.own_fields import TYPES as TYPES  # noqa: PLC0414 - handed on
from core.look.i18n import N_

ICONS: Mapping[str, str] = {
    "text": "text-cursor-input", "longtext": "pilcrow", "choice": "circle-dot", "several": "list-checks",
    "checkbox": "square-check", "number": "hash", "date": "calendar", "email": "at-sign", "phone": "phone",
    "country": "globe", "money": "banknote", "quantity": "calculator", "file": "paperclip", "files": "paperclip",
    "group": "group", "rows": "table", "hidden": "eye-off"}

WORDS = (N_("One line"), N_("Several lines"), N_("One of several"), N_("Some of several"), N_("Yes or no"),
         N_("Number"), N_("Date"), N_("E-mail address"), N_("Phone number"), N_("Country"), N_("Amount of money"),
         N_("Quantity"),
         N_("One file"), N_("Files"), N_("Group of fields"), N_("Repeated rows"), N_("Hidden value"))
"""The words of `TYPES`, for the translators."""


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
