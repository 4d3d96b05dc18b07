"""The second step: set up with an app, asked for at sign-in, recovered, remembered, required, taken off."""

import json
import re

import pyotp
import pytest
from click.testing import CliRunner

from core.data import audit, credentials, factors, people
from core.data.credentials import Session
from core.data.db import door, now
from core.host.cli import main
from support.inside import ADDRESS, PASSWORD, text_of

HOME, APP, CODE = "/account/two-factor", "/account/two-factor/app", "/sign-in/code"


def set_up(inside, client):
    """Set an app up as a person does; give it and the recovery codes."""
    assert client.post(APP).location == APP
    page = client.get(APP).text
    app = pyotp.TOTP(re.search(r'<code class="secret"[^>]*>([A-Z2-7 ]+)<', page)[1].replace(" ", ""))
    done = client.post(f"{APP}/confirm", {"code": app.now()})
    assert done.status == 200, done.text
    return app, re.findall(r"<code>([a-z0-9]{5}-[a-z0-9]{5})</code>", done.text)


@pytest.fixture
def own(inside):
    """Somebody with an app: their app, their recovery codes; its clock is one step ahead of what was used."""
    app, codes = set_up(inside, inside.client("own"))
    return app, codes


def later(monkeypatch, seconds=60):
    moment = now()
    monkeypatch.setattr(factors, "now", lambda: moment + credentials.timedelta(seconds=seconds))
    return moment.timestamp() + seconds


def password(inside, short="own", guest=None, **more):
    guest = guest or inside.guest()
    return guest, guest.post("/sign-in", {"email": ADDRESS[short], "password": PASSWORD, **more})


def test_setting_up_confirms_a_code_and_gives_ten_recovery_codes(inside):
    client = inside.client("own")
    assert client.get(APP).location == HOME, "nothing is being set up yet"
    assert client.post(APP).location == APP
    picture = client.get(f"{APP}/code.svg")
    assert picture.headers["content-type"].startswith("image/svg+xml")
    assert "no-store" in picture.headers["cache-control"]
    assert b"<script" not in picture.body
    assert b"style" not in picture.body
    wrong = client.post(f"{APP}/confirm", {"code": "000000"})
    assert (wrong.status, "clock is right" in wrong.text) == (422, True)
    assert not inside.person("own").two_factor
    app, codes = set_up(inside, client)
    assert len(set(codes)) == 10
    assert inside.person("own").two_factor
    with inside.scope():
        rows = audit.acts(subject=inside.person("own").public_id)
        stored = json.dumps([str(row) for row in rows])
    assert "person.app_set_up" in stored
    assert app.secret not in stored
    (letter,) = inside.letters_to(ADDRESS["own"])
    assert letter["Subject"] == "The second step is on"


def test_what_the_app_knows_stands_in_no_table(inside, own):
    app, codes = own
    with inside.scope():
        rows = [str(row) for model in (factors.Authenticator, factors.RecoveryCode)
                for row in door(model.select(), model).dicts()]
    assert rows
    assert not any(app.secret in row for row in rows)
    assert not any(code in row or code.replace("-", "") in row for code in codes for row in rows)


def test_signing_in_takes_a_second_step_and_leads_on(inside, own, monkeypatch):
    app, _codes = own
    guest, answer = password(inside, next="/account/notifications")
    assert answer.location == CODE
    assert "parlour" not in guest.cookies
    assert guest.get("/account").location.startswith("/sign-in")
    assert "no-store" in guest.get(CODE).headers["cache-control"]
    assert guest.post(CODE, {"code": "000000"}).status == 422
    at = later(monkeypatch)
    assert guest.post(CODE, {"code": f" {app.at(at)[:3]} {app.at(at)[3:]} "}).location == "/account/notifications"
    assert guest.get("/account").status == 200
    assert guest.get(CODE).location == "/"
    page = guest.get("/account/security").text
    assert "signed in with a code" in page
    assert "wrong code" in page


def test_a_recovery_code_works_once_and_its_owner_is_told(inside, own):
    _app, codes = own
    guest, _answer = password(inside)
    assert "recovery code" in guest.get(f"{CODE}?recovery=1").text.lower()
    assert guest.post(CODE, {"code": codes[3].upper(), "recovery": "true"}).location == "/"
    assert "9 recovery codes left" in guest.get("/account/security").text
    assert any("9 are left" in text_of(letter) for letter in inside.letters_to(ADDRESS["own"]))
    again, _answer = password(inside)
    assert again.post(CODE, {"code": codes[3]}).status == 422
    assert again.post(CODE, {"code": codes[4].replace("-", " ")}).location == "/"


def test_new_recovery_codes_end_the_old_ones(inside, own):
    _app, codes = own
    done = inside.client("own").post(f"{HOME}/codes")
    fresh = re.findall(r"<code>([a-z0-9]{5}-[a-z0-9]{5})</code>", done.text)
    assert len(fresh) == 10
    assert not set(fresh) & set(codes)
    assert "data:text/plain" in done.text
    assert "no-store" in done.headers["cache-control"]
    guest, _answer = password(inside)
    assert guest.post(CODE, {"code": codes[0]}).status == 422
    assert guest.post(CODE, {"code": fresh[0]}).location == "/"


def test_another_app_replaces_the_first_only_once_it_is_confirmed(inside, own, monkeypatch):
    app, _codes = own
    client = inside.client("own")
    client.post(APP)
    guest, _answer = password(inside)
    at = later(monkeypatch)
    assert guest.post(CODE, {"code": app.at(at)}).location == "/"
    page = client.get(APP).text
    fresh = pyotp.TOTP(re.search(r'<code class="secret"[^>]*>([A-Z2-7 ]+)<', page)[1].replace(" ", ""))
    assert fresh.secret != app.secret
    assert client.post(f"{APP}/confirm", {"code": fresh.at(at)}).location == HOME, "the codes are still good"
    at = later(monkeypatch, 120)
    other, _answer = password(inside)
    assert other.post(CODE, {"code": app.at(at)}).status == 422
    assert other.post(CODE, {"code": fresh.at(at)}).location == "/"


def test_taking_the_app_away_ends_the_second_step_and_the_codes(inside, own):
    assert inside.client("own").post(f"{APP}/remove").location == HOME
    assert not inside.person("own").two_factor
    with inside.scope():
        assert factors.of(inside.person("own").id).codes == 0
    assert password(inside)[1].location == "/"


def test_a_device_may_be_remembered_for_as_long_as_the_tenant_allows(inside, own):
    _app, codes = own
    guest, _answer = password(inside)
    assert "for 30 days" in guest.get(CODE).text
    guest.post(CODE, {"code": codes[0], "remember": "true"})
    guest.post("/sign-out")
    assert password(inside, guest=guest)[1].location == "/"
    assert password(inside)[1].location == CODE, "another browser is asked"
    assert inside.client("own").post(f"{HOME}/devices/forget").location == HOME
    guest.post("/sign-out")
    assert password(inside, guest=guest)[1].location == CODE


def test_no_device_is_remembered_where_the_tenant_says_never(portal_inside):
    inside = portal_inside({"security": {"two_factor": {"remember_days": 0}}})
    _app, codes = set_up(inside, inside.client("own"))
    guest, _answer = password(inside)
    assert "remember" not in guest.get(CODE).text
    guest.post(CODE, {"code": codes[0], "remember": "true"})
    guest.post("/sign-out")
    assert password(inside, guest=guest)[1].location == CODE


def test_whoever_must_have_a_second_step_is_led_to_it_first(portal_inside):
    inside = portal_inside({"security": {"two_factor": {"required": ["admin", "company_admin"]}}})
    for short, needed in (("admin", True), ("boss", True), ("agent", False), ("own", False), ("loner", False)):
        client = inside.client(short)
        assert (client.get("/account").location == HOME) is needed, short
        piece = client.fragment("/notifications/bell", "bell")
        assert (piece.headers.get("hx-redirect") == HOME) is needed, short
    client = inside.client("admin")
    assert "needs a second step" in client.get(HOME).text
    for path in ("/people", "/settings/general", "/", "/account/security", "/notifications"):
        assert client.get(path).location == HOME, path
    assert client.post("/settings/general", {"name": "Mine"}).location == HOME
    assert inside.client("admin", token=True).get("/api/v1/tickets").status == 200, "keys are not people"
    set_up(inside, client)
    assert client.get("/people").status == 200
    assert client.post(f"{APP}/remove").status == 422, "it is asked of them"
    assert inside.person("admin").two_factor


def test_staff_take_it_off_and_everybody_can_see_that_they_did(inside, own):
    row = inside.person("own")
    signed_in, agent, admin = inside.client("own"), inside.client("agent"), inside.client("admin")
    path = f"/people/{row.public_id}/second-step/reset"
    assert agent.post(path).status == 404
    assert admin.post(path).status == 303
    assert not inside.person("own").two_factor
    assert signed_in.get("/account").status == 303
    assert password(inside)[1].location == "/"
    letters = inside.letters_to(ADDRESS["own"])
    assert "Your second step was taken off" in [letter["Subject"] for letter in letters]
    with inside.scope():
        (act,) = [act for act in audit.acts(subject=row.public_id) if act.act == "person.second_step_reset"]
    assert act.actor == "Ada Admin"
    mine = inside.person("admin").public_id
    assert admin.post(f"/people/{mine}/second-step/reset").status == 403


def test_the_operator_takes_it_off_from_the_command_line(inside, own, monkeypatch):
    monkeypatch.setenv("PARLOUR_DATABASE", inside.portal.place.database)
    words = ["user", "reset-two-factor", "--portal", str(inside.folder), "--tenant", "acme", "--json"]
    done = CliRunner().invoke(main, [*words, ADDRESS["own"]])
    assert done.exit_code == 0, done.output
    assert json.loads(done.output) == {"address": ADDRESS["own"], "two_factor": False}
    assert not inside.person("own").two_factor


def test_somebody_removed_leaves_no_second_step_behind(inside, own):
    inside.client("admin").post(f"/people/{inside.person('own').public_id}/remove")
    with inside.scope():
        for model in (factors.Authenticator, factors.RecoveryCode, factors.Passkey):
            assert not list(door(model.select(), model).dicts())


@pytest.mark.usefixtures("own")
def test_security_asks_once_more_after_a_while(inside):
    client = inside.client("own")
    with inside.scope():
        door(Session.update(confirmed=now() - credentials.timedelta(minutes=16)), Session).where(
            Session.id > 0).execute()
    assert client.get(HOME).location == f"/account/confirm?next={HOME}"
    assert client.post(f"{HOME}/codes").location.startswith("/account/confirm")
    assert client.post(f"{APP}/remove").location.startswith("/account/confirm")
    assert inside.person("own").two_factor
    assert client.post("/account/confirm", {"password": "wrong", "next": HOME}).status == 422
    assert client.post("/account/confirm", {"password": PASSWORD, "next": "//evil.example"}).location == \
        "/account/security"
    assert client.get(HOME).status == 200


def test_people_see_where_they_are_signed_in_with_what(inside):
    inside.address = "203.0.113.77"
    guest = inside.guest()
    agent = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/130.0 Safari/537.36"
    guest.post("/sign-in", {"email": ADDRESS["own"], "password": "not this one"}, headers={"User-Agent": agent})
    guest.post("/sign-in", {"email": ADDRESS["own"], "password": PASSWORD}, headers={"User-Agent": agent})
    page = guest.get("/account/security").text
    assert "Chrome on Linux" in page
    assert "203.0.113.…" in page
    assert "203.0.113.77" not in page
    assert "this one" in page
    assert "wrong password" in page
    staff = inside.client("admin").get(f"/people/{inside.person('own').public_id}").text
    assert "203.0.113.…" in staff
    assert "203.0.113.77" not in staff


def test_a_new_device_is_told_whatever_was_chosen(inside):
    def enter(agent, guest=None):
        guest = guest or inside.guest()
        guest.post("/sign-in", {"email": ADDRESS["own"], "password": PASSWORD}, headers={"User-Agent": agent})
        return guest

    with inside.scope():
        people.change_person(inside.person("own").id, preferences={"mail": "none"})
    linux, phone = "Mozilla/5.0 (X11; Linux) Firefox/140.0", "Mozilla/5.0 (iPhone) Version/19 Safari/605"
    known = enter(linux)
    assert not inside.letters_to(ADDRESS["own"]), "the first one ever is no news"
    enter("Mozilla/5.0 (X11; Linux) Firefox/141.0")
    assert not inside.letters_to(ADDRESS["own"]), "a newer version of the same browser is no new device"
    enter(phone)
    (letter,) = inside.letters_to(ADDRESS["own"])
    assert "Safari on iPhone" in text_of(letter)
    inside.address = "203.0.113.7"
    enter(linux, known)
    assert len(inside.letters_to(ADDRESS["own"])) == 1, "the same device somewhere else"
    inside.address = "198.51.100.7"
    enter(linux)
    assert len(inside.letters_to(ADDRESS["own"])) == 2
