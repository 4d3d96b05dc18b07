"""Things to ask for: records of a plugin's kinds that belong to different people, each with marks of its own."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from core.data import access, conversation, people, scope
from core.data.db import fetch, first, transaction
from core.data.moments import today
from core.data.records import YEAR, Record, label, take_number
from core.errors import Invalid, ParlourError
from core.host.rehearsal import COMPANIES, Rehearsal
from core.parts import CATEGORIES, Kind

OWNERS = (("acme", "own", "alfreds"), ("acme", "stranger", "horn"), ("acme", "loner", ""),
          ("globex", "other", "cairo"))
"""Whose things there are: tenant, person, company."""

TEAM = {"acme": "admin", "globex": "other_admin"}
GUESSES: tuple[Any, ...] = ("2031-05-04", 1, True, "canary@example.com", "EUR", "+49 30 1234567", "DE", [{}], {},
                            [], "https://example.com/", "1.5")
ROUNDS = 16
APART = 900
BORROWED = 3


@dataclass(frozen=True)
class Thing:
    """One record: whose it is, its label, and the words that only those who see it (or its notes) may read."""

    kind: Kind
    slug: str
    owner: str
    id: int
    number: str
    words: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    """What else an address may call it: the texts of its row."""


@dataclass
class World:
    """The things of one plugin in a rehearsal. `seed` makes the same marks, people and order again."""

    rehearsal: Rehearsal
    seed: str
    things: list[Thing] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Begin with the same luck as any other world of this seed."""
        self._known: dict[tuple[str, str], tuple[set[int], set[str]]] = {}
        self.luck = random.Random(self.seed)  # noqa: S311 - it draws lots, it guards nothing

    def mark(self) -> str:
        """Make a word that stands nowhere else."""
        return f"canary{self.luck.getrandbits(64):016x}"

    def fill(self, kinds: Iterable[Kind]) -> None:
        """Make a record of each kind for each owner; a kind that nothing can be made of is left without."""
        for kind in kinds:
            with self.rehearsal.scope("globex"), transaction():
                apart = today().year * YEAR + APART if kind.yearly else APART
                take_number(kind.name, apart, yearly=kind.yearly)  # no number is one of both tenants
            for slug, owner, company in OWNERS:
                thing = self.make(kind, slug, owner, company)
                if thing is not None:
                    self.things.append(thing)

    def borrow(self, kinds: Iterable[Kind], plugin: str) -> None:
        """Take records of the plugin's own demo content for kinds that nothing could be guessed of."""
        missing = [kind for kind in kinds if kind.name not in {thing.kind.name for thing in self.things}]
        demos = [demo for demo in self.rehearsal.portal.built.registry.demos if demo.plugin == plugin]
        if not missing or not demos:
            return
        with self.rehearsal.scope("acme"):
            for demo in demos:
                demo.call("acme")
            found = [(kind, row) for kind in missing for row in fetch(access.visible(kind.name).limit(BORROWED))]
        for kind, row in found:
            mark, note = self.mark(), self.mark()
            with self.rehearsal.scope("acme", TEAM["acme"]):
                if row.audience == "private":
                    conversation.add_entry(row, mark)
                conversation.add_entry(row, note, internal=True)
            texts = tuple(value for value in row._asdict().values() if isinstance(value, str) and value)
            self.things.append(Thing(kind, "acme", "somebody", row.id, label(kind, row.number), (mark,), (note,),
                                     texts))

    def make(self, kind: Kind, slug: str, owner: str, company: str) -> Thing | None:
        """Make a record as its owner would through the API, or as the team would, or straight through the door."""
        mark, note = self.mark(), self.mark()
        row = self._created(kind, slug, owner, mark) or self._created(kind, slug, TEAM[slug], mark)
        with self.rehearsal.scope(slug):
            row = row or self._added(kind, owner, company, mark)
            if row is None:
                return None
            me = self.rehearsal.person(owner).id
            if row.audience == "private" and row.person_id != me:
                firm = {"company": people.company(company).id} if company else {}
                access.change(kind.name, row.id, "view", person=me, **firm)
        self._talk(kind, slug, owner, row, mark, note)
        with self.rehearsal.scope(slug):
            found = first(access.visible(kind.name).where(Record.id == row.id))
        texts = tuple(value for value in (found or row)._asdict().values() if isinstance(value, str) and value)
        return Thing(kind, slug, owner, row.id, label(kind, row.number), (mark,), (note,), texts)

    def _talk(self, kind: Kind, slug: str, owner: str, row: Any, mark: str, note: str) -> None:
        with self.rehearsal.scope(slug, owner if row.audience == "private" else TEAM[slug]):
            if row.audience == "private":
                conversation.add_entry(row, mark)
        with self.rehearsal.scope(slug, TEAM[slug]):
            conversation.add_entry(row, note, internal=True)

    def _created(self, kind: Kind, slug: str, short: str, mark: str) -> Any | None:
        """Make one by the kind's own verb, guessing what it asks for by its own words about what is wrong."""
        if kind.create is None:
            return None
        guess = _Guess(kind, mark)
        with self.rehearsal.scope(slug, short, channel="api"):
            for _round in range(ROUNDS):
                try:
                    with transaction():
                        return kind.create(guess.values)
                except Invalid as error:
                    if not guess.mend(error):
                        return None
                except ParlourError:
                    return None
        return None

    def _added(self, kind: Kind, owner: str, company: str, mark: str) -> Any | None:
        """Put one straight in where nothing is known of it but its title: all else only the plugin knows."""
        if kind.body is not None or kind.create is not None:
            return None
        states = list(kind.states() if kind.states else ()) or [""]
        with transaction():
            return access.add(kind.name, title=mark, person=self.rehearsal.person(owner).id, state=states[0],
                              company=people.company(company).id if company else None, category=CATEGORIES[0])

    def sees(self, short: str, thing: Thing, tenant: str = "acme") -> bool:
        """Ask the door whether somebody ("" for a guest of a tenant) may see a thing."""
        slug = self.rehearsal.tenant_of.get(short, tenant)
        return slug == thing.slug and thing.id in self._reach(short, slug)[0]

    def forbidden(self, short: str, tenant: str = "acme") -> set[str]:
        """Give the marks that somebody may not read anywhere."""
        found: set[str] = set()
        slug = self.rehearsal.tenant_of.get(short, tenant)
        seen, noted = self._reach(short, slug)
        for thing in self.things:
            sees = slug == thing.slug and thing.id in seen
            found |= set() if sees else set(thing.words)
            found |= set() if sees and thing.kind.name in noted else set(thing.notes)
        return found

    def forget(self) -> None:
        """Ask the door anew from here on: something was written since."""
        self._known.clear()

    def _reach(self, short: str, slug: str) -> tuple[set[int], set[str]]:
        """Give the keys of all that somebody may see, and the kinds whose notes they read; asked once."""
        if (short, slug) not in self._known:
            with self.rehearsal.scope(slug, short) if short else scope.enter(self.rehearsal.portal.scope(slug)):
                kinds = {thing.kind.name: thing.kind for thing in self.things}
                seen = {row.id for name in kinds
                        for row in fetch(access.visible(name, "view", Record.id, anywhere=True))}
                noted = {name for name, kind in kinds.items() if short and access.sees_notes(kind)}
            self._known[short, slug] = seen, noted
        return self._known[short, slug]


class _Guess:
    """What to send to a verb, mended by what it says is wrong."""

    def __init__(self, kind: Kind, mark: str) -> None:
        self.known: Mapping[str, Any] = (kind.fields or {}).get("properties", {})
        self.mark, self.values, self.tries = mark, dict[str, Any](), dict[str, int]()

    def mend(self, error: Invalid) -> bool:
        """Take in every mistake; False where there is nothing more to try."""
        for one in error.errors:
            if not one.path:
                return False
            place = self.tries.get(one.path, 0)
            options = self._options(one.path)
            if place >= len(options):
                return False
            self.tries[one.path] = place + 1
            _put(self.values, one.path.split("."), options[place])
        return bool(error.errors)

    def _options(self, path: str) -> list[Any]:
        told = self.known.get(path.rsplit(".", 1)[-1], {})
        listed = [*told.get("enum", ()), *told.get("x-labels", ()),
                  *(one["const"] for one in told.get("oneOf", ()) if "const" in one)]
        inner = told.get("items", {}).get("enum", ())
        return [*listed, *([list(inner)[:1]] if inner else []), self.mark, *GUESSES]


def _put(values: Any, steps: list[str], value: Any) -> None:
    """Put a value at a path of keys and places, making what is on the way."""
    here = values
    for step, following in zip(steps, [*steps[1:], None], strict=True):
        fresh: Any = value if following is None else [] if following.isdecimal() else {}
        if isinstance(here, list):
            while len(here) <= int(step if step.isdecimal() else 0):
                here.append({})
            place = int(step if step.isdecimal() else 0)
            here[place] = fresh if following is None or not isinstance(here[place], dict | list) else here[place]
            here = here[place]
        else:
            here[step] = fresh if following is None or not isinstance(here.get(step), dict | list) else here[step]
            here = here[step]


def crowd(rehearsal: Rehearsal, seed: int, most: int = 4) -> None:
    """Add a few people whom nobody knows yet: of any role, in any company, some held to their own."""
    luck = random.Random(seed)  # noqa: S311 - it draws lots, it guards nothing
    for number in range(most):
        slug = luck.choice(("acme", "acme", "globex"))
        role = luck.choice(("user", "company_user", "company_admin", "agent"))
        company = luck.choice(sorted(COMPANIES[slug])) if role != "agent" else ""
        rehearsal.add_person(f"random{number}", slug, role, company, **(
            {"own_only": luck.random() < 0.3} if company else {}))
