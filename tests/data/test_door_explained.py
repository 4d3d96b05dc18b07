"""The explanation says yes exactly where the door does, and names the term that keeps somebody out."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.data import access, explain, scope
from core.data.db import fetch
from core.data.records import Record
from core.errors import NotFound
from support import door
from support.needs import cases
from support.oracle import Human
from support.worlds import people, worlds

from .test_door_terms import BESIDE, TERMS, UNHINDERED

NAMES = {
    "feature": "feature", "inactive": "person_active", "override_person": "person_override",
    "company_switch": "company_switch", "company_inactive": "company_switch",
    "override_company": "company_override", "role_none": "role", "role_own": "role_own", "role_company": "company",
    "own_only": "own_only", "member_override": "member_override", "member_own": "own_only",
    "window_person": "person_window", "window_company_date": "company_window",
    "window_company_new": "company_window", "audience": "audience", "guest": "audience",
}


@pytest.fixture
def rows(engine, databases):
    door.connect(databases.copy(engine, "door", door.fill))
    yield door.read()
    door.disconnect()


def ask(rows, world, tenant, human, key, permission=None):
    """Let the system explain one record."""
    thing = rows.things[key]
    with door.asking(rows, world, tenant, None), scope.system("explain"):
        (row,) = fetch(explain.door(Record.select(*explain.RECORD), Record).where(Record.id == key))
        return explain.explain(door.who(rows, world, human), permission or f"{thing.feature}.view", row)


@pytest.mark.timeout(7200)
@settings(max_examples=cases(150, 20_000), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(world=worlds, asked=people(), picks=st.lists(st.integers(0, 10_000), min_size=6, max_size=6))
def test_it_agrees_with_the_door(rows, world, asked, picks):
    tenant, human = asked
    for pick in picks:
        key = sorted(rows.things)[pick % len(rows.things)]
        terms = ask(rows, world, tenant, human, key)
        with door.asking(rows, world, tenant, human):
            seen = access.by_id(door.KIND[rows.things[key].feature], key) is not None
        assert all(term.ok for term in terms) == seen, terms
        assert len({term.name for term in terms}) == len(terms)
        assert all(term.sentence.endswith(".") and "%" not in term.sentence for term in terms)


@pytest.mark.parametrize("name", NAMES)
def test_it_names_the_one_term_that_decides(rows, name):
    term = TERMS[name]
    told = ask(rows, term.world, "acme", term.human, term.record(rows).key)
    assert [one.name for one in told if not one.ok] == [NAMES[name]]
    assert name in {**BESIDE, **UNHINDERED}


def test_a_record_of_another_tenant_and_a_permission_of_another_plugin(rows):
    clerk = Human("clerk", "acme", staff="agent")
    theirs = TERMS["tenant"].record(rows).key
    assert [one.name for one in ask(rows, door.calm(), "acme", clerk, theirs) if not one.ok] == ["tenant"]
    mine = TERMS["feature"].record(rows).key
    assert [o.name for o in ask(rows, door.calm(), "acme", clerk, mine, "kb.view") if not o.ok] == ["kind"]
    assert [o.name for o in ask(rows, door.calm(), "acme", clerk, mine, "tickets.fly") if not o.ok] == [
        "permission", "role"]


def test_records_are_named_as_people_write_them(rows):
    with door.asking(rows, door.calm(), "acme", None), scope.system("explain"):
        written = ("TKT-007", "tkt-7", "ticket/TKT-007", "tickets/7", "ticket/7")
        found = {text: explain.named(text) for text in written}
        assert {(kind.name, row.number) for kind, row in found.values()} == {("ticket", 7)}
        assert explain.named("ART-1")[0].name == "article"
        assert explain.named("TKT-99999")[1] is None
        assert explain.named("ticket/ART-1")[1] is None
        for text in ("7", "", "/", "what/7", "ABC-1"):
            with pytest.raises(NotFound):
                explain.named(text)
