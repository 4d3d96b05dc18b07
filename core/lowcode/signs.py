"""What the signs of an expression do with what stands beside them, and what they refuse when it is read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from core.config.mistakes import likely
from core.lowcode import sorts
from core.lowcode.sorts import DATE, EXACT, NOTHING, NUMBER, TEXT, TRUTH, Sort, Uncomputable, divided, said
from core.lowcode.syntax import ExpressionError, Part

Made = tuple[Sort, Callable[..., Any]]
ZERO = Decimal(0)
FIGURES = ("number", "money", "nothing")


def constant(value: Any) -> Sort:
    """Give the sort of something that is written out."""
    if value is None:
        return NOTHING
    if isinstance(value, bool):
        return TRUTH
    return NUMBER if isinstance(value, Decimal) else TEXT


def fits(given: Sort, wanted: Sort) -> bool:
    """Say whether a value may stand where another sort belongs: a number as money, nothing anywhere."""
    if given.name in ("nothing", wanted.name):
        return given.name != "money" or given.currency == wanted.currency
    return {given.name, wanted.name} == {"number", "money"} or (
        wanted.name == "text" and given.name in ("number", "date", "list", "reference", "money"))


def figure(value: Any) -> Decimal:
    """Give a number to compute with: what is empty counts as 0, as in a spreadsheet."""
    return ZERO if value is None else value


def together(left: Sort, right: Sort) -> Sort:
    """Give what two figures are together. Raises ExpressionError for two currencies."""
    for one in (left, right):
        if one.name not in FIGURES:
            raise ExpressionError(f"Here numbers belong, and this is {one.words}.",
                                  hint="Put texts together with &." if one.name == "text" else "")
    if left.name == right.name == "money" and left.currency != right.currency:
        raise ExpressionError(f"{left.currency or sorts.OWN} and {right.currency or sorts.OWN} cannot be put"
                              " together.",
                              hint="There is no rate between them.")
    return next((one for one in (left, right) if one.name == "money"), NUMBER)


def sign(what: str, given: Sequence[Sort]) -> Made:
    """Give what a sign makes of these sorts and how it is computed. Raises ExpressionError where it cannot."""
    if what in ("and", "or", "not"):
        for one in given:
            if one.name not in ("truth", "nothing"):
                raise ExpressionError(f"Beside '{what}' something that is true or not belongs; this is "
                                      f"{one.words}.", hint="Compare it, or ask filled(...).")
        return TRUTH, lambda *values: values[0] is not True
    if what == "-" and len(given) == 1:
        return together(given[0], NOTHING if given[0].name == "money" else NUMBER), \
            lambda value: EXACT.minus(figure(value))
    if what == "&":
        if any(one.name in ("rows", "group") for one in given):
            raise ExpressionError("Only single values become a text.", hint="join(lines, name) makes one of rows.")
        return TEXT, _put_together
    if what == "in":
        if given[1].name != "list":
            raise ExpressionError("Behind 'in' a list belongs.", hint='Such as state in ("sent", "accepted").')
        return TRUTH, lambda one, many: said(one) in [said(other) for other in many or []]
    if what in _COMPARED:
        return TRUTH, _comparison(what, *given)
    return _arithmetic(what, *given)


def _put_together(left: Any, right: Any) -> str:
    text = said(left) + said(right)
    if len(text) > sorts.MOST_TEXT:
        raise Uncomputable("a text is too long")
    return text


def _arithmetic(what: str, left: Sort, right: Sort) -> Made:
    if "date" in (left.name, right.name):
        return _days(what, left, right)
    sort = together(left, right)
    if what == "*":
        if left.name == right.name == "money":
            raise ExpressionError("Money times money is nothing that can be paid.")
        return sort, lambda one, other: EXACT.multiply(figure(one), figure(other))
    if what == "/":
        if right.name == "money" and left.name != "money":
            raise ExpressionError("A number cannot be divided by money.")
        return (NUMBER if right.name == "money" else sort), lambda one, other: divided(figure(one), figure(other))
    if what == "+":
        return sort, lambda one, other: EXACT.add(figure(one), figure(other))
    return sort, lambda one, other: EXACT.subtract(figure(one), figure(other))


def _days(what: str, left: Sort, right: Sort) -> Made:
    if what == "-" and left.name == right.name == "date":
        return NUMBER, lambda one, other: None if None in (one, other) else Decimal((one - other).days)
    if what in "+-" and left.name == "date" and right.name in ("number", "nothing"):
        return DATE, lambda one, other: later(one, figure(other) if what == "+" else -figure(other))
    if what == "+" and right.name == "date" and left.name == "number":
        return DATE, lambda one, other: later(other, figure(one))
    raise ExpressionError("To a date days are added; of two dates only the difference can be taken.",
                          hint="Such as sent + 30, or due - today().")


def later(day: date | None, days: Decimal) -> date | None:
    """Give the day so many days later; nothing for nothing. Raises Uncomputable beyond the calendar."""
    if day is None:
        return None
    try:
        return day + timedelta(days=int(days))
    except OverflowError:
        raise Uncomputable("a date lies beyond the calendar") from None


_COMPARED: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda one, other: one == other, "<>": lambda one, other: one != other,
    "<": lambda one, other: one < other, "<=": lambda one, other: one <= other,
    ">": lambda one, other: one > other, ">=": lambda one, other: one >= other}


def _comparison(what: str, left: Sort, right: Sort) -> Callable[[Any, Any], bool]:
    names = {left.name, right.name} - {"nothing"}
    test = _COMPARED[what]
    if names <= {"number", "money"}:
        together(left, right)
        nothing = "nothing" in (left.name, right.name)
        if nothing:
            return lambda one, other: test(one is None, other is None) if what in ("=", "<>") else False
        return lambda one, other: test(figure(one), figure(other))
    if names & {"rows", "group", "list"}:
        raise ExpressionError("Lists and rows are not compared.", hint="Ask count(...), filled(...) or 'in'.")
    if "date" in names and names <= {"date", "text"}:
        return lambda one, other: _dates(test, one, other, equal=what in ("=", "<>"))
    if len(names) > 1 and names != {"text", "reference"}:
        words = " and ".join(sorted(one.words for one in (left, right)))
        raise ExpressionError(f"{words[0].upper()}{words[1:]} are never equal.", hint="")
    if what not in ("=", "<>") and names & {"truth", "reference"}:
        raise ExpressionError("Only numbers, dates and texts have an order.")
    if names == {"truth"}:
        return lambda one, other: test(one is True, other is True)
    return lambda one, other: test(said(one), said(other))


def _dates(test: Callable[[Any, Any], bool], one: Any, other: Any, *, equal: bool) -> bool:
    left, right = said(one), said(other)
    return test(left, right) if equal or (left and right) else False


def known_options(part: Part, made: Sequence[tuple[Sort, Any]]) -> None:
    """Refuse to compare a choice with a value that is none of its options: it could never be."""
    if part.what not in ("=", "<>") or len(part.inside) != 2:
        return
    for (sort, _call), other in zip(made, reversed(part.inside), strict=True):
        value = other.value
        if sort.options and other.what == "constant" and isinstance(value, str) and value \
                and value not in sort.options:
            raise ExpressionError(f"'{value}' is none of its options.", other.at,
                                  hint=likely(value, sort.options) or f"There are: {', '.join(sort.options)}.")
