"""N03: counts, order, versions, times, unread marks and pages of customers come from public entries only."""

from __future__ import annotations

import re

import pytest

from core.data import access, conversation, db, people
from core.data.records import Record
from support.desk import open_case, shown, write


def figures(client, path):
    return re.search(r'<p id="figures">([^<]+)</p>', client.get(path).text)[1]


@pytest.fixture
def case(desk):
    """A case of Thomas's with a public answer."""
    path = open_case(desk.client("own"))
    write(desk.client("agent"), path, "reply", "Have you tried to unplug it?")
    return path


def seen(desk, short, path):
    """Give everything a customer can read about a case: page, list and one of the API, messages, bell."""
    client, program = desk.client(short), desk.client(short, token=True)
    number = path.rsplit("/", 1)[1]
    pages = [client.get(path), client.get("/notifications"), client.fragment("/notifications/bell"),
             program.get("/api/v1/cases"), program.get(f"/api/v1/cases/{number}"),
             program.get(f"/api/v1/cases/{number}/messages")]
    volatile = {"x-request-id", "date", "parlour-config"}
    once = re.compile(r'name="_once" value="[^"]*"')
    return [(page.status, {k: v for k, v in page.headers.items() if k not in volatile}, once.sub("", page.text))
            for page in pages]


def test_a_note_and_its_files_change_nothing_a_customer_can_read(desk, case):
    desk.work()
    for who in ("own", "colleague", "boss"):
        seen(desk, who, case)  # from here on everything is read
    before = {who: seen(desk, who, case) for who in ("own", "colleague", "boss")}
    write(desk.client("agent"), case, "note", "zz-canary", files=[("zz-canary.txt", b"zz-canary")])
    write(desk.client("admin"), case, "note", "zz-canary two")
    desk.work()
    assert {who: seen(desk, who, case) for who in before} == before
    assert figures(desk.client("agent"), case).startswith("4 messages")


def test_a_note_does_not_move_a_case_in_the_customers_list(desk, case):
    second = open_case(desk.client("own"), "Another")
    write(desk.client("agent"), case, "note", "zz-canary")
    items = desk.client("own", token=True).get("/api/v1/cases").json["items"]
    assert [item["number"] for item in items] == [second.rsplit("/", 1)[1], case.rsplit("/", 1)[1]]


def unread(desk, short, path, *, internal):
    with desk.scope("acme", short) as who:
        ids = [row.id for row in rows(Record.number == int(path.rsplit("-", 1)[1]))]
        return sum(conversation.unread(ids, who.me.id, internal=internal).values())


def rows(condition):
    return db.fetch(access.visible("case").where(condition))


def test_unread_counts_answers_of_others_for_each_person_and_notes_for_staff_only(desk, case):
    write(desk.client("agent"), case, "note", "zz-canary")
    assert unread(desk, "own", case, internal=False) == 1
    assert unread(desk, "boss", case, internal=False) == 2, "she has read neither question nor answer"
    assert unread(desk, "admin", case, internal=True) == 3
    desk.client("own").get(case)
    assert unread(desk, "own", case, internal=False) == 0
    assert unread(desk, "boss", case, internal=False) == 2
    write(desk.client("own"), case, "reply", "Yes.")
    assert unread(desk, "own", case, internal=False) == 0, "one's own words are never unread"
    write(desk.client("agent"), case, "reply", "And now?")
    assert unread(desk, "own", case, internal=False) == 1


def test_a_note_made_visible_is_news_from_that_moment_and_hides_when_it_was_written(desk, case):
    agent, own = desk.client("agent"), desk.client("own")
    write(agent, case, "note", "Now you may know.", files=[("plan.txt", b"x")])
    write(own, case, "reply", "Anything new?")
    own.get(case)
    identity = re.findall(r'<article id="([^"]+)">Ben Agent: Now', agent.get(case).text)[0]
    for who in ("own", "boss", "stranger", "other_admin"):
        assert desk.client(who).post(f"/messages/{identity}/visibility", {"visible": "true"}).status == 404
    assert agent.post(f"/messages/{identity}/visibility", {"visible": "true"}).status == 303
    assert unread(desk, "own", case, internal=False) == 1
    texts = re.findall(r"<article[^>]*>[^:]+: ([^\n]*)", own.get(case).text)
    assert texts[-1].startswith("Now you may know."), "it stands last, where it became visible"
    assert "plan.txt" not in shown(own, case), "its files have their own switch"
    assert agent.post(f"/messages/{identity}/visibility", {"visible": ""}).status == 303
    assert "Now you may know" not in own.get(case).text


def test_what_staff_attaches_is_internal_unless_it_goes_out_with_an_answer(desk, case):
    write(desk.client("agent"), case, "reply", "Here.", files=[("out.txt", b"x")])
    write(desk.client("agent"), case, "note", "Hm.", files=[("in.txt", b"x")])
    assert set(shown(desk.client("own"), case)) == {"out.txt"}
    assert set(shown(desk.client("agent"), case)) == {"out.txt", "in.txt"}


def test_counts_of_many_records_are_one_query_each(desk, case):
    with desk.scope("acme", "admin") as who:
        ids = [row.id for row in rows(Record.kind == "case")]
        assert conversation.counts(ids, internal=False) == {ids[0]: 2}
        assert list(conversation.unread(ids, who.me.id, internal=True).values()) == [2]


def test_what_is_being_written_while_somebody_reads_stays_unread(desk, case):
    with desk.scope("acme", "own") as who:
        (record,) = rows(Record.kind == "case")
        read = conversation.entries(record, internal=False)
        with desk.scope("acme"):
            conversation.add_entry(record, "Meanwhile.", author=people.who(desk.person("agent")))
        conversation.mark_read(record, who.me.id, read[-1].created)
        assert conversation.unread([record.id], who.me.id, internal=False) == {record.id: 1}
