"""What schemas are made of: a line of text, a choice, a group, a list, each with its words for people."""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]


def text(title: str, description: str, **more: Any) -> Schema:
    """Make the schema of one line of text."""
    return {"type": "string", "title": title, "description": description, "maxLength": 500, **more}


def number(title: str, description: str, default: int, low: int, high: int) -> Schema:
    """Make the schema of a whole number between two limits, both allowed."""
    return {"type": "integer", "title": title, "description": description, "default": default,
            "minimum": low, "maximum": high}


def choice(title: str, description: str, *words: str, **labels: str) -> Schema:
    """Make the schema of one word out of several; the first is the default. `labels` are what people read."""
    return {"type": "string", "title": title, "description": description, "enum": list(words),
            "default": words[0], **({"x-labels": labels} if labels else {})}


def group(title: str, description: str, /, **properties: Schema) -> Schema:
    """Make the schema of a group of known keys."""
    return {"type": "object", "title": title, "description": description, "properties": properties,
            "additionalProperties": False}


def many(title: str, description: str, pattern: str, each: Schema) -> Schema:
    """Make the schema of a group whose keys people choose and whose values are alike."""
    return {"type": "object", "title": title, "description": description,
            "propertyNames": {"pattern": pattern, "examples": ["acme"]}, "additionalProperties": each}


def listing(title: str, description: str, each: Schema, **more: Any) -> Schema:
    """Make the schema of a list of alike values."""
    return {"type": "array", "title": title, "description": description, "items": each,
            "default": [], **more}


def words(title: str, description: str, limit: int = 500) -> Schema:
    """Make the schema of a text that may be one per language: `Room`, or `{en: Room, de: Raum}`."""
    return {"type": ["string", "object"], "title": title, "description": description, "maxLength": limit,
            "minProperties": 1, "propertyNames": {"pattern": LANGUAGE, "examples": ["de"]},
            "additionalProperties": {"type": "string", "maxLength": limit}, "x-widget": "words"}


LANGUAGE = "^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$"
