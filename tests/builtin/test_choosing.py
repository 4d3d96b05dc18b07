"""Choosing a company: a list of few; of many, a part of the name or the identifier, with scripts and without."""

import html
import re

import pytest

from core.data import people
from core.work import invitations


@pytest.fixture
def crowded(inside):
    """Forty more companies, two of one name."""
    with inside.scope():
        for number in range(40):
            people.add_company(f"Company {number:02}", f"c{number:02}")
        people.add_company("Twins", "twin-a")
        people.add_company("Twins", "twin-b")
    return inside


def invite(inside, company):
    return inside.client("agent").post("/people/invite", {
        "email": "nina@new.example", "name": "", "role": "user", "company": company})


def test_few_are_a_list(inside):
    page = inside.client("agent").get("/people/invite?company=horn").text
    assert re.search(r'<select[^>]*name="company"', page)
    assert '<option value="horn" selected>' in page
    assert "datalist" not in page


def test_many_are_typed_and_suggested(crowded):
    page = crowded.client("agent").get("/people/invite?company=horn").text
    assert not re.search(r'<select[^>]*name="company"', page)
    assert 'value="Around the Horn (horn)"' in page
    assert page.count("<option value=\"Company") <= 20
    found = crowded.client("agent").fragment("/people/companies?company=any+1", "company-list").text
    assert re.findall(r'value="([^"]+)"', found)[:2] == ["Company 10 (c10)", "Company 11 (c11)"]
    assert crowded.client("own").get("/people/companies?company=a").status == 404
    assert "Cairo" not in crowded.client("admin").get("/people/companies?company=cairo").text


@pytest.mark.parametrize(("typed", "identifier"), [
    ("Around the Horn (horn)", "horn"), ("horn", "horn"), ("around the HORN", "horn"), ("company 07", "c07"),
    (" c07 ", "c07"), ("the hor", "horn"), ("twin-b", "twin-b"), ("Twins (twin-b)", "twin-b"), ("", "")])
def test_what_was_typed_is_understood(crowded, typed, identifier):
    assert invite(crowded, typed).status == 303
    with crowded.scope():
        assert [row.data["company"] for row in invitations.waiting()] == [identifier]


@pytest.mark.parametrize(("typed", "told"), [
    ("Twins", "Several companies fit: Twins (twin-a), Twins (twin-b). Say which."),
    ("nowhere", "No company is called “nowhere” here."), ("cairo", "No company is called “cairo” here."),
    ("Compan", "Several companies fit: Company 00 (c00)")])
def test_what_is_not_clear_is_asked_again_with_what_was_typed(crowded, typed, told):
    answer = invite(crowded, typed)
    assert answer.status == 422
    assert told in html.unescape(answer.text)
    assert f'value="{typed}"' in answer.text
    with crowded.scope():
        assert not invitations.waiting()


def test_a_person_is_put_into_a_company_the_same_way(crowded):
    row, admin = crowded.person("loner"), crowded.client("admin")
    for typed, status in (("Twins", 422), ("Twins (twin-b)", 303)):
        form = {"company": typed, "role": "user"}
        assert admin.post(f"/people/{row.public_id}/companies", form).status == status
    with crowded.scope():
        assert [m.identifier for m in people.memberships([row.id])[row.id]] == ["twin-b"]


def test_somebody_of_sixty_companies_has_all_pages(inside):
    with inside.scope():
        for number in range(60):
            made = people.add_company(f"Company {number}", f"c{number}")
            people.join(inside.person("own").id, made.id, "company_user")
    own = inside.client("own")
    for path in ("/", "/tickets", "/kb", "/search?q=printer"):
        assert own.get(path).status == 200, path
