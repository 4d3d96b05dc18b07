"""Address ranges: from elsewhere staff are not known or nobody sees anything, and none locks themselves out."""

import re
from datetime import timedelta

import pytest

from core.data import factors
from core.data.credentials import Session
from core.data.db import door, now
from core.errors import Invalid
from core.web import configuration
from support.inside import ADDRESS, PASSWORD

OFFICE, HOME = "203.0.113.7", "198.51.100.7"
NETWORKS = {"security": {"networks": {"staff": ["203.0.113.0/24", "2001:db8:1::/48"]}}}


def sign_in(inside, short):
    return inside.guest().post("/sign-in", {"email": ADDRESS[short], "password": PASSWORD})


def test_staff_from_elsewhere_are_nobody_on_every_channel(portal_inside):
    inside = portal_inside(NETWORKS)
    inside.address = OFFICE
    assert sign_in(inside, "agent").status == 303
    page, key = inside.client("agent"), inside.client("agent", token=True)
    assert page.get("/inbox").status == 200
    assert key.get("/api/v1/tickets").status == 200
    inside.address = HOME
    assert page.get("/inbox").location.startswith("/sign-in")
    assert key.get("/api/v1/tickets").status == 401
    wrong = inside.guest().post("/sign-in", {"email": ADDRESS["agent"], "password": "wrong words here"})
    right = sign_in(inside, "agent")
    assert (right.status, "match" in right.text) == (wrong.status, True)
    inside.address = OFFICE
    assert "from a network that is not allowed" in page.get("/account/security").text
    inside.address = HOME
    assert sign_in(inside, "own").status == 303, "customers come from anywhere"


@pytest.mark.parametrize(("address", "known"), [
    ("203.0.113.255", True), ("203.0.114.1", False), ("2001:db8:1:2::3", True), ("2001:db8:2::1", False),
    ("::ffff:203.0.113.9", True), ("", False), ("unknown", False)])
def test_networks_are_exact(portal_inside, address, known):
    inside = portal_inside(NETWORKS)
    inside.address = address
    assert (inside.client("agent").get("/inbox").status == 200) is known


@pytest.mark.engines("sqlite")
def test_forwarded_addresses_of_strangers_are_not_believed(portal_inside):
    inside = portal_inside(NETWORKS)
    inside.address = HOME
    page = inside.client("agent")
    for header, value in (("X-Forwarded-For", OFFICE), ("X-Real-IP", OFFICE), ("Forwarded", f"for={OFFICE}")):
        assert page.get("/inbox", headers={header: value}).status == 303


def test_a_portal_for_one_network_is_closed_to_all_others(portal_inside):
    inside = portal_inside({"security": {"networks": {"everybody": ["203.0.113.0/24"]}}})
    inside.address = OFFICE
    assert inside.guest().get("/sign-in").status == 200
    own, key = inside.client("own"), inside.client("own", token=True)
    inside.address = HOME
    for path in ("/sign-in", "/", "/tickets", "/reset", "/nowhere", "/kb"):
        answer = own.get(path)
        assert answer.status == 403, path
        assert "certain networks" in answer.text
        assert "Thomas" not in answer.text
    assert sign_in(inside, "own").status == 403
    assert key.get("/api/v1/tickets").status == 403
    assert key.get("/api/v1/tickets").json["code"] == "refused"
    assert own.get("/healthz").status == 200
    assert own.get("/static/parlour.css").status == 200


@pytest.mark.parametrize("changes", [
    {("security", "networks", "staff"): ["198.51.100.0/24"]},
    {("security", "networks"): {"everybody": ["198.51.100.0/24"]}},
    {("security",): {"networks": {"everybody": ["2001:db8::/32"]}}},
    {("security", "methods"): ["passkey"]}])
def test_nobody_locks_themselves_out_from_a_page(inside, changes):
    before = inside.yaml.read_text()
    with inside.app.test_request_context("/settings/security", environ_base={"REMOTE_ADDR": OFFICE}), \
            inside.scope("acme", "admin"), pytest.raises(Invalid) as told:
        configuration.edit(changes)
    assert told.value.errors[0].code == "lockout"
    assert inside.yaml.read_text() == before


def test_what_keeps_oneself_in_is_saved_and_undoing_it_is_looked_at_too(inside):
    def edit(changes, here=OFFICE):
        with inside.app.test_request_context("/", environ_base={"REMOTE_ADDR": here}), \
                inside.scope("acme", "admin"):
            return configuration.edit(changes)

    with inside.scope():
        factors.add_passkey(inside.person("admin").id, "abc", "key", counter=0, name="Mine")
    narrow = edit({("security", "networks", "staff"): ["203.0.113.0/24"], ("security", "methods"): ["passkey"]})
    edit({("security", "networks", "staff"): [HOME, OFFICE]})
    with inside.app.test_request_context("/", environ_base={"REMOTE_ADDR": HOME}), \
            inside.scope("acme", "admin"), pytest.raises(Invalid):
        configuration.undo(configuration.share().versions(1)[0].id)
    assert narrow.id


def test_shorter_sessions_end_the_long_ones_at_once(inside):
    own = inside.client("own")
    assert own.get("/account").status == 200
    text = inside.yaml.read_text()
    inside.yaml.write_text(text + "security: {session_hours: 1, idle_minutes: 5}\n")
    inside.portal.store.notice()
    assert own.get("/account").status == 200
    with inside.scope():
        door(Session.update(created=now() - timedelta(minutes=61)), Session).where(Session.id > 0).execute()
    assert own.get("/account").status == 303


def test_the_settings_page_says_so_at_the_field(inside):
    inside.address = OFFICE
    admin = inside.client("admin")
    base = re.search(r'name="base_version" value="(\d+)"', admin.get("/settings/security").text)[1]
    form = {"do": "save", "base_version": base, "was.security.networks.staff": ""}
    answer = admin.post("/settings/security", form | {"security.networks.staff": "198.51.100.0/24"})
    assert answer.status == 422
    assert "203.0.113.7, which is not in these networks" in answer.text
    both = "198.51.100.0/24\n203.0.113.0/24"
    answer = admin.post("/settings/security", form | {"security.networks.staff": both})
    assert answer.status == 303
    assert admin.get("/settings/security").status == 200
    inside.address = "192.0.2.1"
    assert admin.get("/settings/security").status == 303
