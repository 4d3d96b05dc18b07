"""Resolving, replying to what is closed, editing one's own request: the same on the page and in the API."""

import threading
from contextlib import suppress
from datetime import timedelta

import pytest

from core.data import access, conversation
from core.data.db import now


def settings(**more):
    return {"tenants": {"acme": {"features": {"tickets": more}}}}


def ask(portal, who="own", **form):
    answer = portal.client(who).post("/tickets/new", {
        "category": "question", "subject": "Printer", "body": "Hello", **form})
    assert answer.status == 303, answer.text
    return answer.location.rpartition("/")[2]


def close(portal, number="TKT-001", days=0):
    portal.client("agent").post(f"/tickets/{number}/desk", {"status": "closed"})
    with portal.scope():
        ticket = access.find("ticket", number)
        past = int((now() - timedelta(days=days)).timestamp())
        access.change("ticket", ticket.id, "view", body={"settled": past})


def api(portal, who="own"):
    return portal.client(who, token=True)


def state(portal, number="TKT-001"):
    return api(portal, "agent").get(f"/api/v1/tickets/{number}").json["category"]


def say(portal, channel, who="own", number="TKT-001", body="Once more"):
    if channel == "page":
        return portal.client(who).post(f"/tickets/{number}/reply", {"body": body})
    return api(portal, who).send_json("POST", f"/api/v1/tickets/{number}/messages", {"body": body})


CHANNELS = pytest.mark.parametrize("channel", ["page", "api"])


@CHANNELS
def test_a_reply_within_the_days_opens_it_again(inside, channel):
    ask(inside)
    close(inside, days=13)
    assert say(inside, channel).status in (303, 201)
    assert state(inside) == "open"
    assert "opened this again" in inside.client("own").get("/tickets/TKT-001").text
    assert api(inside, "agent").get("/api/v1/tickets/TKT-001").json["settled"] is None


@CHANNELS
def test_a_later_reply_begins_a_follow_up_that_points_back(inside, channel):
    ask(inside, category="order", priority="high")
    close(inside, days=15)
    own = inside.client("own")
    assert "begins a new one" in own.get("/tickets/TKT-001").text
    answer = say(inside, channel, body="It broke again")
    assert answer.location == {"page": "/tickets/TKT-002", "api": "/api/v1/tickets/TKT-002"}[channel]
    assert (state(inside), state(inside, "TKT-002")) == ("closed", "open")
    follow = own.get("/tickets/TKT-002").text
    assert "It broke again" in follow and "This follows TKT-001" in follow
    old = own.get("/tickets/TKT-001").text
    assert "It goes on in TKT-002" in old and "It broke again" not in old
    assert api(inside).get("/api/v1/tickets/TKT-002").json["topic"] == "order"


@CHANNELS
def test_follow_up_may_be_the_rule_from_the_first_day(portal_inside, channel):
    portal = portal_inside(settings(reopen="follow-up"))
    ask(portal)
    close(portal)
    assert say(portal, channel).location.endswith("TKT-002")


@CHANNELS
def test_a_reply_may_be_refused_and_changes_nothing(portal_inside, channel):
    portal = portal_inside(settings(reopen={"mode": "refuse"}))
    ask(portal)
    close(portal)
    page = portal.client("own").get("/tickets/TKT-001").text
    assert "Start a new request" in page and "/reply" not in page
    answer = say(portal, channel, body="My long story")
    assert answer.status == 409 and "takes no more replies" in answer.text
    assert state(portal) == "closed"
    assert len(api(portal).get("/api/v1/tickets/TKT-001/messages").json["items"]) == 2
    assert portal.client("own").get("/tickets/TKT-002").status == 404
    assert say(portal, "page", "agent").status == 303
    assert state(portal) == "closed"


def test_who_may_not_see_the_old_one_is_not_told_of_it(inside):
    ask(inside, "boss")
    close(inside, days=20)
    say(inside, "page", "colleague")
    assert "TKT-001" in inside.client("boss").get("/tickets/TKT-002").text
    assert inside.client("own").get("/tickets/TKT-002").status == 404


@CHANNELS
def test_customers_mark_their_request_as_resolved(inside, channel):
    ask(inside)
    if channel == "page":
        assert "Mark as resolved" in inside.client("own").get("/tickets/TKT-001").text
        again = [inside.client("own").post("/tickets/TKT-001/resolve", {}) for _turn in (1, 2)]
        assert [answer.status for answer in again] == [303, 409]
    else:
        again = [api(inside).send_json("PATCH", "/api/v1/tickets/TKT-001", {"status": "resolved"})
                 for _turn in (1, 2)]
        assert [answer.status for answer in again] == [200, 409]
    assert state(inside) == "resolved"
    own = inside.client("own")
    assert "TKT-001" not in own.get("/tickets").text and "TKT-001" in own.get("/tickets?show=closed").text
    assert "Thomas Hardy marked this as resolved" in own.get("/tickets/TKT-001").text
    assert api(inside).get("/api/v1/tickets/TKT-001").json["time_taken"] == 0


def test_customers_change_nothing_else(inside):
    ask(inside)
    before = api(inside, "agent").get("/api/v1/tickets/TKT-001").json
    for change in ({"status": "closed"}, {"status": "in_progress"}, {"status": "x"}, {"status": 7},
                   {"priority": "high"}, {"assignee": "agent@example.com"}, {"team": ""}, {"solution": "Mine"},
                   {"version": 1}, {"category": "order"}, {"deadline": None}):
        answer = api(inside).send_json("PATCH", "/api/v1/tickets/TKT-001", change)
        assert answer.status == 422 and answer.json["errors"], change
    assert api(inside, "agent").get("/api/v1/tickets/TKT-001").json == before


def test_customers_edit_what_the_tenant_lets_them_while_it_is_open(portal_inside):
    portal = portal_inside(settings(editable=["subject", "serial"], fields={
        "serial": "Serial number", "risk": {"label": "Risk", "internal": True}}))
    ask(portal, serial="1", risk="mine")
    own = portal.client("own")
    form = own.get("/tickets/TKT-001/edit").text
    assert 'name="subject"' in form and 'name="serial"' in form
    assert 'name="priority"' not in form and 'name="risk"' not in form
    assert own.post("/tickets/TKT-001/edit", {"subject": "", "serial": "2"}).status == 422
    assert own.post("/tickets/TKT-001/edit", {"subject": "Scanner", "serial": "2", "risk": "x"}).status == 303
    told = api(portal).get("/api/v1/tickets/TKT-001").json
    assert (told["title"], told["fields"]) == ("Scanner", {"serial": "2"})
    again = api(portal).send_json("PATCH", "/api/v1/tickets/TKT-001", {"serial": "3"})
    assert again.json["fields"] == {"serial": "3"}
    assert portal.client("colleague").get("/tickets/TKT-001/edit").status in (403, 404)
    api(portal, "agent").send_json("PATCH", "/api/v1/tickets/TKT-001", {"risk": "high"})
    for channel in (own.get("/tickets/TKT-001").text, own.get("/tickets/TKT-001/edit").text,
                    api(portal).get("/api/v1/tickets/TKT-001").text):
        assert "high" not in channel.lower()
    assert "Risk" in portal.client("agent").get("/tickets/TKT-001").text
    close(portal)
    assert own.post("/tickets/TKT-001/edit", {"subject": "Late", "serial": "4"}).status == 409


def test_staff_change_all_of_it_through_the_api(inside):
    ask(inside)
    staff = api(inside, "agent")
    before = staff.get("/api/v1/tickets/TKT-001").json
    after = staff.send_json("PATCH", "/api/v1/tickets/TKT-001", {
        "status": "in_progress", "assignee": "agent@example.com", "priority": "urgent", "deadline": "2031-01-02",
        "cause": "Dust", "subject": "New words", "version": before["version"]})
    assert after.status == 200
    told = after.json
    assert (told["state"], told["status"], told["assignee"], told["priority"], told["title"], told["cause"]) == (
        "in_progress", "In progress", "Ben Agent", "urgent", "New words", "Dust")
    assert told["deadline"].startswith("2031-01-0")
    stale = staff.send_json("PATCH", "/api/v1/tickets/TKT-001", {"priority": "low", "version": before["version"]})
    assert stale.status == 409
    assert staff.send_json("PATCH", "/api/v1/tickets/TKT-001", {"tenant": 1}).status == 422


def test_customers_see_the_facts_the_tenant_shows(portal_inside):
    portal = portal_inside(settings(shown=["priority"]))
    ask(portal)
    api(portal, "agent").send_json("PATCH", "/api/v1/tickets/TKT-001", {
        "assignee": "agent@example.com", "cause": "Canary", "status": "closed"})
    page, told = portal.client("own").get("/tickets/TKT-001").text, api(portal).get("/api/v1/tickets/TKT-001").json
    assert "Ben Agent" not in page.replace("Ben Agent set this to", "") and "Canary" not in page
    assert "Priority" in page and "priority" in told
    assert not {"assignee", "cause", "deadline", "origin", "team", "version", "time_taken"} & set(told)


def test_a_customers_answer_takes_a_waiting_request_up_again(inside):
    ask(inside)
    inside.client("agent").post("/tickets/TKT-001/desk", {"status": "waiting"})
    say(inside, "page", "agent")
    assert state(inside) == "waiting"
    say(inside, "page")
    assert state(inside) == "in_progress", "whoever answered first has it"
    inside.client("agent").post("/tickets/TKT-001/desk", {"status": "waiting", "assignee": ""})
    say(inside, "page")
    assert state(inside) == "open", "nobody has it"


def test_staff_notes_through_the_api_only_when_said_so_plainly(inside):
    ask(inside)
    staff = api(inside, "agent")
    where = "/api/v1/tickets/TKT-001/messages"
    assert staff.send_json("POST", where, {"body": "Secret", "internal": "true"}).status == 422
    assert staff.send_json("POST", where, {"body": "Secret", "internal": True}).json["internal"] is True
    assert api(inside).send_json("POST", where, {"body": "x", "internal": True}).status == 422
    assert "Secret" not in api(inside).get(where).text


def test_of_two_replies_at_one_moment_one_reopens(inside, monkeypatch):
    ask(inside)
    close(inside)
    together, write = threading.Barrier(2), conversation.add_entry

    def wait_for_the_other(*args, **how):
        with suppress(threading.BrokenBarrierError):
            together.wait(1)
        return write(*args, **how)

    monkeypatch.setattr(conversation, "add_entry", wait_for_the_other)
    answers = inside.parallel(lambda: say(inside, "page"), lambda: say(inside, "page", "boss"))
    assert [answer.status for answer in answers] == [303, 303]
    with inside.scope():
        entries = conversation.entries(access.find("ticket", 1), internal=True)
    assert [entry.data["what"] for entry in entries if entry.kind == "event"].count("reopened") == 1
    assert sum(entry.body == "Once more" for entry in entries) == 2
