"""The store: hand edits are noticed, broken ones change nothing, edits keep every byte, two editors are told."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from core.config import files
from core.config.splice import REMOVE, Reference
from core.config.store import Store
from core.errors import ConfigError, Conflict, Invalid, NotFound, Refused
from support.config_cases import MANIFESTS, MemoryLog

TEXT = """# Our portal
name: Acme      # the name
url: https://acme.example

features:
  tickets: on   # yes, tickets
  kb: off
installation:
  mail: {smtp: "smtp://u:hunter2@mail.example"}
"""


@pytest.fixture
def log() -> MemoryLog:
    return MemoryLog()


@pytest.fixture
def store(tmp_path: Path, log: MemoryLog) -> Store:
    (tmp_path / "portal.yaml").write_text(TEXT)
    return Store(tmp_path, log, {"SMTP": "smtp://env"}, MANIFESTS)


def put(store: Store, text: str | bytes, name: str = "portal.yaml") -> None:
    path = store.folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())


def text_of(store: Store, name: str = "portal.yaml") -> str:
    return (store.folder / name).read_bytes().decode()


# Reading and following


def test_the_first_start_publishes_the_file(store: Store, log: MemoryLog) -> None:
    snapshot = store.load()
    assert snapshot.version == 1
    assert snapshot.tenants["default"].name == "Acme"
    assert [(row.document, row.author, row.content) for row in log.rows] == [("portal.yaml", "file", TEXT)]
    assert snapshot.host("acme.example") == "default"
    assert snapshot.host("ACME.example:8443") == "default"
    for other in ("www.acme.example", "acme.example.", "evil.example", "", "example", "[::1]:80"):
        assert snapshot.host(other) is None


def test_following_costs_one_number_while_nothing_changes(store: Store, log: MemoryLog) -> None:
    snapshot = store.load()
    asked = log.asked
    for _ in range(100):
        assert store.follow(snapshot) is snapshot
    assert log.asked == asked


def test_every_process_follows_a_hand_edit(store: Store, log: MemoryLog) -> None:
    snapshot = store.load()
    other = Store(store.folder, log, {}, MANIFESTS)
    theirs = other.load()
    put(store, TEXT.replace("kb: off", "kb: on"))
    assert store.notice()
    assert not store.notice()
    for fresh in (store.follow(snapshot), other.follow(theirs)):
        assert fresh.version == 2
        assert fresh.tenants["default"].features["kb"].enabled
    assert not snapshot.tenants["default"].features["kb"].enabled
    assert other.follow(theirs) is other.follow(theirs)


def test_an_edit_while_nobody_looked_is_taken_at_the_next_start(store: Store, log: MemoryLog) -> None:
    store.load()
    put(store, TEXT.replace("Acme", "Later"))
    assert Store(store.folder, log, {}, MANIFESTS).load().tenants["default"].name == "Later"


BROKEN = {
    "syntax": TEXT.replace("features:", "features: ["),
    "unknown key": TEXT + "colour: red\n",
    "wrong type": TEXT.replace("tickets: on", "tickets: maybe"),
    "empty": "",
    "truncated": TEXT[:len(TEXT) // 2 - 20] + "\n  x",
    "not UTF-8": TEXT.encode().replace(b"Acme", b"Acm\xe9"),
    "ten megabytes": b"# " + b"x" * 10_000_000,
    "NUL": TEXT.replace("Acme", "A\0cme"),
    "missing variable": TEXT.replace("Acme", "${NOT_SET}"),
}


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN)
def test_a_broken_edit_changes_nothing_and_is_reported_until_mended(store: Store, log: MemoryLog,
                                                                   text: str | bytes) -> None:
    snapshot = store.load()
    put(store, text)
    assert not store.notice()
    assert store.follow(snapshot) is snapshot
    assert len(log.rows) == 1
    assert log.reports["portal.yaml"][0].file == "portal.yaml"
    assert Store(store.folder, log, {}, MANIFESTS).load().tenants["default"].name == "Acme"
    with pytest.raises(Refused, match="mistakes from an edit by hand"):
        store.edit("portal.yaml", {("name",): "x"}, "maria")
    put(store, TEXT)
    assert not store.notice()
    assert not store.problems()


def test_half_a_file_is_left_for_later_but_not_for_ever(store: Store, log: MemoryLog) -> None:
    store.load()
    put(store, "name: Ac")  # valid by itself, and the beginning of something else
    assert store.notice(quiet=30) is False
    put(store, TEXT.replace("name: Acme ", "name: Acme Care "))
    assert store.notice(quiet=30) is False
    assert store.notice(quiet=30) is True
    assert [row.content for row in log.rows][1:] == [TEXT.replace("name: Acme ", "name: Acme Care ")]
    assert not log.reports


def test_a_deleted_file_is_a_mistake_until_it_is_back(store: Store, log: MemoryLog) -> None:
    snapshot = store.load()
    (store.folder / "portal.yaml").unlink()
    assert not store.notice()
    assert "The file is gone" in str(store.problems()[0])
    assert store.follow(snapshot) is snapshot
    put(store, TEXT)
    store.notice()
    assert not store.problems()


def test_a_pipe_or_a_folder_in_its_place_holds_nobody_up(store: Store, log: MemoryLog) -> None:
    store.load()
    (store.folder / "portal.yaml").unlink()
    os.mkfifo(store.folder / "portal.yaml")
    assert not store.notice()
    assert "not a plain file" in str(store.problems()[0])


def test_a_swapped_symbolic_link_is_an_edit_like_any_other(store: Store, log: MemoryLog) -> None:
    store.load()
    put(store, TEXT.replace("Acme", "Second"), "second.yaml")
    (store.folder / "portal.yaml").unlink()
    (store.folder / "portal.yaml").symlink_to("second.yaml")
    assert store.notice()
    store.edit("portal.yaml", {("name",): "Third"}, "maria")
    assert (store.folder / "portal.yaml").is_symlink()
    assert "name: Third " in text_of(store, "second.yaml")


def test_without_any_configuration_that_ever_worked_the_start_fails_with_all_reasons(tmp_path: Path,
                                                                                   log: MemoryLog) -> None:
    with pytest.raises(ConfigError, match=r"portal\.yaml"):
        Store(tmp_path, log, {}, MANIFESTS).load()
    (tmp_path / "portal.yaml").write_text("nam: x\nstatus: y\n")
    with pytest.raises(ConfigError) as caught:
        Store(tmp_path, log, {}, MANIFESTS).load()
    assert len(caught.value.problems) == 2


def test_check_tells_what_stands_on_disk_now(store: Store, log: MemoryLog) -> None:
    assert store.check() == []
    put(store, TEXT + "colour: red\n")
    put(store, "name: [\n", "tenants/globex.yaml")
    assert [problem.file for problem in store.check()] == ["tenants/globex.yaml", "portal.yaml"]
    assert log.rows == []


def test_tenants_come_in_files_and_from_the_database(store: Store, log: MemoryLog) -> None:
    snapshot = store.load()
    put(store, "name: Globex\nhosts: [globex.example]\n", "tenants/globex.yaml")
    store.notice()
    store.replace("db:umbrella", "name: Umbrella\nfeatures: {kb: on}\n", "operator")
    snapshot = store.follow(snapshot)
    assert list(snapshot.tenants) == ["globex", "umbrella"]
    assert snapshot.host("globex.example") == "globex"
    assert snapshot.host("umbrella.acme.example") == "umbrella"
    store.edit("db:umbrella", {("features", "kb", "enabled"): False}, "maria")
    assert log.rows[-1].content == "name: Umbrella\nfeatures: {kb: off}\n"
    store.remove("db:umbrella", "operator")
    assert list(store.follow(snapshot).tenants) == ["globex"]


def test_a_tenant_in_the_database_cannot_read_the_environment(store: Store) -> None:
    store.load()
    with pytest.raises(Invalid, match="SMTP is not set"):
        store.replace("db:x", 'name: "${SMTP}"\n', "maria")
    store.replace("db:x", "name: x\n", "maria")
    store.edit("db:x", {("name",): "${SMTP}"}, "maria")
    assert store.load().tenants["x"].name == "${SMTP}"


# Editing


def test_an_edit_changes_its_words_and_no_other_byte(store: Store, log: MemoryLog) -> None:
    snapshot = store.load()
    version = store.edit("portal.yaml", {("features", "tickets", "enabled"): False, ("name",): "Acme GmbH"},
                         "maria", snapshot.version)
    wanted = TEXT.replace("tickets: on ", "tickets: off ").replace("name: Acme ", "name: Acme GmbH ")
    assert text_of(store) == wanted
    assert (version.id, version.author, version.content) == (2, "maria", wanted)
    assert not store.follow(snapshot).tenants["default"].features["tickets"].enabled
    assert not store.notice()
    assert not list(store.folder.glob(".*"))


def test_byte_order_mark_line_ends_and_mode_stay(store: Store) -> None:
    put(store, "\ufeff" + TEXT.replace("\n", "\r\n"))
    (store.folder / "portal.yaml").chmod(0o640)
    store.load()
    store.edit("portal.yaml", {("currency",): "CHF"}, "maria")
    assert text_of(store) == "\ufeff" + TEXT.replace("\n", "\r\n") + "currency: CHF\r\n"
    assert (store.folder / "portal.yaml").stat().st_mode & 0o777 == 0o640


def test_an_edit_that_does_not_fit_changes_nothing_and_names_every_mistake(store: Store, log: MemoryLog) -> None:
    store.load()
    with pytest.raises(Invalid) as caught:
        store.edit("portal.yaml", {("status",): "aktive", ("theme", "accent"): "red"}, "maria")
    assert sorted(error.path for error in caught.value.errors) == ["status", "theme.accent"]
    assert "Did you mean 'active'?" in str([error.message for error in caught.value.errors])
    assert text_of(store) == TEXT
    assert len(log.rows) == 1


def test_two_editors_at_once_are_told(store: Store) -> None:
    seen = store.load().version
    store.edit("portal.yaml", {("name",): "First"}, "maria", seen)
    with pytest.raises(Conflict, match="changed by maria on 2026-03-01 at 09:30:00 UTC"):
        store.edit("portal.yaml", {("name",): "Second"}, "tom", seen)
    assert "name: First " in text_of(store)
    put(store, text_of(store) + "currency: CHF\n")
    with pytest.raises(Conflict, match="an edit of the file"):
        store.edit("portal.yaml", {("name",): "Second"}, "tom", seen + 1)


def test_a_hand_edit_that_nobody_noticed_yet_is_never_lost(store: Store, log: MemoryLog) -> None:
    store.load()
    put(store, TEXT + "currency: CHF\n")
    store.edit("portal.yaml", {("name",): "New"}, "maria")
    assert [row.author for row in log.rows] == ["file", "file", "maria"]
    assert text_of(store).endswith("currency: CHF\n")


def test_a_read_only_file_is_refused_in_words(store: Store, log: MemoryLog) -> None:
    store.load()
    (store.folder / "portal.yaml").chmod(0o444)
    assert not store.writable("portal.yaml")
    with pytest.raises(Refused, match=r"portal\.yaml cannot be written here"):
        store.edit("portal.yaml", {("name",): "x"}, "maria")
    assert text_of(store) == TEXT
    assert len(log.rows) == 1


def test_a_database_that_is_away_leaves_the_file_as_it_was(store: Store, log: MemoryLog) -> None:
    store.load()
    log.broken = True
    with pytest.raises(RuntimeError):
        store.edit("portal.yaml", {("name",): "x"}, "maria")
    assert text_of(store) == TEXT


@pytest.mark.parametrize("name", ["../../etc/passwd", "tenants/../portal.yaml", "other.yaml", "db:../x", "db:"])
def test_only_documents_can_be_edited(store: Store, name: str) -> None:
    store.load()
    with pytest.raises(NotFound):
        store.replace(name, "name: x\n", "maria")


def test_twenty_editors_in_a_row_lose_nothing(store: Store, log: MemoryLog) -> None:
    store.load()
    fields = ["phone", "email", "website", "address"]

    def work(number: int) -> None:
        mine = Store(store.folder, log, {}, MANIFESTS)
        for turn in range(5):
            value = {"phone": str(turn), "email": f"a{turn}@b.example", "website": f"https://{turn}.example",
                     "address": f"Road {turn}"}[fields[number]]
            mine.edit("portal.yaml", {("contact", fields[number]): value}, f"editor{number}")

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    contact = store.load().tenants["default"].value("contact")
    assert contact == {"phone": "4", "email": "a4@b.example", "website": "https://4.example", "address": "Road 4"}
    assert len(log.rows) == 21
    assert not store.notice()


# Versions


def test_undo_puts_back_the_text_as_it_was(store: Store, log: MemoryLog) -> None:
    store.load()
    version = store.edit("portal.yaml", {("features", "kb"): REMOVE}, "maria")
    assert "kb" not in text_of(store)
    back = store.undo(version.id, "tom")
    assert text_of(store) == TEXT
    assert (back.author, back.note) == ("tom", "undo of 2")
    with pytest.raises(Conflict):
        store.undo(version.id, "tom")
    with pytest.raises(Refused):
        store.undo(1, "tom")
    with pytest.raises(NotFound):
        store.undo(99, "tom")
    assert [one.id for one in store.versions("portal.yaml")] == [3, 2, 1]


def test_the_difference_shows_what_changed_but_no_secret(store: Store, log: MemoryLog) -> None:
    first = (store.load(), log.rows[0])[1]
    second = store.edit("portal.yaml", {
        ("features", "tickets", "token"): "hunter3", ("installation", "database"): "postgresql://u:hunter4@db/x",
        ("name",): "New"}, "maria")
    shown = store.difference(first, second)
    assert "-name: Acme      # the name" in shown
    assert "+name: New      # the name" in shown
    assert "hunter" not in shown + store.difference(None, first)
    assert "********" in shown
    third = store.edit("portal.yaml", {("installation", "mail", "smtp"): Reference("SMTP")}, "maria")
    assert '"${SMTP}"' in store.difference(second, third)


# Cost


def test_noticing_nothing_is_cheap(store: Store, log: MemoryLog, monkeypatch: pytest.MonkeyPatch) -> None:
    store.load()
    old = (store.folder / "portal.yaml").stat().st_mtime - 60
    os.utime(store.folder / "portal.yaml", (old, old))
    store.notice()
    asked = log.asked

    def never(_path: Path, _name: str) -> str:
        raise AssertionError("read without need")

    monkeypatch.setattr(files, "load", never)
    for _ in range(50):
        assert not store.notice()
    assert log.asked == asked


def test_ten_thousand_tenants_in_the_database(store: Store, log: MemoryLog) -> None:
    store.load()
    for number in range(10_000):
        log.append(f"db:t{number}", f"name: T{number}\nhosts: [t{number}.example]\n", "operator", "")
    other = Store(store.folder, log, {}, MANIFESTS)
    snapshot = other.load()
    assert snapshot.host("t9999.example") == "t9999"
    other.edit("db:t5", {("name",): "New name"}, "maria")
    assert other.follow(snapshot).tenants["t5"].name == "New name"
