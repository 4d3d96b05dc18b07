"""Whoever still reads a former address has no way in by it, however the address was changed, and is told."""

from datetime import timedelta

import pytest

from core.data import credentials, people, same_person
from core.data.db import transaction
from core.host import importing
from support.inside import ADDRESS

NEW = {"password": "seven green kettles", "name": "Mallory"}
LINKS = {"reset": "/reset/", "email": "/account/email/", "email-old": "/account/email/old/", "invite": "/invite/"}


def links(inside, row):
    """Give a live link of every sort that was mailed to somebody."""
    data = {"email": row.email, "key": people.email_key(row.email), "role": "user", "company": "",
            "company_id": None}
    with inside.scope():
        return [path + credentials.make_token(purpose, row.id, lasts=timedelta(hours=1), data=data)
                for purpose, path in LINKS.items()]


def merge(inside, row):
    with inside.scope():
        gone = people.add_person("T. Hardy", email="twin@example.com")
        chosen = {"choose.email": "gone"}
        said = same_person.values(row, gone, {"email": "gone"})
        seen = same_person.preview(row, gone, said).mark
    sent = {"with": gone.public_id, "seen": seen, **chosen}
    assert inside.client("admin").post(f"/people/{row.public_id}/merge", sent).status == 303


def bring(inside, row):
    with inside.scope("acme", "admin"), transaction():
        importing.take_person({"known": str(row.id), "name": row.name, "email": "twin@example.com"})


@pytest.mark.parametrize("change", [merge, bring])
def test_links_to_a_former_address_are_over_and_it_is_told(inside, change):
    row = inside.person("own")
    old = links(inside, row)
    change(inside, row)
    with inside.scope():
        assert people.person(row.id).email == "twin@example.com"
    for link in old:
        assert inside.guest().post(link, NEW).status == 410, link
    (letter,) = inside.letters_to(ADDRESS["own"])
    assert "twin@example.com" in str(letter)
    assert inside.letters_to("twin@example.com") == []


def test_links_stay_where_the_address_does(inside):
    row = inside.person("own")
    old = links(inside, row)
    with inside.scope("acme", "admin"):
        importing.take_person({"known": str(row.id), "name": "T. Hardy", "email": row.email})
    assert inside.guest().get(old[0]).status == 200
    assert inside.letters_to(ADDRESS["own"]) == []
