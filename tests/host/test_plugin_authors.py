"""An author's first day: `plugin new`, the tutorial, the worked examples, the fixtures, a package of pip's."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner
from peewee import SqliteDatabase
from playhouse.migrations import Runner

from core.host import app as application
from core.host import modules
from core.host.cli import main
from core.host.client import Client
from core.host.import_command import perform
from core.host.portal import assemble
from core.look import proofread
from support.checking import checked
from support.inside import disconnect
from support.listings import blocks, follow
from support.needs import ROOT

DOCS = ROOT / "docs" / "plugins"
EVERYTHING = ("loans", "wishes", "callbacks", "warranty", "weather")
PACKAGE = ROOT / "examples" / "packages" / "parlour-weather"


def command(*given: str):
    return CliRunner().invoke(main, ["plugin", *given])


def python(*given: str, folder: Path, path: str = "") -> str:
    done = subprocess.run([sys.executable, *given], cwd=folder, capture_output=True, text=True, check=False,
                          env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, [path, str(ROOT)])),
                                            "PIP_DISABLE_PIP_VERSION_CHECK": "1"})
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """What authors make in a day: two new plugins, the tutorial's, warranty claims, the weather."""
    folder = tmp_path_factory.mktemp("authors")
    for given in (("loans",), ("wishes", "--yaml", "--title", 'Wishes & "more"'), ("callbacks",)):
        told = command("new", *given, "--into", str(folder))
        assert told.exit_code == 0, told.output
    assert follow(DOCS / "tutorial.md", folder / "callbacks") > 10
    told = CliRunner().invoke(main, ["translations", "update", str(folder / "callbacks")])
    assert told.exit_code == 0, told.output
    assert follow(DOCS / "warranty.md", folder) == 1
    (folder / "plugins" / "warranty").rename(folder / "warranty")
    assert follow(DOCS / "weather.md", folder) == 3
    shutil.copytree(PACKAGE / "tests", folder / "weather" / "tests")
    return folder


def test_the_tutorial_and_the_worked_examples_pass_the_check_and_so_does_what_is_new(made):
    subjects = checked(*(made / name for name in EVERYTHING))
    assert not [f"{one['id']}: {found}" for one in subjects for found in one["findings"]]
    assert not [one["notes"] for one in subjects if one["notes"]], "somebody was sent to every kind of record"


def test_warranty_claims_are_short_and_the_weather_is_the_package():
    ((_file, _how, text),) = blocks(DOCS / "warranty.md")
    assert len(text.splitlines()) < 60
    for file, _how, text in blocks(DOCS / "weather.md"):
        assert (PACKAGE / "src" / "parlour_weather" / file.partition("/")[2]).read_text() == text, file


def test_what_is_new_is_translated_and_named_once(made):
    for name in ("loans", "wishes", "callbacks"):
        assert not proofread.check(made / name), name
    again = command("new", "loans", "--into", str(made))
    assert again.exit_code == 1
    assert "is there already" in again.output
    assert command("new", "Loans", "--into", str(made)).exit_code == 2
    assert command("new", "api", "--into", str(made)).exit_code == 2


def test_the_first_minutes_of_the_tutorial_lead_to_its_page(made, tmp_path):
    commands, serving = re.findall(r"```\n(parlour (?:init|user) .*?)```",
                                   (DOCS / "tutorial.md").read_text(), re.S)
    folder = tmp_path / "my-portal"
    for line in (commands + serving).replace(" && cd my-portal", "").splitlines():
        given = shlex.split(line)[1:]
        if given[0] == "serve":
            break
        told = CliRunner().invoke(main, [*given[:1], str(folder)] if given[0] == "init" else [
            *given, "--portal", str(folder)])
        assert told.exit_code == 0, told.output
        if given[0] == "plugin":
            path = folder / "portal.yaml"
            path.write_text(path.read_text().replace("status: maintenance", "status: active").replace(
                "  tickets: on\n", "  tickets: on\n  callbacks: on\n"))
    try:
        client = Client(application.wrap(assemble(folder)), "http://localhost:8000")
        signed = client.post("/sign-in", {"_once": "the-tutorial-signs-in", "email": "carl@example.com",
                                          "password": "another long one"})
        assert signed.status == 303, signed.text
        assert client.get("/callbacks/new").status == 200
    finally:
        disconnect()
        modules.forget_all()


def test_a_recipes_migration_adds_its_column_and_takes_it_back(tmp_path):
    recipe = {file: text for file, _how, text in blocks(DOCS / "recipes.md")}
    (tmp_path / "0002_room.py").write_text(recipe["migrations/0002_room.py"])
    database = SqliteDatabase(":memory:")
    database.execute_sql("CREATE TABLE loans_loan (record_id INTEGER PRIMARY KEY, due TEXT NOT NULL)")

    def columns():
        return {column.name for column in database.get_columns("loans_loan")}

    runner = Runner(database, str(tmp_path))
    for names in ({"record_id", "due", "room"}, {"record_id", "due"}):
        (runner.up if "room" in names else runner.down)()
        assert columns() == names
    database.execute_sql("ALTER TABLE loans_loan ADD COLUMN room TEXT")
    runner.up()  # a new portal, whose first migration made the column already
    database.close()


@pytest.mark.engines("sqlite")
def test_the_mapping_for_a_module_imports_what_the_old_shop_wrote(portal_inside, tmp_path):
    portal = portal_inside({"features": {"returns": True}}, plugins=lambda folder: shutil.copytree(
        ROOT / "examples" / "modules" / "returns", folder / "returns"))
    (text,) = (text for file, _how, text in blocks(DOCS / "yaml-data.md") if file == "returns.yaml")
    (tmp_path / "returns.yaml").write_text(text)
    (tmp_path / "returns.csv").write_text("Nr;E-Mail;Datum;Stand;Text;Artikel;Grund;Regal\n"
                                          "1;own@example.com;02.03.2025;fertig;Kaputt.;Kessel;kaputt;Z-9\n"
                                          "2;;03.03.2025;offen;;Lampe;;\n")
    report = perform(portal.portal, "acme", tmp_path / "returns.yaml", ())
    assert (report["created"], report["failed"]) == (2, 0), report
    kettle = portal.client("own", token=True).get("/api/v1/returns/RET-001").json
    assert kettle["state"] == "refunded" and kettle["created"].startswith("2025-03-02")
    assert kettle["fields"] == {"item": "Kessel", "reason": "damaged"}
    again = perform(portal.portal, "acme", tmp_path / "returns.yaml", ())
    assert (again["created"], again["skipped"], again["failed"]) == (0, 2, 0), again


@pytest.mark.quick
def test_their_own_tests_run_with_the_fixtures_alone(made, tmp_path):
    """In a process of its own, with nothing of tests/: this is what their CI does."""
    tests = [str(made / name / "tests") for name in ("wishes", "callbacks", "weather")]
    told = python("-m", "pytest", "-q", "-p", "parlour.testing", "-p", "no:cacheprovider", "--rootdir", str(made),
                  "--import-mode=importlib", "-c", os.devnull, *tests, folder=made)
    assert "16 passed" in told, told


@pytest.mark.quick
def test_a_package_is_built_installed_and_found_without_a_network(tmp_path):
    home, wheels = tmp_path / "source", tmp_path / "wheels"
    shutil.copytree(PACKAGE, home)
    python("-m", "pip", "wheel", "--quiet", "--no-index", "--no-deps", "--no-build-isolation", "-w", str(wheels),
           ".", folder=home)
    (wheel,) = wheels.iterdir()
    assert "parlour_weather/templates/weather/card.html" in zipfile.ZipFile(wheel).namelist()
    place = tmp_path / "site"
    python("-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--target", str(place), str(wheel),
           folder=tmp_path)
    told = python("-c", "from core.host.discover import discover\n"
                  "print([str(one.path) for one in discover([]).manifests if one.id == 'weather'])",
                  folder=tmp_path, path=str(place))
    assert str(place / "parlour_weather") in told
