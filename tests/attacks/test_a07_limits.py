"""A07, R46: tries are counted per name and per network, by all processes together, and a success starts anew."""

import re

import pytest

from core.data import credentials
from core.errors import TooMany
from support.inside import ADDRESS, PASSWORD, text_of

NEW = "seven green kettles"


def try_in(inside, address=ADDRESS["own"], password="wrong words here", here="198.51.100.7"):
    inside.address = here
    return inside.guest().post("/sign-in", {"email": address, "password": password})


def test_ten_tries_per_name_whatever_its_spelling_and_from_wherever(inside):
    for number in range(10):
        address = ADDRESS["own"].upper() if number % 2 else f" {ADDRESS['own']}."
        assert try_in(inside, address, here=f"198.51.{number}.7").status == 422
    answer = try_in(inside, password=PASSWORD, here="198.51.77.7")
    assert answer.status == 429
    assert 0 < int(answer.headers["retry-after"]) <= 900
    assert "parlour" not in inside.guest().cookies
    assert try_in(inside, ADDRESS["stranger"], PASSWORD).status == 303, "the others notice nothing"


def test_unknown_names_are_counted_alike(inside):
    assert [try_in(inside, "nobody@example.com").status for _number in range(11)] == [422] * 10 + [429]


def test_a_success_starts_anew(inside):
    for _number in range(9):
        try_in(inside)
    assert try_in(inside, password=PASSWORD).status == 303
    assert [try_in(inside).status for _number in range(11)] == [422] * 10 + [429]


@pytest.mark.parametrize(("address", "other"),
                         [("198.51.100.{}", "198.51.101.1"), ("2001:db8:1:2::{}", "2001:db8:1:3::1")])
def test_fifty_tries_per_network_over_all_names(inside, address, other):
    for number in range(50):
        assert try_in(inside, f"n{number}@example.com", here=address.format(number + 1)).status == 422
    assert try_in(inside, ADDRESS["own"], PASSWORD, address.format(99)).status == 429
    assert try_in(inside, ADDRESS["own"], PASSWORD, other).status == 303


def test_an_office_behind_one_address_signs_in_as_often_as_it_likes(portal_inside):
    inside = portal_inside({"security": {"tries_per_network": 5}})
    assert [try_in(inside, password=PASSWORD).status for _number in range(8)] == [303] * 8
    failed = [try_in(inside, f"n{number}@example.com").status for number in range(4)]
    assert failed == [422] * 4
    assert try_in(inside, password=PASSWORD).status == 303
    assert try_in(inside, "n5@example.com").status == 422, "a success gives back its own try and no other"
    answer = try_in(inside, password=PASSWORD)
    assert (answer.status, "from your network. Try again in 15 minutes." in answer.text) == (429, True)


def test_who_is_kept_out_learns_for_how_long_and_comes_in_with_a_new_password(inside):
    for _number in range(10):
        try_in(inside)
    answer = try_in(inside, password=PASSWORD)
    assert answer.status == 429
    assert "Try again in 15 minutes, or reset your password." in answer.text
    assert 'href="/reset"' in answer.text
    assert inside.guest().post("/reset", {"email": ADDRESS["own"]}).status == 303
    (letter,) = inside.letters_to(ADDRESS["own"])
    link = re.search(r"(/reset/\S+)", text_of(letter))[1]
    assert inside.guest().post(link, {"password": NEW}).location == "/sign-in"
    assert try_in(inside, password=NEW).status == 303


def test_every_other_way_in_is_counted_too(portal_inside):
    inside = portal_inside({"access": {"registration": "open"}, "security": {"tries": 3, "tries_per_network": 5}})

    def statuses(call, times):
        return [call().status for _number in range(times)]

    guest = inside.guest()
    assert statuses(lambda: guest.post("/reset", {"email": ADDRESS["own"]}), 4) == [303, 303, 303, 429]
    form = {"name": "Zoe", "email": "zoe@new.example", "password": NEW}
    assert statuses(lambda: guest.post("/register", form), 4) == [303, 303, 303, 429]
    assert statuses(lambda: guest.get("/invite/guess"), 6) == [404] * 5 + [429]
    assert statuses(lambda: guest.get("/reset/guess"), 1) == [429]
    assert "Try again in 15 minutes." in guest.get("/reset/guess").text
    assert statuses(lambda: inside.client("own").get("/account"), 3) == [200] * 3


def test_processes_count_together(inside):
    answers = inside.parallel(*[lambda: try_in(inside) for _number in range(16)])
    assert sorted(answer.status for answer in answers) == [422] * 10 + [429] * 6


def test_a_window_ends(inside, monkeypatch):
    with inside.scope():
        credentials.limit("some act", 1, 1)
        with pytest.raises(TooMany):
            credentials.limit("some act", 1, 1)
        later = credentials.now() + credentials.timedelta(seconds=2)
        monkeypatch.setattr(credentials, "now", lambda: later)
        credentials.limit("some act", 1, 1)
        with pytest.raises(TooMany):
            credentials.limit("some act", 1, 1)
