"""A question to the search index: words asked for, what else they may mean, and how each engine is asked."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, reduce
from operator import or_
from typing import Any

from peewee import Expression, Value

from core.data import access, scope
from core.data.db import is_sqlite
from core.data.index import Search, beginning, lookalikes
from core.data.reach import Reach, reach
from core.data.records import Record
from core.data.words import allowed, forms, keys, near, stem, words
from core.parts import Kind

ENDINGS = 40
"""Words that one which is not finished may become; with more of them its beginning is asked for."""

LOOSE = 6
"""Words of a question that may be misspelt; with more of them it is asked as it stands."""

_TOO_COMMON = frozenset(words("""
    a an and are as at be by can cannot do does for from get has have how i if in is it my no not of on or our
    please so that the this to was we what when where which who why will with you your
    aber als am an auf aus bei bin bitte das dem den der des die du ein eine einen er es für geht habe hat ich ihr
    im in ist kann man mein meine mit nach nicht noch oder sich sie sind so und über um uns unser vom von vor was
    wenn wer wie wir wird wo zu zum zur
    إلا إلى أن أو على عن في كيف لا لم ما مع من هل هذا هذه"""))
"""Words that say nothing about what a sentence is about."""


@dataclass(frozen=True)
class Question:
    """Folded words that are asked for. `others` holds, for each, words of the tenant it may be a misspelling of.

    `every` says whether all of them must occur; the last stands for what begins with it while `begun`, and for
    those of the words `endings` in any case.
    """

    wanted: list[str]
    others: tuple[tuple[str, ...], ...] = ()
    every: bool = True
    begun: bool = True
    endings: tuple[str, ...] = ()

    @property
    def loose(self) -> bool:
        """Whether some word may mean another one."""
        return any(self.others)

    @cached_property
    def also(self) -> frozenset[str]:
        """Give what else is marked as found: stems and words that come close."""
        return frozenset([bare for word in self.wanted for bare in forms(word)]
                         + [other for others in self.others for other in others])

    @cached_property
    def ways(self) -> list[list[str]]:
        """Give, for each word asked for, all words of the index that answer it."""
        others = self.others or ((),) * len(self.wanted)
        found = [[word, *forms(word), *more] for word, more in zip(self.wanted, others, strict=True)]
        found[-1] += self.endings
        return [list(dict.fromkeys(words)) for words in found]

    def telling(self) -> Question:
        """Leave out words that stand in every sentence, and the last one's being a beginning."""
        rare = [word for word in self.wanted if len(word) > 1 and word not in _TOO_COMMON]
        return replace(self, wanted=rare, begun=False)

    def whole(self) -> Question:
        """Ask the same, the last word not being a beginning."""
        return replace(self, begun=False)

    def going_on(self) -> Question | None:
        """Ask for the words that are known to begin like the last one; None where they are many, or none."""
        last = self.wanted[-1]
        found = beginning(last, ENDINGS + 1) if self.begun and len(last) > 2 else []
        return replace(self, begun=False, endings=tuple(found)) if 0 < len(found) <= ENDINGS else None

    def any(self) -> Question:
        """Ask the same, but for any of the words."""
        return replace(self, every=False)

    def best(self, rows: Sequence[Any], text: Callable[[Any], str]) -> list[Any]:
        """Sort rows by how many of the words stand in a text of theirs, rarer ones counting more.

        Rows with only one word of several are left out unless that word is rare among them.
        """
        found = {row.id: self._hits(text(row)) for row in rows}
        often = [sum(place in hits for hits in found.values()) for place in range(len(self.wanted))]
        weight = [1 + math.log((len(rows) + 1) / (many + 1)) for many in often]
        worth = {key: sum(weight[place] for place in hits) for key, hits in found.items()}
        enough = min(2.0, sum(weight) * 0.34)
        rows = [row for row in rows if worth[row.id] >= enough]
        return sorted(rows, key=lambda row: -worth[row.id])

    def _hits(self, text: str) -> set[int]:
        found = words(text)
        held = {*found, *(f"_{stem(word)}" for word in found)}
        return {place for place, way in enumerate(self.ways) if not held.isdisjoint(way)}


def understood(question: Question) -> Question:
    """Look for words of the tenant that misspelt ones may mean, in one query.

    Whether anybody may see where such a word stands is for the door to say: it only takes the place of one typed.
    """
    wanted = question.wanted
    doubtful = [word for word in wanted if allowed(word)]
    if not doubtful or len(wanted) > LOOSE:
        return question
    sought = {key: None for word in doubtful for key in keys(word)}
    last = wanted[-1] if question.begun else ""
    known = lookalikes(sought, min(map(len, doubtful)) - 2, 40 if allowed(last) else max(map(len, doubtful)) + 3)
    others = tuple(tuple(_close(word, known, begun=word == last)) if word in doubtful else () for word in wanted)
    return replace(question, others=others)


def _close(word: str, known: Iterable[str], *, begun: bool) -> list[str]:
    found = near(word, known, begun=begun)
    bare = stem(word)
    if bare != word and not bare.isascii():  # an article before an Arabic word hides where it begins
        found += near(bare, (other for other in known if other[0] == "_"), begun=begun)
    return list(dict.fromkeys(found))


# --- how the engines are asked: tenant, reach and kind are part of the index ---


@dataclass(frozen=True)
class _Held:
    """Kinds with one reach: `bounds` are key words of which a record carries one, None where all are in reach."""

    kinds: tuple[Kind, ...]
    bounds: tuple[str, ...] | None

    def keys(self, *, alone: bool) -> list[list[str]]:
        """Give the key words a record must carry: one of each list. Alone, its kinds are all that there are."""
        asked = [] if alone else [[f"k{kind.name}" for kind in self.kinds]]
        return [*asked, list(self.bounds) if self.bounds is not None else [f"t{scope.current().tenant_id}"]]


def _bounds(one: Reach) -> tuple[str, ...] | None:
    """Give the key words of which a record must carry one to be within reach; None where nothing bounds it."""
    if one.everything:
        return None
    found: dict[str, None] = {}
    tenant = scope.current().tenant_id
    if one.own_anywhere:
        found[f"p{one.person}"] = None
    for way in one.ways:
        company = way.company or f"0t{tenant}"
        found[f"p{one.person}"] = None
        if not way.own:
            found[f"c{company}"] = None
        if way.shared or not way.own:
            found[f"s{company}"] = None
    found |= {f"a{audience}t{tenant}": None for audience in one.audiences}
    return tuple(found)


def _held(kinds: Sequence[Kind]) -> list[_Held]:
    """Give kinds by how far they reach; those that are out of reach are left out."""
    who, found = scope.current(), dict[tuple[str, ...] | None, list[Kind]]()
    for kind in kinds:
        found.setdefault(_bounds(reach(who, f"{kind.plugin}.view")), []).append(kind)
    return [_Held(tuple(several), bounds) for bounds, several in found.items() if bounds != ()]


def unbounded(kinds: Sequence[Kind]) -> bool:
    """Say whether all records of some of these kinds are in reach: there may be any number of them."""
    return any(one.bounds is None for one in _held(kinds))


def texts(kinds: Sequence[Kind], question: Question, *, titles: bool = False) -> list[tuple[Any, str]]:
    """Give a question in the engine's own words, with the column of `Search` each is for: any of them will do.

    With `titles`, only titles answer it. Nothing is given where nothing could.
    """
    held = _held(kinds)
    if not held or not question.wanted:
        return []
    noted = () if titles else tuple(kind for kind in kinds if access.sees_notes(kind))
    alone = len(held) == 1 and len(kinds) == len(scope.current().registry.kinds)
    return (_fts5 if is_sqlite() else _tsquery)(held, noted, question, titles=titles, alone=alone)


def asks(column: Any, text: Value) -> Any:
    """Write that a row answers a question in the engine's own words."""
    if is_sqlite():
        return Expression(column, "MATCH", text)
    return Expression(column, "@@", text.cast("tsquery"))


def condition(kinds: Sequence[Kind], question: Question) -> Any:
    """Write which rows of `Search` answer a question."""
    found = [asks(column, Value(text, converter=False)) for column, text in texts(kinds, question)]
    return reduce(or_, found) if found else Record.id.is_null()


def _terms(question: Question, titles: bool, written: Callable[[str], str], begins: str) -> list[list[str]]:
    """Give each word's ways as the engine writes them; `begins` follows one that may go on."""
    sign = "+" if titles else ""
    terms = [[written(sign + way) for way in ways] for ways in question.ways]
    if question.begun and (titles or len(question.wanted[-1]) > 1):  # one letter begins half of all words
        terms[-1][0] += begins
    return terms


def _fts5(held: list[_Held], noted: Sequence[Kind], question: Question, *, titles: bool,
          alone: bool) -> list[tuple[Any, str]]:
    # Words hold letters and digits alone, marks before them a sign of ours: between quotes they are only words.
    terms = _terms(question, titles, '"{}"'.format, "*")
    sought = (" AND " if question.every else " OR ").join(f"({' OR '.join(ways)})" for ways in terms)
    within = " OR ".join("(" + " AND ".join(
        "key : (" + " OR ".join(f'"{word}"' for word in either) + ")" for either in one.keys(alone=alone)) + ")"
        for one in held)
    text = f"{{{'title' if titles else 'title public'}}} : ({sought})"
    if noted:
        kinds = " OR ".join(f'"k{kind.name}"' for kind in noted)
        text = f"({text} OR (key : ({kinds}) AND {{title public internal}} : ({sought})))"
    return [(Search.match, f"({within}) AND {text}")]


def _tsquery(held: list[_Held], noted: Sequence[Kind], question: Question, *, titles: bool,
             alone: bool) -> list[tuple[Any, str]]:
    """Ask the set of all words about kinds whose notes may be seen, that of public words about the others."""
    terms = _terms(question, titles, "'{}'".format, ":*")
    sought = (" & " if question.every else " | ").join(f"({' | '.join(ways)})" for ways in terms)
    found = []
    for column, internal in ((Search.public_words, False), (Search.all_words, True)):
        mine = [replace(one, kinds=kinds) for one in held
                if (kinds := tuple(kind for kind in one.kinds if (kind in noted) is internal))]
        within = " | ".join("(" + " & ".join(
            "(" + " | ".join(f"'={word}'" for word in either) + ")"
            for either in one.keys(alone=alone and len(one.kinds) == len(held[0].kinds))) + ")" for one in mine)
        found += [(column, f"({within}) & ({sought})")] if mine else []
    return found
