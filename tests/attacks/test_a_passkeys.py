"""Passkeys: made, used alone and as a second step, and every lie an answer can tell refused alike."""

import json
from dataclasses import replace

import pytest

from core.data import audit, factors, people
from core.web import passkeys
from support.authenticator import PRESENT, Authenticator, data, text
from support.inside import ADDRESS, HOSTS, PASSWORD

HOME, IN, STEP = "/account/passkeys", "/sign-in/passkey", "/sign-in/code"


def options(client, path):
    answer = client.post(f"{path}/options")
    assert answer.status == 200, answer.text
    return answer.json


def make(inside, short="own", **how):
    device = Authenticator(**how)
    client = inside.client(short)
    answer = client.post(HOME, {"credential": device.make(options(client, HOME)), "name": "My phone"})
    assert answer.location == HOME, answer.text
    return device


def sign_in(inside, device, asked=None, host="localhost"):
    guest = inside.guest(host)
    return guest, guest.post(IN, {"credential": device.use(asked or options(guest, IN)), "next": "/account"})


def refused(answer, guest):
    return answer.status == 422 and "did not work here" in answer.text and "parlour" not in guest.cookies


def test_made_named_used_and_taken_away(inside):
    client = inside.client("own")
    asked = options(client, HOME)
    assert asked["rp"] == {"id": "localhost", "name": "Acme Support"}
    assert asked["authenticatorSelection"]["residentKey"] == "required"
    assert asked["authenticatorSelection"]["userVerification"] == "required"
    assert asked["attestation"] == "none"
    assert data(asked["user"]["id"]).decode() == inside.person("own").public_id
    device = make(inside)
    assert "My phone" in client.get(HOME).text
    guest, answer = sign_in(inside, device)
    assert answer.location == "/account"
    assert "signed in with a passkey" in guest.get("/account/security").text
    (row,) = rows(inside)
    assert row.transports == ["internal"]
    assert row.seen is not None
    assert client.post(f"{HOME}/{row.public_id}/name", {"name": "Old phone"}).location == HOME
    assert "Old phone" in client.get(HOME).text
    assert client.post(f"{HOME}/{row.public_id}/remove").location == HOME
    guest, answer = sign_in(inside, device)
    assert refused(answer, guest)
    with inside.scope():
        acts = {act.act for act in audit.acts(subject=inside.person("own").public_id)}
    assert {"person.passkey_added", "person.passkey_renamed", "person.passkey_removed"} <= acts
    assert [letter["Subject"] for letter in inside.letters_to(ADDRESS["own"])][:2] == \
        ["A passkey was added", "A passkey was removed"]


def rows(inside, short="own"):
    with inside.scope("acme" if short != "other" else "globex"):
        return factors.passkeys(inside.person(short).id)


def test_a_password_alone_opens_nothing_any_more(inside):
    device = make(inside)
    guest = inside.guest()
    assert guest.post("/sign-in", {"email": ADDRESS["own"], "password": PASSWORD}).location == STEP
    asked = options(guest, STEP)
    assert [one["id"] for one in asked["allowCredentials"]] == [text(device.id)]
    assert guest.post(f"{STEP}/passkey", {"credential": device.use(asked)}).location == "/"
    assert guest.get("/account").status == 200


def test_an_answer_counts_once_and_for_its_own_question(inside):
    device = make(inside)
    guest = inside.guest()
    asked = options(guest, IN)
    said = {"credential": device.use(asked)}
    assert guest.post(IN, said).status == 303
    again = inside.guest()
    assert refused(again.post(IN, said), again)
    half = inside.guest()
    half.post("/sign-in", {"email": ADDRESS["own"], "password": PASSWORD})
    for_step = options(half, STEP)
    assert refused(*reversed(sign_in(inside, device, for_step))), "a second step's is no sign-in's"
    answer = half.post(f"{STEP}/passkey", {"credential": device.use(options(inside.guest(), IN))})
    assert (answer.status, half.get("/account").status) == (422, 303), "nor the other way round"
    own = inside.client("own")
    assert own.post("/account/confirm/passkey", {"credential": device.use(options(half, STEP))}).status == 422


def test_of_one_answer_sent_twice_at_the_same_moment_one_counts(inside):
    device = make(inside)
    said = {"credential": device.use(options(inside.guest(), IN))}
    guests = [inside.guest() for _time in range(4)]
    answers = inside.parallel(*[lambda one=guest: one.post(IN, said) for guest in guests])
    assert sorted(answer.status for answer in answers) == [303, 422, 422, 422]


LIES = {
    "another site": {"origin": "http://evil.example"},
    "a sibling": {"origin": "http://globex.localhost:8000"},
    "another scheme": {"origin": "https://localhost:8000"},
    "another host's passkey": {"rp": "evil.example"},
    "nobody verified": {"flags": PRESENT},
    "nobody there": {"flags": 0},
    "another key": {"key": Authenticator().key},
    "an unknown passkey": {"id": b"x" * 32},
    "somebody else's name": {"handle": b"AAAAAAAAAAAAAAAAAAAAAA"},
}


@pytest.mark.parametrize("lie", LIES)
def test_each_lie_is_refused_alike(inside, lie):
    device = make(inside)
    guest, answer = sign_in(inside, replace(device, **LIES[lie]))
    assert refused(answer, guest)
    assert sign_in(inside, device)[1].location == "/account", "the truth still counts"


@pytest.mark.parametrize("lie", ["another site", "another host's passkey", "nobody verified", "nobody there"])
def test_no_passkey_is_made_by_a_lie(inside, lie):
    client = inside.client("own")
    answer = client.post(HOME, {"credential": Authenticator(**LIES[lie]).make(options(client, HOME)), "name": "x"})
    assert answer.status == 422
    assert not rows(inside)
    assert not inside.person("own").two_factor


def test_a_copied_passkey_gives_itself_away(inside):
    device = make(inside, counter=5)
    for counter, good in ((6, True), (6, False), (3, False), (7, True)):
        guest, answer = sign_in(inside, replace(device, counter=counter))
        assert (answer.status == 303) is good, counter
        assert good or refused(answer, guest)


def test_whose_question_it_was_counts(inside):
    own, colleague = inside.client("own"), inside.client("colleague")
    device = Authenticator()
    said = device.make(options(own, HOME))
    assert colleague.post(HOME, {"credential": said, "name": "x"}).status == 422
    assert not rows(inside, "colleague")
    made = make(inside)
    half = inside.guest()
    half.post("/sign-in", {"email": ADDRESS["own"], "password": PASSWORD})
    other = make(inside, "colleague")
    answer = half.post(f"{STEP}/passkey", {"credential": other.use(options(half, STEP))})
    assert (answer.status, "parlour" in half.cookies) == (422, False)
    twice = replace(made, handle=b"")
    assert colleague.post(HOME, {"credential": twice.make(options(colleague, HOME)), "name": "x"}).status == 422


def test_a_passkey_of_one_tenant_is_nothing_to_another(inside):
    device = make(inside)
    elsewhere = replace(device, origin="http://globex.localhost:8000", rp="globex.localhost")
    guest = inside.guest(HOSTS["globex"])
    asked = options(guest, IN)
    assert asked["rpId"] == "globex.localhost"
    assert refused(guest.post(IN, {"credential": elsewhere.use(asked)}), guest)
    assert refused(*reversed(sign_in(inside, device, asked))), "nor its question here"
    other = inside.client("other")
    public_id = rows(inside)[0].public_id
    assert other.post(f"{HOME}/{public_id}/remove").status == 404
    assert inside.client("colleague").post(f"{HOME}/{public_id}/name", {"name": "mine"}).status == 404
    assert rows(inside)[0].name == "My phone"


def test_locked_out_means_locked_out(inside):
    device = make(inside)
    with inside.scope():
        people.change_person(inside.person("own").id, active=False)
    guest, answer = sign_in(inside, device)
    assert refused(answer, guest)


@pytest.mark.parametrize("credential", ["", "{}", "null", "[]", "x" * 30000, '{"id": 1}', "[" * 9000, "\u0000",
                                        '{"id": "", "response": {"clientDataJSON": "e30"}}',
                                        '{"id": "AA", "response": {"clientDataJSON": "////"}}'])
def test_nonsense_is_refused_like_a_lie(inside, credential):
    guest, own = inside.guest(), inside.client("own")
    assert refused(guest.post(IN, {"credential": credential}), guest)
    assert own.post(HOME, {"credential": credential, "name": "x"}).status == 422
    assert own.post("/account/confirm/passkey", {"credential": credential}).status == 422


def test_bits_turned_anywhere_are_refused(inside):
    device = make(inside)
    for part in ("clientDataJSON", "authenticatorData", "signature"):
        guest = inside.guest()
        sent = json.loads(device.use(options(guest, IN)))
        broken = bytearray(data(sent["response"][part]))
        broken[len(broken) // 2] ^= 1
        sent["response"][part] = text(bytes(broken))
        assert refused(guest.post(IN, {"credential": json.dumps(sent)}), guest), part


def test_guessing_is_counted(portal_inside):
    inside = portal_inside({"security": {"tries_per_network": 5}})
    guest = inside.guest()
    assert [guest.post(IN, {"credential": "{}"}).status for _try in range(6)] == [422] * 5 + [429]


def test_where_the_tenant_wants_none_there_are_none(portal_inside):
    inside = portal_inside({"security": {"methods": ["password"]}})
    own = inside.client("own")
    for path in (HOME, IN, f"{IN}/options", f"{HOME}/options"):
        assert own.post(path).status == 404, path
    assert own.get(HOME).status == 404
    assert "passkey" not in inside.guest().get("/sign-in").text
    assert "asskey" not in own.get("/account/security").text


def test_passkeys_from_before_stay_a_second_step(inside):
    device = make(inside)
    inside.yaml.write_text(inside.yaml.read_text() + "security: {methods: [password]}\n")
    inside.portal.store.notice()
    guest = inside.guest()
    assert "passkey" not in guest.get("/sign-in").text
    assert guest.post("/sign-in", {"email": ADDRESS["own"], "password": PASSWORD}).location == STEP
    assert guest.post(f"{STEP}/passkey", {"credential": device.use(options(guest, STEP))}).location == "/"
    assert guest.post(f"{HOME}/options").status == 404, "no new one is made"
    (row,) = rows(inside)
    assert guest.post(f"{HOME}/{row.public_id}/remove").location == HOME
    assert guest.get(HOME).status == 404


def test_without_the_extra_there_are_none_and_passwords_stay(portal_inside, monkeypatch):
    monkeypatch.setattr(passkeys, "AVAILABLE", False)
    inside = portal_inside({"security": {"methods": ["passkey"]}})
    assert "passkey" not in inside.guest().get("/sign-in").text
    answer = inside.guest().post("/sign-in", {"email": ADDRESS["own"], "password": PASSWORD})
    assert answer.location == "/"


def test_on_another_host_of_the_tenant_none_is_offered(portal_inside):
    inside = portal_inside({"tenants": {"acme": {"hosts": ["localhost", "help.localhost"]}}})
    guest = inside.guest("help.localhost")
    assert "passkey" not in guest.get("/sign-in").text
    assert guest.post(f"{IN}/options").status == 404


def test_where_passkeys_are_the_only_way_everything_leads_to_one(portal_inside):
    inside = portal_inside({"security": {"methods": ["passkey"]}})
    page = inside.guest().get("/sign-in").text
    assert 'type="password"' not in page
    assert inside.guest().post("/sign-in", {"email": ADDRESS["own"], "password": PASSWORD}).status == 404
    guest = inside.guest()
    assert guest.post("/reset", {"email": ADDRESS["own"]}).location == "/reset/sent"
    (letter,) = inside.letters_to(ADDRESS["own"])
    assert letter["Subject"] == "Make a new passkey"
    link = letter.get_body(("plain",)).get_content().split("http://localhost:8000")[1].split()[0]
    assert 'type="password"' not in guest.get(link).text
    assert guest.post(link).location == HOME
    assert guest.post(link).status == 410
    assert guest.get("/tickets").location == HOME
    assert guest.get("/account/password").status == 303
    device = Authenticator()
    assert guest.post(HOME, {"credential": device.make(options(guest, HOME)), "name": "Key"}).location == HOME
    assert guest.get("/tickets").status == 200
    assert guest.get("/account/password").status == 404
    (row,) = rows(inside)
    assert guest.post(f"{HOME}/{row.public_id}/remove").status == 422, "it is the only way in"
    assert sign_in(inside, device)[1].location == "/account"


def test_a_letter_is_one_proof_where_a_second_is_asked_for(portal_inside):
    inside = portal_inside({"security": {"methods": ["passkey"]}})
    with inside.scope():
        factors.add_passkey(inside.person("own").id, "abc", "key", counter=0, name="Lost")
    guest = inside.guest()
    guest.post("/reset", {"email": ADDRESS["own"]})
    (letter,) = inside.letters_to(ADDRESS["own"])
    link = letter.get_body(("plain",)).get_content().split("http://localhost:8000")[1].split()[0]
    assert guest.post(link).location == STEP
    assert guest.get("/account").status == 303


def test_a_passkey_confirms_who_sits_there(inside):
    device = make(inside)
    own = inside.client("own")
    said = {"credential": device.use(options(own, "/account/confirm")), "next": "/account/two-factor"}
    assert own.post("/account/confirm/passkey", said).location == "/account/two-factor"
    assert own.post("/account/confirm/passkey", said).status == 422
