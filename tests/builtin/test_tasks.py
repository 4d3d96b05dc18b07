"""Tasks that staff gives customers: on the ticket and at home, told, marked as done, hidden from others."""

from __future__ import annotations

import re

import pytest

from core.data import access, conversation, tasks
from core.data.db import fetch
from core.data.records import Record
from core.errors import NotFound, Refused


@pytest.fixture
def ticket(inside):
    with inside.scope(person="own") as who:
        mine = who.me.memberships[0].company_id
        return access.add("ticket", title="Scale shows 40 g", company=mine, state="open")


def give(inside, ticket, text="Send us the serial number", due=""):
    assert inside.client("agent").post("/tasks/ticket/TKT-001", {"text": text, "due": due}).status == 303
    with inside.scope():
        return next(task for task in tasks.of(ticket) if task.text == text)


def test_a_task_stands_on_the_ticket_and_at_home_until_it_is_done(inside, ticket):
    task = give(inside, ticket, due="2031-03-09")
    client = inside.client("own")
    for page in ("/", "/tickets/TKT-001"):
        text = client.get(page).text
        assert "Send us the serial number" in text and "Mar 9, 2031" in text, page
    assert client.post(f"/tasks/{task.public_id}/done", {"from": "home"}).location == "/"
    assert "Send us the serial number" not in client.get("/").text
    assert "Done by Thomas Hardy" in client.get("/tickets/TKT-001").text
    assert "Done by Thomas Hardy" in inside.client("agent").get("/tickets/TKT-001").text
    assert client.post(f"/tasks/{task.public_id}/open").status == 303
    assert "Send us the serial number" in client.get("/").text


def test_the_customer_is_told_by_mail_and_the_team_when_it_is_done(inside, ticket):
    with inside.scope(person="agent") as who:
        access.change("ticket", ticket.id, "assign", body={"assignee": who.me.id})
    task = give(inside, ticket)
    (letter,) = inside.letters_to("own@example.com")
    assert "Send us the serial number" in letter["subject"]
    inside.client("own").post(f"/tasks/{task.public_id}/done")
    inside.work()
    assert "did what you asked" in inside.client("agent").get("/notifications").text


def test_only_staff_gives_and_removes(inside, ticket):
    task = give(inside, ticket)
    for short in ("own", "boss", "stranger"):
        client = inside.client(short)
        assert client.post("/tasks/ticket/TKT-001", {"text": "x"}).status == 404
        assert client.post(f"/tasks/{task.public_id}/remove").status == 404
    with inside.scope(person="own"):
        with pytest.raises(Refused):
            tasks.give(ticket, "x")
        with pytest.raises(Refused):
            tasks.remove(task.public_id)
    assert inside.client("agent").post(f"/tasks/{task.public_id}/remove").status == 303
    with inside.scope():
        assert tasks.of(ticket) == []


def test_nobody_else_sees_or_does_it(inside, ticket):
    task = give(inside, ticket)
    for short in ("stranger", "loner", "other", "other_admin"):
        client = inside.client(short)
        assert "serial number" not in client.get("/").text
        for act in ("done", "open"):
            assert client.post(f"/tasks/{task.public_id}/{act}").status == 404
    for identity in ("nothing", "\x00", "a" * 500, "%27"):
        assert inside.client("own").post(f"/tasks/{identity}/done").status in (404, 400)
    with inside.scope(person="stranger"), pytest.raises(NotFound):
        tasks.find(task.public_id)
    assert "serial number" not in inside.client("boss").get("/").text, "it is Thomas who was asked"


def test_what_is_wrong_is_said(inside, ticket):
    agent = inside.client("agent")
    for values in ({"text": ""}, {"text": "x" * 501}, {"text": "x", "due": "soon"}):
        assert agent.post("/tasks/ticket/TKT-001", values).status == 303
    assert agent.post("/tasks/ticket/TKT-999", {"text": "x"}).status == 404
    assert agent.post("/tasks/zebra/1", {"text": "x"}).status == 404
    with inside.scope():
        assert tasks.of(ticket) == []


def test_a_task_is_text(inside, ticket):
    give(inside, ticket, "<img src=x onerror=alert(1)>")
    for page in ("/", "/tickets/TKT-001"):
        assert "<img src=x" not in inside.client("own").get(page).text


def test_what_needs_somebody_is_waiting_or_unread(inside, ticket):
    home = re.compile(r'data-panel="home.needs".*?</section>', re.DOTALL)
    card = home.search(inside.client("own").get("/").text)[0]
    assert "Nothing needs you now" in card
    with inside.scope(person="agent"):
        conversation.add_entry(ticket, "Here is an answer")
        conversation.add_entry(ticket, "and a note", internal=True)
    card = home.search(inside.client("own").get("/").text)[0]
    assert "There is an answer for you" in card and "Scale shows 40 g" in card
    assert "Scale shows 40 g" not in home.search(inside.client("stranger").get("/").text)[0]
    inside.client("own").get("/tickets/TKT-001")
    assert "Nothing needs you now" in home.search(inside.client("own").get("/").text)[0]
    with inside.scope():
        access.change("ticket", ticket.id, "edit", state="waiting", category="waiting")
    assert "It waits for you" in home.search(inside.client("own").get("/").text)[0]


def test_a_note_needs_nobody(inside, ticket):
    with inside.scope(person="agent"):
        conversation.add_entry(ticket, "only a note", internal=True)
    assert "Nothing needs you now" in inside.client("own").get("/").text
    with inside.scope():
        assert fetch(access.visible("ticket", "view", Record.id))
