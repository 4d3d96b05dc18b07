"""What a mapping looks up: rows imported before, and who gets what by a rule of distribution."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from core.data import aliases
from core.data.spill import Spill
from core.errors import Invalid
from core.parts import Import
from core.work.expressions import Unfit
from core.work.mapping import Rule

NEW = "new:"
"""What stands before the name of what a look-up does not find and is made with the row itself."""

KEPT = 20_000
"""Look-ups that are remembered for the length of an import."""


class Lookups:
    """Answers `find` and `assign`. `rules` and `rows` are set once the mapping is read."""

    def __init__(self, spill: Spill, parts: Mapping[str, Import]) -> None:
        self.spill, self.parts = spill, parts
        self.rules: Mapping[str, Rule] = {}
        self.rows: Callable[[str], Iterable[dict[str, Any]]] = lambda _source: ()
        self._found: dict[tuple[str, str], str] = {}
        self._dealt: dict[str, list[str]] = {}

    def find(self, kind: str, external: str, *, by: str = "", new: bool = False) -> str:
        """Give our identifier of what was imported as `external`, or of what has it in one of the fields `by`.

        Raises Unfit where there is nothing; with `new`, gives it marked NEW instead, and is asked again each time.
        """
        if by:
            return self._matched(kind, by, external, new=new)
        known = self._found.get((kind, external))
        if known is None:
            row = aliases.known(kind, external)
            if row is None:
                raise Unfit(f"There is no {kind} '{external}'. Was it imported?")
            if len(self._found) >= KEPT:
                self._found.clear()
            known = self._found[kind, external] = str(row.internal)
        return known

    def _matched(self, kind: str, by: str, value: str, *, new: bool) -> str:
        known = self._found.get((f"{kind}.{by}", value))
        if known is not None:
            return known
        match = self.parts[kind].match
        for name in by.split(","):
            try:
                found = match[name](value) if name in match else None
            except Invalid as error:
                raise Unfit(str(error)) from error
            if found is not None:
                if len(self._found) >= KEPT:
                    self._found.clear()
                self._found[f"{kind}.{by}", value] = str(found)
                return str(found)
        if new:
            return f"{NEW}{value}"
        raise Unfit(f"There is no {kind} '{value[:80]}' here.")

    def assign(self, name: str, value: str) -> str:
        """Give what the i-th of the rule's sorted values gets: number i modulo how many there are.

        Raises Unfit where nothing can be dealt out, or the value is none of the rule's.
        """
        rule = self.rules[name]
        if name not in self._dealt:
            self._deal(rule)
        dealt = self._dealt[name]
        if not dealt:
            raise Unfit(f"There is no {rule.over} '{rule.prefix}...' to choose from. Import them first.")
        place = self.spill.word_place(f"rule:{name}", value)
        if place is None:
            raise Unfit(f"The rule '{name}' knows no '{value}'.")
        return dealt[place % len(dealt)]

    def _deal(self, rule: Rule) -> None:
        """Sort both sides once; what is dealt out is fixed from the first question on."""
        for row in self.rows(rule.source):
            if rule.skip is None or not rule.skip.call(row):
                self.spill.add_word(f"rule:{rule.name}", str(rule.value.call(row)))
        self.spill.number_words(f"rule:{rule.name}")
        found = sorted(aliases.imported(rule.over, rule.prefix), key=lambda one: _order(one[0][len(rule.prefix):]))
        self._dealt[rule.name] = [internal for _external, internal in found]


def _order(identity: str) -> tuple[bool, int, str]:
    """Sort ids that are numbers by size, before those that are not."""
    return (False, int(identity), "") if identity.isdecimal() else (True, 0, identity)
