"""A01: links in letters begin with the configured address, whatever the request claims to be for."""

import pytest

from support.inside import ADDRESS, text_of

FORGED = [{"X-Forwarded-Host": "evil.example"}, {"Forwarded": "host=evil.example;proto=https"},
          {"X-Host": "evil.example", "X-Forwarded-Server": "evil.example"}, {"X-Original-Host": "evil.example"},
          {"Host": "localhost:6666", "Origin": "http://localhost:6666"}]


@pytest.mark.parametrize("headers", FORGED)
def test_a_forged_host_reaches_no_letter(inside, headers):
    answer = inside.guest().post("/reset", {"email": ADDRESS["own"]}, headers=headers)
    assert "evil" not in answer.text + str(answer.all_headers)
    for letter in inside.letters_to(ADDRESS["own"]):
        assert "http://localhost:8000/reset/" in text_of(letter)
        assert "evil" not in letter.as_string()
        assert "6666" not in letter.as_string()


def test_each_tenant_writes_its_own_address(inside):
    inside.guest("globex.localhost").post("/reset", {"email": ADDRESS["other"]})
    (letter,) = inside.letters_to(ADDRESS["other"])
    assert "http://globex.localhost:8000/reset/" in text_of(letter)
    inside.guest("globex.localhost").post("/reset", {"email": ADDRESS["own"]})
    assert not inside.letters_to(ADDRESS["own"])
