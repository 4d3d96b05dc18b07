"""Each term of the door decides alone in one named test; taking the term away breaks exactly that test."""

from dataclasses import replace

import pytest
from peewee import Value

from core.config.mistakes import formats
from core.data import access, db, reach
from core.data.db import fetch
from core.data.records import Record
from support import door
from support.oracle import Human, Place, may

ME = Human("me", "acme", joined={"north": ("company_user", 5)})
ALWAYS = Value(1) == Value(1)


class Term:
    """One term: who asks in which world, the record it keeps from them, and how the term is taken away."""

    def __init__(self, drop, like, *, human=ME, world=None, tenant="acme", feature="tickets",
                 asked="ticket"):
        self.drop, self.like, self.human, self.tenant, self.feature = drop, like, human, tenant, feature
        self.asked = asked
        self.world = world or door.calm()

    def record(self, rows):
        """Find the one record this is about."""
        wanted = {"tenant": self.tenant, "feature": self.feature, "company": "north", "owner": "me",
                  "audience": "private", "made": 20} | self.like
        (found,) = [thing for thing in rows.things.values()
                    if all(getattr(thing, key) == value for key, value in wanted.items())]
        return found

    def seen(self, rows):
        """Say whether the door shows it."""
        thing = self.record(rows)
        with door.asking(rows, self.world, "acme", self.human):
            ids = {row.id for row in fetch(access.visible(self.asked, "view", Record.id))}
            assert (access.by_id(self.asked, thing.key) is not None) == (thing.key in ids)
        return thing.key in ids


def off(**changes):
    """A world where the company north is otherwise."""
    return door.calm(places=door.calm().places | {"north": Place("north", "acme", **changes)})


TERMS = {
    "tenant": Term((access, "of_tenant", lambda who: ALWAYS), {"company": None, "owner": "you", "made": 20},
                   tenant="globex", human=Human("clerk", "acme", staff="agent")),
    "kind": Term((access, "of_kind", lambda kind: ALWAYS), {}, asked="article"),
    "feature": Term((reach, "feature_on", lambda who, feature: True), {},
                    world=door.calm(on={"acme": frozenset({"kb"}), "globex": frozenset()})),
    "inactive": Term((reach, "person_active", lambda person: True), {}, human=replace(ME, active=False)),
    "override_person": Term((reach, "allowed", lambda person, feature: True), {},
                            human=replace(ME, features={"tickets": False})),
    "company_switch": Term((reach, "member_active", lambda who, member: True), {}, world=off(enabled=False)),
    "company_inactive": Term((reach, "member_active", lambda who, member: True), {}, world=off(active=False)),
    "override_company": Term((reach, "shown_to", lambda who, feature, person, member: True), {},
                             world=off(hidden=frozenset({"tickets"}))),
    "role_none": Term((reach, "extent", lambda roles, role: "all"), {},
                      world=door.calm(roles={("tickets", "view"): {"company_user": "none", "user": "own"}})),
    "role_own": Term((reach, "own_by_role", lambda reaching: False), {"owner": "friend"},
                     human=replace(ME, joined={"north": ("user", 5)})),
    "role_company": Term((reach, "in_company", lambda way, suffix: ALWAYS),
                         {"company": "south", "owner": "friend"}),
    "own_only": Term((reach, "own_only", lambda person: False), {"owner": "friend"},
                     human=replace(ME, own_only=True)),
    "member_override": Term((reach, "left_to", lambda feature, member: True), {},
                            human=replace(ME, narrowed={"north": (False, frozenset({"tickets"}))})),
    "member_own": Term((reach, "own_only_there", lambda member: False), {"owner": "friend"},
                       human=replace(ME, narrowed={"north": (True, frozenset())})),
    "window_person": Term((reach, "person_window", lambda person: None), {}, human=replace(ME, since=25)),
    "window_company_date": Term((reach, "company_window", lambda who, member: None), {}, world=off(window=25)),
    "window_company_new": Term((reach, "company_window", lambda who, member: None), {}, world=off(window="new"),
                               human=replace(ME, joined={"north": ("company_user", 25)})),
    "audience": Term((reach, "meant_for", lambda way, me: ALWAYS), {"audience": "staff"}),
    "guest": Term((reach, "OPEN_TO_GUESTS", ("public", "private")), {"audience": "private"}, human=None,
                  world=door.calm(roles={("tickets", "view"): {"guest": "all"}})),
}

BESIDE = {
    "tenant": {"tenant": "acme", "owner": "friend"}, "kind": {"feature": "kb"},
    "role_own": {"owner": "me"}, "role_company": {"company": "north"}, "own_only": {"owner": "me"},
    "member_own": {"owner": "me"},
    "window_person": {"made": 30}, "window_company_date": {"made": 30}, "window_company_new": {"made": 30},
    "audience": {"audience": "private"}, "guest": {"audience": "public"},
}
"""What is different in the record that the same person does see, where the record decides."""

UNHINDERED = {
    "feature": {"world": door.calm()}, "inactive": {"human": ME}, "override_person": {"human": ME},
    "company_switch": {"world": door.calm()}, "company_inactive": {"world": door.calm()},
    "override_company": {"world": door.calm()}, "role_none": {"world": door.calm()},
    "member_override": {"human": ME},
}
"""What is different for the person who does see it, where the person or the settings decide."""


@pytest.fixture
def rows(engine, databases):
    door.connect(databases.copy(engine, "door", door.fill))
    yield door.read()
    door.disconnect()


@pytest.mark.parametrize("name", TERMS)
def test_term(rows, name):
    """The term alone keeps it away: one step beside it all is open, and the oracle says so too."""
    term = TERMS[name]
    thing = term.record(rows)
    assert not term.seen(rows)
    if name != "kind":  # the oracle asks for one record, of whatever kind it is
        assert not may(term.world, "acme", term.human, "view", thing)
    beside = Term(term.drop, term.like | BESIDE.get(name, {}), world=term.world, human=term.human,
                  asked=term.asked, tenant=BESIDE.get(name, {}).get("tenant", term.tenant),
                  feature=BESIDE.get(name, {}).get("feature", term.feature))
    for key, value in UNHINDERED.get(name, {}).items():
        setattr(beside, key, value)
    assert beside.seen(rows)


@pytest.mark.parametrize("name", TERMS)
def test_without_the_term_its_test_breaks(rows, name, monkeypatch):
    """The mutation: the term taken out of the door, and the record shows."""
    term = TERMS[name]
    place, attribute, instead = term.drop
    assert not term.seen(rows)
    monkeypatch.setattr(place, attribute, instead)
    db.forget_kept()
    try:
        assert term.seen(rows), f"nothing notices when {name} is gone"
    finally:
        db.forget_kept()


def test_the_person_comes_before_their_company(rows):
    """A feature hidden from a company is shown to the one person of it who was given it."""
    given = Term(TERMS["feature"].drop, {}, world=off(hidden=frozenset({"tickets"})),
                 human=replace(ME, features={"tickets": True}))
    assert given.seen(rows)


def test_what_admins_take_counts_in_their_company_alone(rows):
    """Narrowed in one company, somebody sees in another one what they saw before."""
    joined = {"north": ("company_user", 5), "south": ("company_user", 5)}
    narrowed = replace(ME, joined=joined, narrowed={"north": (True, frozenset({"tickets"}))})
    assert Term(TERMS["feature"].drop, {"company": "south", "owner": "friend"}, human=narrowed).seen(rows)
    assert not Term(TERMS["feature"].drop, {"owner": "me"}, human=narrowed).seen(rows)


def test_lists_show_the_chosen_company_and_the_rest_still_opens(rows):
    joined = {"north": ("company_user", 5), "south": ("company_user", 5)}
    human = replace(ME, joined=joined, works_in="south")
    thing = Term(TERMS["feature"].drop, {"owner": "friend"}).record(rows)
    with door.asking(rows, door.calm(), "acme", human):
        assert thing.key not in {row.id for row in fetch(access.visible("ticket", "view", Record.id))}
        assert access.by_id("ticket", thing.key) is not None
        assert access.find("ticket", rows.numbers[thing.key]).id == thing.key
        assert thing.key in {row.id for row in fetch(access.visible("ticket", "view", Record.id, anywhere=True))}


def test_nobody_gets_back_what_the_tenant_has_off(rows):
    given = Term(TERMS["feature"].drop, {}, world=TERMS["feature"].world,
                 human=replace(ME, features={"tickets": True}))
    assert not given.seen(rows)


def test_the_later_window_counts(rows):
    for since, company in ((25, 15), (15, 25)):
        both = Term(TERMS["feature"].drop, {}, world=off(window=company), human=replace(ME, since=since))
        assert not both.seen(rows)
    assert Term(TERMS["feature"].drop, {}, world=off(window=20), human=replace(ME, since=15)).seen(rows)


def test_own_only_wins_over_every_role_of_staff_too(rows):
    clerk = Human("clerk", "acme", staff="admin", own_only=True)
    assert not Term(TERMS["feature"].drop, {}, human=clerk).seen(rows)
    assert Term(TERMS["feature"].drop, {"owner": "clerk"}, human=clerk).seen(rows)


def test_whoever_left_a_company_leaves_what_they_wrote_there(rows):
    assert not Term(TERMS["feature"].drop, {}, human=replace(ME, joined={})).seen(rows)
    assert Term(TERMS["feature"].drop, {"company": None}, human=replace(ME, joined={})).seen(rows)


def test_a_day_that_does_not_exist_is_refused_before_anybody_asks():
    """A window is read with every request: a broken one never gets as far as the door."""
    for day, fine in (("2026-02-28", True), ("2026-02-30", False), ("2026-13-01", False), ("new", True)):
        assert formats.conforms(day, "since") is fine
