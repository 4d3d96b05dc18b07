"""List, one, count, search and files agree with the oracle over all records, whatever is set for whom."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.data import access, conversation, reach, search
from core.data.db import count, fetch
from core.data.records import Record
from core.errors import NotFound
from support import door
from support.needs import cases
from support.oracle import Human, listed, may
from support.worlds import people, worlds


@pytest.fixture
def rows(engine, databases):
    door.connect(databases.copy(engine, "door", door.fill))
    yield door.read()
    door.disconnect()


def seen_by(rows, world, tenant, human):
    """What the oracle lets somebody view, by kind."""
    found = {kind: set() for kind in door.KINDS}
    for key, thing in rows.things.items():
        if may(world, tenant, human, "view", thing):
            found[door.KIND[thing.feature]].add(key)
    return found


@pytest.mark.timeout(7200)
@settings(max_examples=cases(500, 20_000), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(world=worlds, asked=people(), picks=st.lists(st.integers(0, 10_000), min_size=3, max_size=3))
def test_every_way_of_asking_agrees_with_the_oracle(rows, world, asked, picks):
    tenant, human = asked
    expected = seen_by(rows, world, tenant, human)
    open_to = {key for ids in expected.values() for key in ids}
    expected = {kind: {key for key in ids if listed(world, human, rows.things[key])}
                for kind, ids in expected.items()}
    with door.asking(rows, world, tenant, human) as scope:
        for kind, ids in expected.items():
            assert {row.id for row in fetch(access.visible(kind, "view", Record.id))} == ids
            assert {row.id for row in access.listed(kind, (), lambda q: q, columns=(Record.id,))} == ids
            newest = access.listed(kind, ("newest",), _newest, columns=(Record.id,), limited=True)
            plain = fetch(_newest(access.visible(kind, "view", Record.id)))
            assert [row.id for row in newest] == [row.id for row in plain]
            assert count(access.visible(kind)) == len(ids)
            shared = sum(rows.things[key].audience == "company" for key in ids)
            assert access.counted(kind, (), _terms) == {"all": len(ids), "company": shared}
            assert access.counted(kind, (), _terms, most=2)["all"] == min(3, len(ids))
            reached = reach.listed_reach(scope, f"{door.FEATURE[kind]}.view")
            assert {key for key, thing in rows.things.items() if thing.tenant == tenant
                    and door.KIND[thing.feature] == kind and reach.holds(reached, **rows.values[key])} == ids
            if access.granted(scope, f"{door.FEATURE[kind]}.view") == "none":
                assert not ids
            edited = {key for key, thing in rows.things.items() if door.KIND[thing.feature] == kind
                      and may(world, tenant, human, "edit", thing) and listed(world, human, thing, "edit")}
            assert {row.id for row in fetch(access.visible(kind, "edit", Record.id))} == edited
        everything = set().union(*expected.values())
        assert {row.id for row in fetch(access.anything("view", Record.id))} == everything
        assert {row.id for row in fetch(access.anything("view", Record.id, anywhere=True))} == open_to
        for pick in picks:
            one(rows, sorted(rows.things)[pick % len(rows.things)], tenant, open_to)
        kind = sorted(door.KINDS)[picks[0] % 2]
        assert sum(access.facets(kind, Record.audience).values()) == len(expected[kind])
        found = access.visible(kind, "view", Record.id).where(search.matches(kind, "canary"))
        assert {row.id for row in fetch(found)} == expected[kind]
        assert {hit.record.id for hit in search.hits("canary", most=1000)} == everything


def _newest(query):
    return query.order_by(Record.touched.desc(), Record.number.desc()).limit(5)


def _terms():
    return {"all": Record.id.is_null(False), "company": Record.audience == "company"}


def one(rows, key, tenant, everything):
    """One record, by number and by key, and its file."""
    thing = rows.things[key]
    kind = door.KIND[thing.feature]
    row = access.by_id(kind, key)
    assert (row is not None) == (key in everything)
    assert access.may(kind, key, "view") == ({"view"} if key in everything else set())
    if thing.tenant == tenant:
        try:
            assert access.find(kind, rows.numbers[key]).id == key
        except NotFound:
            assert key not in everything
        else:
            assert key in everything
    if key in rows.files:
        try:
            held = conversation.file(rows.files[key])
        except NotFound:
            assert thing.tenant != tenant
        else:
            assert (access.by_id(held.kind, held.record_id) is not None) == (key in everything)


def test_the_oracle_sees_a_world_in_which_all_happens(rows):
    """The cases are worth something: most answers are neither everything nor nothing."""
    world = door.calm()
    me = Human("me", "acme", joined={"north": ("user", 5)})
    seen = seen_by(rows, world, "acme", me)
    assert 0 < len(seen["ticket"]) < len(seen["article"]) < len(rows.things)
