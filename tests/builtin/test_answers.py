"""Canned answers: shared as their writer wants, filled in for one record, out of every customer's sight."""

import re

import pytest

from core.data import answers as stored
from core.data import people

pytestmark = pytest.mark.timeout(120)


def write(inside, who="admin", title="Greeting", body="Hello {first_name}, about {number}:", **more):
    """Let somebody write one, and give its public identifier."""
    client = inside.client(who)
    form = {"title": title, "body": body, "tags": "", **more}
    if who == "admin":
        form.setdefault("shared", "all")
    made = client.post("/answers/new", form)
    assert made.status == 303, made.text
    with inside.scope("acme", who):
        return next(row.public_id for row in stored.offered() if row.title == title)


def ticket(inside, who="own", subject="The {me} lamp"):
    made = inside.client(who).post("/tickets/new", {
        "category": "problem", "subject": subject, "body": "Broken.", "priority": "normal"})
    assert made.status == 303, made.text
    return made.location


def use(client, answer, path, **more):
    return client.post(f"/answers/{answer}/use", {"kind": "ticket", "number": path[9:], **more})


def field(html):
    """Give what stands in the reply's field."""
    return re.search(r'id="f-body"[^>]*>\n?(.*?)</textarea>', html, re.DOTALL)[1]


def test_it_is_filled_in_for_the_record_at_hand_and_counted(inside):
    answer = write(inside, body="Hello {first_name} of {company}, {title} ({number}) {link} {me} {portal}")
    path, agent = ticket(inside), inside.client("agent")
    assert "/answers/for/ticket/" in agent.get(path).text
    offered = agent.get(f"/answers/for/ticket/{path[9:]}").text
    assert "Hello Thomas of Alfreds Futterkiste" in offered
    chosen = use(agent, answer, path)
    assert (chosen.status, chosen.location) == (303, f"{path}?answer={answer}#composer")
    page = agent.get(f"{path}?answer={answer}").text
    assert field(page) == (f"Hello Thomas of Alfreds Futterkiste, The {{me}} lamp ({path[9:]}) "
                           f"http://localhost:8000{path} Ben Agent Acme Support"), "values are not filled in again"
    with inside.scope("acme", "agent"):
        assert stored.find(answer).uses == 1
    agent.get(f"{path}?answer={answer}")
    with inside.scope("acme", "agent"):
        assert stored.find(answer).uses == 1, "looking counts nothing"


def test_with_scripts_it_goes_under_what_is_typed(inside):
    answer, path, agent = write(inside), ticket(inside), inside.client("agent")
    made = agent.post(f"/answers/{answer}/use", {"kind": "ticket", "number": path[9:], "body": "Dear <b>"},
                      headers={"HX-Request": "true", "HX-Target": "f-body"})
    assert made.status == 200 and "<html" not in made.text
    assert field(made.text) == f"Dear &lt;b&gt;\n\nHello Thomas, about {path[9:]}:"


@pytest.mark.engines("sqlite")
def test_the_customers_language_is_used(inside):
    inside.yaml.write_text(inside.yaml.read_text().replace(
        "  acme:\n", "  acme:\n    languages: {offered: [en, de]}\n"))
    answer = write(inside, in_de="Hallo {first_name}")
    path, agent = ticket(inside), inside.client("agent")
    assert "Hello Thomas" in field(agent.get(f"{path}?answer={answer}").text)
    with inside.scope("acme"):
        people.change_person(inside.person("own").id, language="de")
    assert field(agent.get(f"{path}?answer={answer}").text) == "Hallo Thomas"


@pytest.mark.engines("sqlite")
def test_it_may_set_the_status_and_whoever_sends_it_may_leave_that_out(inside):
    answer = write(inside, state="resolved")
    path, agent = ticket(inside), inside.client("agent")
    page = agent.get(f"{path}?answer={answer}").text
    assert 'name="set_status" value="resolved" form="form-body"' in page and "Resolved" in page
    assert agent.post(f"{path}/reply", {"body": "Done.", "set_status": "resolved"}).status == 303
    keyed = inside.client("agent", token=True)
    assert keyed.get(f"/api/v1{path}").json["state"] == "resolved"
    other = ticket(inside)
    assert inside.client("own").post(f"{other}/reply", {"body": "Mine", "set_status": "closed"}).status == 303
    assert keyed.get(f"/api/v1{other}").json["state"] == "new", "a customer's form sets nothing"
    assert agent.post(f"{other}/reply", {"body": "Hm", "set_status": "nonsense"}).status == 303


def test_private_and_team_answers_are_for_those_alone(inside):
    with inside.scope("acme"):
        team = people.ensure_team("billing", "Billing")
    mine = write(inside, "agent", title="My own words")
    teams = write(inside, title="Billing words", shared="team:billing")
    admin, agent = inside.client("admin"), inside.client("agent")
    assert "My own words" in agent.get("/answers").text and "My own words" not in admin.get("/answers").text
    assert admin.get(f"/answers/{mine}").status == 404 and admin.post(f"/answers/{mine}/remove").status == 404
    assert "Billing words" not in agent.get("/answers").text and agent.get(f"/answers/{teams}").status == 404
    path = ticket(inside)
    assert use(agent, teams, path).status == 404 and use(admin, mine, path).status == 404
    assert field(agent.get(f"{path}?answer={teams}").text) == ""
    with inside.scope("acme"):
        people.set_team(team, [inside.person("agent").id])
    assert "Billing words" in agent.get("/answers").text and use(agent, teams, path).status == 303
    assert agent.post(f"/answers/{teams}", {"title": "Taken over", "body": "x", "version": 1}).status == 403
    assert agent.post(f"/answers/{teams}/remove").status == 403


def test_customers_other_tenants_and_guests_meet_nothing(inside):
    answer, path = write(inside, title="Internal wording", body="Never admit {company} is right"), ticket(inside)
    unknown = inside.client("own").get("/answers/AAAAAAAAAAAAAAAAAAAAAA")
    for who in ("own", "boss", "stranger", "other"):
        client = inside.client(who)
        for address in ("/answers", "/answers/new", f"/answers/{answer}", f"/answers/for/ticket/{path[9:]}"):
            assert client.get(address).status == unknown.status == 404
        assert use(client, answer, path).status == 404
        assert client.post("/answers/new", {"title": "x", "body": "y", "shared": "all"}).status == 404
        page = client.get(f"{path}?answer={answer}")
        assert not any(word in page.text for word in ("Internal wording", "Never admit", "/answers"))
        assert "Internal" not in client.get("/search?q=admit").text.replace("Internal wording", "Internal")
    assert inside.guest().get("/answers").status in (303, 401)
    elsewhere = inside.client("other_admin")
    assert elsewhere.get(f"/answers/{answer}").status == 404 and use(elsewhere, answer, path).status == 404
    assert "Internal wording" not in elsewhere.get("/answers").text


def test_nobody_fills_in_a_record_they_may_not_see(inside):
    answer = write(inside)
    path, agent = ticket(inside), inside.client("agent")
    inside.client("admin").post("/settings/roles/agent", {
        "do": "save", "was.roles.agent.tickets.view": "?", "roles.agent.tickets.view": "none"})
    assert use(agent, answer, path).status == 404
    assert agent.get(f"/answers/for/ticket/{path[9:]}").status == 404
    assert agent.get("/answers/for/nothing/1").status == 404


@pytest.mark.engines("sqlite")
def test_what_stands_for_nothing_is_refused_and_the_preview_fills_in(inside):
    admin = inside.client("admin")
    wrong = admin.post("/answers/new", {"title": "T", "body": "{password} {customer}", "shared": "all"})
    assert wrong.status == 422 and "{password} stands for nothing" in wrong.text
    shown = admin.post("/answers/new", {
        "title": "T", "body": "Hello {customer}", "shared": "all", "do": "preview"})
    assert shown.status == 200 and "Hello Maria Anders" in shown.text
    with inside.scope("acme", "admin"):
        assert stored.offered() == []
    forced = inside.client("agent").post("/answers/new", {"title": "For all", "body": "b", "shared": "all"})
    assert forced.status == 303
    with inside.scope("acme", "admin"):
        assert stored.offered() == [], "an agent's are their own, whatever the form says"


@pytest.mark.engines("sqlite")
def test_two_who_change_one_at_once_hear_of_each_other(inside):
    answer, admin = write(inside), inside.client("admin")
    form = {"title": "Greeting", "body": "Hi", "shared": "all", "version": 1}
    assert admin.post(f"/answers/{answer}", form).status == 303
    late = admin.post(f"/answers/{answer}", form | {"body": "Late"})
    assert late.status == 409 and "Late" in late.text
    assert admin.post(f"/answers/{answer}/remove").status == 303
    assert admin.get(f"/answers/{answer}").status == 404


@pytest.mark.engines("sqlite")
def test_they_come_by_import(inside):
    part = inside.portal.built.registry.imports["answer"]
    with inside.scope("acme"):
        row = {"title": "From elsewhere", "body": "Hello {customer}", "external_id": "1", "known": None,
               "changed": False}
        done, key = part.call(row)[:2]
        assert done == "created" and stored.find(key).shared == "all"
        assert part.call(row | {"known": key})[0] == "skipped"
        assert part.call(row | {"known": key, "changed": True, "title": "New"})[0] == "updated"
        assert stored.find(key).title == "New"
