"""Another order of entries in a file: their lines move, each with the comments that belong to it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.config.loader import read
from core.config.splice import same, splice
from support.needs import cases

pytestmark = pytest.mark.engines("sqlite")


def after(text: str, path: str, value: Any) -> str:
    env = {"X": "secret"}
    return splice(read(text, "portal.yaml", env), {tuple(path.split(".")): value}, env).source


FIELDS = """name: x
fields:
  # All about people.

  people:
    # On the back of the device.
    serial: Serial number   # asked since May
    bought: {type: date}

    # Not for everybody.
    plan:
      type: choice
      # Ask sales before changing these.
      options: [basic, pro]
      # end of plan
  # between
  companies: {}
# last
"""


def field(text: str) -> Any:
    return read(text, "x", {}).data["fields"]["people"]


def test_moving_an_entry_moves_its_comments():
    people = field(FIELDS)
    moved = after(FIELDS, "fields.people", {key: people[key] for key in ("plan", "serial", "bought")})
    assert moved == """name: x
fields:
  # All about people.

  people:
    # Not for everybody.
    plan:
      type: choice
      # Ask sales before changing these.
      options: [basic, pro]
      # end of plan
    # On the back of the device.
    serial: Serial number   # asked since May

    bought: {type: date}
  # between
  companies: {}
# last
"""


def test_moving_changing_adding_and_taking_away_at_once_leaves_the_other_lines():
    people = field(FIELDS)
    made = after(FIELDS, "fields.people", {"room": {"label": "Room"}, "plan": {**people["plan"], "required": True},
                                           "serial": "Serial"})
    assert list(field(made)) == ["room", "plan", "serial"]
    for kept in ("serial: Serial   # asked since May", "# Ask sales before changing these.", "# On the back of",
                 "room: {label: Room}", "# Not for everybody.", "# between", "# last", "required: on"):
        assert kept in made
    assert "bought" not in made


@pytest.mark.parametrize(("text", "wanted", "made"), [
    ("r:\n  # one\n  - a: 1   # x\n    b: 2\n  - c\n", ["c", {"a": 1, "b": 2}],
     "r:\n  - c\n  # one\n  - a: 1   # x\n    b: 2\n"),
    ("r:\n- a # 1\n- b # 2\n- c # 3\nn: 1\n", ["c", "a"], "r:\n- c # 3\n- a # 1\nn: 1\n"),
    ("r:\n- a # 1\n- b # 2", ["b", "a"], "r:\n- b # 2\n- a # 1"),
    ("r:\r\n- a # 1\r\n- b # 2\r\n", ["b", "d", "a"], "r:\r\n- b # 2\r\n- d\r\n- a # 1\r\n"),
    ("r:\n- a\n- a\n- b # 2\n", ["b", "a", "a"], "r:\n- b # 2\n- a\n- a\n"),
    ("r:\n- ${X} # kept\n- b\n", ["b", "secret"], "r:\n- b\n- ${X} # kept\n"),
    ("r: [a, b] # one line\n", ["b", "a"], "r: [b, a] # one line\n"),
    ("r:\n- &x a\n- *x\n- b\n", ["b", "a", "a"], None),
])
def test_lists_move_lines_too(text, wanted, made):
    found = after(text, "r", wanted)
    assert read(found, "x", {"X": "secret"}).data["r"] == wanted
    assert made is None or found == made


COMMENT = st.sampled_from(["", "  # about %s\n", "\n  # about %s\n", "  # about %s\n\n", "    # below %s\n"])
VALUE = st.sampled_from(["1", "{a: 1, b: [x]}", "\n    a: 1   # in\n    b: x", "|\n    text\n\n    more", "'q'",
                         ">-\n    folded\n", "\n    - 1\n    - 2"])


@given(st.dictionaries(st.sampled_from("abcdefgh"), st.tuples(COMMENT, VALUE), min_size=2, max_size=5), st.data())
@settings(max_examples=cases(150, 5_000))
def test_any_order_keeps_every_comment_and_every_value(entries, data):
    lines = [f"{comment.replace('%s', key)}  {key}: {value}\n" for key, (comment, value) in entries.items()]
    text = "top: 1\ngroup:\n" + "".join(lines) + "end: 2\n"
    before = read(text, "x", {}).data["group"]
    order = data.draw(st.permutations(list(before)))
    made = after(text, "group", {key: before[key] for key in order})
    now = read(made, "x", {}).data
    assert same(now, {"top": 1, "group": {key: before[key] for key in order}, "end": 2})
    assert sorted(line.strip() for line in made.splitlines() if "#" in line) == sorted(
        line.strip() for line in text.splitlines() if "#" in line)
