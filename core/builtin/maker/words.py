"""Texts of a module that may be one per language, and names made of what people typed."""

import re
from collections.abc import Collection, Mapping
from typing import Any

from parlour import configuration, current


def first() -> str:
    """Give the language the portal speaks first."""
    return str(current().settings.value("languages.default"))


def said(text: Any) -> str:
    """Give a text as a form shows it: that of the portal's first language."""
    if not isinstance(text, Mapping):
        return "" if text is None else str(text)
    return str(text.get(first()) or next(iter(text.values()), ""))


def put(before: Any, text: str) -> Any:
    """Give a text as the document has it: other languages of it stay."""
    return {**before, first(): text} if isinstance(before, Mapping) and text else text


def name_of(text: str, usual: str, taken: Collection[str] = ()) -> str:
    """Make a name that the document can use of what somebody typed, and that nobody else has."""
    made = re.sub(r"_+", "_", configuration.rows.slug(text).replace("-", "_"))[:36].strip("_")
    return str(configuration.rows.free(made if len(made) > 1 else usual, taken))


def letters_of(text: str, taken: Collection[str] = ()) -> str:
    """Make the letters that numbers begin with: three of the word, others where somebody has those."""
    plain = re.sub(r"[^A-Z]", "", configuration.rows.slug(text).upper()) + "XYZ"
    tried = [plain[:3], plain[0] + plain[2:4], *(plain[:2] + sign for sign in "ABCDEFGHIJKLMNOPQRSTUVWXYZ")]
    return next((one for one in tried if len(one) == 3 and one not in taken), "REC")
