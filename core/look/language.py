"""Which language a person reads: known ones, the one to choose, and the one of this moment."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar

SOURCE = "en"
"""The language the texts in the code are written in."""

PSEUDO = "en-XA"
"""The tag of the pseudo-language (CLDR's region for it): never offered by itself, never a relative of English."""

LANGUAGES: Mapping[str, str] = {
    "en": "English", "de": "Deutsch", "ar": "العربية", "fr": "Français", "es": "Español", "it": "Italiano",
    "pt": "Português", "pt-BR": "Português (Brasil)", "nl": "Nederlands", "da": "Dansk", "sv": "Svenska",
    "nb": "Norsk bokmål", "fi": "Suomi", "pl": "Polski", "cs": "Čeština", "sk": "Slovenčina",
    "hu": "Magyar", "ro": "Română", "bg": "Български", "el": "Ελληνικά", "hr": "Hrvatski",
    "sl": "Slovenščina", "et": "Eesti", "lv": "Latviešu", "lt": "Lietuvių", "tr": "Türkçe",
    "uk": "Українська", "ru": "Русский", "he": "עברית", "fa": "فارسی", "ur": "اردو", "hi": "हिन्दी",
    "th": "ไทย", "vi": "Tiếng Việt", "id": "Bahasa Indonesia", "ja": "日本語", "ko": "한국어",
    "zh-Hans": "简体中文", "zh-Hant": "繁體中文",
}
"""Languages the portal knows by their own name. Which of them are offered is the tenant's choice."""

RTL = frozenset({"ar", "arc", "ckb", "dv", "fa", "he", "ks", "ps", "sd", "ug", "ur", "yi"})
RTL_SCRIPTS = frozenset({"arab", "hebr", "thaa", "syrc", "nkoo", "adlm"})

MAX_HEADER = 1000
"""Characters of an Accept-Language header that are looked at; real ones are under 200."""

_TAG = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8}){0,3}")

_language: ContextVar[str] = ContextVar("parlour_language", default=SOURCE)


def tag(text: str) -> str:
    """Write a language tag the way HTML wants it: `pt_br` gives `pt-BR` (RFC 5646). "" if it is none."""
    if not _TAG.fullmatch(text):
        return ""
    first, *rest = text.replace("_", "-").split("-")
    return "-".join([first.lower(), *(part.title() if len(part) == 4 else part.upper() for part in rest)])


def direction(language: str) -> str:
    """Say which way a language is written: "rtl" or "ltr"."""
    first, *rest = language.lower().replace("_", "-").split("-")
    scripts = [part for part in rest if len(part) == 4]
    if scripts:
        return "rtl" if scripts[0] in RTL_SCRIPTS else "ltr"
    return "rtl" if first in RTL else "ltr"


def _wanted(accept_language: str) -> list[str]:
    """Tags of an Accept-Language header (RFC 9110, 12.5.4), the most wanted first, refused ones left out."""
    wanted: list[tuple[float, str]] = []
    for part in accept_language[:MAX_HEADER].split(","):
        name, _sep, weight = part.partition(";")
        language = tag(name.strip())
        match = re.fullmatch(r"\s*q\s*=\s*([01](?:\.\d{0,3})?)\s*", weight) if weight.strip() else None
        if not language or (weight.strip() and not match):
            continue
        quality = float(match.group(1)) if match else 1.0
        if quality > 0:
            wanted.append((quality, language))
    return [language for _quality, language in sorted(wanted, key=lambda pair: -pair[0])]


def _nearest(language: str, offered: Sequence[str]) -> str:
    """Find the offered language closest to one: itself, its parents, then a relative. "" if none is."""
    by_tag = {tag(one): one for one in offered}
    parts = language.split("-")
    for length in range(len(parts), 0, -1):
        parent = "-".join(parts[:length])
        if parent in by_tag:
            return by_tag[parent]
    return next((one for one in offered if tag(one).split("-")[0] == parts[0] and one != PSEUDO), "")


def negotiate(accept_language: str, chosen: str | None, offered: Sequence[str], default: str) -> str:
    """Choose a language: what the person chose, else what their browser asks for, else the default.

    `accept_language` is the header as it came ("" if none), `offered` what the tenant offers. The answer is
    always one of `offered`, or `default`; anything malformed counts as not said.
    """
    for language in [tag(chosen or ""), *_wanted(accept_language)]:
        if language and (found := _nearest(language, offered)):
            return found
    return default


def current() -> str:
    """Tell the language of this request, mail or command."""
    return _language.get()


def activate(language: str) -> None:
    """Read and write `language` from here on in this context; anything that is no tag means English."""
    _language.set(tag(language) or SOURCE)


@contextmanager
def using(language: str) -> Iterator[None]:
    """Read and write `language` inside the block: a mail in its receiver's language, for example."""
    token = _language.set(tag(language) or SOURCE)
    try:
        yield
    finally:
        _language.reset(token)
