"""Commands about the configuration, as typed: init, check, info, routes, tenant; what the environment decides."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from core.config.loader import read
from support.servers import PortalFolder, free_port
from support.visitor import Visitor


def parlour(*words: str, cwd: Path, **env: str) -> subprocess.CompletedProcess[str]:
    clean = {key: value for key, value in os.environ.items() if not key.startswith("PARLOUR_")}
    return subprocess.run([sys.executable, "-m", "parlour", *words], cwd=cwd, env=clean | env, capture_output=True,
                          text=True, timeout=120, check=False)


@pytest.mark.engines("sqlite")
def test_a_new_folder_is_served_in_maintenance_and_opened_by_its_first_admin(
        tmp_path: Path, serve: Callable[..., object]) -> None:
    folder = tmp_path / "support"
    done = parlour("init", str(folder), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "parlour user create --role admin" in done.stdout
    names = sorted(path.name for path in folder.iterdir())
    assert names == [".gitignore", "plugins", "portal.yaml", "themes", "var"]
    assert read((folder / "portal.yaml").read_bytes(), "portal.yaml", {}).data["status"] == "maintenance"
    again = parlour("init", str(folder), cwd=tmp_path)
    assert again.returncode == 1
    assert "not empty" in again.stderr
    checked = parlour("check", cwd=folder)
    assert (checked.returncode, checked.stdout) == (0, "No mistakes.\n"), checked.stderr
    assert list((folder / "var").iterdir()) == []
    made = parlour("user", "create", "--role", "admin", "--name", "Ada", "--email", "ada@example.com", cwd=folder)
    assert made.returncode == 0, made.stderr
    given = parlour("user", "set-password", "ada@example.com", "--json", cwd=folder)
    secret = json.loads(given.stdout)["password"]
    place = PortalFolder.__new__(PortalFolder)
    place.path, place.port, place.yaml, place.env = folder, free_port(), folder / "portal.yaml", {}
    with serve(place, 1, None, "--no-worker") as portal:  # type: ignore[attr-defined]
        guest: Visitor = portal.visitor()
        closed = guest.get("/")
        assert closed.status == 503
        assert "Customer portal" in closed.text
        page = guest.post("/sign-in", {"email": "ada@example.com", "password": secret})
        assert page.status == 303, page.text
        assert guest.get("/settings/general").status == 200
        saved = guest.post("/settings/general", {"name": "Customer portal", "was.name": "Customer portal",
                                                 "status": "active", "was.status": "maintenance"})
        assert saved.status == 303
        assert portal.visitor().get("/").status != 503
    text = place.yaml.read_text()
    assert "status: active             # active: open to customers" in text


@pytest.mark.quick
def test_check_tells_all_mistakes_at_once(portal_folder: Callable[..., PortalFolder], tmp_path: Path) -> None:
    folder = portal_folder({"features": {"tickts": True}, "theme": {"accent": "teal"},
                            "tenants": {"acme": {"statsu": "active"}}})
    (folder.path / "tenants").mkdir()
    (folder.path / "tenants" / "beta.yaml").write_text("name: Beta\nstatus: [\n")
    (folder.path / "plugins" / "sick").mkdir()
    (folder.path / "plugins" / "sick" / "plugin.yaml").write_text("id: sick\ntitel: Sick\n")
    done = folder.command("check")
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    assert "portal.yaml:5:3 features.tickts: no plugin that can be switched is called 'tickts'. " \
           "Did you mean 'tickets'?" in lines
    assert any(line.startswith("portal.yaml:7:11 theme.accent: 'teal'") for line in lines)
    assert any(line.startswith("portal.yaml:10:5 tenants.acme.statsu:") for line in lines)
    assert any(line.startswith("tenants/beta.yaml:3:1 This is not YAML") for line in lines)
    assert any("sick/plugin.yaml:2:1 titel: 'titel' is not known here. Did you mean 'title'?" in line
               for line in lines)
    told = json.loads(folder.command("check", "--json").stdout)
    assert told["ok"] is False
    assert {"code", "file", "line", "column", "path", "message", "hint", "text"} == set(told["problems"][0])
    assert [one["plugin"] for one in told["plugins"]] == ["sick"]


def test_check_tells_what_is_wrong_with_a_theme(portal_folder: Callable[..., PortalFolder]) -> None:
    folder = portal_folder({"theme": {"base": "mine"}})
    (folder.path / "themes" / "mine").mkdir()
    (folder.path / "themes" / "mine" / "theme.yaml").write_text('title: Mine\naccnt: "#123456"\n')
    templates = folder.path / "themes" / "mine" / "templates"
    templates.mkdir()
    (templates / "base.html").write_text("<html>\n{% block title %}\n{% ende %}")
    done = folder.command("check")
    assert done.returncode == 1
    assert "mine/theme.yaml:2:1 accnt: A theme has no such key. Did you mean 'accent'?" in done.stdout
    assert "mine/templates/base.html:3" in done.stdout and "unknown tag 'ende'" in done.stdout


@pytest.mark.engines("sqlite")
def test_a_tenant_is_made_in_a_file_of_its_own_and_starts_unpublished(
        portal_folder: Callable[..., PortalFolder]) -> None:
    folder = portal_folder({"tenants": {"acme": {"name": "Acme"}}})
    made = folder.json("tenant", "create", "beta", "--name", 'Beta "B" Ltd', "--url", "https://beta.example")
    assert made == {"slug": "beta", "name": 'Beta "B" Ltd', "url": "https://beta.example",
                    "status": "maintenance", "file": "tenants/beta.yaml"}
    assert yaml.safe_load((folder.path / "tenants" / "beta.yaml").read_text()) == {
        "name": 'Beta "B" Ltd', "url": "https://beta.example", "status": "maintenance"}
    assert [(one["slug"], one["status"]) for one in folder.json("tenant", "list")] == [
        ("acme", "active"), ("beta", "maintenance")]
    assert folder.command("tenant", "create", "beta", "--name", "x").returncode == 1
    assert folder.command("tenant", "create", "../x", "--name", "x").returncode == 2
    taken = folder.command("tenant", "create", "gamma", "--name", "x", "--url", "https://beta.example")
    assert taken.returncode == 1
    assert "already answers the host beta.example" in taken.stderr
    assert not (folder.path / "tenants" / "gamma.yaml").exists()


@pytest.mark.engines("sqlite")
def test_a_portal_with_people_is_not_turned_into_tenants(portal_folder: Callable[..., PortalFolder]) -> None:
    folder = portal_folder()
    folder.json("user", "create", "--name", "Ada", "--email", "ada@example.com")
    done = folder.command("tenant", "create", "beta", "--name", "Beta")
    assert done.returncode == 1
    assert "tenants: {default: ...}" in done.stderr
    assert not (folder.path / "tenants").exists()


def test_exit_codes_tell_usage_configuration_and_database_apart(
        portal_folder: Callable[..., PortalFolder]) -> None:
    folder = portal_folder()
    assert folder.command("nonsense").returncode == 2
    assert folder.command("serve", env={"PORT": "http"}).returncode == 2
    assert folder.command("info", env={"PARLOUR_DATABASE": "mysql://x/y"}).returncode == 3
    away = folder.command("info", env={"PARLOUR_DATABASE": "postgresql://u:geheim@127.0.0.1:1/x"})
    assert away.returncode == 4
    assert "geheim" not in away.stderr
    folder.yaml.unlink()
    missing = folder.command("check")
    assert missing.returncode == 3
    assert "parlour init" in missing.stderr


def test_info_and_routes_say_where_everything_is(
        portal_folder: Callable[..., PortalFolder], database_url: str) -> None:
    folder = portal_folder(database=database_url)
    fresh = folder.json("info")
    assert (fresh["migrated"], fresh["version"], fresh["folder"]) == (False, 0, str(folder.path))
    rows = {(row["methods"], row["rule"]): row["permission"] for row in folder.json("routes")}
    assert rows["GET", "/settings/features"] == "settings.change"
    assert rows["GET", "/healthz"] == "anyone"
    known = folder.json("info")
    assert (known["migrated"], known["version"], known["failed"]) == (True, 1, {})
    assert "tickets" in known["plugins"]
    assert known["mail"] == str(folder.path / "var" / "mail")
    elsewhere = json.loads(folder.command("info", "--json", env={"PARLOUR_SMTP": "smtp://u:pw@mail:25"}).stdout)
    assert elsewhere["mail"] == "smtp"
