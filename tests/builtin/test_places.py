"""Somebody of several companies chooses where they work: lists follow, nothing more is seen, links still open."""

import pytest

from core.data import access, people
from support.inside import ADDRESS, PASSWORD


@pytest.fixture
def both(inside):
    """Thomas belongs to two companies, with a ticket in each and one in none."""
    with inside.scope():
        own = inside.person("own")
        people.join(own.id, people.company("horn").id, "company_user")
        for title, company in (("Napf", "alfreds"), ("Hupe", "horn"), ("Privat", "")):
            access.add("ticket", title=title, state="open", person=own.id,
                       company=people.company(company).id if company else None)
        access.add("ticket", title="Ana fragt", state="open", person=inside.person("stranger").id,
                   company=people.company("horn").id)
    return inside


def titles(client):
    text = client.get("/tickets").text
    return {title for title in ("Napf", "Hupe", "Privat", "Ana fragt") if title in text}


def test_lists_home_and_search_follow_and_links_still_open(both):
    own = both.client("own")
    assert titles(own) == {"Napf", "Hupe", "Privat", "Ana fragt"}
    assert own.post("/account/place", {"company": "alfreds"}).location == "/"
    assert titles(own) == {"Napf", "Privat"}
    assert "Hupe" not in own.get("/").text
    with both.scope():
        number = access.find("ticket", 2).number
    assert "Hupe" in own.get(f"/tickets/{number}").text, "what one asks for by its number opens all the same"
    own.post("/account/place", {"company": "horn"})
    assert titles(own) == {"Hupe", "Ana fragt", "Privat"}
    own.post("/account/place", {"company": ""})
    assert titles(own) == {"Napf", "Hupe", "Privat", "Ana fragt"}


@pytest.mark.parametrize("referer", ["http://[oops/x", "//", "http://localhost:notaport/x", "\\\\x", ""])
def test_where_one_came_from_may_be_any_text(inside, referer):
    answer = inside.client("own").post("/account/place", {"company": ""}, headers={"Referer": referer})
    assert (answer.status, answer.location) == (303, "/")


def test_only_ones_own_open_companies_can_be_chosen(both):
    own = both.client("own")
    for wanted in ("cairo", "nowhere", "alfreds' OR 1=1"):
        assert own.post("/account/place", {"company": wanted}).status == 404
    with both.scope():
        people.change_company(people.company("horn").id, active=False)
    assert own.post("/account/place", {"company": "horn"}).status == 404
    assert "All my companies" not in own.get("/").text, "nothing to choose from where one company is left"
    stranger = both.client("loner")
    assert stranger.post("/account/place", {"company": "alfreds"}).status == 404


def test_a_chosen_company_that_is_left_hides_nothing_else(both):
    own = both.client("own")
    own.post("/account/place", {"company": "alfreds"})
    with both.scope():
        people.leave(both.person("own").id, people.company("alfreds").id)
    assert titles(own) == {"Hupe", "Ana fragt", "Privat"}


def test_it_is_kept_for_the_session_and_offered_to_the_next(both):
    own, other = both.client("own"), both.client("own")
    own.post("/account/place", {"company": "horn"})
    assert titles(other) == {"Napf", "Hupe", "Privat", "Ana fragt"}, "another session has its own choice"
    later = both.guest()
    assert later.post("/sign-in", {"email": ADDRESS["own"], "password": PASSWORD}).status == 303
    assert titles(later) == {"Hupe", "Ana fragt", "Privat"}
    told = [one["title"] for one in both.client("own", token=True).get("/api/v1/tickets").json["items"]]
    assert "Napf" in told, "programs have no session and choose nothing"


def test_new_records_are_placed_there(both):
    own = both.client("own")
    assert 'id="f-company"' in own.get("/tickets/new").text
    own.post("/account/place", {"company": "horn"})
    assert 'id="f-company"' not in own.get("/tickets/new").text
    assert own.post("/tickets/new", {"subject": "Neu hier", "body": "Hallo"}).status == 303
    with both.scope():
        row = [one for one in access.listed("ticket", ("t",), lambda query: query) if one.title == "Neu hier"]
        assert row[0].company_id == people.company("horn").id


def test_the_menu_offers_them_without_scripts(both):
    own = both.client("own")
    text = own.get("/").text
    assert 'action="/account/place"' in text
    assert "Around the Horn" in text
    assert 'action="/account/place"' not in both.client("colleague").get("/").text
    assert "Around the Horn" in own.get("/account/places").text


def test_a_companys_own_address_opens_nothing(both):
    guest = both.guest()
    for name in ("horn", "nowhere", "cairo"):
        assert guest.get(f"/portal/{name}").location == f"/sign-in?next=/portal/{name}"
    colleague, own = both.client("colleague"), both.client("own")
    assert colleague.get("/portal/alfreds").location == "/"
    refused = colleague.get("/portal/horn")
    assert (refused.status, refused.text) == (404, colleague.get("/portal/nowhere").text)
    page = own.get("/portal/horn")
    assert "Go on with Around the Horn" in page.text
    assert titles(own) == {"Napf", "Hupe", "Privat", "Ana fragt"}, "looking changes nothing"
    assert both.client("agent").get("/portal/horn").location == "/companies/horn"
