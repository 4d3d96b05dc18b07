"""An import from end to end: every row accounted for, doing it again doubles nothing, mistakes named by line."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace

import pytest

from core.data import aliases, conversation, people, scope
from core.data.access import find, visible
from core.data.db import count, fetch
from core.errors import ConfigError, ParlourError
from core.work import events, imports

PEOPLE = """
    sources:
      people: {file: people.csv}
    steps:
      - import: company
        from: people
        id: "c:{Company}"
        once: on
        set: {identifier: "{Company|slug}", name: "{Company}"}
      - import: person
        from: people
        id: "p:{Id}"
        skip:
          - {when: {same: ["{Kind}", robot]}, reason: It is no person.}
        set:
          name: "{Name}"
          email: "{Mail}"
          company: {find: company, id: "c:{Company}"}
          role: "{Role}"
    """
ROWS = ("Id,Name,Mail,Company,Role,Kind\n"
        "1,Zoë,zoe@one.example,One Ltd,company_admin,\n"
        "2,Bob,bob@one.example,One Ltd,user,\n"
        "3,R2,r2@one.example,One Ltd,user,robot\n"
        "4,Eve,eve@two.example,Two Ltd,user,\n")


def totals(report, *words):
    return tuple(report[word] for word in words or ("read", "created", "updated", "skipped", "failed"))


def step(report, name):
    return next(one for one in report["steps"] if one["step"] == name)


def accounted(report):
    for one in (report, *report["steps"]):
        assert one["read"] == one["created"] + one["updated"] + one["skipped"] + one["failed"]
    assert len(report["failures"]) >= report["failed"]


def test_rows_become_companies_and_people(importing):
    report = importing(PEOPLE, {"people.csv": ROWS})
    accounted(report)
    assert totals(report) == (8, 5, 0, 3, 0)
    assert [(row["line"], row["reason"]) for row in report["left_out"]] == [
        (3, "An earlier row has the same id."), (4, "An earlier row has the same id."), (4, "It is no person.")]
    with importing.inside.scope():
        zoe = people.by_address("zoe@one.example")
        (member,) = people.memberships([zoe.id])[zoe.id]
        assert (member.identifier, member.role) == ("one-ltd", "company_admin")
        assert zoe.password is None
        assert not zoe.role


def test_again_changes_nothing_and_a_change_changes_one(importing):
    importing(PEOPLE, {"people.csv": ROWS})
    again = importing(PEOPLE)
    accounted(again)
    assert totals(again) == (8, 0, 0, 8, 0)
    assert [one["unchanged"] for one in again["steps"]] == [2, 3]
    changed = importing(PEOPLE, {"people.csv": ROWS.replace("2,Bob,", "2,Bobby,")})
    assert totals(changed) == (8, 0, 1, 7, 0)
    with importing.inside.scope():
        assert people.by_address("bob@one.example").name == "Bobby"


def test_a_dry_run_says_what_would_happen_and_writes_nothing(importing):
    with importing.inside.scope():
        before = len(people.people()), len(people.companies()), aliases.imported("person")
    report = importing(PEOPLE, {"people.csv": ROWS}, dry_run=True)
    assert totals(report) == (8, 5, 0, 3, 0)
    with importing.inside.scope():
        assert (len(people.people()), len(people.companies()), aliases.imported("person")) == before
    assert totals(importing(PEOPLE)) == (8, 5, 0, 3, 0)


def test_failures_are_named_by_file_line_and_column(importing):
    rows = ROWS.replace("bob@one.example", "zoe@one.example").replace("eve@two.example", "nobody")
    report = importing(PEOPLE, {"people.csv": rows + "5,Ann,a@x.example,One Ltd,king,\n6,short\n"})
    accounted(report)
    failures = [row for row in report["failures"] if row["step"] == "person"]
    assert [(row["file"], row["line"], row["column"]) for row in failures] == [
        ("people.csv", 3, "Mail"), ("people.csv", 5, "Mail"), ("people.csv", 6, "Role"), ("people.csv", 7, "")]
    said = {row["line"]: row["reason"] for row in failures}
    assert "has this address already" in said[3]
    assert "like name@example.com" in said[5]
    assert "king" in said[6]
    assert "company_admin" in said[6]
    with importing.inside.scope():
        assert people.by_address("a@x.example") is None


def test_the_mapping_is_checked_before_any_row(importing):
    wrong = PEOPLE.replace("email:", "emial:").replace("import: company", "import: compny")
    with pytest.raises(ConfigError) as caught:
        importing(wrong, {"people.csv": ROWS})
    assert [(p.line > 0, p.file, p.hint) for p in caught.value.problems] == [
        (True, "mapping.yaml", "Did you mean 'company'?")]
    with pytest.raises(ConfigError) as caught:
        importing(PEOPLE.replace("email:", "emial:").replace("role:", "fields: {fax: 1}\n          role:"))
    assert caught.value.problems[0].hint == "Did you mean 'email'?"
    assert "fields.people" in caught.value.problems[1].hint
    with pytest.raises(ParlourError, match="the column 'Mial'"):
        importing(PEOPLE.replace("{Mail}", "{Mial}"))
    with pytest.raises(ParlourError, match="No file for 'people'"):
        importing(PEOPLE.replace("people.csv", "other.csv"))


TICKETS = """
    sources:
      asks: {file: asks.csv}
      says:
        file: "says-*.csv"
        with:
          question: {source: asks, key: "{id}", by: "{ask}"}
    assign:
      company: {from: asks, value: "{who}", over: {imported: company, prefix: "c:"}}
    steps:
      - import: person
        from: asks
        id: "a:{who}"
        once: on
        set: {name: "{who}", login: "{who|login}", company: {assign: company, by: "{who}"}}
      - import: ticket
        from: asks
        id: "t:{id}"
        set:
          subject: "{title}"
          body: "{text|html}"
          requester: {find: person, id: "a:{who}"}
          status: "{state}"
          created: "{at|time}"
          fields: {tags: "{tags}"}
        each:
          entries:
            from: says
            by: "{id}"
            key: "{ask}"
            id: "s:{id}"
            skip:
              - {when: {same: ["{spam}", "true"]}, reason: spam}
            set:
              body: "{text|html}"
              internal: {when: {same: ["{note}", "yes"]}, then: on, else: off}
              author: {when: {same: ["{who}", "{question.who}"]}, then: {find: person, id: "a:{who}"}}
              created: "{at|time}"
    """
ASKS = ("id,who,title,text,state,at,tags\n"
        "10,ann,First,<p>a &amp; b</p>,new,2023-04-01 10:00:00 +0200,x\n"
        "11,cid,Second,<p>c</p>,closed,2023-04-02 10:00:00 +0200,\n"
        "12,ann,Third,,new,2023-04-02 10:00:00 +0200,\n")
SAYS = {"says-1.csv": "id,ask,who,text,at,spam,note\n"
                      "1,10,help,<p>try this</p>,2023-04-01 11:00:00 +0200,false,\n"
                      "2,10,ann,thanks,2023-04-01 12:00:00 +0200,false,\n"
                      "3,11,x,buy,2023-04-03 12:00:00 +0200,true,\n",
        "says-2.csv": "id,ask,who,text,at,spam,note\n"
                      "4,11,boss,secret,2023-04-04 12:00:00 +0200,false,yes\n"
                      "5,99,x,lost,2023-04-04 12:00:00 +0200,false,\n"
                      "6,12,x,no ticket,2023-04-04 12:00:00 +0200,false,\n"}


@pytest.fixture
def asked(importing):
    importing(PEOPLE, {"people.csv": ROWS})
    return importing


def test_tickets_with_their_conversations(asked):
    report = asked(TICKETS, {"asks.csv": ASKS, **SAYS})
    accounted(report)
    assert totals(step(report, "person")) == (3, 2, 0, 1, 0)
    assert totals(step(report, "ticket")) == (3, 2, 0, 0, 1)
    assert totals(step(report, "ticket.entries")) == (6, 3, 0, 1, 2)
    assert {(row["file"], row["line"], row["reason"]) for row in report["failures"]} == {
        ("asks.csv", 4, "'body' is missing."),
        ("says-2.csv", 4, "The ticket it belongs to was not imported."),
        ("says-2.csv", 3, "There is no row '99' in asks that it could belong to.")}
    with asked.inside.scope():
        (first,) = [t for t in fetch(visible("ticket")) if t.title == "First"]
        (second,) = [t for t in fetch(visible("ticket")) if t.title == "Second"]
        assert first.created.isoformat() == "2023-04-01T08:00:00+00:00"
        assert first.touched.isoformat() == "2023-04-01T10:00:00+00:00"
        assert (second.state, second.category) == ("closed", "closed")
        assert second.touched.isoformat() == "2023-04-02T08:00:00+00:00", "a note leaves no trace"
        said = conversation.entries(first, internal=True)
        assert [(e.body, e.author_name) for e in said] == [("a & b", "ann"), ("try this", ""), ("thanks", "ann")]
        assert [e.internal for e in conversation.entries(second, internal=True)] == [False, True]
        # sorted askers ann, cid over sorted companies One, Two
        names = {c.id: c.identifier for c in people.companies()}
        assert (names[first.company_id], names[second.company_id]) == ("one-ltd", "two-ltd")
        assert first.fields == {"tags": "x"}
        assert conversation.unread([first.id], first.person_id, internal=False) == {}


def test_nobody_is_told_of_what_is_imported(asked):
    asked(TICKETS, {"asks.csv": ASKS, **SAYS})
    assert events.waiting() == 0
    assert asked.inside.letters == []


def test_what_is_imported_is_history_and_what_is_said_here_is_news(asked):
    asked(TICKETS, {"asks.csv": ASKS, **SAYS})
    inside = asked.inside
    unread = "/inbox?view=unread"
    for short in ("agent", "admin"):
        assert "First" not in inside.client(short).get(unread).text
        assert "Second" not in inside.client(short).get(unread).text
    with inside.scope() as who:
        (first,) = [t for t in fetch(visible("ticket")) if t.title == "First"]
        ann = people.person(first.person_id)
        with scope.enter(replace(who, person=people.who(ann), system="")):
            conversation.add_entry(first, "and one more thing")
    assert "First" in inside.client("agent").get(unread).text


def test_a_new_reply_joins_its_ticket_and_nothing_doubles(asked):
    asked(TICKETS, {"asks.csv": ASKS, **SAYS})
    again = asked(TICKETS)
    assert totals(again, "created", "updated") == (0, 0)
    more = SAYS["says-1.csv"] + "7,10,help,one more,2023-04-05 12:00:00 +0200,false,\n"
    report = asked(TICKETS, {"says-1.csv": more})
    assert totals(step(report, "ticket.entries"), "created", "updated") == (1, 0)
    with asked.inside.scope():
        assert count(visible("ticket")) == 2
        (first,) = [t for t in fetch(visible("ticket")) if t.title == "First"]
        assert [e.body for e in conversation.entries(first, internal=True)][-1] == "one more"


def test_rows_nested_in_json(asked):
    talk = [{"n": 1, "say": "one"}, {"n": 2, "say": "two"}, 5]
    lines = [{"id": 1, "subject": "J", "text": "hello", "talk": talk},
             {"id": 2, "subject": "K", "text": "x", "talk": []}]
    report = asked("""
        sources: {all: {file: all.jsonl}}
        steps:
          - import: ticket
            from: all
            id: "j:{id}"
            set: {subject: "{subject}", body: "{text}"}
            each:
              entries: {list: talk, id: "j:{parent.id}:{n}", set: {body: "{say}"}}
        """, {"all.jsonl": "\n".join(map(json.dumps, lines))})
    accounted(report)
    assert totals(step(report, "ticket.entries")) == (3, 2, 0, 0, 1)
    with asked.inside.scope():
        (found,) = [t for t in fetch(visible("ticket")) if t.title == "J"]
        assert [e.body for e in conversation.entries(found, internal=False)] == ["hello", "one", "two"]


def test_it_goes_on_where_it_was_broken_off(asked, monkeypatch):
    monkeypatch.setattr(imports, "HOLD", 0.0)  # a transaction per row
    monkeypatch.setattr(imports, "PAUSE", 0.0)
    asks = ASKS + "".join(f"{n},ann,T{n},x,new,2023-04-02 10:00:00 +0200,\n" for n in range(20, 40))
    stops = iter((3, 9, 15))

    class Cut(BaseException):
        pass

    for stop in stops:
        seen = []

        def sleep(_seconds, seen=seen, stop=stop):
            seen.append(1)
            if len(seen) == stop:
                raise Cut

        monkeypatch.setattr(imports.time, "sleep", sleep)
        with suppress(Cut):
            asked(TICKETS, {"asks.csv": asks, **SAYS})
    monkeypatch.setattr(imports.time, "sleep", lambda _seconds: None)
    report = asked(TICKETS)
    assert [(row["file"], row["line"]) for row in report["failures"]] == [
        ("asks.csv", 4), ("says-2.csv", 4), ("says-2.csv", 3)]
    with asked.inside.scope():
        tickets = fetch(visible("ticket"))
        assert len(tickets) == 22
        assert len({t.number for t in tickets}) == 22
        assert sum(len(conversation.entries(t, internal=True)) for t in tickets) == 22 + 3
        assert find("ticket", tickets[0].number).title == tickets[0].title


def test_a_target_that_breaks_fails_its_row_only(asked, monkeypatch):
    asks = ASKS.replace("First", "A" * 600)
    report = asked(TICKETS, {"asks.csv": asks, **SAYS})
    accounted(report)
    assert totals(step(report, "ticket"), "created", "failed") == (1, 2)
    failures = [row for row in report["failures"] if row["step"] == "ticket"]
    assert [(row["line"], row["column"]) for row in failures] == [(2, "title"), (4, "")]
