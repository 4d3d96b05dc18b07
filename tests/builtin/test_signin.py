"""Signing in and out, a forgotten password, registering and invitations, as people meet them."""

import json
import re
from datetime import timedelta

import pytest
from click.testing import CliRunner

from core.data import audit, credentials, people
from core.data.credentials import Token
from core.data.db import door, fetch, now
from core.host.cli import main
from core.work import invitations
from support.inside import ADDRESS, PASSWORD, text_of

NEW = "seven green kettles"
OPEN = {"access": {"registration": "open"}}


def link_in(letter):
    found = re.search(r"http://[^\s/]+(/\S+)", text_of(letter))
    assert found
    return found[1]


def sign_in(visitor, address, password=PASSWORD):
    return visitor.post("/sign-in", {"email": address, "password": password})


def test_signing_in_by_address_or_name_and_out_again(inside):
    visitor = inside.guest()
    assert sign_in(visitor, " Own@Example.COM. ").status == 303
    assert visitor.get("/account").status == 200
    assert visitor.post("/sign-out").location == "/sign-in"
    assert visitor.get("/account").status == 303
    with inside.scope():
        people.add_person("No Mail", login="stall.7", password=credentials.hash_password(PASSWORD))
    assert sign_in(inside.guest(), "Stall.7").status == 303


def test_a_new_session_ends_the_old_one_of_the_browser(inside):
    visitor = inside.guest()
    sign_in(visitor, ADDRESS["own"])
    first = visitor.cookies["parlour"]
    sign_in(visitor, ADDRESS["own"])
    old = inside.guest()
    old.cookies["parlour"] = first
    assert visitor.cookies["parlour"] != first
    assert old.get("/account").status == 303


def test_a_forgotten_password_ends_sessions_and_older_links(inside):
    signed_in = inside.client("own")
    for _time in range(2):
        assert inside.guest().post("/reset", {"email": ADDRESS["own"]}).location == "/reset/sent"
        inside.work()
    older, newer = [link_in(letter) for letter in inside.letters_to(ADDRESS["own"])]
    assert inside.guest().get(older).status == 410
    guest = inside.guest()
    assert guest.get(newer).status == 200
    assert guest.post(newer, {"password": "short"}).status == 422
    assert guest.post(newer, {"password": NEW}).location == "/sign-in"
    assert guest.post(newer, {"password": NEW + "!"}).status == 410
    assert signed_in.get("/account").status == 303
    assert sign_in(inside.guest(), ADDRESS["own"]).status == 422
    assert sign_in(inside.guest(), ADDRESS["own"], NEW).status == 303
    assert inside.letters_to(ADDRESS["own"])[-1]["Subject"] == "Your password was changed"


def test_a_reset_link_dies_when_its_owner_signs_in(inside):
    inside.guest().post("/reset", {"email": ADDRESS["own"]})
    (letter,) = inside.letters_to(ADDRESS["own"])
    sign_in(inside.guest(), ADDRESS["own"])
    assert inside.guest().get(link_in(letter)).status == 410


def test_registering_makes_an_account_only_by_the_letter(portal_inside):
    fields = {"company": {"required": True},
              "size": {"type": "choice", "label": "Size", "options": ["small", "big"]}}
    inside = portal_inside({"access": {"registration": {"mode": "open", "form": {"fields": fields}}}})
    guest = inside.guest()
    page = guest.get("/register").text
    assert 'name="company"' in page
    assert 'name="size"' in page
    assert 'name="phone"' not in page
    form = {"name": "Zoë Zander", "email": "zoe@new.example", "password": NEW, "size": "big"}
    assert guest.post("/register", form).status == 422
    form["company"] = "Alfreds Futterkiste"
    assert guest.post("/register", form).location == "/register/sent"
    assert inside.person("zoe@new.example") is None
    (letter,) = inside.letters_to("zoe@new.example")
    assert guest.get(link_in(letter)).status == 200
    assert inside.person("zoe@new.example") is None
    assert guest.post(link_in(letter)).location == "/sign-in"
    assert guest.post(link_in(letter)).status == 410
    row = inside.person("zoe@new.example")
    assert row.fields == {"company": "Alfreds Futterkiste", "size": "big"}
    assert sign_in(guest, "zoe@new.example", NEW).status == 303
    with inside.scope():
        assert not people.memberships([row.id]), "a company's name in a form opens no company"


def test_a_letter_to_register_dies_with_the_mode_and_the_domain(portal_inside):
    inside = portal_inside({"access": {"registration": {"mode": "open"}}})
    inside.guest().post("/register", {"name": "Zoë", "email": "zoe@new.example", "password": NEW})
    (letter,) = inside.letters_to("zoe@new.example")
    settings, link = inside.yaml.read_text(), link_in(letter)
    for mode in ("{mode: invitation}", "{mode: open, domains: [good.example]}"):
        inside.yaml.write_text(settings.replace(
            "  acme:\n", f"  acme:\n    access: {{registration: {mode}}}\n"))
        inside.portal.store.notice()
        assert inside.guest().get(link).status == 410, mode
        assert inside.guest().post(link).status == 410, mode
        assert inside.person("zoe@new.example") is None
    inside.yaml.write_text(settings)
    inside.portal.store.notice()
    assert inside.guest().post(link).status == 303


def test_what_was_filled_in_goes_with_the_letter(portal_inside):
    inside = portal_inside(OPEN)
    for name in ("used", "late"):
        inside.guest().post("/register", {"name": name, "email": f"{name}@new.example", "password": NEW})
    inside.guest().post(link_in(inside.letters_to("used@new.example")[0]))
    late = link_in(inside.letters_to("late@new.example")[0])
    credentials.sweep(now() + timedelta(hours=25))
    with inside.scope() as who:
        rows = fetch(door(Token.select(Token.data), Token).where(
            Token.tenant == who.tenant_id, Token.purpose == "register"))
    assert [row.data for row in rows] == [{}, {}], "no hash of a password outlives its link"
    assert inside.guest().get(late).status == 410


def test_registering_a_known_address_tells_only_its_owner(portal_inside):
    inside = portal_inside(OPEN)
    form = {"name": "Mallory", "email": ADDRESS["own"], "password": NEW}
    assert inside.guest().post("/register", form).location == "/register/sent"
    (letter,) = inside.letters_to(ADDRESS["own"])
    assert letter["Subject"] == "You already have an account"
    assert sign_in(inside.guest(), ADDRESS["own"], NEW).status == 422


@pytest.mark.parametrize(("mode", "get", "post"),
                         [("open", 200, 303), ("invitation", 200, 403), ("off", 404, 404)])
def test_registration_has_three_modes(portal_inside, mode, get, post):
    inside = portal_inside({"access": {"registration": mode}})
    form = {"name": "Zoë", "email": "zoe@new.example", "password": NEW}
    assert inside.guest().get("/register").status == get
    assert inside.guest().post("/register", form).status == post
    assert ("/register" in inside.guest().get("/sign-in").text) is (mode == "open")


def test_only_allowed_domains_register(portal_inside):
    inside = portal_inside({"access": {"registration": {"mode": "open", "domains": ["good.example"]}}})
    form = {"name": "Zoë", "email": "zoe@bad.example", "password": NEW}
    assert inside.guest().post("/register", form).status == 422
    assert inside.guest().post("/register", form | {"email": "zoe@Good.Example"}).status == 303


def test_an_invitation_opens_an_account_in_its_company(inside):
    with inside.scope("acme", "agent"):
        invitations.invite("nina@new.example", name="Nina", role="company_user", company="horn")
    (letter,) = inside.letters_to("nina@new.example")
    assert "Around the Horn" in letter["Subject"]
    guest = inside.guest()
    assert "Ben Agent" in guest.get(link_in(letter)).text
    assert guest.post(link_in(letter), {"name": "Nina Novak", "password": NEW}).location == "/"
    assert guest.get("/account").status == 200
    with inside.scope():
        row = people.by_address("nina@new.example")
        assert [(m.identifier, m.role) for m in people.memberships([row.id])[row.id]] == [("horn", "company_user")]
        assert "person.accepted" in {act.act for act in audit.acts()}


def test_somebody_who_is_here_accepts_with_one_click_and_no_password(inside):
    with inside.scope("acme", "agent"):
        invitations.invite(ADDRESS["own"], role="user", company="horn")
    (letter,) = inside.letters_to(ADDRESS["own"])
    guest = inside.guest()
    assert "password" not in guest.get(link_in(letter)).text.lower()
    assert guest.post(link_in(letter), {"name": "Evil", "password": NEW}).location == "/sign-in"
    assert "parlour" not in guest.cookies
    assert inside.person("own").name == "Thomas Hardy"
    assert sign_in(guest, ADDRESS["own"]).status == 303


def test_a_company_that_is_off_keeps_its_people_out(inside):
    signed_in = inside.client("stranger")
    key = inside.client("stranger", token=True)
    assert key.get("/api/v1/tickets").status == 200
    with inside.scope():
        people.change_company(people.company("horn").id, active=False)
    assert signed_in.get("/account").status == 303
    assert key.get("/api/v1/tickets").status == 401
    assert sign_in(inside.guest(), ADDRESS["stranger"]).status == 422


def test_an_unusual_network_is_told_to_the_owner(inside):
    sign_in(inside.guest(), ADDRESS["own"])
    inside.address = "127.0.0.200"
    sign_in(inside.guest(), ADDRESS["own"])
    assert not inside.letters_to(ADDRESS["own"])
    inside.address = "203.0.113.7"
    sign_in(inside.guest(), ADDRESS["own"])
    (letter,) = inside.letters_to(ADDRESS["own"])
    assert "203.0.113.7" in text_of(letter)


def test_the_operator_invites_from_the_command_line(inside, monkeypatch):
    monkeypatch.setenv("PARLOUR_DATABASE", inside.portal.place.database)
    words = ["user", "invite", "--portal", str(inside.folder), "--tenant", "acme", "--json", "--link",
             "--role", "company_admin", "--company", "horn", "nina@new.example"]
    done = CliRunner().invoke(main, words)
    assert done.exit_code == 0, done.output
    link = json.loads(done.output)["link"].removeprefix("http://localhost:8000")
    assert inside.guest().post(link, {"name": "Nina", "password": NEW}).location == "/"
    assert not inside.letters


@pytest.mark.parametrize(("role", "name"), [("agent", "agent"), ("admin", "admin")])
def test_the_letter_to_the_team_names_the_role(inside, role, name):
    with inside.scope("acme", "admin"):
        invitations.invite("nina@new.example", role=role)
    (letter,) = inside.letters_to("nina@new.example")
    assert letter["Subject"] == "You are invited to the team of Acme Support"
    assert f"Ada Admin invites you to the team of Acme Support as {name}." in " ".join(text_of(letter).split())
    assert "ask us anything" not in text_of(letter)


def test_an_agent_is_not_invited_into_a_company(inside):
    form = {"email": "nina@new.example", "name": "", "role": "agent", "company": "horn"}
    answer = inside.client("admin").post("/people/invite", form)
    assert answer.status == 422
    assert "Agents and admins belong to no company." in answer.text
    assert not inside.letters_to("nina@new.example")
    assert inside.client("admin").post("/people/invite", form | {"company": ""}).status == 303


@pytest.mark.parametrize(("came_from", "place"), [
    ("http://localhost:8000/tickets/new?kind=broken", "/sign-in?next=/tickets/new%3Fkind%3Dbroken"),
    ("http://evil.example/tickets/new", "/sign-in"), ("http://localhost:8000//evil.example/", "/sign-in"),
    ("http://[", "/sign-in"), (None, "/sign-in")])
def test_who_sends_a_form_after_the_session_ended_comes_back_to_it(inside, came_from, place):
    answer = inside.guest().post("/tickets/new", {"subject": "The lamp"}, headers={"Referer": came_from})
    assert (answer.status, answer.location) == (303, place)
    piece = inside.guest().send("POST", "/tickets/new", b"", {"Referer": came_from, "HX-Request": "true"})
    assert (piece.status, piece.headers["hx-redirect"]) == (401, place)


@pytest.mark.parametrize("act", ["register", "invite"])
def test_a_letter_carries_its_own_token_not_one_made_at_the_same_moment(portal_inside, monkeypatch, act):
    inside, make = portal_inside(OPEN), credentials.make_token

    def crowded(purpose, person, **how):
        secret = make(purpose, person, **how)
        make(purpose, person, **how | {"data": {**how["data"], "email": "victim@new.example"}})
        return secret

    monkeypatch.setattr(credentials, "make_token", crowded)
    if act == "invite":
        with inside.scope():
            invitations.invite("zoe@new.example", name="Zoë Zander")
    else:
        inside.guest().post("/register", {"name": "Zoë Zander", "email": "zoe@new.example", "password": NEW})
    (letter,) = inside.letters_to("zoe@new.example")
    with inside.scope():
        assert credentials.token(act, link_in(letter).rpartition("/")[2]).data["email"] == "zoe@new.example"
