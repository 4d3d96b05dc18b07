"""A03: one person, one identity: twins by case, width, blanks, dots and hidden characters are refused."""

import pytest

from core.data import credentials, people
from core.errors import Conflict, Invalid
from support.inside import ADDRESS, PASSWORD

TWINS = ["OWN@EXAMPLE.COM", " own@example.com", "own@example.com.", "ｏｗｎ@example.com", "own＠example.com",
         "own@exampLE.com ", "ｏｗｎ＠ｅｘａｍｐｌｅ．ｃｏｍ"]
HIDDEN = ["own\x00@example.com", "own\u200b@example.com", "o\u202ewn@example.com", "own@exa\x00mple.com",
          "own@example.com\x7f", "\ufeffown@example.com"]


@pytest.mark.parametrize("twin", TWINS)
def test_a_twin_is_the_same_person(inside, twin):
    with inside.scope(), pytest.raises(Invalid):
        people.add_person("Twin", email=twin)
    with inside.scope(), pytest.raises(Conflict):
        people.change_person(inside.person("stranger").id, email=twin)
    assert inside.guest().post("/sign-in", {"email": twin, "password": PASSWORD}).status == 303


@pytest.mark.parametrize("hidden", HIDDEN)
def test_what_nobody_can_see_is_no_address(portal_inside, hidden):
    inside = portal_inside({"access": {"registration": "open"}})
    with inside.scope(), pytest.raises(Invalid):
        people.add_person("Twin", email=hidden)
    form = {"name": "Twin", "email": hidden, "password": "seven green kettles"}
    assert inside.guest().post("/register", form).status == 422
    assert inside.guest().post("/sign-in", {"email": hidden, "password": PASSWORD}).status == 422
    inside.guest().post("/reset", {"email": hidden})
    assert not inside.letters_to("example.com")


def test_a_sign_in_name_never_is_an_address(inside):
    for name in (ADDRESS["own"], "a b", "x", "te\x00st", "te\u200bst", "stall.", "<b>"):
        with inside.scope(), pytest.raises(Invalid):
            people.add_person("Twin", login=name)
    with inside.scope():
        people.add_person("First", login="Straße7")
        for twin in ("strasse7", "STRASSE7", "ｓｔｒａｓｓｅ7"):
            with pytest.raises(Invalid):
                people.add_person("Twin", login=twin)


def test_an_international_domain_is_one_in_both_spellings(inside):
    with inside.scope():
        people.add_person("First", email="eva@bücher.example", password=credentials.hash_password(PASSWORD))
        with pytest.raises(Invalid):
            people.add_person("Twin", email="eva@xn--bcher-kva.example")
    assert inside.guest().post("/sign-in", {"email": "EVA@BÜCHER.example", "password": PASSWORD}).status == 303


def test_a_plus_tag_is_another_mailbox_and_gets_no_mail_of_the_first(inside):
    inside.guest().post("/reset", {"email": "own+x@example.com"})
    inside.work()
    assert not inside.letters


def test_an_address_of_one_tenant_is_another_person_in_the_next(inside):
    with inside.scope("globex"):
        hashed = credentials.hash_password("another one here")
        people.add_person("Same address", email=ADDRESS["own"], password=hashed)
    sign_in = {"email": ADDRESS["own"], "password": "another one here"}
    assert inside.guest().post("/sign-in", sign_in).status == 422
    assert inside.guest("globex.localhost").post("/sign-in", sign_in).status == 303
    inside.client("own").post("/account/password", {"old": PASSWORD, "password": "seven green kettles"})
    assert inside.guest("globex.localhost").post("/sign-in", sign_in).status == 303
