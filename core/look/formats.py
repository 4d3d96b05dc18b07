"""Figures, money and dates as people of the current language write them."""

from __future__ import annotations

import copy
import datetime
from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError, dates, lists, numbers

from core.look.language import SOURCE, current

NO_DECIMALS = frozenset(["BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI",
                         "VND", "VUV", "XAF", "XOF", "XPF"])
THREE_DECIMALS = frozenset(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"])

KEPT = 8192
"""Formatted values kept per process and kind: Babel takes tens of microseconds for each."""


def minor_digits(currency: str) -> int:
    """Tell how many decimal places a currency's minor unit has (ISO 4217): 2 for EUR, 0 for JPY."""
    if currency in NO_DECIMALS:
        return 0
    return 3 if currency in THREE_DECIMALS else 2


@lru_cache(maxsize=64)
def _locale(language: str) -> Locale:
    try:
        return Locale.parse(language, sep="-")
    except (ValueError, UnknownLocaleError):
        return Locale.parse(SOURCE)


@lru_cache(maxsize=128)
def _money_pattern(language: str, digits: int) -> numbers.NumberPattern:
    """Give the language's pattern for money with exactly so many decimal places."""
    pattern: numbers.NumberPattern = copy.copy(_locale(language).currency_formats["standard"])
    pattern.frac_prec = (digits, digits)
    return pattern


@lru_cache(maxsize=KEPT)
def _money(language: str, minor: int, currency: str) -> str:
    digits = minor_digits(currency)
    return str(_money_pattern(language, digits).apply(
        Decimal(minor).scaleb(-digits), _locale(language), currency=currency, currency_digits=False))


def format_money(minor: int, currency: str) -> str:
    """Write an amount of money. `minor` counts the currency's smallest units: cents, not euros."""
    return _money(current(), minor, currency)


def format_price(amount: Decimal, currency: str, places: int) -> str:
    """Write a price in whole currency units with so many decimal places, for those finer than a cent."""
    language = current()
    return str(_money_pattern(language, places).apply(amount, _locale(language), currency=currency,
                                                      currency_digits=False))


@lru_cache(maxsize=KEPT)
def _number(language: str, value: int | Decimal | float) -> str:
    return numbers.format_decimal(value, locale=_locale(language))


def format_number(value: int | Decimal | float) -> str:
    """Write a number with the separators of the current language, at most three decimal places."""
    return _number(current(), value)


@lru_cache(maxsize=KEPT)
def _quantity(language: str, value: str) -> str:
    return numbers.format_decimal(Decimal(value), locale=_locale(language), decimal_quantization=False)


def format_quantity(value: str) -> str:
    """Write an exact decimal ("1250.5") with the separators of the current language, all places kept."""
    return _quantity(current(), value)


def _zone(tz: str | datetime.tzinfo) -> datetime.tzinfo:
    """Find a time zone; a name the system does not know means UTC rather than no page."""
    if not isinstance(tz, str):
        return tz
    try:
        return ZoneInfo(tz)
    except (ValueError, OSError, LookupError):
        return datetime.UTC


def _local(moment: datetime.datetime, tz: str | datetime.tzinfo) -> datetime.datetime:
    """Move a moment into a time zone; one without a zone is UTC, as everything stored is."""
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=datetime.UTC)
    return moment.astimezone(_zone(tz))


@lru_cache(maxsize=KEPT)
def _date(language: str, day: datetime.date) -> str:
    return dates.format_date(day, format="medium", locale=_locale(language))


@lru_cache(maxsize=1440)
def _time(language: str, time: datetime.time) -> str:
    return dates.format_time(time, format="short", locale=_locale(language))


@lru_cache(maxsize=64)
def _joint(language: str) -> str:
    return str(dates.get_datetime_format("medium", locale=_locale(language)))


def format_date(moment: datetime.date, tz: str | datetime.tzinfo = "UTC") -> str:
    """Write a day. A datetime (UTC if it says nothing) is the day it is in `tz`; a date stays that date."""
    day = _local(moment, tz).date() if isinstance(moment, datetime.datetime) else moment
    return _date(current(), day)


def format_datetime(moment: datetime.datetime, tz: str | datetime.tzinfo = "UTC") -> str:
    """Write day, hour and minute of a moment (UTC if it says nothing) as the clocks in `tz` show it."""
    language, local = current(), _local(moment, tz)
    time = local.time().replace(second=0, microsecond=0)
    day_and_time = _joint(language).replace("'", "")
    return day_and_time.replace("{0}", _time(language, time)).replace("{1}", _date(language, local.date()))


@lru_cache(maxsize=64)
def _weekdays(language: str) -> tuple[str, ...]:
    names = dates.get_day_names("wide", context="stand-alone", locale=_locale(language))
    return tuple(str(names[day]) for day in range(7))


def weekdays() -> tuple[str, ...]:
    """Name the days of the week in the current language, Monday first."""
    return _weekdays(current())


@lru_cache(maxsize=KEPT)
def _span(language: str, seconds: int) -> str:
    return str(dates.format_timedelta(datetime.timedelta(seconds=seconds), threshold=1.5,
                                      locale=_locale(language)))


def format_span(length: datetime.timedelta) -> str:
    """Write a length of time roughly, in its largest fitting unit: 40 minutes, 3 days."""
    return _span(current(), max(60, int(length.total_seconds())))


def format_list(words: Sequence[str], *, either: bool = False) -> str:
    """Write several things in one sentence: a, b and c; or a, b or c."""
    return lists.format_list(list(words), style="or" if either else "standard", locale=_locale(current()))
