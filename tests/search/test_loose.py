"""Search forgives: misspelt words, word forms, scripts; and answers come before the question."""

from __future__ import annotations

import pytest

from core.data import access, conversation, db, search
from core.data.question import Question, understood
from core.data.words import asked, distance, keys, marked, near, stem, words


def ticket(inside, short, title, *said, slug="acme"):
    with inside.scope(slug, person=short) as who:
        row = access.add("ticket", title=title, company=who.me.memberships[0].company_id, state="open")
        for text in said:
            conversation.add_entry(row, text)
    return row


def found(inside, short, text):
    with inside.scope("globex" if short.startswith("other") else "acme", person=short):
        return [hit.record.title for hit in search.hits(text)]


@pytest.mark.parametrize(("one", "other"), [
    ("invoices", "invoice"), ("running", "run"), ("companies", "company"), ("addresses", "address"),
    ("configured", "configuring"), ("statuses", "status"), ("rechnungen", "rechnung"), ("druckern", "drucker"),
    ("kunden", "kunde"), ("passworter", "passwort"), ("المكتبات", "مكتبه"), ("والمفاتيح", "مفاتيح")])
def test_forms_of_a_word_share_a_stem(one, other):
    assert stem(one) == stem(other)


@pytest.mark.parametrize(("one", "other"), [("status", "state"), ("bus", "bush"), ("print", "paint"), ("t1", "t")])
def test_other_words_do_not(one, other):
    assert stem(one) != stem(other)


def test_arabic_letters_that_people_mix_are_one():
    assert words("إعدادات المدرسة مُستشفى قـهـوة ١٢٣") == words("اعدادات المدرسه مستشفي قهوة 123")


def test_distance_counts_what_a_hand_does_wrong():
    others = ("printer", "pritner", "prnter", "prrinter", "painter", "mouse")
    assert [distance("printer", other, 2) for other in others] == [0, 1, 1, 1, 1, 3]
    assert near("pritner", ["printer", "pointer", "mouse"]) == ["printer"]
    assert near("pritn", ["printer"], begun=True) == ["printer"] and near("pri", ["pry"]) == []
    assert set(keys("haus")) & set(keys("huas")) and not set(keys("haus")) & set(keys("mouse"))


def test_a_misspelt_word_is_found_and_marked(inside):
    ticket(inside, "own", "The printer smokes", "It began with the cartridge")
    for text in ("pritner", "printr", "prinnter", "smokse", "cartrige", "the pritner", "pritn"):
        assert found(inside, "own", text) == ["The printer smokes"], text
    for text in ("mouse", "pry", "zebra", "7777"):
        assert found(inside, "own", text) == [], text
    with inside.scope(person="own"):
        outcome = search.find("pritner")
        assert outcome.loose and ("printer", True) in outcome.groups[0].hits[0].title
        assert not search.find("printer").loose


def test_every_form_of_a_word_is_found(inside):
    ticket(inside, "own", "Invoices for March", "wir haben neue Drucker")
    for text in ("invoice march", "invoicing x march".replace(" x", ""), "druckern", "drucke"):
        assert found(inside, "own", text) == ["Invoices for March"], text
    with inside.scope(person="own"):
        assert db.fetch(access.visible("ticket").where(search.matches("ticket", "invoice drucker")))


def test_an_arabic_word_is_found_misspelt_and_without_its_article(inside):
    ticket(inside, "own", "إعدادات الطابعة الجديدة")
    for text in ("اعدادات", "الطابعه", "طابعة", "الطبعة", "جديدة", "أعدادت"):
        assert found(inside, "own", text) == ["إعدادات الطابعة الجديدة"], text


def test_suggestions_prefer_titles_and_know_their_bounds(inside):
    ticket(inside, "own", "Lamp is dark")
    ticket(inside, "own", "Question", "about a lamp")
    ticket(inside, "stranger", "Lamp of somebody else")
    with inside.scope(person="own"):
        assert [hit.record.title for hit in search.suggestions("lam")] == ["Lamp is dark", "Question"]
        assert [hit.record.title for hit in search.suggestions("l")] == ["Lamp is dark"]
        assert [hit.record.title for hit in search.suggestions("lanp")] == ["Lamp is dark", "Question"]
        assert search.suggestions("") == search.suggestions("???") == []
        assert len(search.suggestions("lam", most=1)) == 1


def test_what_is_written_elsewhere_leads_nowhere(inside):
    """Words of another tenant are not known; those of another company are, and find nothing."""
    ticket(inside, "other", "Zeppelin flights", slug="globex")
    ticket(inside, "stranger", "Submarine dives")
    ticket(inside, "own", "Zeppelins and submarines are not our business")
    with inside.scope(person="agent"):
        assert not understood(Question(["flihgts"])).loose
        assert understood(Question(["divse"])).loose
    assert found(inside, "own", "divse") == found(inside, "own", "flihgts") == []
    assert found(inside, "agent", "divse") == ["Submarine dives"]
    assert found(inside, "other", "submarnie") == [] and found(inside, "other", "flihgts") == ["Zeppelin flights"]


def test_words_are_forgotten_when_the_index_is_made_anew(inside):
    row = ticket(inside, "own", "Ephemeral")
    with inside.scope():
        access.remove("ticket", row.id, "view")
        assert understood(Question(["ephemreal"])).loose
        search.rebuild()
        assert not understood(Question(["ephemreal"])).loose


def test_marks_show_forms_and_misspellings():
    question = Question(asked("invoice"))
    assert marked("Two invoices", question.wanted, question.also) == [("Two ", False), ("invoices", True)]
    assert marked("إعدادات الطابعة", ["طابعه"], Question(["طابعه"]).also)[-1] == ("الطابعة", True)


def test_it_asks_little(inside):
    for place in range(5):
        ticket(inside, "own", f"Wave {place}", "water")
    db.count_statements(db.db.obj)
    try:
        for call, most in ((lambda: search.find("wave"), 5), (lambda: search.find("wavee"), 8),
                           (lambda: search.suggestions("wave"), 2)):
            with inside.scope(person="own"):
                before = db.statements
                call()
                assert 0 < db.statements - before <= most
    finally:
        db.db.obj.query_hooks.clear()
