"""R20: the database is missing, cut short, overwritten or too new: nothing starts, nothing takes its place."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

from core.data import soundness
from core.host.cli import main
from core.host.portal import HOST_MIGRATIONS
from core.host.portal import assemble as assembled
from support.inside import leave

REFUSED = 4
COMMANDS = (["serve"], ["worker"], ["info"], ["migrate"], ["user", "list"])


@pytest.fixture
def had(portal_inside, monkeypatch):
    """A portal that has had people in its database; its folder says where."""
    inside = portal_inside()
    inside.portal = assembled(inside.folder, {"PARLOUR_DATABASE": inside.portal.place.database})
    monkeypatch.setenv("PARLOUR_DATABASE", inside.portal.place.database)
    monkeypatch.setattr("core.host.server.serve", started)
    leave()
    return inside


def started(*_words, **_options):
    raise AssertionError("it was started")


def run(had, *words):
    leave()
    done = CliRunner().invoke(main, [*words, "--portal", str(had.folder)])
    leave()
    return done


def file_of(had) -> Path:
    return Path(had.portal.place.database.removeprefix("sqlite:///"))


def alone(path: Path) -> bytes:
    """Bring all into the one file, as after a clean end."""
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path.read_bytes()


def take_away(path: Path) -> None:
    for one in path.parent.glob(path.name + "*"):
        one.unlink()


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_where_the_database_is_gone_nothing_starts_and_none_is_made(had, words):
    take_away(file_of(had))
    done = run(had, *words)
    assert done.exit_code == REFUSED, done.output
    assert "is not there" in done.output
    assert "parlour restore" in done.output
    assert not file_of(had).exists(), "an empty database over a tenant"


@pytest.mark.engines("sqlite")
def test_an_empty_file_is_no_database_either(had):
    take_away(file_of(had))
    file_of(had).touch()
    done = run(had, "serve")
    assert (done.exit_code, file_of(had).stat().st_size) == (REFUSED, 0)
    assert "is empty" in done.output


def test_an_empty_database_where_there_were_people_is_refused(had, databases, engine, monkeypatch):
    monkeypatch.setenv("PARLOUR_DATABASE", databases.fresh(engine))
    done = run(had, "serve")
    assert done.exit_code == REFUSED, done.output
    assert "PARLOUR" not in done.output
    assert "is empty" in done.output or "is not there" in done.output


@pytest.mark.engines("sqlite")
def test_whoever_means_it_begins_with_an_empty_one(had):
    take_away(file_of(had))
    assert run(had, "migrate", "--new", "--status").exit_code == REFUSED, "looking allows nothing"
    assert run(had, "migrate", "--new").exit_code == 0
    assert run(had, "user", "list", "--tenant", "acme").exit_code == 0


@pytest.mark.engines("sqlite")
def test_a_new_folder_needs_no_word(tmp_path, monkeypatch, had):
    shutil.copy(had.yaml, tmp_path)
    monkeypatch.setenv("PARLOUR_DATABASE", "sqlite:///var/portal.db")
    leave()
    assert CliRunner().invoke(main, ["migrate", "--portal", str(tmp_path)]).exit_code == 0
    leave()
    assert (tmp_path / "var" / "portal.db").is_file()


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize("part", [0.1, 0.5, 0.9])
def test_a_file_cut_short_is_refused_and_left_as_it_is(had, part):
    whole = alone(file_of(had))
    pieces = int(len(whole) * part) // 4096 * 4096 + 100
    file_of(had).write_bytes(whole[:pieces])
    done = run(had, "serve")
    assert done.exit_code == REFUSED, done.output
    assert "damaged" in done.output
    assert file_of(had).read_bytes() == whole[:pieces]


@pytest.mark.engines("sqlite")
def test_any_page_that_is_overwritten_is_found(had):
    whole = alone(file_of(had))
    pages = len(whole) // 4096
    for page in range(0, pages, max(1, pages // 12)):
        file_of(had).write_bytes(whole[:page * 4096] + b"\xa5" * 4096 + whole[(page + 1) * 4096:])
        done = run(had, "serve")
        assert done.exit_code == REFUSED, f"page {page} of {pages}: {done.output}"
        assert "damaged" in done.output
    file_of(had).write_bytes(whole)
    assert isinstance(run(had, "serve").exception, AssertionError), "put back, it starts"


def test_a_database_of_a_newer_version_is_refused(had):
    with had.scope():
        history = soundness.db.db
        history.execute_sql("INSERT INTO migrations_parlour (name, applied) "
                            "VALUES ('9999_of_tomorrow', '2030-01-01 00:00:00')")
    done = run(had, "serve")
    assert done.exit_code == REFUSED, done.output
    assert "newer Parlour (9999_of_tomorrow)" in done.output


@pytest.mark.engines("sqlite")
def test_looking_is_over_in_time_however_large_the_file(had, monkeypatch):
    monkeypatch.setattr(soundness, "LONGEST", 0.0)
    soundness.examine(had.portal.place.database, had.folder)
    soundness.look(had.portal.place.database, had.folder, HOST_MIGRATIONS)
