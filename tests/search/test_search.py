"""Search: folded words through the door, notes for those who see notes, nothing for anybody else."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from core.data import access, conversation, db, index, scope, search
from core.data.records import Record
from core.data.words import asked, excerpt, marked, words
from core.errors import DoorError
from core.host.cli import main
from support.inside import TENANT, disconnect
from support.pace import within


def ticket(inside, short, title, *said, note="", company="alfreds"):
    """A ticket of a customer, with what they said and what the team noted."""
    with inside.scope(TENANT.get(short, "acme"), person=short) as who:
        mine = who.me.memberships[0].company_id if who.me.memberships else None
        with db.transaction():
            row = access.add("ticket", title=title, company=mine, state="open")
            for text in said:
                conversation.add_entry(row, text)
    if note:
        with inside.scope(person="agent"):
            conversation.add_entry(row, note, internal=True)
    return row


def found(inside, short, text, **options):
    with inside.scope(person=short):
        hits = search.hits(text, **options)
        listed = db.fetch(access.visible("ticket").where(search.matches("ticket", text)))
        assert {hit.record.id for hit in hits} == {row.id for row in listed}
        return [hit.record.title for hit in hits]


def test_words_are_folded_and_the_last_one_is_a_beginning(inside):
    ticket(inside, "own", "Größe des Cafés", "Bitte ändern: Straße 7")
    for query in ("grösse", "GROSSE CAFE", "caf", "strasse oder", "7 größ"):
        assert found(inside, "own", query) == (["Größe des Cafés"] if query != "strasse oder" else [])
    assert found(inside, "own", "gros") == ["Größe des Cafés"]
    assert found(inside, "own", "gros cafes") == [], "only the last word is a beginning"


HOSTILE = (
    '"', "'", "*", "a*b", "NEAR(a b)", "title:secret", "x OR y", "x AND", "NOT", "^x", "{public internal}: x",
    "key:t1", "';--", "' | '", "a & !b", "\\", "(", ":*", "\x00", "=t1", "'=k", "\ud83d\ude00", "x" * 5000,
    "\u202e", '") OR (key : "t2', "-x", "+x", "%", "_", "t_1")


def test_operators_are_only_signs(inside):
    ticket(inside, "own", "An ordinary title", "An ordinary text")
    for query in HOSTILE:
        assert found(inside, "own", query) == [], query


def test_a_note_is_found_by_the_team_alone(inside):
    ticket(inside, "own", "Printer", "It smokes", note="The customer is a zebra")
    assert found(inside, "agent", "zebra") == ["Printer"]
    assert found(inside, "agent", "smokes zebra") == ["Printer"]
    for short in ("own", "colleague", "boss"):
        assert found(inside, short, "zebra") == []
        assert found(inside, short, "smokes zebra") == []
    with inside.scope(person="agent"):
        (hit,) = search.hits("zebra")
    assert ("zebra", True) in hit.excerpt


def test_only_what_the_door_shows_is_found(inside):
    ticket(inside, "own", "Alpha by Thomas")
    ticket(inside, "colleague", "Alpha by Elke")
    ticket(inside, "stranger", "Alpha by Ana")
    ticket(inside, "loner", "Alpha by nobody's")
    ticket(inside, "other", "Alpha in the other house")
    assert found(inside, "own", "alpha") == ["Alpha by Thomas"]
    assert sorted(found(inside, "boss", "alpha")) == ["Alpha by Elke", "Alpha by Thomas"]
    assert found(inside, "stranger", "alpha") == ["Alpha by Ana"]
    assert found(inside, "loner", "alpha") == ["Alpha by nobody's"]
    assert len(found(inside, "agent", "alpha")) == 4


def test_what_changes_is_found_as_it_is_now(inside):
    row = ticket(inside, "own", "Old title", "Elder words")
    with inside.scope():
        access.change("ticket", row.id, "view", title="New title", person=inside.person("colleague").id)
    assert found(inside, "agent", "old title") == []
    assert found(inside, "own", "new") == []
    assert found(inside, "colleague", "new") == ["New title"]
    with inside.scope(person="agent"):
        conversation.add_entry(row, "Fresh reply")
    assert found(inside, "colleague", "fresh") == ["New title"]
    with inside.scope():
        access.remove("ticket", row.id, "view")
    assert found(inside, "agent", "new") == []


def test_a_change_that_is_rolled_back_is_not_found(inside):
    row = ticket(inside, "own", "Steady")
    with inside.scope(person="agent"):
        with pytest.raises(ZeroDivisionError), db.transaction():
            conversation.add_entry(row, "vanishing")
            raise ZeroDivisionError
        with db.transaction():
            with pytest.raises(ZeroDivisionError), db.transaction():
                conversation.add_entry(row, "ephemeral")
                raise ZeroDivisionError
            conversation.add_entry(row, "lasting")
    assert found(inside, "own", "vanishing") == found(inside, "own", "ephemeral") == []
    assert found(inside, "own", "lasting") == ["Steady"]


def test_a_feature_that_is_off_finds_nothing(portal_inside):
    inside = portal_inside({"tenants": {"acme": {"features": {"tickets": False}}}})
    with inside.scope(person="agent"):
        assert search.hits("anything") == []
        assert db.fetch(access.visible("ticket").where(search.matches("ticket", "x"))) == []


def test_the_history_window_holds_for_search(portal_inside):
    inside = portal_inside({"tenants": {"acme": {"companies": {"alfreds": {"visible_since": "2999-01-01"}}}}})
    ticket(inside, "own", "Long ago")
    assert found(inside, "own", "ago") == found(inside, "boss", "ago") == []
    assert found(inside, "agent", "ago") == ["Long ago"]


def test_title_hits_first_then_the_newest(inside):
    for title, said in (("Old lamp", "-"), ("Talk", "the lamp"), ("New lamp", "-"), ("Later", "a lamp again")):
        ticket(inside, "own", title, said)
    assert found(inside, "own", "lamp") == ["New lamp", "Old lamp", "Later", "Talk"]
    with inside.scope(person="own"):
        assert [hit.record.title for hit in search.hits("lamp", most=1)] == ["New lamp"]
        assert search.hits("lamp", kind="nothing") == []


def test_blank_is_no_filter_for_a_list(inside):
    ticket(inside, "own", "One")
    with inside.scope(person="own"):
        everything = access.visible("ticket").where(search.matches("ticket", "  "))
        assert len(db.fetch(everything.order_by(Record.touched.desc()).limit(5))) == 1
        assert search.hits("") == search.hits("   ") == search.hits(None) == []


def test_rebuild_makes_the_index_anew(inside):
    ticket(inside, "own", "Findable", "in words")
    with inside.scope(), db.transaction():
        index.forget(index.Search.rowid > 0)
    assert found(inside, "own", "findable") == []
    with inside.scope():
        assert search.rebuild() == 1
    assert found(inside, "own", "words") == ["Findable"]


def test_it_costs_the_same_however_much_is_found(inside):
    with inside.scope(person="own") as who:
        for place in range(5):
            mine = who.me.memberships[0].company_id
            row = access.add("ticket", title=f"Wave {place}", state="open", company=mine)
            conversation.add_entry(row, "wave")
        costs = []
        for most in (1, 5):
            before = db.statements
            search.hits("wave", most=most)
            costs.append(db.statements - before)
    assert costs[0] == costs[1] <= 2


def test_no_table_of_the_index_is_reached_without_the_door(inside):
    with inside.scope(person="own"), pytest.raises(DoorError):
        db.fetch(index.Search.select(index.Search.rowid))


def test_words_of_many_scripts():
    assert words("Ünïcode_word-2 x") == ["unicode", "word", "2", "x"]
    assert words("東京 tower") == ["東", "京", "tower"]
    assert words("قَهْوَة") == words("قهوة")
    assert asked("a b a c") == ["a", "b", "c"]
    assert asked("...") == []


def test_marks_and_excerpts_keep_the_text_as_it_was_written():
    assert marked("Das Café öffnet", ["cafe"]) == [("Das ", False), ("Café", True), (" öffnet", False)]
    assert "".join(piece for piece, _ in marked("<b>Bold</b> & bold", ["bold"])) == "<b>Bold</b> & bold"
    long = "word " * 100 + "needle " + "word " * 100
    shown = excerpt([long], ["needle"])
    assert "needle" in shown and shown.startswith("… ") and len(shown) < 200
    assert excerpt(["nothing"], ["needle"]) == ""


def test_scopes_without_anybody_find_nothing(inside):
    ticket(inside, "own", "Private")
    with inside.scope() as system, scope.acting(None):
        assert system.system
        assert search.hits("private") == []


def test_a_number_is_found_however_it_is_written(inside):
    ticket(inside, "own", "Numbered")
    for query in ("TKT-001", "tkt-1", "001", "1"):
        assert found(inside, "own", query) == ["Numbered"], query


def test_the_page_groups_marks_and_escapes(inside):
    client = inside.client("own")
    assert "Search in everything you can see" in client.get("/search").text
    assert "We found nothing for “&lt;b&gt;”" in client.get("/search?q=%3Cb%3E").text
    for place in range(7):
        ticket(inside, "own", f"<b>Fjord</b> {place}", "a fjord & more", note="secret fjord")
    page = client.get("/search?q=Fjord")
    assert page.text.count('data-record="ticket/') == 5 and "<mark>Fjord</mark>" in page.text
    assert "&lt;b&gt;" in page.text and "<b>Fjord" not in page.text and "secret" not in page.text
    assert "a <mark>fjord</mark> &amp; more" in page.text
    assert '<h2>Tickets <span class="soft">7</span>' in page.text
    more = client.get("/search?q=fjord&kind=ticket")
    assert more.text.count('data-record="ticket/') == 7
    piece = client.fragment("/search?q=fjord", "found")
    assert piece.text.lstrip().startswith('<div id="found"') and "<html" not in piece.text
    assert "secret" not in client.get("/search?q=secret").text.split('id="found"')[1].replace("“secret”", "")
    assert inside.client("agent").get("/search?q=secret").text.count('data-record="ticket/') == 5


def test_guests_find_nothing_and_a_strange_kind_is_every_kind(inside):
    ticket(inside, "own", "Hidden fjord")
    assert "data-record" not in inside.guest().get("/search?q=fjord").text
    assert "data-record" in inside.client("own").get("/search?q=fjord&kind=zebra").text


def test_the_command_rebuilds_every_tenant(inside):
    ticket(inside, "own", "Lost and found")
    with inside.scope(), db.transaction():
        index.forget(index.Search.rowid > 0)
    disconnect()
    run = CliRunner(env={"PARLOUR_DATABASE": inside.portal.place.database})
    done = run.invoke(main, ["search", "rebuild", "--portal", str(inside.folder), "--json"])
    assert json.loads(done.output) == [{"tenant": "acme", "records": 1}, {"tenant": "globex", "records": 0}]
    assert found(inside, "own", "lost") == ["Lost and found"]


def fill(many, company, person):
    """Tickets with a message each, written at once: only their number matters here."""
    tenant, moment = scope.current().tenant_id, db.now()
    with db.transaction():
        for start in range(0, many, 500):
            rows = [{"tenant": tenant, "kind": "ticket", "number": place + 1, "title": f"Order {place}",
                     "company": company, "person": person, "state": "open", "created": moment, "changed": moment,
                     "touched": moment} for place in range(start, start + 500)]
            db.door(Record.insert_many(rows), Record).execute()
        made = db.fetch(db.door(Record.select(Record.id, Record.number), Record))
        for start in range(0, many, 500):
            rows = [{"tenant": tenant, "record": row.id, "body": f"common words and its own: w{row.number}"}
                    for row in made[start:start + 500]]
            db.door(conversation.Message.insert_many(rows), conversation.Message).execute()


@pytest.mark.slow
def test_ten_thousand_records_stay_fast(inside):
    with inside.scope(person="own") as who:
        mine = who.me.memberships[0].company_id
    with inside.scope():
        person = inside.person("own").id
        fill(10_000, mine, person)
        assert search.rebuild() == 10_000
    for short in ("own", "stranger", "agent"):
        with inside.scope(person=short):
            for text in ("common", "w7777", "order com"):
                with within(0.25, what=f"{short}: {text}"):
                    search.groups(text)
