"""A text that a tenant wrote in several languages; anywhere else it is an ordinary text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.look import i18n


class Texts(str):
    """One text in several languages. As a plain text it is English, or what stands first."""

    __slots__ = ("by",)
    by: Mapping[str, str]

    def __new__(cls, by: Mapping[str, str]) -> Texts:
        """Take language tag -> text; empty ones do not count."""
        known = {str(tag): str(text) for tag, text in by.items() if str(text).strip()}
        made = super().__new__(cls, known.get(i18n.SOURCE) or next(iter(known.values()), ""))
        made.by = known
        return made


def taken(value: Any) -> Any:
    """Give a text as configuration has it: a mapping of languages becomes Texts, anything else stays."""
    return Texts(value) if isinstance(value, Mapping) else value


def plain(value: Any) -> str:
    """Give any value as text without losing its languages."""
    return value if isinstance(value, Texts) else str(value)


def say(text: str) -> str:
    """Give a text in the language of whoever reads: the tenant's own words, else the catalogue's."""
    if not text:
        return ""
    if not isinstance(text, Texts):
        return i18n.gettext(text)
    parts = i18n.current().split("-")
    tags = ("-".join(parts[:length]) for length in range(len(parts), 0, -1))
    return next((text.by[tag] for tag in tags if tag in text.by), str(text))
