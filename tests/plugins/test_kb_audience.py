"""Who reads what: audience of article and category, chosen companies, drafts, on every way to an article."""

from __future__ import annotations

import pytest

from core.data import people
from support.articles import Library, kb

EVERYBODY = ("guest", "own", "colleague", "boss", "stranger", "horn_boss", "loner", "agent", "admin", "other")
READERS = {
    "public": {"guest", "own", "colleague", "boss", "stranger", "horn_boss", "loner", "agent", "admin"},
    "customers": {"own", "colleague", "boss", "stranger", "horn_boss", "loner", "agent", "admin"},
    "alfreds": {"own", "colleague", "boss", "agent", "admin"},
    "both": {"own", "colleague", "boss", "stranger", "horn_boss", "agent", "admin"},
    "staff": {"agent", "admin"},
    "nobody": set(),
}
"""By audience, said from MISSION: who is to read it. `other` is of another tenant."""

AUDIENCES = {"public": ("public", ()), "customers": ("customers", ()), "alfreds": ("company", ("alfreds",)),
             "both": ("company", ("alfreds", "horn")), "staff": ("staff", ())}
NARROWED = {("public", "customers"): "customers", ("customers", "public"): "customers",
            ("both", "alfreds"): "alfreds", ("alfreds", "both"): "alfreds",
            ("public", "alfreds"): "alfreds", ("staff", "public"): "staff",
            ("customers", "staff"): "staff", ("both", "customers"): "both", ("public", "public"): "public"}
"""(article's, category's) -> what is left."""


def ask(inside, who, path):
    client = inside.guest() if who == "guest" else inside.client(who)
    return client.get(path)


def readers(inside, path, word):
    """Who finds the article at its address, in the list of the first page, by search and in the API."""
    found = set()
    for who in EVERYBODY:
        page = ask(inside, who, path)
        assert page.status in (200, 404), (who, page.status)
        shown = page.status == 200 and word in page.text
        listed = word in ask(inside, who, "/kb").text
        searched = 'href="/kb/canary"' in ask(inside, who, f"/kb?q={word}").text
        assert shown == listed, f"{who}: page {shown}, list {listed}"
        assert shown == searched, f"{who}: page {shown}, search {searched}"
        if who != "guest":
            api = inside.client(who, token=True)
            numbers = {one["title"] for one in api.get("/api/v1/articles").json["items"]}
            assert (word in str(numbers)) == shown, who
        found |= {who} if shown else set()
    return found


@pytest.mark.parametrize("audience", AUDIENCES)
def test_an_article_is_read_by_those_it_is_for(inside, audience):
    wanted, companies = AUDIENCES[audience]
    Library(inside).article("Canary", wanted=wanted, companies=companies)
    assert readers(inside, "/kb/canary", "Canary") == READERS[audience]


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize(("article", "category"), NARROWED)
def test_a_category_narrows_what_is_in_it(inside, article, category):
    library = Library(inside)
    wanted, companies = AUDIENCES[category]
    outer = library.category("Outer", wanted=wanted, companies=companies)
    inner = library.category("Inner", parent=outer)
    wanted, companies = AUDIENCES[article]
    library.article("Canary", wanted=wanted, companies=companies, category=inner)
    expected = READERS[NARROWED[article, category]]
    assert readers(inside, "/kb/canary", "Canary") == expected
    for who in EVERYBODY:
        assert (ask(inside, who, "/kb/c/inner").status == 200) == (who in READERS[category]), who


@pytest.mark.engines("sqlite")
def test_a_category_that_becomes_narrower_or_wider_takes_its_articles_along(inside):
    library = Library(inside)
    shelf = library.category("Shelf")
    library.article("Canary", category=shelf)
    guest = inside.guest()
    assert guest.get("/kb/canary").status == 200
    for wanted, status in (("staff", 404), ("public", 200), ("customers", 404)):
        with library.scope():
            kb().change_category(shelf, wanted=wanted)
        assert guest.get("/kb/canary").status == status
        assert ("Canary" in guest.get("/kb").text) == (status == 200)


def test_drafts_and_what_was_taken_back_are_for_staff_alone(inside):
    library = Library(inside)
    row = library.article("Canary", published=False)
    for who in EVERYBODY:
        assert ask(inside, who, "/kb/canary").status == 404, who
        assert "/kb/canary" not in ask(inside, who, "/kb?q=Canary").text, who
    with library.scope():
        number = kb().write(row, "en", {"title": "Canary", "source": "x"})
        kb().show(row, "en", number)
    assert inside.guest().get("/kb/canary").status == 200
    with library.scope():
        kb().withdraw(row)
    for who in ("guest", "own", "agent"):
        assert ask(inside, who, "/kb/canary").status == 404, who
    assert "Canary" not in inside.client("own", token=True).get("/api/v1/articles").text
    with library.scope():
        kb().bring_back(row)
    assert inside.guest().get("/kb/canary").status == 200


def test_a_closed_knowledge_base_is_for_people_who_are_signed_in(portal_inside):
    inside = portal_inside({"features": {"kb": {"enabled": True, "audience": "customers"}}})
    Library(inside).article("Canary")
    assert inside.guest().get("/kb").location.startswith("/sign-in")
    assert inside.guest().get("/kb/canary").status == 303
    assert "Canary" not in inside.guest().get("/sitemap.xml").text
    assert inside.client("loner").get("/kb/canary").status == 200


def test_who_sees_only_own_records_still_reads_what_is_for_everybody(inside):
    library = Library(inside)
    library.article("Canary", wanted="customers")
    library.article("Wren", wanted="company", companies=("alfreds",))
    with library.scope():
        people.change_person(people.by_address("colleague@example.com").id, own_only=True)
    assert inside.client("colleague").get("/kb/canary").status == 200
    assert inside.client("colleague").get("/kb/wren").status == 404


def test_counts_are_those_of_the_reader(inside):
    library = Library(inside)
    shelf = library.category("Shelf")
    inner = library.category("Inner", parent=shelf)
    for place, audience in enumerate(("public", "customers", "staff", "public")):
        library.article(f"Canary {place}", wanted=audience, category=inner if place == 3 else shelf)
    assert "2 articles" in inside.guest().get("/kb").text
    assert "3 articles" in inside.client("own").get("/kb").text
    assert "4 articles" in inside.client("agent").get("/kb").text
