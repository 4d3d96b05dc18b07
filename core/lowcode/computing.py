"""Computed fields of a module: in which order they are computed, of what, and their values for a record.

The server computes them whenever a record is written; nobody can send them. A field in a row is computed of that
row, then of the record around it; a field of the record of everything. What has no value (as it would divide by
zero) is empty.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

from core.config.loader import Path
from core.data.moments import today
from core.look import currencies
from core.lowcode import sorts
from core.lowcode.expressions import MAX_TOGETHER, Expression, compiled
from core.lowcode.sorts import Sort, Uncomputable
from core.lowcode.syntax import ExpressionError
from core.web.conditions import asked
from core.web.fields import HOLDERS, Field

TYPES = ("text", "longtext", "number", "money", "quantity", "date", "checkbox")
"""Types of field that can be computed."""

class Reader(Protocol):
    """What reads a module and keeps its mistakes."""

    def wrong(self, path: Path, message: str, word: str = "", known: Iterable[str] = ()) -> None:
        """Keep one mistake."""

    def expression(self, path: Path, error: ExpressionError) -> None:
        """Keep a mistake in an expression, where it stands in the file."""


@dataclass(frozen=True)
class Computed:
    """A computed field: its dotted name, the field with rows (or the group) it stands in ("" for the record)."""

    name: str
    field: Field
    inside: str
    expression: Expression


@dataclass(frozen=True)
class Plan:
    """All computed fields of a kind, each after those it is computed of; `fields` are all fields by name."""

    fields: Mapping[str, Field]
    steps: tuple[Computed, ...] = ()

    @property
    def names(self) -> frozenset[str]:
        """Give the dotted names of the computed fields."""
        return frozenset(step.name for step in self.steps)

    def filled(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Give what a record holds with everything computed; what stood in computed fields does not matter."""
        made = {name: _copied(value) for name, value in values.items()}
        if not self.steps:
            return made
        with currencies.kept_in(made):
            return self._computed(made)

    def _computed(self, made: dict[str, Any]) -> dict[str, Any]:
        day, left = today(), [MAX_TOGETHER]
        for step in self.steps:
            around = live(self.fields.values(), made)
            if not step.inside:
                made[step.name] = _value(step, around, None, day, left)
                continue
            holder, held = self.fields[step.inside], made.get(step.inside)
            for row in held if isinstance(held, list) else [held] if isinstance(held, dict) else []:
                if isinstance(row, dict):
                    row[step.field.key] = _value(step, live(holder.children, row), around, day, left)
        return made

    def fresh(self, values: Mapping[str, Any]) -> Mapping[str, Any]:
        """Give what a record shows now: what depends on the day is computed again, all else is as it is stored."""
        return self.filled(values) if any(step.expression.dated for step in self.steps) else values


def live(fields: Iterable[Field], values: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what is stored in fields that are not asked with what stands beside them: it does not count."""
    known = {field.key: field for field in fields}
    found = {}
    for name, value in values.items():
        field = known.get(name)
        if field is not None and not asked(field, values):
            continue
        if field is not None and field.widget == "rows" and isinstance(value, list):
            found[name] = [live(field.children, row) if isinstance(row, Mapping) else row for row in value]
        else:
            found[name] = value
    return found


def _copied(value: Any) -> Any:
    if isinstance(value, list):
        return [dict(one) if isinstance(one, Mapping) else one for one in value]
    return dict(value) if isinstance(value, Mapping) else value


def _value(step: Computed, values: Mapping[str, Any], around: Mapping[str, Any] | None, day: date,
           left: list[int]) -> Any:
    try:
        return sorts.put(step.field.widget, step.field.schema,
                         step.expression.value(values, around=around, today=day, together=left))
    except Uncomputable:
        return sorts.put(step.field.widget, step.field.schema, None)


def names_of(fields: Iterable[Field]) -> dict[str, Sort]:
    """Give what fields are called in expressions, with what each is."""
    return {field.key: sort_of(field) for field in fields}


def sort_of(field: Field) -> Sort:
    """Give the sort of a field's values."""
    options = tuple(key for key, _label in field.options)
    return sorts.of(field.widget, field.schema, names_of(field.children), options)


def plan(reader: Reader, name: str, given: Mapping[str, Any], fields: Mapping[str, Field]) -> Plan:
    """Read the computed fields of a kind: `given` is its `fields` as written, `fields` what they became."""
    found = [(one, *more) for one, said in given.items() if one in fields
             for more in _within(one, said, fields[one])]
    names = names_of(fields.values())
    every = [_computed(reader, name, entry, names, fields) for entry in found]
    made = [step for step in every if step is not None]
    public = {step.name: step for step in made}
    for step in made:
        _keep_inside(reader, name, step, given)
    return Plan(fields, tuple(_ordered(reader, name, public)))


def _within(name: str, said: Mapping[str, Any], field: Field) -> Iterable[tuple[Path, Field, str, str]]:
    """Find what is computed in a field: itself, or fields inside it; with its path, itself and where it stands."""
    if "compute" in said:
        yield (name, "compute"), field, "", said["compute"]
    if field.widget in HOLDERS:
        children = {child.key: child for child in field.children}
        for inner, one in said.get("fields", {}).items():
            if isinstance(one, Mapping) and "compute" in one and inner in children:
                yield (name, "fields", inner, "compute"), children[inner], name, one["compute"]


def check(reader: Reader, at: Path, given: Mapping[str, Any]) -> None:
    """Refuse what cannot be computed where it stands, and forms that would have to know it."""
    for one, said in given.items():
        _not_deeper(reader, (*at, one), said, 0)
        _not_asked_for(reader, (*at, one), said, given)


def _not_deeper(reader: Reader, at: Path, said: Any, depth: int) -> None:
    """Refuse to compute in a group in a row, and the like."""
    if not isinstance(said, Mapping):
        return
    if depth > 1 and "compute" in said:
        reader.wrong((*at, "compute"), "A value is computed in a record, a row or a group, not deeper.")
    for key, inner in (said.get("fields") or {}).items():
        _not_deeper(reader, (*at, "fields", key), inner, depth + 1)


def _not_asked_for(reader: Reader, at: Path, said: Any, beside: Mapping[str, Any]) -> None:
    """Refuse a field that is asked only if what is computed says so: no form knows it yet."""
    if not isinstance(said, Mapping):
        return
    for key in said.get("if") or {}:
        if "compute" in (beside.get(key) or {}):
            reader.wrong((*at, "if"), f"'{key}' is computed: a form cannot ask by it.")
    inner = said.get("fields") or {}
    for key, one in inner.items():
        _not_asked_for(reader, (*at, "fields", key), one, inner)


def _computed(reader: Reader, kind: str, entry: Any, names: Mapping[str, Sort], fields: Mapping[str, Field]
              ) -> Computed | None:
    first, path, field, inside, written = entry
    at: Path = (kind, "fields", *path)
    if field.widget not in TYPES:
        reader.wrong((*at[:-1], "type"), f"A field of type '{field.widget}' cannot be computed; these can: "
                                         f"{', '.join(TYPES)}.")
        return None
    if field.required or "default" in field.schema or (field.condition is not None):
        reader.wrong(at, "What is computed is neither required nor asked only sometimes, and has no default.")
    own = names_of(fields[first].children) if inside else names
    try:
        made = compiled(written, own, around=names if inside else None, inside=inside,
                        wanted=sort_of(field))
    except ExpressionError as error:
        reader.expression(at, error)
        return None
    return Computed(f"{inside}.{field.key}" if inside else field.key, field, inside, made)


def _keep_inside(reader: Reader, kind: str, step: Computed, given: Mapping[str, Any]) -> None:
    """Refuse a field for everybody that is computed of what only the team sees, unless that is said on purpose."""
    first = step.name.partition(".")[0]
    if "internal" in given[first]:
        return
    used = {one: given.get(one.partition(".")[0], {}) for one in step.expression.uses}
    later = sorted(one for one, said in used.items() if "seen_in" in said and "seen_in" not in given[first])
    if later:
        reader.wrong((kind, "fields", first), f"'{step.name}' is computed of '{later[0]}', which customers see in "
                     "states only. Say 'seen_in' here, too, or 'internal: false'.")
    told = sorted(one for one, said in used.items() if said.get("internal"))
    if told:
        reader.wrong((kind, "fields", first), f"'{step.name}' is computed of '{told[0]}', which only your team "
                     "sees. Say 'internal: true', or 'internal: false' where everybody may see what it comes to.")


def _ordered(reader: Reader, kind: str, steps: Mapping[str, Computed]) -> Iterable[Computed]:
    """Put each field after those it is computed of; a circle is named."""
    done: list[str] = []
    waiting = dict(steps)
    while waiting:
        ready = [name for name, step in waiting.items() if step.expression.uses.isdisjoint(waiting)]
        if not ready:
            name = next(iter(waiting))
            reader.wrong((kind, "fields", name.partition(".")[0]),
                         "These are computed of one another: " + ", ".join(sorted(waiting)) + ".")
            return []
        done += ready
        for name in ready:
            del waiting[name]
    return [steps[name] for name in done]
