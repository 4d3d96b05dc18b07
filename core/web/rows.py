"""Entries of a mapping or a list as lines of a table: drawn, read back, added, moved and taken away."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.config.outline import Node
from core.config.splice import REMOVE
from core.errors import FieldError, Invalid
from core.look.i18n import gettext as _
from core.web import controls, drafting
from core.web.controls import Control, Unfit

MOST_ROWS = 300


@dataclass(frozen=True)
class Row:
    """One entry. `key` is its name in a mapping; `fixed` says that it has one, `inherited` that it stays."""

    index: int
    key: str
    cells: tuple[Control, ...]
    fixed: bool = False
    inherited: bool = False
    error: str = ""


def columns(node: Node) -> list[Node] | None:
    """Give what stands in each line, None where an entry needs a page of its own."""
    return controls.cells(drafting.everything(), node)


def drawn(node: Node, value: Any, *, blank: int = 1) -> list[Row]:
    """Draw the entries of a value, and some empty lines to add more."""
    found = list(value.items()) if isinstance(value, Mapping) else [("", one) for one in value or ()]
    below = drafting.inherited().value(node.path) or {}
    kept = set(below) if isinstance(below, Mapping) else set()
    rows = [Row(index, key, tuple(_cell(node, one, index, _held(one, value)) for one in columns(node) or ()),
                fixed=bool(key), inherited=key in kept) for index, (key, value) in enumerate(found)]
    return rows + [_blank(node, len(rows) + more) for more in range(blank)]


def _held(column: Node, entry: Any) -> Any:
    """Give what an entry holds in a column, as its field shows it."""
    inner = entry if column.path == ("value",) else (entry or {}).get(column.path[-1])
    return controls.shown(column.kind, column.schema.get("default") if inner is None else inner)


def _blank(node: Node, index: int) -> Row:
    return Row(index, "", tuple(_cell(node, one, index, _held(one, None) if one.path != ("value",) else "")
                                for one in columns(node) or ()))


def _cell(node: Node, column: Node, index: int, value: Any, error: str = "") -> Control:
    chosen = column.schema if column.kind == "choice" else column.schema.get("items", {})
    offered = controls.options(chosen, drafting.wanted().value) if column.kind in ("choice", "several") else \
        controls.among(column.kind, value, drafting.named(column.schema, node.path)) \
        if column.kind in ("text", "lines") else ()
    return Control(
        column, f"{index}.{column.path[-1]}", column.kind, _(column.title), "", value, offered, error=error,
        attrs=() if offered else controls.attributes(column), names=drafting.names(column.schema, node.path))


def as_sent(node: Node, form: Any, errors: Sequence[FieldError] = ()) -> list[Row]:
    """Draw the lines as somebody typed them, each mistake at its cell."""
    told = {one.path: one.message for one in errors}
    return [_typed(node, int(index), form, told) for index in _indexes(form)]


def _typed(node: Node, index: int, form: Any, told: Mapping[str, str]) -> Row:
    cells = tuple(_cell(node, one, index, controls.sent(one.kind, f"{index}.{one.path[-1]}", form),
                        told.get(f"{index}.{one.path[-1]}", "")) for one in columns(node) or ())
    return Row(index, form.get(f"{index}.key") or "", cells, fixed=form.get(f"{index}.fixed") == "true",
               inherited=form.get(f"{index}.stays") == "true", error=told.get(f"{index}.key", ""))


def sorted_as_sent(node: Node, form: Any, asked: str, which: str) -> list[Row]:
    """Draw the lines as typed, one of them moved `up` or `down`, or with one `more`."""
    lines = as_sent(node, form)
    if asked == "more":
        return [*lines, _blank(node, max((one.index for one in lines), default=-1) + 1)]
    at = next((place for place, one in enumerate(lines) if str(one.index) == which), None)
    return lines if at is None else _swapped(lines, at, at + (1 if asked == "down" else -1))


def _swapped(entries: list[Any], one: int, other: int) -> list[Any]:
    if 0 <= other < len(entries):
        entries[one], entries[other] = entries[other], entries[one]
    return entries


def moved(value: Any, asked: str, which: str) -> Any:
    """Give a mapping or list with one entry dropped, or moved up or down."""
    entries = list(value.items()) if isinstance(value, Mapping) else list(enumerate(value))
    at = next((place for place, (key, _one) in enumerate(entries) if str(key) == which), None)
    if at is not None and asked == "drop":
        del entries[at]
    elif at is not None:
        entries = _swapped(entries, at, at + (1 if asked == "down" else -1))
    return dict(entries) if isinstance(value, Mapping) else [one for _place, one in entries]


def with_entry(node: Node, value: Any, entry: Mapping[str, Any], key: str) -> tuple[str | int, Any]:
    """Add an entry under a key, or one made from its label; give the key and the whole. Raises Invalid."""
    if node.kind == "listing":
        return len(value), [*value, dict(entry)]
    name = key or free(slug(controls.label_of("", entry)), value)
    pattern = node.schema.get("propertyNames", {}).get("pattern", "")
    if name in value:
        raise Invalid([FieldError("key", _("This key is taken."), "taken")])
    if pattern and not re.search(pattern, name):
        raise Invalid([FieldError("key", key_rule(node), "pattern")])
    return name, {**value, name: dict(entry)}


def _indexes(form: Any) -> list[str]:
    return [one for one in form.getlist("row")[:MOST_ROWS] if re.fullmatch(r"[0-9]{1,4}", one)]


def sent(node: Node, form: Any) -> Any:
    """Read all lines in the order they were sent: the whole value. Raises Invalid, each mistake at its cell."""
    entries: list[tuple[str, str, Any]] = []
    errors: list[FieldError] = []
    for index in _indexes(form):
        value, wrong = _entry(node, index, form)
        errors += wrong
        key = (form.get(f"{index}.key") or "").strip()
        if (value is not REMOVE or wrong or key) and form.get(f"{index}.drop") != "true":
            entries.append((index, key, value))
    if node.kind == "listing" and not errors:
        return [value for _index, _key, value in entries if value is not REMOVE]
    made = _named(node, entries, errors) if node.kind != "listing" else {}
    if errors:
        raise Invalid(errors)
    return made


def _entry(node: Node, index: str, form: Any) -> tuple[Any, list[FieldError]]:
    """Read one line: its value, REMOVE for an empty one, and what is wrong with it."""
    found: dict[str, Any] = {}
    errors: list[FieldError] = []
    given = columns(node) or []
    empty = all(not (form.get(f"{index}.{one.path[-1]}") or "").strip() for one in given if one.kind not in (
        "switch", "several", "choice"))
    if empty and not form.get(f"{index}.key"):
        return REMOVE, []
    for column in given:
        name = f"{index}.{column.path[-1]}"
        try:
            value = controls.meant(column, name, form)
        except Unfit as error:
            errors.append(FieldError(name, str(error), "unfit"))
            continue
        if value is not REMOVE and value != column.schema.get("default", REMOVE):
            found[str(column.path[-1])] = value
    if list(found) == ["value"] and len(given) == 1 and given[0].path == ("value",):
        return found["value"], errors
    return (found or REMOVE), errors


def _named(node: Node, entries: Sequence[tuple[str, str, Any]], errors: list[FieldError]) -> dict[str, Any]:
    """Put entries under their names; a new one without a name gets one made from its first word."""
    pattern = node.schema.get("propertyNames", {}).get("pattern", "")
    made: dict[str, Any] = {}
    for index, key, value in entries:
        name = key or free(slug(controls.label_of("", value)), made, {one[1] for one in entries})
        if value is REMOVE:
            errors.append(FieldError(f"{index}.key", _("Fill in the rest of this line, or leave all of it empty."),
                                     "required"))
        elif name in made:
            errors.append(FieldError(f"{index}.key", _("This key stands here twice."), "taken"))
        elif not name or (pattern and not re.search(pattern, name)):
            errors.append(FieldError(f"{index}.key", key_rule(node), "pattern"))
        made[name] = value
    return made


def key_rule(node: Node) -> str:
    """Say how keys of a mapping are written."""
    names = node.schema.get("propertyNames", {})
    example = (names.get("examples") or ["billing"])[0]
    return _("Write a key of small letters, digits and hyphens, like %(example)s.", example=example)


def slug(text: str) -> str:
    """Make a key of a label: `Lieferung & Kosten` gives lieferung-kosten."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:40].lstrip("0123456789_")


def free(key: str, *taken: Any) -> str:
    """Make a key that nobody else has: `other`, `other_2` ..."""
    key = key or "entry"
    names = [key, *(f"{key}_{number}" for number in range(2, MOST_ROWS))]
    return next(name for name in names if not any(name in one for one in taken))
