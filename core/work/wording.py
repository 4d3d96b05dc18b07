"""A mail in an admin's own words: Markdown with placeholders, checked, and filled in as HTML and as plain text."""

from __future__ import annotations

import html as entities
import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from markupsafe import Markup, escape

from core.config.mistakes import likely
from core.look import compose, links, richtext
from core.look.i18n import gettext as _
from core.look.language import current, using
from core.work import plaintext

MOST = 10_000
"""Characters of a mail's text."""

MOST_SUBJECT = 200

MOST_VALUE = 300
"""Characters of a value inside a line."""

ADDRESSES = frozenset({"link"})
"""Placeholders for addresses of this portal: the only ones a link may lead to."""

BLOCKS = frozenset({"text"})
"""Placeholders for what somebody wrote: several lines, which stand as they were written."""

_BRACES = re.compile(r"\{([^{}\n]*)\}")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,40}\Z")
_OPENED = re.compile(r"(\]\(\s*<?|\]:\s*<?|<)\Z")
_MARK = re.compile("\ue000(\\d+)\ue001")
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Signs that turn the order of what follows around, which can make one address look like another."""

_BUTTON = re.compile(r'<p(?: dir="\w+")?><a href="https://p(\d+)\.invalid/"[^>]*>((?!https:)[^<]*)</a></p>\n?')
_BLOCK = re.compile("<p(?: dir=\"\\w+\")?>\ue000(\\d+)\ue001</p>")


@dataclass(frozen=True)
class Mistake:
    """Where an own text cannot be used, counted from 1, and what to do."""

    line: int
    column: int
    message: str

    def __str__(self) -> str:
        """Say it as people read it."""
        return f"{self.line}:{self.column}: {self.message}"


@dataclass(frozen=True)
class Button:
    """A link that stands in a paragraph of its own: what it says, and where it leads."""

    label: str
    href: str


@dataclass(frozen=True)
class Written:
    """A text filled in: the same as pieces for HTML (a Markup or a Button) and as plain text."""

    pieces: tuple[Markup | Button, ...]
    text: str


def mistakes(source: str, names: Collection[str], needs: Collection[str] = (), *,
             line: bool = False) -> list[Mistake]:
    """Say what keeps a text from being used; `line` asks for one line, a subject.

    `names` are the placeholders it may have, `needs` those it must have.
    """
    return list(_mistakes(source, frozenset(names), tuple(needs), line, current()))


@lru_cache(maxsize=512)
def _mistakes(source: str, names: frozenset[str], needs: tuple[str, ...], line: bool,
              _language: str) -> tuple[Mistake, ...]:
    most = MOST_SUBJECT if line else MOST
    if len(source) > most:
        return (Mistake(1, 1, _("This is too long. Write at most %(most)s characters.", most=most)),)
    if not source.strip():
        return (Mistake(1, 1, _("Write something, or go back to the shipped text.")),)
    found = [*_signs(source, line=line), *_unknown(source, names, line=line)]
    if not found and not line:
        found += _lost(source)
    held = {match[1] for match in _BRACES.finditer(source)}
    found += [Mistake(*_place(source, len(source.rstrip())), _(
        "This mail needs %(name)s. Put it where it belongs.", name=f"{{{name}}}"))
        for name in needs if name not in held]
    return tuple(sorted(found, key=lambda one: (one.line, one.column)))


def _place(source: str, at: int) -> tuple[int, int]:
    before = source[:at]
    return before.count("\n") + 1, at - (before.rfind("\n") + 1) + 1


def _signs(source: str, *, line: bool) -> Iterator[Mistake]:
    """Find signs that nobody sees and that forge headers or turn text around."""
    for at, char in enumerate(source):
        if char == "\n" and line:
            yield Mistake(*_place(source, at), _("A subject is one line. Take the line break out."))
        elif char in _TURNING or (unicodedata.category(char) in ("Cc", "Cs", "Co", "Zl", "Zp")
                                  and char not in "\n\t"):
            yield Mistake(*_place(source, at), _(
                "An invisible sign stands here (%(code)s). Delete it, or paste the text as plain text.",
                code=f"U+{ord(char):04X}"))


def _unknown(source: str, names: Collection[str], *, line: bool) -> Iterator[Mistake]:
    allowed = sorted(name for name in names if not (line and name in ADDRESSES | BLOCKS))
    for match in _BRACES.finditer(source):
        if match[1] in allowed:
            continue
        if match[1] in names:
            message = _("%(name)s has no place in a subject.", name=match[0])
        else:
            near = likely(match[1].strip(), allowed)
            message = _("%(name)s is not known here.", name=match[0][:60]) + (f" {near}" if near else " " + _(
                "Known: %(names)s.", names=", ".join(f"{{{name}}}" for name in allowed)))
        yield Mistake(*_place(source, match.start()), message)


def _lost(source: str) -> Iterator[Mistake]:
    """Find placeholders that would be swallowed: in the address of a link, or in a picture's."""
    rich = _rendered(source, "en")
    places = list(_BRACES.finditer(source))
    for number, match in enumerate(places):
        mark = f"https://p{number}.invalid/" if match[1] in ADDRESSES else f"\ue000{number}\ue001"
        if mark not in rich.html:
            yield Mistake(*_place(source, match.start()), _(
                "%(name)s cannot stand in an address. A link of your own leads to {link} or to a whole address.",
                name=match[0]))
    if rich.missing:
        yield Mistake(*_place(source, max(source.find("!["), 0)),
                      _("A picture cannot stand in a mail. Write what it says."))


def _marked(source: str) -> str:
    """Put marks in the place of placeholders that Markdown leaves alone; whatever is filled in never meets it."""
    number = -1

    def mark(match: re.Match[str]) -> str:
        nonlocal number
        number += 1
        if match[1] not in ADDRESSES:
            return f"\ue000{number}\ue001"
        address = f"https://p{number}.invalid/"
        return address if _OPENED.search(source[:match.start()]) else f"<{address}>"

    return _BRACES.sub(mark, source)


def _whole(href: str) -> str:
    return links.absolute(href) if href.startswith("/") else href


@lru_cache(maxsize=256)
def _rendered(source: str, language: str) -> richtext.Rich:
    with using(language):
        return richtext.render(_marked(source), language=language)


def subject(source: str, values: Mapping[str, Any]) -> str:
    """Fill a subject in: one line, whatever the values hold."""
    return one_line(_BRACES.sub(lambda match: one_line(values.get(match[1], "")), source))[:MOST_SUBJECT]


def body(source: str, values: Mapping[str, Any], language: str) -> Written:
    """Fill a text in. Values are text, whatever they hold: no markup of theirs counts.

    `source` has no mistakes; `values` are by name, those of ADDRESSES whole web addresses.
    """
    names = [match[1] for match in _BRACES.finditer(source)]
    given = {number: values.get(name, "") for number, name in enumerate(names)}
    html = _rendered(source, language).html
    pieces: list[Markup | Button] = []
    plain: list[str] = []
    done = 0
    for match in [*_BUTTON.finditer(html), None]:
        part = html[done:match.start() if match else len(html)]
        if part.strip():
            pieces.append(_as_html(part, names, given))
            plain.append(_as_text(part, names, given))
        if match:
            label, href = _label(match[2], given), str(given[int(match[1])])
            pieces.append(Button(label, href))
            plain.append(f"{label}:\n{href}")
            done = match.end()
    return Written(tuple(pieces), "\n\n".join(plain))


def _label(html: str, given: Mapping[int, Any]) -> str:
    return _MARK.sub(lambda match: one_line(given[int(match[1])]), entities.unescape(html))


def _addressed(html: str, names: list[str], given: Mapping[int, Any]) -> str:
    for number, name in enumerate(names):
        if name in ADDRESSES:
            html = html.replace(f"https://p{number}.invalid/", str(escape(str(given[number]))))
    return re.sub(r'href="(/[^"]*)"', lambda match: f'href="{escape(_whole(entities.unescape(match[1])))}"', html)


def _as_html(part: str, names: list[str], given: Mapping[int, Any]) -> Markup:
    """Fill the HTML in. Names and titles are set apart, so that their direction does not turn the sentence."""
    def block(match: re.Match[str]) -> str:
        number = int(match[1])
        return str(compose.text(lines(given[number]))) if names[number] in BLOCKS else match[0]

    def inline(match: re.Match[str]) -> str:
        number, before = int(match[1]), match.string[:match.start()]
        if names[number] in BLOCKS:
            return "<br>".join(str(escape(line)) for line in lines(given[number]).split("\n"))
        said = escape(one_line(given[number]))
        return str(said) if before.rfind("<") > before.rfind(">") else f"<bdi>{said}</bdi>"

    html = _BLOCK.sub(block, _addressed(part, names, given))
    return Markup(_MARK.sub(inline, html))  # noqa: S704 - each value is escaped


def _as_text(part: str, names: list[str], given: Mapping[int, Any]) -> str:
    text = plaintext.from_html(_addressed(part, names, given))

    def value(match: re.Match[str]) -> str:
        number = int(match[1])
        return (lines if names[number] in BLOCKS else one_line)(given[number])

    return _MARK.sub(value, text)


def one_line(value: Any) -> str:
    """Give a value as one line without signs that forge headers or turn text around."""
    text = "".join(" " if unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") else char
                   for char in str(value) if char not in _TURNING)
    return " ".join(text.split())[:MOST_VALUE]


def lines(value: Any) -> str:
    """Give what somebody wrote as it stands, without our own marks."""
    return str(value).replace("\r\n", "\n").replace("\ue000", "").replace("\ue001", "").strip()
