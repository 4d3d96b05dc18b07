"""R35: whatever becomes of portal.yaml, the last good state goes on, the mistake is named, and mending heals."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

import pytest

from core.config.versions import FILE
from core.data import db
from core.errors import ConfigError
from core.host.portal import assemble
from support.inside import Inside, disconnect
from support.servers import PortalFolder

GOOD = """name: Root
url: http://localhost:8000
status: active
features: {tickets: on}
tenants:
  acme: {name: Acme Support, url: "http://localhost:8000"}
  globex: {name: Globex Service, url: "http://globex.localhost:8000"}
"""


def _written(change: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    return lambda path: path.write_bytes(change(path.read_bytes())) and None


def _deleted(path: Path) -> None:
    path.unlink()


def _swapped(path: Path) -> None:
    other = path.with_name("other.yaml")
    other.write_text("name: [\n")
    path.unlink()
    path.symlink_to(other)


def _to_elsewhere(path: Path) -> None:
    path.unlink()
    path.symlink_to("/dev/zero")


def _a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


BREAKS: dict[str, tuple[Callable[[Path], None], str]] = {
    "syntax": (_written(lambda b: b.replace(b"{tickets", b"{{tickets")), "portal.yaml:"),
    "tab": (_written(lambda b: b.replace(b"  acme:", b"\tacme:")), "portal.yaml:6:1"),
    "unknown key": (_written(lambda b: b.replace(b"status:", b"statsu:")),
                    "portal.yaml:3:1 statsu: 'statsu' is not known here. Did you mean 'status'?"),
    "wrong type": (_written(lambda b: b.replace(b"tickets: on", b"tickets: [on]")),
                   "portal.yaml:4:12 features.tickets: a list stands where a group of keys belongs."),
    "wrong word": (_written(lambda b: b.replace(b"active", b"actve")), "Did you mean 'active'?"),
    "duplicate": (_written(lambda b: b + b"name: again\n"), "portal.yaml:8:1"),
    "empty": (_written(lambda _b: b""), "The file is empty."),
    "only comments": (_written(lambda _b: b"# nothing\n"), "The file is empty."),
    "truncated": (_written(lambda b: b[:-40]), "portal.yaml:"),
    "not UTF-8": (_written(lambda b: b.replace(b"Acme", b"Acm\xe9")),
                  "portal.yaml:6:19 The byte 0xe9 is not UTF-8."),
    "UTF-16": (_written(lambda b: b.decode().encode("utf-16")), "is not UTF-8"),
    "NUL": (_written(lambda b: b.replace(b"Root", b"Ro\0t")), "U+0000"),
    "10 MB": (_written(lambda b: b + b"# " + b"x" * 10_000_000), "larger than 1 MB"),
    "10 MB of keys": (_written(lambda b: b + b"a: 1\n" * 2_000_000), "larger than 1 MB"),
    "deep": (_written(lambda b: b + b"x: " + b"[" * 100_000), "nested deeper"),
    "alias bomb": (_written(lambda b: b + b"".join(
        b"k%d: &k%d [%s]\n" % (i, i, b",".join([b"*k%d" % (i - 1)] * 9) if i else b"1") for i in range(12))),
        "The aliases here stand for more than"),
    "tag": (_written(lambda b: b + b"x: !!python/object/apply:os.system [touch hacked]\n"), "portal.yaml:8:4"),
    "deleted": (_deleted, "The file is gone"),
    "symlink to a broken file": (_swapped, "portal.yaml:"),
    "symlink to a device": (_to_elsewhere, "not a plain file"),
    "folder": (_a_folder, "not a plain file"),
}


def put_back(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        path.rmdir()
    elif path.exists() or path.is_symlink():
        path.unlink()
    path.write_text(GOOD)


@pytest.fixture
def good(inside: Inside) -> Inside:
    inside.yaml.write_text(GOOD)
    inside.portal.store.notice()
    return inside


@pytest.mark.engines("sqlite")
def test_each_broken_edit_changes_nothing_is_named_and_heals(
        good: Inside, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR, "parlour.config")
    admin, own = good.client("admin"), good.client("own")
    version = own.get("/tickets").headers["parlour-config"]
    for name, (spoil, text) in BREAKS.items():
        caplog.clear()
        spoil(good.yaml)
        for _twice in range(2):
            assert good.portal.store.notice() is False, name
        answer = own.get("/tickets")
        assert (answer.status, answer.headers["parlour-config"]) == (200, version), name
        told = [str(one) for one in good.portal.store.problems()]
        assert any(text in one for one in told), (name, told)
        assert [record.getMessage() for record in caplog.records] == told, name
        page = admin.get("/settings/general").text
        assert "data-config-problems" in page, name
        put_back(good.yaml)
        good.portal.store.notice()
        assert not good.portal.store.problems(), name
        assert "data-config-problems" not in admin.get("/settings/general").text, name
    assert not (good.folder / "hacked").exists()
    assert [one.author for one in good.portal.store.versions(limit=2)] == [FILE, FILE]


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize("change", [lambda b: b"\xef\xbb\xbf" + b, lambda b: b.replace(b"\n", b"\r\n"),
                                    lambda b: b"\xef\xbb\xbf" + b.replace(b"\n", b"\r\n")])
def test_marks_and_line_ends_of_other_systems_are_fine(good: Inside, change: Callable[[bytes], bytes]) -> None:
    good.yaml.write_bytes(change(GOOD.replace("Acme Support", "Acme Care").encode()))
    assert good.portal.store.notice()
    assert "Acme Care" in good.client("own").get("/").text


@pytest.mark.engines("sqlite")
def test_a_swapped_symbolic_link_is_followed(good: Inside) -> None:
    for number in (1, 2):
        (good.folder / f"release{number}.yaml").write_text(GOOD.replace("Acme Support", f"Release {number}"))
        aside = good.folder / "link"
        aside.symlink_to(f"release{number}.yaml")
        aside.replace(good.yaml)
        assert good.portal.store.notice()
        assert f"Release {number}" in good.client("own").get("/").text


@pytest.mark.parametrize("name", ["syntax", "unknown key", "empty", "not UTF-8", "deleted", "10 MB"])
def test_a_restart_over_a_broken_file_goes_on_with_the_last_good_state(good: Inside, name: str) -> None:
    own = good.client("own")
    env = {"PARLOUR_DATABASE": good.portal.place.database}
    BREAKS[name][0](good.yaml)
    disconnect()
    again = Inside(good.folder, assemble(good.folder, env))
    assert again.portal.snapshot().tenants["acme"].name == "Acme Support"
    assert [BREAKS[name][1] in str(one) for one in again.portal.store.problems()][:1] == [True]
    fresh = again.guest()
    fresh.cookies |= own.cookies
    assert fresh.get("/tickets").status == 200
    put_back(good.yaml)
    again.portal.store.notice()
    assert not again.portal.store.problems()


def test_the_database_is_found_again_when_the_file_does_not_say_it(
        portal_folder: Callable[..., PortalFolder], database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = portal_folder({"name": "Kept", "installation": {"database": "${OUR_DATABASE}"}})
    env = {"OUR_DATABASE": database_url}
    assemble(folder.path, env).snapshot()
    disconnect()
    assert database_url not in (folder.path / "var" / "database").read_text()
    for text in ("name: [", "name: Kept\ninstallation: {databse: x}\n", "name: Kept\ninstallation: 5\n"):
        folder.write(text)
        again = assemble(folder.path, env)
        assert again.place.database == database_url
        assert again.snapshot().tenants["default"].name == "Kept"
        disconnect()


def test_a_portal_that_never_had_a_good_configuration_ends_with_all_reasons(
        portal_folder: Callable[..., PortalFolder]) -> None:
    folder = portal_folder({"status": "actve", "features": {"tickts": True}, "name": None})
    done = folder.command("serve", "--workers", "1")
    assert done.returncode == 3
    assert "Did you mean 'active'?" in done.stderr
    assert "Did you mean 'tickets'?" in done.stderr
    folder.write("name: [\n")
    done = folder.command("serve", "--workers", "1")
    assert done.returncode == 3
    assert "portal.yaml:2:1" in done.stderr
    folder.yaml.unlink()
    done = folder.command("serve", "--workers", "1")
    assert done.returncode == 3
    assert "parlour init" in done.stderr


def test_a_change_while_the_database_is_away_is_taken_when_it_is_back(
        good: Inside, monkeypatch: pytest.MonkeyPatch) -> None:
    good.yaml.write_text(GOOD.replace("Acme Support", "Acme Care"))
    with monkeypatch.context() as patch:
        patch.setattr(db, "fetch", lambda _query: (_ for _ in ()).throw(OSError("away")))
        patch.setattr("core.data.versions.fetch", lambda _query: (_ for _ in ()).throw(OSError("away")))
        with pytest.raises(OSError, match="away"):
            good.portal.store.notice()
    assert good.portal.store.notice()
    assert good.portal.snapshot().tenants["acme"].name == "Acme Care"


def test_a_missing_variable_is_named(portal_folder: Callable[..., PortalFolder], database_url: str) -> None:
    folder = portal_folder({"name": "${NOBODY_SET_THIS}"})
    with pytest.raises(ConfigError, match="NOBODY_SET_THIS"):
        assemble(folder.path, {"PARLOUR_DATABASE": database_url})
