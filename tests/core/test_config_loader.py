"""The loader: strict YAML, places, references, limits; hostile files are refused fast and run nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.config.loader import read
from core.errors import ConfigError
from support.pace import within

DEMO = (Path(__file__).parents[2] / "portal.yaml").read_bytes()


def problems(text: str | bytes, **env: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        read(text, "portal.yaml", env)
    return [str(problem) for problem in caught.value.problems]


@pytest.mark.parametrize(("written", "meant"), [
    ("on", True), ("off", False), ("true", True), ("False", False),
    ("yes", "yes"), ("no", "no"), ("y", "y"), ("NO", "NO"),
    ("12", 12), ("-3", -3), ("010", "010"), ("0o17", "0o17"), ("0x1f", "0x1f"), ("1_000", "1_000"),
    ("1:30", "1:30"), ("190:20:30", "190:20:30"), ("2026-01-31", "2026-01-31"),
    ("1.5", 1.5), ("1e309", "1e309"), (".inf", ".inf"), (".nan", ".nan"), ("+49 30 1", "+49 30 1"),
    ("9" * 5000, "9" * 5000), ("null", None), ("~", None), ("", None), ('"on"', "on"), ("'12'", "12"),
])
def test_a_value_is_what_it_looks_like(written: str, meant: object) -> None:
    value = read(f"a: {written}\n", "portal.yaml", {}).data["a"]
    assert value == meant
    assert type(value) is type(meant)


def test_keys_are_always_text() -> None:
    assert read("on: 1\n404: 2\nno: 3\n", "x", {}).data == {"on": 1, "404": 2, "no": 3}


def test_every_value_knows_its_line() -> None:
    document = read("name: Acme\ntheme:\n  accent: '#111111'\n  legal:\n    - title: Terms\n", "portal.yaml", {})
    assert document.mark(("name",)) == (1, 7)
    assert document.mark(("theme", "accent")) == (3, 11)
    assert document.mark(("theme", "accent"), key=True) == (3, 3)
    assert document.mark(("theme",)) == (2, 1)
    assert document.mark(("theme", "legal", 0, "title")) == (5, 14)
    assert document.mark(("theme", "nothing", "here")) == (2, 1)
    span = document.span(("theme", "accent"))
    assert document.text[span.start:span.end] == "'#111111'"
    assert document.text[span.key_start:span.key_end] == "accent"


def test_marks_count_characters_and_ignore_a_byte_order_mark() -> None:
    document = read("\ufeffa: é🎉 x\r\nb: y\r\n".encode(), "portal.yaml", {})
    assert document.data == {"a": "é🎉 x", "b": "y"}
    assert document.mark(("b",)) == (2, 4)
    span = document.span(("b",))
    assert document.text[span.start:span.end] == "y"
    assert document.source == "\ufeffa: é🎉 x\r\nb: y\r\n"


def test_references_are_filled_and_remembered() -> None:
    text = "a: ${SECRET}\nb: smtp://${HOST:-localhost}:${PORT:-25}\nc: '${PORT}'\nd: ${PORT}\ne: $${PORT}\n"
    document = read(text, "x", {"SECRET": "s3", "PORT": "2525"})
    assert document.data == {"a": "s3", "b": "smtp://localhost:2525", "c": "2525", "d": 2525, "e": "${PORT}"}
    assert document.references == {("a",): ("SECRET",), ("b",): ("HOST", "PORT"), ("c",): ("PORT",),
                                   ("d",): ("PORT",)}


def test_an_empty_default_is_empty_text_not_nothing() -> None:
    assert read('a: "${X:-}"\nb: ${X:-}\n', "x", {}).data == {"a": "", "b": ""}


def test_a_value_from_the_environment_is_not_read_again() -> None:
    assert read("a: ${X}\n", "x", {"X": "${HOME} # no\nb: 1"}).data == {"a": "${HOME} # no\nb: 1"}


def test_keys_are_never_filled() -> None:
    assert read("'${X}': 1\n", "x", {"X": "name"}).data == {"${X}": 1}


def test_all_mistakes_come_at_once_with_their_places() -> None:
    found = problems("a: 1\na: 2\nb: !!python/object/apply:os.system [id]\nc: ${NOT_SET}\nd: ${bad name}\n"
                     "e: *nowhere\n<<: {x: 1}\n? [k]\n: 1\n")
    assert [line.split(" ")[0] for line in found] == [
        "portal.yaml:2:1", "portal.yaml:3:4", "portal.yaml:4:4", "portal.yaml:5:4", "portal.yaml:6:4",
        "portal.yaml:7:1", "portal.yaml:8:3"]
    assert "'a' stands here a second time; the first is in line 1." in found[0]
    assert "NOT_SET is not set" in found[2]


@pytest.mark.parametrize("text", ["", "\n", "# only a comment\n", "---\n", "~\n", "\ufeff"])
def test_an_empty_file_is_a_mistake(text: str) -> None:
    assert problems(text)[0].startswith("portal.yaml The file is empty.")


@pytest.mark.parametrize(("name", "text", "said"), [
    ("python tag", "a: !!python/object/apply:os.system ['touch /tmp/parlour-was-here']\n", "Tags"),
    ("own tag", "a: !include /etc/passwd\n", "Tags"),
    ("alias bomb", "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
        f"{b}: &{b} [{','.join([f'*{a}'] * 9)}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)),
     "aliases"),
    ("alias to itself", "a: &a [*a]\n", "holds itself"),
    ("duplicate key", "a: 1\nb: {c: 1, c: 2}\n", "second time"),
    ("deep brackets", "a: " + "[" * 100_000, "deeper"),
    ("deep braces", "a: " + "{a: " * 100_000, "deeper"),
    ("deep dashes", "- " * 100_000, "deeper"),
    ("deep question marks", "? " * 100_000, "key"),
    ("ten megabytes", b"a: " + b"x" * 10_000_000, "larger than 1 MB"),
    ("NUL", "a: x\0y\n", "U+0000"),
    ("escaped NUL", 'a: "x\\0y"\n', "U+0000"),
    ("not UTF-8", b"a: \xff\xfe\n", "0xff"),
    ("UTF-16", "a: 1\n".encode("utf-16"), "not UTF-8"),
    ("two documents", "a: 1\n---\nb: 2\n", "second document"),
    ("many duplicates", "k: v\n" * 190_000, "second time"),
    ("a list", "- a\n", "group of keys"),
    ("open quote", "a: '" + "x" * 900_000, "not YAML"),
])
def test_hostile_files_are_refused_fast(name: str, text: str | bytes, said: str) -> None:
    with within(1.5, what=name):
        found = problems(text)
    assert said in " ".join(found)
    assert found[0].startswith("portal.yaml")
    assert len(found) <= 200
    assert not Path("/tmp/parlour-was-here").exists()


def test_few_aliases_are_fine() -> None:
    assert read("a: &x {k: 1}\nb: *x\n", "x", {}).data == {"a": {"k": 1}, "b": {"k": 1}}


DAMAGE = [b"\t", b"'", b'"', b"[", b"}", b"&a ", b"*a", b": ", b"\n", b"- ", b"!!x ", b"${", b"|\n",
          b"\xef\xbb\xbf"]


@given(st.data())
def test_a_damaged_file_is_read_or_refused_and_nothing_else(data: st.DataObject) -> None:
    text = bytearray(DEMO)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(text) - 1))
        new = data.draw(st.binary(max_size=3) | st.sampled_from(DAMAGE))
        text[at:at + data.draw(st.integers(0, 3))] = new
    try:
        document = read(bytes(text), "portal.yaml", {})
    except ConfigError as error:
        assert error.problems
    else:
        assert document.source.encode() == bytes(text)


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(text: bytes) -> None:
    try:
        read(text, "portal.yaml", {})
    except ConfigError as error:
        assert error.problems
