"""What a public reply of the team does to a request, as it is usual and as a tenant sets it."""

import pytest

from core.data import people


def settings(**more):
    return {"tenants": {"acme": {"features": {"tickets": {"deadlines": {"normal": 4, "low": 8}, **more}}}}}


def opened(portal, who="own"):
    answer = portal.client(who).post("/tickets/new", {
        "category": "question", "subject": "Printer", "body": "Hello", "priority": "normal"})
    return answer.location.rpartition("/")[2]


def say(portal, who, number="TKT-001", how="page"):
    if how == "page":
        return portal.client(who).post(f"/tickets/{number}/reply", {"body": "So?"})
    return portal.client(who, token=True).send_json("POST", f"/api/v1/tickets/{number}/messages", {"body": "So?"})


def facts(portal, number="TKT-001"):
    told = portal.client("admin", token=True).get(f"/api/v1/tickets/{number}").json
    return told["state"], told["assignee"], bool(told["deadline"])


@pytest.mark.parametrize("how", ["page", "api"])
def test_an_answer_takes_what_nobody_has_waits_and_does_what_was_due(portal_inside, how):
    portal = portal_inside(settings())
    opened(portal)
    assert facts(portal) == ("new", None, True)
    say(portal, "agent", how=how)
    assert facts(portal) == ("waiting", "Ben Agent", False)
    page = portal.client("own").get("/tickets/TKT-001").text
    assert "Ben Agent takes care of this" in page
    assert "Waiting for you" in page
    assert "Answer due" not in page
    say(portal, "admin", how=how)
    assert facts(portal) == ("waiting", "Ben Agent", False), "who has it keeps it"
    say(portal, "own", how=how)
    assert facts(portal) == ("in_progress", "Ben Agent", True), "an answer is due again"


def test_a_note_changes_nothing(portal_inside):
    portal = portal_inside(settings())
    opened(portal)
    portal.client("agent").post("/tickets/TKT-001/note", {"body": "Look"})
    assert facts(portal) == ("new", None, True)


@pytest.mark.parametrize(("answer", "expected"), [
    ({"status": False}, ("new", "Ben Agent", False)),
    ({"status": "in_progress"}, ("in_progress", "Ben Agent", False)),
    ({"assign": False}, ("waiting", None, False)), ({"status": False, "assign": False}, ("new", None, False)),
    ({"status": "gone"}, ("new", "Ben Agent", False))])
def test_a_tenant_says_what_it_does(portal_inside, answer, expected):
    portal = portal_inside(settings(answer=answer))
    opened(portal)
    say(portal, "agent")
    assert facts(portal) == expected
    told = portal.client("admin").get("/settings/general").text
    assert ("answer.status: &#39;gone&#39; is not one of new" in told) is (answer.get("status") == "gone")


def test_a_closed_request_and_one_s_own_stay_as_they_are(portal_inside):
    portal = portal_inside(settings())
    opened(portal)
    opened(portal, "colleague")
    with portal.scope():
        people.change_person(portal.person("colleague").id, role="agent")
    portal.client("admin").post("/tickets/TKT-001/desk", {"status": "closed"})
    say(portal, "agent", "TKT-001")
    say(portal, "colleague", "TKT-002")
    assert [facts(portal, number)[:2] for number in ("TKT-001", "TKT-002")] == [("closed", None), ("new", None)]
