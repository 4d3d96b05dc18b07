"""Choosing a password: what is asked stands under the field, what is wrong with it at the field, on every page."""

import re

import pytest

from core.data import credentials
from core.work import invitations
from support.inside import ADDRESS, PASSWORD, text_of

HINT = "At least 14 characters. A few words that don't belong together are easy to keep and hard to guess."
SETTINGS = {"access": {"registration": "open"},
            "security": {"password_length": 14, "password_words": ["gadgetron"]}}
WEAK = {"short": "Choose at least 14 characters.", "Password2026!!": "first that anybody would try",
        "gadgetron-12345": "Choose something nobody would try who knows you",
        "Acme Support 1!": "Choose something nobody would try who knows you", "x" * 300: "Choose at most 256"}


@pytest.fixture
def inside(portal_inside):
    return portal_inside(SETTINGS)


def registering(inside):
    return inside.guest(), "/register", {"name": "Zoe Zander", "email": "zoe@new.example"}


def invited(inside):
    with inside.scope("acme", "agent"):
        invitations.invite("nina@new.example", name="Nina")
    (letter,) = inside.letters_to("nina@new.example")
    return inside.guest(), re.search(r"(/invite/\S+)", text_of(letter))[1], {"name": "Nina"}


def forgotten(inside):
    with inside.scope():
        secret = credentials.make_token("reset", inside.person("own").id, lasts=credentials.timedelta(hours=1))
    return inside.guest(), f"/reset/{secret}", {}


def changing(inside):
    return inside.client("own"), "/account/password", {"old": PASSWORD}


@pytest.mark.parametrize("way", [registering, invited, forgotten, changing])
def test_each_page_says_what_is_asked_and_what_is_wrong(inside, way):
    client, path, form = way(inside)
    assert HINT in client.get(path).text.replace("&#39;", "'")
    for password, told in WEAK.items():
        answer = client.post(path, form | {"password": password})
        assert answer.status == 422, password
        shown = re.search(r'id="f-password-error"[^>]*>(.*?)</p>', answer.text, re.S)
        assert shown, password
        assert told in shown[1], password
        assert password not in answer.text
    assert client.post(path, form | {"password": "seven green kettles"}).status == 303


def test_own_names_are_refused_to_their_owner(inside):
    client, path, form = changing(inside)
    for password in ("Thomas Hardy 1234", "thomashardy!!!!!", ADDRESS["own"]):
        assert client.post(path, form | {"password": password}).status == 422, password
    assert inside.client("colleague").post(path, form | {"password": "thomas hardy 1234!"}).status == 303


def test_staff_give_no_weak_one_either(inside):
    path = f"/people/{inside.person('own').public_id}/password"
    assert inside.client("admin").post(path, {"password": "Password2026!!"}).status == 422
    assert inside.client("admin").post(path, {"password": "seven green kettles"}).status == 303


def test_no_rules_about_kinds_of_characters(inside):
    client, path, form = changing(inside)
    assert client.post(path, form | {"password": "zwölf grüne teekannen 🫖"}).status == 303
    guest = inside.guest()
    typed = "zwo\u0308lf gru\u0308ne teekannen 🫖"  # the same, as another keyboard sends it
    assert guest.post("/sign-in", {"email": ADDRESS["own"], "password": typed}).status == 303
