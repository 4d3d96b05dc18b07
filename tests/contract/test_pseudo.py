"""Every page in the pseudo-language: what stands there without brackets cannot be translated."""

from __future__ import annotations

import calendar
import re
from html.parser import HTMLParser

import pytest

from core.look.i18n import LANGUAGES
from core.web.values import countries
from support.inside import COMPANIES, PEOPLE
from support.markup import VOID
from support.pages import ALL_ON, every_page

pytestmark = pytest.mark.engines("sqlite")

OWN = frozenset({"code", "kbd", "pre", "bdi", "time", "textarea", "script", "style", "head"})
"""Elements that hold what people or programs wrote, and moments, which are written by CLDR."""

SAID = ("placeholder", "title", "aria-label", "alt", "data-told", "data-remove", "aria-description")
COUNTRIES = countries("en").values()
NAMES = {*COUNTRIES, "Acme Support", "Globex Service", "Test Portal", "Contract Person", "Contract", "First line",
         "en-XA", "Parlour", "Inter", "localhost", *calendar.day_name,
         *LANGUAGES.values(), *(name for folk in COMPANIES.values() for name in folk.values()),
         *(name for folk in PEOPLE.values() for name, _role, _company in folk.values())}
"""What people called themselves and their things in this world."""

PLAIN = re.compile("|".join([
    r"\b[A-Z]\w+(?:/[A-Z][\w -]+)+",                                      # time zones
    *(re.escape(one) for one in sorted(NAMES, key=len, reverse=True)),
    r"[\w.+-]+@[\w.-]+", r"https?://\S+", r"\b[A-Z]{3}-\d+\b",             # addresses, numbers
    r"\b(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]* \d+(?:, \d{4})?", r"\d+\s?[AP]M",
    r"\b\d+ (?:second|minute|hour|day|week|month|year)s?\b",              # CLDR writes these
    r"\b\d+(?:\.\d+)? [KMG]?B\b", r"\b[A-Z]{2,3}\b|\b[a-z]{2}(?:-[A-Za-z]{2,4})?\b(?=\))"]))


class Bare(HTMLParser):
    """Collects what is read outside of brackets."""

    def __init__(self, language: str) -> None:
        super().__init__(convert_charrefs=True)
        self.language, self.depth, self.open, self.bare = language, 0, [], []

    def handle_starttag(self, tag, attrs):
        has = {name: value or "" for name, value in attrs}
        own = tag in OWN or has.get("lang", self.language) != self.language or has.get("translate") == "no"
        if not self.mute and not own:
            for name in SAID:
                self.say(has.get(name, ""), 0)
        if tag not in VOID:
            self.open.append((tag, own))

    @property
    def mute(self):
        return any(own for _tag, own in self.open)

    def handle_endtag(self, tag):
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, data):
        if self.mute:
            return
        self.depth = self.say(data, self.depth)

    def say(self, text, depth):
        outside = ""
        for character in text:
            depth += {"⟦": 1, "⟧": -1}.get(character, 0)
            outside += character if depth == 0 and character != "⟧" else "\n" if character == "⟦" else ""
        for line in outside.split("\n"):
            left = PLAIN.sub(" ", " ".join(line.split()))
            if re.search(r"[^\W\d_]{2,}", left):
                self.bare.append(" ".join(line.split()))
        return depth


def bare(html, language="en-XA"):
    reader = Bare(language)
    reader.feed(html)
    reader.close()
    return reader.bare


def test_every_page_can_be_translated(portal_inside):
    inside = portal_inside({"languages": {"offered": ["en", "de", "en-XA"]}, "access": {"registration": "open"},
                            "features": ALL_ON})
    seen = list(every_page(inside, lang="en-XA"))
    assert len(seen) > 110
    assert all("⟦" in page.html for page in seen)
    left = {}
    for page in seen:
        if page.path.startswith("/settings/gallery"):
            continue  # its examples are what people write
        for text in bare(page.html):
            left.setdefault(text, str(page))
    assert not left, "\n".join(f"{text!r}: {page}" for text, page in sorted(left.items()))


def test_the_walk_sees_what_is_not_translated():
    assert bare('<p>⟦Šáávéé <b>ííť</b>⟧ <bdi>Ana</bdi> 12 <a title="Close" href="/">⟦x⟧</a></p>') == ["Close"]
    assert bare("<p>Save</p><p>⟦Šáávéé⟧ now</p>") == ["Save", "now"]
    assert not bare('<p>Ada Admin · ada@example.com · Nov 3, 2026 · <span lang="de">Deutsch</span></p>')
