"""Staff ask why somebody can or cannot see a record, on a page and by command, in the same words."""

import html
import json
import re

import pytest
from click.testing import CliRunner

from core.data import access, people
from core.host.cli import main


@pytest.fixture
def ticket(inside):
    with inside.scope("acme", "own"):
        return access.add("ticket", title="A secret title", company=people.company("alfreds").id)


def address(person="own@example.com", permission="tickets.view", record="TKT-001"):
    return f"/people/explain?person={person}&permission={permission}&record={record}"


def refusals(text):
    return re.findall(r'data-term="(\w+)" data-ok="no"', text)


@pytest.mark.parametrize(("person", "why"), [
    ("own@example.com", []), ("colleague@example.com", []), ("agent@example.com", []),
    ("stranger@example.com", ["company"]), ("loner@example.com", ["company", "role_own"]),
    ("guest", ["role", "audience"])])
def test_the_page_says_why(inside, ticket, person, why):
    answer = inside.client("agent").get(address(person))
    assert answer.status == 200
    assert refusals(answer.text) == why
    heading = html.unescape(re.search(r"<h2>(.*?)</h2>", answer.text, re.S)[1])
    assert heading.startswith("No: " if why else "Yes: ")
    assert "A secret title" not in answer.text


def test_roles_and_permissions_are_called_by_words(inside, ticket):
    for person in ("own@example.com", "stranger@example.com", "agent@example.com"):
        page = html.unescape(inside.client("agent").get(address(person, "tickets.reply")).text)
        said = page.partition('id="answer"')[2]
        assert "“Tickets: answer” on TKT-001" in said
        for key in ("tickets.reply", "company_user", "As user"):
            assert key not in said, (person, key)
        assert '<option value="tickets.note">Tickets: read and write notes for the team</option>' in page


def test_what_is_set_for_a_person_and_a_company_is_named(portal_inside):
    inside = portal_inside({"tenants": {"acme": {"companies": {"alfreds": {"features": {"tickets": False}}}}}})
    with inside.scope("acme"):
        ticket = access.add("ticket", title="x", company=people.company("alfreds").id,
                            person=inside.person("own").id)
        people.change_person(inside.person("boss").id, features={"tickets": True})
    staff = inside.client("admin")
    record = f"tickets/{ticket.number}"
    assert refusals(staff.get(address("own@example.com", record=record)).text) == ["company_override"]
    assert refusals(staff.get(address("boss@example.com", record=record)).text) == []
    assert inside.client("own").get("/tickets/1").status == 404
    assert inside.client("boss").get("/tickets/1").status == 200


@pytest.mark.parametrize("short", ["own", "boss", "stranger"])
def test_customers_do_not_find_the_page(inside, ticket, short):
    nothing = inside.client(short).get("/people/explained-nowhere")
    there = inside.client(short).get(address())
    assert (there.status, there.body) == (404, nothing.body)


def test_staff_of_another_tenant_learn_nothing(inside, ticket):
    answer = inside.client("other_admin").get(address())
    assert "Nobody here has this address" in answer.text
    assert "There is no such record" in answer.text
    assert "Thomas" not in answer.text


def test_mistakes_are_named_at_their_field_all_at_once(inside, ticket):
    text = inside.client("agent").get(address("who@example.com", "tickets.vew", "4711")).text
    for name in ("person", "permission", "record"):
        assert f'id="f-{name}-error"' in text
    assert "Did you mean tickets.view" in text
    assert inside.client("agent").get("/people/explain").text.count("-error") == 0


def test_a_fragment_is_the_answer_alone(inside, ticket):
    piece = inside.client("agent").fragment(address(), "answer")
    assert "<html" not in piece.text
    assert "Yes: " in piece.text


def test_one_entry_of_the_navigation_is_the_current_one(inside):
    for path in ("/people/explain", "/people", "/people/invite"):
        here = re.findall(r'<a href="([^"]*)"[^>]* aria-current="page"', inside.client("admin").get(path).text)
        assert set(here) == {"/people/explain" if path == "/people/explain" else "/people"}


def run(inside, *words):
    url = str(inside.portal.place.database)
    done = CliRunner(env={"PARLOUR_DATABASE": url}).invoke(
        main, ["explain", "--portal", str(inside.folder), "--tenant", "acme", *words], catch_exceptions=False)
    return done.exit_code, done.output


def test_the_command_says_the_same(inside, ticket):
    code, text = run(inside, "own@example.com", "tickets.view", "TKT-001")
    assert (code, "allowed." in text, "NO" in text) == (0, True, False)
    code, text = run(inside, "stranger@example.com", "tickets.view", "ticket/TKT-001", "--json")
    told = json.loads(text)
    assert (code, told["allowed"], told["record"]) == (1, False, "TKT-001")
    assert [term["name"] for term in told["terms"] if not term["ok"]] == ["company"]
    page = html.unescape(inside.client("agent").get(address("stranger@example.com")).text)
    assert {(term["name"], term["ok"]) for term in told["terms"]} == {
        (name, ok == "yes") for name, ok in re.findall(r'data-term="(\w+)" data-ok="(\w+)"', page)}
    for term in told["terms"]:
        keys = any(key in term["sentence"] for key in ("tickets.view", "As user", "company_user"))
        assert keys or term["sentence"] in page, "the command says keys, as they are typed; the page says words"


def test_the_command_refuses_what_is_not_there(inside, ticket):
    code, text = run(inside, "nobody@example.com", "tickets.vew", "TKT-999")
    assert code == 1
    assert [line.partition(":")[0] for line in text.splitlines()] == ["person", "permission", "record"]
    assert run(inside, "own@example.com")[0] == 2
