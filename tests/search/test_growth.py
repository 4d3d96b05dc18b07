"""Search grows slowly: what begins like a word is asked for by its words, and keys hold tenant and reach."""

from __future__ import annotations

import pytest

from core.data import index, question, search
from core.data.access import add
from core.data.db import door, touch, transaction
from support import cases


@pytest.fixture
def inside(portal_inside):
    return portal_inside(plugins=cases.install)


def opened(inside, title, body="", tenant="acme", by="own"):
    with inside.scope(tenant, by):
        return inside.client(by).post("/cases/new", {"subject": title, "body": body or "-"})


def test_a_beginning_is_asked_for_by_the_words_it_may_become(inside):
    for number in range(4):
        opened(inside, f"The printer {number} hums")
    opened(inside, "Printing is slow", by="boss")
    with inside.scope("acme", "agent") as who:
        assert set(index.beginning("prin", 10)) == {"printer", "printing"}
        kinds, asked = list(who.registry.kinds.values()), question.Question(["prin"])
        enough = search._finished(kinds, asked, 3)
        assert (enough.begun, set(enough.endings), enough.loose) == (False, {"printer", "printing"}, False)
        assert search._finished(kinds, asked, 9).begun, "too few of them: there may be words nobody noted"
        assert question.Question(["zz"]).going_on() is None
        assert search.find("prin").count == 5
    with inside.scope("acme", "own") as who:
        assert search._finished(list(who.registry.kinds.values()), asked, 3).begun, "little is in reach"
        assert search.find("prin").count == 4
    with inside.scope("globex", "other_admin"):
        assert index.beginning("prin", 10) == [], "words of another tenant"


def test_few_records_are_found_by_the_beginning_itself(inside):
    opened(inside, "Error prin2d2 shown")  # a word that is not all letters is led to by nothing
    opened(inside, "The printer hums")
    for who in ("agent", "own"):
        with inside.scope("acme", who):
            assert search.find("prin").count == 2
            assert len(search.suggestions("prin")) == 2
    with inside.scope("acme", "stranger"):
        assert search.find("prin").count == 0


def test_a_record_without_company_or_person_stays_in_its_tenant(inside):
    with inside.scope("acme"):
        add("case", title="Nobody's printer")
    for who in ("own", "stranger", "loner", "other", "other_admin"):
        with inside.scope("globex" if who.startswith("other") else "acme", who):
            assert search.find("printer").count == 0, who
    with inside.scope("acme", "agent"):
        assert search.find("printer").count == 1


def test_a_record_whose_body_went_meanwhile_costs_nobody_their_change(portal_inside):
    """Between two reads another process had removed it: that was an IndexError in somebody else's transaction."""
    inside = portal_inside({"features": {"tickets": True}})
    inside.client("own").post("/tickets/new", {"subject": "The printer hums", "body": "All day."})
    with inside.scope("acme") as who:
        body = who.registry.kinds["ticket"].body
        (hit,) = search.hits("printer")
        with transaction():
            door(body.delete(), body).where(body.record == hit.record.id).execute()
            touch(hit.record.id)
        assert index.rebuild() >= 1


def test_a_kind_with_many_hits_has_further_pages(portal_inside, monkeypatch):
    inside = portal_inside({"features": {"tickets": True}})
    for number in range(5):
        inside.client("own").post("/tickets/new", {"subject": f"The printer {number} hums", "body": "-"})
    with inside.scope("acme", "agent"):
        pages = [search.find("printer", kind="ticket", most=2, skip=skip).groups[0] for skip in (0, 2, 4)]
        shown = [hit.record.number for page in pages for hit in page.hits]
        assert [len(page.hits) for page in pages] == [2, 2, 1]
        assert sorted(shown) == [1, 2, 3, 4, 5]
    page = inside.client("agent").get("/search?q=printer&kind=ticket").text
    assert "Tickets <span" in page, "several are called by their plural"
    assert "page=2" not in page


def test_a_list_finds_what_is_misspelt(portal_inside):
    inside = portal_inside({"features": {"tickets": True}})
    inside.client("own").post("/tickets/new", {"subject": "The printer hums", "body": "-"})
    assert "The printer hums" in inside.client("own").get("/tickets?q=pritner").text
    assert "The printer hums" not in inside.client("stranger").get("/tickets?q=pritner").text
    assert "The printer hums" not in inside.client("own").get("/tickets?q=keyboard").text
