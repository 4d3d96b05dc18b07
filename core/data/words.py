"""Words as search compares them: case and diacritics folded, the same on every engine; what matched is marked."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence

MOST_ASKED = 12
"""Words of a query that count; the rest is left out."""

LONGEST = 64
"""Characters of a word that count."""

_CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
# Chinese and Japanese have no spaces between words: there each character is a word of its own.
_WORD = re.compile(rf"[{_CJK}]|[^\W_{_CJK}]+")
_SHOWN = re.compile(rf"[{_CJK}]|[^\W_{_CJK}](?:[^\W_{_CJK}]|[\u0300-\u036f])*")


def fold(text: str) -> str:
    """Give a text without case and diacritics: `Größe` and `GROSSE`, `café` and `CAFE` are one."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(char for char in apart if not unicodedata.combining(char))
    return unicodedata.normalize("NFKC", bare).casefold()


def words(text: str) -> list[str]:
    """Give the folded words of a text in their order. Signs of any kind only part them."""
    return [found[:LONGEST] for found in _WORD.findall(fold(text))]


def asked(text: str) -> list[str]:
    """Give the words of a query, each once, at most MOST_ASKED; the last one stands for what begins with it."""
    *before, last = words(text[:500]) or [""]
    if not last:
        return []
    kept = [word for word in dict.fromkeys(before) if word != last]
    return [*kept[:MOST_ASKED - 1], last]


def hit(word: str, wanted: Sequence[str]) -> bool:
    """Say whether a folded word is one of those asked for, or begins with the last of them."""
    return bool(wanted) and (word in wanted or word.startswith(wanted[-1]))


def holds(text: str, wanted: Sequence[str]) -> bool:
    """Say whether a text holds every word asked for."""
    *whole, last = wanted
    found = set(words(text))
    return found.issuperset(whole) and any(word.startswith(last) for word in found)


def marked(text: str, wanted: Sequence[str]) -> list[tuple[str, bool]]:
    """Cut a text into pieces, each with whether it is one of the words asked for: for a template to mark."""
    pieces: list[tuple[str, bool]] = []
    done = 0
    for start, end in _places(text, wanted):
        if start > done:
            pieces.append((text[done:start], False))
        pieces.append((text[start:end], True))
        done = end
    if done < len(text):
        pieces.append((text[done:], False))
    return pieces


def _places(text: str, wanted: Sequence[str]) -> Iterator[tuple[int, int]]:
    for match in _SHOWN.finditer(text):
        if any(hit(word, wanted) for word in words(match.group())):
            yield match.span()


def excerpt(texts: Iterable[str], wanted: Sequence[str], length: int = 160) -> str:
    """Give the part of the first text that holds a word asked for, about `length` characters; "" if none does."""
    for text in texts:
        plain = " ".join(text[:20_000].split())
        place = next(_places(plain, wanted), None)
        if place is None:
            continue
        start = max(0, place[0] - length // 3)
        if start:
            start = plain.rfind(" ", 0, start) + 1
        end = min(len(plain), start + length)
        if end < len(plain):
            end = max(plain.rfind(" ", start, end), place[1], start + 1)
        return ("… " if start else "") + plain[start:end] + (" …" if end < len(plain) else "")
    return ""
