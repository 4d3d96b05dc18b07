"""What is read on a page in the pseudo-language outside of its brackets: text that nobody can translate."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from core.host.checks.markup import VOID

OWN = frozenset({"code", "kbd", "pre", "bdi", "time", "textarea", "script", "style", "head"})
"""Elements that hold what people or programs wrote, and moments, which are written by CLDR."""

SAID = ("placeholder", "title", "aria-label", "alt", "data-told", "data-remove", "aria-description")
"""Attributes that are read or shown."""

ALWAYS = (r"[\w.+-]+@[\w.-]+", r"https?://\S+", r"\b[A-Z]{1,12}-\d+\b",  # addresses, numbers
          r"\b(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]* \d+(?:, \d{4})?", r"\d+\s?[AP]M",
          r"\b\d+ (?:second|minute|hour|day|week|month|year)s?\b",  # CLDR writes these
          r"\b\d+(?:\.\d+)? [KMG]?B\b", r"\b[A-Z]{2,3}\b|\b[a-z]{2}(?:-[A-Za-z]{2,4})?\b(?=\))")
"""What stands in no language: addresses, numbers of records, dates, sizes."""


def plain(names: set[str]) -> re.Pattern[str]:
    """Make the pattern of what may stand outside: `names` of people and things, longest first, and ALWAYS."""
    known = (re.escape(one) for one in sorted(names, key=len, reverse=True))
    return re.compile("|".join([r"\b[A-Z]\w+(?:/[A-Z][\w -]+)+", *known, *ALWAYS]))


class Bare(HTMLParser):
    """Collects what is read outside of brackets in `bare`."""

    def __init__(self, language: str, allowed: re.Pattern[str]) -> None:
        super().__init__(convert_charrefs=True)
        self.language, self.allowed, self.depth = language, allowed, 0
        self.open: list[tuple[str, bool]] = []
        self.bare: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Read the attributes of an element, and note whether its text is somebody's own."""
        has = {name: value or "" for name, value in attrs}
        own = tag in OWN or has.get("lang", self.language) != self.language or has.get("translate") == "no"
        if not self.mute and not own:
            for name in SAID:
                self.say(has.get(name, ""), 0)
        if tag not in VOID:
            self.open.append((tag, own))

    @property
    def mute(self) -> bool:
        """Whether what is read now is somebody's own."""
        return any(own for _tag, own in self.open)

    def handle_endtag(self, tag: str) -> None:
        """Leave an element."""
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        """Read text."""
        if not self.mute:
            self.depth = self.say(data, self.depth)

    def say(self, text: str, depth: int) -> int:
        """Keep what stands outside of brackets; give how many are open at its end."""
        outside = ""
        for character in text:
            depth += {"⟦": 1, "⟧": -1}.get(character, 0)
            outside += character if depth == 0 and character != "⟧" else "\n" if character == "⟦" else ""
        for line in outside.split("\n"):
            left = self.allowed.sub(" ", " ".join(line.split()))
            if re.search(r"[^\W\d_]{2,}", left):
                self.bare.append(" ".join(line.split()))
        return depth


def bare(html: str, allowed: re.Pattern[str], language: str = "en-XA") -> list[str]:
    """Give what is read on a page of `language` outside of brackets and is not `allowed`."""
    reader = Bare(language, allowed)
    reader.feed(html)
    reader.close()
    return reader.bare
