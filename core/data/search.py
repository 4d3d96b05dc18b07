"""Search over records of every kind, through the door: nobody finds, counts or completes what they may not see."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any

from core.data import access, scope
from core.data.conversation import Message
from core.data.db import door, fetch, kept, late
from core.data.index import Search, rebuild, told
from core.data.question import Question, asks, condition, texts, unbounded, understood
from core.data.reach import reach
from core.data.records import Record
from core.data.searches import forget, note, popular, unanswered
from core.data.words import asked, excerpt, marked
from core.parts import Kind

__all__ = ["Found", "Group", "Hit", "answers", "find", "forget", "groups", "hits", "matches", "note",
           "popular", "rebuild", "suggestions", "unanswered"]

EACH = 100
"""Newest records of one kind that match, which the best are picked from; more are not counted.

Asked for fewer, PostgreSQL takes any word for frequent enough to read all records, newest first.
"""


LEADING = 25
"""Records of one kind that come first because the title has all words."""


@dataclass(frozen=True)
class Hit:
    """A record that was found. Title and excerpt are in pieces, each with whether it matched."""

    record: Any
    title: list[tuple[str, bool]]
    excerpt: list[tuple[str, bool]]


@dataclass(frozen=True)
class Group:
    """What was found of one kind: the best, and how many there are; `more` says "and more than that"."""

    kind: Kind
    hits: list[Hit]
    count: int
    more: bool


@dataclass(frozen=True)
class Found:
    """What was found, by kind. `loose` says that nothing was written so, and these words come close."""

    groups: list[Group]
    loose: bool = False

    @property
    def count(self) -> int:
        """How many records were found; beyond EACH of one kind they are not counted."""
        return sum(group.count for group in self.groups)


def matches(kind: str, text: str | None) -> Any:
    """Give a condition for "search within" a list: `visible("ticket").where(search.matches("ticket", q))`.

    Every word of `text` must occur in some form, the last one may be the beginning of a word; case and diacritics
    do not matter. A blank text is no filter; a text without any word finds nothing. Notes count only for those who
    may see them.
    """
    if not (text or "").strip():
        return Record.id.is_null(False)
    wanted = asked(text or "")
    if not wanted:
        return Record.id.is_null()
    kinds, question = [access.kind_of(scope.current(), kind)], Question(wanted)
    if not _newest(kinds, question, EACH):
        question = understood(question)  # nothing is written so: what comes close
    return Record.id.in_(door(Search.select(Search.rowid), Search).where(condition(kinds, question)))


def find(text: str | None, *, kind: str = "", most: int = 5, skip: int = 0) -> Found:
    """Give what matches and may be seen by kind, at most `most` of each: title hits first, then the newest.

    `kind` shows hits of that one alone, from `skip` on; the others are counted only. Where nothing matches as it
    was typed, words that are close to it are looked for.
    """
    kinds = _kinds("")
    enough = max(EACH, skip + most + 1)
    question, rows = _search(text, kinds, enough)
    found: dict[str, list[Any]] = {}
    for row in rows:
        found.setdefault(row.kind, []).append(row)
    best = [row for name, several in found.items() if kind in ("", name) for row in several[skip:skip + most]]
    shown: dict[str, list[Hit]] = {name: [] for name in found}
    for hit in _told(best, kinds, question):
        shown[hit.record.kind].append(hit)
    known = {one.name: one for one in kinds}
    return Found([Group(known[name], shown[name], min(len(several), enough - 1), len(several) >= enough)
                  for name, several in found.items()], question.loose)


def groups(text: str | None, *, kind: str = "", most: int = 5) -> list[Group]:
    """Give the groups of `find` that show something."""
    return [group for group in find(text, kind=kind, most=most).groups if group.hits]


def hits(text: str | None, *, kind: str = "", most: int = 50) -> list[Hit]:
    """Give the records of all kinds (or of one) that match and may be seen, at most `most`, as `find` does."""
    kinds = _kinds(kind)
    question, rows = _search(text, kinds, max(EACH, most))
    return _told(rows[:most], kinds, question)


def suggestions(text: str | None, *, most: int = 8) -> list[Hit]:
    """Give records to choose from while somebody types: those whose titles match, then others."""
    kinds = _kinds("")
    question = Question(asked(text or ""))
    if not question.wanted or not kinds:
        return []
    rows = _newest(kinds, question, EACH, titles=True)
    if len(rows) < most:
        rows = _both(rows, _newest(kinds, _finished(kinds, question, EACH), EACH))
    if not rows:
        question = understood(question)
        if question.loose:
            rows = _both(_newest(kinds, question, EACH, titles=True), _newest(kinds, question, EACH))
    return _told(rows[:most], kinds, question, excerpts=False)


def answers(text: str | None, *, most: int = 3) -> list[Hit]:
    """Give records that may answer a question before it is asked: of kinds that say so (`Kind.answers`).

    Not every word has to occur: those are best in whose titles most of the rarer words stand.
    """
    kinds = [kind for kind in _kinds("") if kind.answers]
    question = understood(Question(asked(text or "")).telling())
    if not question.wanted or not kinds:
        return []
    rows = _newest(kinds, question.any(), EACH * 3, titles=True)
    whole = _newest(kinds, question, most)
    best = question.any().best(_both(whole, rows), lambda row: row.title)
    return _told(_both(best, whole)[:most], kinds, question)


def _kinds(name: str) -> list[Kind]:
    who = scope.current()
    return [one for one in who.registry.kinds.values() if name in ("", one.name)
            and reach(who, f"{one.plugin}.view")]


def _search(text: str | None, kinds: Sequence[Kind], most: int = EACH) -> tuple[Question, list[Any]]:
    """Give the question as it was understood and what it finds, title hits first; of each kind at most `most`."""
    question = Question(asked(text or ""))
    if not question.wanted or not kinds:
        return question, []
    rows = _rows(kinds, question, most)
    if not rows:
        loose = understood(question)
        if loose.loose:
            question, rows = loose, _rows(kinds, loose, most)
    return question, rows


def _rows(kinds: Sequence[Kind], question: Question, most: int) -> list[Any]:
    question = _finished(kinds, question, most)
    rows = _spread(kinds, question, most)
    return _both(_spread(kinds, question, min(most, LEADING), titles=True), rows) if rows else []


def _finished(kinds: Sequence[Kind], question: Question, most: int) -> Question:
    """Ask for the very last word, or for words that begin like it, where these find enough in all there is.

    All that begins like a word is gathered before the newest is known; whole words give their newest at once.
    Where only some records are in reach there is little to gather.
    """
    if question.begun and unbounded(kinds):
        for other in (question.whole(), question.going_on()):
            if other is not None and len(_newest(kinds, other, most)) == most:
                return other
    return question


def _spread(kinds: Sequence[Kind], question: Question, most: int, *, titles: bool = False) -> list[Any]:
    """Give the newest records that match, at most `most` of each kind: one must not hide the others."""
    rows = _newest(kinds, question, most, titles=titles) if kinds else []
    if len(rows) < most or len(kinds) == 1:
        return rows
    often = max(kinds, key=lambda kind: sum(row.kind == kind.name for row in rows))
    if any(row.kind != often.name for row in rows):
        rows = _newest([often], question, most, titles=titles)
    return [*rows, *_spread([kind for kind in kinds if kind is not often], question, most, titles=titles)]


def _both(first: Sequence[Any], then: Sequence[Any]) -> list[Any]:
    return list({row.id: row for row in (*first, *then)}.values())


def _newest(kinds: Sequence[Kind], question: Question, most: int, *, titles: bool = False) -> list[Any]:
    """Give the newest records that match, all words of them in the title where `titles` says so."""
    wanted = texts(kinds, question, titles=titles)
    if not wanted:
        return []
    names = tuple(kind.name for kind in kinds)
    shape, values = access.anything_kept("view")

    def build() -> Any:
        query = door(access.anything("view").join(Search, on=(Search.rowid == Record.id)), Record, Search)
        found = [asks(column, late(f"asked{place}", text)) for place, (column, text) in enumerate(wanted)]
        return query.where(reduce(or_, found), Record.kind.in_(names)).order_by(Search.rowid.desc()).limit(most)

    return kept(("found", shape, names, tuple(column.name for column, _text in wanted), most), build, **values,
                **{f"asked{place}": text for place, (_column, text) in enumerate(wanted)})


def _told(rows: Sequence[Any], kinds: Sequence[Kind], question: Question, *, excerpts: bool = True) -> list[Hit]:
    """Give rows as hits, each with the place where it matched: in what was said, else in its own words."""
    wanted, also = question.wanted, question.also
    noted = [kind.name for kind in kinds if access.sees_notes(kind)]
    said = _said(rows, noted) if excerpts else {}
    places = {key: excerpt(texts, wanted, also) for key, texts in said.items()}
    titles: dict[int, str] = {}
    for kind in kinds:
        mine = [row.id for row in rows if row.kind == kind.name
                and (kind.shown or (excerpts and kind.words and not places.get(row.id)))]
        for row in fetch(access.visible(kind.name).where(Record.id.in_(mine))) if mine else ():
            title, text = kind.shown(row) if kind.shown else ("", "")
            titles[row.id] = title or row.title
            if excerpts and not places.get(row.id):
                own = "\n\n".join((text, *told(kind, row)[:2 if kind.name in noted else 1])).split("\n\n")
                found = excerpt((part for part in own if part != titles[row.id]), wanted, also)
                places[row.id] = found or text[:160]
    return [Hit(row, marked(titles.get(row.id, row.title), wanted, also),
                marked(places.get(row.id, ""), wanted, also)) for row in rows]


def _said(rows: Sequence[Any], noted: Iterable[str]) -> dict[int, list[str]]:
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
