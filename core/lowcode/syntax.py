"""Reads an expression of a module's YAML into a tree: numbers, texts, fields, calls and signs, nothing else.

There is no way from here to Python: a name is a field or a word of the module, a call is one of a fixed list of
functions. Length, number of parts and depth have limits, so that whatever is written is read in a moment.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from core.errors import ParlourError

MAX_LENGTH = 2_000
"""Characters of an expression."""

MAX_PARTS = 400
"""Numbers, names, signs and calls in one expression."""

MAX_DEPTH = 40
"""How deep parts may stand in parts."""

_TOKEN = re.compile(
    r"(?P<blank>[ \t\r\n]+)|(?P<number>[0-9]{1,24}(?:\.[0-9]{1,12})?)(?![\w.])"
    r"|(?P<text>\"[^\"\n]*\"|'[^'\n]*')|(?P<name>[A-Za-z][A-Za-z0-9_]{0,63})"
    r"|(?P<sign><=|>=|<>|!=|==|[=<>+\-*/&(),.])", re.ASCII)
_SAME = {"==": "=", "!=": "<>"}
_POWER = {"or": 1, "and": 2, "=": 4, "<>": 4, "<": 4, "<=": 4, ">": 4, ">=": 4, "in": 4, "&": 5, "+": 6, "-": 6,
          "*": 7, "/": 7}
"""How strongly a sign binds what stands on both sides."""

_NOT, _MINUS = 3, 8
CONSTANTS: dict[str, Any] = {"true": True, "false": False, "nothing": None}
_WORDS = frozenset({"or", "and", "not", "in", *CONSTANTS})
"""Words that are no field's name in an expression."""


class ExpressionError(ParlourError):
    """An expression that cannot be read or does not fit; `at` counts characters from its begin."""

    code, status = "expression", 422

    def __init__(self, message: str, at: int = 0, *, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.at = at


@dataclass(frozen=True)
class Part:
    """A part of an expression.

    `what` is "constant" (`value` is it), "name" (`value` is the tuple of its steps), "call", "list" or one of the
    signs ("-" with one part in it is the negative; "not" has one), `at` where it stands, `inside` what it is of.
    """

    what: str
    at: int
    value: Any = None
    inside: tuple[Part, ...] = ()
    depth: int = field(default=1, compare=False)


def parse(text: str) -> Part:
    """Read an expression. Raises ExpressionError at the first thing that cannot be read."""
    if len(text) > MAX_LENGTH:
        raise ExpressionError(f"This is longer than {MAX_LENGTH} characters.")
    reader = _Reader(text)
    found = reader.part(0, 0)
    if reader.kind != "end":
        raise reader.wrong("One sign such as + or 'and' is missing before this, or this is one too many.")
    return found


class _Reader:
    """Goes through an expression from left to right; `kind`, `word` and `at` are the token it stands before."""

    def __init__(self, text: str) -> None:
        self.text, self.end, self.parts = text, 0, 0
        self.kind, self.word, self.at = "", "", 0
        self.step()

    def step(self) -> None:
        """Go to the next token. Raises ExpressionError for what is none."""
        while True:
            if self.end >= len(self.text):
                self.kind, self.word, self.at = "end", "", len(self.text)
                return
            match = _TOKEN.match(self.text, self.end)
            if match is None:
                sign = self.text[self.end]
                raise ExpressionError(
                    "This text has no end." if sign in "\"'" else
                    "This is not a number we can read." if sign in "0123456789" else
                    f"'{sign}' means nothing here.", self.end,
                    hint="Close it with the same quotation mark." if sign in "\"'" else "")
            self.kind, self.word, self.at = str(match.lastgroup), match.group(), self.end
            self.end = match.end()
            if self.kind == "name" and self.word in _WORDS and self.word not in CONSTANTS:
                self.kind = "sign"
            if self.kind != "blank":
                self.word = _SAME.get(self.word, self.word) if self.kind == "sign" else self.word
                return

    def wrong(self, message: str, hint: str = "") -> ExpressionError:
        """Say what is wrong with the token it stands before."""
        if self.kind == "end":
            message = "This ends too early: something is missing."
        return ExpressionError(message, self.at, hint=hint)

    def made(self, what: str, at: int, value: Any = None, inside: tuple[Part, ...] = ()) -> Part:
        """Make a part and see that it stays within the limits."""
        self.parts += 1
        if self.parts > MAX_PARTS:
            raise ExpressionError(f"This has more than {MAX_PARTS} parts.", at,
                                  hint="Compute part of it in a field of its own.")
        depth = 1 + max((one.depth for one in inside), default=0)
        if depth > MAX_DEPTH:
            raise ExpressionError(f"This is nested deeper than {MAX_DEPTH} levels.", at,
                                  hint="Compute part of it in a field of its own.")
        return Part(what, at, value, inside, depth)

    def take(self, sign: str) -> bool:
        """Step over a sign, if it stands here."""
        if self.kind == "sign" and self.word == sign:
            self.step()
            return True
        return False

    def part(self, power: int, level: int) -> Part:
        """Read a part as far as signs bind more strongly than `power`."""
        if level > MAX_DEPTH:
            raise ExpressionError(f"This is nested deeper than {MAX_DEPTH} levels.", self.at)
        left = self.first(level)
        while self.kind == "sign" and _POWER.get(self.word, 0) > power:
            sign, at = self.word, self.at
            self.step()
            if _POWER[sign] == _POWER["="] and left.what in _POWER and _POWER[left.what] == _POWER["="] \
                    and left.value != "()":
                raise ExpressionError("Compare two things at a time.", at, hint="Write a < b and b < c.")
            left = self.made(sign, at, None, (left, self.part(_POWER[sign], level + 1)))
        return left

    def first(self, level: int) -> Part:
        """Read what stands at the begin of a part."""
        kind, word, at = self.kind, self.word, self.at
        if self.take("not"):
            return self.made("not", at, None, (self.part(_NOT, level + 1),))
        if self.take("-"):
            return self.made("-", at, None, (self.part(_MINUS, level + 1),))
        if self.take("("):
            return self.bracket(at, level)
        if kind not in ("number", "text", "name"):
            raise self.wrong("Here a field, a number, a text or a function belongs.")
        self.step()
        if kind == "number":
            return self.made("constant", at, Decimal(word))
        if kind == "text":
            return self.made("constant", at, word[1:-1])
        if word in CONSTANTS:
            return self.made("constant", at, CONSTANTS[word])
        if self.take("("):
            return self.made("call", at, word, self.several(level))
        return self.name(word, at)

    def name(self, word: str, at: int) -> Part:
        """Read the further steps of a name: `address.city`, `lines.amount`."""
        steps = [word]
        while self.take("."):
            if self.kind != "name":
                raise self.wrong("Behind the point belongs the name of a field.")
            steps.append(self.word)
            self.step()
        return self.made("name", at, tuple(steps))

    def bracket(self, at: int, level: int) -> Part:
        """Read what stands in brackets: one part, or a list of them."""
        inside = self.several(level)
        if not inside:
            raise ExpressionError("There is nothing in these brackets.", at)
        if len(inside) > 1:
            return self.made("list", at, None, inside)
        one = inside[0]
        return Part(one.what, one.at, "()", one.inside, one.depth) if one.value is None and one.inside else one

    def several(self, level: int) -> tuple[Part, ...]:
        """Read parts with commas between them, up to the bracket that closes them."""
        found: list[Part] = []
        if self.take(")"):
            return ()
        while True:
            found.append(self.part(0, level + 1))
            if self.take(")"):
                return tuple(found)
            if not self.take(","):
                raise self.wrong("A comma or a closing bracket belongs here.")
