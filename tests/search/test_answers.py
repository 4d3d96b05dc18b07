"""Articles found by everybody they are for, in their language, however spelt; answers before the question."""

from __future__ import annotations

import pytest

from core.data import access, db, search, tally
from support.articles import Library


@pytest.fixture
def inside(portal_inside):
    return portal_inside({"languages": {"offered": ["en", "de", "ar"]}})


@pytest.fixture
def library(inside):
    tally.flush()
    db.loose.execute_sql("DELETE FROM tally")
    return Library(inside)


def searched(client, text, language="en"):
    answer = client.get(f"/search?q={text}", headers={"Accept-Language": language})
    return answer.text[answer.text.index('id="found"'):] if answer.status == 200 else ""


def test_a_guest_finds_an_arabic_article_by_a_misspelt_word(inside, library):
    row = library.article("Set up the printer", "Words in English.")
    library.translate(row, "ar", "إعدادات الطابعة", "كيف تضبط إعدادات الطابعة الجديدة.")
    guest = inside.guest()
    for text in ("الطابعه", "طابعة", "الطبعة", "اعدادت", "إعدادات الطابعه", "printr"):
        found = searched(guest, text, "ar")
        assert "data-record=\"article/" in found, text
        assert "إعدادات" in found or "الطابعة" in found, text
    assert "Set up the <mark>printer</mark>" in searched(guest, "pritner", "en")


def test_a_hit_speaks_the_readers_language_and_marks_one_text_of_it(inside, library):
    row = library.article("Reset a password", "Open the account page.")
    library.translate(row, "de", "Ein Passwort zurücksetzen", "Öffnen Sie die Kontoseite.")
    german = searched(inside.guest(), "passwort", "de")
    assert "Ein <mark>Passwort</mark> zurücksetzen" in german and "Reset" not in german
    suggested = inside.guest().get("/search/suggest?q=passw", headers={"Accept-Language": "de"}).text
    assert "Ein <mark>Passwort</mark> zurücksetzen" in suggested


def test_drafts_and_articles_of_others_are_not_found_by_their_words(inside, library):
    library.article("Hidden draft about zebras", "zebra", published=False)
    library.article("For the horn about zebras", "zebra", wanted="company", companies=("horn",))
    library.article("For the team about zebras", "zebra", wanted="staff")
    for client, sees in ((inside.guest(), 0), (inside.client("own"), 0), (inside.client("stranger"), 1)):
        for text in ("zebra", "zebras", "zebar"):
            assert searched(client, text).count("data-record=") == sees, text
            offered = client.get(f"/search/answers?subject=about+{text}").text
            assert offered.count("This answered it") == sees, text


def test_a_subject_is_answered_and_the_answer_counted(inside, library):
    row = library.article("The label printer stops after a few labels", "Calibrate it.")
    library.article("Change the address on an invoice", "We write a new one.")
    client = inside.client("own")
    assert 'data-hx-get="/search/answers"' in client.get("/tickets/new").text
    offered = client.get("/search/answers?subject=Our+label+prniter+stops+after+some+labels").text
    assert offered.count("This answered it") == 1 and f"article/{row.number}" in offered
    assert "This answered it" not in client.get("/search/answers?subject=Where+is+my+parcel").text
    assert not client.get("/search/answers?subject=").text.strip()
    done = client.post("/search/answered", {"answer": f"article/{row.number}", "subject": "x", "body": "typed"})
    assert done.location == "/" and "Glad that helped" in client.get("/").text
    assert "TKT-001" not in client.get("/tickets").text, "no ticket was made"
    tally.flush()
    with inside.scope():
        assert tally.top("search.answered") == [(f"article/{row.number}", 1)]
    insights = inside.client("admin").get("/searches").text
    assert "The label printer stops" in insights and "1 time" in insights


def test_what_nothing_was_found_for_can_be_written(inside, library):
    for short in ("own", "colleague", "stranger", "boss", "loner", "horn_boss"):  # two may share a place
        inside.client(short).get("/search?q=Teleport+pads")
    page = inside.client("admin").get("/searches").text
    assert 'href="/content/new?title=teleport+pads"' in page
    assert "/content/new" not in page.replace('href="/content/new?title=teleport+pads"', "")


def test_without_the_knowledge_base_nothing_is_offered_and_nothing_to_write(portal_inside):
    inside = portal_inside({"tenants": {"acme": {"features": {"kb": False}}}})
    for short in ("own", "colleague", "stranger", "boss", "loner", "horn_boss"):  # two may share a place
        inside.client(short).get("/search?q=Teleport+pads")
    page = inside.client("admin").get("/searches").text
    assert "teleport pads" in page and "/content/new" not in page
    assert not inside.client("own").get("/search/answers?subject=printer").text.strip()


def test_one_kind_does_not_hide_another(inside, library):
    library.article("Common words of an article", "common")
    with inside.scope():
        for place in range(search.EACH + 5):
            access.add("ticket", title=f"Common words {place}", state="open", person=inside.person("own").id)
    with inside.scope(person="agent"):
        found = {group.kind.name: (group.count, group.more) for group in search.find("common").groups}
    assert found == {"article": (1, False), "ticket": (99, True)}
