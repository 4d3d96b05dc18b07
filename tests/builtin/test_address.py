"""Another e-mail address counts once both addresses have said yes; a no, time and other people's hands stop it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from core.data import credentials, people
from core.data.credentials import Token
from core.data.db import door, now
from support.inside import ADDRESS, PASSWORD, text_of

NEW = "tom@new.example"


def link_to(inside, address):
    """Give the path of the newest link about a change that was mailed to an address."""
    found = [re.search(r"http://localhost:8000(/account/email/\S+)", text_of(letter))
             for letter in inside.letters_to(address)]
    return [match[1] for match in found if match][-1]


@pytest.fixture
def links(inside):
    """Ask for a new address as Thomas; give the links of the new and of the old one."""
    own = inside.client("own")
    assert own.post("/account/email", {"email": NEW, "password": PASSWORD}).status == 303
    return link_to(inside, NEW), link_to(inside, ADDRESS["own"])


def test_both_have_to_say_yes_in_either_order_and_each_link_works_once(inside, links):
    new, old = links
    guest = inside.guest()
    assert "tom@new.example" in guest.get(new).text
    assert "tom@new.example" in guest.get(old).text
    assert inside.person("own").email == ADDRESS["own"], "looking changes nothing"
    assert "One yes is still missing" in guest.post(old).text
    assert inside.person("own").email == ADDRESS["own"]
    assert guest.post(old).status == 410
    page = inside.client("own").get("/account/email").text
    assert page.count("said yes") >= 1
    assert "we wait for the link" in page
    assert "From now on you sign in with tom@new.example" in guest.post(new).text
    assert inside.person("own") is None
    assert inside.person(NEW).name == "Thomas Hardy"
    assert guest.post(new).status == guest.get(old).status == 410
    assert inside.letters_to(ADDRESS["own"])[-1]["Subject"] == "Your e-mail address was changed"


def test_the_new_one_may_answer_first(inside, links):
    new, old = links
    assert "letter to the address you have used so far" in inside.guest().post(new).text
    assert inside.person("own").email == ADDRESS["own"]
    inside.guest().post(old)
    assert inside.person(NEW).verified


def test_answers_at_the_same_moment_change_it_once(inside, links):
    answers = inside.parallel(*(lambda link=link: inside.guest().post(link) for link in (*links, *links)))
    assert sorted(answer.status for answer in answers) == [200, 200, 410, 410]
    assert inside.person(NEW) is not None


@pytest.mark.engines("sqlite")
def test_a_no_ends_the_change_and_every_session(inside, links):
    new, old = links
    own = inside.client("own")
    assert "Nothing has changed" in inside.guest().post(old, {"answer": "no"}).text
    assert inside.guest().post(new).status == 410
    assert own.get("/account").status == 303
    assert inside.person("own").email == ADDRESS["own"]


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize("way", ["password", "reset", "withdraw", "again", "admin", "locked out"])
def test_what_kills_both_links(inside, links, way):
    own, admin = inside.client("own"), inside.client("admin")
    page = f"/people/{inside.person('own').public_id}"
    if way == "password":
        own.post("/account/password", {"old": PASSWORD, "password": "eight blue kettles"})
    elif way == "reset":
        inside.guest().post("/reset", {"email": ADDRESS["own"]})
        path = re.search(r"(/reset/\S+)", text_of(inside.letters_to(ADDRESS["own"])[-1]))[1]
        assert inside.guest().post(path, {"password": "eight blue kettles"}).status == 303
    elif way == "withdraw":
        assert own.post("/account/email/withdraw").status == 303
    elif way == "again":
        own.post("/account/email", {"email": "third@new.example", "password": PASSWORD})
    elif way == "admin":
        sent = {"name": "Thomas Hardy", "email": "set@by.example", "role": "customer"}
        assert admin.post(page, sent).status == 303
    else:
        admin.post(f"{page}/active", {"active": "off"})
    for link in links:
        assert inside.guest().post(link).status == 410
    assert inside.person(NEW) is None


@pytest.mark.engines("sqlite")
def test_links_run_out_and_half_a_change_with_them(inside, links):
    inside.guest().post(links[1])
    with inside.scope() as who:
        door(Token.update(expires=now() - timedelta(seconds=1)), Token).where(
            Token.tenant == who.tenant_id, Token.purpose == "email").execute()
    assert inside.guest().post(links[0]).status == 410
    assert inside.person("own").email == ADDRESS["own"]


@pytest.mark.engines("sqlite")
def test_links_are_for_their_tenant_and_their_person(inside, links):
    never = inside.guest("globex.localhost").get("/account/email/" + "A" * 43)
    for link in links:
        there = inside.guest("globex.localhost").get(link)
        assert (there.status, there.text) == (404, never.text)
        assert inside.guest("globex.localhost").post(link).status == 404
        assert inside.client("colleague").get(link).status == 403
        assert inside.client("colleague").post(link).status == 403
    swapped = links[0].replace("/email/", "/email/old/")
    assert inside.guest().post(swapped).status == 404
    assert inside.person("own").email == ADDRESS["own"]
    assert inside.person("colleague").email == ADDRESS["colleague"]


@pytest.mark.engines("sqlite")
def test_an_address_that_is_taken_meanwhile_stays_with_its_owner(inside, links):
    inside.guest().post(links[1])
    with inside.scope():
        people.add_person("Somebody else", email=NEW, verified=True)
    answer = inside.guest().post(links[0])
    assert answer.status == 410
    assert inside.person("own").email == ADDRESS["own"]
    assert inside.person(NEW).name == "Somebody else"


@pytest.mark.engines("sqlite")
def test_an_address_somebody_has_looks_the_same_and_comes_to_nothing(inside):
    own = inside.client("own")
    free = own.post("/account/email", {"email": NEW, "password": PASSWORD})
    shown = own.get("/account/email").text.replace(NEW, "X")
    taken = own.post("/account/email", {"email": ADDRESS["stranger"], "password": PASSWORD})
    assert (free.status, free.location) == (taken.status, taken.location)
    plain = re.compile(r'value="[^"]+"|<time[^>]*>[^<]*</time>|\d{1,2}:\d\d\s[AP]M')
    assert plain.sub("", own.get("/account/email").text.replace(ADDRESS["stranger"], "X")) == plain.sub("", shown)
    (letter,) = inside.letters_to(ADDRESS["stranger"])
    assert "/account/email/" not in letter.as_string()


@pytest.mark.engines("sqlite")
def test_who_has_no_address_yet_needs_the_new_one_alone(inside):
    with inside.scope():
        row = people.add_person("Nia Nomail", login="nia", password=credentials.hash_password(PASSWORD))
        secret = credentials.open_session(row.id, hours=1, address="127.0.0.1", agent="test")
    nia = inside.guest()
    nia.cookies["parlour"] = secret
    assert nia.post("/account/email", {"email": "nia@new.example", "password": PASSWORD}).status == 303
    assert "From now on" in inside.guest().post(link_to(inside, "nia@new.example")).text
    assert inside.person("nia@new.example").login == "nia"


@pytest.mark.engines("sqlite")
def test_mistakes_stand_at_their_field_and_the_address_stays_typed(inside):
    own = inside.client("own")
    for values, text in (({"email": NEW, "password": "wrong"}, "That is not your password"),
                         ({"email": ADDRESS["own"].upper(), "password": PASSWORD}, "your address already"),
                         ({"email": "nonsense", "password": PASSWORD}, "f-email-error")):
        answer = own.post("/account/email", values)
        assert answer.status == 422
        assert text in answer.text
        assert f'value="{values["email"]}"' in answer.text
    assert inside.letters_to(NEW) == []
