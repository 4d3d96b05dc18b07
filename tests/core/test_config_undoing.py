"""One earlier change of the file is taken back; what was changed since, and every comment, stays."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.config.undoing import taken_back

BASE = "name: A  # ours\nfeatures:\n  tickets: on\n  kb: on  # for all\nurl: x\n"


@pytest.mark.parametrize(("after", "now", "expected"), [
    # a value changed, then another one
    (BASE.replace("kb: on", "kb: off"), BASE.replace("kb: on", "kb: off").replace("url: x", "url: y"),
     BASE.replace("url: x", "url: y")),
    # a line added, then one more below it
    (BASE.replace("url", "zone: Z\nurl"), BASE.replace("url", "zone: Z\nmore: 1\nurl"),
     BASE.replace("url", "more: 1\nurl")),
    # a line taken away, then a value elsewhere
    (BASE.replace("  kb: on  # for all\n", ""), BASE.replace("  kb: on  # for all\n", "").replace("A", "B"),
     BASE.replace("A", "B")),
    # the same line changed again
    (BASE.replace("kb: on", "kb: off"), BASE.replace("kb: on", "kb: {enabled: off}"), None),
    # what stood around it is another
    (BASE.replace("  kb: on  # for all\n", ""), BASE.replace("  kb: on  # for all\nurl: x\n", "forms: 1\n"), None),
    # taken back already
    (BASE.replace("kb: on", "kb: off"), BASE, None),
])
def test_what_was_done_since_stays(after, now, expected):
    assert taken_back(BASE, after, now) == expected


@given(st.lists(st.sampled_from("abcdef"), max_size=8), st.lists(st.sampled_from("abcdef"), max_size=8))
def test_right_after_the_change_all_of_it_comes_back(before, after):
    old, new = ("".join(f"{line}\n" for line in lines) for lines in (before, after))
    assert taken_back(old, new, new) == old
