"""What a mapping says about one value: templates in braces, look-ups, conditions; safe, small, no code."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import partial
from typing import Any

from core.config.mistakes import likely
from core.data.people import key
from core.look.figures import exact
from core.work import amounts, markdown
from core.work.amounts import Unfit as Unfit  # noqa: PLC0414 - handed on
from core.work.plaintext import from_html

Row = Mapping[str, Any]
Call = Callable[[Row], Any]
Path = tuple[str | int, ...]

_PLACE = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")
_TIMES = ("%Y-%m-%d %H:%M:%S %z", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d", "%d.%m.%Y", "%d.%m.%Y %H:%M", "%m/%d/%Y")
FORMULA = re.compile(r"'*[=+\-@\t\r]")
"""What a cell begins with that a spreadsheet takes for a formula."""
OPERATORS = ("column", "value", "find", "assign", "when", "split", "first", "join")


@dataclass(frozen=True)
class Made:
    """An expression ready to run: `call` gives its value for a row, `columns` are what it reads."""

    call: Call
    columns: frozenset[str] = frozenset()


@dataclass
class Compiler:
    """Turns what stands in a mapping into `Made`, noting every mistake with its path in the document.

    `find(kind, external, by)` gives our identifier of an imported row, or of what has that in its field `by`, or
    raises Unfit; `assign(rule, value)` gives
    what a rule of distribution chose for a value. `rules` are the names of those rules.
    """

    find: Callable[..., str]
    assign: Callable[[str, str], str]
    kinds: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    problems: list[tuple[Path, str, str]] = field(default_factory=list)

    def wrong(self, path: Path, message: str, hint: str = "") -> Made:
        """Note a mistake; what comes back stands in its place."""
        self.problems.append((path, message, hint))
        return Made(lambda _row: None)

    def value(self, node: Any, path: Path) -> Made:
        """Read a value: a template, a constant, a list, an operator, or a group of values."""
        if isinstance(node, str):
            return self.template(node, path)
        if isinstance(node, list):
            return _many([self.value(item, (*path, place)) for place, item in enumerate(node)], list)
        if isinstance(node, Mapping):
            operator = next((name for name in OPERATORS if name in node), "")
            if operator:
                made: Made = getattr(self, f"_{operator}")(node, path)
                return made
            return self.group(node, path)
        return Made(lambda _row: node)

    def group(self, node: Mapping[str, Any], path: Path) -> Made:
        """Read a group of values under names of its own; empty ones are left out of it."""
        names = list(node)
        inner = [self.value(node[name], (*path, name)) for name in names]
        return _many(inner, lambda values: {name: value for name, value in zip(names, values, strict=True)
                                            if value not in (None, "", [])})

    def template(self, text: str, path: Path) -> Made:
        """Read `{Column|filter|filter:word}` in a text; `{{` and `}}` are braces themselves."""
        parts: list[str | Call] = []
        columns: set[str] = set()
        end = 0
        for match in _PLACE.finditer(text):
            parts.append(text[end:match.start()])
            end = match.end()
            if match.group() in ("{{", "}}"):
                parts.append(match.group()[0])
            elif match.group(1) is None:
                return self.wrong(path, f"A brace in '{text}' has no partner.",
                                  "Write {{ or }} for one in the text.")
            else:
                call, column = self._place(match.group(1), path)
                parts.append(call)
                columns.add(column)
        parts.append(text[end:])
        parts = [part for part in parts if part != ""]
        if len(parts) == 1 and callable(parts[0]):
            return Made(parts[0], frozenset(columns))
        return Made(lambda row: "".join(part if isinstance(part, str) else _as_text(part(row)) for part in parts),
                    frozenset(columns))

    def _place(self, inside: str, path: Path) -> tuple[Call, str]:
        column, *names = (part.strip() for part in inside.split("|"))
        if not column:
            self.wrong(path, "'{}' names no column.")
        return self._taken(column, names, path), column

    def _column(self, node: Mapping[str, Any], path: Path) -> Made:
        """`{column: "A | name {of} any kind", as: "strip|lower"}`: one column, whatever it is called."""
        self._keys(node, path, "column", "as")
        column = str(node["column"])
        names = [one.strip() for one in str(node.get("as", "")).split("|") if one.strip()]
        return Made(self._taken(column, names, path), frozenset((column,)))

    def _taken(self, column: str, names: list[str], path: Path) -> Call:
        filters: list[Callable[[Any], Any]] = []
        for name in names:
            word, _colon, argument = name.partition(":")
            if word not in FILTERS:
                self.wrong(path, f"There is no filter '{word}'.",
                           likely(word, FILTERS) or f"There are: {', '.join(FILTERS)}.")
            else:
                filters.append(partial(_filtered, word, argument))

        def call(row: Row) -> Any:
            value = reached(row, column)
            for one in filters:
                value = one(value)
            return value

        return call

    def _value(self, node: Mapping[str, Any], path: Path) -> Made:
        """`{value: "{topic}", map: {a: b}, default: c}`: one word for another."""
        self._keys(node, path, "value", "map", "default")
        inner, chosen = self.value(node["value"], (*path, "value")), node.get("map", {})
        if not isinstance(chosen, Mapping):
            return self.wrong((*path, "map"), "A group belongs here: each value with what it becomes.")
        default = self.value(node["default"], (*path, "default")) if "default" in node else None

        def call(row: Row) -> Any:
            value = inner.call(row)
            if _as_text(value) in chosen:
                return chosen[_as_text(value)]
            if default is not None and (chosen or value in (None, "")):
                return default.call(row)
            if chosen:
                raise Unfit(f"The map has no entry for '{value}', and no default.")
            return value

        return Made(call, inner.columns | (default.columns if default else frozenset()))

    def _find(self, node: Mapping[str, Any], path: Path) -> Made:
        """`{find: person, id: "{creator}"}`: what an earlier row became; `by: email`: who has that address."""
        self._keys(node, path, "find", "id", "optional", "by", "new")
        kind = node["find"]
        if kind not in self.kinds:
            return self.wrong((*path, "find"), f"'{kind}' is nothing that can be imported.",
                              likely(kind, self.kinds) or f"There are: {', '.join(self.kinds)}.")
        inner = self.value(node.get("id", ""), (*path, "id"))

        def call(row: Row) -> Any:
            external = _as_text(inner.call(row))
            if not external and node.get("optional"):
                return None
            return self.find(kind, external, by=str(node.get("by", "")), new=bool(node.get("new")))

        return Made(call, inner.columns)

    def _assign(self, node: Mapping[str, Any], path: Path) -> Made:
        """`{assign: askers, by: "{creator}"}`: what a rule of distribution gives this value."""
        self._keys(node, path, "assign", "by")
        rule = node["assign"]
        if rule not in self.rules:
            return self.wrong((*path, "assign"), f"No rule under 'assign' is called '{rule}'.",
                              likely(rule, self.rules))
        inner = self.value(node.get("by", ""), (*path, "by"))
        return Made(lambda row: self.assign(rule, _as_text(inner.call(row))), inner.columns)

    def _when(self, node: Mapping[str, Any], path: Path) -> Made:
        """`{when: condition, then: x, else: y}`."""
        self._keys(node, path, "when", "then", "else")
        test = self.condition(node["when"], (*path, "when"))
        yes, no = (self.value(node.get(name), (*path, name)) for name in ("then", "else"))
        return Made(lambda row: (yes if test.call(row) else no).call(row),
                    test.columns | yes.columns | no.columns)

    def _split(self, node: Mapping[str, Any], path: Path) -> Made:
        """`{split: "{tags}", on: ";"}`: several values from one cell."""
        self._keys(node, path, "split", "on")
        inner, mark = self.value(node["split"], (*path, "split")), str(node.get("on", ";")) or ";"
        return Made(lambda row: [part.strip() for part in _as_text(inner.call(row)).split(mark) if part.strip()],
                    inner.columns)

    def _first(self, node: Mapping[str, Any], path: Path) -> Made:
        """`{first: ["{Name}", "{Login}"]}`: the first that is not empty."""
        self._keys(node, path, "first")
        return _many(self._list(node["first"], (*path, "first")),
                     lambda values: next((value for value in values if value not in (None, "", [])), ""))

    def _join(self, node: Mapping[str, Any], path: Path) -> Made:
        """`{join: ["{City}", "{Country}"], with: ", "}`: those that are not empty, in one text."""
        self._keys(node, path, "join", "with")
        mark = str(node.get("with", " "))
        return _many(self._list(node["join"], (*path, "join")),
                     lambda values: mark.join(text.strip() for text in _flat(values) if text.strip()))

    def condition(self, node: Any, path: Path) -> Made:
        """Read one condition: empty, same, in, not, all, any."""
        if not isinstance(node, Mapping) or len(node) != 1 or next(iter(node)) not in _TESTS:
            return self.wrong(path, "A condition is one of: " + ", ".join(_TESTS) + ".")
        (name, inside), = node.items()
        path = (*path, name)
        if name in ("all", "any", "not"):
            inner = [self.condition(one, (*path, place)) for place, one in enumerate(inside)] \
                if isinstance(inside, list) else [self.condition(inside, path)]
        elif name == "empty":
            inner = [self.value(inside, path)]
        else:
            inner = self._list(inside, path)
        if name in ("same", "in") and len(inner) != 2:
            return self.wrong(path, f"'{name}' compares two values.")
        return _many(inner, _TESTS[name])

    def _list(self, node: Any, path: Path) -> list[Made]:
        if not isinstance(node, list):
            self.wrong(path, "A list belongs here.")
            return []
        return [self.value(item, (*path, place)) for place, item in enumerate(node)]

    def _keys(self, node: Mapping[str, Any], path: Path, *known: str) -> None:
        for name in node:
            if name not in known:
                self.wrong((*path, name), f"'{name}' means nothing here.",
                           likely(name, known) or f"There are: {', '.join(known)}.")


def _many(inner: list[Made], put: Callable[[list[Any]], Any]) -> Made:
    return Made(lambda row: put([one.call(row) for one in inner]),
                frozenset().union(*(one.columns for one in inner)))


def _as_text(value: Any) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _flat(values: list[Any]) -> list[str]:
    return [_as_text(inner) for value in values for inner in (value if isinstance(value, list) else [value])]


def _filtered(word: str, given: str, value: Any) -> Any:
    return FILTERS[word](value, given)


def _empty(value: Any) -> bool:
    return value is None or value == [] or (isinstance(value, str) and not value.strip())


_TESTS: Mapping[str, Callable[[list[Any]], bool]] = {
    "empty": lambda values: _empty(values[0]),
    "same": lambda values: _as_text(values[0]) == _as_text(values[1]),
    "in": lambda values: _as_text(values[0]) in (
        [_as_text(one) for one in values[1]] if isinstance(values[1], list) else _as_text(values[1])),
    "not": lambda values: not values[0],
    "all": all,
    "any": any,
}


def reached(row: Row, column: str) -> Any:
    """Give the value of a column; a dot goes into what JSON holds. Nothing there is empty."""
    if column in row:
        return row[column]
    value: Any = row
    for step in column.split("."):
        value = value.get(step, "") if isinstance(value, Mapping) else ""
    return value


def _slug(value: Any, _given: str) -> str:
    plain = unicodedata.normalize("NFKD", _as_text(value)).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:63].strip("-")


def _login(value: Any, _given: str) -> str:
    """Make a sign-in name of a name from elsewhere: letters, digits, dots, + and - only."""
    plain = unicodedata.normalize("NFKC", _as_text(value)).strip()
    return re.sub(r"[^\w.+-]+", "-", plain).strip("-.")[:64].rstrip("-.")


def _time(value: Any, given: str) -> str:
    """Read a moment as text; without an offset it is UTC. Gives ISO 8601 in UTC."""
    text = _as_text(value).strip()
    if not text:
        return ""
    try:
        moment = datetime.strptime(text, given) if given else _guessed(text)
    except ValueError:
        cure = f" as {given}." if given else ". Give its form: {column|time:%d/%m/%Y}."
        raise Unfit(f"'{text[:80]}' is no moment we can read{cure}") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC).isoformat()


def _guessed(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        for form in _TIMES:
            try:
                return datetime.strptime(text, form)
            except ValueError:
                continue
        raise


def _date(value: Any, given: str) -> str:
    moment = _time(value, given)
    return date.fromisoformat(moment[:10]).isoformat() if moment else ""


def _short(value: Any, given: str) -> str:
    text, most = _as_text(value), int(given) if given.isdecimal() else 200
    return text if len(text) <= most else text[:most - 1].rstrip() + "…"


def _part(value: Any, given: str) -> str:
    """Give one piece of a path or a list: the first is 1, the last -1; `1;` parts at semicolons."""
    match = re.fullmatch(r"(-?\d{1,3})(.?)", given)
    place, mark = (int(match[1]), match[2] or "/") if match else (1, "/")
    pieces = [piece.strip() for piece in _as_text(value).split(mark) if piece.strip()]
    return pieces[place - 1 if place > 0 else place] if 0 < abs(place) <= len(pieces) else ""


def _words(value: Any, _given: str) -> str:
    """Make words of a file's or folder's name: `pricing-costing` gives `Pricing costing`."""
    text = re.sub(r"[-_/]+", " ", _as_text(value)).strip()
    return text[:1].upper() + text[1:]


def _plain(value: Any, _given: str) -> str:
    """Take off the apostrophe that keeps a spreadsheet from taking a cell for a formula, as exports put it."""
    text = _as_text(value).strip()
    return text[1:] if text[:1] == "'" and FORMULA.match(text) else text


FILTERS: Mapping[str, Callable[[Any, str], Any]] = {
    "strip": lambda value, _given: _as_text(value).strip(),
    "line": lambda value, _given: " ".join(_as_text(value).split()),
    "lower": lambda value, _given: _as_text(value).lower(),
    "upper": lambda value, _given: _as_text(value).upper(),
    "plain": _plain,
    "number": lambda value, given: amounts.number(_as_text(value), given),
    "money": lambda value, given: amounts.money(_as_text(value), given),
    "percent": lambda value, given: exact(Decimal(amounts.number(_as_text(value), given) or 0).scaleb(2), 12),
    "slug": _slug,
    "login": _login,
    "key": lambda value, _given: key(_as_text(value)),
    "html": lambda value, _given: from_html(_as_text(value)),
    "markdown": lambda value, _given: markdown.from_html(_as_text(value)),
    "language": lambda value, _given: re.split("[-_]", _as_text(value).strip())[0].lower(),
    "time": _time,
    "date": _date,
    "short": _short,
    "part": _part,
    "words": _words,
}
"""What may stand behind a column's name: `{Name|strip|lower}`."""
