"""Patterns that would be searched for ever are refused, and no longer text is searched than takes a moment."""

import time

import pytest

from core.config import own_fields
from core.config.mistakes import mistakes
from core.config.patterns import endless
from core.errors import Invalid
from core.web import forms

pytestmark = pytest.mark.engines("sqlite")
PLAIN = own_fields.field_schema()["properties"]["pattern"]


@pytest.mark.parametrize("pattern", [
    "^(a+)+$", "^(a|a)*$", "(a?b?)+", r"(\w+\s?)+", "(a*)*", "(?:a|aa)+", "(a+.)*", "(a*a*-)+", "([a-z]+)*x",
    "(.*,)*", "((a{1,2})+)", r"^(\d+\.?)+$", "(?:(?:x+)y?)+", r"(\w|\d\d)+$", "(?:a|b|ab)+", "(?=(a+)+b)c",
    "x(y*z?)*"])
def test_patterns_that_can_be_read_in_many_ways_are_refused(pattern):
    ((_path, message, _hint),) = mistakes(pattern, PLAIN)
    assert "repetitions" in message


@pytest.mark.parametrize("pattern", [
    "^([a-z]+-)*$", r"^(?:\d{3} ?)+$", r"^[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4})+$", r"^[^@\s]+@[^@\s]+\.[a-z]+$",
    r"^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,}$", "^([01][0-9]|2[0-3]):[0-5][0-9]$",
    "(?:foo|bar)(?:,(?:foo|bar))*", r"^(?:[0-9]{1,3}\.){3}[0-9]{1,3}$", r"^(?:\+\d{1,3} )?\d+(?:[ /-]\d+)*$", ""])
def test_usual_patterns_are_taken(pattern):
    assert not endless(pattern)


@pytest.mark.parametrize("pattern", ["(", "[z-a]", "a{99999999999}", "(" * 5000])
def test_what_is_no_pattern_is_told(pattern):
    assert mistakes(pattern, PLAIN)


def test_a_text_that_is_too_long_is_not_searched():
    form = forms.load({"type": "object", "properties": forms.custom(
        {"text": {"type": "longtext", "pattern": "^a*a*b$"}, "free": {"type": "longtext"}})}, id="searched")
    began = time.monotonic()
    with pytest.raises(Invalid) as caught:
        form.clean({"text": "a" * 50_000, "free": "a" * 50_000})
    assert [(one.path, one.code) for one in caught.value.errors] == [("text", "too_long")]
    assert time.monotonic() - began < 60, "searching it takes minutes"
    assert form.clean({"text": "a" * 990 + "b", "free": ""})["text"]


def test_fields_of_the_settings_keep_no_such_pattern():
    wrong = mistakes({"serial": {"type": "text", "pattern": "^(a+)+$"}}, {
        **own_fields.fields("Fields", "Of people."), "$defs": own_fields.field_schemas()})
    assert [path for path, _message, _hint in wrong] == [("serial", "pattern")]
