"""How the records of a module move: steps with their forms, terms, documents, the card, what begins from them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from core.lowcode import sorts
from core.lowcode.expressions import Expression
from core.web.forms import Field, Form

OWN = ("agreed", "chosen", "seen")
"""Names that steps use themselves: that terms were agreed to, which rows were ticked, what was looked at."""

SIGNED = "x-signature"
"""Marks a group of a form that is signed."""

DRAWN = 20_000
"""Characters a drawn name may have."""

@dataclass(frozen=True)
class Due:
    """When a step is taken by itself: `days` after the day in `field`, or after the last change."""

    field: str = ""
    days: int = 0

    def passed(self, values: Mapping[str, Any], changed: date, today: date) -> bool:
        """Say whether its day is over, with these fields and the day of the last change."""
        day = values.get(self.field) if self.field else changed.isoformat()
        try:
            return date.fromisoformat(str(day)[:10]) + timedelta(days=self.days) < today
        except (ValueError, OverflowError):
            return False


@dataclass(frozen=True)
class Choose:
    """Rows of the field `rows` that are ticked with a step: those whose `offered` is yes; `into` keeps which.

    `shows` are the fields that say what a row is; none means all others.
    """

    rows: str
    offered: str
    into: str
    shows: tuple[str, ...] = ()


@dataclass(frozen=True)
class Transition:
    """A step from some states to another.

    `form` is None where nothing is filled in with it, `act` "" where nobody but the portal takes it, `condition`
    what has to hold of a record's fields. `signs` is the field that is signed with it.
    """

    name: str
    label: str
    sources: tuple[str, ...]
    to: str
    act: str
    event: str
    kind: str = "quiet"
    form: Form | None = None
    condition: Expression | None = None
    otherwise: str = ""
    help: str = ""
    confirm: str = ""
    terms: str = ""
    shows: tuple[str, ...] = ()
    choose: Choose | None = None
    after: Due | None = None
    signs: str = ""

    @property
    def page(self) -> bool:
        """Say whether it has a page of its own: something is read, filled in, ticked or confirmed there."""
        return bool(self.form or self.confirm or self.terms or self.choose or self.shows)

    @property
    def binds(self) -> bool:
        """Say whether it counts only for exactly what was looked at."""
        return bool(self.signs or self.terms or self.choose)


@dataclass(frozen=True)
class Terms:
    """What is agreed to: title and text in Markdown, untranslated."""

    title: str
    text: str


@dataclass(frozen=True)
class Block:
    """One piece of a document: whatever of it is said; `counts` says which rows are shown."""

    title: str = ""
    text: str = ""
    facts: tuple[str, ...] = ()
    rows: str = ""
    columns: tuple[str, ...] = ()
    totals: tuple[str, ...] = ()
    terms: str = ""
    signature: str = ""
    counts: Expression | None = None


@dataclass(frozen=True)
class Paper:
    """A document: title, the states it can be had in (none: all), its pieces."""

    name: str
    title: str
    states: tuple[str, ...]
    layout: tuple[Block, ...]


@dataclass(frozen=True)
class Card:
    """The card on the home page."""

    title: str
    states: tuple[str, ...]
    who: str
    most: int
    order: int


@dataclass(frozen=True)
class Gives:
    """What a record tells one that begins from it: in which states (none: all), words to fields, its lines.

    `lines` maps text, quantity, price, tax and sku to what the rows of the field `rows` call them; `counts` says
    which rows count.
    """

    states: tuple[str, ...] = ()
    fields: Mapping[str, str] = field(default_factory=dict)
    rows: str = ""
    lines: Mapping[str, str] = field(default_factory=dict)
    counts: Expression | None = None


@dataclass(frozen=True)
class Begins:
    """How a record begins from one of another kind: `fields` maps its own to words that the other one tells."""

    name: str
    label: str
    act: str
    of: tuple[str, ...]
    needs: tuple[str, ...]
    fields: Mapping[str, str]
    once: bool


@dataclass(frozen=True)
class Flow:
    """All there is beside the steps; `locked` are states, `book` fields that take an address of the company."""

    locked: frozenset[str] = frozenset()
    terms: Mapping[str, Terms] = field(default_factory=dict)
    papers: Mapping[str, Paper] = field(default_factory=dict)
    card: Card | None = None
    gives: Gives | None = None
    begins: tuple[Begins, ...] = ()
    book: tuple[str, ...] = ()


def sorts_of(fields: Iterable[Field]) -> dict[str, sorts.Sort]:
    """Give what the fields of a form are in an expression, by name."""
    return {one.key: sorts.of(one.widget, one.schema, sorts_of(one.children),
                              tuple(value for value, _label in one.options)) for one in fields}
