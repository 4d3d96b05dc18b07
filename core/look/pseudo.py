"""A language nobody speaks: English in brackets, accented, two fifths longer; what stays bare has no translation.

It shows what no catalogue reaches, what loses its markup or its gaps, and what has no room for longer words,
before a translator has written a line. It is offered only where `languages.offered` names it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from math import ceil

from core.look.language import PSEUDO

__all__ = ["CLOSING", "OPENING", "PSEUDO", "Stretched", "stretch"]

OPENING, CLOSING = "⟦", "⟧"
LONGER = 1.4
"""How long a text becomes, as a multiple: German and Finnish need about as much."""

_KEPT = re.compile(r"""
    %%|%\(\w+\)[-#0\x20+]*\d*(?:\.\d+)?[sdif]   # gaps that are filled later
    |\{[\w.:-]*\}                               # placeholders of other kinds
    |<[^<>]*>                                   # markup
    |&(?:\#\d+|\#x[0-9a-fA-F]+|\w+);            # characters written as entities
    |(?:https?://|mailto:|www\.)[^\s<>"']+      # addresses
    """, re.VERBOSE)
_ACCENTS = str.maketrans("aeiouyAEIOUYcnszlgCNSZLG", "áéíöüýÁÉÍÖÜÝçñšžłğÇÑŠŽŁĞ")
_VOWELS = frozenset("áéíöüýÁÉÍÖÜÝ")
_FILLING = "·"


def _pieces(text: str) -> Iterator[tuple[str, bool]]:
    """Give the pieces of a text in order, and whether people read each as words."""
    end = 0
    for match in _KEPT.finditer(text):
        yield text[end:match.start()], True
        yield match.group(), False
        end = match.end()
    yield text[end:], True


@lru_cache(maxsize=4096)
def stretch(text: str) -> str:
    """Write a text in the pseudo-language: brackets around it, accents on it, at least 40 % more letters.

    Gaps, placeholders, markup, entities and addresses stay as they are, and so does white space at both ends.
    What has no letters is given back as it came.
    """
    words = text.strip()
    if not any(character.isalpha() for piece, said in _pieces(words) if said for character in piece):
        return text
    written, said_before, said_now = [], 0, 0
    for piece, said in _pieces(words):
        new = "".join(one * 2 if one in _VOWELS else one for one in piece.translate(_ACCENTS)) if said else piece
        if said:
            said_before, said_now = said_before + len(piece), said_now + len(new)
        written.append(new)
    missing = ceil(said_before * LONGER) - said_now
    filling = f" {_FILLING * missing}" if missing > 0 else ""
    start = len(text) - len(text.lstrip())
    return f"{text[:start]}{OPENING}{''.join(written)}{filling}{CLOSING}{text[start + len(words):]}"


class Stretched(Mapping[tuple[str, str], str]):
    """The catalogue of the pseudo-language: (context, text) to the text stretched, whatever it is."""

    def __getitem__(self, key: tuple[str, str]) -> str:
        """Stretch a text."""
        return stretch(key[1])

    def __iter__(self) -> Iterator[tuple[str, str]]:
        """Name no text: all there could be are in it."""
        return iter(())

    def __len__(self) -> int:
        """Count no text."""
        return 0


NO_PLURALS: Mapping[tuple[str, str], tuple[tuple[str, ...], Callable[[int], int]]] = {}
"""Plurals are English ones, each form stretched by itself."""
