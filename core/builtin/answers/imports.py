"""Canned answers from elsewhere, shared with the whole team."""

from collections.abc import Mapping
from typing import Any

from parlour import FieldError, Import, Invalid, NotFound, answers

_TEXT = {"type": "string", "minLength": 1, "maxLength": 200}
_LONG = {"type": "string", "minLength": 1, "maxLength": 20_000, "x-lines": True}
FIELDS = {"type": "object", "required": ["title", "body"], "properties": {
    "title": _TEXT, "body": _LONG, "tags": {"type": "string", "maxLength": 200},
    "texts": {"type": "object", "additionalProperties": _LONG, "description": "Language to text."}}}


def take(row: Mapping[str, Any]) -> tuple[str, str]:
    """Make one, or change the one it became before. Raises Invalid for a placeholder that stands for nothing."""
    texts = row.get("texts") or {}
    wrong = answers.unknown(" ".join([row["body"], *texts.values()]))
    if wrong:
        raise Invalid([FieldError("body", f"{{{wrong[0]}}} stands for nothing.", "placeholder")])
    values = {"title": row["title"], "body": row["body"], "tags": row.get("tags", ""), "texts": texts,
              "shared": "all", "team": None, "state": ""}
    if not row["known"]:
        return "created", answers.keep(values).public_id
    try:
        known = answers.find(str(row["known"]))
    except NotFound:
        raise NotFound("It was removed here since; an import does not bring it back.") from None
    if not row["changed"]:
        return "skipped", known.public_id
    return "updated", answers.keep({**values, "state": known.state}, known).public_id


IMPORT = Import("answer", FIELDS, take)
