"""A new request: the form per category, for whom it is, what the rules and teams make of it."""

import re

from core.data import people

SETTINGS = {"features": {"tickets": {
    "teams": {"service": {"name": "Service", "members": ["agent@example.com"]}, "billing": "Billing"},
    "categories": {
        "question": "A question",
        "problem": {"label": "Broken", "team": "service", "form": {"fields": {"serial": "Serial number"}}},
        "billing": {"label": "An invoice", "team": "billing", "form": {
            "required": ["invoice"], "hidden": ["priority"], "labels": {"body": "What is wrong with it?"},
            "fields": {"invoice": {"label": "Invoice number"}}}}},
    "deadlines": {"urgent": 4},
    "rules": [{"when": {"subject_contains": ["outage"]}, "assign": "agent@example.com", "priority": "urgent"},
              {"when": {"category": ["billing"], "company": "horn"}, "assign": "service"}]}}}


def ask(who, **form):
    return who.post("/tickets/new", {"category": "question", "subject": "A word", "body": "Hello", **form})


def facts(portal, number="TKT-001", as_="agent"):
    return portal.client(as_, token=True).get(f"/api/v1/tickets/{number}").json


def test_a_request_is_stored_shown_and_confirmed(inside):
    me = inside.client("own")
    form = me.get("/tickets/new")
    assert form.status == 200
    assert 'name="category"' in form.text and 'name="subject"' in form.text and 'name="priority"' in form.text
    answer = ask(me, subject="Printer stops", body="It <b>blinks</b>.", priority="high")
    assert (answer.status, answer.location) == (303, "/tickets/TKT-001")
    page = me.follow(answer)
    assert "Thanks, Thomas." in page.text
    assert "It &lt;b&gt;blinks&lt;/b&gt;." in page.text
    assert facts(inside)["priority"] == "high"
    assert facts(inside)["origin"] == "portal"
    (letter,) = inside.letters_to("own@example.com")
    assert letter["Subject"] == "[TKT-001] Printer stops"
    staff = [str(one["To"]) for one in inside.letters]
    assert any("agent@example.com" in to for to in staff) and any("admin@example.com" in to for to in staff)


def test_what_is_missing_is_said_and_nothing_typed_is_lost(inside):
    answer = ask(inside.client("own"), subject="", body="A long story", priority="high")
    assert answer.status == 422
    assert "A long story" in answer.text
    assert 'href="#f-subject"' in answer.text
    assert re.search(r'value="high"[^>]*(selected|checked)', answer.text)


def test_each_category_has_its_own_form_with_scripts_and_without(portal_inside):
    portal = portal_inside({"tenants": {"acme": SETTINGS}})
    me = portal.client("own")
    assert 'name="invoice"' not in me.get("/tickets/new?category=question").text
    drawn = me.post("/tickets/new", {"category": "billing", "subject": "Twice", "body": "Typed", "_draw": "1"})
    assert drawn.status == 200
    assert 'name="invoice"' in drawn.text and 'name="priority"' not in drawn.text
    assert "What is wrong with it?" in drawn.text and "Typed" in drawn.text and "Twice" in drawn.text
    piece = me.send("POST", "/tickets/new", b"category=problem&body=Typed&_draw=1", headers={
        "HX-Request": "true", "HX-Target": "fields", "Content-Type": "application/x-www-form-urlencoded"})
    assert piece.text.lstrip().startswith('<div id="fields"') and 'name="serial"' in piece.text
    assert 'name="category"' not in piece.text
    refused = ask(me, category="billing")
    assert refused.status == 422 and 'href="#f-invoice"' in refused.text
    assert ask(me, category="billing", invoice="INV-7").status == 303
    page = me.get("/tickets/TKT-001")
    assert "Invoice number" in page.text and "INV-7" in page.text


def test_rules_decide_from_the_top_then_the_category_then_nobody(portal_inside):
    portal = portal_inside({"tenants": {"acme": SETTINGS}})
    ask(portal.client("own"), category="billing", invoice="1", subject="An OUTAGE again")
    ask(portal.client("stranger"), category="billing", invoice="2")
    ask(portal.client("own"), category="billing", invoice="3")
    ask(portal.client("own"))
    found = [facts(portal, f"TKT-00{n}") for n in (1, 2, 3, 4)]
    assert [(one["assignee"], one["team"], one["priority"]) for one in found] == [
        ("Ben Agent", None, "urgent"), (None, "service", "normal"), (None, "billing", "normal"),
        (None, None, "normal")]
    assert found[0]["deadline"] and not found[1]["deadline"]


def test_settings_that_do_not_fit_leave_a_working_form_and_are_told_to_admins(portal_inside):
    portal = portal_inside({"tenants": {"acme": {"features": {"tickets": {
        "categories": {"a": {"label": "A", "team": "nobody", "form": {"order": ["nothing"]}}},
        "rules": [{"when": {"category": "b"}, "assign": "gone@example.com"},
                  {"assign": "left@example.com", "priority": "nope"}]}}}}})
    assert ask(portal.client("own"), category="a").status == 303
    assert facts(portal)["assignee"] is None
    told = portal.client("admin").get("/inbox").text
    for word in ("categories.a.team", "rules[0].when.category", "rules[1].priority", "categories.a.form"):
        assert word in told
    assert "rules[1].priority" not in portal.client("agent").get("/inbox").text


def test_somebody_of_several_companies_chooses_one_of_theirs(inside):
    with inside.scope():
        people.join(inside.person("own").id, people.company("horn").id, "user")
    me = inside.client("own")
    assert "Around the Horn" in me.get("/tickets/new").text
    assert ask(me).status == 422
    assert ask(me, company="cairo").status == 422
    assert ask(me, company="horn").status == 303
    assert inside.client("horn_boss").get("/tickets/TKT-001").status == 200
    assert inside.client("boss").get("/tickets/TKT-001").status == 404


def test_staff_open_a_request_for_a_customer_or_a_company(inside):
    staff = inside.client("agent")
    assert ask(staff).status == 422
    assert ask(staff, requester="nobody@example.com").status == 422
    assert ask(staff, requester="admin@example.com").status == 422
    assert ask(staff, requester="own@example.com", company="horn").status == 422
    assert ask(staff, requester="own@example.com").status == 303
    assert ask(staff, company="horn").status == 303
    assert facts(inside)["origin"] == "staff"
    assert inside.client("own").get("/tickets/TKT-001").status == 200
    assert inside.client("stranger").get("/tickets/TKT-002").status == 200
    assert inside.client("own").get("/tickets/TKT-002").status == 404
    assert "opened this request for you" in inside.letters_to("own@example.com")[0].as_string()


def test_nobody_sets_what_is_not_theirs(inside):
    me = inside.client("own", token=True)
    answer = me.send_json("POST", "/api/v1/tickets", {"subject": "A", "body": "B", "assignee": "own@example.com"})
    assert answer.status == 422 and answer.json["errors"][0]["path"] == "assignee"
    ask(inside.client("own"), assignee="own@example.com", status="closed", requester="boss@example.com",
        origin="mail", team="x", person="1")
    found = facts(inside)
    assert (found["assignee"], found["category"], found["requester"], found["origin"]) == (
        None, "open", "Thomas Hardy", "portal")


def test_sending_a_form_twice_opens_one_request(inside):
    me = inside.client("own")
    first, second = (ask(me, _once="a-key-of-enough-length") for _turn in (1, 2))
    assert first.location == second.location == "/tickets/TKT-001"
    assert me.get("/tickets/TKT-002").status == 404
