"""Exports: what a list shows goes out, nothing that runs in a spreadsheet, and it can come in again."""

from __future__ import annotations

import csv
import io
import json
import re

import pytest

from core.data import access, conversation, people
from core.data.db import fetch
from core.work import exports
from core.work.expressions import FILTERS
from support.tables import bring, form_of, go, look, tally


def taken(client, path, **form):
    page = client.get(path)
    assert page.status == 200, page.status
    columns = re.findall(r'name="columns" value="([^"]+)"', page.text)
    answer = client.post(path, {"columns": columns, "format": "csv", **form})
    assert answer.status == 200, answer.text
    return answer


def rows(answer):
    return list(csv.DictReader(io.StringIO(answer.text.lstrip("\ufeff"))))


@pytest.fixture
def desk(portal_inside):
    return portal_inside({"fields": {"people": {
        "job": {"type": "longtext", "label": "Job"},
        "limit": {"type": "money", "label": "Limit", "currency": "EUR"}}}})


def test_people_go_out_and_come_in_again_as_they_were(desk):
    with desk.scope():
        maria = people.by_address("boss@example.com")
        people.change_person(maria.id, name="=cmd|' /C calc'!A0", fields={"job": "+49 30 1\n@home", "limit": 1250})
        people.join(maria.id, people.company("horn").id, "user")
    admin = desk.client("admin")
    answer = taken(admin, "/export/people", bom="true")
    assert answer.body.startswith(b"\xef\xbb\xbf") and "attachment" in answer.headers["content-disposition"]
    found = {row["email"]: row for row in rows(answer)}
    one = found["boss@example.com"]
    assert one["name"] == "'=cmd|' /C calc'!A0" and one["job"].startswith("'+49") and one["limit"] == "12.50 EUR"
    assert (one["company"], one["role"], one["companies"]) == ("alfreds", "company_admin", "horn:user")
    assert all(not value.startswith(tuple("=+-@")) for row in found.values() for value in row.values())
    place = bring(admin, answer.body)
    page = look(desk, admin, place, staff="true")
    assert set(tally(page)) == {"People: Left as it is"}, page
    text = answer.text.replace("Thomas Hardy", "Tom Hardy")
    place = bring(admin, text)
    look(desk, admin, place, staff="true")
    assert tally(go(desk, admin, place))["People: Updated"] == 1
    with desk.scope():
        assert people.by_address("own@example.com").name == "Tom Hardy"
        maria = people.by_address("boss@example.com")
        assert (maria.name, maria.fields) == ("=cmd|' /C calc'!A0", {"job": "+49 30 1\n@home", "limit": 1250})


def test_tickets_go_out_as_the_inbox_shows_them_and_come_in_elsewhere(desk):
    with desk.scope():
        own = desk.person("own")
        for number in range(3):
            ticket = access.add("ticket", title=f"Ask {number}", person=own.id, state="new", category="open",
                                company=people.company("alfreds").id)
            conversation.add_entry(ticket, f"Please {number}", author=own)
            conversation.add_entry(ticket, "A secret note", internal=True)
    admin = desk.client("admin")
    answer = taken(admin, "/export/tickets?view=open&q=Ask")
    assert [row["subject"] for row in rows(answer)] == ["Ask 0", "Ask 1", "Ask 2"]
    assert "secret" not in answer.text and rows(answer)[0]["requester"] == "own@example.com"
    with desk.scope():
        for row in fetch(access.visible("ticket")):
            access.remove("ticket", row.id, "edit")
    place = bring(admin, answer.body, kind="ticket")
    assert form_of(admin.get(place).text)["from-requester"] == "requester"
    page = look(desk, admin, place)
    assert tally(page) == {"Tickets: New": 3}, page
    go(desk, admin, place)
    with desk.scope():
        assert sorted(row.title for row in fetch(access.visible("ticket"))) == ["Ask 0", "Ask 1", "Ask 2"]
    assert tally(look(desk, admin, bring(admin, answer.body, kind="ticket"), existing="skip")) == {
        "Tickets: Left as it is": 3}


def test_everybody_exports_only_what_they_see(desk):
    with desk.scope():
        for short, company in (("own", "alfreds"), ("stranger", "horn")):
            access.add("ticket", title=f"Of {short}", person=desk.person(short).id, state="new", category="open",
                       company=people.company(company).id)
    own = taken(desk.client("own"), "/export/tickets", format="jsonl")
    told = [json.loads(line) for line in own.text.splitlines()]
    assert [row["title"] for row in told] == ["Of own"] and "version" not in told[0]
    assert desk.client("own").get("/export/people").status == 404
    assert desk.client("other").get("/export/nothing").status == 404
    assert rows(taken(desk.client("other"), "/export/tickets")) == []
    agent = taken(desk.client("agent"), "/export/people?who=staff")
    assert {row["email"] for row in rows(agent)} == {"admin@example.com", "agent@example.com"}


def test_a_large_export_is_made_in_the_background_for_one_person_alone(desk, monkeypatch):
    monkeypatch.setattr(exports, "NOW", 1)
    admin = desk.client("admin")
    page = admin.post("/export/people", {"columns": ["name", "email"], "format": "csv"})
    assert page.status == 303
    desk.work()
    assert "Fetch the table" in admin.get(page.location).text
    answer = admin.get(f"{page.location}/file")
    assert len(rows(answer)) == 8 and answer.headers["cache-control"] == "private, no-store"
    for short in ("agent", "own", "other_admin"):
        assert desk.client(short).get(f"{page.location}/file").status == 404
    assert admin.post(f"{page.location}/remove").status == 303
    assert admin.get(f"{page.location}/file").status == 404


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1", "'=1", "plain", "a=1", "'quoted'"])
def test_no_cell_is_a_formula_and_each_comes_back(text):
    cell = exports.cell(text)
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))
    assert FILTERS["plain"](cell, "") == text.strip() or text.strip() != text
