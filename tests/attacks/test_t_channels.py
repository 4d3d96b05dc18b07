"""T03, T11, T12: tenants share no state, and what is set for somebody holds at once on every channel."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import yaml

from core.data import credentials, people
from support.canaries import Canaries
from support.inside import ADDRESS, HOSTS, PASSWORD
from support.servers import merged


@pytest.fixture
def birds(inside):
    return Canaries(inside)


# --- T03: across tenants ---


def test_a_session_and_a_key_of_one_tenant_are_nobody_in_another(birds):
    inside = birds.inside
    for short, host in (("agent", HOSTS["globex"]), ("other_admin", HOSTS["acme"])):
        page = inside.guest(host)
        page.cookies.update(inside.client(short).cookies)
        assert page.get("/tickets").location.startswith("/sign-in")
        assert page.get("/people").location.startswith("/sign-in")
        key = inside.client(short, token=True)
        stolen = type(key)(inside, f"http://{host}:8000", key._token)
        assert stolen.get("/api/v1/tickets").status == 401
        for rows in birds.tickets.values():
            assert stolen.get(f"/api/v1/tickets/{rows[0].number}").status == 401


def test_links_of_one_tenant_open_nothing_in_another(inside):
    with inside.scope("acme"):
        secrets = {purpose: credentials.make_token(purpose, inside.person("own").id, lasts=timedelta(hours=1))
                   for purpose in ("reset", "email", "email-old", "verify", "invite")}
    there = inside.guest(HOSTS["globex"])
    for purpose, path in (("reset", "/reset/"), ("verify", "/verify/"), ("invite", "/invite/"),
                          ("email", "/account/email/"), ("email-old", "/account/email/old/")):
        never = there.get(path + "A" * 43)
        found = there.get(path + secrets[purpose])
        assert (found.status, found.text) == (404, never.text)
        assert there.post(path + secrets[purpose], {"password": "another one entirely", "name": "X"}).status == 404


def test_one_address_in_two_tenants_is_two_accounts(inside):
    with inside.scope("globex"):
        twin = people.add_person("Twin", email=ADDRESS["own"], verified=True,
                                 password=credentials.hash_password("twin peaks at night"))
    with inside.scope("acme"):
        people.change_person(inside.person("own").id, password=credentials.hash_password("changed in acme only"))

    def sign_in(host, password):
        return inside.guest(host).post("/sign-in", {"email": ADDRESS["own"], "password": password}).status

    assert sign_in(HOSTS["globex"], "twin peaks at night") == 303
    assert sign_in(HOSTS["globex"], "changed in acme only") == 422
    assert sign_in(HOSTS["acme"], "changed in acme only") == 303
    assert sign_in(HOSTS["acme"], PASSWORD) == 422
    with inside.scope("globex"):
        assert people.person(twin.id).name == "Twin"


# --- T11, T12: what is set for somebody ---


CHANNELS = {"page": "/tickets/{n}", "list": "/tickets", "home": "/", "search": "/search?q={mark}",
            "within": "/tickets?q={mark}", "bell": "/notifications", "api": "/api/v1/tickets/{n}",
            "api list": "/api/v1/tickets", "messages": "/api/v1/tickets/{n}/messages"}


def everywhere(birds, short, row):
    """Say on which channels somebody meets a ticket: it answers, or a page leads to it."""
    inside, found = birds.inside, set()
    page, key = inside.client(short), inside.client(short, token=True)
    leads = re.compile(rf"tickets?/(?:TKT-0*)?{row.number}\b")
    for name, address in CHANNELS.items():
        path = address.format(n=row.number, mark=row.title)
        answer = (key if path.startswith("/api") else page).get(path)
        its_own = name in ("page", "api", "messages")
        if answer.status == 200 and (its_own or leads.search(answer.text) or (
                name == "api list" and row.title in answer.text)):
            found.add(name)
    for identity, held in birds.files.items():
        if held == row.id and page.get(f"/files/{identity}").status == 200:
            found.add("file")
    return found


SETTINGS = {
    "only own records": ("colleague", "person", {"own_only": True}),
    "a window of the person": ("own", "person", {"visible_since": datetime(2100, 1, 1, tzinfo=UTC)}),
    "tickets off for the person": ("own", "person", {"features": {"tickets": False}}),
    "tickets off for the company": ("own", "company", {"features": {"tickets": False}}),
    "a window of the company": ("own", "company", {"visible_since": "2100-01-01"}),
    "the company off": ("own", "company", {"status": "disabled"}),
    "tickets off for everybody": ("own", "tenant", {"features": {"tickets": False}}),
    "another company": ("own", "move", {}),
    "no company": ("own", "leave", {}),
}


def settle(inside, short, where, values):
    """Set something for somebody, as an admin would."""
    person = inside.person(short).id
    if where in ("company", "tenant"):
        changed = {"companies": {"alfreds": values}} if where == "company" else values
        document = merged(yaml.safe_load(inside.yaml.read_text()), {"tenants": {"acme": changed}})
        inside.yaml.write_text(yaml.safe_dump(document))
        assert inside.portal.store.notice()
        return
    with inside.scope("acme"):
        if where == "person":
            people.change_person(person, **values)
        else:
            people.leave(person, people.company("alfreds").id)
        if where == "move":
            people.join(person, people.company("horn").id, "company_admin")


@pytest.mark.parametrize("name", SETTINGS)
def test_a_setting_holds_on_every_channel_at_the_next_request(birds, name):
    short, where, values = SETTINGS[name]
    row = birds.tickets["acme", "own"][0]
    birds.inside.work()
    assert everywhere(birds, short, row) | {"bell"} == {*CHANNELS, "file"}  # colleagues are not told of it
    settle(birds.inside, short, where, values)
    assert everywhere(birds, short, row) == set()
    letters = len(birds.inside.letters)
    agent = birds.inside.client("agent")
    agent.post(f"/tickets/{row.number}/reply", {"body": "A late answer"})
    birds.inside.work()
    assert not [m for m in birds.inside.letters[letters:] if ADDRESS[short] in str(m["To"])]


@pytest.mark.parametrize("how", ["locked out", "removed"])
def test_whoever_is_locked_out_is_out_with_the_next_request(birds, how):
    inside, admin = birds.inside, birds.inside.client("admin")
    page, key = inside.client("own"), inside.client("own", token=True)
    number = birds.tickets["acme", "own"][0].number
    assert (page.get(f"/tickets/{number}").status, key.get("/api/v1/tickets").status) == (200, 200)
    path = f"/people/{inside.person('own').public_id}"
    act = ("/active", {"active": "off"}) if how == "locked out" else ("/remove", {})
    answer = admin.post(path + act[0], act[1])
    assert answer.status == 303
    assert page.get(f"/tickets/{number}").location.startswith("/sign-in")
    assert page.post(f"/tickets/{number}/reply", {"body": "Still here"}).location.startswith("/sign-in")
    assert key.get("/api/v1/tickets").status == 401
    assert key.send_json("POST", f"/api/v1/tickets/{number}/messages", {"body": "Still here"}).status == 401
    assert page.fragment("/tickets").status == 401
    assert inside.guest().post("/sign-in", {"email": ADDRESS["own"], "password": PASSWORD}).status == 422
    assert "Still here" not in inside.client("agent").get(f"/tickets/{number}").text
