"""Changes that are not made yet: the fewest that lead from one's own part to what is wanted, and back."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.config.proposal import between, from_json, laid_over, rooted, to_json, with_change
from core.config.splice import REMOVE, same
from core.errors import Invalid
from support.needs import cases

pytestmark = pytest.mark.engines("sqlite")

KEYS = st.sampled_from(["a", "b", "c", "d.e"])
VALUES: Any = st.recursive(st.booleans() | st.integers(0, 3) | st.text("xy#: ", max_size=3),
                           lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
                           max_leaves=12)
PARTS = st.dictionaries(KEYS, VALUES, max_size=4)


@settings(max_examples=cases(300, 20_000))
@given(own=PARTS, wanted=PARTS)
def test_the_changes_between_two_states_lead_from_one_to_the_other(own: Any, wanted: Any) -> None:
    changes = dict(between(own, wanted))
    assert same(laid_over(own, changes), wanted)
    assert list(from_json(to_json(changes))) == list(changes)
    assert same(laid_over(own, from_json(to_json(changes))), wanted)
    assert not dict(between(wanted, laid_over(own, changes)))


@settings(max_examples=cases(200, 10_000))
@given(own=PARTS, wanted=PARTS)
def test_what_comes_back_is_no_change(own: Any, wanted: Any) -> None:
    there = with_change(own, {}, dict(between(own, wanted)))
    back = with_change(own, there, dict(between(wanted, own)))
    assert same(laid_over(own, back), own)
    assert not back


def test_a_single_value_inside_a_group_is_one_change() -> None:
    own = {"teams": {"a": {"name": "A", "members": ["x"]}, "b": {"name": "B"}}}
    wanted = {"teams": {"a": {"name": "A", "members": ["x", "y"]}}}
    assert dict(between(own, wanted)) == {("teams", "b"): REMOVE, ("teams", "a", "members", 1): "y"}


def test_a_list_that_loses_an_entry_or_is_inherited_is_given_as_a_whole() -> None:
    assert dict(between({"l": [1, 2]}, {"l": [2]})) == {("l",): [2]}
    assert dict(between(None, ["a", "c"], ("l",), ["a", "b"])) == {("l",): ["a", "c"]}
    assert rooted({}, {"l": [{"x": 1}]}, ("l", 0, "x"), 2) == (("l",), [{"x": 2}])
    assert rooted({"l": [{"x": 1}]}, {"l": [{"x": 1}]}, ("l", 0, "x"), 2) == (("l", 0, "x"), 2)


def test_another_order_is_a_change() -> None:
    assert list(dict(between({"a": 1, "b": 2}, {"b": 2, "a": 1}))[()]) == ["b", "a"]


def test_a_change_without_a_place_any_more_is_left_out() -> None:
    assert laid_over({"l": [1]}, {("l", 3): 2, ("a",): 1}) == {"l": [1], "a": 1}


def test_a_proposal_is_bounded() -> None:
    with pytest.raises(Invalid):
        with_change({"z": {}}, {}, {(f"k{number}",): 1 for number in range(301)})
    with pytest.raises(Invalid):
        with_change({}, {}, {("k",): "x" * 200_001})
