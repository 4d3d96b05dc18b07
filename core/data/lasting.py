"""How long a record lasts for who is not of the team: the last moment that its kind keeps (`Kind.until`)."""

from __future__ import annotations

from typing import Any

from peewee import Value, fn

from core.data.db import now
from core.data.guard import door, late
from core.data.records import Record


def seconds() -> int:
    """Give the present moment as `Kind.until` compares it."""
    return int(now().timestamp())


def not_over(until: Any, prefix: str = "") -> Any:
    """Write that a record's last moment is to come; its body is asked apart, as not every statement joins it."""
    over = until.model.alias()
    return ~fn.EXISTS(door(over.select(Value(1)), until.model).where(
        over.record == Record.id, getattr(over, until.name) <= late(f"{prefix}until", seconds())))
