"""Changes in the text: the path changes, everything else stays byte for byte the same."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.config.loader import read
from core.config.mistakes import below
from core.config.schemas import portal_schema
from core.config.splice import REMOVE, Reference, same, splice
from core.errors import Refused
from support.config_cases import MANIFESTS

DEMO = (Path(__file__).parents[2] / "portal.yaml").read_text()
SCHEMA = portal_schema(MANIFESTS)


def short(path: tuple[Any, ...]) -> str | None:
    schema: Any = SCHEMA
    for step in path:
        schema = below(schema, step, SCHEMA)
    return schema.get("x-short")


def after(text: str, changes: dict[Any, Any], **env: str) -> str:
    keyed = {tuple(path.split(".")) if isinstance(path, str) else path: value for path, value in changes.items()}
    return splice(read(text, "portal.yaml", env), keyed, env, short).source


@pytest.mark.parametrize(("before", "changes", "wanted"), [
    ("name: Acme # ours\n", {"name": "Globex"}, "name: Globex # ours\n"),
    ("name: 'Acme' # ours\n", {"name": "It's"}, "name: 'It''s' # ours\n"),
    ('name: "Acme"\n', {"name": 'say "hi"'}, 'name: "say \\"hi\\""\n'),
    ("name: Acme\n", {"name": "a: b #c"}, 'name: "a: b #c"\n'),
    ("name: Acme\n", {"name": "no"}, 'name: "no"\n'),
    ("name: Acme\n", {"name": "12"}, 'name: "12"\n'),
    ("name: Acme\n", {"name": ""}, 'name: ""\n'),
    ("name: Acme\n", {"name": "${HOME}"}, 'name: "$${HOME}"\n'),
    ("name: Acme\n", {"name": Reference("X")}, 'name: "${X}"\n'),
    ("name: Acme\n", {"name": "a\u2028\x85b"}, 'name: "a\\u2028\\u0085b"\n'),
    ("features:\n  tickets: on\n", {"features.tickets.enabled": False}, "features:\n  tickets: off\n"),
    ("features:\n  tickets: true\n", {"features.tickets": False}, "features:\n  tickets: false\n"),
    ("features: {tickets: on, kb: off}\n", {"features.kb": True}, "features: {tickets: on, kb: on}\n"),
    ("features:\n  tickets: on # keep\n  # and this\n", {"features.kb.enabled": True},
     "features:\n  tickets: on # keep\n  kb: on\n  # and this\n"),
    ("features:\n  tickets: on\n", {"features.tickets.prefix": "REQ"},
     "features:\n  tickets: {enabled: on, prefix: REQ}\n"),
    ("access: {registration: open}\n", {"access.registration.mode": "off"}, 'access: {registration: "off"}\n'),
    ("features: {}\n", {"features.kb": True}, "features: {kb: on}\n"),
    ("features:\nname: x\n", {"features.kb": True}, "features: {kb: on}\nname: x\n"),
    ("name:\n", {"name": "x"}, "name: x\n"),
    ("name: \n", {"name": "x"}, "name: x \n"),
    ("name: # later\nurl: u\n", {"name": "x"}, "name: x # later\nurl: u\n"),
    ("name: x", {"theme.accent": "#111111"}, 'name: x\ntheme: {accent: "#111111"}'),
    ("name: x\r\nurl: u\r\n", {"status": "active"}, "name: x\r\nurl: u\r\nstatus: active\r\n"),
    ("\ufeffname: x\r\n", {"name": "z"}, "\ufeffname: z\r\n"),
    ("a: |\n  one\n  two\n\n# note\nb: 1\n", {"a": "x"}, "a: x\n\n# note\nb: 1\n"),
    ("t:\n  a: |\n    one\n\n# note\nb: 1\n", {"t.c": 1}, "t:\n  a: |\n    one\n  c: 1\n\n# note\nb: 1\n"),
    ("a: |+\n  one\n\n\n", {"b": 1}, "a: |+\n  one\n\n\nb: 1\n"),
    ("hosts: [a, b] # c\n", {"hosts": ["x"]}, "hosts: [x] # c\n"),
    ("hosts:\n- a\n- b\nname: x\n", {"hosts": ["c"]}, "hosts:\n- c\nname: x\n"),
    ("hosts:\n  - a # one\n  - b\nname: x\n", {"hosts": []}, "hosts: []\nname: x\n"),
    ("hosts:\n  - a # one\n  - b\n", {("hosts", 1): "c"}, "hosts:\n  - a # one\n  - c\n"),
    ("hosts:\n  - a # one\n", {("hosts", 1): "c"}, "hosts:\n  - a # one\n  - c\n"),
    ("a: 1\nb: 2 # gone\n# stays\nc: 3\n", {"b": REMOVE}, "a: 1\n# stays\nc: 3\n"),
    ("a: {x: 1, y: 2, z: 3}\n", {"a.y": REMOVE}, "a: {x: 1, z: 3}\n"),
    ("a: {x: 1, y: 2}\n", {"a.x": REMOVE}, "a: {y: 2}\n"),
    ("a: {x: 1, y: 2}\n", {"a.y": REMOVE}, "a: {x: 1}\n"),
    ("a: {x: 1}\nb: 2\n", {"a.x": REMOVE}, "a: {}\nb: 2\n"),
    ("a:\n  x: 1\nb: 2\n", {"a.x": REMOVE}, "a: {}\nb: 2\n"),
    ("a: 1\nb: 2", {"b": REMOVE}, "a: 1"),
    ("a: 1\n", {"b": REMOVE}, "a: 1\n"),
    ("l:\n  - a: 1\n    b: 2\n", {("l", 0, "a"): REMOVE}, "l:\n  - b: 2\n"),
    ("l:\n  - a: 1\n    b: 2\n", {("l", 0, "c"): 3}, "l:\n  - a: 1\n    b: 2\n    c: 3\n"),
    ("t: &x {a: 1}\nu: *x\n", {"u": 2}, "t: &x {a: 1}\nu: 2\n"),
    ("a: 1\n...\n", {"b": 2}, "a: 1\nb: 2\n...\n"),
    ("--- # head\na: 1\n", {"a": 2}, "--- # head\na: 2\n"),
    ("a: x\n  y\nb: 1\n", {"a": "z"}, "a: z\nb: 1\n"),
    ("a: [1,\n  2, # two\n  ]\n", {"b": 1}, "a: [1,\n  2, # two\n  ]\nb: 1\n"),
    ("t: {a: 1, # one\n  b: 2, }\n", {"t.c": 3}, "t: {a: 1, # one\n  b: 2, c: 3, }\n"),
    ("name: x\n", {"tenants.acme.features.kb": True}, "name: x\ntenants: {acme: {features: {kb: on}}}\n"),
])
def test_a_change_reads_as_somebody_would_have_written_it(before: str, changes: Any, wanted: str) -> None:
    assert after(before, changes, X="1") == wanted


@pytest.mark.parametrize(("before", "changes"), [
    ("t: &x {a: 1}\nu: *x\n", {"t.a": 2}),
    ("t: &x {a: 1}\nu: *x\n", {"u.a": 2}),
    ("t: &x 1\nu: *x\n", {"t": REMOVE}),
    ("name: x\n", {"name.first": "y"}),
    ("name: x\n", {"name": REMOVE}),
    ("hosts: [a]\n", {("hosts", 0): REMOVE}),
    ("name: x\n", {"name": "a\0b"}),
    ("name: x\n", {"name": "\ud800"}),
    ("name: x\n", {"theme": {"a": ["\x7f"]}}),
])
def test_what_cannot_be_changed_alone_is_refused(before: str, changes: Any) -> None:
    with pytest.raises(Refused):
        after(before, changes)


SCALARS = (st.booleans() | st.integers(-10**6, 10**6) | st.text(max_size=12) | st.sampled_from(
    ["on", "no", "1:30", "- x", "a: b", "x #y", "'", '"', "${A}", "$${A}", "%", "@", "|", "{", "*a", "&a", "!t",
     "?", "~", "null", "2026-01-01", " lead", "trail ", "ünï", "🎉", "line\nbreak", "tab\t", "\u2028",
     "1.10", "0x10", "<<", "---"]))
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
    st.text(min_size=1, max_size=6), inner, max_size=3), max_leaves=5)
FORBIDDEN = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def clean(value: Any) -> Any:
    """Without what the loader refuses: control characters, and the key of merges."""
    if isinstance(value, str):
        return FORBIDDEN.sub("", value)
    if isinstance(value, list):
        return [clean(inner) for inner in value]
    if isinstance(value, dict):
        return {clean(key): clean(inner) for key, inner in value.items() if clean(key) not in ("", "<<")}
    return value


def paths(data: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    steps = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    return [*([path] if path else []), *(found for step, value in steps for found in paths(value, (*path, step)))]


def applied(data: Any, path: tuple[Any, ...], value: Any) -> Any:
    """The oracle: plain data with one path changed."""
    if not path:
        return value
    copy = dict(data or {}) if not isinstance(data, list) else list(data)
    if len(path) == 1 and value is REMOVE:
        copy.pop(path[0])
    else:
        inner = copy[path[0]] if isinstance(copy, list) else copy.get(path[0])
        copy[path[0]] = applied(inner, path[1:], value)
    return copy


MIXED = """# Head
name: 'Acme'   # quoted
url: "https://a.example"
hosts:
- a.example     # first
-   b.example
theme: {accent: "#0f766e", legal: [ {title: T, href: /t}, ], }

text: |
  several
  # lines, this is text

folded: >-
    more
    lines

empty:
nested:
    deep:
        deeper: 1.50

        # comment inside
        other: ${X:-y}
    after: [1, 2,
       3]
plain words: over
  two lines
last: end   # no newline follows"""


@given(text=st.sampled_from([DEMO, MIXED, MIXED + "\n"]), crlf=st.booleans(), bom=st.booleans(), data=st.data())
def test_any_change_keeps_every_other_byte(text: str, crlf: bool, bom: bool, data: Any) -> None:
    text = ("\ufeff" if bom else "") + (text.replace("\n", "\r\n") if crlf else text)
    document = read(text, "portal.yaml", {})
    path = data.draw(st.sampled_from(paths(document.data)))
    kind = data.draw(st.sampled_from(["set", "set", "add", "remove"]))
    value = REMOVE if kind == "remove" else clean(data.draw(VALUES))
    span = document.span(path)
    if kind == "add":
        path = (*path, "added", "below") if isinstance(dig(document.data, path), dict) else ("added",)
    try:
        changed = splice(document, {path: value}, {})
    except Refused:
        # Only entries of lists have no text of their own to take away; anything else can be changed.
        assert kind == "remove"
        assert isinstance(path[-1], int)
        return
    assert same(changed.data, applied(document.data, path, value))
    assert changed.bom == bom
    if kind == "set":  # what stands before the key and after the value has not moved
        start = span.key_end if span.key_end >= 0 else span.start
        assert changed.text[:start] == document.text[:start]
        assert changed.text.endswith(document.text[span.end:])
    if kind == "add":  # taking the new text out again gives the old one
        inserted = len(changed.text) - len(document.text)
        assert any(changed.text[:at] + changed.text[at + inserted:] == document.text
                   for at in range(len(document.text) + 1))
    assert ("\n" in changed.text.replace("\r\n", "")) == ("\n" in document.text.replace("\r\n", ""))
    kept = [line for line in document.text.splitlines() if line.lstrip().startswith("#")]
    if kind != "set":
        assert all(line in changed.text for line in kept if kind == "add" or line == kept[0])


def dig(data: Any, path: tuple[Any, ...]) -> Any:
    for step in path:
        data = data[step]
    return data


@given(st.lists(st.tuples(st.sampled_from(["tickets", "kb", "csat"]), st.booleans()), max_size=6))
@example([("kb", True), ("kb", False)])
def test_many_toggles_change_only_their_words(toggles: list[tuple[str, bool]]) -> None:
    document = read(DEMO, "portal.yaml", {})
    for key, on in toggles:
        document = splice(document, {("features", key, "enabled"): on}, {}, short)
    mine = {line.strip().split(":")[0] for line in
            set(document.text.splitlines()).symmetric_difference(DEMO.splitlines())}
    assert mine <= {"tickets", "kb", "csat"}
