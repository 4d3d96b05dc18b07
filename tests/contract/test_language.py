"""Which language a person reads and gets mail in: detected, chosen, remembered; figures, dates and money in it."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from core.data import access, people
from core.look import i18n
from support.inside import PASSWORD, text_of

OFFERED = {"languages": {"default": "en", "offered": ["en", "de", "ar"]}, "currency": "EUR"}
pytestmark = pytest.mark.engines("sqlite")


@pytest.fixture
def house(portal_inside):
    return portal_inside(OFFERED)


def spoken(client, path, **headers):
    found = re.search(r'<html lang="([\w-]+)" dir="(\w+)"', client.get(path, headers=headers).text)
    return found.groups()


def test_a_guest_is_spoken_to_as_the_browser_says_and_a_choice_is_kept(house):
    guest = house.guest()
    assert spoken(guest, "/sign-in") == ("en", "ltr")
    assert spoken(guest, "/sign-in", **{"Accept-Language": "de-AT,de;q=0.9,en;q=0.5"}) == ("de", "ltr")
    assert spoken(guest, "/sign-in", **{"Accept-Language": "fr,*;q=0.5"}) == ("en", "ltr")
    assert spoken(guest, "/sign-in?lang=ar", **{"Accept-Language": "de"}) == ("ar", "rtl")
    assert spoken(guest, "/sign-in", **{"Accept-Language": "de"}) == ("ar", "rtl"), "remembered by the browser"
    assert spoken(guest, "/sign-in?lang=xx", **{"Accept-Language": "de"}) == ("ar", "rtl"), "not offered"


def test_what_somebody_chose_stays_with_them_on_every_device(house):
    own = house.client("own")
    assert house.person("own").language == ""
    answer = own.post("/account/language", {"language": "de"}, headers={"Referer": "http://localhost:8000/tickets?q=a"})
    assert (answer.status, answer.location) == (303, "/tickets?q=a")
    assert house.person("own").language == "de"
    elsewhere = house.client("own")
    assert spoken(elsewhere, "/tickets", **{"Accept-Language": "ar"}) == ("de", "ltr")
    elsewhere.cookies["parlour_lang"] = "ar"
    assert spoken(elsewhere, "/tickets") == ("de", "ltr"), "what a guest chose on this device is not theirs"
    assert spoken(elsewhere, "/tickets?lang=ar") == ("ar", "rtl"), "this page alone"
    assert spoken(elsewhere, "/tickets") == ("de", "ltr")
    for referer in ("http://evil.example/x", "http://[", "//evil.example", "http://localhost:8000//evil.example"):
        answer = own.post("/account/language", {"language": "ar"}, headers={"Referer": referer})
        assert answer.location == "/", referer
    assert own.post("/account/language", {"language": "xx"}).status == 422
    assert house.person("own").language == "ar"


def test_the_menu_offers_the_languages_as_buttons(house):
    page = house.client("own").get("/tickets").text
    form = re.search(r'<form method="post" action="/account/language".*?</form>', page, re.DOTALL).group()
    assert re.findall(r'value="(\w+)" lang="(\w+)"', form) == [("en", "en"), ("de", "de"), ("ar", "ar")]


def test_the_language_of_the_first_sign_in_is_that_of_the_mail(house):
    guest = house.guest()
    guest.get("/sign-in?lang=de")
    assert guest.post("/sign-in", {"email": "colleague@example.com", "password": PASSWORD}).status == 303
    assert house.person("colleague").language == "de"
    again = house.guest()
    again.get("/sign-in?lang=ar")
    again.post("/sign-in", {"email": "colleague@example.com", "password": PASSWORD})
    assert house.person("colleague").language == "de", "what is stored stays"


def test_a_letter_to_nobody_known_is_in_the_language_it_was_asked_for_in(portal_inside):
    house = portal_inside(OFFERED | {"access": {"registration": "open"}})
    guest = house.guest()
    guest.get("/register?lang=de")
    assert guest.post("/register", {"email": "neu@example.com", "name": "Neu", "password": "stille Wasser tief"}
                      ).status == 303
    assert 'lang="de"' in html_of(house.letters_to("neu@example.com")[0])
    guest.get("/reset?lang=ar")
    guest.post("/reset", {"email": "own@example.com"})
    assert 'lang="ar" dir="rtl"' in html_of(house.letters_to("own@example.com")[-1])
    house.client("own").post("/account/language", {"language": "de"})
    guest.post("/reset", {"email": "own@example.com"})
    assert 'lang="de"' in html_of(house.letters_to("own@example.com")[-1]), "their own choice comes first"


def html_of(letter):
    return str(letter.get_body(("html",)).get_content())


@pytest.mark.parametrize(("language", "why"), [
    ("de", "Im Portal öffnen"), ("ar", "فتح في البوابة")])
def test_mail_about_a_record_is_in_the_language_of_each_receiver(house, language, why):
    with house.scope("acme"):
        access.add("ticket", title="Contract", number=77, state="open", company=people.company("alfreds").id,
                   person=house.person("own").id)
    house.client("own").post("/account/language", {"language": language})
    agent = house.client("agent")
    agent.post("/account/language", {"language": "en"})
    assert agent.post("/tickets/TKT-077/reply", {"body": "On its way"}).status == 303
    letter = house.letters_to("own@example.com")[-1]
    assert f'lang="{language}"' in html_of(letter)
    assert why in text_of(letter)


def test_dates_figures_and_money_as_german_and_arabic_readers_write_them():
    moment = datetime(2026, 3, 4, 15, 30, tzinfo=UTC)
    with i18n.using("de"):
        assert i18n.format_date(moment) == "04.03.2026"
        assert i18n.format_datetime(moment, "Europe/Berlin") == "04.03.2026, 16:30"
        assert i18n.format_number(1234567.891) == "1.234.567,891"
        assert i18n.format_money(-123456, "EUR") == "-1.234,56\xa0€"
    with i18n.using("ar"):
        assert i18n.format_date(moment) == "04\u200f/03\u200f/2026"
        assert i18n.format_datetime(moment, "Asia/Riyadh").endswith("6:30 م")
        assert i18n.format_number(1234567.891) == "1,234,567.891"
        assert "1,234.56" in i18n.format_money(123456, "EUR")
        assert "€" in i18n.format_money(123456, "EUR")
