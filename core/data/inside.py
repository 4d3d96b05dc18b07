"""What stands inside a record's own fields, for conditions and order of lists: as text, number or list."""

from __future__ import annotations

import json
from typing import Any

from peewee import SQL, Case, Cast, fn

from core.data import access
from core.data.db import fetch, is_sqlite
from core.data.records import Record

_NUMBER = r"^-?[0-9]+(\.[0-9]+)?$"


def text(name: str) -> Any:
    """Give the value of a field as text: of a switch "true" or "false", "" where nothing stands."""
    if not is_sqlite():
        return fn.COALESCE(fn.jsonb_extract_path_text(Record.fields, name), "")
    path = f'$."{name}"'
    kind = fn.json_type(Record.fields, path)
    return Case(kind, (("true", "true"), ("false", "false")),
                fn.COALESCE(Cast(fn.json_extract(Record.fields, path), "TEXT"), ""))


def number(name: str) -> Any:
    """Give the value of a field as a number; what is none counts as less than any."""
    if is_sqlite():
        return fn.COALESCE(Cast(fn.json_extract(Record.fields, f'$."{name}"'), "NUMERIC"), -10**18)
    found = text(name)
    return fn.COALESCE(Case(None, ((found.regexp(_NUMBER), Cast(found, "NUMERIC")),), None), -10**18)


def holds(name: str, value: Any) -> Any:
    """Give the condition that a field with several values holds this one."""
    written = json.dumps(value, ensure_ascii=is_sqlite())
    return text(name).contains(written)


def frequent(kind: str, name: str, most: int) -> list[str]:
    """Give the values of a field that most records of a kind hold, of those whoever asks may see."""
    value = text(name)
    # By their places: PostgreSQL does not see that two expressions are one where a parameter stands in them.
    query = access.visible(kind, "view", value.alias("value"), fn.COUNT(Record.id).alias("n")).where(value != "")
    return [row.value for row in fetch(query.group_by(SQL("1")).order_by(SQL("2 DESC"), SQL("1")).limit(most))]
