"""Roles: how far each reaches is the tenant's to say within what plugins allow, and everything follows from it."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.config import roles
from core.config.loader import read
from core.config.manifests import manifest
from core.data import people
from core.parts import ROLES, SCOPES
from support.needs import ROOT, cases

CUSTOMERS = ("guest", "user", "company_user", "company_admin")


def ticket(inside, who="own", subject="The lamp is broken"):
    """Let somebody open a request, and give its path."""
    made = inside.client(who).post("/tickets/new", {
        "category": "problem", "subject": subject, "body": "Since Monday.", "priority": "normal"})
    assert made.status == 303, made.text
    return made.location


def say(inside, role, **acts):
    """Let the admin save how far a role reaches in tickets."""
    admin = inside.client("admin")
    form = {"do": "save"}
    for action, far in acts.items():
        form |= {f"was.roles.{role}.tickets.{action}": "?", f"roles.{role}.tickets.{action}": far}
    return admin.post(f"/settings/roles/{role}", form)


def manifests():
    """Read every plugin.yaml that is shipped."""
    return {path.parent.name: manifest(read(path.read_text(), str(path), {}), path.parent,
                                       builtin="core" in path.parts)
            for path in [*ROOT.glob("core/builtin/*/plugin.yaml"), *ROOT.glob("plugins/*/plugin.yaml")]}


@pytest.mark.engines("sqlite")
def test_every_shipped_plugin_keeps_customers_within_what_it_gives_and_admins_at_the_settings():
    known = manifests()
    assert {role: roles.choices(known["settings"], "change", role) for role in ("agent", "admin")} == {
        "agent": ("none",), "admin": ("all",)}
    assert roles.choices(known["people"], "manage", "admin") == ("all",)
    assert roles.choices(known["people"], "view", "agent") == ("none", "all")
    assert roles.choices(known["tickets"], "view", "user") == ("none", "own")
    assert roles.choices(known["tickets"], "edit", "company_user") == ("none", "own", "company")
    assert roles.choices(known["tickets"], "note", "company_admin") == ("none",)
    assert roles.choices(known["tickets"], "view", "agent") == ("none", "own", "company", "all")
    assert roles.choices(known["kb"], "remove", "agent") == ("none", "all")
    assert roles.choices(known["account"], "view", "user") == ("all",)
    for one in known.values():
        for action in one.permissions:
            assert roles.usual(one, action, "admin") in roles.choices(one, action, "admin")
            assert all(roles.ceiling(one, action, role) == roles.usual(one, action, role) or action in one.up_to
                       for role in CUSTOMERS)


@pytest.mark.engines("sqlite")
@settings(max_examples=cases(200, 5_000))
@given(wished=st.dictionaries(st.sampled_from(ROLES), st.fixed_dictionaries({"tickets": st.dictionaries(
    st.sampled_from(["view", "create", "reply", "edit", "resolve", "note", "assign"]), st.sampled_from(SCOPES))})))
def test_nothing_a_tenant_says_passes_a_limit_or_reaches_further_than_seeing(wished):
    one = manifests_once()["tickets"]
    for role in ROLES:
        seen = SCOPES.index(roles.extent(one, "view", role, wished))
        for action in one.permissions:
            far = SCOPES.index(roles.extent(one, action, role, wished))
            assert far <= SCOPES.index(roles.ceiling(one, action, role))
            if "view" in wished.get(role, {}).get("tickets", {}):
                usual = SCOPES.index(roles.usual(one, "view", role))
                assert far <= seen or seen >= usual


_known = {}


def manifests_once():
    if not _known:
        _known.update(manifests())
    return _known


def test_an_agent_who_may_not_see_tickets_meets_none_anywhere(inside):
    path = ticket(inside)
    agent, keyed = inside.client("agent"), inside.client("agent", token=True)
    assert agent.get(path).status == 200 and "TKT-" in agent.get("/search?q=lamp").text
    assert keyed.get("/api/v1/tickets").json["items"]
    assert say(inside, "agent", view="none").status == 303
    assert "roles:" in inside.yaml.read_text() and re.search(r"view: none", inside.yaml.read_text())
    unknown = agent.get("/tickets/TKT-999")
    for address in (path, "/inbox", "/tickets", "/tickets/new"):
        told = agent.get(address)
        assert (told.status, "lamp" in told.text) == (unknown.status, False) == (404, False)
    assert agent.post(f"{path}/reply", {"body": "Hello"}).status == 404
    assert agent.post(f"{path}/note", {"body": "Hello"}).status == 404
    assert agent.post(f"{path}/desk", {"status": "closed"}).status == 404
    assert keyed.get("/api/v1/tickets").status == 404 and keyed.get(f"/api/v1{path}").status == 404
    assert keyed.send_json("PATCH", f"/api/v1{path}", {"status": "closed"}).status == 404
    assert "TKT-" not in agent.get("/search?q=lamp").text
    assert "/inbox" not in agent.get("/").text, "the navigation follows"
    told = inside.client("admin").get(
        f"/people/explain?person=agent@example.com&permission=tickets.view&record={path[9:]}")
    assert "does not have this permission" in told.text
    assert inside.client("admin").get(path).status == 200 and inside.client("own").get(path).status == 200


def test_who_sees_only_their_companies_works_and_notes_only_there(inside):
    path = ticket(inside)
    other = ticket(inside, "stranger", "Somebody else's chair")
    agent = inside.client("agent")
    assert say(inside, "agent", view="company").status == 303
    assert agent.get(path).status == 404 and agent.get(other).status == 404
    join(inside, "agent", "alfreds")
    assert agent.get(path).status == 200 and agent.get(other).status == 404
    assert agent.post(f"{path}/note", {"body": "Between us"}).status == 303
    assert "Between us" in agent.get(path).text and "Between us" not in inside.client("own").get(path).text
    assert agent.post(f"{other}/desk", {"status": "closed"}).status == 404
    assert agent.post(f"{other}/note", {"body": "Sneaky"}).status == 404
    assert agent.post(f"{path}/desk", {"status": "in_progress"}).status == 303


def join(inside, who, company):
    """Put somebody into a company."""
    with inside.scope("acme"):
        people.join(inside.person(who).id, people.company(company).id, "company_user")


def test_without_notes_an_agent_works_on_but_reads_none(inside):
    path = ticket(inside)
    assert inside.client("admin").post(f"{path}/note", {"body": "A secret about them"}).status == 303
    assert say(inside, "agent", note="none").status == 303
    agent, keyed = inside.client("agent"), inside.client("agent", token=True)
    page = agent.get(path)
    assert page.status == 200 and "A secret about them" not in page.text and f"{path}/note" not in page.text
    assert "TKT-" not in agent.get("/search?q=secret").text
    assert all("secret" not in one["body"] for one in keyed.get(f"/api/v1{path}/messages").json["items"])
    assert agent.post(f"{path}/note", {"body": "Mine"}).status == 404
    assert agent.post(f"{path}/desk", {"status": "in_progress"}).status == 303, "the rest of the desk stays"


@pytest.mark.engines("sqlite")
def test_what_a_plugin_does_not_allow_cannot_be_said_by_page_or_by_hand(inside):
    admin = inside.client("admin")
    before = inside.yaml.read_text()
    for role, name, far in (("user", "tickets.view", "all"), ("guest", "tickets.view", "all"),
                            ("agent", "settings.change", "all"), ("admin", "settings.change", "none"),
                            ("admin", "people.manage", "none"), ("company_admin", "tickets.note", "all")):
        admin.post(f"/settings/roles/{role}", {
            "do": "save", f"was.roles.{role}.{name}": "?", f"roles.{role}.{name}": far})
    assert inside.yaml.read_text() == before
    assert admin.get("/settings").status == 303 and admin.get("/people").status == 200
    inside.yaml.write_text(before.replace(
        "  acme:\n", "  acme:\n    roles: {admin: {settings: {change: none}}}\n"))
    assert admin.get("/settings/general").status == 200
    for someone in ("agent", "boss", "own"):
        assert inside.client(someone).get("/settings/roles").status == 404
        assert inside.client(someone).post("/settings/roles/agent", {"do": "save"}).status == 404
    assert admin.get("/settings/roles/nobody").status == 404
    assert inside.guest().get("/settings/roles").status in (303, 401)


@pytest.mark.engines("sqlite")
def test_the_pages_say_it_in_words_and_what_it_does_to_people_before_it_is_saved(inside):
    admin = inside.client("admin")
    page = admin.get("/settings/roles")
    assert "Agents may see requests" in page.text and "usually:" not in page.text
    kept = admin.post("/settings/roles/agent", {"do": "keep", "was.roles.agent.tickets.view": "all",
                                               "roles.agent.tickets.view": "own"})
    assert kept.status == 303
    role = admin.get("/settings/roles/agent").text
    assert "1 person will see less of “Tickets”." in role
    assert "The same holds where they begin new ones, answer" in role
    assert "where they are their own" in role
    review = admin.get("/settings/review").text
    assert "1 person will see less of “Tickets”." in review and "Everybody&#39;s" in review
    assert admin.post("/settings/review", {"do": "save"}).status == 303
    matrix = admin.get("/settings/roles").text
    assert "usually: Everybody&#39;s" in matrix
    assert inside.client("agent").get("/inbox").status == 200
    reset = admin.post("/settings/roles/agent", {"reset": "roles.agent.tickets.view",
                                                 "was.roles.agent.tickets.view": "own",
                                                 "roles.agent.tickets.view": "own"})
    assert reset.status == 303
    admin.post("/settings/review", {"do": "save"})
    assert "usually:" not in admin.get("/settings/roles").text


@pytest.mark.engines("sqlite")
def test_a_customer_role_can_lose_what_it_had_and_its_people_see_their_own_alone(inside):
    path = ticket(inside)
    assert inside.client("colleague").get(path).status == 200
    assert say(inside, "company_user", view="own").status == 303
    colleague = inside.client("colleague")
    assert colleague.get(path).status == 404 and colleague.post(f"{path}/reply", {"body": "Hi"}).status == 404
    assert inside.client("boss").get(path).status == 200
    mine = ticket(inside, "colleague", "My own desk")
    assert colleague.get(mine).status == 200


@pytest.mark.engines("sqlite")
def test_guests_lose_what_they_had_and_never_get_more(inside):
    guest, admin = inside.guest(), inside.client("admin")
    assert guest.get("/kb").status == 200
    for _again in range(2):
        guest.get("/kb")
    assert admin.post("/settings/roles/guest", {
        "do": "save", "was.roles.guest.kb.view": "?", "roles.guest.kb.view": "none"}).status == 303
    assert guest.get("/kb").status in (303, 401), "also where their pages were kept"
    assert inside.client("own").get("/kb").status == 200
    assert "kb" not in guest.get("/sitemap.xml").text


def test_the_bell_and_mail_of_notes_follow_the_role(inside):
    path = ticket(inside)
    inside.client("agent").post(f"{path}/desk", {"assignee": inside.person("agent").public_id})
    inside.work()
    assert say(inside, "agent", note="none").status == 303
    before = len(inside.letters_to("agent@example.com"))
    assert inside.client("admin").post(f"{path}/note", {"body": "About you"}).status == 303
    assert len(inside.letters_to("agent@example.com")) == before
    assert "left a note" not in inside.client("agent").get("/notifications").text
