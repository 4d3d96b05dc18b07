"""What a person types - a number, a day, an address - turned into one exact value, or a reason why not."""

from __future__ import annotations

import datetime
import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache

from babel import Locale, UnknownLocaleError

from core.look import i18n
from core.look.figures import (
    MAX_EXACT,
    MINUS,
    Unfit,
    ascii_digits,
    exact,
    minor,
    number,
    plain_number,
    separators,
    typed_money,
    typed_number,
)

__all__ = ["MAX_EXACT", "Unfit", "ascii_digits", "composed", "countries", "country", "day", "day_order", "email",
           "exact", "minor", "number", "phone", "plain_number", "refuse_controls", "separators", "text",
           "typed_money", "typed_number"]

MAX_EMAIL = 254
"""Octets of an address that fit into a mail's path (RFC 5321, 4.5.3.1.3)."""

NO_COUNTRY = frozenset({"AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "ZZ"})
"""Codes that CLDR has and ISO 3166-1 has not. XK stays: it is user-assigned, and people live in Kosovo."""

_ALIASES = {"UK": "GB", "USA": "US", "EL": "GR"}
_NEWLINES = re.compile("\r\n|[\r\v\f\x85\u2028\u2029]")
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_ISO_DAY = re.compile(r"(\d{4})-(\d\d)-(\d\d)")
_TYPED_DAY = re.compile(r"(\d{1,4})[./ -]\s*(\d{1,2})[./ -]\s*(\d{1,4})\.?")
_ATOM = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\x80-\U0010ffff-]+")
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_PHONE = re.compile(r"(\+?)(\d{4,15})(?:;ext=(\d{1,6}))?")
_EXTENSION = re.compile(r"\s*(?:;ext=|ext\.?|x|#)\s*(\d{1,6})$", re.IGNORECASE)
_DEVIATIONS = frozenset("ßς\u200c\u200d")


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


@lru_cache(maxsize=64)
def _locale(language: str) -> Locale:
    try:
        return Locale.parse(language, sep="-")
    except (ValueError, UnknownLocaleError):
        return Locale.parse(i18n.SOURCE)


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
    written = ascii_digits(raw).strip().removeprefix("tel:").translate(MINUS)
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
