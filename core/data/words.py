"""Words as search compares them: folded the same on every engine, their stems, their misspellings, and marks."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import lru_cache

MOST_ASKED = 12
"""Words of a query that count; the rest is left out."""

LONGEST = 64
"""Characters of a word that count."""

_CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_MARKS = "\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed"
# Chinese and Japanese have no spaces between words: there each character is a word of its own.
_WORD = re.compile(rf"[{_CJK}]|[^\W_{_CJK}]+")
_SHOWN = re.compile(rf"[{_CJK}]|[^\W_{_CJK}](?:[^\W_{_CJK}]|[{_MARKS}])*")

# Letters that people write one for another, beyond what Unicode takes apart: Arabic ta marbuta, alef maksura and
# the stroke that only stretches a word, Persian letters, Latin letters whose stroke is part of them, digits.
_SAME = str.maketrans({"ة": "ه", "ى": "ي", "ٱ": "ا", "ک": "ك", "ی": "ي", "\u0640": None,
                       "ø": "o", "ł": "l", "đ": "d", "ı": "i", "æ": "ae", "œ": "oe",
                       **{chr(zero + i): str(i) for zero in (0x660, 0x6f0) for i in range(10)}})


def fold(text: str) -> str:
    """Give a text without case and diacritics: `Größe` and `GROSSE`, `أُمّة` and `امه` are one."""
    if text.isascii():
        return text.lower()
    apart = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(char for char in apart if not unicodedata.combining(char))
    return unicodedata.normalize("NFKC", bare).casefold().translate(_SAME)


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


# --- stems: what is left of a word without the endings of its forms; light on purpose, exact hits come first ---

_ENDINGS = ("ings", "edly", "ing", "ern", "ed", "er", "en", "em", "e")
_ARTICLES = ("وال", "بال", "كال", "فال", "لل", "ال")
_ARABIC_ENDINGS = ("ها", "ان", "ات", "ون", "ين", "يه", "ه", "ي")


@lru_cache(maxsize=16_384)
def stem(word: str) -> str:
    """Give what the forms of a folded word share: `invoices`, `invoice`; `druckern`, `drucker`.

    One rule for Latin and one for Arabic letters; other words, and those with digits, are their own stem.
    """
    if len(word) < 4 or not word.isalpha():
        return word
    return _arabic(word) if "\u0600" <= word[0] <= "\u06ff" else _latin(word) if word.isascii() else word


def _latin(word: str) -> str:
    if word[-1] == "s" and word[-2] not in "sui":
        word = word[:-1]
    ending = next((one for one in _ENDINGS if word.endswith(one) and len(word) - len(one) >= 3), "")
    word = word[:len(word) - len(ending)]
    if len(word) > 3 and word[-1] == word[-2]:
        word = word[:-1]
    return word[:-1] + "i" if word[-1] == "y" else word


def _arabic(word: str) -> str:
    article = next((one for one in _ARTICLES if word.startswith(one) and len(word) - len(one) >= 3), "")
    word = word[len(article):]
    ending = next((one for one in _ARABIC_ENDINGS if word.endswith(one) and len(word) - len(one) >= 3), "")
    return word[:len(word) - len(ending)]


def stems(found: Iterable[str]) -> list[str]:
    """Give the stems of some words that differ from them, marked as such: `_invoic`."""
    return list(dict.fromkeys("_" + bare for word in found if (bare := stem(word)) != word))


def forms(word: str) -> list[str]:
    """Give the marked and plain words that a word asked for is found by beside itself."""
    bare = stem(word)
    return [f"_{bare}", *([bare] if bare != word else [])] if len(word) > 3 and word.isalpha() else []


# --- misspellings: words near one another share a key, then their distance is measured ---

HEAD = 5
"""Letters at the beginning of a word that its keys are made of."""


def spelt(word: str) -> bool:
    """Say whether a folded word can be misspelt: letters alone, neither short nor endless."""
    return 4 <= len(word) <= 40 and word.isalpha()


def keys(word: str) -> list[str]:
    """Give the keys of a word: its first letters, and those with each one left out.

    Two words share a key where their first letters differ by one letter that is missing, too many, another, or
    in its neighbour's place; what is wrong further on leaves the keys alone.
    """
    head = word[:HEAD]
    return list(dict.fromkeys([head, *(head[:place] + head[place + 1:] for place in range(len(head)))]))


def allowed(word: str) -> int:
    """Give how many mistakes a word of this length may have."""
    return 0 if not spelt(word) else 1 if len(word) < 8 else 2


def distance(one: str, other: str, most: int) -> int:
    """Count the letters missing, too many, replaced or swapped between two words; `most` + 1 means "more"."""
    if abs(len(one) - len(other)) > most:
        return most + 1
    before: list[int] = []
    line = list(range(len(other) + 1))
    for row, letter in enumerate(one, 1):
        last, before, line = before, line, [row] + [0] * len(other)
        for column, sign in enumerate(other, 1):
            best = min(before[column] + 1, line[column - 1] + 1, before[column - 1] + (letter != sign))
            if row > 1 and column > 1 and letter == other[column - 2] and one[row - 2] == sign:
                best = min(best, last[column - 2] + 1)
            line[column] = best
        if min(line) > most:
            return most + 1
    return min(line[-1], most + 1)


def near(word: str, known: Iterable[str], *, begun: bool = False, most: int = 100) -> list[str]:
    """Give those of some known words that `word` may be a misspelling of, the nearest first, at most `most`.

    `begun` also takes words that only begin like it: somebody is still typing.
    """
    limit = allowed(word)
    found: dict[str, int] = {}
    for other in known:
        bare = other.lstrip("_")
        steps = distance(word, bare, limit)
        if begun and len(bare) > len(word):
            steps = min(steps, *(distance(word, bare[:len(word) + more], limit) for more in (-1, 0, 1)))
        if 0 < steps <= limit or (steps == 0 and other != word):
            found[other] = steps
    return sorted(found, key=lambda other: (found[other], other))[:most]


# --- what people see of it ---


def hit(word: str, wanted: Sequence[str], also: Collection[str] = ()) -> bool:
    """Say whether a folded word is one of those asked for, begins with the last of them, or is one of `also`."""
    return bool(wanted) and (word in wanted or word.startswith(wanted[-1]) or (
        bool(also) and (word in also or f"_{stem(word)}" in also)))


def holds(text: str, wanted: Sequence[str]) -> bool:
    """Say whether a text holds every word asked for."""
    *whole, last = wanted
    found = set(words(text))
    return found.issuperset(whole) and any(word.startswith(last) for word in found)


def marked(text: str, wanted: Sequence[str], also: Collection[str] = ()) -> list[tuple[str, bool]]:
    """Cut a text into pieces, each with whether it is one of the words asked for: for a template to mark."""
    pieces: list[tuple[str, bool]] = []
    done = 0
    for start, end in _places(text, wanted, also):
        if start > done:
            pieces.append((text[done:start], False))
        pieces.append((text[start:end], True))
        done = end
    if done < len(text):
        pieces.append((text[done:], False))
    return pieces


def _places(text: str, wanted: Sequence[str], also: Collection[str] = ()) -> Iterator[tuple[int, int]]:
    for match in _SHOWN.finditer(text):
        if any(hit(word, wanted, also) for word in words(match.group())):
            yield match.span()


def excerpt(texts: Iterable[str], wanted: Sequence[str], also: Collection[str] = (), length: int = 160) -> str:
    """Give the part of the first text that holds a word asked for, about `length` characters; "" if none does."""
    for text in texts:
        plain = " ".join(text[:20_000].split())
        place = next(_places(plain, wanted, also), None)
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
