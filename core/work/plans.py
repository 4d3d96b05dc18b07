"""A plan says which column of a table becomes what; it becomes a mapping, the same that `parlour import` reads."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.data.people import key
from core.errors import ParlourError
from core.look import currencies, formats, language
from core.look.i18n import gettext as _
from core.parts import Import
from core.work import guess, tables
from core.work.shaping import LINE

MOST_ROWS = 100_000
MOST_COLUMNS = 200
LONGEST_NAME = 200
SAMPLES = 5

@dataclass(frozen=True)
class Field:
    """One thing a row can say: its name ("fields.position"), what it is called, what it takes.

    `kind` is text, number, money, boolean, date, moment, choice, several or find; `options` are a choice's keys
    with their words, `finds` the kind of what a look-up finds, `makes` that one not found can be made. `columns`
    are further names of its column (`x-columns`), `words` those of files for its options (`x-words`), `digits` the
    decimal places of its currency, `currency` the one it names.
    """

    name: str
    label: str
    kind: str = "text"
    required: bool = False
    options: tuple[tuple[str, str], ...] = ()
    finds: str = ""
    makes: bool = False
    help: str = ""
    columns: tuple[str, ...] = ()
    words: Mapping[str, Any] = field(default_factory=dict)
    digits: int = 2
    currency: str = ""


@dataclass(frozen=True)
class Table:
    """A table somebody brought: how it is written, its columns, how many rows, and the first of them."""

    encoding: str
    delimiter: str
    columns: tuple[str, ...]
    rows: int
    sample: tuple[dict[str, str], ...]


def fields_of(part: Import, *, given: bool = False) -> list[Field]:
    """Give what a row of a kind can say, for the tenant and in the language at hand.

    `given`: also what is only given and never taken (`x-given`), such as what is computed.
    """
    schema = part.fields() if callable(part.fields) else part.fields
    needed = set(schema.get("required", ()))
    found = []
    for name, one in schema["properties"].items():
        if name == "fields":
            found += [_field(f"fields.{inner}", said, bool(said.get("x-required")))
                      for inner, said in one.get("properties", {}).items() if given or not said.get("x-given")]
        elif one.get("type") != "object" and not _rows(one):
            found.append(_field(name, one, name in needed))
    return found


def _rows(schema: Mapping[str, Any]) -> bool:
    """Say whether a field takes rows of its own, or keys of others: a flat table has neither."""
    inner = schema.get("items", {})
    return schema.get("type") == "array" and (inner.get("type") == "object" or "x-find" in inner)


def _field(name: str, schema: Mapping[str, Any], required: bool) -> Field:
    label = schema.get("title") or name.rpartition(".")[2].replace("_", " ").capitalize()
    words = schema.get("x-labels", {})
    values = schema.get("enum") or (schema.get("items") or {}).get("enum") or ()
    kind, form = schema.get("type", "string"), schema.get("format", "")
    if not isinstance(kind, str):
        kind = "string"
    if schema.get("x-find"):
        shown = "find"
    elif kind == "array":
        shown = "several"
    elif values:
        shown = "choice"
    elif schema.get("x-widget") == "money":
        shown = "money"
    elif schema.get("x-widget") == "quantity":
        shown = "number"
    else:
        shown = {"boolean": "boolean", "integer": "number", "number": "number"}.get(
            kind, {"date": "date", "date-time": "moment"}.get(form, "text"))
    return Field(name, str(label), shown, required, tuple((str(v), str(words.get(v, v))) for v in values),
                 str(schema.get("x-find", "")), bool(schema.get("x-new")),
                 str(schema.get("description", "")) if name != "fields" else "",
                 tuple(map(str, schema.get("x-columns", ()))), schema.get("x-words", {}),
                 currencies.digits(str(schema.get("x-currency", ""))), str(schema.get("x-currency", "")))


def read(path: Path, encoding: str = "", delimiter: str = "") -> Table:
    """Look at a table. Raises ParlourError where it cannot be used, with the line."""
    written = encoding or guess.encoding(path)
    parted = delimiter or guess.delimiter(path, written)
    names = tables.header(path, encoding=written, delimiter=parted) or []
    if len(names) > MOST_COLUMNS:
        raise ParlourError(_("The table has %(count)s columns; at most %(most)s can be read.",
                             count=len(names), most=MOST_COLUMNS))
    if any(len(name) > LONGEST_NAME for name in names):
        raise ParlourError(_("Line 1 names a column with more than %(most)s characters.", most=LONGEST_NAME))
    sample: list[dict[str, str]] = []
    count = 0
    with path.open("rb") as handle:
        for cells in tables.read(path, handle, encoding=written, delimiter=parted):
            count += 1
            if count > MOST_ROWS:
                raise ParlourError(_("The table has more than %(most)s rows. Cut it into several.",
                                     most=f"{MOST_ROWS:,}"))
            if len(sample) < SAMPLES and not cells.wrong:
                sample.append({name: str(value)[:200] for name, value in cells.values.items()})
    if not count:
        raise ParlourError(_("There is no row below the first line, which names the columns."))
    return Table(written, parted, tuple(names), count, tuple(sample))


def first(part: Import, table: Table) -> dict[str, Any]:
    """Make the plan that is probably meant, by the words above the columns."""
    fields = fields_of(part)
    chosen = guess.columns(table.columns, [(one.name, list(_words(part, one))) for one in fields])
    finders = [one for one in part.match if one in chosen]
    return {"encoding": table.encoding, "delimiter": table.delimiter, "columns": list(table.columns),
            "rows": table.rows, "sample": list(table.sample),
            "fields": {name: {"column": column} for name, column in chosen.items()},
            "apart": f"match:{finders[0]}" if finders else "new", "existing": "update", "new": True,
            "staff": False, "dates": "", "decimal": ""}


def _words(part: Import, one: Field) -> Iterator[str]:
    bare = one.name.rpartition(".")[2]
    yield one.name
    yield bare
    for code in (language.current(), "en", "de", "ar"):
        with language.using(code):
            yield from (field.label for field in fields_of(part) if field.name == one.name)
    yield from one.columns
    yield from (word for word in guess.WORDS.get(bare, ()))


def mapping(part: Import, plan: Mapping[str, Any], unique: str) -> bytes:
    """Write a plan as the mapping it stands for; `unique` names this import, for rows that are all new."""
    fields = {one.name: one for one in fields_of(part)}
    made: dict[str, Any] = {}
    for name, source in plan["fields"].items():
        if name in fields and (source.get("column") or source.get("constant")):
            value = _value(fields[name], source, plan)
            outer, _dot, inner = name.partition(".")
            if inner:
                made.setdefault(outer, {})[inner] = value
            else:
                made[name] = value
    how, _colon, what = str(plan["apart"]).partition(":")
    step: dict[str, Any] = {"import": part.name, "from": "rows", "set": made, "existing": plan["existing"]}
    if how == "match":
        step["match"] = what
    else:
        step["id"] = {"column": what, "as": "plain"} if how == "id" else f"{unique}:{{{LINE}}}"
    source = {"file": "*", "delimiter": plan["delimiter"]}
    source |= {"encoding": plan["encoding"]} if plan["encoding"] else {}
    whole = {"title": part.name, "sources": {"rows": source}, "steps": [step]}
    return json.dumps(whole, ensure_ascii=False).encode()


def _value(one: Field, source: Mapping[str, str], plan: Mapping[str, Any]) -> Any:
    column, constant = source.get("column", ""), source.get("constant", "")
    if not column and one.kind not in ("find", "several"):
        return constant.replace("{", "{{").replace("}", "}}")
    decimal, dates = plan["decimal"], plan["dates"]
    if one.kind == "money" and column and not one.currency:
        return _own(column, plan)
    filters = {"number": f"plain|number:{decimal}",
               "money": f"plain|money:{one.digits}{decimal}{one.currency}",
               "date": f"plain|date:{dates}", "moment": f"plain|time:{dates}"}.get(one.kind, "plain")
    cell: Any = {"column": column, "as": filters} if column else constant.replace("{", "{{").replace("}", "}}")
    if one.kind == "choice":
        known = {key(word): value for value, label in one.options for word in (label, value)}
        known |= {key(word): value for word, value in one.words.items()}
        return {"value": {"column": column, "as": "plain|key"}, "map": known, "default": cell}
    if one.kind == "several":
        marks = [row.get(column, "") for row in plan.get("sample", ())]
        return {"split": cell, "on": ";" if not column or any(";" in text for text in marks) else ","}
    if one.kind == "find":
        return {"find": one.finds, "by": plan.get("by", {}).get(one.name, ""), "id": cell, "optional": True,
                **({"new": True} if plan.get("new") and one.makes else {})}
    return cell


def _own(column: str, plan: Mapping[str, Any]) -> Any:
    """Read amounts in the currency that another column says, else that is said for all rows, else our own."""
    def read(digits: int, currency: str = "") -> dict[str, Any]:
        return {"column": column, "as": f"plain|money:{digits}{plan['decimal']}{currency}"}

    said = plan["fields"].get("currency", {})
    usual = said.get("constant") or currencies.own()
    made: Any = read(currencies.digits(usual), usual)
    if said.get("column"):
        code = {"column": said["column"], "as": "plain"}
        made = {"when": {"empty": code}, "then": made, "else": read(2)}
        for known in (formats.NO_DECIMALS, formats.THREE_DECIMALS):
            made = {"when": {"in": [code, sorted(known)]},
                    "then": read(formats.minor_digits(min(known))), "else": made}
    return made


def finders(registry: Mapping[str, Import], part: Import) -> dict[str, str]:
    """Say by which fields the look-ups of a kind find what is here: field to names, parted by commas."""
    return {one.name: ",".join(registry[one.finds].match) for one in fields_of(part)
            if one.finds in registry}
