"""The list of a module's records: columns, filters and order as its YAML says, for pages, exports and acts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from core.data import access, conversation, inside, people, scope, search
from core.data.moments import today
from core.data.records import RECORD, Record
from core.look import currencies
from core.look.i18n import gettext as _
from core.lowcode.display import brief, shown
from core.lowcode.module import Module
from core.web import paging, references
from core.web.fields import Field
from core.web.texts import say

FACETS = 12
"""Values of a text, a country or a reference that are offered as a filter: the most frequent."""

FIGURES = ("number", "money", "quantity")
PREFIX = "f."
"""What the name of a filter begins with in an address: no field can hide the page's own words."""


@dataclass(frozen=True)
class Filter:
    """What a list can be filtered by: a field, the words above it, value to words, and which one is chosen."""

    name: str
    words: str
    values: Mapping[str, str]
    chosen: str


def narrow(module: Module, asked: Mapping[str, str]) -> tuple[Any, ...]:
    """Give the conditions of a list whose address has these parameters."""
    state, text = str(asked.get("state", "")), str(asked.get("q", ""))[:200]
    terms = [Record.state == state] if state in module.states else []
    for name in usable(module):
        chosen = str(asked.get(PREFIX + name, ""))[:200]
        term = _condition(module.fields[name], chosen) if chosen else None
        terms += [term] if term is not None else []
    return (*terms, search.matches(module.name, text))


def usable(module: Module) -> list[str]:
    """Give the filters of whoever asks: customers have none by what only the team sees."""
    staff = scope.current().is_staff
    return [name for name in module.data.filters
            if staff or not (name in module.internal or name in module.seen_in)]


def filters(module: Module, asked: Mapping[str, str]) -> list[Filter]:
    """Give the filters of a list with what can be chosen; those without anything to choose are left out."""
    found = [Filter(PREFIX + name, say(module.fields[name].label), _values(module, module.fields[name]),
                    str(asked.get(PREFIX + name, ""))) for name in usable(module)]
    return [one for one in found if one.values]


def page(module: Module, asked: Mapping[str, str]) -> paging.Page:
    """Give the page of a list that the address at hand asks for."""
    who = scope.current()
    columns: list[Any] = [*RECORD, people.name_of(Record.person).alias("requester")]
    if who.person is not None:
        columns.append(conversation.unread_here(who.person.id, internal=who.is_staff).alias("unread"))
    sort = module.data.sort
    hidden = not who.is_staff and (sort.column in module.internal or sort.column in module.seen_in)
    if sort.inside and not hidden:
        field = module.fields[sort.column]
        value = inside.number(sort.column) if field.widget in FIGURES else inside.text(sort.column)
        query = access.visible(module.name, "view", *columns, value.alias("sorted")).where(*narrow(module, asked))
        return paging.page_by(query, value, "sorted", rising=not sort.descending, figures=field.widget in FIGURES)
    query = access.visible(module.name, "view", *columns).where(*narrow(module, asked))
    by = "touched" if sort.inside else sort.column
    return paging.page_of(query, by=by, rising=not sort.descending and not sort.inside)


def cells(module: Module, rows: Iterable[Any]) -> Callable[[Any], list[str]]:
    """Give what tells the texts of a row's columns; what the rows refer to is looked up once for all of them."""
    who, columns = scope.current(), [module.fields[name] for name in module.data.columns]
    seen = {row.number: module.seen(module.data.plan.fresh(row.fields or {}), staff=who.is_staff, state=row.state)
            for row in rows}
    links = references.told(pair for values in seen.values() for pair in referred(columns, values))

    def call(row: Any) -> list[str]:
        with currencies.kept_in(row.fields):
            told = [brief(field, seen[row.number].get(field.name), links) for field in columns]
        return [one for one in told if one]

    return call


def referred(fields: Iterable[Field], values: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    """Give everything that fields refer to, inside groups and rows too."""
    for field in fields:
        value = values.get(field.key)
        if field.widget == "reference" and isinstance(value, str) and value:
            yield str(field.schema["x-of"]), value
        elif field.widget in ("rows", "group") and value:
            for row in value if isinstance(value, list) else [value]:
                yield from referred(field.children, row) if isinstance(row, Mapping) else ()


def _condition(field: Field, chosen: str) -> Any:
    value = inside.text(field.name)
    if field.widget == "several":
        return inside.holds(field.name, chosen)
    if field.widget == "checkbox":
        return value == "true" if chosen == "yes" else value != "true"
    if field.widget == "date":
        return _day(value, chosen)
    return value == chosen


def _day(value: Any, chosen: str) -> Any:
    now = today()
    first, next_month = now.replace(day=1), (now.replace(day=1) + timedelta(days=32)).replace(day=1)
    spans = {"past": ("0001-01-01", now.isoformat()), "today": (now.isoformat(), _after(now, 1)),
             "week": (now.isoformat(), _after(now, 7)), "month": (first.isoformat(), next_month.isoformat()),
             "later": (_after(now, 7), "9999-12-31")}
    if chosen == "none":
        return value == ""
    if chosen not in spans:
        return None
    begin, end = spans[chosen]
    return (value >= begin) & (value < end)


def _after(day: Any, days: int) -> str:
    return str((day + timedelta(days=days)).isoformat())


def _values(module: Module, field: Field) -> dict[str, str]:
    if field.options:
        return {str(key): say(label) for key, label in field.options}
    if field.widget == "checkbox":
        return {"yes": _("Yes"), "no": _("No")}
    if field.widget == "date":
        return {"past": _("Past"), "today": _("Today"), "week": _("Next 7 days"), "month": _("This month"),
                "later": _("Later"), "none": _("No date")}
    values = inside.frequent(module.name, field.name, FACETS)
    links = references.told((str(field.schema.get("x-of", "")), one) for one in values
                            ) if field.widget == "reference" else {}
    return {one: links[field.schema["x-of"], one].text if links else str(shown(field, one, {})) for one in values}
