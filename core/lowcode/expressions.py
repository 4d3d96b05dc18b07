"""Expressions of a module's YAML: checked against the fields there are when read, computed exactly when asked.

`compiled(text, names)` reads one; what it gives computes its value from what a record holds. It knows fields,
numbers, texts, signs and the functions of `functions.py`, and nothing of Python: there is no attribute, no import,
no loop but over rows, and every computation has a limit of steps.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal, DecimalException
from functools import partial
from typing import Any

from core.config.mistakes import likely
from core.look import currencies
from core.lowcode import functions, signs, sorts
from core.lowcode.sorts import NOTHING, Digits, Sort, Uncomputable
from core.lowcode.syntax import ExpressionError, Part, parse

MAX_STEPS = 50_000
"""Steps of one computation: a hundred rows with a formula of hundreds of parts stay below it."""

MAX_TOGETHER = 400_000
"""Steps of all that is computed of a record when it is written."""

CHARACTERS = 100
"""Characters that cost a step: about as long as one takes, when they are put into small letters."""

Names = Mapping[str, Sort]
Call = Callable[["Run"], Any]


@dataclass
class Run:
    """One computation: what names stand for, what lies around rows, the day it is, and the steps that are left."""

    values: Mapping[str, Any]
    outer: Run | None = None
    today: date = field(default_factory=lambda: datetime.now(UTC).date())
    digits: Digits = currencies.digits
    left: list[int] = field(default_factory=lambda: [MAX_STEPS])

    def step(self) -> None:
        """Count a step. Raises Uncomputable after too many."""
        self.left[0] -= 1
        if self.left[0] < 0:
            raise Uncomputable("it takes too many steps")

    def charge(self, *values: Any) -> None:
        """Count the steps that going through texts and lists takes. Raises Uncomputable after too many."""
        size = sum(map(_size, values))
        if size >= CHARACTERS:
            self.left[0] -= size // CHARACTERS
            self.step()

    def row(self, values: Mapping[str, Any]) -> Run:
        """Give the run inside a row: its fields first, then what lies around."""
        return Run(values, self, self.today, self.digits, self.left)


@dataclass(frozen=True)
class Expression:
    """An expression that is ready to compute.

    `sort` is what it gives, `uses` the names it reads (dotted inside rows and groups: `lines.amount`), `dated`
    says that it depends on the day it is computed.
    """

    text: str
    sort: Sort
    uses: frozenset[str]
    dated: bool
    call: Call = field(repr=False, compare=False)

    def value(self, values: Mapping[str, Any], *, around: Mapping[str, Any] | None = None,
              today: date | None = None, digits: Digits = currencies.digits,
              together: list[int] | None = None) -> Any:
        """Compute it from stored values; `around` are those of the record where `values` are a row's.

        `together` holds the steps left to several computations; this one takes its own off. Gives Decimal, str,
        date, bool, list or None; money in whole units. Raises Uncomputable.
        """
        day = today or datetime.now(UTC).date()
        most = MAX_STEPS if together is None else min(MAX_STEPS, together[0])
        run = Run(around if around is not None else values, today=day, digits=digits, left=[most])
        try:
            return self.call(run.row(values) if around is not None else run)
        except DecimalException:
            raise Uncomputable("a number is too large") from None
        finally:
            if together is not None:
                together[0] -= most - max(0, run.left[0])

    def holds(self, values: Mapping[str, Any], **more: Any) -> bool:
        """Say whether a condition holds; one that cannot be computed does not."""
        try:
            return self.value(values, **more) is True
        except Uncomputable:
            return False


def compiled(text: str, names: Names, *, around: Names | None = None, inside: str = "",
             wanted: Sort | None = None) -> Expression:
    """Read an expression and check it against the names there are; `around` are those around a row of `inside`.

    `wanted` is what it has to give. Raises ExpressionError, whose `at` says where in the text.
    """
    reader = _Compiler([names] if around is None else [names, around], inside)
    part = parse(text)
    sort, call = reader.part(part)
    if wanted is not None and not signs.fits(sort, wanted):
        raise ExpressionError(f"This gives {sort.words}; here {wanted.words} belongs.")
    if sort.name in ("rows", "group"):
        raise ExpressionError(f"This gives {sort.words}, not one value.", part.at,
                              hint="Take one of its fields, or sum, count or join them.")
    return Expression(text, sort, frozenset(reader.uses), reader.dated, call)


class _Compiler:
    """Turns the parts of an expression into what computes them; `scopes` are the names around, nearest first."""

    def __init__(self, scopes: list[Names], inside: str) -> None:
        self.scopes = scopes
        self.prefixes = [f"{inside}." if inside else "", ""]
        self.uses: set[str] = set()
        self.dated = False

    def part(self, part: Part) -> tuple[Sort, Call]:
        """Give what a part is and what computes it."""
        if part.what == "constant":
            return signs.constant(part.value), lambda _run: part.value
        if part.what == "name":
            return self.name(part)
        if part.what == "call":
            return self.function(part)
        if part.what == "list":
            raise ExpressionError("A list in brackets belongs behind 'in'.", part.at)
        if part.what == "in" and part.inside[1].what == "list":
            return self.among(part)
        return self.sign(part)

    def sign(self, part: Part) -> tuple[Sort, Call]:
        """Read a sign with what stands on both sides of it (or behind it)."""
        made = [self.part(one) for one in part.inside]
        try:
            sort, put = signs.sign(part.what, [sort for sort, _call in made])
        except ExpressionError as error:
            raise ExpressionError(str(error), part.at, hint=error.hint) from None
        signs.known_options(part, made)
        if part.what in ("and", "or"):  # what stands behind is not computed where it no longer matters
            first, second, ends = made[0][1], made[1][1], part.what == "or"
            return sort, _counted(lambda run: ends if (first(run) is True) is ends else second(run) is True)
        calls = [call for _sort, call in made]
        return sort, _applied(lambda _run, *values: put(*values), calls)

    def among(self, part: Part) -> tuple[Sort, Call]:
        """Read `state in ("sent", "accepted")`: equal to one of these."""
        one, options = part.inside
        pairs = [self.sign(Part("=", part.at, None, (one, option))) for option in options.inside]
        calls = [call for _sort, call in pairs]
        return sorts.TRUTH, _counted(lambda run: any(call(run) for call in calls))

    def name(self, part: Part) -> tuple[Sort, Call]:
        """Find what a name stands for: a field of the row, else of the record around it."""
        first, *rest = part.value
        up = next((place for place, scope in enumerate(self.scopes) if first in scope), -1)
        if up < 0:
            known = sorted({name for scope in self.scopes for name in scope})
            raise ExpressionError(f"There is no field '{first}' here.", part.at,
                                  hint=likely(first, known) or f"There are: {', '.join(known)}.")
        sort = self.scopes[up][first]
        call = _at(first, sort, up)
        dotted = f"{self.prefixes[up]}{first}"
        for step in rest:
            if step not in sort.inside:
                raise ExpressionError(f"'{dotted}' has no field '{step}'.", part.at,
                                      hint=likely(step, list(sort.inside)))
            inner = sort.inside[step]
            call = _inside(call, step, inner, rows=sort.name == "rows")
            sort = Sort("list", of=inner) if sort.name == "rows" else inner
            dotted = f"{dotted}.{step}"
        self.uses.add(dotted)
        return sort, call

    def function(self, part: Part) -> tuple[Sort, Call]:
        """Read a call: of one of the functions there are, with as many values as it takes."""
        made = functions.FUNCTIONS.get(part.value)
        if made is None:
            known = sorted((*functions.FUNCTIONS, *functions.OVER))
            over = functions.OVER.get(part.value)
            if over is None:
                raise ExpressionError(f"There is no function '{part.value}'.", part.at,
                                      hint=likely(part.value, known) or f"There are: {', '.join(known)}.")
        if part.value in functions.OVER and part.inside:
            found = self.over(part)
            if found is not None:
                return found
        if made is None:
            raise ExpressionError(f"'{part.value}' goes over rows: name them first.", part.at,
                                  hint=f"Such as {part.value}(lines, price).")
        self.dated = self.dated or part.value == "today"
        inside = [self.part(one) for one in part.inside]
        self.counted(part, len(inside), made.least, made.most)
        try:
            sort = made.sort([sort for sort, _call in inside])
        except ExpressionError as error:
            raise ExpressionError(f"{part.value}: {error}", part.at, hint=error.hint) from None
        calls = [call for _sort, call in inside]
        if made.late:
            return sort, _counted(lambda run: made.call(run, *calls))
        return sort, _applied(partial(made.call, sort.currency) if made.money else made.call, calls)

    def counted(self, part: Part, number: int, least: int, most: int) -> None:
        """Refuse a call with too few or too many values."""
        if not least <= number <= most:
            wanted = str(least) if least == most else f"{least} to {most}" if most < functions.ANY else \
                f"at least {least}"
            raise ExpressionError(f"'{part.value}' takes {wanted} values in its brackets, not {number}.", part.at)

    def over(self, part: Part) -> tuple[Sort, Call] | None:
        """Read a function over rows: `sum(lines, quantity * price)`; None where it is not about rows or a list."""
        before = set(self.uses)
        sort, rows = self.part(part.inside[0])
        made = functions.OVER[part.value]
        if sort.name == "list":
            self.counted(part, len(part.inside), 1, 1 + made.words)
            inner: tuple[Sort, Call] | None = (sort.of or NOTHING, lambda run: run.values["_"])
        elif sort.name == "rows":
            self.counted(part, len(part.inside), 1 + (not made.alone), 2 + made.words)
            inner = self.inside(part.inside[0], sort, part.inside[1]) if len(part.inside) > 1 else None
        else:
            self.uses = before
            return None
        word = part.inside[-1] if made.words and len(part.inside) == (2 if sort.name == "list" else 3) else None
        try:
            given = made.sort(inner[0] if inner else None)
        except ExpressionError as error:
            raise ExpressionError(f"{part.value}: {error}", part.at, hint=error.hint) from None
        mark = str(word.value) if word is not None else ", "
        return given, _gathered(rows, inner[1] if inner else None, made, mark, plain=sort.name == "list")

    def inside(self, rows: Part, sort: Sort, part: Part) -> tuple[Sort, Call]:
        """Read what is computed of each row: its own fields first, then those around."""
        dotted = ".".join(rows.value) if rows.what == "name" else ""
        self.scopes.insert(0, sort.inside)
        self.prefixes.insert(0, f"{dotted}.")
        try:
            return self.part(part)
        finally:
            del self.scopes[0], self.prefixes[0]


def _size(value: Any) -> int:
    """Give the characters there are to go through, ten for each entry of a list."""
    if isinstance(value, str):
        return len(value)
    return sum(10 + _size(one) for one in value) if isinstance(value, list) else 0


def _applied(put: Callable[..., Any], calls: list[Call]) -> Call:
    """Put values together, and charge what they take."""
    def applied(run: Run) -> Any:
        values = [call(run) for call in calls]
        run.charge(*values)
        return put(run, *values)
    return _counted(applied)


def _counted(call: Call) -> Call:
    def counted(run: Run) -> Any:
        run.step()
        value = call(run)
        return sorts.within(value) if isinstance(value, Decimal) else value
    return counted


def _at(name: str, sort: Sort, up: int) -> Call:
    def call(run: Run) -> Any:
        run.step()
        for _step in range(up):
            assert run.outer is not None  # noqa: S101 - the compiler counted
            run = run.outer
        return sorts.taken(sort, run.values.get(name), run.digits)
    return call


def _inside(call: Call, step: str, inner: Sort, *, rows: bool) -> Call:
    def one(run: Run) -> Any:
        run.step()
        found = call(run) or {}
        return sorts.taken(inner, found.get(step) if isinstance(found, Mapping) else None, run.digits)

    def every(run: Run) -> Any:
        found = [row.get(step) for row in call(run) or [] if isinstance(row, Mapping)]
        for _one in found:
            run.step()
        return [sorts.taken(inner, value, run.digits) for value in found]
    return every if rows else one


def _gathered(rows: Call, inner: Call | None, made: functions.Over, mark: str, *, plain: bool) -> Call:
    def call(run: Run) -> Any:
        run.step()
        values = []
        for row in rows(run) or []:
            run.step()
            if inner is None:
                values.append(True)
            else:
                values.append(inner(run.row({"_": row} if plain else row if isinstance(row, Mapping) else {})))
        run.charge(values)
        return made.call(values, mark)
    return call
