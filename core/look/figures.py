"""Numbers and amounts as people of a language type them: read exactly, written to be read again."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache

from babel import Locale, UnknownLocaleError

from core.look.language import SOURCE

MAX_EXACT = 2**53 - 1
"""The largest whole number that JSON readers everywhere keep exactly (RFC 8259, section 6)."""

MAX_DIGITS = 15
"""Significant digits of a typed number that survive as a binary double (IEEE 754)."""

MAX_NUMBER_TEXT = 64
MARKS = dict.fromkeys(map(ord, "\u200e\u200f\u061c"))
MINUS = str.maketrans("\u2212\u2010\u2011\uff0d", "----")
_EXACT = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,12})?", re.ASCII)


class Unfit(Exception):  # noqa: N818 - it names the value, not a fault of the program
    """A value does not fit. `code` is stable for programs; `gaps` fill the message for the person."""

    def __init__(self, code: str, **gaps: object) -> None:
        super().__init__(code)
        self.code, self.gaps = code, gaps


def ascii_digits(raw: str) -> str:
    """Write the decimal digits of any script as 0-9 and drop marks that only say which way to read."""
    return "".join(str(unicodedata.decimal(character)) if character.isdecimal() else character
                   for character in raw.translate(MARKS))


@lru_cache(maxsize=64)
def _locale(language: str) -> Locale:
    try:
        return Locale.parse(language, sep="-")
    except (ValueError, UnknownLocaleError):
        return Locale.parse(SOURCE)


@lru_cache(maxsize=64)
def separators(language: str) -> tuple[str, str]:
    """Give (decimal sign, group sign) of a language for the digits 0-9 (CLDR)."""
    symbols: Mapping[str, str] = _locale(language).number_symbols["latn"]
    return symbols["decimal"], symbols["group"]


@lru_cache(maxsize=64)
def _number_shape(language: str) -> re.Pattern[str]:
    point, group = separators(language)
    groups = "".join(re.escape(sign) for sign in {group, " ", "'", "’"} if sign.strip() or sign == " ")
    return re.compile(rf"[-+]?(?:\d+|\d{{1,3}}([{groups}])(?:\d{{2,3}}\1)*\d{{3}})(?:{re.escape(point)}\d+)?")


def number(raw: str, language: str) -> Decimal:
    """Read a number as people of a language write it: "1.234,56" in German, Arabic digits anywhere.

    Only what can be meant in one way is taken: "1.5" is refused in German, where the point groups thousands.
    Raises Unfit("format") or Unfit("too_precise").
    """
    point, group = separators(language)
    written = ascii_digits(raw).translate(MINUS).replace("٫", point).replace("٬", group)
    written = re.sub(r"\s", " ", written).strip()
    if len(written) > MAX_NUMBER_TEXT or not _number_shape(language).fullmatch(written):
        raise Unfit("format")
    whole, _point, fraction = written.rpartition(point) if point in written else (written, "", "")
    sign = "-" if whole.startswith("-") else ""
    return Decimal(f"{sign}{re.sub('[^0-9]', '', whole)}.{fraction or 0}")


def typed_number(value: Decimal | float, language: str) -> str:
    """Write a number so that `number` reads it back in the same language: no groups, 0-9."""
    plain = format(Decimal(str(value)), "f")
    if "." in plain:
        plain = plain.rstrip("0").rstrip(".")
    return plain.replace(".", separators(language)[0])


def plain_number(value: Decimal) -> int | float:
    """Give a typed number as JSON has it. Raises Unfit for one that would not come back unchanged."""
    if abs(value) > MAX_EXACT:
        raise Unfit("too_large_number")
    if value == value.to_integral_value():
        return int(value)
    if len(value.normalize().as_tuple().digits) > MAX_DIGITS:
        raise Unfit("too_precise", limit=MAX_DIGITS)
    return float(value)


def minor(raw: str, currency: str, digits: int, language: str) -> int:
    """Read an amount of money and give it in the currency's minor units, by whole-number arithmetic only.

    `digits` is the number of decimal places of the currency (ISO 4217). Its code or sign may stand around it.
    """
    sign = _locale(language).currency_symbols.get(currency, currency)
    bare = raw.translate(MARKS).strip()
    for mark in (currency, currency.lower(), sign.translate(MARKS)):
        bare = bare.removeprefix(mark).removesuffix(mark).strip()
    amount = number(bare, language).scaleb(digits)
    if amount != amount.to_integral_value():
        raise Unfit("decimals", digits=digits)
    if abs(amount) > MAX_EXACT:
        raise Unfit("too_large_number")
    return int(amount)


def typed_money(amount: int, digits: int, language: str) -> str:
    """Write an amount of minor units so that `minor` reads it back: "1250" with two places is "12.50"."""
    return format(Decimal(amount).scaleb(-digits), "f").replace(".", separators(language)[0])


def exact(value: object, places: int) -> str:
    """Give a decimal as its one exact text: "2", "0.5", never "0.50" or "5E-1". A binary float is refused.

    `value` is a whole number, a Decimal, or text with a point. Raises Unfit: "type", "format", "decimals".
    """
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        raise Unfit("type")
    written = format(value, "f") if isinstance(value, Decimal) else str(value).strip()
    whole, _point, fraction = written.partition(".")
    written = f"{whole}.{fraction.rstrip('0')}".removesuffix(".")
    if not _EXACT.fullmatch(written):
        raise Unfit("too_large_number" if len(whole) > MAX_DIGITS and whole.strip("-").isdecimal() else "format")
    if len(written.partition(".")[2]) > places:
        raise Unfit("decimals", digits=places)
    plain = Decimal(written)
    return format(plain, "f") if plain else "0"
