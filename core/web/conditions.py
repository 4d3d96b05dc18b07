"""When a field is asked: only if others beside it say so, as the `if` of JSON Schema, as words and for scripts."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jsonschema import Draft202012Validator

from core.look.i18n import gettext as _
from core.web.texts import say

if TYPE_CHECKING:
    from core.web.fields import Field

FILLED, EMPTY = "filled", "empty"
NOTHING: tuple[Any, ...] = ("", None, False, [])
"""What a field holds in which nothing was filled in."""


@dataclass(frozen=True)
class Test:
    """What one other field has to hold: one of `values`, or (`word`) filled or empty; `of` is None: it is gone."""

    key: str
    word: str = ""
    values: tuple[Any, ...] = ()
    of: Field | None = None

    def schema(self) -> dict[str, Any]:
        """Write the test as JSON Schema of the other field's value."""
        if self.of is None:
            return {} if self.word == EMPTY else {"enum": [{"never": True}]}
        if self.word:
            nothing = {"enum": list(NOTHING)}
            return {"not": nothing} if self.word == FILLED else nothing
        one_of = {"enum": list(self.values)}
        return {"contains": one_of} if self.of.widget == "several" else one_of

    def met(self, texts: Sequence[str]) -> bool:
        """Say whether it holds for what stands in the other field, as a page shows it."""
        filled = any(text.strip() for text in texts)
        if self.word:
            return filled is (self.word == FILLED)
        return any(posted(value) in texts for value in self.values)

    def said(self) -> str:
        """Say it in words, "" where the other field is gone."""
        if self.of is None:
            return ""
        label = say(self.of.label)
        if self.of.widget == "checkbox":
            ticked = self.word == FILLED or True in self.values
            return _("“%(label)s” is ticked", label=label) if ticked else _(
                "“%(label)s” is not ticked", label=label)
        if self.word:
            return _("“%(label)s” is filled in", label=label) if self.word == FILLED else \
                _("“%(label)s” is empty", label=label)
        names = {value: say(text) for value, text in self.of.options}
        told = _(" or ").join(f"“{names.get(value, value)}”" for value in self.values)
        return _("“%(label)s” is %(value)s", label=label, value=told)


@dataclass(frozen=True)
class Condition:
    """All tests that have to hold before a field is asked."""

    tests: tuple[Test, ...]
    validator: Draft202012Validator

    @property
    def schema(self) -> dict[str, Any]:
        """Give the `if` of JSON Schema that the values beside the field have to fit."""
        return dict(self.validator.schema)  # type: ignore[arg-type]

    def holds(self, values: Mapping[str, Any]) -> bool:
        """Say whether it holds for cleaned values beside the field; those that are not there are empty."""
        return bool(self.validator.is_valid(dict(values)))

    def met(self, texts: Callable[[str], Sequence[str]]) -> bool:
        """Say whether it holds for what a page shows; `texts` gives the texts of a field beside it by key."""
        return all(test.met(texts(test.key)) if test.of else test.word == EMPTY for test in self.tests)

    def said(self) -> str:
        """Say in one sentence when the field is asked."""
        told = [one for test in self.tests if (one := test.said())]
        return _("Only if %(conditions)s.", conditions=_(" and ").join(told)) if told else ""

    def script(self, before: str) -> str:
        """Write it for the browser: the posted name of each other field to what it has to hold."""
        return json.dumps({f"{before}{test.key}": test.word or [posted(value) for value in test.values]
                           for test in self.tests}, ensure_ascii=False)


def posted(value: Any) -> str:
    """Give a value as a form posts it."""
    return {True: "true", False: ""}.get(value, str(value)) if isinstance(value, bool) else str(value)


def made(tests: Sequence[Test]) -> Condition:
    """Make a condition of its tests."""
    schema: dict[str, Any] = {"properties": {test.key: test.schema() for test in tests}}
    must = [test.key for test in tests if test.word != EMPTY and not (test.of and _by_default(test))]
    if must:
        schema["required"] = must
    return Condition(tuple(tests), Draft202012Validator(schema))


def _by_default(test: Test) -> bool:
    """Say whether what stands in the other field at first is enough."""
    assert test.of is not None  # noqa: S101 - the caller looked
    default = test.of.schema.get("default")
    if test.of.widget == "checkbox" and default is None:
        default = False
    return default is not None and Draft202012Validator(test.schema()).is_valid(default)


def in_order(fields: Iterable[Field]) -> list[Field]:
    """Sort fields so that each comes after those it depends on; else they stay where they are."""
    waiting, done = list(fields), list[Any]()
    if not any(one.condition for one in waiting):
        return waiting
    keys = {one.key for one in waiting}
    while waiting:
        known = {one.key for one in done}
        ready = next((one for one in waiting if _needs(one, keys) <= known), waiting[0])
        done.append(ready)
        waiting.remove(ready)
    return done


def circle(fields: Iterable[Field]) -> str:
    """Name a field that is asked only if it is asked, "" if there is none."""
    needs = {one.key: _needs(one, set()) for one in fields}
    for key, first in needs.items():
        seen, waiting = set[str](), set(first)
        while waiting:
            if key in waiting:
                return key
            seen |= waiting
            waiting = {more for one in waiting for more in needs.get(one, ())} - seen
    return ""


def _needs(one: Field, among: set[str]) -> set[str]:
    found = {test.key for test in one.condition.tests if test.of is not None} if one.condition else set()
    return found & among if among else found


def possible(fields: Iterable[Field]) -> list[Field]:
    """Leave out fields that are never asked, as what they depend on is not among them: nothing tells of it."""
    every, keys = list(fields), set[str]()
    for one in in_order(every):
        tests = one.condition.tests if one.condition else ()
        if all(test.word == EMPTY or test.key in keys for test in tests):
            keys.add(one.key)
    return [one for one in every if one.key in keys]


def asked(one: Field, values: Mapping[str, Any]) -> bool:
    """Say whether a field is asked with these values beside it."""
    return one.condition is None or one.condition.holds(values)
