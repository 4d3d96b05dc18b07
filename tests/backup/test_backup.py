"""Backup and restore: rows and files as one pair, across engines, and nothing hostile comes in."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
import threading
from pathlib import Path

import pytest

from core.data import conversation, db, dump, people
from core.data.access import add, visible
from core.data.db import fetch, transaction
from core.errors import Conflict, ParlourError, TooLarge
from core.host import archive, backup, restore
from core.host.archive import Reader
from support.inside import disconnect, leave


def write_ticket(inside, name: str) -> None:
    """File a ticket with a message and an attachment, as a request does: the file first, then the rows."""
    body = f"content of {name} ".encode() * 50
    stored = inside.portal.files.put(io.BytesIO(body), limit=10**6)
    with inside.scope(), transaction():
        ticket = add("ticket", title=name, state="new", body={})
        message = conversation.add_entry(ticket, f"message of {name}")
        conversation.add_file(ticket, stored, f"{name}.txt", "text/plain", message=message)


@pytest.fixture
def elsewhere(portal_inside, databases, tmp_path, monkeypatch):
    """Bring a backup back into a new folder on a fresh database of some engine, and look at it there."""
    def bring(path: Path, engine: str, *, force: bool = False, folder: str = "elsewhere"):
        disconnect()
        monkeypatch.setenv("PARLOUR_DATABASE", databases.fresh(engine))
        target = tmp_path / folder
        target.mkdir(exist_ok=True)
        with path.open("rb") as handle:
            return target, restore.bring_back(target, Reader(handle), force=force)
    return bring


def contents() -> dict[str, list]:
    """Give all rows, in a form that is the same on both engines."""
    with dump.snapshot():
        return {table: sorted(json.dumps(dict(zip(dump.columns(table), map(same, row), strict=True)))
                              for row in dump.rows(table)) for table in dump.tables()}


def same(value):
    """Make one of what the engines write differently: switches as 0 and 1, JSON without blanks."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, str) and value[:1] in ("{", "["):
        return json.loads(value)
    return value


def check_whole(root: Path) -> int:
    """See that every ticket has its message and every file row its file; give how many files there are."""
    files = {row[0]: row for row in _rows("file", "stored", "sha256", "size", "message_id")}
    for key, (_key, sha256, size, _message) in files.items():
        assert archive.digest(root / key[:2] / key[2:4] / key) == (size, sha256)
    messages = [row[0] for row in _rows("message", "record_id")]
    records = [row[0] for row in _rows("record", "id")]
    assert set(records) == set(messages)
    assert len(files) == len(records)
    return len(files)


def _rows(table: str, *names: str):
    places = [dump.columns(table).index(name) for name in names]
    with dump.snapshot():
        return [tuple(row[place] for place in places) for row in dump.rows(table)]


OTHER = {"sqlite": "postgresql", "postgresql": "sqlite"}


@pytest.mark.parametrize("across", [False, True], ids=["same engine", "other engine"])
def test_what_goes_in_comes_out(inside, engine, across, elsewhere, tmp_path):
    for number in range(3):
        write_ticket(inside, f"T{number} Zoë \t\\ \"'\n😀")
    told = backup.make(inside.portal, tmp_path / "b.tar.gz")
    assert (told["files"], told["missing"]) == (3, [])
    assert (tmp_path / "b.tar.gz").stat().st_mode & 0o777 == 0o600
    before = contents()
    folder, told = elsewhere(tmp_path / "b.tar.gz", OTHER[engine] if across else engine)
    assert told["files"] == 3
    assert check_whole(folder / "var" / "files") == 3
    after = contents()
    for table in ("config_version", "config_report"):  # the new place notices its own portal.yaml
        before.pop(table), after.pop(table)
    assert after == before
    secret = folder / "var" / "secret"
    assert secret.read_text() == (inside.folder / "var" / "secret").read_text()
    assert secret.stat().st_mode & 0o777 == 0o600


def test_numbering_goes_on_after_a_restore(inside, engine, elsewhere, tmp_path):
    write_ticket(inside, "one")
    backup.make(inside.portal, tmp_path / "b.tar.gz")
    folder, _told = elsewhere(tmp_path / "b.tar.gz", engine)
    portal = restore.assemble(folder)
    try:
        with restore.scope.enter(portal.scope("acme", channel="command", system="test")):
            made = people.add_person("New", email="new@example.com")
            assert made.id > 0
            assert people.by_address("boss@example.com").name == "Maria Anders"
            assert [t.title for t in fetch(visible("ticket"))] == ["one"]
    finally:
        disconnect()


def test_a_backup_under_load_is_one_consistent_pair(inside, engine, elsewhere, tmp_path):
    stop, some, errors = threading.Event(), threading.Event(), []

    def write(number: int) -> None:
        try:
            for turn in range(200):
                if stop.is_set():
                    break
                write_ticket(inside, f"w{number}-{turn}")
                some.set()
        except Exception as error:  # noqa: BLE001 - the test looks at it
            errors.append(error)
        finally:
            leave()

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    try:
        assert some.wait(250)
        paths = [tmp_path / f"b{turn}.tar.gz" for turn in range(2)]
        told = [backup.make(inside.portal, path) for path in paths]
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert not errors
    assert [one["missing"] for one in told] == [[], []]
    folder, _told = elsewhere(paths[1], engine)
    assert check_whole(folder / "var" / "files") > 0
    if engine == "sqlite":
        assert db.db.obj.run("PRAGMA foreign_key_check", ()).fetchall() == []


@pytest.mark.engines("sqlite")
def test_a_target_with_data_needs_force(inside, engine, elsewhere, tmp_path, monkeypatch):
    write_ticket(inside, "kept")
    backup.make(inside.portal, tmp_path / "b.tar.gz")
    write_ticket(inside, "later")
    monkeypatch.setenv("PARLOUR_DATABASE", f"sqlite:///{db.db.obj.database}")
    with (tmp_path / "b.tar.gz").open("rb") as handle, pytest.raises(Conflict, match="data here already"):
        restore.bring_back(inside.folder, Reader(handle), force=False)
    with (tmp_path / "b.tar.gz").open("rb") as handle:
        restore.bring_back(inside.folder, Reader(handle), force=True)
    assert [row[0] for row in _rows("record", "title")] == ["kept"]


@pytest.mark.engines("sqlite")
def test_other_tables_are_refused(inside, engine, elsewhere, tmp_path, monkeypatch):
    monkeypatch.setattr(backup, "applied", lambda _portal: {"parlour": ["0001_people", "0099_from_the_future"]})
    backup.make(inside.portal, tmp_path / "b.tar.gz")
    with pytest.raises(Conflict, match="other tables"):
        elsewhere(tmp_path / "b.tar.gz", engine)


@pytest.mark.engines("sqlite")
def test_a_damaged_or_cut_backup_changes_nothing(inside, engine, elsewhere, tmp_path):
    write_ticket(inside, "x")
    path = tmp_path / "b.tar.gz"
    backup.make(inside.portal, path)
    whole = path.read_bytes()
    plain = gzip.decompress(whole)
    assert plain.count(b"content of x") > 1
    changed = gzip.compress(plain.replace(b"content of x", b"content of y", 1))
    longer = gzip.compress(plain[:-1024] + plain[512:2048])
    for place, content in enumerate((whole[:len(whole) // 2], whole[:-40], changed, longer)):
        path.write_bytes(content)
        with pytest.raises(ParlourError):
            elsewhere(path, engine, folder=f"t{place}")
        assert dump.is_empty()
        left = [one for one in (tmp_path / f"t{place}").rglob("*") if one.is_file() and one.parent.name != "run"]
        assert not [one for one in left if one.name == "portal.yaml" or "files" in one.parts]


def forged(parts: list[tuple[str, bytes]], listed: list[dict] | None = None, **more) -> io.BytesIO:
    """Make an archive by hand; `listed` is what its manifest says."""
    listed = listed if listed is not None else [
        {"name": name, "size": len(body), "sha256": hashlib.sha256(body).hexdigest()} for name, body in parts]
    manifest = json.dumps({"format": 1, "parts": listed, "migrations": {}, **more}).encode()
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w:gz", format=tarfile.GNU_FORMAT) as tar:
        for name, body in [("manifest.json", manifest), *parts]:
            entry = tarfile.TarInfo(name)
            entry.size = len(body)
            tar.addfile(entry, io.BytesIO(body))
    target.seek(0)
    return target


@pytest.mark.parametrize("name", [
    "../../etc/passwd", "/etc/passwd", "config/../x", "config/themes/../../x", "files/../x", "config/themes/a/./b",
    "config/themes/.hidden", "tables/x.jsonl/../y", "files/" + "a" * 31, "plugins/evil/__init__.py", "config/x\ny",
    "config/themes//x", "config\\portal.yaml", "x" * 200])
def test_names_that_lead_out_are_refused(name):
    with pytest.raises(ParlourError):
        Reader(forged([(name, b"x")]))


@pytest.mark.parametrize("kind", [
    tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE])
def test_links_and_devices_are_refused(kind):
    target = io.BytesIO()
    manifest = json.dumps({"format": 1, "parts": [{"name": "config/secret", "size": 0, "sha256": ""}]}).encode()
    with tarfile.open(fileobj=target, mode="w:gz") as tar:
        entry = tarfile.TarInfo("manifest.json")
        entry.size = len(manifest)
        tar.addfile(entry, io.BytesIO(manifest))
        link = tarfile.TarInfo("config/secret")
        link.type, link.linkname = kind, "/etc/passwd"
        tar.addfile(link)
    target.seek(0)
    with pytest.raises(ParlourError, match="no plain file"):
        list(Reader(target))


def test_more_members_or_other_sizes_than_listed_are_refused():
    with pytest.raises(ParlourError, match="more than it lists"):
        list(Reader(forged([("config/secret", b"x")], [])))
    with pytest.raises(ParlourError, match="where it should"):
        list(Reader(forged([("config/secret", b"xx")], [{"name": "config/secret", "size": 1, "sha256": ""}])))
    double = {"name": "config/secret", "size": 1, "sha256": ""}
    with pytest.raises(ParlourError):
        Reader(forged([("config/secret", b"x")] * 2, [double, double]))


@pytest.mark.parametrize("content", [b"", b"x", b"PK\3\4", gzip.compress(b""), gzip.compress(b"x" * 512),
                                     gzip.compress(b"\0" * 10_000)], ids=range(6))
def test_what_is_no_backup_is_said(content):
    with pytest.raises(ParlourError):
        Reader(io.BytesIO(content))


def test_a_bomb_is_not_expanded(monkeypatch):
    monkeypatch.setattr(archive, "FREE_BYTES", 1_000_000)
    name = "files/" + "a" * 32
    bomb = forged([(name, b"\0" * 20_000_000)])
    reader = Reader(bomb)
    with pytest.raises(TooLarge):
        list(reader)
    assert reader._out < 6_000_000


def test_what_does_not_fit_on_the_disk_is_refused_first(tmp_path):
    reader = Reader(forged([], [{"name": "files/" + "a" * 32, "size": 10**17, "sha256": ""}]))
    with pytest.raises(ParlourError, match="MB free"):
        restore.bring_back(tmp_path, reader, force=False)
    assert not list(tmp_path.iterdir())
