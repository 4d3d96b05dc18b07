"""The functions of expressions: a fixed list over numbers, texts, days and rows, each with what it takes."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any

from core.lowcode import sorts
from core.lowcode.signs import FIGURES, figure, together
from core.lowcode.sorts import DATE, EXACT, NOTHING, NUMBER, TEXT, TRUTH, Sort, Uncomputable, divided, said
from core.lowcode.syntax import ExpressionError

ANY = 20
"""Values that a function with no number of its own takes at most."""


@dataclass(frozen=True)
class Function:
    """A function: what it gives for which sorts, how it is computed, and how many values it takes.

    `call` gets the run and the values; `late` functions get what computes them instead, to leave some alone;
    those of `money` get its currency first.
    """

    sort: Callable[[Sequence[Sort]], Sort]
    call: Callable[..., Any]
    least: int = 1
    most: int = 1
    late: bool = False
    says: str = ""
    money: bool = False


@dataclass(frozen=True)
class Over:
    """A function over rows or a list: `call` gets the values and the words to put between them.

    `alone` says that nothing needs to be said of each row, `words` that a text may stand last.
    """

    sort: Callable[[Sort | None], Sort]
    call: Callable[[list[Any], str], Any]
    alone: bool = False
    words: bool = False
    says: str = ""


def _all(wanted: Sort) -> Callable[[Sequence[Sort]], None]:
    def check(given: Sequence[Sort]) -> None:
        for one in given:
            if one.name not in (wanted.name, "nothing") and not (
                    wanted is TEXT and one.name in ("number", "money", "date", "reference")):
                raise ExpressionError(f"{wanted.words} belongs here, and this is {one.words}.")
    return check


def _gives(sort: Sort, wanted: Sort) -> Callable[[Sequence[Sort]], Sort]:
    def check(given: Sequence[Sort]) -> Sort:
        _all(wanted)(given)
        return sort
    return check


def _figures(given: Sequence[Sort]) -> Sort:
    sort = given[0]
    for one in given:
        sort = together(sort, one)
    return sort


def _first_figure(given: Sequence[Sort]) -> Sort:
    _all(NUMBER)(given[1:])
    return together(given[0], NOTHING)


def _amount(given: Sequence[Sort]) -> Sort:
    if given[0].name != "money":
        raise ExpressionError(f"an amount of money belongs here, and this is {given[0].words}.",
                              hint="Numbers are rounded by round(x, places).")
    return given[0]


def _payable(currency: str, run: Any, value: Any) -> Decimal:
    return sorts.rounded(figure(value), run.digits(currency))


def _alike(given: Sequence[Sort]) -> Sort:
    """Give what several values have in common: one of them will be taken."""
    known = [one for one in given if one.name != "nothing"]
    if not known:
        return NOTHING
    if all(one.name in FIGURES for one in known):
        return _figures(known)
    if len({one.name for one in known}) > 1:
        raise ExpressionError(f"These are different things: {', '.join(one.words for one in known)}.")
    return Sort(known[0].name, inside=known[0].inside, of=known[0].of)


def _if_sort(given: Sequence[Sort]) -> Sort:
    if given[0].name not in ("truth", "nothing"):
        raise ExpressionError(f"First something that is true or not belongs, and this is {given[0].words}.",
                              hint="Such as if(count > 3, 10, 0).")
    return _alike(given[1:]) if len(given) > 1 else NOTHING


def _if(run: Any, test: Any, yes: Any, no: Any = None) -> Any:
    if test(run) is True:
        return yes(run)
    return no(run) if no is not None else None


def _first(run: Any, *calls: Any) -> Any:
    return next((value for call in calls if not empty(value := call(run))), None)


def empty(value: Any) -> bool:
    """Say whether nothing was filled in; 0 is something, an unticked box is not."""
    return value is None or value is False or value in ("", [], {})


def _anything(_given: Sequence[Sort]) -> Sort:
    return TRUTH


def _places(value: Any) -> int:
    places = int(figure(value))
    if not -12 <= places <= 12:
        raise Uncomputable("more than 12 decimal places")
    return places


def _step(way: str) -> Callable[..., Decimal]:
    return lambda _run, value: figure(value).to_integral_value(way, EXACT)


def _months(_run: Any, day: date | None, months: Any) -> date | None:
    if day is None:
        return None
    count = day.year * 12 + day.month - 1 + int(figure(months))
    year, month = count // 12, count % 12 + 1
    if not 1 <= year <= 9999:
        raise Uncomputable("a date lies beyond the calendar")
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def _date(_run: Any, *parts: Any) -> date | None:
    try:
        if len(parts) == 3:
            return date(*(int(figure(part)) for part in parts))
        return date.fromisoformat(said(parts[0])) if said(parts[0]) else None
    except (ValueError, OverflowError):
        raise Uncomputable("there is no such day") from None


def _date_sort(given: Sequence[Sort]) -> Sort:
    if len(given) == 2:
        raise ExpressionError("a text such as \"2026-12-31\" belongs here, or year, month and day.")
    _all(NUMBER if len(given) == 3 else TEXT)(given)
    return DATE


def _of_day(part: Callable[[date], int]) -> Callable[..., Decimal | None]:
    return lambda _run, day: None if day is None else Decimal(part(day))


def _text(call: Callable[..., Any]) -> Callable[..., Any]:
    return lambda _run, *values: call(*(said(value) for value in values))


def _replace(text: str, old: str, new: str) -> str:
    if old and len(text) + text.count(old) * len(new) > sorts.MOST_TEXT:
        raise Uncomputable("a text is too long")
    return text.replace(old, new) if old else text


def _cut(from_right: bool) -> Callable[..., str]:
    def cut(_run: Any, value: Any, length: Any) -> str:
        most = max(0, min(int(figure(length)), sorts.MOST_TEXT))
        text = said(value)
        return text[max(0, len(text) - most):] if from_right else text[:most]
    return cut


def _cut_sort(given: Sequence[Sort]) -> Sort:
    _all(TEXT)(given[:1])
    _all(NUMBER)(given[1:])
    return TEXT


FUNCTIONS: Mapping[str, Function] = {
    "if": Function(_if_sort, _if, 2, 3, late=True, says="if(test, then, else)"),
    "first": Function(_alike, _first, 1, ANY, late=True, says="the first of them that is not empty"),
    "empty": Function(_anything, lambda _run, value: empty(value), says="whether nothing is filled in"),
    "filled": Function(_anything, lambda _run, value: not empty(value), says="whether something is filled in"),
    "round": Function(_first_figure,
                      lambda _run, value, places=None: sorts.rounded(figure(value), _places(places)),
                      1, 2, says="round(x, places): halves away from zero"),
    "payable": Function(_amount, _payable, money=True,
                        says="an amount rounded to the smallest unit of its currency"),
    "floor": Function(_first_figure, _step(ROUND_FLOOR), says="the whole number below"),
    "ceiling": Function(_first_figure, _step(ROUND_CEILING), says="the whole number above"),
    "abs": Function(_first_figure, lambda _run, value: abs(figure(value)), says="without its sign"),
    "min": Function(_figures, lambda _run, *values: min(map(figure, values)), 1, ANY, says="the least"),
    "max": Function(_figures, lambda _run, *values: max(map(figure, values)), 1, ANY, says="the greatest"),
    "today": Function(lambda _given: DATE, lambda run: run.today, 0, 0, says="the day it is"),
    "date": Function(_date_sort, _date, 1, 3, says='date("2026-12-31") or date(2026, 12, 31)'),
    "add_months": Function(lambda given: _all(DATE)(given[:1]) or _all(NUMBER)(given[1:]) or DATE, _months, 2, 2,
                           says="add_months(day, n): no later than the month's last day"),
    "year": Function(_gives(NUMBER, DATE), _of_day(lambda day: day.year), says="the year of a day"),
    "month": Function(_gives(NUMBER, DATE), _of_day(lambda day: day.month), says="its month, 1 to 12"),
    "day": Function(_gives(NUMBER, DATE), _of_day(lambda day: day.day), says="its day, 1 to 31"),
    "weekday": Function(_gives(NUMBER, DATE), _of_day(lambda day: day.isoweekday()),
                        says="its weekday, Monday is 1"),
    "text": Function(_gives(TEXT, TEXT), _text(str), says="as a text"),
    "lower": Function(_gives(TEXT, TEXT), _text(str.lower), says="in small letters"),
    "upper": Function(_gives(TEXT, TEXT), _text(lambda text: text.upper()[:sorts.MOST_TEXT]),
                      says="in capital letters"),
    "trim": Function(_gives(TEXT, TEXT), _text(lambda text: " ".join(text.split())),
                     says="without blanks around it"),
    "length": Function(_gives(NUMBER, TEXT), _text(lambda text: Decimal(len(text))), says="its characters"),
    "left": Function(_cut_sort, _cut(from_right=False), 2, 2, says="left(text, n): its first n characters"),
    "right": Function(_cut_sort, _cut(from_right=True), 2, 2, says="right(text, n): its last n characters"),
    "contains": Function(_gives(TRUTH, TEXT), _text(lambda text, part: part.casefold() in text.casefold()), 2, 2,
                         says="contains(text, part), capitals or not"),
    "starts": Function(_gives(TRUTH, TEXT), _text(lambda text, part: text.casefold().startswith(part.casefold())),
                       2, 2, says="starts(text, part), capitals or not"),
    "replace": Function(_gives(TEXT, TEXT), _text(_replace), 3, 3, says="replace(text, old, new)"),
}


def _figure_of(inner: Sort | None) -> Sort:
    if inner is None or inner.name not in FIGURES:
        raise ExpressionError(f"numbers belong here, and this is {inner.words if inner else 'nothing'}.")
    return together(inner, NOTHING)


def _truth_of(inner: Sort | None) -> Sort:
    if inner is not None and inner.name not in ("truth", "nothing"):
        raise ExpressionError(f"something that is true or not belongs here, and this is {inner.words}.")
    return TRUTH


def _number_of(_inner: Sort | None) -> Sort:
    return NUMBER


def _added(values: list[Any], _mark: str) -> Decimal:
    total = Decimal(0)
    for value in values:
        total = EXACT.add(total, figure(value))
    return sorts.within(total)


def _filled(values: list[Any]) -> list[Any]:
    return [value for value in values if value is not None]


def _joined(values: list[Any], mark: str) -> str:
    text = mark.join(said(value) for value in values if said(value))
    if len(text) > sorts.MOST_TEXT:
        raise Uncomputable("a text is too long")
    return text


OVER: Mapping[str, Over] = {
    "sum": Over(_figure_of, _added, says="sum(lines, quantity * price)"),
    "count": Over(_number_of, lambda values, _mark: Decimal(sum(not empty(value) for value in values)), alone=True,
                  says="count(lines), or of those for which something is true: count(lines, optional)"),
    "average": Over(_figure_of, lambda values, _mark: divided(_added(values, ""), Decimal(len(_filled(values)))),
                    says="average(lines, price); empty ones are left out"),
    "min": Over(_figure_of, lambda values, _mark: min(_filled(values), default=None), says="min(lines, price)"),
    "max": Over(_figure_of, lambda values, _mark: max(_filled(values), default=None), says="max(lines, price)"),
    "any": Over(_truth_of, lambda values, _mark: any(value is True for value in values),
                says="any(lines, optional)"),
    "all": Over(_truth_of, lambda values, _mark: all(value is True for value in values),
                says="all(lines, delivered)"),
    "join": Over(lambda _inner: TEXT, _joined, words=True, says='join(lines, name, ", ")'),
}
