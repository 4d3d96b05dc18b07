"""One letter per person and event: whose words it wears, what is in it, what stops it, and who gets none."""

from __future__ import annotations

import re

import pytest

from core.data import people
from core.data.db import transaction
from core.work import events
from support import cases
from support.desk import open_case, write
from support.inside import text_of

pytestmark = pytest.mark.engines("sqlite")  # and on both where the database has a say


def about(letters, word):
    return [letter for letter in letters if word in text_of(letter)]


def html_of(letter):
    return letter.get_body(("html",)).get_content()


@pytest.mark.engines("sqlite", "postgresql")
def test_the_one_who_opens_a_case_is_thanked_and_each_of_the_team_is_told_once(desk):
    open_case(desk.client("own"), "Äpfel & Birnen", "They are <b>blue</b>.")
    (mine,) = desk.letters_to("own@example.com")
    assert "Thank you, Thomas Hardy. You wrote: They are <b>blue</b>." in text_of(mine)
    assert "They are &lt;b&gt;blue&lt;/b&gt;." in html_of(mine)
    assert str(mine["Subject"]) == "[CAS-001] Äpfel & Birnen"
    assert str(mine["From"]).startswith("Acme Support <")
    assert sorted(str(letter["To"]) for letter in desk.letters) == [
        "Ada Admin <admin@example.com>", "Ben Agent <agent@example.com>", "Thomas Hardy <own@example.com>"]


def test_letters_about_one_record_form_one_thread_and_carry_no_internal_key(desk):
    path = open_case(desk.client("own"))
    write(desk.client("agent"), path, "reply", "Have you tried to unplug it?")
    first, second = desk.letters_to("own@example.com")
    assert str(first["Message-ID"]) != str(second["Message-ID"])
    assert str(first["References"]) == str(second["References"]) == str(second["In-Reply-To"])
    assert re.fullmatch(r"<[0-9a-f]{24}\.thread@localhost>", str(second["References"]))
    assert re.fullmatch(r"<case\.CAS-001\.[0-9a-f]{24}\.[0-9a-f]{32}@localhost>", str(second["Message-ID"]))


def test_a_note_reaches_staff_as_a_link_and_customers_not_at_all(desk):
    path = open_case(desk.client("own"))
    desk.work()
    before = len(desk.letters)
    write(desk.client("agent"), path, "note", "zz-canary: he never pays", files=[("zz-canary.txt", b"x")])
    desk.work()
    fresh = desk.letters[before:]
    assert [str(letter["To"]) for letter in fresh] == ["Ada Admin <admin@example.com>"]
    assert "zz-canary" not in fresh[0].as_string()
    assert f"http://localhost:8000{path}" in text_of(fresh[0])


def test_a_message_that_became_a_note_before_its_letter_left_is_not_sent(desk):
    path = open_case(desk.client("own"))
    desk.work()
    agent = desk.client("agent")
    write(agent, path, "reply", "zz-canary")
    identity = re.findall(r'<article id="([^"]+)">Ben Agent', agent.get(path).text)[0]
    assert agent.post(f"/messages/{identity}/visibility", {"visible": ""}).status == 303
    assert about(desk.letters_to("own@example.com"), "zz-canary") == []


def test_who_may_not_see_the_record_any_more_gets_no_letter(desk):
    path = open_case(desk.client("own"))
    desk.work()
    write(desk.client("agent"), path, "reply", "zz-canary")
    with desk.scope("acme"):
        people.change_person(desk.person("own").id, active=False)
    assert about(desk.letters_to("own@example.com"), "zz-canary") == []


def test_letters_are_in_the_receivers_language_and_the_tenants_look(portal_inside):
    from_settings = {"tenants": {"acme": {"languages": {"offered": ["en", "ar"]}, "theme": {"accent": "#7a1fa2"}}}}

    desk = portal_inside(from_settings, plugins=cases.install)
    with desk.scope("acme"):
        people.change_person(desk.person("own").id, language="ar")
    open_case(desk.client("own"))
    (mine,) = desk.letters_to("own@example.com")
    assert '<html lang="ar" dir="rtl">' in html_of(mine)
    assert "background:#7a1fa2" in html_of(mine)
    assert 'lang="en"' in html_of(desk.letters_to("agent@example.com")[0])


def stop_path(letter):
    (address,) = re.findall(r"<(http://localhost:8000/stop/[^>]+)>", str(letter["List-Unsubscribe"]))
    assert str(letter["List-Unsubscribe-Post"]) == "List-Unsubscribe=One-Click"
    assert address in text_of(letter)
    return address.removeprefix("http://localhost:8000")


@pytest.mark.engines("sqlite", "postgresql")
def test_one_click_stops_this_kind_of_mail_without_cookie_or_origin(desk):
    path = open_case(desk.client("own"))
    write(desk.client("agent"), path, "reply", "One.")
    stop = stop_path(about(desk.letters_to("own@example.com"), "One.")[0])
    program = desk.guest()
    assert program.get(stop).status == 200
    write(desk.client("agent"), path, "reply", "Two.")
    assert about(desk.letters_to("own@example.com"), "Two."), "opening the link alone must change nothing"
    answer = program.post(stop, {"List-Unsubscribe": "One-Click"},
                          headers={"Origin": None, "Sec-Fetch-Site": None})
    assert answer.status == 200
    write(desk.client("agent"), path, "reply", "Three.")
    assert about(desk.letters_to("own@example.com"), "Three.") == []
    open_case(desk.client("own"))
    assert len(about(desk.letters_to("own@example.com"), "Thank you")) == 2, "other kinds still come"


def test_a_mark_is_good_for_its_tenant_its_person_and_its_kind_only(desk):
    path = open_case(desk.client("own"))
    write(desk.client("agent"), path, "reply", "One.")
    stop = stop_path(about(desk.letters_to("own@example.com"), "One.")[0])
    other = desk.person("agent").public_id
    mine = desk.person("own").public_id
    for wrong in (stop[:-1], stop + "0", stop.replace(mine, other), stop.replace("answered", "opened"),
                  "/stop/", "/stop/x", "/stop/..", "/stop/%00", stop.replace(".", "")):
        assert desk.guest().post(wrong, {}).status in {404, 405}, wrong
    assert desk.guest("globex.localhost").post(stop, {}).status == 404
    assert desk.guest("globex.localhost").get(stop).status == 404


def test_security_mail_always_comes_and_cannot_be_stopped(desk):
    with desk.scope("acme"), transaction():
        person = desk.person("own")
        people.change_person(person.id, preferences={"channels": {"cases.signed": {"mail": False}}})
        events.publish("cases.signed", person=person.id)
    (mine,) = desk.letters_to("own@example.com")
    assert mine["List-Unsubscribe"] is None
    assert "/stop/" not in mine.as_string()


def test_a_letter_told_twice_is_sent_once(desk):
    open_case(desk.client("own"))
    desk.work()
    before = len(desk.letters)
    with desk.scope("acme"):
        events.Job.update(state="waiting").where(events.Job.state == "done").execute()
    desk.work()
    assert len(desk.letters) == before, "the Maildir keeps each Message-ID once"
