"""T03, T11, A08: a session belongs to one tenant and browser, ends in time, and rights end with the click."""

import re
from datetime import timedelta

import pytest
from click.testing import CliRunner

from core.data import people
from core.data.credentials import Session
from core.data.db import door, now
from core.host.cli import main
from support.inside import ADDRESS, PASSWORD, text_of


def move(inside, **values):
    with inside.scope() as who:
        door(Session.update(**values), Session).where(Session.tenant == who.tenant_id).execute()


def test_t03_a_cookie_or_key_of_one_tenant_is_nothing_to_another(inside):
    elsewhere = inside.guest("globex.localhost")
    elsewhere.cookies.update(inside.client("admin").cookies)
    here = inside.guest()
    here.cookies.update(elsewhere.cookies)
    assert elsewhere.get("/account").status == 303
    assert elsewhere.get("/people").status == 303
    elsewhere.post("/sign-out")
    assert here.get("/people").status == 200
    key = inside.client("admin", token=True)
    answer = inside.guest("globex.localhost").get(
        "/api/v1/tickets", headers={"Authorization": f"Bearer {key._token}"})
    assert answer.status == 401


def test_an_unknown_host_gets_nothing_before_any_work(inside):
    for host in ("evil.example", "localhost.evil.example", "acme"):
        answer = inside.guest(host).get("/reset")
        assert (answer.status, answer.body) == (404, b"")


def test_the_cookie_is_for_this_host_and_no_script(inside):
    answer = inside.guest().post("/sign-in", {"email": ADDRESS["own"], "password": PASSWORD})
    (cookie,) = [value for name, value in answer.all_headers if value.startswith("parlour=")]
    parts = {part.strip().lower() for part in cookie.split(";")[1:]}
    assert {"httponly", "samesite=lax", "path=/"} <= parts
    assert not any(part.startswith("domain") for part in parts)


def test_over_https_the_cookie_is_secure_and_tied_to_the_host(portal_inside):
    inside = portal_inside({"tenants": {"acme": {"url": "https://localhost"}}})
    answer = inside.guest().post("/sign-in", {"email": ADDRESS["own"], "password": PASSWORD})
    (cookie,) = [value for name, value in answer.all_headers if value.startswith("__Host-parlour=")]
    assert "; secure" in cookie.lower()
    assert "strict-transport-security" in answer.headers


def test_a_cookie_brought_along_is_never_taken_over(inside):
    guest = inside.guest()
    guest.cookies["parlour"] = "planted-by-somebody-else-0123456789abcdefghij"
    guest.post("/sign-in", {"email": ADDRESS["own"], "password": PASSWORD})
    assert guest.cookies["parlour"] != "planted-by-somebody-else-0123456789abcdefghij"
    planted = inside.guest()
    planted.cookies["parlour"] = "planted-by-somebody-else-0123456789abcdefghij"
    assert planted.get("/account").status == 303


def test_signing_out_ends_the_session_on_the_server(inside):
    own = inside.client("own")
    kept = dict(own.cookies)
    own.post("/sign-out")
    own.cookies.update(kept)
    assert own.get("/account").status == 303


@pytest.mark.parametrize("change", [{"expires": timedelta(seconds=-1)}, {"seen": timedelta(days=-2)}])
def test_sessions_end_in_the_end_and_when_forgotten(inside, change):
    own = inside.client("own")
    assert own.get("/account").status == 200
    move(inside, **{name: now() + by for name, by in change.items()})
    assert own.get("/account").status == 303


@pytest.mark.parametrize("headers", [
    {"Origin": "http://evil.example", "Sec-Fetch-Site": "cross-site"}, {"Origin": "http://globex.localhost:8000"},
    {"Origin": None, "Sec-Fetch-Site": None}, {"Origin": "null"}, {"Sec-Fetch-Site": "same-site"}])
def test_a08_other_sites_change_nothing(inside, headers):
    own = inside.client("own")
    for path, form in (("/sign-out", {}), ("/account", {"name": "Evil"}), ("/account/sessions/end", {}),
                       ("/account/password", {"old": PASSWORD, "password": "seven green kettles"})):
        assert own.post(path, form, headers=headers).status == 403, path
    assert own.get("/account").status == 200
    assert inside.person("own").name == "Thomas Hardy"


def test_a08_reading_changes_nothing(inside):
    admin = inside.client("admin")
    public_id = inside.person("own").public_id
    for path in (f"/people/{public_id}/active", f"/people/{public_id}/remove", "/sign-out",
                 "/account/sessions/end"):
        assert admin.get(path).status in (404, 405), path
    assert inside.client("own").get("/account").status == 200


def test_t11_a_lost_company_is_lost_with_the_next_click(inside):
    boss, home = inside.client("boss"), "/account/company/alfreds"
    assert boss.get(home).status == 200
    with inside.scope():
        people.join(inside.person("boss").id, people.company("alfreds").id, "user")
    assert boss.get(home).status == 404
    with inside.scope():
        people.change_person(inside.person("boss").id, active=False)
    assert boss.get("/account").status == 303


def test_p02_nobody_promotes_themselves(inside):
    own, before = inside.client("own"), inside.person("own")
    own.post("/account", {"name": before.name, "role": "admin", "active": "on", "verified": "1", "own_only": "",
                          "email": "x@evil.example", "tenant": "2", "id": "1", "password": "x", "features": "{}"})
    after = inside.person("own")
    assert after == before


def test_p05_pages_show_no_secret_and_no_inner_number(inside):
    admin, row = inside.client("admin"), inside.person("own")
    for path in ("/people", f"/people/{row.public_id}", "/audit", "/account/security"):
        text = admin.get(path).text
        assert "argon2" not in text
        assert row.password not in text


def works(key):
    return key.get("/api/v1/tickets").status == 200


@pytest.mark.parametrize("act", ["lock", "give", "reset", "command"])
def test_keys_end_with_a_lock_and_a_reset_and_do_not_come_back(inside, act, monkeypatch):
    key, row, admin = inside.client("own", token=True), inside.person("own"), inside.client("admin")
    other = inside.client("colleague", token=True)
    assert works(key)
    if act == "lock":
        admin.post(f"/people/{row.public_id}/active", {"active": "off"})
        admin.post(f"/people/{row.public_id}/active", {"active": "on"})
    elif act == "give":
        admin.post(f"/people/{row.public_id}/password", {"password": "seven green kettles"})
    elif act == "reset":
        inside.guest().post("/reset", {"email": ADDRESS["own"]})
        link = re.search(r"(/reset/\S+)", text_of(inside.letters_to(ADDRESS["own"])[-1]))[1]
        assert inside.guest().post(link, {"password": "seven green kettles"}).status == 303
    else:
        monkeypatch.setenv("PARLOUR_DATABASE", inside.portal.place.database)
        words = ["user", "set-password", "--portal", str(inside.folder), "--tenant", "acme", ADDRESS["own"]]
        done = CliRunner().invoke(main, words)
        assert done.exit_code == 0, done.output
    assert not works(key)
    assert works(other)
    assert works(inside.client("own", token=True)), "a key made afterwards works"


def test_a_key_outlives_a_change_that_its_owner_proved(inside):
    key, own = inside.client("own", token=True), inside.client("own")
    assert own.post("/account/password", {"old": PASSWORD, "password": "seven green kettles"}).status == 303
    assert works(key)


def test_what_the_browser_keeps_is_kept_for_the_person_not_for_the_name(inside):
    with inside.scope():
        people.change_person(inside.person("colleague").id, name=inside.person("own").name)
    found = {re.search(r'data-person="([^"]+)"', inside.client(short).get("/account").text)[1]
             for short in ("own", "colleague")}
    assert found == {inside.person("own").public_id, inside.person("colleague").public_id}
