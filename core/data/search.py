"""Search over records of every kind, through the door: what one may not see is neither found nor counted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any

from peewee import Expression, Value

from core.data import access, scope
from core.data.conversation import Message
from core.data.db import door, fetch, is_sqlite
from core.data.index import Search, rebuild
from core.data.reach import Reach, reach
from core.data.records import Record
from core.data.scope import Scope
from core.data.words import asked, excerpt, holds, marked
from core.parts import Kind

__all__ = ["Group", "Hit", "groups", "hits", "matches", "rebuild"]

EACH = 200
"""Newest records that match, which the best are picked from."""


@dataclass(frozen=True)
class Hit:
    """A record that was found. Title and excerpt are in pieces, each with whether it matched."""

    record: Any
    title: list[tuple[str, bool]]
    excerpt: list[tuple[str, bool]]


@dataclass(frozen=True)
class Group:
    """What was found of one kind; `more` says that there is more than is shown."""

    kind: Kind
    hits: list[Hit]
    more: bool


def _bounds(reached: Iterable[Reach]) -> list[str] | None:
    """Give the key words of which a record must carry one to be within reach; None where nothing bounds it."""
    found: dict[str, None] = {}
    for one in reached:
        if one.everything:
            return None
        if one.own_anywhere:
            found[f"p{one.person}"] = None
        for way in one.ways:
            found[f"p{one.person}"] = None
            if not way.own:
                found[f"c{way.company or 0}"] = None
            if way.shared or not way.own:
                found[f"s{way.company or 0}"] = None
        found |= {f"a{audience}": None for audience in one.audiences}
    return list(found)


def _condition(who: Scope, kinds: Sequence[Kind], wanted: Sequence[str]) -> Any:
    """Write what is asked in the engine's own words: tenant, reach and kind are part of the index."""
    bounds = _bounds(reach(who, f"{kind.plugin}.view") for kind in kinds)
    if bounds == [] or not kinds:
        return Record.id.is_null()
    keys = [[f"t{who.tenant_id}"], [f"k{kind.name}" for kind in kinds]] + ([bounds] if bounds else [])
    noted = [f"k{kind.name}" for kind in kinds if access.sees_notes(kind)]
    if is_sqlite():
        return _fts5(keys, noted, wanted)
    return _tsquery(keys, noted, wanted)


def _fts5(keys: list[list[str]], noted: list[str], wanted: Sequence[str]) -> Any:
    # Words hold letters and digits alone, key words an underscore too: between quotes they are only words.
    terms = " AND ".join(f'"{word}"' for word in wanted) + "*"
    key = " AND ".join("key : (" + " OR ".join(f'"{word}"' for word in words) + ")" for words in keys)
    text = f"{{title public}} : ({terms})"
    if noted:
        kinds = " OR ".join(f'"{word}"' for word in noted)
        text = f"({text} OR (key : ({kinds}) AND {{title public internal}} : ({terms})))"
    return Expression(Search.match, "MATCH", Value(f"{key} AND {text}", converter=False))


def _tsquery(keys: list[list[str]], noted: list[str], wanted: Sequence[str]) -> Any:
    terms = " & ".join(f"'{word}'" for word in wanted) + ":*"
    key = " & ".join("(" + " | ".join(f"'={word}'" for word in words) + ")" for words in keys)
    found = [_asks(Search.public_words, f"{key} & {terms}")]
    if noted:
        kinds = " | ".join(f"'={word}'" for word in noted)
        found.append(_asks(Search.all_words, f"{key} & ({kinds}) & {terms}"))
    return reduce(or_, found)


def _asks(column: Any, query: str) -> Any:
    return Expression(column, "@@", Value(query, converter=False).cast("tsquery"))


def matches(kind: str, text: str | None) -> Any:
    """Give a condition for "search within" a list: `visible("ticket").where(search.matches("ticket", q))`.

    Every word of `text` must occur, the last one may be the beginning of a word; case and diacritics do not
    matter. A blank text is no filter; a text without any word finds nothing. Notes count only for those who
    may see them.
    """
    if not (text or "").strip():
        return Record.id.is_null(False)
    wanted = asked(text or "")
    if not wanted:
        return Record.id.is_null()
    who = scope.current()
    condition = _condition(who, [access.kind_of(who, kind)], wanted)
    return Record.id.in_(door(Search.select(Search.rowid), Search).where(condition))


def hits(text: str | None, *, kind: str = "", most: int = 50) -> list[Hit]:
    """Give the records of all kinds (or of one) that match and may be seen, at most `most`.

    Those with all words in their title come first, then the newest. Two queries, however many are found.
    """
    wanted = asked(text or "")
    kinds = _kinds(kind) if wanted else []
    return _told(_rows(kinds, wanted, max(EACH, most))[:most], kinds, wanted)


def groups(text: str | None, *, kind: str = "", most: int = 5) -> list[Group]:
    """Give what matches and may be seen by kind, at most `most` of each, in the order of `hits`."""
    wanted = asked(text or "")
    kinds = _kinds(kind) if wanted else []
    found: dict[str, list[Any]] = {}
    for row in _rows(kinds, wanted, EACH):
        found.setdefault(row.kind, []).append(row)
    told = _told([row for rows in found.values() for row in rows[:most]], kinds, wanted)
    known = {one.name: one for one in kinds}
    return [Group(known[name], [hit for hit in told if hit.record.kind == name], len(rows) > most)
            for name, rows in found.items()]


def _kinds(name: str) -> list[Kind]:
    who = scope.current()
    return [one for one in who.registry.kinds.values() if name in ("", one.name)
            and reach(who, f"{one.plugin}.view")]


def _rows(kinds: Sequence[Kind], wanted: Sequence[str], most: int) -> list[Any]:
    """Give the newest records that match, those with all words in the title first."""
    if not kinds:
        return []
    query = access.anything("view").join(Search, on=(Search.rowid == Record.id))
    names = [kind.name for kind in kinds]
    query = door(query, Record, Search).where(_condition(scope.current(), kinds, wanted), Record.kind.in_(names))
    rows = fetch(query.order_by(Search.rowid.desc()).limit(most))
    return sorted(rows, key=lambda row: not holds(row.title, wanted))


def _told(rows: Sequence[Any], kinds: Sequence[Kind], wanted: Sequence[str]) -> list[Hit]:
    said = _said(rows, [kind.name for kind in kinds if access.sees_notes(kind)])
    return [Hit(row, marked(row.title, wanted), marked(excerpt(said.get(row.id, ()), wanted), wanted))
            for row in rows]


def _said(rows: Sequence[Any], noted: Sequence[str]) -> dict[int, list[str]]:
    """Give what was said on some records, oldest first; notes only on those whose notes may be seen."""
    if not rows:
        return {}
    open_to_staff = [row.id for row in rows if row.kind in noted]
    query = door(Message.select(Message.record, Message.body), Message).where(
        Message.tenant == scope.current().tenant_id, Message.record.in_([row.id for row in rows]),
        Message.kind == "message", (Message.internal == False) | Message.record.in_(open_to_staff))  # noqa: E712
    said: dict[int, list[str]] = {}
    for row in fetch(query.order_by(Message.created, Message.id).limit(1000)):
        said.setdefault(row.record_id, []).append(row.body)
    return said
