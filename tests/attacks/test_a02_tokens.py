"""A02: a link counts once, for one purpose, person and tenant, for its time, and stands nowhere in the clear."""

import re
from datetime import timedelta

import pytest

from core.data import credentials
from core.data.credentials import Token
from core.data.db import door, now
from support.inside import ADDRESS, PASSWORD, text_of

NEW = "seven green kettles"


def ask(inside, short="own"):
    inside.guest().post("/reset", {"email": ADDRESS[short]})
    letter = inside.letters_to(ADDRESS[short])[-1]
    return re.search(r"(/reset/\S+)", text_of(letter))[1]


def use(inside, link, password=NEW, host="localhost"):
    return inside.guest(host).post(link, {"password": password})


@pytest.fixture
def link(inside):
    return ask(inside)


def test_a_link_works_once(inside, link):
    assert use(inside, link).status == 303
    assert use(inside, link).status == 410
    assert inside.guest().get(link).status == 410


def test_a_newer_link_kills_the_older(inside, link):
    newer = ask(inside)
    assert use(inside, link).status == 410
    assert use(inside, newer).status == 303


def test_a_changed_password_kills_it(inside, link):
    inside.client("own").post("/account/password", {"old": PASSWORD, "password": "eight blue kettles"})
    assert use(inside, link).status == 410


def test_a_changed_address_kills_it(inside, link):
    own = inside.client("own")
    own.post("/account/email", {"email": "tom@new.example", "password": PASSWORD})
    for address in ("tom@new.example", ADDRESS["own"]):
        letter = inside.letters_to(address)[-1]
        assert inside.guest().post(re.search(r"(/account/email/\S+)", text_of(letter))[1]).status == 200
    assert use(inside, link).status == 410


def test_locking_out_kills_it(inside, link):
    public_id = inside.person("own").public_id
    inside.client("admin").post(f"/people/{public_id}/active", {"active": "off"})
    assert use(inside, link).status == 410


def test_it_is_bound_to_its_tenant(inside, link):
    assert use(inside, link, host="globex.localhost").status == 404
    assert use(inside, link).status == 303


def test_it_runs_out_to_the_second(inside, link):
    def move(left):
        with inside.scope() as who:
            door(Token.update(expires=now() + left), Token).where(
                Token.tenant == who.tenant_id, Token.purpose == "reset").execute()

    move(timedelta(seconds=-1))
    assert inside.guest().get(link).status == 410
    move(timedelta(minutes=1))
    assert inside.guest().get(link).status == 200


def test_a_part_of_it_is_nothing(inside, link):
    for broken in (link[:-1], link + "x", link.swapcase(), link[:20], "/reset/" + "A" * 43):
        assert inside.guest().get(broken).status == 404, broken


def test_another_account_gains_nothing_by_it(inside, link):
    stranger = inside.client("stranger")
    assert stranger.post(link, {"password": NEW}).status == 303
    assert inside.guest().post("/sign-in", {"email": ADDRESS["own"], "password": NEW}).status == 303
    assert inside.guest().post("/sign-in", {"email": ADDRESS["stranger"], "password": PASSWORD}).status == 303


def test_secrets_are_random_and_hashed_at_rest(inside):
    with inside.scope():
        person = inside.person("own").id
    with inside.scope():
        made = {credentials.make_token("sample", person, lasts=timedelta(hours=1), alone=False)
                for _number in range(1000)}
        stored = {row for (row,) in Token._meta.database.obj.connection().cursor().execute(
            "SELECT secret FROM token").fetchall()}
    assert len(made) == 1000
    assert all(len(secret) >= 43 for secret in made), "256 random bits"
    assert not made & stored
    for place in range(43):
        assert len({secret[place] for secret in made}) > (40 if place < 42 else 10), "every place varies"


def test_no_secret_waits_in_the_queue(inside):
    link = ask(inside)
    secret = link.rpartition("/")[2]
    cursor = Token._meta.database.obj.connection().cursor()
    for table in ("job", "event", "audit", "token", "once"):
        rows = cursor.execute(f"SELECT * FROM {table}").fetchall()  # a fixed list
        assert secret not in repr(rows), table
