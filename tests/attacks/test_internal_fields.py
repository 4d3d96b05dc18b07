"""What only the team is asked is told to nobody else, neither by the conditions of other fields."""

import pytest

from core.data import people

FIELDS = {"free": {"label": "Free"}, "innermark": {"label": "Risk", "internal": True},
          "followup": {"label": "Follow", "if": {"innermark": ["secret word"]}},
          "further": {"label": "Further", "if": {"followup": "filled"}}}


@pytest.fixture
def desk(portal_inside):
    return portal_inside({
        "fields": {"people": FIELDS, "companies": {
            "innermark": {"label": "Risk"}, "followup": {**FIELDS["followup"], "editable": True},
            "free": {"label": "Free", "editable": True}}},
        "features": {"tickets": {"fields": FIELDS}}})


def test_no_page_of_customers_tells_of_an_internal_field(desk):
    with desk.scope():
        people.join(desk.person("own").id, people.company("alfreds").id, "company_admin")
    own = desk.client("own")
    for path in ("/tickets/new", "/account", "/account/company/alfreds/details"):
        answer = own.get(path)
        assert answer.status == 200 and "secret word" not in answer.text, path
        assert "innermark" not in answer.text, path
        assert "followup" not in answer.text and "free" in answer.text, path
    page = desk.client("admin").get("/tickets/new").text
    assert "secret word" in page and "followup" in page
