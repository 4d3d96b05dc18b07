"""`parlour plugin check`: a zoo of bad plugins, each caught by its own rule and by no other; bundled ones pass."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pluggy
import pytest
from click.testing import CliRunner

from core.data import people
from core.errors import NameTaken
from core.host import discover
from core.host.check_command import check, plugins_in
from core.host.checks import run, said
from core.host.checks.rules import RULES, Finding
from core.host.checks.subject import Subject
from core.host.checks.world import World
from core.host.plugins import Plugins
from core.host.rehearsal import prepare
from support.checking import checked
from support.inside import disconnect
from support.needs import ROOT
from support.zoo import ANIMALS, INIT, READ, write
from tools.contract import hooks

GOOD = "zebra"


@pytest.fixture(scope="module")
def zoo(tmp_path_factory) -> Iterator[dict[str, Subject]]:
    """All animals: those that have to run are checked in one portal."""
    folder = tmp_path_factory.mktemp("zoo")
    homes = {name: write(folder, name, faults) for name, (_code, faults) in ANIMALS.items()}
    used = [write(folder, GOOD, []), *(home for name, home in homes.items() if name not in READ)]
    how_many = people.how_many
    try:
        checked = run.check(used, tries=10)
        yield {one.id: one for one in [*checked, *(run.subject_of(homes[name]) for name in READ)]}
    finally:
        people.how_many = how_many
        disconnect()


@pytest.mark.slow
def test_a_good_one_passes(zoo):
    assert [str(one) for one in zoo[GOOD].findings] == []


@pytest.mark.parametrize("name", ANIMALS)
def test_each_is_caught_by_its_own_rule(zoo, name):
    code = ANIMALS[name][0]
    found = zoo[name].findings
    assert {one.code for one in found} == {code}, "\n".join(map(str, found))
    assert found[0].place and found[0].message and found[0].rule.mend


def test_every_rule_has_its_animal():
    assert {code for code, _faults in ANIMALS.values()} == {rule.code for rule in RULES}


def test_which_rule_is_broken_goes_by_codes_and_places_not_by_words():
    failed = Plugins(pluggy.PluginManager("parlour"))
    failed.fail("cat", "jobs()", ValueError("This chair has a foreign name and is taken by plugin 'dog'."))
    failed.fail("cat", "kinds()", NameTaken("Call it otherwise."))
    assert {one.place: run._code(one) for one in failed.failures.values()} == {"jobs()": "PC02", "kinds()": "PC04"}
    assert failed.failures["cat", "kinds()"].code == "name_taken"
    assert {f"{name}()" for name in hooks()} < run.AT_START


def test_the_same_inline_thing_is_named_once():
    found = [Finding("PC09", f"/zoo as {who}", "The page holds a style= attribute.") for who in ("own", "agent")]
    (one,) = run._once(found)
    assert (one.place, one.message) == ("/zoo as own", "The page holds a style= attribute. (So in 1 more.)")
    where = Finding("PC09", "templates/zoo/list.html:3", "It holds a style= attribute.")
    assert list(run._once([*found, where])) == [where]
    lines = [Finding("PC11", "/zoo as own", f"Line {line}: no name.") for line in (3, 9)]
    assert list(run._once(lines)) == lines


def test_one_that_breaks_what_the_check_stands_on_is_named_and_goes(tmp_path):
    home = write(tmp_path, "raven", [(INIT, "blueprint = Blueprint", (
        "import json\n\njson.dumps = lambda *given, **named: 1 / 0\nblueprint = Blueprint"))])
    told, dumps = [], json.dumps
    try:
        (subject,) = run.check([home], tries=1, tell=told.append)
    finally:
        disconnect()
    assert json.dumps is dumps
    assert ("PC18", "json.dumps") in {(one.code, one.place) for one in subject.findings}
    assert "raven" in told[0]


def test_no_record_of_a_tenant_is_called_as_one_of_another_where_years_count_by_themselves(tmp_path):
    home = write(tmp_path, "zebu", [(INIT, "body=Animal,", "body=Animal, yearly=True,")])
    rehearsal = prepare(tmp_path / "portal", [home], None)
    try:
        world = World(rehearsal, "1 zebu")
        world.fill([rehearsal.portal.built.registry.kinds["zebu"]])
    finally:
        rehearsal.close()
        disconnect()
    numbers = {slug: {one.number for one in world.things if one.slug == slug} for slug in ("acme", "globex")}
    assert all(number.startswith("ZZEB-20") for number in numbers["acme"] | numbers["globex"])
    assert numbers["acme"] and numbers["globex"] and not numbers["acme"] & numbers["globex"]


def test_bundled_and_example_plugins_pass():
    places = ("plugins", "examples/plugins", "examples/modules")
    homes = [home for place in places for home in plugins_in(ROOT / place)]
    assert len(homes) > 5
    found = [f"{one['id']}: {finding}" for one in checked(*homes) for finding in one["findings"]]
    assert not found, "\n".join(found)


def test_the_command_says_what_to_change_and_where_it_is_explained(tmp_path):
    write(tmp_path, "mole", ANIMALS["mole"][1])
    try:
        told = CliRunner().invoke(check, [str(tmp_path), "--tries", "2"])
        as_json = CliRunner().invoke(check, [str(tmp_path / "mole"), "--json", "--tries", "2"])
    finally:
        disconnect()
    assert (told.exit_code, as_json.exit_code) == (1, 1)
    assert "PC13 Right to left  docs/plugins/rules.md#pc13" in told.output
    assert "static/mole.css:1: 'margin-left:' stays on its side" in told.output
    (found,) = json.loads(as_json.stdout)["plugins"][0]["findings"]
    assert (found["code"], found["page"]) == ("PC13", "docs/plugins/rules.md#pc13")
    page = (ROOT / "docs" / "plugins" / "rules.md").read_text()
    assert all(f'<a id="{rule.code.lower()}"></a>' in page for rule in RULES)


@pytest.mark.engines("sqlite")
def test_what_a_file_says_in_vain_is_named_with_its_place(inside, tmp_path):
    home = tmp_path / "returns"
    home.mkdir()
    text = (ROOT / "examples" / "modules" / "returns" / "plugin.yaml").read_text()
    text = text.replace("icon: package", "icon: pakage").replace(
        "      shelf: {", "      day: {type: date, label: Day}\n      shelf: {") + """\
    notices:
      opened: {title: "%(numbr)s came", to: [staff], text: "See %(number)s"}
    samples:
      - fields: {item: Lamp, reason: lost, day: 31.01.2026}
      - fields: {item: Lamp, reason: wrong, day: -3, amount: 1250}
permissions: {edt: staff, note: admins}
translations:
  de: {Return: Rückgabe, Retrun: Rückgabe, Announced: Angekündigt, Save: Sichern}
  xx: {Return: Xx}
"""
    (home / "plugin.yaml").write_text(text)
    with inside.scope("acme"):
        found = [(one.place, one.message) for one in said.check(discover.read(home))]
    lines = text.splitlines()
    told = {message: lines[int(place.split(":")[1]) - 1] for place, message in found}
    wanted = {"icon: There is no lucide icon 'pakage'.": "icon: pakage",
              "There is no language 'xx'.": "xx:", "No text says this. Did you mean 'Return'?": "Retrun",
              "Nothing asks for 'edt'. Did you mean 'edit'?": "edt",
              "Nothing fills the gap %(numbr)s. Did you mean 'number'?": "%(numbr)s",
              "Nothing fills the gap %(number)s: only the title has any.": "See %(number)s",
              "samples[0].fields.reason: ": "lost", "samples[0].fields.day: ": "31.01.2026"}
    for words, on in wanted.items():
        (message,) = [message for message in told if words in message]
        assert on in told[message], (message, told[message])
    assert len(told) == len(wanted), told
    assert plugins_in(home / "plugin.yaml") == [home]
