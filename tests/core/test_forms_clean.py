"""What a form takes and what it says about the rest: the same for a posted page, JSON and a row of a file."""

from __future__ import annotations

import io
import math
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from werkzeug.datastructures import FileStorage, MultiDict

from core.errors import Invalid
from core.look import i18n
from core.web import forms
from support.needs import cases

EVERYTHING = {
    "title": "Everything",
    "required": ["subject", "kind"],
    "properties": {
        "subject": {"type": "string", "title": "Subject", "minLength": 3},
        "body": {"type": "string", "x-widget": "longtext", "title": "Message"},
        "kind": {"enum": ["question", "order", "bill"], "title": "Kind", "x-labels": {"bill": "Invoice"}},
        "level": {"enum": [1, 2, 3], "type": "integer", "title": "Level"},
        "tags": {"type": "array", "items": {"enum": ["red", "green", "blue"]}, "maxItems": 2, "title": "Tags"},
        "due": {"type": "string", "format": "date", "title": "Due"},
        "count": {"type": "integer", "minimum": 0, "maximum": 100, "title": "Count"},
        "weight": {"type": "number", "exclusiveMinimum": 0, "multipleOf": 0.1, "title": "Weight"},
        "price": {"type": "integer", "x-currency": "EUR", "minimum": 0, "title": "Price"},
        "email": {"type": "string", "format": "email", "title": "E-mail"},
        "phone": {"type": "string", "format": "phone", "title": "Phone"},
        "secret": {"type": "string", "format": "password", "title": "Password"},
        "serial": {"type": "string", "pattern": "^[A-Z]{2}[0-9]{4}$", "title": "Serial",
                   "description": "Two letters and four digits."},
        "agree": {"type": "boolean", "title": "I agree"},
        "from_page": {"type": "string", "x-widget": "hidden"},
        "address": {
            "type": "object", "title": "Address", "required": ["city"],
            "properties": {"city": {"type": "string", "title": "City"},
                           "country": {"type": "string", "format": "country", "title": "Country"}},
        },
    },
}
FORM = forms.load(EVERYTHING, id="everything")
LEAST = {"subject": "Hello", "kind": "order"}


def mistakes(form, source, files=None, **options):
    with pytest.raises(Invalid) as caught:
        form.clean(source, files, **options)
    return {error.path: error.code for error in caught.value.errors}


def messages(form, source, files=None):
    with pytest.raises(Invalid) as caught:
        form.clean(source, files)
    return {error.path: error.message for error in caught.value.errors}


def upload(name="note.pdf", data=b"%PDF-1.7", kind="application/pdf"):
    return FileStorage(io.BytesIO(data), filename=name, content_type=kind)


def test_a_posted_form_and_json_give_the_same_values():
    posted = MultiDict([
        ("subject", "  Two pallets "), ("body", "one\r\ntwo"), ("kind", "bill"), ("level", "2"), ("tags", "blue"),
        ("tags", "red"), ("due", "2026-12-31"), ("count", "7"), ("weight", "1.3"), ("price", "12.50"),
        ("email", "Maria@Example.com"), ("phone", "+49 30 1234567"), ("secret", " keep blanks "),
        ("serial", "AB1234"), ("agree", "true"), ("from_page", "/kb"), ("address.city", "Berlin"),
        ("address.country", "DE"),
    ])
    sent = {
        "subject": "  Two pallets ", "body": "one\r\ntwo", "kind": "bill", "level": 2, "tags": ["blue", "red"],
        "due": "2026-12-31", "count": 7, "weight": 1.3, "price": 1250, "email": "Maria@Example.com",
        "phone": "+49 30 1234567", "secret": " keep blanks ", "serial": "AB1234", "agree": True,
        "from_page": "/kb", "address": {"city": "Berlin", "country": "DE"},
    }
    expected = {
        "subject": "Two pallets", "body": "one\ntwo", "kind": "bill", "level": 2, "tags": ["red", "blue"],
        "due": "2026-12-31", "count": 7, "weight": 1.3, "price": 1250, "email": "Maria@example.com",
        "phone": "+49301234567", "secret": " keep blanks ", "serial": "AB1234", "agree": True,
        "from_page": "/kb", "address": {"city": "Berlin", "country": "DE"},
    }
    assert FORM.clean(posted) == expected
    assert FORM.clean(sent) == expected


def test_what_is_left_empty_is_there_and_empty():
    expected = {
        "subject": "Hello", "body": "", "kind": "order", "level": None, "tags": [], "due": None, "count": None,
        "weight": None, "price": None, "email": "", "phone": "", "secret": "", "serial": "", "agree": False,
        "from_page": "", "address": None,
    }
    assert FORM.clean(LEAST) == expected
    assert FORM.clean(MultiDict(LEAST)) == expected
    assert FORM.clean({**{one.key: None for one in FORM.fields}, **LEAST}) == expected
    assert FORM.clean(MultiDict({**dict.fromkeys(FORM.names, " "), **LEAST}))["address"] is None


def test_a_day_that_is_over_is_refused_where_people_type_one_that_comes():
    day = {"type": "date", "label": "Day", "coming": True}
    form = forms.load({"properties": forms.custom({"day": day})}, id="coming")
    assert messages(form, MultiDict({"day": "2020-01-02"})) == {"day": "Enter today or a later day in “Day”."}
    today = datetime.now(UTC).date().isoformat()
    assert form.clean(MultiDict({"day": today})) == {"day": today}
    assert form.clean({"day": "2020-01-02"}) == {"day": "2020-01-02"}  # what an import brings was so


def test_zero_is_an_answer():
    form = forms.load({"required": ["count"], "properties": {"count": {"type": "integer"}}}, id="zero")
    assert form.clean({"count": 0}) == {"count": 0}
    assert form.clean(MultiDict({"count": "0"})) == {"count": 0}


def test_every_mistake_is_told_at_once_and_says_what_to_do():
    bad = {"subject": "x", "body": "a\x00b", "kind": "other", "level": "9", "tags": "red", "due": "2026-02-30",
           "count": "101", "weight": "0", "price": "-1", "email": "maria", "phone": "no", "serial": "ab",
           "agree": "perhaps", "address.country": "DE"}
    told = messages(FORM, MultiDict(bad))
    assert told == {
        "subject": "“Subject” needs at least 3 characters.",
        "body": "“Message” contains a character that cannot be stored. Type it again, or paste it as plain text.",
        "kind": "Choose one of the options listed for “Kind”.",
        "level": "Choose one of the options listed for “Level”.",
        "due": "That day does not exist. Enter a date in “Due”, like 2026-12-31.",
        "count": "Enter 100 or less in “Count”.",
        "weight": "Enter more than 0 in “Weight”.",
        "price": "Enter €0.00 or more in “Price”.",
        "email": "Enter an e-mail address like name@example.com.",
        "phone": "Enter a phone number in “Phone”, like +49 30 1234567.",
        "serial": "Write “Serial” the way it is asked for. Two letters and four digits.",
        "agree": "Answer “I agree” with true or false.",
        "address.city": "Fill in “City”.",
    }


def test_the_codes_are_stable():
    bad = {"subject": "", "kind": "", "count": "1.5", "weight": "0.15", "price": "1.005", "email": "x",
           "serial": "x", "secret": "x" * 1001, "tags": "pink"}
    assert mistakes(FORM, MultiDict(bad)) == {
        "subject": "required", "kind": "required", "count": "type", "weight": "multiple", "price": "decimals",
        "email": "format", "serial": "pattern", "secret": "too_long", "tags": "enum",
    }


def test_limits_of_texts():
    assert FORM.clean({**LEAST, "subject": "x" * 255})["subject"] == "x" * 255
    assert mistakes(FORM, {**LEAST, "subject": "x" * 256}) == {"subject": "too_long"}
    assert FORM.clean({**LEAST, "body": "x" * 50_000})["body"] == "x" * 50_000
    assert messages(FORM, {**LEAST, "body": "x" * 51_234}) == {
        "body": "Shorten “Message” to 50,000 characters; it has 1,234 too many."}


@pytest.mark.parametrize(("name", "value"), [
    ("subject", 5), ("subject", ["a"]), ("subject", {"a": 1}), ("subject", True), ("kind", 1.0), ("kind", True),
    ("level", True), ("level", 2.0), ("tags", "red"), ("tags", {"red": 1}), ("tags", [["red"]]),
    ("due", 20261231), ("count", "7"), ("count", True), ("count", 1.5), ("weight", "1.3"), ("price", "12.50"),
    ("price", 12.5), ("price", 12.0), ("agree", "true"), ("agree", 1), ("address", "Berlin"), ("address", []),
])
def test_json_has_types(name, value):
    assert mistakes(FORM, {**LEAST, name: value}) == {name: "type"}


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 1e309, 2**53, -(2**53),
                                   pytest.param(10**5000, id="long")])
def test_numbers_that_are_none_or_too_large_are_refused(value):
    for name in ("weight", "count"):
        assert mistakes(FORM, {**LEAST, name: value}) == {name: "too_large"}


@pytest.mark.parametrize("value", ["NaN", "inf", "-Infinity", "1e309", "1e5", "0x1", "1_0"])
def test_number_words_that_python_knows_are_no_numbers(value):
    for name in ("weight", "count", "price"):
        assert mistakes(FORM, MultiDict({**LEAST, name: value})) == {name: "format"}


def test_what_the_form_does_not_declare_is_refused_in_json_and_ignored_in_a_page():
    more = {"role": "admin", "tenant_id": 1, "is_staff": True}
    assert mistakes(FORM, {**LEAST, **more}) == dict.fromkeys(more, "unknown")
    assert mistakes(FORM, {**LEAST, "address": {"city": "x", "owner": 1}}) == {"address.owner": "unknown"}
    cleaned = FORM.clean(MultiDict({**LEAST, **more, "address.owner": "1"}))
    assert set(cleaned) == {one.key for one in FORM.fields}
    assert cleaned["address"] is None
    assert FORM.clean({**LEAST, "_once": "abc"})["subject"] == "Hello"
    assert "unknown" in mistakes(FORM, {**LEAST, "a\ud800": 1}).values()


@pytest.mark.parametrize("value", [[], ["subject"], "subject", 5, None, True])
def test_json_that_is_no_object_is_refused(value):
    assert mistakes(FORM, value) == {"": "type"}


def test_a_partial_change_cleans_only_what_it_names():
    assert FORM.clean({"count": 3}, partial=True) == {"count": 3}
    assert FORM.clean({"address": {"country": "DE"}}, partial=True) == {"address": {"country": "DE"}}
    assert mistakes(FORM, {"subject": "", "role": 1}, partial=True) == {"subject": "required", "role": "unknown"}


@pytest.mark.parametrize("tenths", range(1, 100))
def test_multiples_are_counted_in_decimals(tenths):
    assert FORM.clean({**LEAST, "weight": tenths / 10})["weight"] == tenths / 10
    assert FORM.clean(MultiDict({**LEAST, "weight": f"{tenths / 10}"}))["weight"] == tenths / 10


def test_a_required_checkbox_must_be_ticked():
    form = forms.load({"required": ["terms"], "properties": {"terms": {"type": "boolean", "title": "Terms"}}},
                      id="terms")
    assert messages(form, MultiDict()) == {"terms": "Tick “Terms” to go on."}
    assert mistakes(form, {"terms": False}) == {"terms": "required"}
    assert form.clean(MultiDict({"terms": "on"})) == {"terms": True}


def test_a_default_stands_in_for_what_is_not_sent_but_not_for_what_is_emptied():
    form = forms.load({"properties": {"size": {"type": "string", "default": "m"}, "price": {
        "type": "integer", "x-currency": "JPY", "default": 500}}}, id="d")
    assert form.clean({}) == form.clean(MultiDict()) == {"size": "m", "price": 500}
    assert form.clean(MultiDict({"size": "", "price": ""})) == {"size": "", "price": None}


def test_numbers_days_and_money_are_read_in_the_language_of_the_person():
    with i18n.using("de"):
        cleaned = FORM.clean(MultiDict({**LEAST, "weight": "1,3", "price": "1.234,56 €", "due": "31.12.2026"}))
        assert (cleaned["weight"], cleaned["price"], cleaned["due"]) == (1.3, 123456, "2026-12-31")
        assert mistakes(FORM, MultiDict({**LEAST, "weight": "1.3"})) == {"weight": "format"}
    with i18n.using("ar"):
        cleaned = FORM.clean(MultiDict({**LEAST, "count": "٤٢", "price": "١٢٫٥٠"}))
        assert (cleaned["count"], cleaned["price"]) == (42, 1250)


FILES = forms.load({"required": ["scan"], "properties": {
    "scan": {"type": "string", "format": "binary", "title": "Scan", "x-accept": ".pdf, image/*"},
    "attachments": {"type": "array", "items": {"format": "binary"}, "maxItems": 2, "x-max-bytes": 1000,
                    "title": "Attachments"}}}, id="files")


def test_files_are_lists_within_their_limits():
    files = MultiDict([("scan", upload()), ("attachments", upload("a.txt")), ("attachments", upload("b.txt")),
                       ("other", upload())])
    cleaned = FILES.clean(MultiDict(), files)
    assert [file.filename for file in cleaned["scan"]] == ["note.pdf"]
    assert [file.filename for file in cleaned["attachments"]] == ["a.txt", "b.txt"]
    assert cleaned["scan"][0].read() == b"%PDF-1.7"
    unchosen = MultiDict([("scan", upload("x.PNG", b"1", "image/png")), ("attachments", upload("", b""))])
    assert FILES.clean(MultiDict(), unchosen)["attachments"] == []


AGAIN = "Choose your files again: browsers do not keep them when a form comes back."


def test_files_that_do_not_fit_are_named():
    assert messages(FILES, MultiDict(), MultiDict()) == {"scan": "Choose a file for “Scan”."}
    assert messages(FILES, MultiDict(), MultiDict([("scan", upload("a.exe", b"1", "application/x"))])) == {
        "scan": "“a.exe” is not one of the kinds of file that are taken here: .pdf, image/*."}
    assert messages(FILES, MultiDict(), MultiDict([("scan", upload()), ("attachments", upload("b", b"1" * 1001))])
                    ) == {"attachments": "“b” is larger than 1 KB. Choose a smaller file.", "scan": AGAIN}
    assert mistakes(FILES, MultiDict(), MultiDict([("scan", upload(data=b""))])) == {"scan": "file_empty"}
    three = MultiDict([("scan", upload())] + [("attachments", upload())] * 3)
    assert messages(FILES, MultiDict(), three) == {
        "attachments": "Choose at most 2 for “Attachments”.", "scan": AGAIN}
    assert mistakes(FILES, {"scan": "abc"}) == {"scan": "type"}


def test_a_row_of_a_file_is_cleaned_by_the_same_rules():
    assert forms.columns(FORM)["Address: City"] == "address.city"
    row = {"Subject": "Hello", "KIND": "order", "Tags": "red; blue", "Price": "1,234.50", "agree": "yes",
           "Address: Country": "Germany", "address.city": "Bonn", "Balance": "7"}
    cleaned = forms.from_row(FORM, row)
    assert cleaned["tags"] == ["red", "blue"]
    assert (cleaned["price"], cleaned["agree"]) == (123450, True)
    assert cleaned["address"] == {"city": "Bonn", "country": "DE"}
    assert forms.from_row(FORM, {**row, "Price": "1.234,50"}, language="de")["price"] == 123450
    with pytest.raises(Invalid) as caught:
        forms.from_row(FORM, {"Subject": "Hello", "Kind": "nothing"})
    assert [(error.path, error.code) for error in caught.value.errors] == [("kind", "enum")]


# --- any text, any JSON ---

TEXTS = st.text(max_size=40) | st.text(alphabet="0123456789.,-+e٠٫/ :@", max_size=20) | st.sampled_from(
    ["Hello", "order", "2", "red", "2026-12-31", "7", "1.3", "12.50", "a@b.example", "+49301234567", "AB1234",
     "on", "DE", "", " "])
JSON = st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | TEXTS | st.text(
    alphabet=st.characters(), max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6)
KEYS = [one.key for one in FORM.fields]
EXACT = forms.as_json_schema(FORM)
EXACT["properties"]["weight"].pop("multipleOf")  # the oracle divides in binary: for it 0.7 is no multiple of 0.1
ORACLE = Draft202012Validator(EXACT)


def filled(value):
    """What a cleaned value holds, without what stands for nothing."""
    if isinstance(value, dict):
        return {key: filled(item) for key, item in value.items() if item not in (None, "", [])}
    return value


def outcome(form, source):
    try:
        return form.clean(source)
    except Invalid as invalid:
        assert invalid.errors
        assert all(error.message and error.code for error in invalid.errors)
        return None


@settings(max_examples=cases(300, 20_000))
@given(st.dictionaries(st.sampled_from(FORM.names), st.lists(TEXTS, min_size=1, max_size=3)),
       st.sampled_from(["en", "de", "ar"]))
def test_any_posted_text_is_cleaned_or_refused_and_what_is_cleaned_fits_the_schema(fields, language):
    posted = MultiDict([("subject", "Hello"), ("kind", "order")])
    for name, texts in fields.items():
        posted.setlist(name, texts)
    with i18n.using(language):
        cleaned = outcome(FORM, posted)
    if cleaned is not None:
        ORACLE.validate(filled(cleaned))
        assert FORM.clean(cleaned) == cleaned, "cleaning twice changes nothing"


@settings(max_examples=cases(300, 20_000))
@given(st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=5), JSON))
def test_any_json_is_cleaned_or_refused_and_what_is_cleaned_fits_the_schema(fields):
    cleaned = outcome(FORM, {**LEAST, **fields})
    if cleaned is not None:
        ORACLE.validate(filled(cleaned))
        assert FORM.clean(cleaned) == cleaned


PLAIN = ["subject", "body", "kind", "due", "email", "phone", "secret", "serial", "from_page"]


@settings(max_examples=cases(200, 10_000))
@given(st.dictionaries(st.sampled_from(PLAIN), TEXTS))
def test_the_same_texts_end_the_same_posted_and_as_json(texts):
    assert outcome(FORM, MultiDict(texts)) == outcome(FORM, texts)
