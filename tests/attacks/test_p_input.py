"""P02, P05, P06: nobody writes what no form offers, answers hold what is documented, tricks open nothing."""

import re

import pytest

from core.data import access, db, people

PROTECTED = {
    "role": "admin", "is_staff": "true", "tenant": "2", "tenant_id": "2", "company": "horn", "company_id": "2",
    "person": "1", "person_id": "1", "verified": "true", "active": "true", "own_only": "false", "features": "{}",
    "visible_since": "", "password": "taken over by me", "must_change": "false", "created": "2000-01-01",
    "created_at": "0", "changed": "0", "public_id": "mine", "id": "1", "number": "4711", "kind": "article",
    "audience": "public", "state": "closed", "category_of_state": "closed", "assignee": "agent@example.com",
    "team": "first", "internal": "false", "visible": "true", "author": "1", "by_staff": "true", "origin": "phone",
    "version": "99", "staff_version": "99", "balance": "1000000", "permissions": "admin", "scopes": "*",
}
KEPT = ("tenant_id", "public_id", "role", "password", "must_change", "verified", "active", "own_only",
        "visible_since", "features", "created")


def row_of(table, key, columns="*"):
    return db.db.run(f"SELECT {columns} FROM {table} WHERE id = {key}", ()).fetchone()


@pytest.fixture
def ticket(inside):
    with inside.scope("acme", "own"):
        return access.add("ticket", title="Mine", company=people.company("alfreds").id, state="open")


@pytest.mark.parametrize("short", ["own", "boss", "agent"])
def test_details_take_no_protected_field(inside, short):
    person = inside.person(short).id
    before = row_of("person", person, ", ".join(KEPT))
    members = db.db.run(f"SELECT * FROM membership WHERE person_id = {person}", ()).fetchall()
    client = inside.client(short)
    client.post("/account", {**PROTECTED, "name": "Renamed", "language": "en"})
    assert row_of("person", person, ", ".join(KEPT)) == before
    assert db.db.run(f"SELECT * FROM membership WHERE person_id = {person}", ()).fetchall() == members
    assert inside.person(short).name == "Renamed"


def test_a_new_ticket_is_its_authors_whatever_is_sent(inside):
    client, key = inside.client("own"), inside.client("own", token=True)
    topic = re.search(r'name="category" value="(\w+)"', client.get("/tickets/new").text)[1]
    form = {**PROTECTED, "subject": "By form", "body": "x", "category": topic}
    assert client.post("/tickets/new", form).status == 303
    answer = key.send_json("POST", "/api/v1/tickets", {**PROTECTED, "subject": "By program", "body": "x"})
    assert answer.status == 422
    unknown = {error["path"] for error in answer.json["errors"] if error["code"] == "unknown"}
    assert unknown >= {"role", "tenant_id", "company_id", "audience", "created", "number", "person_id"}
    ((number, company, person, audience, state, kind, tenant),) = db.db.run(
        "SELECT number, company_id, person_id, audience, state, kind, tenant_id FROM record", ()).fetchall()
    with inside.scope("acme") as scope:
        assert (number, audience, kind) == (1, "private", "ticket")
        assert state != PROTECTED["state"]
        assert (company, person, tenant) == (
            people.company("alfreds").id, inside.person("own").id, scope.tenant_id)
        assert access.find("ticket", 1).assignee is None


def test_a_reply_and_an_edit_take_no_protected_field(inside, ticket):
    kept = "tenant_id, kind, number, company_id, person_id, audience, state, created"
    before = row_of("record", ticket.id, kept)
    client, key = inside.client("own"), inside.client("own", token=True)
    assert client.post("/tickets/1/reply", {**PROTECTED, "body": "Hello"}).status == 303
    client.post("/tickets/1/edit", {**PROTECTED, "subject": "Better"})
    for method, path in (("POST", "/api/v1/tickets/1/messages"), ("PATCH", "/api/v1/tickets/1")):
        for name, value in PROTECTED.items():
            assert key.send_json(method, path, {"body": "x", name: value}).status == 422, (method, name)
    assert row_of("record", ticket.id, kept) == before
    ((internal, staff, origin, author),) = db.db.run(
        "SELECT internal, by_staff, origin, author_id FROM message WHERE kind = 'message'", ()).fetchall()
    assert (bool(internal), bool(staff), author) == (False, False, inside.person("own").id)
    assert origin != "phone"


def test_a_company_admin_makes_nobody_staff(inside):
    boss, own = inside.client("boss"), inside.person("own")
    for role in ("admin", "agent", "operator", "", "guest"):
        boss.post(f"/account/company/alfreds/people/{own.public_id}", {"role": role, **PROTECTED, "role ": role})
        assert inside.person("own").role == ""
        boss.post("/account/company/alfreds/invite", {"email": f"x{role}@example.com", "role": role, "name": "X"})
    assert boss.post("/account/company/horn/invite", {"email": "y@example.com", "role": "user"}).status == 404
    held = [row[0] for row in db.db.run("SELECT data FROM token WHERE purpose = 'invite'", ()).fetchall()]
    assert not [data for data in held if re.search(r'"(agent|admin|operator)"', str(data))]


def test_an_agent_makes_no_admin(inside):
    agent = inside.client("agent")
    letter = {"email": "z@example.com", "role": "admin", "name": "Z"}
    assert agent.post("/people/invite", letter).status in (403, 422)
    assert agent.post(f"/people/{inside.person('agent').public_id}", {"role": "admin", "name": "B"}).status == 404
    assert inside.person("agent").role == "agent"


def test_answers_hold_documented_fields_only(inside, ticket):
    """P05: nothing of hashes, tokens, keys of rows, other people's addresses."""
    key = inside.client("boss", token=True)
    key.send_json("POST", "/api/v1/tickets/1/messages", {"body": "Hello"})
    text = "".join(key.get(f"/api/v1/tickets{path}").text for path in ("", "/1", "/1/messages"))
    for secret in ("argon2", "own@example.com", "password", "tenant", "_id\"", "staff_version", "sha256", "stored",
                   "email_key", "internal"):
        assert secret not in text, secret
    page = inside.client("stranger").get("/account/company/alfreds")
    assert page.status == 404
    for query in ("?sort=password", "?password=$argon2", "?email=own@example.com", "?fields=password"):
        answer = key.get(f"/api/v1/tickets{query}")
        assert answer.status in (200, 422)
        assert "argon2" not in answer.text


TRICKS = ("/tickets/1.json", "//tickets/1", "/tickets//1", "/tickets/1/", "/x/..;/tickets/1", "/tickets/1;x=1",
          "/tickets/1%00", "/tickets/%2e%2e/people", "/TICKETS/1", "/api/v1/tickets/1.json", "/api/v1//tickets/1",
          "/api/v2/tickets/1", "/admin", "//admin", "/people/../tickets/1", "/static/../../portal.yaml",
          "/static/%2e%2e/%2e%2e/portal.yaml", "/files/../tickets/1")


@pytest.mark.parametrize("path", TRICKS)
def test_odd_addresses_open_nothing(inside, ticket, path):
    for client in (inside.guest(), inside.client("stranger"), inside.client("stranger", token=True)):
        answer = client.get(path)
        assert answer.status in (301, 303, 308, 400, 401, 404), answer.status
        assert "Mine" not in answer.text
        assert "secret" not in answer.text.lower()


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "PROPFIND", "DELETE", "PUT", "PATCH", "FOO"])
def test_other_methods_do_nothing(inside, ticket, method):
    for short in ("stranger", "own"):
        answer = inside.client(short).send(method, "/tickets/1")
        assert answer.status in (403, 404, 405, 501)
        assert "Mine" not in answer.text
    assert row_of("record", ticket.id)


@pytest.mark.parametrize("header", ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"])
def test_a_method_is_not_overridden(inside, ticket, header):
    client = inside.client("own")
    before = row_of("record", ticket.id)
    client.send("GET", "/tickets/1", headers={header: "POST"})
    client.send("POST", "/tickets/1/reply?_method=DELETE", b"_method=DELETE",
                headers={header: "DELETE", "Content-Type": "application/x-www-form-urlencoded"})
    client.get("/tickets/1/reply?body=by+get")
    assert row_of("record", ticket.id) == before


@pytest.mark.parametrize("header", ["X-Original-URL", "X-Rewrite-URL", "X-Forwarded-User", "X-Remote-User",
                                    "X-Forwarded-Prefix", "X-Forwarded-Host"])
def test_headers_lead_nowhere_else(inside, ticket, header):
    for value in ("/tickets/1", "own@example.com", "globex.localhost"):
        answer = inside.guest().send("GET", "/sign-in", headers={header: value})
        assert answer.status == 200
        assert "Mine" not in answer.text
        assert inside.guest().send("GET", "/tickets/1", headers={header: value}).status == 303


def test_the_wrong_method_does_not_tell_what_is_switched_off_or_not_theirs(portal_inside):
    inside = portal_inside({"tenants": {"acme": {"features": {"tickets": False}}}})
    for visitor in (inside.guest(), inside.client("own")):
        for method, path in (("GET", "/tickets/TKT-001/reply"), ("DELETE", "/tickets"), ("POST", "/tickets"),
                             ("GET", "/tickets//new")):
            assert visitor.send(method, path).status == 404, (method, path)
    assert inside.client("own").get("/people/nobody/remove").status == 404
    assert inside.client("admin").get("/people/nobody/remove").status == 405
    assert inside.client("other").get("/tickets/TKT-001/reply").status == 405


def test_a_host_is_known_by_its_exact_name_whatever_its_port(inside):
    for host, status in (("LOCALHOST:1", 200), ("localhost.", 404), ("localhost..", 404), ("[::1]:8000", 404),
                         ("evil.example", 404)):
        answer = inside.guest().get("/sign-in", headers={"Host": host})
        assert answer.status == status, host
        assert status == 200 or not answer.body
