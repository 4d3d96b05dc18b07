"""A plugin's channel: a column of its own, off until ticked, with consent where it needs one, each event once."""

from __future__ import annotations

import sys

import pytest

from core.data import people
from core.work import events
from support import cases
from support.desk import open_case, write

MANIFEST = "id: texter\ntitle: Texter\ndefault: true\n"
CODE = '''
"""Sends SMS for tests."""
from parlour import Channel, hook

SENT, FAIL = [], []


def send(told):
    if FAIL:
        raise FAIL.pop()
    SENT.append(told)


@hook
def channels():
    return [Channel("sms", "SMS", send, consent="sms"), Channel("chat", "Chat", send)]
'''


def install(folder):
    """Put the plugin for cases and the one for channels into a portal's folder."""
    cases.install(folder)
    (folder / "texter").mkdir()
    (folder / "texter" / "plugin.yaml").write_text(MANIFEST)
    (folder / "texter" / "__init__.py").write_text(CODE)


@pytest.fixture
def desk(portal_inside):
    """A portal with two channels of a plugin's and consent to SMS on offer."""
    return portal_inside({"features": {"notifications": {"consent": ["mail", "sms"]}}}, plugins=install)


@pytest.fixture
def texter(desk):
    """The plugin's module."""
    return sys.modules["parlour_plugins.texter"]


def choose(desk, *on):
    sent = {"shown": ["cases.answered"], "on": [f"cases.answered:{one}" for one in on]}
    assert desk.client("own").post("/account/notifications", sent).status == 303


def answered(desk, text="Unplug it."):
    path = open_case(desk.client("own"))
    write(desk.client("agent"), path, "reply", text)
    desk.work()
    return path


def test_it_is_off_until_ticked_and_passes_on_one_line_once(desk, texter):
    answered(desk)
    assert texter.SENT == []
    page = desk.client("own").get("/account/notifications").text
    assert '<th scope="col">Chat</th>' in page
    choose(desk, "portal", "chat")
    with desk.scope():
        people.change_person(desk.person("own").id, fields={"phone": "+4930123"})
    path = answered(desk)
    (told,) = texter.SENT
    assert told.text == "Ben Agent answered CAS-002: It hums"
    assert told.link == f"http://localhost:8000{path}"
    assert (told.number, told.title) == ("CAS-002", "It hums")
    assert (told.event, told.phone) == ("cases.answered", "+4930123")
    assert told.person.email == "own@example.com"
    events.Job.update(state="waiting").where(events.Job.plugin == "texter").execute()
    desk.work()
    assert texter.SENT[1].key == told.key, "tried again it is the same"


@pytest.mark.engines("sqlite")
def test_one_that_needs_consent_waits_for_it_and_ends_with_it(desk, texter):
    choose(desk, "sms")
    answered(desk)
    assert texter.SENT == []
    own = desk.client("own")
    assert own.post("/account/consents", {"agree": ["sms"]}).status == 303
    answered(desk)
    assert len(texter.SENT) == 1
    assert own.post("/account/consents", {}).status == 303
    answered(desk)
    assert len(texter.SENT) == 1


@pytest.mark.engines("sqlite")
def test_nothing_goes_to_who_may_not_see_it_any_more_and_a_fault_is_tried_again(desk, texter):
    choose(desk, "chat")
    texter.FAIL.append(OSError("away"))
    answered(desk)
    assert texter.SENT == []
    (row,) = events.troubled(_tenant(desk))
    assert "away" in row.error
    with desk.scope():
        people.change_person(desk.person("own").id, features={"cases": False})
    events.Job.update(run_at=events.now()).where(events.Job.plugin == "texter").execute()
    desk.work()
    assert texter.SENT == []


@pytest.mark.engines("sqlite")
def test_it_rests_while_its_plugin_is_off(desk, texter):
    choose(desk, "chat")
    path = open_case(desk.client("own"))
    write(desk.client("agent"), path, "reply", "One.")
    kept = desk.yaml.read_text()
    desk.yaml.write_text(kept.replace("features:", "features:\n  texter: off"))
    desk.portal.store.notice()
    desk.work()
    assert texter.SENT == []
    assert "Chat" not in desk.client("own").get("/account/notifications").text


@pytest.mark.engines("sqlite")
def test_bell_and_mail_are_taken_names(portal_inside):
    def both(folder):
        install(folder)
        code = CODE.replace('"chat"', '"mail"')
        (folder / "texter" / "__init__.py").write_text(code)

    made = portal_inside(plugins=both)
    assert "'mail' is taken by plugin 'host'" in made.portal.plugins.broken()["texter"]


def _tenant(desk):
    with desk.scope() as who:
        return who.tenant_id
