"""What must be known before anything else: the folder, the database, the mail server, the plugin paths."""

from __future__ import annotations

import contextlib
import logging
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from peewee import DatabaseError, InterfaceError

from core.config import loader
from core.config.mistakes import check
from core.config.schemas import portal_schema
from core.data import db, versions
from core.errors import ConfigError, Problem

log = logging.getLogger("parlour.config")
DEFAULT_DATABASE = "sqlite:///var/portal.db"


@dataclass(frozen=True)
class Installation:
    """The `installation` part of portal.yaml with the environment on top, paths made absolute."""

    folder: Path
    database: str
    files: Path
    smtp: str
    sender: str
    proxies: tuple[str, ...]
    plugin_paths: tuple[Path, ...]
    available: Any
    secret: str
    safe: bool

    @property
    def state(self) -> Path:
        """Where everything lives that is never committed."""
        return self.folder / "var"


def read(folder: Path, env: Mapping[str, str] = os.environ, text: bytes | None = None) -> Installation:
    """Read the installation's part of portal.yaml in `folder`.

    Raises ConfigError where the file is missing or cannot be read, or where this part of it has mistakes; all
    else in it is checked later, with the plugins' schemas. `text` stands for the file where it is broken but
    an older state counts.
    """
    document = _document(folder, env, text)
    section = document.data.get("installation")
    if section is not None:
        problems = check(document, portal_schema({})["properties"]["installation"], prefix=("installation",),
                         data=section)
        if problems:
            raise ConfigError(problems)
    given: Mapping[str, Any] = section or {}
    mail, plugins = given.get("mail") or {}, given.get("plugins") or {}
    return Installation(
        folder=folder, database=env.get("PARLOUR_DATABASE") or str(given.get("database", DEFAULT_DATABASE)),
        files=_inside(folder, str(given.get("files", "var/files"))),
        smtp=env.get("PARLOUR_SMTP", str(mail.get("smtp") or "")),
        sender=str(mail.get("from") or "Parlour <parlour@localhost>"),
        proxies=tuple(str(p) for p in given.get("proxies") or ()),
        plugin_paths=tuple(_inside(folder, str(p)) for p in plugins.get("paths") or ("plugins",)),
        available=plugins.get("available", "all"), secret=_secret(folder / "var", env),
        safe=env.get("PARLOUR_SAFE") == "1")


def find(folder: Path, env: Mapping[str, str] = os.environ) -> Installation:
    """Read the installation's part; where portal.yaml is broken, the one of the last version that was good.

    Raises ConfigError with what is wrong in the file where there has never been a good one, or where the
    database that would know cannot be found.
    """
    try:
        place = read(folder, env)
    except ConfigError as error:
        last = last_good(folder, env)
        if last is None:
            raise
        log.warning("portal.yaml cannot be read; the version before it goes on:\n%s", error)
        return read(folder, env, last.encode())
    if "PARLOUR_DATABASE" not in env:
        _remember(folder, env)
    return place


def last_good(folder: Path, env: Mapping[str, str] = os.environ) -> str | None:
    """Look in the database for the last good portal.yaml; None where there is none, or no database."""
    with contextlib.suppress(ConfigError, DatabaseError, InterfaceError, OSError):
        url = env.get("PARLOUR_DATABASE") or _remembered(folder, env)
        path = db.sqlite_path(url, folder)
        if path is not None and not path.is_file():
            return None  # never make an empty database where one is missing
        db.connect(url, folder)
        return next((head.content for head in versions.heads() if head.document == "portal.yaml"), None)
    return None


def _document(folder: Path, env: Mapping[str, str], text: bytes | None) -> loader.Document:
    path = folder / "portal.yaml"
    if text is None:
        try:
            text = path.read_bytes()
        except FileNotFoundError as error:
            raise ConfigError([Problem(str(path), 0, 0, "", "There is no portal.yaml here.",
                                       "Run `parlour init DIR`, or name the folder with --portal.")]) from error
        except OSError as error:
            raise ConfigError([Problem(str(path), 0, 0, "", f"It cannot be read: {error.strerror}.")]) from error
    return loader.read(text, "portal.yaml", env)


def _remember(folder: Path, env: Mapping[str, str]) -> None:
    """Keep which database is used, as it was typed: a broken portal.yaml would not say it any more."""
    typed = _document(folder, env, None).raw(("installation", "database")) or DEFAULT_DATABASE
    path = folder / "var" / "database"
    with contextlib.suppress(OSError):  # a folder that cannot be written costs no start
        known = path.read_text() if path.is_file() else DEFAULT_DATABASE
        if known != typed:
            path.touch(mode=0o600)
            path.write_text(typed)


def _remembered(folder: Path, env: Mapping[str, str]) -> str:
    path = folder / "var" / "database"
    typed = path.read_text() if path.is_file() else DEFAULT_DATABASE
    quoted = typed.replace("'", "''")
    return str(loader.read(f"url: '{quoted}'\n", str(path), env).data["url"])


def _inside(folder: Path, path: str) -> Path:
    return (folder / path).resolve()


def _secret(state: Path, env: Mapping[str, str]) -> str:
    """Give the installation's secret: from the environment, else made once and kept in `var/secret`."""
    given = env.get("PARLOUR_SECRET")
    if given:
        return given
    path = state / "secret"
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        state.mkdir(parents=True, exist_ok=True)
    fresh = state / f"secret.{secrets.token_hex(4)}"
    fresh.touch(mode=0o600)
    fresh.write_text(secrets.token_urlsafe(48))
    try:
        os.link(fresh, path)
    except FileExistsError:
        pass
    finally:
        fresh.unlink()
    return path.read_text().strip()
