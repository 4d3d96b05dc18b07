"""The face does not break unseen: a list of it is kept; hooks, events, settings and codes are told and tried."""

from __future__ import annotations

import re
from dataclasses import fields

import pytest

from core.config.manifests import plugin_schema
from core.config.schemas import portal_schema
from core.hookspecs import FACE
from core.host import discover
from core.host.rehearsal import prepare
from support.inside import disconnect
from support.needs import ROOT
from tools import contract
from tools import docs as reference

UNTRIED = set((ROOT / "tests" / "contract" / "untried.txt").read_text().split())
"""What no test names yet: nothing comes to it, and what is tried by now is taken off."""

KEPT = contract.LIST.read_text().splitlines()
TESTS = "\n".join(path.read_text() for path in sorted((ROOT / "tests").rglob("*"))
                  if path.suffix in (".py", ".csv", ".yaml") and path.name != "face.txt")

WORD = re.compile(r"[\w-]+")
SAID = set(WORD.findall(TESTS))


def test_nothing_of_the_face_is_gone_and_what_is_new_is_on_the_list():
    assert KEPT[0] == f"face {FACE}", "a new version of the contract: settle tests/contract/face.txt by hand"
    now = contract.listing()
    broken = contract.gone(KEPT[1:], now, contract._sources())
    assert not broken, "\n".join(broken)
    fresh = sorted(set(now) - set(KEPT))
    assert not fresh, "run `python -m tools.contract`, then `make docs`:\n" + "\n".join(fresh)


def test_what_breaks_is_named_with_the_plugins_it_breaks():
    now = [line for line in contract.listing() if not line.startswith("search.matches(")]
    now[now.index("hook panels")] = "hook cards"
    told = contract.gone(contract.listing(), now, contract._sources())
    assert len(told) == 2
    assert any(one.startswith("hook panels is gone; it breaks") and "visits" in one for one in told)
    assert any(one.startswith("search.matches(") and "tickets" in one and "visits" in one for one in told)


@pytest.mark.parametrize(("old", "new", "fits"), [
    ("f(a)", "f(a, b=…)", True), ("f(a, *, b=…)", "f(a, *, b=…, c=…)", True), ("f(a)", "f(a, b)", False),
    ("f(a, b=…)", "f(a)", False), ("f(a, b)", "f(b, a)", False), ("f(a=…)", "f(a)", False)])
def test_what_takes_more_breaks_nobody(old, new, fits):
    assert contract.grown(old, new) is fits


@pytest.mark.parametrize(("face", "words"), [(FACE + 1, "which is newer"), (FACE, "")])
def test_a_plugin_says_which_face_it_needs(face, words, tmp_path):
    (tmp_path / "plugin.yaml").write_text(f"id: early\ntitle: Early\nface: {face}\n")
    assert words in discover.misfit(discover.read(tmp_path))
    assert bool(discover.misfit(discover.read(tmp_path))) == bool(words)


def test_one_that_is_too_old_is_refused_in_words(tmp_path, monkeypatch):
    monkeypatch.setattr(discover, "OLDEST", FACE + 1)
    monkeypatch.setattr(discover, "FACE", FACE + 2)
    (tmp_path / "plugin.yaml").write_text("id: late\ntitle: Late\n")
    assert "which is gone: this Parlour has the faces" in discover.misfit(discover.read(tmp_path))


def test_every_page_that_is_written_from_the_code_is_as_the_code_says():
    stale = [name for name, text in contract.pages().items()
             if not (ROOT / "docs" / name).is_file() or (ROOT / "docs" / name).read_text() != text]
    assert not stale, f"run `make docs`: {stale}"


def test_every_field_of_every_part_is_explained():
    parts = {part.__name__: part for part in map(contract.part_of, contract.hooks()) if part is not None}
    assert len(parts) > 10
    mute = [f"{name}.{one.name}" for name, part in parts.items() for one in fields(part)
            if not contract.meaning(part, one.name)]
    assert not mute, mute


@pytest.mark.engines("sqlite")
def test_every_hook_has_an_example_that_works(tmp_path):
    homes = []
    for name in contract.hooks():
        home = tmp_path / f"example_{name}"
        home.mkdir()
        (home / "plugin.yaml").write_text(f"id: example_{name}\ntitle: Example\npermissions: {{view: signed-in, "
                                          "create: staff, shelve: staff}\n")
        (home / "__init__.py").write_text((contract.EXAMPLES / f"{name}.py").read_text())
        homes.append(home)
    rehearsal = prepare(tmp_path / "portal", homes)
    try:
        loaded = rehearsal.portal.plugins
        failed = {name: said for name, said in loaded.broken().items() if name.startswith("example_")}
        assert not failed, failed
        for name in contract.hooks():
            assert name in loaded.hooks[f"example_{name}"]
        assert "Tip of the day" in rehearsal.client("own").get("/").text
        assert "9 to 5" in rehearsal.client("own").get("/example_routes").text
    finally:
        rehearsal.close()
        disconnect()


def said(word):
    if WORD.fullmatch(word):
        return word in SAID
    return word in TESTS and re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", TESTS) is not None


def test_every_event_and_error_code_is_told_and_tried():
    events = (ROOT / "docs" / "reference" / "events.md").read_text()
    codes = (ROOT / "docs" / "reference" / "errors.md").read_text()
    assert not [name for name in contract.events() if f"`{name}`" not in events]
    assert not [code for code in contract.codes() if f"`{code}`" not in codes]
    missing = {name for name in contract.events() if not said(name.partition(".")[2])}
    missing |= {code for code in contract.codes() if not said(code)}
    known = {word for word in UNTRIED if word in contract.events() or word in contract.codes()}
    assert missing == known, sorted(missing ^ known)


def test_every_setting_is_told_and_tried():
    manifests = {one.id: one for one in discover.discover([]).manifests}
    untried = set()
    for schema in (portal_schema(manifests), plugin_schema()):
        text = (ROOT / "docs" / "reference" / f"{schema['title'].replace('.', '-')}.md").read_text()
        keys = [row[0] for row in reference.rows(schema, schema, seen=("#/$defs/tenant",))]
        assert not [key for key in keys if key.replace("|", "\\|") not in text], "run `make docs`"
        last = {re.split(r"[.\[]", key.partition(" ")[0].strip("`").removesuffix("[]"))[-1]
                for key in keys if not key.startswith("`roles.")}  # permissions have their lines in the matrix
        untried |= {key for key in last if key and not key.startswith("<") and not said(key)}
    known = UNTRIED - set(contract.events()) - set(contract.codes())
    assert untried == known, sorted(untried ^ known)
