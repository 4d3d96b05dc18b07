"""What the records of a module hold, read from its YAML: computed fields, lists, sections, samples, columns."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from core.config.loader import Path
from core.config.record_data import REFERENCE, SORTS
from core.lowcode import computing
from core.lowcode.computing import Plan
from core.web.fields import FILE_WIDGETS, Field
from core.web.texts import taken

FILTERED = ("choice", "several", "checkbox", "date", "country", "text", REFERENCE)
"""Types of field that a list can be filtered by."""

SORTED = ("text", "choice", "date", "number", "money", "quantity", "checkbox", "country")
"""Types of field that a list can be sorted by."""

FIXED = ("title", "state", "company", "requester", "number", "created")
"""What a file can hold beside fields."""


@dataclass(frozen=True)
class Sort:
    """Which lists begin with what: a column of every record, or one of the fields."""

    column: str
    descending: bool = True
    inside: bool = False


_SORTS: Mapping[str, Sort] = {"latest": Sort("touched"), "newest": Sort("created"),
                              "oldest": Sort("created", descending=False)}


@dataclass(frozen=True)
class Section:
    """Some fields under one heading, untranslated; at the `side` or in the middle of the page."""

    title: str
    fields: tuple[str, ...]
    side: bool = False


@dataclass(frozen=True)
class Column:
    """Where a field is found in files from elsewhere: the names of its column, words of the file to options."""

    names: tuple[str, ...]
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Data:
    """The data side of a kind.

    `plan` computes; `columns` are the fields in a row of the list, `filters` those it can be filtered by, `found`
    those that search looks into (None: all); `was` maps a field to its former name, `states_was` a former state to
    what it became; `samples` are as written.
    """

    plan: Plan
    columns: tuple[str, ...]
    filters: tuple[str, ...]
    sort: Sort
    sections: tuple[Section, ...]
    found: frozenset[str] | None
    samples: tuple[Mapping[str, Any], ...]
    files: Mapping[str, Column]
    was: Mapping[str, str]
    states_was: Mapping[str, str] = field(default_factory=dict)
    width: int = 3
    yearly: bool = False


def unknown(reader: computing.Reader, at: Path, name: str, known: Iterable[str]) -> bool:
    """Say whether a field is not there, and keep the mistake."""
    if name in known:
        return False
    reader.wrong(at, f"There is no field '{name}'.", name, known)
    return True


def asked(given: Mapping[str, Any]) -> dict[str, Any]:
    """Give the fields that a form asks for: without what is computed, and with its own keys taken off."""
    found = {}
    for name, said in given.items():
        if "compute" in said:
            continue
        inner = {key: one for key, one in (said.get("fields") or {}).items()
                 if not (isinstance(one, Mapping) and "compute" in one)}
        found[name] = {**said, "fields": inner} if inner else said
    return found


def read(reader: computing.Reader, kind: str, record: Mapping[str, Any], fields: Mapping[str, Field],
         every: Collection[str]) -> Data:
    """Read the data side of a kind whose fields became `fields`; mistakes go to the reader.

    `every` are these and what its steps ask for, which lists, pages and samples hold as well.
    """
    given = record.get("fields", {})
    for key in ("list", "filters", "search"):
        for place, name in enumerate(record.get(key, ())):
            unknown(reader, (kind, key, place), name, every if key == "list" else fields)
    for place, name in enumerate(record.get("filters", ())):
        if name in fields and fields[name].widget not in FILTERED:
            reader.wrong((kind, "filters", place), f"A list cannot be filtered by a field of type "
                                                   f"'{fields[name].widget}'. It can by: {', '.join(FILTERED)}.")
    _references(reader, kind, given)
    numbers = record.get("numbers", {})
    return Data(
        plan=computing.plan(reader, kind, given, fields), columns=tuple(record.get("list", ())),
        filters=tuple(record.get("filters", ())), sort=_sort(reader, kind, record, fields),
        sections=tuple(_section(reader, (kind, "sections", place), one, every)
                       for place, one in enumerate(record.get("sections", ()))),
        found=frozenset(record["search"]) if "search" in record else None,
        samples=_samples(reader, kind, record, fields, every), files=_files(reader, kind, record, fields),
        was=_former(reader, kind, given), states_was=_former_states(reader, kind, record),
        width=numbers.get("width", 3), yearly=numbers.get("restart") == "yearly")


def _sort(reader: computing.Reader, kind: str, record: Mapping[str, Any], fields: Mapping[str, Field]) -> Sort:
    wanted = str(record.get("sort", "latest"))
    if wanted in _SORTS:
        return _SORTS[wanted]
    name = wanted.removeprefix("-")
    if unknown(reader, (kind, "sort"), name, (*SORTS, *fields)):
        return _SORTS["latest"]
    if fields[name].widget not in SORTED:
        reader.wrong((kind, "sort"), f"A list cannot be sorted by a field of type '{fields[name].widget}'.")
    return Sort(name, wanted.startswith("-"), inside=True)


def _section(reader: computing.Reader, at: Path, one: Mapping[str, Any], fields: Collection[str]) -> Section:
    for place, name in enumerate(one["fields"]):
        unknown(reader, (*at, "fields", place), name, fields)
    return Section(taken(one.get("title", "")), tuple(name for name in one["fields"] if name in fields),
                   bool(one.get("side")))


def _references(reader: computing.Reader, kind: str, given: Mapping[str, Any]) -> None:
    for name, said in given.items():
        for path, one in ((("of",), said), *((("fields", key, "of"), inner) for key, inner in
                                             (said.get("fields") or {}).items() if isinstance(inner, Mapping))):
            if "of" in one and one.get("type") != REFERENCE:
                reader.wrong((kind, "fields", name, *path), "'of' belongs to a field of type reference.")


def _former(reader: computing.Reader, kind: str, given: Mapping[str, Any]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, said in given.items():
        if "was" not in said:
            continue
        if said["was"] in given:
            reader.wrong((kind, "fields", name, "was"), f"'{said['was']}' is still a field of its own.")
        elif said["was"] in found.values():
            reader.wrong((kind, "fields", name, "was"), f"Another field was '{said['was']}' already.")
        found[name] = said["was"]
    for name, said in given.items():
        inner = {key: one for key, one in (said.get("fields") or {}).items() if isinstance(one, Mapping)}
        for key, one in inner.items():
            if one.get("was") in inner:
                reader.wrong((kind, "fields", name, "fields", key, "was"),
                             f"'{one['was']}' is still a field of its own.")
    return found


def _former_states(reader: computing.Reader, kind: str, record: Mapping[str, Any]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, said in record["states"].items():
        was = said.get("was")
        if was in record["states"] or was in found:
            reader.wrong((kind, "states", name, "was"), f"'{was}' is another state already.")
        elif was:
            found[was] = name
    return found


def _samples(reader: computing.Reader, kind: str, record: Mapping[str, Any], fields: Mapping[str, Field],
             every: Iterable[str]) -> tuple[Mapping[str, Any], ...]:
    for place, one in enumerate(record.get("samples", ())):
        at: Path = (kind, "samples", place)
        for name in one["fields"]:
            if name != "title":
                unknown(reader, (*at, "fields", name), name, every)
            if name in fields and fields[name].widget in FILE_WIDGETS:
                reader.wrong((*at, "fields", name), "A sample holds no files.")
        if "state" in one and one["state"] not in record["states"]:
            reader.wrong((*at, "state"), f"There is no state '{one['state']}'.", one["state"], record["states"])
    return tuple(record.get("samples", ()))


def _files(reader: computing.Reader, kind: str, record: Mapping[str, Any], fields: Mapping[str, Field]
           ) -> dict[str, Column]:
    found = {}
    for name, one in record.get("import", {}).items():
        at: Path = (kind, "import", name)
        if unknown(reader, at, name, (*FIXED, *fields)):
            continue
        options = _options(fields.get(name), record if name == "state" else {})
        for word, value in one.get("values", {}).items():
            if str(value) not in map(str, options):
                reader.wrong((*at, "values", word), f"'{value}' is none of its options.", str(value),
                             [*map(str, options)])
        names: Sequence[str] = [*([one["column"]] if "column" in one else ()), *one.get("columns", ())]
        found[name] = Column(tuple(names), dict(one.get("values", {})))
    return found


def _options(one: Field | None, record: Mapping[str, Any]) -> Iterable[Any]:
    if record:
        return tuple(record["states"])
    return tuple(key for key, _label in one.options) if one is not None else ()
