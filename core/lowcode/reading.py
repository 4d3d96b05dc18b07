"""Reads from a module's YAML how its records move, and keeps every mistake with the line it stands on."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from core.config import flow as said
from core.config.loader import Path
from core.config.records import MOMENTS, PERMISSIONS, act_of
from core.look.i18n import N_
from core.lowcode.expressions import Expression
from core.lowcode.flow import (
    DRAWN,
    OWN,
    SIGNED,
    Begins,
    Block,
    Card,
    Choose,
    Due,
    Flow,
    Gives,
    Paper,
    Terms,
    Transition,
)
from core.web import forms
from core.web.forms import Form
from core.web.texts import taken

DATES = ("date",)
_WORD = re.compile(r"[A-Za-z]\w*", re.ASCII)
TAKEN = (*OWN, "body", "attachments", "state", "number", "version")


class Reader(Protocol):
    """What reads a module and keeps its mistakes."""

    def wrong(self, path: Path, message: str, word: str = "", known: Iterable[str] = ()) -> None:
        """Keep one mistake, with the likely word."""

    def properties(self, path: Path, given: Mapping[str, Any]) -> dict[str, Any] | None:
        """Turn fields into JSON Schema."""

    def condition(self, path: Path, written: str, given: Mapping[str, Any]) -> Expression | None:
        """Read a condition over fields, as they are written."""


def every_field(record: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Give all fields a record can hold as they are written: its own, and those its steps ask for."""
    found = dict(record.get("fields", {}))
    for act in record.get("transitions", {}).values():
        found.update(act.get("fields", {}))
    return found


def transition(reader: Reader, plugin: str, name: str, record: Mapping[str, Any], step: str,
               act: Mapping[str, Any]) -> Transition:
    """Read one step of a kind called `name`."""
    at: Path = (name, "transitions", step)
    _check_words(reader, at, record, step, act)
    fields = act.get("fields", {})
    for one in fields:
        if one in record.get("fields", {}) or one in TAKEN:
            reader.wrong((*at, "fields", one), f"'{one}' is taken already; choose another name.")
    own = "who" in act or "after" not in act
    word = str((act.get("who") or {}).get("for", ""))
    named = own and said.reach(act.get("who")) is None
    known = (*PERMISSIONS, *(act_of(name, other) for other, _one in said.acts(record)))
    if named and word not in known:
        reader.wrong((*at, "who"), f"Nobody is called '{word}', and no action is.", word, (*said.WHO, *known))
    every = every_field(record)
    condition = reader.condition((*at, "if"), act["if"], every) if act.get("if") else None
    signs = [one for one, asked in fields.items() if asked.get("type") == said.SIGNATURE]
    return Transition(
        name=step, label=taken(act["label"]), to=act["to"], kind=act.get("kind", "quiet"), condition=condition,
        sources=tuple(act.get("from") or [state for state in record["states"] if state != act["to"]]),
        act=(word if named else act_of(name, step)) if own else "", event=act.get("event", step),
        form=_form_of(reader, at, f"{plugin}.{name}.{step}", act, record),
        otherwise=taken(act.get("otherwise", "")),
        help=taken(act.get("help", "")), confirm=taken(act.get("confirm", "")), terms=act.get("terms", ""),
        shows=tuple(act.get("shows", ())), signs=signs[0] if signs else "",
        choose=Choose(**{**act["choose"], "shows": tuple(act["choose"].get("shows", ()))})
        if "choose" in act else None,
        after=Due(**act["after"]) if "after" in act else None)


def _form_of(reader: Reader, at: Path, where: str, act: Mapping[str, Any],
             record: Mapping[str, Any]) -> Form | None:
    schema = reader.properties((*at, "fields"), unsigned(act.get("fields", {})))
    for one, asked in act.get("fields", {}).items():
        if schema and asked.get("type") == said.SIGNATURE:
            schema[one][SIGNED] = True
    if schema is not None and "terms" in act:
        title = taken(record.get("terms", {}).get(act["terms"], {}).get("title", ""))
        schema["agreed"] = {"type": "boolean", "title": title, "x-required": True, "x-order": 990}
    return forms.load({"type": "object", "properties": schema}, id=where) if schema else None


def unsigned(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Give fields with each signature as the group it is made of."""
    return {one: _signed(asked) if asked.get("type") == said.SIGNATURE else asked for one, asked in fields.items()}


def _signed(asked: Mapping[str, Any]) -> dict[str, Any]:
    """Give a signature as a group: the name as it is typed, and as it is drawn where a script lets one draw."""
    inner = {"name": {"type": "text", "label": N_("Your full name"), "required": True, "max_length": 120,
                      "autocomplete": "name"},
             "drawn": {"type": "hidden", "max_length": DRAWN}}
    return {"order": 980, **asked, "type": "group", "fields": inner}


def _check_words(reader: Reader, at: Path, record: Mapping[str, Any], step: str, act: Mapping[str, Any]) -> None:
    """Check the words of a step that refer to states, fields and terms."""
    fields, every, known = record.get("fields", {}), every_field(record), record.get("terms", {})
    _state(reader, (*at, "to"), act["to"], record)
    for place, state in enumerate(act.get("from", ())):
        _state(reader, (*at, "from", place), state, record)
    if step in (*MOMENTS, "reply", "note", "edit", "new", "files"):
        reader.wrong(at, f"'{step}' is a word of the portal's own; choose another.")
    if act.get("event") in MOMENTS:
        reader.wrong((*at, "event"), f"'{act['event']}' is an event of the portal's own; choose another.")
    if act.get("terms") and act["terms"] not in known:
        reader.wrong((*at, "terms"), f"There are no terms '{act['terms']}'.", act["terms"], known)
    for place, one in enumerate(act.get("shows", ())):
        if one not in every:
            reader.wrong((*at, "shows", place), f"There is no field '{one}'.", one, every)
        elif every[one].get("internal") and said.reach(act.get("who")) != said.WHO["staff"]:
            reader.wrong((*at, "shows", place), f"'{one}' is for your team alone.")
    due = act.get("after", {}).get("field")
    if due and every.get(due, {}).get("type") not in DATES:
        reader.wrong((*at, "after"), f"'{due}' is no date of this record.", due,
                     [one for one, field_ in every.items() if field_.get("type") in DATES])
    if len([one for one in act.get("fields", {}).values() if one.get("type") == said.SIGNATURE]) > 1:
        reader.wrong((*at, "fields"), "One step takes one signature.")
    if "choose" in act:
        _check_choose(reader, (*at, "choose"), act["choose"], fields)


def _check_choose(reader: Reader, at: Path, given: Mapping[str, Any], fields: Mapping[str, Any]) -> None:
    rows = fields.get(given["rows"], {})
    if rows.get("type") != "rows":
        reader.wrong((*at, "rows"), f"'{given['rows']}' is no field with rows.", given["rows"],
                     [one for one, field_ in fields.items() if field_.get("type") == "rows"])
        return
    inner = rows.get("fields", {})
    for key in ("offered", "into"):
        if inner.get(given[key], {}).get("type") != "checkbox":
            reader.wrong((*at, key), f"'{given[key]}' is no yes-or-no of these rows.", given[key], inner)
    for place, one in enumerate(given.get("shows", ())):
        if one not in inner:
            reader.wrong((*at, "shows", place), f"These rows have no field '{one}'.", one, inner)


def flow_of(reader: Reader, name: str, record: Mapping[str, Any]) -> Flow:
    """Read all there is beside the steps."""
    _check_seen(reader, name, record)
    card = record.get("panel")
    for place, state in enumerate(card["states"] if card else ()):
        _state(reader, (name, "panel", "states", place), state, record)
    return Flow(
        locked=frozenset(state for state, one in record["states"].items() if one.get("locked")),
        terms={key: Terms(taken(one["title"]), taken(one["text"]))
               for key, one in record.get("terms", {}).items()},
        papers={key: _paper(reader, (name, "documents", key), key, one, record)
                for key, one in record.get("documents", {}).items()},
        card=Card(taken(card.get("title", "")), tuple(card["states"] or _going(record)),
                  card.get("who", "customers"), card.get("most", 5), card.get("order", 50)) if card else None,
        gives=_gives(reader, (name, "gives"), record["gives"], record) if "gives" in record else None,
        book=_book(reader, name, record),
        begins=tuple(_begins(reader, name, key, one, record) for key, one in record.get("begins", {}).items()))


def _going(record: Mapping[str, Any]) -> list[str]:
    """Give the states in which a record is not over."""
    return [state for state, one in record["states"].items()
            if one.get("category", "open") not in ("resolved", "closed")]


def _check_seen(reader: Reader, name: str, record: Mapping[str, Any]) -> None:
    """Refuse what would show customers early what they see in some states only: forms, what is computed of it."""
    fields = record.get("fields", {})
    some = {one: set(field["seen_in"]) for one, field in fields.items() if field.get("seen_in")}
    for one, field in fields.items():
        if one in some and not (field.get("by") == "staff" or _internal(field) or "compute" in field):
            reader.wrong((name, "fields", one, "seen_in"), f"Customers fill in '{one}' and so see it anyway. "
                                                           "Say 'by: staff', too.")
        for written, inside in _computed(field):
            told = {word for word in _WORD.findall(written) if word in some and word not in inside} - {one}
            early = sorted(word for word in told if not _internal(field) and not (
                one in some and some[one] <= some[word]))
            if early:
                reader.wrong((name, "fields", one), f"'{one}' is computed of '{early[0]}', which customers see "
                                                    "only in some states. Say 'seen_in' with these, too.")


def _computed(field: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    """Give what is computed in a field, each with the names that stand beside it."""
    inner = field.get("fields") or {}
    found = [(str(one["compute"]), inner) for one in inner.values()
             if isinstance(one, Mapping) and "compute" in one]
    return [*found, *([(str(field["compute"]), {})] if "compute" in field else [])]


def _book(reader: Reader, name: str, record: Mapping[str, Any]) -> tuple[str, ...]:
    found = tuple(one for one, field in record.get("fields", {}).items() if field.get("book"))
    for one in found:
        field = record["fields"][one]
        if field.get("type") != "longtext" or field.get("if") or field.get("by") == "staff" or _internal(field):
            reader.wrong((name, "fields", one, "book"), "Only a text of several lines that customers are always "
                                                        "asked for takes an address of theirs.")
    return found


def _internal(field: Mapping[str, Any]) -> bool:
    return bool(field.get("internal"))


def _state(reader: Reader, at: Path, state: str, record: Mapping[str, Any]) -> None:
    if state not in record["states"]:
        reader.wrong(at, f"There is no state '{state}'.", state, record["states"])


def _paper(reader: Reader, at: Path, key: str, one: Mapping[str, Any], record: Mapping[str, Any]) -> Paper:
    for place, state in enumerate(one.get("states", ())):
        _state(reader, (*at, "states", place), state, record)
    blocks = [_block(reader, (*at, "layout", place), block, record) for place, block in enumerate(one["layout"])]
    return Paper(key, taken(one["title"]), tuple(one.get("states", ())), tuple(blocks))


def _block(reader: Reader, at: Path, block: Mapping[str, Any], record: Mapping[str, Any]) -> Block:
    every, known = every_field(record), record.get("terms", {})
    named: list[tuple[Path, str]] = [((word,), block[word]) for word in ("rows", "signature") if word in block]
    named += [((word, i), one) for word in ("facts", "totals") for i, one in enumerate(block.get(word, ()))]
    for path, one in named:
        if one not in every:
            reader.wrong((*at, *path), f"There is no field '{one}'.", one, every)
        elif every[one].get("internal"):
            reader.wrong((*at, *path), f"'{one}' is for your team alone; a document is for everybody.")
    inner = every.get(block.get("rows", ""), {}).get("fields", {})
    for i, column in enumerate(block.get("columns", ())):
        if column not in inner:
            reader.wrong((*at, "columns", i), f"These rows have no field '{column}'.", column, inner)
    if "terms" in block and block["terms"] not in known:
        reader.wrong((*at, "terms"), f"There are no terms '{block['terms']}'.", block["terms"], known)
    said_ = {key: value for key, value in block.items() if key != "if"}
    lists: dict[str, Any] = {key: tuple(said_.pop(key)) for key in ("facts", "columns", "totals") if key in said_}
    texts: dict[str, Any] = {key: taken(said_.pop(key)) for key in ("title", "text") if key in said_}
    return Block(**said_, **lists, **texts, counts=_counts(reader, at, block, every))


def _counts(reader: Reader, at: Path, said_: Mapping[str, Any], every: Mapping[str, Any]) -> Expression | None:
    """Read which rows count, where that is said."""
    inner = every.get(said_.get("rows", ""), {}).get("fields", {})
    return reader.condition((*at, "if"), said_["if"], inner) if said_.get("if") and inner else None


def _gives(reader: Reader, at: Path, one: Mapping[str, Any], record: Mapping[str, Any]) -> Gives:
    every, lines = every_field(record), dict(one.get("lines", {}))
    for place, state in enumerate(one.get("in", ())):
        _state(reader, (*at, "in", place), state, record)
    for word, source in one.get("fields", {}).items():
        if source != "title" and source not in every:
            reader.wrong((*at, "fields", word), f"There is no field '{source}'.", source, every)
        elif every.get(source, {}).get("internal"):
            reader.wrong((*at, "fields", word), f"'{source}' is for your team alone.")
    counts, rows = _counts(reader, (*at, "lines"), lines, every), str(lines.pop("rows", ""))
    lines.pop("if", None)
    inner = every.get(rows, {}).get("fields", {})
    if rows and every.get(rows, {}).get("type") != "rows":
        reader.wrong((*at, "lines", "rows"), f"'{rows}' is no field with rows.", rows, every)
    for word, source in lines.items() if inner else ():
        if source not in inner:
            reader.wrong((*at, "lines", word), f"These rows have no field '{source}'.", source, inner)
    return Gives(tuple(one.get("in", ())), dict(one.get("fields", {})), rows, lines, counts)


def _begins(reader: Reader, kind: str, name: str, one: Mapping[str, Any], record: Mapping[str, Any]) -> Begins:
    at: Path = (kind, "begins", name)
    fields = record.get("fields", {})
    for target in one.get("fields", {}):
        if target not in (*fields, "title"):
            reader.wrong((*at, "fields", target), f"There is no field '{target}'.", target, fields)
    word = str((one.get("who") or {}).get("for", ""))
    named = said.reach(one.get("who")) is None
    if named and word not in PERMISSIONS:
        reader.wrong((*at, "who"), f"Nobody is called '{word}', and no action is.", word,
                     (*said.WHO, *PERMISSIONS))
    return Begins(name, taken(one["label"]), word if named else act_of(kind, f"begin_{name}"),
                  tuple(one.get("of", ())), tuple(one.get("needs", ())), dict(one.get("fields", {})),
                  one.get("once", True))
