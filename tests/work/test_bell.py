"""The bell: unread lines in the reader's language, gone with the right to see, read when the record is opened."""

from __future__ import annotations

import re
import sys
from datetime import timedelta

import pytest
from peewee import OperationalError

from core.data import db, people
from core.host import worker
from core.work import bell, notify
from support.desk import open_case, write

pytestmark = pytest.mark.engines("sqlite")  # and on both where the database has a say


def count(client):
    page = client.get("/notifications")
    assert page.status == 200
    found = re.search(r'id="bell".*?<b class="count">(\d+)', page.text, re.S)
    return int(found[1]) if found else 0


def lines(client):
    return re.findall(r"<bdi>([^<]+)</bdi>", client.get("/notifications").text)


@pytest.fixture
def answered(desk):
    """A case of Thomas's that the agent has answered."""
    path = open_case(desk.client("own"))
    write(desk.client("agent"), path, "reply", "Have you tried to unplug it?")
    desk.work()
    return path


@pytest.mark.engines("sqlite", "postgresql")
def test_an_answer_rings_the_customers_bell_until_the_record_is_opened(desk, answered):
    customer = desk.client("own")
    assert lines(customer) == ["Ben Agent answered CAS-001: It hums", "Your case CAS-001"]
    assert count(customer) == 2
    assert f'href="{answered}"' in customer.get("/notifications").text
    customer.get(answered)
    assert count(customer) == 0
    assert len(lines(customer)) == 2, "read lines stay on the list"


def test_everything_is_marked_as_read_at_once_and_only_for_oneself(desk, answered):
    assert desk.client("own").post("/notifications/read", {}).status == 303
    assert count(desk.client("own")) == 0
    assert count(desk.client("admin")) == 1


@pytest.mark.engines("sqlite", "postgresql")
def test_a_line_about_what_one_may_no_longer_see_is_gone_and_so_is_its_count(desk, answered):
    with desk.scope("acme"):
        people.change_person(desk.person("own").id, features={"cases": False})
    assert lines(desk.client("own")) == []
    assert count(desk.client("own")) == 0


def test_notes_ring_for_staff_only(desk, answered):
    before = count(desk.client("own"))
    write(desk.client("agent"), answered, "note", "He never pays.")
    desk.work()
    assert "Note on CAS-001 by Ben Agent" in lines(desk.client("admin"))
    assert count(desk.client("own")) == before
    assert not any("Note" in line for line in lines(desk.client("own")))


def test_lines_of_a_feature_that_is_off_are_hidden_and_come_back(desk, answered):
    kept = desk.yaml.read_text()
    desk.yaml.write_text(kept + "features: {cases: off}\n")
    desk.portal.store.notice()
    assert count(desk.client("own")) == 0
    desk.yaml.write_text(kept)
    desk.portal.store.notice()
    assert count(desk.client("own")) == 2


def test_lines_are_written_in_the_language_of_the_moment(desk, answered, monkeypatch):
    known = {"Your case %(number)s": "Ihr Vorgang %(number)s"}
    with desk.scope("acme", "own"):
        monkeypatch.setattr("core.work.bell.gettext", lambda text, **named: known.get(text, text) % named)
        assert [line.text for line in notify.lines()][-1] == "Ihr Vorgang CAS-001"


def test_the_bell_alone_is_a_fragment_and_silent_for_whoever_is_gone(desk, answered):
    fragment = desk.client("own").fragment("/notifications/bell", "bell")
    assert fragment.status == 200
    assert fragment.text.strip().startswith('<a id="bell"')
    assert '<b class="count">2' in fragment.text
    gone = desk.guest().fragment("/notifications/bell", "bell")
    assert (gone.status, gone.body) == (204, b"")
    assert "hx-redirect" not in gone.headers


def test_asking_for_the_bell_keeps_no_session_awake(desk, monkeypatch):
    monkeypatch.setattr("core.web.session.SEEN_EVERY", timedelta(days=-1))
    touched = []
    monkeypatch.setattr("core.data.credentials.touch_session", touched.append)
    customer = desk.client("own")
    customer.fragment("/notifications/bell", "bell")
    assert touched == []
    customer.get("/notifications")
    assert len(touched) == 1


def test_the_count_is_one_query(desk, answered):
    with desk.scope("acme", "own"):
        notify.unread()
        db.count_statements(db.db.obj)
        before = db.statements
        assert notify.unread() == 2
        assert db.statements - before == 1


@pytest.mark.engines("sqlite", "postgresql")
def test_choices_hold_on_both_channels_and_leave_the_others_alone(desk):
    customer = desk.client("own")
    page = customer.get("/account/notifications").text
    assert "Somebody answers" in page
    assert "Somebody writes a note" not in page, "customers do not learn that there are notes"
    sent = {"shown": ["cases.answered"], "on": ["cases.answered:portal"]}
    assert customer.post("/account/notifications", sent).status == 303
    path = open_case(customer)
    write(desk.client("agent"), path, "reply", "One.")
    assert [str(letter["Subject"]) for letter in desk.letters_to("own@example.com")] == ["[CAS-001] It hums"]
    assert lines(customer) == ["Ben Agent answered CAS-001: It hums", "Your case CAS-001"]
    sent = {"shown": ["cases.answered", "cases.noted", "cases.signed"], "on": ["cases.answered:mail"]}
    assert customer.post("/account/notifications", sent).status == 303
    write(desk.client("agent"), path, "reply", "Two.")
    assert len(desk.letters_to("own@example.com")) == 2
    assert len(lines(customer)) == 2
    assert desk.person("own").preferences["channels"].keys() == {"cases.answered"}


def test_older_lines_are_on_further_pages(desk, monkeypatch):
    monkeypatch.setattr(sys.modules["parlour_plugins.notifications.views"], "PER_PAGE", 2)
    customer = desk.client("own")
    for name in ("a", "b", "c"):
        open_case(customer, name)
    desk.work()
    page = customer.get("/notifications").text
    assert lines(customer) == ["Your case CAS-003", "Your case CAS-002"]
    (older,) = set(re.findall(r'href="(/notifications\?before=\d+)"', page))
    assert re.findall(r"<bdi>([^<]+)</bdi>", customer.get(older).text) == ["Your case CAS-001"]
    assert customer.get("/notifications?before=abc").status == 200


def test_reading_goes_on_when_what_was_read_cannot_be_noted(desk, answered, monkeypatch):
    def full(*_args, **_named):
        raise OperationalError("database or disk is full")

    monkeypatch.setattr("core.data.conversation.mark_read", full)
    assert desk.client("own").get(answered).status == 200


@pytest.mark.engines("sqlite", "postgresql")
def test_lines_leave_the_bell_after_the_days_a_tenant_keeps_them(desk, answered):
    settings, own = desk.yaml.read_text(), desk.client("own")
    with desk.scope() as who:
        db.door(bell.Notification.update(created=db.now() - timedelta(days=40)), bell.Notification).where(
            bell.Notification.tenant == who.tenant_id).execute()
    worker.daily(desk.portal)
    assert len(lines(own)) == 2, "half a year is usual"
    desk.yaml.write_text(settings.replace("  acme:\n", "  acme:\n    keep: {notifications: 30}\n"))
    desk.portal.store.notice()
    worker.daily(desk.portal)
    assert lines(own) == []
    assert desk.client("own").get(answered).status == 200, "what they were about stays"
