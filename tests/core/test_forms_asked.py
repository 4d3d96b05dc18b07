"""Fields that are asked only if others say so, repeated rows, and texts in several languages."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from werkzeug.datastructures import MultiDict

from core.errors import ConfigError, Invalid
from core.look import i18n
from core.web import forms
from support.needs import cases

pytestmark = pytest.mark.engines("sqlite")


def form(fields: dict[str, Any], **more: Any) -> Any:
    return forms.load({"type": "object", "properties": forms.custom(fields)}, id="asked").adjusted(**more)


def wrong(call: Any, *given: Any, **more: Any) -> dict[str, str]:
    with pytest.raises(Invalid) as caught:
        call(*given, **more)
    return {error.path: error.code for error in caught.value.errors}


DEVICE = {
    "category": {"type": "choice", "options": {"question": "Question", "problem": "Problem"}, "required": True},
    "serial": {"label": "Serial number", "required": True, "if": {"category": "problem"}},
    "bought": {"type": "date", "if": {"serial": "filled"}},
    "why": {"label": "Why none?", "if": {"category": ["problem"], "serial": "empty"}},
}


def test_a_field_is_asked_required_and_taken_only_if_its_condition_is_met():
    made = form(DEVICE)
    assert wrong(made.clean, {"category": "problem"}) == {"serial": "required"}
    assert made.clean({"category": "question", "serial": "smuggled", "bought": "2026-01-31"}) == {
        "category": "question"}
    assert made.clean(MultiDict({"category": "question", "serial": "smuggled"})) == {"category": "question"}
    assert made.clean({"category": "problem", "serial": "A1", "bought": "2026-01-31", "why": "x"}) == {
        "category": "problem", "serial": "A1", "bought": "2026-01-31"}
    assert made.required == ("category",)


def test_what_depends_on_a_mistake_is_not_told_before_it_is_put_right():
    assert wrong(form(DEVICE).clean, {"category": "nothing", "serial": "x" * 300}) == {"category": "enum"}


def test_order_does_not_matter_and_several_options_and_ticks_decide():
    made = form({
        "detail": {"required": True, "if": {"areas": ["south", "east"]}},
        "reason": {"required": True, "if": {"agree": False}},
        "seats": {"type": "number", "if": {"agree": True}},
        "more": {"if": {"seats": 5}},
        "areas": {"type": "several", "options": ["north", "south", "east"]},
        "agree": {"type": "checkbox"}})
    assert wrong(made.clean, {"areas": ["north", "east"], "agree": True}) == {"detail": "required"}
    assert wrong(made.clean, MultiDict({"areas": "north"})) == {"reason": "required"}
    assert made.clean({"areas": [], "agree": True, "seats": 5.0, "more": "x"}) == {
        "areas": [], "agree": True, "seats": 5, "more": "x"}


def test_a_part_of_a_record_is_judged_with_what_is_stored():
    made = form(DEVICE)
    assert made.clean({"serial": "A1"}, partial=True, stored={"category": "question"}) == {}
    assert made.clean({"serial": "A1"}, partial=True, stored={"category": "problem"}) == {"serial": "A1"}
    assert wrong(made.clean, {"category": "problem"}, partial=True, stored={"category": "question"}) == {
        "serial": "required"}
    assert made.clean({"category": "problem"}, partial=True, stored={"category": "question", "serial": "A1"}) == {
        "category": "problem"}


@pytest.mark.parametrize("fields", [
    {"a": {"if": {"b": "x"}}, "b": {"if": {"a": "x"}}}, {"a": {"if": {"a": "filled"}}},
    {"c": {"type": "choice", "options": ["x"]}, "a": {"if": {"c": "y"}}},
    {"f": {"type": "files"}, "a": {"if": {"f": "y"}}},
    {"a": {"if": {"g": []}}, "g": {}}, {"a": {"if": "g"}, "g": {}},
    {"r": {"type": "rows"}}, {"r": {"type": "rows", "fields": {"f": {"type": "file"}}}},
    {"r": {"type": "rows", "max_rows": 101, "fields": {"f": {}}}},
    {"r": {"type": "rows", "min_rows": 5, "max_rows": 4, "fields": {"f": {}}}},
    {"r": {"type": "rows", "fields": {"f": {"if": {"outside": "filled"}}}}, "outside": {}},
])
def test_conditions_and_rows_that_cannot_be_are_told(fields):
    with pytest.raises(ConfigError):
        form(fields)


def test_a_condition_on_what_no_form_has_is_told_and_one_on_a_hidden_field_is_never_met():
    with pytest.raises(ConfigError):
        form({"a": {"if": {"nobody": "filled"}}})
    made = form({"a": {"if": {"b": "filled"}}, "b": {"hidden": True}, "c": {"if": {"b": "empty"}}})
    assert made.clean({"a": "x", "c": "y"}) == {"c": "y"}
    assert wrong(made.clean, {"b": "x"}) == {"b": "unknown"}
    assert form({"a": {"if": {"b": "filled"}}, "b": {}}, hidden=["b"]).clean({"a": "x"}) == {}


def test_no_page_tells_of_what_stands_in_a_field_it_does_not_show():
    fields = {"free": {}, "inner": {"internal": True}, "a": {"if": {"inner": ["secret word"]}, "required": True},
              "b": {"if": {"a": "filled"}, "required": True},
              "c": {"if": {"inner": "empty", "free": "filled"}, "required": True}}
    assert "secret word" in str(form(fields).bind().fields), "the team's own form"
    theirs = forms.load({"type": "object", "properties": forms.custom(fields, staff=False)}, id="theirs")
    for told in (str(theirs.bind({"inner": "secret word"}).fields), json.dumps(forms.as_json_schema(theirs))):
        assert "secret word" not in told and "inner" not in told
    assert [one.name for one in theirs.bind({}).fields] == ["free", "c"]
    assert json.loads(theirs.bind({})["c"].when) == {"free": "filled"}


def test_the_page_says_when_a_field_is_asked():
    bound = form(DEVICE).bind({"category": "question", "serial": "A1"})
    assert bound["serial"].unmet and bound["bought"].unmet  # the serial number does not count while it is hidden
    assert json.loads(bound["why"].when) == {"category": ["problem"], "serial": "empty"}
    assert bound["why"].only_if == "Only if “Category” is “Problem” and “Serial number” is empty."
    assert not form(DEVICE).bind(MultiDict({"category": "problem", "serial": "A1"}))["bought"].unmet


ROWS = {"devices": {"type": "rows", "label": "Devices", "max_rows": 3, "fields": {
    "serial": {"label": "Serial", "required": True}, "kind": {"type": "choice", "options": ["tv", "radio"]},
    "inch": {"type": "number", "required": True, "if": {"kind": "tv"}}}}}


def posted(*rows: dict[str, str], act: str = "") -> MultiDict[str, str]:
    sent = MultiDict[str, str]([("_rows", act)] if act else [])
    for mark, row in rows_of(rows):
        sent.add("devices", mark)
        for key, value in row.items():
            sent.add(f"devices.{mark}.{key}", value)
    return sent


def rows_of(rows: Any) -> Any:
    return [(str(9 - number), row) for number, row in enumerate(rows)]  # the order they stand in counts


def test_rows_keep_their_order_and_tell_mistakes_by_row_and_field():
    made = form(ROWS)
    rows = [{"serial": "B", "kind": "radio", "inch": "9"}, {"serial": ""},
            {"serial": "A", "kind": "tv", "inch": "40"}]
    cleaned = [{"serial": "B", "kind": "radio"}, {"serial": "A", "kind": "tv", "inch": 40}]
    assert made.clean(posted(*rows)) == {"devices": cleaned} == made.clean({"devices": cleaned})
    assert made.clean({}) == {"devices": []} == made.clean(MultiDict())
    assert wrong(made.clean, posted({"serial": "A"}, {"kind": "tv"})) == {
        "devices.1.serial": "required", "devices.1.inch": "required"}
    assert wrong(made.clean, {"devices": [{"serial": "A", "colour": "red"}]}) == {"devices.0.colour": "unknown"}
    assert wrong(made.clean, {"devices": [{"serial": "A"}] * 4}) == {"devices": "too_many"}
    assert wrong(made.clean, {"devices": {"0": {}}}) == {"devices": "type"} == wrong(made.clean, {"devices": [1]})


def test_rows_must_be_as_many_as_asked():
    must = form({"r": {"type": "rows", "required": True, "fields": {"a": {}}}})
    assert wrong(must.clean, {}) == {"r": "required"}
    least = form({"r": {"type": "rows", "min_rows": 2, "fields": {"a": {}}}})
    assert wrong(least.clean, {"r": [{"a": "x"}, {"a": ""}]}) == {"r": "too_few"}
    assert len(least.bind({})["r"].rows) == 2


def test_without_scripts_a_button_draws_one_more_row_or_one_less():
    made = form(ROWS)
    for act, serials in (("add:devices", ["B", "A", ""]), ("remove:devices.9", ["A"]),
                         ("remove:devices.7", ["B", "A"]),
                         ("nonsense", ["B", "A"]), ("remove:other.9", ["B", "A"])):
        sent = posted({"serial": "B"}, {"serial": "A"}, act=act)
        assert wrong(made.clean, sent) == {}
        bound = made.bind(sent)["devices"]
        assert [row[0].value for row in bound.rows] == serials
        assert [row[0].name for row in bound.rows] == [f"devices.{place}.serial" for place in range(len(serials))]


def test_mistakes_stand_at_the_row_they_belong_to():
    made = form(ROWS)
    sent = posted({"serial": ""}, {"kind": "radio"})
    with pytest.raises(Invalid) as caught:
        made.clean(sent)
    bound = made.bind(sent, caught.value.errors)
    assert bound["devices.1.serial"].error == "Fill in “Serial”."
    assert bound.summary == (("devices.1.serial", "Fill in “Serial”."),)


def test_texts_are_said_in_the_language_of_the_reader():
    made = form({"room": {"label": {"en": "Room", "de": "Raum"}, "help": {"de": "Im Haus"}, "pattern": "^[0-9]+$",
                          "pattern_message": {"en": "Digits only.", "de": "Nur Ziffern."}},
                 "plan": {"type": "choice", "options": {"a": {"en": "Small", "de": "Klein"}, "b": "Big"}}})
    with i18n.using("de"):
        bound = made.bind({})
        assert (bound["room"].label, bound["room"].help) == ("Raum", "Im Haus")
        assert dict(bound["plan"].options)["a"] == "Klein"
        with pytest.raises(Invalid, match="Nur Ziffern"):
            made.clean({"room": "x"})
    with i18n.using("ar"):
        assert made.bind({})["room"].label == "Room"
    assert forms.told(made, {"plan": "a"}, ["plan"]) == [("Plan", "Small")]
    assert json.loads(json.dumps(forms.as_json_schema(made)))["properties"]["room"]["title"] == "Room"


def test_what_is_stored_and_not_asked_any_more_is_told_to_staff_only():
    made = form(DEVICE)
    stored = {"category": "question", "serial": "A1", "old_key": ["x", "y"], "nothing": ""}
    assert forms.told(made, stored, stored) == [("Category", "Question")]
    assert forms.kept(made, stored, stored) == [("Serial number", "A1"), ("Old key", "x; y")]


ANY = st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from(
    ["problem", "question", "filled", "tv", "2026-01-31", "true"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(
        ["serial", "kind", "inch", "0", "_", "devices"]), inner, max_size=3), max_leaves=8)
WHOLE = {**DEVICE, **ROWS}


@given(st.dictionaries(st.sampled_from([*WHOLE, "x", "_rows"]), ANY, max_size=6))
@settings(max_examples=cases(200, 10_000))
def test_junk_raises_nothing_but_invalid_and_what_is_taken_fits_the_schema(sent):
    made = form(WHOLE)
    try:
        cleaned = made.clean(sent)
    except Invalid:
        return
    given = {key: value for key, value in cleaned.items() if value not in ("", None)}
    assert Draft202012Validator(forms.as_json_schema(made)).is_valid(given)
    assert "serial" not in cleaned or cleaned["category"] == "problem"
    assert "bought" not in cleaned or cleaned.get("serial")


NAMES = ["devices", "devices.0.serial", "devices.0.inch", "devices.1.kind", "_rows", "devices.9999.serial",
         "serial", "category", "bought", "devices.."]


@given(st.lists(st.tuples(st.sampled_from(NAMES), st.text(max_size=6) | st.sampled_from([
    "0", "1", "9999", "problem", "add:devices"]))))
@settings(max_examples=cases(200, 10_000))
def test_no_posted_junk_raises_anything_but_invalid_and_it_can_be_drawn_again(sent):
    made, source = form(WHOLE), MultiDict(sent)
    try:
        made.clean(source)
        errors: Any = ()
    except Invalid as error:
        errors = error.errors
    assert made.bind(source, errors)["devices"].most == 3


WORD = st.text(st.characters(whitelist_categories=("Lu", "Nd")), max_size=5)
ROW = st.fixed_dictionaries({"serial": WORD, "kind": st.sampled_from(["", "tv", "radio"]),
                             "inch": st.integers(0, 99).map(str) | st.just("")})


@given(st.sampled_from(["problem", "question"]), WORD, st.sampled_from(["", "2026-01-31"]),
       st.lists(ROW, max_size=4))
@settings(max_examples=cases(200, 10_000))
def test_form_and_json_agree(category, serial, bought, rows):
    made = form(WHOLE)
    typed = posted(*rows)
    typed.update({"category": category, "serial": serial, "bought": bought})
    plain = {"category": category, "serial": serial, "bought": bought or None, "devices": [
        {**row, "inch": int(row["inch"]) if row["inch"] else None} for row in rows]}
    assert outcome(made, typed) == outcome(made, plain)


def outcome(made: Any, source: Any) -> Any:
    try:
        return made.clean(source)
    except Invalid as error:
        return {(one.path, one.code) for one in error.errors}
