"""Summaries: due at the hour somebody chose whatever clocks do, once whatever crashes, about what they may see."""

from __future__ import annotations

import contextvars
import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.data import people
from core.data.db import now
from core.data.records import Record
from core.host import worker
from core.work import digest, events, notify
from core.work.digest import Rhythm, next_turn
from core.work.post import Post
from support import cases as plugin
from support.desk import open_case, write
from support.inside import ADDRESS
from support.needs import cases


def at(text, zone="UTC"):
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


@pytest.mark.parametrize(("wish", "zone", "after", "due"), [
    (Rhythm("daily", "08:00"), "Europe/Berlin", "2026-07-01T05:59", "2026-07-01T06:00"),
    (Rhythm("daily", "08:00"), "Europe/Berlin", "2026-07-01T06:00", "2026-07-02T06:00"),
    (Rhythm("daily", "08:00"), "Europe/Berlin", "2026-03-28T08:00", "2026-03-29T06:00"),  # summer time begins
    (Rhythm("daily", "02:30"), "Europe/Berlin", "2026-03-28T12:00", "2026-03-29T01:30"),  # there is no 02:30
    (Rhythm("daily", "02:30"), "Europe/Berlin", "2026-10-24T12:00", "2026-10-25T00:30"),  # there are two of them
    (Rhythm("daily", "02:30"), "Europe/Berlin", "2026-10-25T00:30", "2026-10-26T01:30"),
    (Rhythm("daily", "23:45"), "America/New_York", "2026-01-01T04:50", "2026-01-02T04:45"),
    (Rhythm("weekly", "08:00", 0), "Asia/Kathmandu", "2026-11-22T00:00", "2026-11-23T02:15"),  # a Monday
    (Rhythm("weekly", "08:00", 0), "Asia/Kathmandu", "2026-11-23T02:15", "2026-11-30T02:15"),
    (Rhythm("hourly"), "Asia/Kathmandu", "2026-11-22T10:20:30", "2026-11-22T11:15"),
    (Rhythm("hourly"), "UTC", "2026-11-22T10:00", "2026-11-22T11:00"),
])
def test_when_a_summary_is_due(wish, zone, after, due):
    assert next_turn(wish, zone, at(after)) == at(due)


@settings(max_examples=cases(150, 5_000))
@given(st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca",
                        "Asia/Tehran", "Pacific/Apia", "UTC"]),
       st.integers(0, 23), st.sampled_from([0, 15, 30, 59]), st.integers(0, 400), st.integers(0, 86_399))
def test_every_day_has_exactly_one_turn(zone, hour, minute, day, second):
    """Whatever the clocks do: from one turn to the next the day in that place is the next one."""
    wish = Rhythm("daily", f"{hour:02}:{minute:02}")
    first = next_turn(wish, zone, at("2026-01-01T00:00") + timedelta(days=day, seconds=second))
    second_turn = next_turn(wish, zone, first)
    days = [turn.astimezone(ZoneInfo(zone)).date() for turn in (first, second_turn)]
    assert days[1] - days[0] == timedelta(days=1)
    assert second_turn > first


def test_what_cannot_be_meant_is_the_usual():
    for odd in (None, {}, {"rhythm": "daily"}, {"rhythm": {"how": "yearly", "at": "25:00", "day": 9}},
                {"rhythm": {"at": 8, "day": "1"}}):
        assert digest.rhythm(odd) == Rhythm()


@pytest.fixture
def clock(monkeypatch):
    """The time of the outbox, which a test can move on."""
    class Clock:
        ahead = timedelta()

        def __call__(self):
            return now() + self.ahead

        def reach(self, moment):
            self.ahead = moment - now() + timedelta(seconds=1)

    made = Clock()
    for room in ("events", "digest", "summary"):
        monkeypatch.setattr(f"core.work.{room}.now", made)
    return made


@pytest.fixture
def sent(monkeypatch):
    """Every letter handed to the way out, also one that a Maildir would keep only once."""
    found = []
    deliver = Post.deliver

    def note(self, job, letter):
        found.append(letter)
        deliver(self, job, letter)

    monkeypatch.setattr(Post, "deliver", note)
    return found


def wish(desk, short="own", **fields):
    """Choose a rhythm on the page itself."""
    sent = {"how": "daily", "at": "08:00", "day": "0", **fields}
    answer = desk.client(short).post("/account/notifications", sent)
    assert answer.status == 303, answer.text


def due(desk, short="own"):
    return events.first(events.Job.select(events.Job.run_at).where(
        events.Job.key == f"digest:{desk.person(short).id}")).run_at


@pytest.fixture
def told(desk, clock, sent):
    """Thomas, who reads in summaries, has a case with two answers that he has not seen."""
    wish(desk)
    path = open_case(desk.client("own"), "It hums")
    for text in ("Have you tried to unplug it?", "And now?"):
        write(desk.client("agent"), path, "reply", text)
    desk.work()
    return path


def to_own(sent):
    return [letter for letter in sent if letter.to_address == ADDRESS["own"]]


def test_one_letter_at_the_hour_grouped_by_record_and_then_silence(desk, told, clock, sent):
    other = open_case(desk.client("own"), "It smells")
    write(desk.client("agent"), other, "reply", "Of what?")
    desk.work()
    assert to_own(sent) == []
    clock.reach(due(desk))
    desk.work()
    (letter,) = to_own(sent)
    assert letter.subject == "3 things are new at Acme Support", "what they wrote themselves is none"
    text = letter.text
    assert text.index("CAS-001 · It hums") < text.index("unplug it?") < text.index("And now?")
    assert text.index("And now?") < text.index("CAS-002 · It smells") < text.index("Of what?")
    assert "Ben Agent answered CAS-001: It hums" in text
    assert "http://localhost:8000/account/notifications" in text
    assert letter.unsubscribe_url in text
    clock.reach(due(desk) + timedelta(days=2))
    desk.work()
    assert len(to_own(sent)) == 1
    (mail,) = [one for one in desk.letters if ADDRESS["own"] in str(one["To"])]
    assert str(mail["List-Unsubscribe-Post"]) == "List-Unsubscribe=One-Click"
    assert "/stop/" in str(mail["List-Unsubscribe"])


@pytest.mark.engines("sqlite")
def test_what_was_read_here_is_left_out_and_nothing_makes_no_letter(desk, told, clock, sent):
    desk.client("own").get(told)
    clock.reach(due(desk))
    desk.work()
    assert to_own(sent) == []
    write(desk.client("agent"), told, "reply", "A third one.")
    desk.work()
    clock.reach(due(desk))
    desk.work()
    (letter,) = to_own(sent)
    assert letter.subject == "One thing is new at Acme Support"
    assert "A third one." in letter.text
    assert "unplug" not in letter.text


@pytest.mark.engines("sqlite")
def test_words_for_one_person_alone_stand_in_their_summary(desk, clock, sent):
    wish(desk)
    with desk.scope(), events.transaction():
        events.publish("announcements.notice", path="/announcements/ANN-001")
        event = events.first(events.Event.select(events.Event.id).order_by(events.Event.id.desc()))
        notify.tell_one(event.id, desk.person("own"), headline="We move on Friday")
    desk.work()
    clock.reach(due(desk))
    desk.work()
    (letter,) = to_own(sent)
    assert "We move on Friday" in letter.text
    assert "http://localhost:8000/announcements/ANN-001" in letter.text


@pytest.mark.engines("sqlite")
def test_only_what_they_may_still_see(desk, told, clock, sent):
    secret = open_case(desk.client("own"), "zz-canary")
    desk.work()
    agent = desk.client("agent")
    identity = re.findall(r'<article id="([^"]+)">Ben Agent', agent.get(told).text)[0]
    assert agent.post(f"/messages/{identity}/visibility", {"visible": ""}).status == 303
    with desk.scope():
        found = people.person(desk.person("loner").id)
        record = events.first(events.Event.select(events.Event.record).where(
            events.Event.record.is_null(False)).order_by(events.Event.id.desc()))
        events.door(Record.update(person=found.id, company=None), Record).where(
            Record.id == record.record_id).execute()
    clock.reach(due(desk))
    desk.work()
    (letter,) = to_own(sent)
    assert "zz-canary" not in letter.text + letter.html
    assert "unplug" not in letter.text, "it has become a note"
    assert "And now?" in letter.text
    assert secret


@pytest.mark.engines("sqlite")
def test_nobody_who_was_locked_out_or_whose_feature_is_off_gets_one(desk, told, clock, sent):
    kept = desk.yaml.read_text()
    desk.yaml.write_text(kept + "features: {cases: off}\n")
    desk.portal.store.notice()
    clock.reach(due(desk))
    desk.work()
    assert to_own(sent) == []
    desk.yaml.write_text(kept)
    desk.portal.store.notice()
    write(desk.client("agent"), told, "reply", "A third one.")
    desk.work()
    clock.reach(due(desk))
    desk.work()
    assert "And now?" in to_own(sent)[0].text, "what waited while it was off is told afterwards"
    write(desk.client("agent"), told, "reply", "A fourth one.")
    desk.work()
    with desk.scope():
        people.change_person(desk.person("own").id, active=False)
    clock.reach(due(desk))
    desk.work()
    assert len(to_own(sent)) == 1


@pytest.mark.engines("sqlite")
def test_what_was_ticked_does_not_wait_and_security_never_does(desk, clock, sent):
    wish(desk, shown=["cases.answered"], on=["cases.answered:mail"], soon=["cases.answered"])
    path = open_case(desk.client("own"))
    write(desk.client("agent"), path, "reply", "One.")
    with desk.scope(), events.transaction():
        events.publish("cases.signed", person=desk.person("own").id)
    desk.work()
    assert len(to_own(sent)) == 2, "the answer and the sign-in; the case itself waits"
    page = desk.client("own").get("/account/notifications").text
    assert re.search(r'name="soon" value="cases.answered"[^>]* checked', page)


def test_two_workers_at_the_same_moment_send_one(desk, told, clock, sent):
    clock.reach(due(desk))

    def turn():
        contextvars.copy_context().run(worker.make(desk.portal).turn)

    desk.parallel(turn, turn, turn)
    desk.work()
    assert len(to_own(sent)) == 1


def test_a_crash_repeats_the_same_letter_and_no_event_is_in_two(desk, told, clock, sent, monkeypatch):
    finish = digest.finish
    monkeypatch.setattr(digest, "finish", lambda *_: (_ for _ in ()).throw(OSError("killed")))
    clock.reach(due(desk))
    desk.work()
    monkeypatch.setattr(digest, "finish", finish)
    write(desk.client("agent"), told, "reply", "Come meanwhile.")
    clock.ahead += timedelta(hours=1)
    desk.work()
    first, again = to_own(sent)
    assert first.message_id == again.message_id
    assert "Come meanwhile." not in again.text
    assert len([one for one in desk.letters if ADDRESS["own"] in str(one["To"])]) == 1
    clock.reach(due(desk))
    desk.work()
    last = to_own(sent)[-1]
    assert "Come meanwhile." in last.text
    assert "unplug" not in last.text


def test_what_comes_while_the_letter_is_on_its_way_goes_with_the_next(desk, told, clock, sent, monkeypatch):
    deliver = Post.deliver

    def late(self, job, letter):
        if "digest" in job.data and not to_own(sent):
            with desk.scope() as who:
                notice = next(n for n in who.registry.notices if n.title.startswith("Your case"))
                rows = events.Event.select(events.Event.id, events.Event.created, events.Event.data)
                event = events.first(rows.where(events.Event.name == "cases.opened"))
                mine = digest.DigestItem.person == desk.person("own").id
                events.door(digest.DigestItem.delete(), digest.DigestItem).where(
                    mine, digest.DigestItem.event == event.id).execute()
                digest.put(desk.person("own"), event, notice)
        deliver(self, job, letter)

    monkeypatch.setattr(Post, "deliver", late)
    clock.reach(due(desk))
    desk.work()
    assert len(to_own(sent)) == 1
    assert events.waiting() == 1, "what came meanwhile has its turn"
    assert due(desk) > clock()


@pytest.mark.engines("sqlite")
def test_nothing_is_opened_before_the_hour_and_waking_all_that_rests_sends_nothing(desk, told, clock, sent):
    opened = []
    one = worker.make(desk.portal)
    give = one.open_scope
    one.open_scope = lambda tenant: opened.append(tenant) or give(tenant)
    assert contextvars.copy_context().run(one.turn) is False
    assert opened == []
    moment = due(desk)
    with desk.scope() as who:
        events.wake(who.tenant_id, "host")
    desk.work()
    assert to_own(sent) == []
    assert due(desk) - moment < timedelta(seconds=2)
    assert "that did not go out" in desk.client("admin").get("/settings/mail").text.lower()
    assert "Waits" not in desk.client("admin").get("/settings/mail").text


@pytest.mark.engines("sqlite")
def test_a_new_wish_or_zone_moves_what_waits(desk, told, clock, sent):
    wish(desk, how="weekly", day="2", at="06:30")
    local = due(desk)
    assert (local.weekday(), local.hour, local.minute) == (2, 6, 30)
    assert desk.client("own").post("/account", {"name": "Tom", "time_zone": "Asia/Tokyo"}).status == 303
    local = due(desk).astimezone(ZoneInfo("Asia/Tokyo"))
    assert (local.weekday(), local.hour, local.minute) == (2, 6, 30)
    wish(desk, how="now")
    desk.work()
    assert len(to_own(sent)) == 1, "what waited comes at once with the change"
    write(desk.client("agent"), told, "reply", "At once.")
    desk.work()
    assert "At once." in to_own(sent)[-1].text


@pytest.mark.engines("sqlite")
def test_the_letter_is_in_their_language_and_time(portal_inside, clock, sent):
    desk = portal_inside({"tenants": {"acme": {"languages": {"offered": ["en", "ar"]}, "time_zone": "UTC"}}},
                         plugins=plugin.install)
    with desk.scope():
        people.change_person(desk.person("own").id, language="ar", time_zone="Asia/Kathmandu")
    wish(desk)
    path = open_case(desk.client("own"))
    write(desk.client("agent"), path, "reply", "One.")
    desk.work()
    clock.reach(due(desk))
    desk.work()
    (letter,) = to_own(sent)
    assert '<html lang="ar" dir="rtl">' in letter.html
    event = events.first(events.Event.select(events.Event.created).where(events.Event.name == "cases.answered"))
    local = event.created.astimezone(ZoneInfo("Asia/Kathmandu"))
    assert f":{local.minute:02}" in letter.text


@pytest.mark.engines("sqlite")
def test_one_click_ends_summaries_and_all_mail_about_what_happens(desk, told, clock, sent):
    clock.reach(due(desk))
    desk.work()
    stop = to_own(sent)[0].unsubscribe_url.removeprefix("http://localhost:8000")
    program = desk.guest()
    assert program.get(stop).status == 200
    assert desk.person("own").preferences["rhythm"]["how"] == "daily", "looking changes nothing"
    without = {"Origin": None, "Sec-Fetch-Site": None}
    assert program.post(stop, {"List-Unsubscribe": "One-Click"}, headers=without).status == 200
    write(desk.client("agent"), told, "reply", "Never.")
    desk.work()
    clock.ahead += timedelta(days=9)
    desk.work()
    assert len(to_own(sent)) == 1
    page = desk.client("own").get("/account/notifications").text
    assert re.search(r'name="how" value="never"[^>]* checked', page)
    assert desk.guest("globex.localhost").post(stop, {}).status == 404
    assert program.post(stop.replace(desk.person("own").public_id, desk.person("agent").public_id)).status == 404


@pytest.mark.engines("sqlite")
def test_an_hour_that_is_none_is_told_at_its_field(desk):
    answer = desk.client("own").post("/account/notifications", {"how": "daily", "at": "late", "day": "0"})
    assert answer.status == 422
    assert 'id="f-at-error"' in answer.text
    assert 'value="late"' in answer.text
    assert desk.client("own").post("/account/notifications", {"how": "yearly"}).status == 422
