"""Events, codes and settings that no other test names: each comes where the reference says it does."""

from __future__ import annotations

import errno
import io
import os
import re
from dataclasses import replace
from datetime import timedelta

import pytest
from werkzeug.datastructures import FileStorage, MultiDict

from core.config import files
from core.data import credentials, scope
from core.data.db import fetch, now
from core.errors import Invalid, ReadOnly, StorageFull
from core.web import entrance, forms, posts
from core.work.events import Event
from support.articles import Library
from support.things.forums import place, post, topic

pytestmark = pytest.mark.engines("sqlite")

FIELDS = {"name": {"type": "text", "label": "Name", "min_length": 3, "optional_label": "if you like"},
          "proof": {"type": "files", "label": "Proof", "max_bytes": 10, "accept": ".pdf"},
          "weight": {"type": "number", "label": "Weight"}}


def told(inside):
    with inside.scope("acme"):
        return {row.name for row in fetch(Event.select(Event.name))}


@pytest.mark.parametrize(("values", "name", "data", "code"), [
    ({"name": "Al"}, "", b"", "too_short"), ({"weight": "0.12345678901234567"}, "", b"", "too_precise"),
    ({}, "scan.pdf", b"x" * 11, "file_too_large"), ({}, "scan.exe", b"x", "file_type")])
def test_a_field_of_ones_own_says_by_a_code_what_does_not_fit(values, name, data, code):
    form = forms.load({"type": "object", "properties": forms.custom(FIELDS)}, id="tried")
    assert form.schema["properties"]["name"]["x-optional-label"] == "if you like"
    sent = MultiDict([("proof", FileStorage(io.BytesIO(data), name))] if name else [])
    with pytest.raises(Invalid) as found:
        form.clean(MultiDict(values), sent)
    assert [one.code for one in found.value.errors] == [code]


def test_programs_are_told_by_codes(inside):
    answer = inside.guest().get("/api/v1/tickets")
    assert (answer.status, answer.json["code"]) == (401, "sign_in_needed")
    answer = inside.client("own", token=True).get("/api/v1/tickets/TKT-999")
    assert (answer.status, answer.json["code"]) == (404, "not_found")


def test_what_happens_to_a_request_is_told(inside):
    asked = {"subject": "Broken", "body": "It is."}
    assert inside.client("own", token=True).send_json("POST", "/api/v1/tickets", asked).status == 201
    assert {"tickets.opened", "tickets.queued", "tickets.received"} <= told(inside)
    agent = inside.client("agent", token=True)
    made = agent.send_json("POST", "/api/v1/tickets", asked | {"requester": "own@example.com"})
    assert made.status == 201, made.text
    assert "tickets.opened_for" in told(inside) and "tickets.assigned" not in told(inside)
    given = agent.send_json("PATCH", f"/api/v1/tickets/{made.json['number']}", {"assignee": "agent@example.com"})
    assert given.status == 200, given.text
    assert "tickets.assigned" in told(inside)


def test_what_readers_say_of_an_article_is_told(portal_inside):
    inside = portal_inside({"features": {"kb": {"enabled": True}}})
    Library(inside).article("Fees", slug="fees")
    assert inside.client("own").post("/kb/fees/helpful", {"helpful": "yes"}).status in (200, 303)
    assert "kb.rated" in told(inside)


def test_a_community_has_the_reactions_the_names_and_the_time_to_change_that_it_chose(portal_inside, monkeypatch):
    inside = portal_inside({"features": {"forums": {
        "enabled": True, "edit_hours": 1, "show_company": True,
        "reactions": {"cheers": {"label": "Cheers to you"}}}}})
    thread = topic(inside, place(inside), "agent", "Title")
    row = post(inside, thread, "own", "canary-words")
    page = inside.client("horn_boss").get(f"/forums/TOP-{thread.number:03d}").text
    assert "Cheers to you" in page and "canary-words" in page
    assert "Alfreds Futterkiste" in page, "where the author works, told to another company"
    with inside.scope("acme", "own"):
        assert posts.may_change(thread, row)
        monkeypatch.setattr(posts, "now", lambda: row.created + timedelta(hours=2))
        assert not posts.may_change(thread, row)


def test_what_the_team_decides_about_posts_is_told(portal_inside):
    inside = portal_inside({"features": {"forums": {
        "enabled": True, "levels": {"any": {"label": "Any", "approve": True}}}}})
    thread = topic(inside, place(inside), "agent", "Title")
    at = f"/forums/TOP-{thread.number:03d}"
    colleague, agent, own = inside.client("colleague"), inside.client("agent"), inside.client("own")
    assert own.post(f"{at}/reply", {"body": "Good morning"}).status == 303
    waits = re.findall(r'data-post="([^"]+)"', own.get(at).text)[-1]
    assert agent.post(f"/posts/{waits}/judge", {"verdict": "approve"}).status == 303
    assert "forums.approved" in told(inside) and "forums.reported" not in told(inside)
    assert colleague.post(f"/posts/{waits}/report", {"reason": "rude"}).status == 303
    assert "forums.reported" in told(inside) and "forums.moderated" not in told(inside)
    assert agent.post(f"{at}/desk", {"act": "lock"}).status == 303
    assert "forums.moderated" in told(inside)


def test_a_page_that_can_no_longer_be_read_is_told(portal_inside):
    inside = portal_inside({"features": {"pages": {"enabled": True}}})
    agent = inside.client("agent")
    sent = {"title": "How we work", "source": "Words.", "act": "publish", "in": "en"}
    at = agent.post("/pages/edit/new", sent).location
    assert "pages.withdrawn" not in told(inside)
    assert agent.post(f"{at}/state", {"act": "withdraw", "in": "en"}).status == 303
    assert "pages.withdrawn" in told(inside)


def test_whoever_sees_with_other_eyes_is_refused_by_a_code_of_its_own(inside):
    with inside.scope("acme", "own") as who, scope.enter(replace(who, viewer=who.person)):
        with pytest.raises(ReadOnly) as refused:
            credentials.limit("anything", 1, 1)
        assert (refused.value.code, refused.value.status) == ("read_only", 403)


def test_searches_are_shown_from_as_many_people_as_chosen(portal_inside):
    for least, shown in ((2, True), (3, False)):
        inside = portal_inside({"features": {"search": {"least_people": least, "keep_weeks": 2}}})
        for who in ("own", "boss"):
            inside.client(who).get("/search?q=canaryword")
        page = inside.client("admin").get("/searches").text
        assert ("canaryword" in page) is shown and "2 weeks" in page


def test_a_full_disk_has_a_code_and_changes_nothing(tmp_path, monkeypatch):
    def full(_number):
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(os, "fsync", full)
    (tmp_path / "portal.yaml").write_text("before")
    with pytest.raises(StorageFull) as refused:
        files.replace(tmp_path / "portal.yaml", "portal.yaml", "after")
    assert (refused.value.code, refused.value.status) == ("storage_full", 507)
    assert [(one.name, one.read_text()) for one in tmp_path.iterdir()] == [("portal.yaml", "before")]


def test_security_settings_open_without_proof_for_as_long_as_chosen(portal_inside, monkeypatch):
    inside = portal_inside({"security": {"confirm_minutes": 7}})
    own = inside.client("own")
    moment = now()
    for minutes, asked in ((6, False), (8, True)):
        monkeypatch.setattr(entrance, "now", lambda late=minutes: moment + timedelta(minutes=late))
        assert ("confirm" in (own.get("/account/two-factor").location or "")) is asked
