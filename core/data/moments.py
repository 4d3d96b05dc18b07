"""Moments, and identifiers that tell nobody anything: what every table begins with."""

from __future__ import annotations

import secrets
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from peewee import BigIntegerField

from core.data import scope
from core.data.guard import EPOCH


def now() -> datetime:
    """Say the present moment in UTC, to the microsecond."""
    return datetime.now(UTC)


def zone() -> ZoneInfo:
    """Give the time zone of the tenant at hand; outside of one, and before there are settings, it is UTC."""
    who = scope.active()
    return ZoneInfo("UTC" if who is None or who.settings is None else str(who.settings.value("time_zone")))


def today() -> date:
    """Give the day it is where the tenant at hand is."""
    return now().astimezone(zone()).date()


def public_id() -> str:
    """Make a random identifier of 128 bits for people, messages and files, safe in addresses."""
    return secrets.token_urlsafe(16)


def microseconds(moment: datetime) -> int:
    """Give a moment as it stands in tables: microseconds since 1970."""
    return (moment - EPOCH) // timedelta(microseconds=1)


class TimeField(BigIntegerField):
    """A moment in UTC, kept as microseconds since 1970: the same value on both engines, indexable."""

    def db_value(self, value: datetime | int | None) -> int | None:
        """Turn an aware datetime into microseconds."""
        if isinstance(value, datetime):
            return (value - EPOCH) // timedelta(microseconds=1)
        return value

    def python_value(self, value: int | None) -> datetime | None:
        """Turn microseconds into an aware datetime."""
        return None if value is None else EPOCH + timedelta(microseconds=value)
