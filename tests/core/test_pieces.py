"""Finished pieces: drawn once for the same values, never for others, and never beyond the rights of the moment."""

from types import SimpleNamespace

import pytest
from jinja2 import Environment

from core.data import access, people, scope
from core.look import language
from core.look.pieces import MOST, Pieces, kept, pieces

DRAWN = []


@pytest.fixture
def macro():
    environment = Environment(autoescape=True)
    environment.globals["note"] = lambda value: DRAWN.append(value) or ""
    DRAWN.clear()
    pieces.clear()
    yield environment.from_string("{% macro one(name, badge) %}{{ note(name) }}<b>{{ name }}</b>{{ badge }}"
                                  "{% endmacro %}").module.one
    pieces.clear()


def test_the_same_values_are_drawn_once(macro):
    assert kept(macro, ("<x>",), 1) == kept(macro, ("<x>",), 1) == "<b>&lt;x&gt;</b>1"
    assert DRAWN == ["<x>"]
    kept(macro, ("y",), 1)
    assert DRAWN == ["<x>", "y"]


def test_language_class_tenant_and_version_are_other_pieces(macro):
    asking = [SimpleNamespace(settings=SimpleNamespace(serial=version), is_staff=staff, time_zone="UTC")
              for version in (1, 2) for staff in (True, False)]
    for who in [*asking, *asking]:
        with scope.enter(who):
            kept(macro, ("x",), "")
    assert len(DRAWN) == 4
    with language.using("de"):
        kept(macro, ("x",), "")
    kept(macro, ("x",), "")
    assert len(DRAWN) == 6


def test_values_that_cannot_be_compared_are_drawn_each_time(macro):
    assert kept(macro, (["x"],), "") == kept(macro, (["x"],), "")
    assert len(DRAWN) == 2


def test_what_is_not_asked_for_is_let_go():
    known = Pieces()
    for number in range(10):
        known.keep(number, "x" * (MOST // 4))
        assert known.find(0) is not None, "it is asked for all the time"
    assert known.find(1) is None
    assert sum(known.find(number) is not None for number in range(10)) <= 10


def test_a_right_that_is_taken_away_is_gone_with_the_next_request(inside):
    with inside.scope("acme", "own"):
        made = access.add("ticket", title="A printer in flames", company=people.company("alfreds").id,
                          state="new", body={"topic": "question"})
    own, boss = inside.client("own"), inside.client("boss")
    for client in (own, boss, own, boss):
        assert "A printer in flames" in client.get("/tickets").text
        assert "A printer in flames" in client.get("/").text
    with inside.scope():
        access.change("ticket", made.id, "edit", person=inside.person("boss").id)
    assert "A printer in flames" not in own.get("/tickets").text
    assert "A printer in flames" not in own.get("/").text
    assert "A printer in flames" in boss.get("/tickets").text
    with inside.scope():
        people.leave(inside.person("boss").id, people.company("alfreds").id)
    assert "A printer in flames" not in boss.get("/tickets").text


def test_what_changes_in_a_row_shows_at_once(inside):
    with inside.scope("acme", "own"):
        made = access.add("ticket", title="Before", company=people.company("alfreds").id, state="new",
                          body={"topic": "question"})
    assert "Before" in inside.client("own").get("/tickets").text
    with inside.scope():
        access.change("ticket", made.id, "edit", title="After")
    page = inside.client("own").get("/tickets").text
    assert "After" in page
    assert "Before" not in page
    with inside.scope():
        people.change_person(inside.person("own").id, name="Mia Neu")
    assert "Mia Neu" in inside.client("boss").get("/tickets").text
    assert "Menu of Mia Neu" in inside.client("own").get("/tickets").text
