"""The example plugin `visits`: its record has conversation, files, search, API, mail and switch like any other."""

from __future__ import annotations

import shutil

import pytest

from support.inside import ADDRESS, text_of
from support.needs import ROOT

ASKED = {"subject": "Lift makes a noise", "place": "Berlin, third floor", "body": "It squeaks since Monday.",
         "wished": "2031-05-04"}


@pytest.fixture
def visits(portal_inside):
    """A portal with the plugin copied into its folder, and switched on."""
    return portal_inside({"features": {"visits": True}}, plugins=lambda folder: shutil.copytree(
        ROOT / "examples" / "plugins" / "visits", folder / "visits"))


def ask(inside, short="own", **values):
    answer = inside.client(short).post("/visits/new", ASKED | values)
    assert answer.status == 303, answer.text
    return answer.location


def test_a_customer_asks_and_only_those_concerned_see_it(visits, engine):
    place = ask(visits)
    assert place == "/visits/VIS-001"
    for short, status in {"own": 200, "boss": 200, "agent": 200, "stranger": 404, "loner": 404}.items():
        assert visits.client(short).get(place).status == status, short
    assert "Lift makes a noise" in visits.client("own").get("/visits").text
    assert "Lift makes a noise" not in visits.client("stranger").get("/visits").text
    assert visits.client("other").get(place).status == 404
    assert "Lift makes a noise" in visits.client("own").get("/").text, "the card of the home page"


def test_a_form_says_what_is_missing_and_what_is_too_early(visits, engine):
    own = visits.client("own")
    missing = own.post("/visits/new", {"subject": "Lift"})
    assert missing.status == 422
    assert 'id="f-place-error"' in missing.text
    early = own.post("/visits/new", ASKED | {"wished": "2020-01-01"})
    assert early.status == 422
    assert "or a later day" in early.text
    assert "Berlin, third floor" in early.text, "what was typed stays"


def test_they_talk_about_it_and_notes_stay_inside(visits, engine):
    place = ask(visits)
    agent, own = visits.client("agent"), visits.client("own")
    assert agent.post(f"{place}/reply", {"body": "We will come."},
                      {"attachments": ("route.txt", b"left, then right", "text/plain")}).status == 303
    assert agent.post(f"{place}/note", {"body": "He is grumpy, bring cake."}).status == 303
    page = own.get(place).text
    assert "We will come." in page
    assert "route.txt" in page
    assert "grumpy" not in page
    assert "grumpy" in agent.get(place).text
    assert own.post(f"{place}/note", {"body": "no"}).status == 404
    letters = visits.letters_to(ADDRESS["own"])
    assert any("We will come." in text_of(letter) for letter in letters)
    assert not any("grumpy" in text_of(letter) for letter in letters)


def test_search_finds_it_by_its_words(visits, engine):
    ask(visits)
    ask(visits, subject="Window does not close", body="The handle is off.")
    own = visits.client("own")
    found = own.get("/visits?q=handle").text
    assert "Window does not close" in found
    assert "Lift makes" not in found
    assert "Window" not in visits.client("stranger").get("/visits?q=handle").text


def test_the_team_plans_it_and_the_customer_is_told(visits, engine):
    place = ask(visits)
    assert visits.client("own").post(f"{place}/plan", {"planned": "2031-05-06"}).status == 404
    assert visits.client("agent").post(f"{place}/plan", {"planned": ""}).status == 422
    assert visits.client("agent").post(f"{place}/plan", {"planned": "2031-05-06"}).status == 303
    assert "2031-05-06" in visits.client("own").get(place).text
    assert any("2031-05-06" in text_of(letter) for letter in visits.letters_to(ADDRESS["own"]))


def test_the_api_speaks_it(visits, engine):
    own = visits.client("own", token=True)
    made = own.send_json("POST", "/api/v1/visits", {"subject": "Lift", "place": "Berlin", "wished": "2031-05-04"})
    assert made.status == 201, made.text
    assert made.json["place"] == "Berlin"
    assert made.json["wished"] == "2031-05-04"
    assert own.send_json("POST", "/api/v1/visits", {"subject": "Lift"}).status == 422
    number = made.json["number"]
    assert own.send_json("POST", f"/api/v1/visits/{number}/messages", {"body": "Hello"}).status == 201
    assert [item["number"] for item in own.get("/api/v1/visits").json["items"]] == [number]
    assert visits.client("stranger", token=True).get("/api/v1/visits").json["items"] == []


def test_switched_off_it_was_never_there_and_nothing_is_lost(visits, engine):
    place = ask(visits)
    own, agent, key = visits.client("own"), visits.client("agent"), visits.client("own", token=True)
    visits.yaml.write_text(visits.yaml.read_text().replace("visits: true", "visits: false"))
    visits.portal.store.notice()
    for client, path in ((own, "/visits"), (own, place), (agent, place), (key, "/api/v1/visits")):
        never = client.get(path.replace("visits", "nothing"))
        answer = client.get(path)
        assert (answer.status, len(answer.body)) == (404, len(never.body)), path
    home = own.get("/").text
    assert "/visits" not in home
    assert "Lift" not in home
    visits.yaml.write_text(visits.yaml.read_text().replace("visits: false", "visits: true"))
    visits.portal.store.notice()
    assert "It squeaks since Monday." in own.get(place).text
