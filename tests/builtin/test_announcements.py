"""Announcements: for whom, from and until, on every channel; text with form, and nothing that runs."""

from __future__ import annotations

from datetime import timedelta

import pytest

from core.builtin.announcements import service
from core.data import db
from core.data.db import now


def day(more):
    return (now() + timedelta(days=more)).date().isoformat()


def announce(inside, title="Closed on Friday", **values):
    form = {"title": title, "audience": "customers", "text": "", "begins": "", "ends": "", **values}
    answer = inside.client("agent").post("/announcements/new", form)
    assert answer.status == 303, answer.text
    return answer.location


def sees(inside, short, place, title="Closed on Friday"):
    """Say on which channels somebody meets an announcement: all or none."""
    client = inside.client(short) if short else inside.guest()
    found = {"page": client.get(place).status == 200, "list": title in client.get("/announcements").text,
             "search": "data-record" in client.get("/search?q=" + title.replace(" ", "+")).text,
             "suggestions": "data-record" in client.get("/search/suggest?q=closd").text}
    if short:
        found["home"] = title in client.get("/").text
    assert len(set(found.values())) == 1, (short, found)
    return found["page"]


@pytest.mark.parametrize(("values", "readers"), [
    ({"audience": "customers"}, "agent own stranger loner"),
    ({"audience": "public"}, "agent own stranger loner guest"),
    ({"audience": "company", "companies": ["horn"]}, "agent stranger"),
    ({"audience": "staff"}, "agent"),
    ({"begins": day(2)}, "agent"),
    ({"ends": day(-2)}, "agent"),
    ({"begins": day(-2), "ends": day(2)}, "agent own stranger loner")])
def test_each_is_for_those_it_is_meant_for(inside, values, readers):
    place = announce(inside, **values)
    shown = not {day(2), day(-2)} & {values.get("begins"), values.get("ends")} or len(values) == 2
    for short in ("own", "stranger", "loner", "guest", "other"):
        assert sees(inside, "" if short == "guest" else short, place) == (short in readers.split()), short
    assert inside.client("agent").get(place).status == 200
    assert ("Closed on Friday" in inside.client("agent").get("/").text) == shown


def test_it_turns_with_the_days(inside, monkeypatch):
    place = announce(inside, begins=day(2), ends=day(4))
    for ahead, shown in ((1, False), (3, True), (9, False)):
        monkeypatch.setattr(service, "today", lambda ahead=ahead: day(ahead))
        with inside.scope():
            service.turn()
            before = db.statements
            service.turn()
            assert db.statements - before <= 2
        assert sees(inside, "own", place) == shown, ahead


def test_staff_changes_and_removes_it(inside):
    place = announce(inside, text="We are **away**. <script>alert(1)</script>")
    page = inside.client("own").get(place).text
    assert "<strong>away</strong>" in page and "<script>alert" not in page and "/edit" not in page
    form = {"title": "Open on Friday", "audience": "staff", "text": "", "begins": "", "ends": ""}
    assert inside.client("own").post(f"{place}/edit", form).status == 404
    assert inside.client("agent").post(f"{place}/edit", form).status == 303
    assert inside.client("own").get(place).status == 404
    assert inside.client("own").post(f"{place}/remove").status == 404
    assert inside.client("agent").post(f"{place}/remove").status == 303
    assert inside.client("agent").get(place).status == 404


@pytest.mark.parametrize("values", [
    {"title": ""}, {"begins": day(3), "ends": day(1)}, {"audience": "company"}, {"audience": "everybody"},
    {"audience": "company", "companies": "cairo"}, {"begins": "soon"}])
def test_what_does_not_fit_is_told(inside, values):
    form = {"title": "Title", "audience": "customers", "text": "", "begins": "", "ends": "", **values}
    assert inside.client("agent").post("/announcements/new", form).status == 422


def test_the_api_tells_customers_no_more_than_the_page(inside):
    announce(inside, audience="company", companies=["horn"])
    announce(inside, "Planned", begins=day(9))
    told = inside.client("stranger", token=True).get("/api/v1/announcements").text
    assert "Closed on Friday" in told and "Planned" not in told and "horn" not in told
    assert "Closed" not in inside.client("own", token=True).get("/api/v1/announcements").text
