"""Announcements: for whom, from and until, on every channel; text with form, and nothing that runs."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from core.builtin.announcements import service
from core.data import consents, db, people
from core.data.db import now

PLAIN = {"where": "portal", "sort": "notice"}


def day(more):
    return (now() + timedelta(days=more)).date().isoformat()


def announce(inside, title="Closed on Friday", **values):
    form = {"title": title, "audience": "customers", "text": "", "begins": "", "ends": "", **PLAIN, **values}
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
    form = {"title": "Open on Friday", "audience": "staff", "text": "", "begins": "", "ends": "", **PLAIN}
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
    form = {"title": "Title", "audience": "customers", "text": "", "begins": "", "ends": "", **PLAIN, **values}
    assert inside.client("agent").post("/announcements/new", form).status == 422


def test_the_api_tells_customers_no_more_than_the_page(inside):
    announce(inside, audience="company", companies=["horn"])
    announce(inside, "Planned", begins=day(9))
    told = inside.client("stranger", token=True).get("/api/v1/announcements").text
    assert "Closed on Friday" in told and "Planned" not in told and "horn" not in told
    assert "Closed" not in inside.client("own", token=True).get("/api/v1/announcements").text


def letters(inside, short):
    return [one for one in inside.letters_to(f"{short}@example.com") if "Price list" in str(one["subject"])
            and one["to"].addresses[0].addr_spec == f"{short}@example.com"]


def mailed(inside, **values):
    place = announce(inside, "Price list", **{"where": "both", "text": "It **changes**.", **values})
    assert "Nobody has seen it yet" in inside.client("agent").get(place).text
    return place


def publish(inside, place, short="agent"):
    answer = inside.client(short).post(f"{place}/publish")
    assert answer.status == 303, answer.text
    inside.work()
    return inside.client("agent").get(place).text


def test_a_letter_waits_for_a_yes_and_reaches_each_once(inside):
    place = mailed(inside)
    inside.work()
    assert letters(inside, "own") == [] and inside.client("own").get(place).status == 404
    page = inside.client("agent").get(place).text
    assert "6 letters go out" in page
    page = publish(inside, place)
    for short in ("own", "stranger", "loner"):
        (letter,) = letters(inside, short)
        assert "List-Unsubscribe" in letter
        assert "changes" in letter.get_body(("plain",)).get_content()
        assert "<strong>changes</strong>" in letter.get_body(("html",)).get_content()
    assert letters(inside, "agent") == [] and letters(inside, "other") == []
    assert "Sent" in page and inside.client("own").get(place).status == 200
    publish(inside, place)
    inside.client("agent").post(f"{place}/edit", {"title": "Price list", "audience": "customers", **PLAIN,
                                                  "where": "both", "text": "Again", "begins": "", "ends": ""})
    inside.work()
    assert len(letters(inside, "own")) == 1
    assert "Price list" in inside.client("own").get("/notifications").text


def test_news_go_to_those_alone_who_asked_for_them(inside):
    with inside.scope():
        for short in ("own", "stranger"):
            consents.say(inside.person(short).id, "mail", yes=True, source="account", wording="News by e-mail")
        people.change_person(inside.person("stranger").id, preferences={
            **(inside.person("stranger").preferences or {}), "channels": {"announcements.news": {"mail": False}}})
    place = mailed(inside, sort="news")
    page = inside.client("agent").get(place).text
    assert "1 letter goes out" in page and "Has opted out: 1" in page and "Has not asked for news: 4" in page
    publish(inside, place)
    assert [len(letters(inside, short)) for short in ("own", "stranger", "loner")] == [1, 0, 0]


@pytest.mark.parametrize(("values", "reached"), [
    ({"audience": "company", "companies": ["horn"]}, {"stranger", "horn_boss"}),
    ({"audience": "roles", "where": "mail", "roles": ["company_admin"]}, {"boss", "horn_boss"}),
    ({"audience": "people", "where": "mail", "people": "own@example.com\nloner@example.com"}, {"own", "loner"}),
    ({"audience": "staff"}, {"agent", "admin"})])
def test_letters_reach_whom_they_are_meant_for(inside, values, reached):
    publish(inside, mailed(inside, **values))
    shorts = ("own", "boss", "colleague", "stranger", "horn_boss", "loner", "agent", "admin", "other")
    assert {short for short in shorts if letters(inside, short)} == reached


@pytest.mark.parametrize("values", [{"audience": "people", "people": "own@example.com"},
                                    {"audience": "roles", "roles": ["company_admin"]}])
def test_chosen_people_and_roles_are_refused_a_page_aloud(inside, values):
    agent = inside.client("agent")
    form = {"title": "Price list", "text": "It **changes**.", "sort": "notice", **values}
    for where in ("portal", "both"):
        answer = agent.post("/announcements/new", {**form, "where": where})
        assert answer.status == 422 and "f-where-error" in answer.text and "By mail alone" in answer.text
        assert "It **changes**." in answer.text and (values.get("people") or "company_admin") in answer.text
    place = agent.post("/announcements/new", {**form, "where": "mail"}).location
    assert agent.post(f"{place}/edit", {**form, "where": "both"}).status == 422
    missing = agent.post("/announcements/new", {"title": "Price list", "where": "mail", "sort": "notice",
                                                "audience": values["audience"]})
    assert missing.status == 422 and f"f-{values['audience']}-error" in missing.text


def test_each_reads_their_own_language(portal_inside):
    desk = portal_inside({"languages": {"offered": ["en", "de", "ar"], "default": "en"}})
    with desk.scope():
        for short, code in (("own", "de"), ("loner", "ar")):
            people.change_person(desk.person(short).id, language=code)
    place = announce(desk, "Price list", where="both", text="New", title_de="Price list: Preise", text_de="Neu")
    publish(desk, place)
    assert ["Price list: Preise" in str(letters(desk, short)[0]["subject"]) for short in ("own", "loner")] == [
        True, False]
    assert "Neu" in desk.client("own").get(place, headers={"Accept-Language": "de"}).text
    assert "Neu" in desk.client("agent").get(f"{place}/letter?in=de").text
    assert desk.client("own").get(f"{place}/letter").status == 404


def test_a_plan_goes_out_in_the_tenants_time_also_when_the_clock_changes(portal_inside, monkeypatch):
    desk = portal_inside({"time_zone": "Europe/Berlin"})
    place = mailed(desk, begins="2027-03-28", at="02:30")
    desk.client("agent").post(f"{place}/publish")
    for moment, sent in (("2027-03-28T01:29:00+00:00", 0), ("2027-03-28T01:31:00+00:00", 1)):
        for room in ("core.data.moments", service.__name__):
            monkeypatch.setattr(f"{room}.now", lambda moment=moment: datetime.fromisoformat(moment))
        with desk.scope():
            service.turn()
        desk.work()
        assert len(letters(desk, "own")) == sent, moment


def test_somebody_may_try_it_on_themselves(inside):
    place = mailed(inside)
    assert inside.client("agent").post(f"{place}/test").status == 303
    inside.work()
    assert len(letters(inside, "agent")) == 1 and letters(inside, "own") == []
    for verb in ("test", "publish"):
        assert inside.client("own").post(f"{place}/{verb}").status == 404
        assert inside.client("other_admin").post(f"{place}/{verb}").status == 404


def test_chosen_people_get_one_from_their_list_once(inside):
    place = mailed(inside, audience="people", where="mail", people="own@example.com")
    publish(inside, place)
    number = place.rpartition("-")[2].lstrip("0")
    with inside.scope():
        ids = [people.by_address(f"{short}@example.com").public_id for short in ("own", "loner")]
    answer = inside.client("admin").post("/people/bulk", {"id": ids, "act": "announcements.send",
                                                          "announcement": number})
    inside.client("admin").post(f"{answer.location}/start")
    inside.work()
    assert [len(letters(inside, short)) for short in ("own", "loner")] == [1, 1]
