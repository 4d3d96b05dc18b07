"""What must be known before anything else: the folder, the database, the mail server, the plugin paths."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.config import loader
from core.errors import ConfigError, Problem


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

    Raises ConfigError where the file is missing or cannot be read; whether all of it is right is checked
    later, with the plugins' schemas. `text` stands for the file where it is broken but an older state counts.
    """
    path = folder / "portal.yaml"
    if text is None:
        try:
            text = path.read_bytes()
        except FileNotFoundError as error:
            raise ConfigError([Problem(str(path), 0, 0, "", "There is no portal.yaml here.",
                                       "Run `parlour init DIR`, or name the folder with --portal.")]) from error
    data = loader.read(text, "portal.yaml", env).data
    section = data.get("installation") if isinstance(data, dict) else None
    given: Mapping[str, Any] = section if isinstance(section, dict) else {}
    mail = given.get("mail") if isinstance(given.get("mail"), dict) else {}
    plugins = given.get("plugins") if isinstance(given.get("plugins"), dict) else {}
    return Installation(
        folder=folder, database=env.get("PARLOUR_DATABASE") or str(given.get("database", "sqlite:///var/portal.db")),
        files=_inside(folder, str(given.get("files", "var/files"))),
        smtp=env.get("PARLOUR_SMTP", str((mail or {}).get("smtp") or "")),
        sender=str((mail or {}).get("from") or "Parlour <parlour@localhost>"),
        proxies=tuple(str(p) for p in given.get("proxies") or ()),
        plugin_paths=tuple(_inside(folder, str(p)) for p in (plugins or {}).get("paths") or ("plugins",)),
        available=(plugins or {}).get("available", "all"), secret=_secret(folder / "var", env),
        safe=env.get("PARLOUR_SAFE") == "1")


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
