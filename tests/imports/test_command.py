"""`parlour import` as a process: exit codes, kill -9 at any moment, memory, and the people it brings."""

from __future__ import annotations

import csv
import json
import random
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from support.needs import LONG

EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "import"
SETTINGS = {"fields": {"companies": {"address": "A", "phone": "P", "fax": "F"}, "people": {"position": "P"}},
            "features": {"tickets": True}}
PEOPLE = """
sources: {people: {file: people.csv}}
steps:
  - {import: company, from: people, id: "c:{c}", once: on, set: {identifier: "{c}", name: "{c}"}}
  - import: person
    from: people
    id: "p:{id}"
    set: {name: "{name}", login: "login{id}", company: {find: company, id: "c:{c}"}}
"""


def people_file(folder: Path, rows: int) -> Path:
    (folder / "people.yaml").write_text(PEOPLE)
    with (folder / "people.csv").open("w", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(["id", "name", "c"])
        writer.writerows([i, f"Person {i} " + "x" * 100, f"c{i % 50}"] for i in range(rows))
    return folder / "people.yaml"


def test_exit_codes(portal_folder, tmp_path):
    folder = portal_folder(SETTINGS)
    mapping = people_file(tmp_path, 3)
    done = folder.command("import", str(mapping))
    assert done.returncode == 0, done.stderr
    assert "Done: 6 read, 6 created, 0 updated, 0 skipped, 0 failed" in done.stdout
    with (tmp_path / "people.csv").open("a") as handle:
        handle.write("9,only two\n")
    assert folder.command("import", str(mapping)).returncode == 1
    mapping.write_text(PEOPLE.replace("person", "persn"))
    wrong = folder.command("import", str(mapping))
    assert wrong.returncode == 3
    assert "people.yaml:5:" in wrong.stderr


def test_kill_nine_loses_and_doubles_nothing(portal_folder, database_url, tmp_path):
    folder = portal_folder(SETTINGS, database_url)
    rows = 4000 if LONG else 600
    mapping = people_file(tmp_path, rows)
    folder.command("migrate")
    chance = random.Random(7)
    command = [sys.executable, "-m", "parlour", "import", str(mapping), "--portal", str(folder.path)]
    for _turn in range(20 if LONG else 1):
        running = subprocess.Popen(command, env=folder.environment(), cwd=folder.path, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
        time.sleep(chance.uniform(1.0, 2.5))
        running.send_signal(signal.SIGKILL)
        running.wait()
    report = folder.json("import", str(mapping))
    assert report["read"] == 2 * rows
    assert report["failed"] == 0
    people = folder.json("user", "list")
    assert len(people) == len({one["address"] for one in people}) == rows
    assert len(folder.json("company", "list")) == 50


LARGE = """
sources:
  people: {file: people.csv, with: {again: {source: people, key: "{id}", by: "{id}"}}}
steps:
  - {import: company, from: people, id: "c:{c}", once: on, set: {identifier: "{c}", name: "{again.c}"}}
  - import: person
    from: people
    id: "p:{id}"
    skip: [{when: {not: {same: ["{mark}", "x"]}}, reason: One in a hundred is enough.}]
    set: {name: "{again.name}", login: "login{id}", company: {find: company, id: "c:{c}"}}
"""


@pytest.mark.slow
@pytest.mark.engines("sqlite")
def test_two_hundred_thousand_rows_joined_with_themselves_stay_below_200_mb(portal_folder, tmp_path, engine):
    folder = portal_folder(SETTINGS)
    mapping = tmp_path / "large.yaml"
    mapping.write_text(LARGE)
    with (tmp_path / "people.csv").open("w", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(["id", "name", "c", "mark"])
        writer.writerows([i, f"Person {i} " + "x" * 100, f"c{i % 50}", "" if i % 100 else "x"]
                         for i in range(200_000))
    with (tmp_path / "out.json").open("w") as out:
        running = subprocess.Popen(
            [sys.executable, "-m", "parlour", "import", str(mapping), "--json", "--portal", str(folder.path)],
            env=folder.environment(), cwd=folder.path, stdout=out)
        watched, peak = psutil.Process(running.pid), 0
        while running.poll() is None:
            with suppress(psutil.Error):
                peak = max(peak, watched.memory_info().rss)
            time.sleep(0.2)
    report = json.loads((tmp_path / "out.json").read_text())
    assert (report["read"], report["created"], report["skipped"]) == (400_000, 2050, 397_950)
    assert peak < 200 * 1024 * 1024, f"{peak / 1024 / 1024:.0f} MB"


def test_an_imported_person_gets_a_password_and_signs_in(portal_folder, data_folder, serve):
    folder = portal_folder(SETTINGS)
    customers = data_folder("northwind") / "customers.csv"
    folder.json("import", str(EXAMPLES / "northwind-companies.yaml"), str(customers))
    given = folder.json("user", "set-password", "ALFKI@northwind.example")
    with serve(folder, workers=1) as portal:
        visitor = portal.visitor()
        visitor.get("/sign-in")
        answer = visitor.post("/sign-in", {"email": "ALFKI@northwind.example", "password": given["password"]})
        assert answer.status == 303, answer.text
        assert "Maria Anders" in visitor.get("/").text


def test_a_dry_run_leaves_every_byte(portal_folder, tmp_path):
    folder = portal_folder(SETTINGS)
    mapping = people_file(tmp_path, 20)
    folder.command("import", str(mapping))
    database = folder.path / "var" / "portal.db"
    before = database.read_bytes()
    people_file(tmp_path, 40)
    aside = tmp_path / "aside"
    aside.mkdir()
    done = folder.command("import", str(mapping), "--dry-run", "--json", env={"TMPDIR": str(aside)})
    report = json.loads(done.stdout)
    assert (report["dry_run"], report["created"]) == (True, 40)
    assert database.read_bytes() == before
    assert not list(aside.iterdir())
