"""One row in its new shape: values made, checked against the schema of what it becomes, named by column."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from core.config.mistakes import likely, mistakes
from core.data.people import key
from core.errors import ConfigError, ParlourError
from core.parts import Import
from core.work.expressions import Path, Unfit, reached
from core.work.files import Files
from core.work.mapping import Mappings, Shape, problem
from core.work.tables import Cells

_SWITCHES = {**dict.fromkeys(("true", "yes", "on", "1", "y", "x", "ja", "wahr", "نعم"), True),
             **dict.fromkeys(("false", "no", "off", "0", "n", "nein", "falsch", "لا"), False)}
LINE = "#line"
"""A column that every row has beside its own: the line it began on."""

ROW = 1_000
"""Characters that a row weighs at least: so much memory it takes while it is on its way."""

_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")


@dataclass
class Item:
    """One row on its way: its id elsewhere, its values as JSON and as its target gets them, and its fate."""

    cells: Cells
    external: str = ""
    values: dict[str, Any] = field(default_factory=dict)
    ready: dict[str, Any] = field(default_factory=dict)
    nested: dict[str, list[Item]] = field(default_factory=dict)
    reason: str = ""
    wrong: list[tuple[str, str]] = field(default_factory=list)
    word: str = ""
    digest: str = ""
    key: str = ""
    beside: list[tuple[str, str, str]] = field(default_factory=list)

    @property
    def weight(self) -> int:
        """About how many characters it holds; a row is never nothing, however empty."""
        return ROW + sum(len(value) for value in self.cells.values.values() if isinstance(value, str)) + sum(
            child.weight for children in self.nested.values() for child in children)


def as_text(value: Any) -> str:
    """Give a value as text; nothing is the empty text."""
    return "" if value is None else str(value)


def within(row: Mapping[str, Any], path: str) -> Any:
    """Give what a dotted path leads to in a row."""
    return reached(row, path)


def schemas(found: Mappings, parts: Mapping[str, Import]) -> dict[str, Mapping[str, Any]]:
    """Give the schema of every kind that a mapping makes, of nested rows as `kind.field`.

    Raises ConfigError where the mapping sets what a kind does not have, with the likely word.
    """
    made: dict[str, Mapping[str, Any]] = {}
    problems = []
    for place, step in enumerate(found.steps):
        given = parts[step.kind].fields
        schema = given() if callable(given) else given
        made[step.kind] = _object(schema)
        places: list[tuple[Path, Shape, Mapping[str, Any]]] = [(("steps", place, "set"), step.shape, schema)]
        for nested in step.nested:
            within_step: Path = ("steps", place, "each", nested.field)
            inner = schema["properties"].get(nested.field, {}).get("items", {})
            if "properties" not in inner:
                problems.append(problem(found.document, within_step,
                                        f"A {step.kind} has no rows called '{nested.field}'."))
                continue
            made[f"{step.kind}.{nested.field}"] = _object(inner)
            places.append(((*within_step, "set"), nested.shape, inner))
        for path, shape, known in places:
            problems += [problem(found.document, (*path, *where), message, hint)
                         for where, message, hint in _unknown(shape, known, found, path)]
    if problems:
        raise ConfigError(problems)
    return made


def _object(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"type": "object", "additionalProperties": False, **schema}


def _unknown(shape: Shape, schema: Mapping[str, Any], found: Mappings, path: Path) -> list[tuple[Path, str, str]]:
    known = schema["properties"]
    wrong: list[tuple[Path, str, str]] = [
            ((name,), f"There is no field '{name}'.", likely(name, known) or f"There are: {', '.join(known)}.")
             for name in shape.values if name not in known]
    node: Any = found.document.data
    for part in path:
        node = node[part]
    declared = known.get("fields", {}).get("properties", {})
    given = node.get("fields", {})
    if isinstance(given, Mapping) and "fields" in known:
        wrong += [(("fields", name), f"No field of your own is called '{name}'.",
                   likely(name, declared) or known["fields"].get("description", "")) for name in given
                  if name not in declared]
    return wrong


def check_columns(found: Mappings, files: Files) -> None:
    """See that every column a mapping names is there. Raises ParlourError naming file and column."""
    for name, source in found.sources.items():
        hidden = sorted(set(source.joins) & set(files.columns(name) or ()))
        if hidden:
            raise ParlourError(f"{found.document.name} joins '{hidden[0]}' to {name}, which has a column of that "
                               "name.", hint="Call what is joined something else.")
    for step in found.steps:
        columns = _columns(step.shape) | {c for n in step.nested for c in n.by.columns}
        _check(columns, step.source, files, {})
        for nested in step.nested:
            if nested.source:
                _check(_columns(nested.shape) | nested.key.columns, nested.source, files,
                       {"parent": step.source})
    for rule in found.rules.values():
        _check(rule.value.columns | (rule.skip.columns if rule.skip else frozenset()), rule.source, files, {})


def _columns(shape: Shape) -> frozenset[str]:
    makers = [shape.external, *(test for test, _reason in shape.skips), *shape.values.values()]
    return frozenset().union(*(made.columns for made in makers))


def _check(columns: frozenset[str] | set[str], source: str, files: Files, further: Mapping[str, str]) -> None:
    known = files.columns(source)
    beside = {name: join.source for name, join in files.map.sources[source].joins.items()} | dict(further)
    for column in sorted(set(columns) - {LINE}):
        first, _dot, rest = column.partition(".")
        if column not in (known or ()) and first in beside and rest:
            _check({rest}, beside[first], files, {})
        elif known is not None and column not in known:
            hint = likely(column, known) or f"There are: {', '.join(known)}."
            raise ParlourError(f"{files.map.document.name} reads the column '{column}', which {source} "
                               f"({files.map.sources[source].file}) does not have.", hint=hint)


def column_of(shape: Shape, path: str) -> str:
    """Give the column a mistake came from: that of the field at `path`, or the field where there are several."""
    made = shape.values.get(path.split(".", maxsplit=1)[0])
    columns = sorted(made.columns) if made else []
    return columns[0] if len(columns) == 1 else path


def shape(item: Item, how: Shape, row: Mapping[str, Any], schema: Mapping[str, Any], match: str = "") -> None:
    """Make the values of a row, or note why it is left out or cannot be used.

    With `match`, its value in that field stands for the id: a file must not bring it twice.
    """
    try:
        item.external = as_text(how.external.call(row)).strip()
        for test, reason in how.skips:
            if test.call(row):
                item.reason = reason
                return
        if not item.external and not match:
            item.wrong.append((", ".join(sorted(how.external.columns)), "Its id is empty."))
    except Unfit as error:
        item.wrong.append((", ".join(sorted(how.external.columns)), str(error)))
    properties = schema["properties"]
    for name, made in how.values.items():
        try:
            value = _fitted(made.call(row), properties.get(name, {}))
        except Unfit as error:
            item.wrong.append((column_of(how, name), str(error)))
        else:
            if value not in (None, "", [], {}):
                item.values[name] = value
    if match:
        item.external = key(as_text(item.values.get(match)))
        if not item.external and not item.wrong:
            item.wrong.append((column_of(how, match), "It is empty, and it is what rows are told apart by."))
    if not item.wrong:
        item.wrong = [(column_of(how, ".".join(map(str, path))), f"{message} {hint}".strip())
                      for path, message, hint in mistakes(item.values, schema)]
        item.ready = {name: _ready(value, properties.get(name, {})) for name, value in item.values.items()}


def _fitted(value: Any, schema: Mapping[str, Any]) -> Any:
    """Turn text into what the schema asks for, where that is possible without guessing."""
    kind = schema.get("type", "string")
    if kind == "object" and isinstance(value, Mapping):
        inner = {name: _fitted(one, schema.get("properties", {}).get(name, {})) for name, one in value.items()}
        return {name: one for name, one in inner.items() if one not in (None, "", [])}
    if kind == "array":
        return [_fitted(one, schema.get("items", {})) for one in (value if isinstance(value, list) else [value])
                if one not in (None, "")]
    if kind == "string":
        if isinstance(value, list | Mapping):
            return ", ".join(as_text(one) for one in value)
        return _text(as_text(value), lines="x-lines" in schema or schema.get("x-widget") == "longtext")
    if not isinstance(value, str):
        return value
    return _scalar(value.strip(), kind)


def _scalar(text: str, kind: str) -> Any:
    if text == "":
        return None
    if kind == "boolean":
        return _SWITCHES.get(text.lower(), text)
    try:
        return int(text) if kind == "integer" else float(text)
    except ValueError:
        return text


def _text(value: str, *, lines: bool) -> str:
    """Take away what no page can show; where one line is meant, make it one."""
    clean = value.replace("\r\n", "\n").replace("\r", "\n")
    if not lines:
        clean = " ".join(clean.split())
    return _CONTROLS.sub("", clean).strip()


def _ready(value: Any, schema: Mapping[str, Any]) -> Any:
    """Give a checked value as its target gets it: moments as datetime in UTC."""
    if schema.get("format") == "date-time" and isinstance(value, str):
        return datetime.fromisoformat(value)
    return value
