"""Numbers, money, days, addresses and countries: what is read, what is refused, in several languages."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.look.i18n import LANGUAGES
from core.web import values
from core.web.values import Unfit
from support.needs import data_set

WELL_WRITTEN_BUT_REFUSED = {
    "name@129.129.129.129": "a domain that is a number is an address without brackets",
    "name@[129.129.129.129]": "address literals cannot be delivered by a mail service",
    'much."more\\ unusual"@address.com': "quoted local part",
    'very.unusual."@".unusual.com@address.com': "quoted local part",
    'very."(),:;<>[]".VERY."very@\\\\ "very".unusual@strange.address.com': "quoted local part",
    '"Jacco\\@test"@address.com': "quoted local part",
    '"Jacco van Tuijl"@address.com': "quoted local part",
    '"Jacco\\\\test"@address.com': "quoted local part",
    '"Jacco@test"@address.com': "quoted local part",
    "\\$A12345@address.com": "RFC 5321 has no backslash outside quotes",
    '"jacco.vantuijl.@.address.com"@address.com': "quoted local part",
    "jacco@mailserver1": "a lone host name is a typo for everybody outside that network",
    '"()<>[]:,;@\\\\\\"!#$%&\'*+-/=?^_`{}| ~.a"@address.org': "quoted local part",
    '" "@address.org': "quoted local part",
}
ODD_BUT_TAKEN = {
    "うえあいお@address.com": "RFC 6531 allows letters of every script",
    "sql'or'1'='1'or'test@email.com": "every character of it is an atom in RFC 5322",
}


def refused(call, *arguments):
    with pytest.raises(Unfit) as caught:
        call(*arguments)
    return caught.value.code


@pytest.mark.parametrize(("text", "language", "expected"), [
    ("1.234,56", "de", "1234.56"), ("1234,56", "de", "1234.56"), ("1.500", "de", "1500"),
    ("1,234.56", "en", "1234.56"), ("12,34,567.5", "en-IN", "1234567.5"), ("-3", "en", "-3"),
    ("\u22123", "en", "-3"), ("1\u202f234,5", "fr", "1234.5"), ("1 234,5", "fr", "1234.5"),
    ("1’234.5", "de-CH", "1234.5"), ("١٬٢٣٤٫٥٦", "ar", "1234.56"), ("١٢", "en", "12"), ("१२.५", "hi", "12.5"),
    ("\u200f12", "ar", "12"), ("+7", "en", "7"), ("0", "en", "0"), ("007", "en", "7"),
])
def test_a_number_is_read_as_the_language_writes_it(text, language, expected):
    assert values.number(text, language) == Decimal(expected)


@pytest.mark.parametrize(("text", "language"), [
    ("NaN", "en"), ("nan", "en"), ("inf", "en"), ("-Infinity", "en"), ("1e309", "en"), ("1e5", "en"),
    ("1_000", "en"), ("0x10", "en"), ("²", "en"), ("½", "en"), ("1.5", "de"), ("1,5", "en"), ("1,2,3", "en"),
    ("1.2.3", "en"), ("--1", "en"), ("1-", "en"), ("", "en"), (" ", "en"), ("9" * 100, "en"), ("1,234 567", "en"),
    ("$5", "en"), ("5 apples", "en"),
])
def test_what_is_no_number_or_could_mean_two_is_refused(text, language):
    assert refused(values.number, text, language) == "format"


@given(st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**9), max_value=10**9),
       st.sampled_from(sorted(LANGUAGES)))
def test_a_number_that_is_drawn_reads_back_the_same_in_every_language(number, language):
    assert values.number(values.typed_number(number, language), language) == number


@pytest.mark.parametrize(("text", "currency", "digits", "language", "expected"), [
    ("12.50", "EUR", 2, "en", 1250), ("12,50", "EUR", 2, "de", 1250), ("12,5 €", "EUR", 2, "de", 1250),
    ("€12", "EUR", 2, "en", 1200), ("EUR 12", "EUR", 2, "en", 1200), ("1,250", "JPY", 0, "en", 1250),
    ("1.234", "KWD", 3, "en", 1234), ("0.1", "EUR", 2, "en", 10), ("1.10", "EUR", 2, "en", 110),
    ("4.35", "EUR", 2, "en", 435), ("1.15", "EUR", 2, "en", 115), ("-3", "USD", 2, "en", -300),
    ("90071992547409.91", "EUR", 2, "en", 9007199254740991),
])
def test_money_is_counted_in_minor_units_exactly(text, currency, digits, language, expected):
    assert values.minor(text, currency, digits, language) == expected


@pytest.mark.parametrize(("text", "currency", "digits", "code"), [
    ("1.005", "EUR", 2, "decimals"), ("12.5", "JPY", 0, "decimals"), ("1.2345", "KWD", 3, "decimals"),
    ("90071992547409.92", "EUR", 2, "too_large_number"), ("$5", "EUR", 2, "format"), ("NaN", "EUR", 2, "format"),
])
def test_money_that_does_not_fit_the_currency_is_refused(text, currency, digits, code):
    assert refused(values.minor, text, currency, digits, "en") == code


@given(st.integers(-(2**53) + 1, 2**53 - 1), st.sampled_from([0, 2, 3]), st.sampled_from(sorted(LANGUAGES)))
def test_an_amount_that_is_drawn_reads_back_the_same(amount, digits, language):
    assert values.minor(values.typed_money(amount, digits, language), "EUR", digits, language) == amount


@pytest.mark.parametrize(("text", "language", "expected"), [
    ("2026-12-31", "de", "2026-12-31"), ("31.12.2026", "de", "2026-12-31"), ("31. 12. 2026", "de", "2026-12-31"),
    ("12/31/2026", "en", "2026-12-31"), ("31/12/2026", "en-GB", "2026-12-31"), ("2026/1/2", "ja", "2026-01-02"),
    ("٣١/١٢/٢٠٢٦", "ar", "2026-12-31"), ("2024-02-29", "en", "2024-02-29"),
])
def test_a_day_is_read_as_iso_or_in_the_order_of_the_language(text, language, expected):
    assert values.day(text, language) == expected


@pytest.mark.parametrize(("text", "code"), [
    ("2026-02-30", "no_such_day"), ("2025-02-29", "no_such_day"), ("0000-01-01", "no_such_day"),
    ("31/12/2026", "no_such_day"), ("12/31/26", "format"), ("tomorrow", "format"), ("20261231", "format"),
    ("2026-12-31T00:00", "format"), ("99999-01-01", "format"),
])
def test_days_that_do_not_exist_or_are_cut_short_are_refused(text, code):
    assert refused(values.day, text, "en") == code


def lines(name):
    return (data_set("hostile-strings") / "fuzzdb" / name).read_text(encoding="utf-8").split("\n")


def test_well_formed_addresses_of_the_list_are_taken_but_for_the_named_ones():
    for address in filter(None, lines("email-addresses-valid.txt")):
        if address in WELL_WRITTEN_BUT_REFUSED:
            assert refused(values.email, address) == "format", address
        else:
            assert values.email(address).partition("@")[0] == address.partition("@")[0]


def test_malformed_addresses_of_the_list_are_refused_but_for_the_named_ones():
    for address in filter(None, lines("email-addresses-invalid.txt")):
        if address.strip() in ODD_BUT_TAKEN or address != address.strip():
            continue
        assert refused(values.email, address) == "format", address
    for address in ODD_BUT_TAKEN:
        assert values.email(address) == address


@pytest.mark.parametrize(("text", "expected"), [
    ("Maria@Example.COM", "Maria@example.com"), ("a@bücher.example", "a@xn--bcher-kva.example"),
    ("a@faß.example", "a@xn--fa-hia.example"), ("a@xn--bcher-kva.example", "a@xn--bcher-kva.example"),
])
def test_the_domain_of_an_address_has_one_spelling(text, expected):
    assert values.email(text) == expected


@pytest.mark.parametrize("text", [
    "a@b.c\nBcc: x@y.example", "a@b.example,c@d.example", "<a@b.example>", "a b@c.example", "a@b..example",
    "a@" + "b" * 64 + ".example", "x" * 65 + "@b.example", "a@" + "b." * 200 + "example", "@", "a@", "a@b.1",
    "a\x00@b.example", "a@b_c.example", "a@b.example.", "é" * 33 + "@b.example", "a\u200b@b.example", "@" * 5000,
])
def test_addresses_that_could_reach_somebody_else_are_refused(text):
    assert refused(values.email, text) == "format"


@pytest.mark.parametrize(("text", "expected"), [
    ("+49 30 1234567", "+49301234567"), ("0049 (0)30 / 1234-567", "+49301234567"),
    ("(171) 555-7788", "1715557788"),
    ("0621-08460", "062108460"), ("+1 555 123 4567 ext. 12", "+15551234567;ext=12"),
    ("tel:+4930123456", "+4930123456"),
    ("٠٣٠١٢٣٤٥٦", "030123456"), ("+15551234567;ext=12", "+15551234567;ext=12"),
])
def test_phone_numbers_lose_their_ornaments(text, expected):
    assert values.phone(text) == expected


@pytest.mark.parametrize("text", ["123", "+", "call me", "+49 30 123456789012345", "++4930123456", "12;34567"])
def test_what_cannot_be_dialled_is_refused(text):
    assert refused(values.phone, text) == "format"


@pytest.mark.parametrize(("text", "language", "expected"), [
    ("DE", "en", "DE"), ("de", "en", "DE"), ("Deutschland", "de", "DE"), ("Germany", "de", "DE"),
    ("UK", "en", "GB"),
    ("USA", "en", "US"), ("XK", "en", "XK"),
])
def test_a_country_is_found_by_code_and_by_name(text, language, expected):
    assert values.country(text, language) == expected


def test_the_list_of_countries_is_the_standards_and_kosovo():
    assert len(values.countries("en")) == 250
    assert list(values.countries("de").values())[:3] == ["Afghanistan", "Ägypten", "Ålandinseln"]
    for code in ("EU", "UN", "ZZ", "XA", "QQ", ""):
        assert refused(values.country, code, "en") == "enum"


def test_text_is_the_same_however_it_was_typed():
    assert values.text("  e\u0301t\u00e9\r\nzwei\u2028drei\x0bvier ", lines=True) == "été\nzwei\ndrei\nvier"
    assert values.text("one\r\n\ttwo", lines=False) == "one two"


@pytest.mark.parametrize("character", ["\x00", "\x01", "\x1b", "\x7f", "\x9f", "\ud800", "\x1f"])
def test_characters_that_cannot_be_stored_are_refused_wherever_they_stand(character):
    for text in (character, f"a{character}", f"{character}a", f"a{character}b"):
        assert refused(lambda said: values.text(said, lines=True), text) == "characters"
