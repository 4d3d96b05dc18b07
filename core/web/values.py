"""What a person types - a number, a day, an address - turned into one exact value, or a reason why not."""

from __future__ import annotations

import datetime
import re
import unicodedata
from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache

from babel import Locale, UnknownLocaleError

from core.look import i18n

MAX_EXACT = 2**53 - 1
"""The largest whole number that JSON readers everywhere keep exactly (RFC 8259, section 6)."""

MAX_DIGITS = 15
"""Significant digits of a typed number that survive as a binary double (IEEE 754)."""

MAX_NUMBER_TEXT = 64
MAX_EMAIL = 254
"""Octets of an address that fit into a mail's path (RFC 5321, 4.5.3.1.3)."""

NO_COUNTRY = frozenset({"AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "ZZ"})
"""Codes that CLDR has and ISO 3166-1 has not. XK stays: it is user-assigned, and people live in Kosovo."""

_ALIASES = {"UK": "GB", "USA": "US", "EL": "GR"}
_NEWLINES = re.compile("\r\n|[\r\v\f\x85\u2028\u2029]")
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_MARKS = dict.fromkeys(map(ord, "\u200e\u200f\u061c"))
_MINUS = str.maketrans("\u2212\u2010\u2011\uff0d", "----")
_ISO_DAY = re.compile(r"(\d{4})-(\d\d)-(\d\d)")
_TYPED_DAY = re.compile(r"(\d{1,4})[./ -]\s*(\d{1,2})[./ -]\s*(\d{1,4})\.?")
_ATOM = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\x80-\U0010ffff-]+")
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_PHONE = re.compile(r"(\+?)(\d{4,15})(?:;ext=(\d{1,6}))?")
_EXTENSION = re.compile(r"\s*(?:;ext=|ext\.?|x|#)\s*(\d{1,6})$", re.IGNORECASE)
_DEVIATIONS = frozenset("ßς\u200c\u200d")


class Unfit(Exception):  # noqa: N818 - it names the value, not a fault of the program
    """A value does not fit. `code` is stable for programs; `gaps` fill the message for the person."""

    def __init__(self, code: str, **gaps: object) -> None:
        super().__init__(code)
        self.code, self.gaps = code, gaps


def text(raw: str, *, lines: bool) -> str:
    """Make text the same however it was typed: NFC, newlines as LF, no blanks around it.

    `lines` False makes one line of it. Raises Unfit("characters") for control characters and lone surrogates:
    no database, mail header or page can carry them all.
    """
    clean = composed(_NEWLINES.sub("\n", raw))
    if not lines:
        clean = re.sub(r"[\n\t]+", " ", clean)
    refuse_controls(clean)
    return clean.strip()


def composed(raw: str) -> str:
    """Write letters with marks as one character where Unicode has one (NFC), so that equal texts are equal."""
    return unicodedata.normalize("NFC", raw)


def refuse_controls(clean: str) -> None:
    """Raise Unfit("characters") if there is anything in it that cannot be stored and shown."""
    if _CONTROLS.search(clean):
        raise Unfit("characters")


def ascii_digits(raw: str) -> str:
    """Write the decimal digits of any script as 0-9 and drop marks that only say which way to read."""
    return "".join(str(unicodedata.decimal(character)) if character.isdecimal() else character
                   for character in raw.translate(_MARKS))


@lru_cache(maxsize=64)
def _locale(language: str) -> Locale:
    try:
        return Locale.parse(language, sep="-")
    except (ValueError, UnknownLocaleError):
        return Locale.parse(i18n.SOURCE)


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
    written = ascii_digits(raw).translate(_MINUS).replace("٫", point).replace("٬", group)
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
    bare = raw.translate(_MARKS).strip()
    for mark in (currency, currency.lower(), sign.translate(_MARKS)):
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


@lru_cache(maxsize=64)
def day_order(language: str) -> str:
    """Tell in which order a language writes day, month and year: "dmy", "mdy" or "ymd" (CLDR)."""
    pattern = _locale(language).date_formats["short"].pattern.lower()
    return "".join(sorted("dmy", key=pattern.find))


def day(raw: str, language: str) -> str:
    """Read a day as ISO 8601 or in the language's own order, with a year of four digits; give it as ISO."""
    written = ascii_digits(raw).strip()
    if iso := _ISO_DAY.fullmatch(written):
        parts = dict(zip("ymd", iso.groups(), strict=True))
    elif typed := _TYPED_DAY.fullmatch(written):
        parts = dict(zip(day_order(language), typed.groups(), strict=True))
    else:
        raise Unfit("format")
    if len(parts["y"]) != 4:
        raise Unfit("format")
    try:
        return datetime.date(int(parts["y"]), int(parts["m"]), int(parts["d"])).isoformat()
    except ValueError:
        raise Unfit("no_such_day") from None


def email(raw: str) -> str:
    """Check an e-mail address and write its domain in lower case ASCII (RFC 5321, 5890, 6531).

    Taken is what mail programs take: dotted atoms (letters of any script too), and a domain of two or more
    labels. Quoted local parts, address literals, comments and lone host names are refused.
    """
    if len(raw) > MAX_EMAIL:
        raise Unfit("format")
    local, _at, domain = raw.rpartition("@")
    atoms = local.split(".")
    if len(local.encode()) > 64 or not all(map(_is_atom, atoms)):
        raise Unfit("format")
    labels = [_ascii_label(label) for label in domain.split(".")]
    address = f"{local}@{'.'.join(labels)}"
    if len(labels) < 2 or labels[-1].isdecimal() or len(labels[-1]) < 2 or len(address.encode()) > MAX_EMAIL:
        raise Unfit("format")
    return address


def _is_atom(atom: str) -> bool:
    return bool(_ATOM.fullmatch(atom)) and all(
        character < "\x80" or unicodedata.category(character)[0] in "LMN" for character in atom)


def _ascii_label(label: str) -> str:
    """Write one label of a domain in ASCII. The stdlib would turn "ß" into "ss": another domain."""
    try:
        if _DEVIATIONS & set(label):
            written = f"xn--{label.lower().encode('punycode').decode()}"
        else:
            written = label.encode("idna").decode().lower()
    except UnicodeError:
        raise Unfit("format") from None
    if not _LABEL.fullmatch(written):
        raise Unfit("format")
    return written


def phone(raw: str) -> str:
    """Give a phone number as "+" and digits (E.164), or as digits alone where no country is named.

    Blanks, dots, dashes, slashes and brackets may stand anywhere; 00 means +; "x12" or "ext. 12" becomes
    ";ext=12" (RFC 3966).
    """
    written = ascii_digits(raw).strip().removeprefix("tel:").translate(_MINUS)
    written = _EXTENSION.sub(r";ext=\1", written)
    written = re.sub(r"^(\+|00)(.*?)\(0\)", r"\1\2", written)
    main, _sep, extension = written.partition(";ext=")
    main = re.sub(r"[\s./()\-–]", "", main)
    main = f"+{main[2:]}" if main.startswith("00") else main
    found = _PHONE.fullmatch(f"{main};ext={extension}" if extension else main)
    if not found:
        raise Unfit("format")
    return found.group()


@lru_cache(maxsize=64)
def countries(language: str) -> Mapping[str, str]:
    """Give code -> name of every country of ISO 3166-1, by name in the order of the language's letters."""
    known = {**_locale(i18n.SOURCE).territories, **_locale(language).territories}
    names = {code: name for code, name in known.items()
             if len(code) == 2 and code.isalpha() and code not in NO_COUNTRY}
    return dict(sorted(names.items(), key=lambda pair: _letters(pair[1])))


def _letters(name: str) -> str:
    """Sort "Ägypten" beside "Algerien": by base letters, accents aside."""
    return "".join(character for character in unicodedata.normalize("NFD", name.casefold())
                   if not unicodedata.combining(character))


@lru_cache(maxsize=64)
def _country_names(language: str) -> Mapping[str, str]:
    return {name.casefold(): code for one in (i18n.SOURCE, language) for code, name in countries(one).items()}


def country(raw: str, language: str) -> str:
    """Give the ISO 3166-1 code of a country named by code, or by its name in English or the language."""
    code = _ALIASES.get(raw.upper(), raw.upper())
    if code in countries(i18n.SOURCE):
        return code
    found = _country_names(language).get(raw.casefold())
    if found is None:
        raise Unfit("enum")
    return found
