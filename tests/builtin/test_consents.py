"""Consent: off by default, kept with time, source, wording and network, taken back as easily, never altered."""

from __future__ import annotations

import json
import re

import pytest
from peewee import DatabaseError

from core.data import consents
from core.data.db import db
from core.data.guard import schema_work
from core.parts import Notice
from core.work import notify
from support.desk import open_case, write
from support.inside import ADDRESS, text_of

NEWS = Notice("shop.news", "News", ("people",), template="shop/mail/news", kind="marketing", plugin="tickets")


def wants(inside, channel="mail", short="own"):
    with inside.scope():
        return notify.wants(inside.person(short), NEWS, channel)


def log(inside, short="own"):
    with inside.scope():
        return consents.log(inside.person(short).id)


def test_nobody_agreed_to_anything_and_each_yes_and_no_is_kept(inside):
    inside.address = "203.0.113.77"
    own = inside.client("own")
    page = own.get("/account/notifications").text
    assert re.search(r'name="agree" value="mail">', page), "not ticked"
    assert 'value="sms"' not in page
    assert not wants(inside)
    for yes in (True, True, False):
        assert own.post("/account/consents", {"agree": ["mail"] if yes else []}).status == 303
        assert wants(inside) is yes
    newest, first = log(inside)
    assert (first.given, first.purpose, first.source, first.network) == (True, "mail", "account", "203.0.113.…")
    assert first.wording == "Send me news from Acme Support by e-mail."
    assert len(first.version) == 12
    assert newest.given is False
    assert not wants(inside, short="colleague")
    assert own.post("/account/consents", {"agree": ["sms", "everything"]}).status == 303
    assert len(log(inside)) == 2, "what is not asked for cannot be agreed to"
    rows = json.loads(own.get("/account/consents.json").text)
    assert [(one["purpose"], one["given"]) for one in rows] == [("mail", False), ("mail", True)]
    assert json.loads(inside.client("colleague").get("/account/consents.json").text) == []


def test_the_log_is_never_altered_and_goes_with_its_person(inside):
    inside.client("own").post("/account/consents", {"agree": ["mail"]})
    row = inside.person("own")
    for statement in ("UPDATE consent SET given = false", "DELETE FROM consent"):
        with pytest.raises(DatabaseError, match="never changed"), schema_work(), db.atomic():
            db.execute_sql(statement)
    assert len(log(inside)) == 1
    with schema_work(), db.atomic():
        db.execute_sql(f"DELETE FROM person WHERE id = {row.id}")
        assert db.execute_sql("SELECT count(*) FROM consent").fetchone()[0] == 0


@pytest.mark.engines("sqlite")
def test_agreeing_at_the_same_moment_is_one_yes(inside):
    own = inside.client("own")
    inside.parallel(*(lambda: own.post("/account/consents", {"agree": ["mail"]}) for _ in range(3)))
    assert len(log(inside)) == 1


@pytest.mark.engines("sqlite")
def test_the_tenants_own_words_are_kept_as_they_were_read(portal_inside):
    words = {"features": {"notifications": {"consent": ["mail", "sms"], "wording": {"sms": "Yes, text me!"}}}}
    inside = portal_inside(words)
    own = inside.client("own")
    assert "Yes, text me!" in own.get("/account/notifications").text
    own.post("/account/consents", {"agree": ["sms"]})
    (row,) = log(inside)
    assert (row.purpose, row.wording) == ("sms", "Yes, text me!")
    assert not wants(inside), "one consent is not the other"


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize("ticked", [True, False])
def test_registering_offers_it_unticked_where_the_tenant_says_so(portal_inside, ticked):
    inside = portal_inside({"access": {"registration": "open"},
                            "features": {"notifications": {"at_registration": True}}})
    guest = inside.guest()
    assert re.search(r'name="agree" value="mail">', guest.get("/register").text)
    sent = {"name": "Nora New", "email": "nora@new.example", "password": "quiet rivers run deep",
            **({"agree": ["mail"]} if ticked else {})}
    again = guest.post("/register", sent | {"password": "x"})
    assert again.status == 422
    assert ('value="mail" checked' in again.text) is ticked
    assert guest.post("/register", sent).status == 303
    link = re.search(r"(/verify/\S+)", text_of(inside.letters_to("nora@new.example")[-1]))[1]
    assert guest.post(link).status == 303
    assert [(row.purpose, row.source) for row in log(inside, "nora@new.example")] == \
        ([("mail", "registration")] if ticked else [])


@pytest.mark.engines("sqlite")
def test_without_that_setting_registering_asks_nothing(portal_inside):
    inside = portal_inside({"access": {"registration": "open"}})
    guest = inside.guest()
    assert 'name="agree"' not in guest.get("/register").text
    guest.post("/register", {"name": "Nora", "email": "nora@new.example", "password": "quiet rivers run deep",
                             "agree": ["mail"]})
    link = re.search(r"(/verify/\S+)", text_of(inside.letters_to("nora@new.example")[-1]))[1]
    guest.post(link)
    assert log(inside, "nora@new.example") == []


@pytest.mark.engines("sqlite")
def test_a_link_in_mail_stops_one_kind_or_all_of_its_sort(desk):
    path = open_case(desk.client("own"))
    write(desk.client("agent"), path, "reply", "One.")
    letter = desk.letters_to(ADDRESS["own"])[-1]
    stop = re.search(r"(/stop/\S+)", text_of(letter))[1]
    page = desk.guest().get(stop).text
    assert "Stop all of them" in page
    answer = desk.guest().post(stop, {"all": "yes"}, headers={"Origin": None, "Sec-Fetch-Site": None})
    assert "No mail about what happens here" in answer.text
    assert desk.person("own").preferences["rhythm"]["how"] == "never"
    write(desk.client("agent"), path, "reply", "Two.")
    open_case(desk.client("own"))
    before = len(desk.letters)
    assert len([one for one in desk.letters_to(ADDRESS["own"]) if "Two." in text_of(one)]) == 0
    assert before <= len(desk.letters)


@pytest.mark.engines("sqlite")
def test_stopping_all_news_takes_the_consent_back(inside, monkeypatch):
    inside.client("own").post("/account/consents", {"agree": ["mail"]})
    with inside.scope() as who:
        registry = who.registry
        secret = str(inside.portal.place.secret)
        mark = notify.stop_mark(secret, inside.person("own").public_id, NEWS.event)
    monkeypatch.setitem(registry.__dict__, "notices", (*registry.notices, NEWS))
    guest = inside.guest()
    assert "Stop all news" in guest.get(f"/stop/{mark}").text
    assert wants(inside)
    assert guest.post(f"/stop/{mark}", {"List-Unsubscribe": "One-Click"}).status == 200
    assert not wants(inside)
    with inside.scope():
        assert consents.given(inside.person("own"), "mail"), "one click stops this kind alone"
    assert guest.post(f"/stop/{mark}", {"all": "yes"}).status == 200
    assert [(row.given, row.source) for row in log(inside)] == [(False, "mail"), (True, "account")]
