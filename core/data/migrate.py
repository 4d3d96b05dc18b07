"""Migrations, per plugin and contained: one process runs them, under a lock, the others wait."""

from __future__ import annotations

import fcntl
import hashlib
import logging
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playhouse.migrations import Runner

from core.data.db import Sqlite, db, loose, settle
from core.data.guard import schema_work

log = logging.getLogger("parlour.migrate")
LOOSE = Path(__file__).parent / "migrations" / "loose"


@dataclass(frozen=True)
class Status:
    """Where the migrations of one plugin (or of the host, "parlour") stand."""

    name: str
    applied: tuple[str, ...]
    waiting: tuple[str, ...]


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Let one process at a time change the schema; the lock ends with its holder, however that ends."""
    if isinstance(db.obj, Sqlite):
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / "migrate.lock").open("w") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        return
    number = int.from_bytes(hashlib.sha256(b"parlour.migrate").digest()[:7])
    db.execute_sql("SELECT pg_advisory_lock(%s)", (number,))
    try:
        yield
    finally:
        db.execute_sql("SELECT pg_advisory_unlock(%s)", (number,))


def _runner(name: str, folder: Path) -> Runner:
    return Runner(db.obj, str(folder), table_name=f"migrations_{name}")


def _up(name: str, folder: Path) -> None:
    """Bring one folder up to date; on SQLite table rebuilds must not cascade, so keys are off meanwhile."""
    runner = _runner(name, folder)
    sqlite = isinstance(db.obj, Sqlite)
    if sqlite:
        db.execute_sql("PRAGMA foreign_keys = 0")
    try:
        runner.up()
        if sqlite:
            broken = db.execute_sql("PRAGMA foreign_key_check").fetchall()
            if broken:
                raise RuntimeError(f"{len(broken)} rows point at nothing after the migrations of {name}")
    finally:
        if sqlite:
            db.execute_sql("PRAGMA foreign_keys = 1")


def migrate(host: dict[str, Path], plugins: dict[str, Path], state: Path,
            around: Callable[[str], AbstractContextManager[Any]] = nullcontext) -> dict[str, str]:
    """Bring the host's tables and each plugin's up to date; give what failed, by plugin, in words.

    `host` and `plugins` map names to folders of migrations, in the order of need; `state` is the portal's
    `var`. A failure of the host's is raised; a plugin's is contained: rolled back, and the others go on.
    `around` is entered with a plugin's name around its migrations.
    """
    failed: dict[str, str] = {}
    with schema_work(), locked(state):
        try:
            for name, folder in host.items():
                _up(name, folder)
            Runner(loose.obj, str(LOOSE), table_name="migrations_loose").up()
            for name, folder in plugins.items():
                try:
                    with around(name):
                        _up(name, folder)
                except BaseException as error:
                    if isinstance(error, KeyboardInterrupt):
                        raise
                    log.exception("The migrations of plugin '%s' failed", name)
                    failed[name] = f"Its migrations failed: {type(error).__name__}: {error}"
        finally:
            settle()
    return failed


def status(folders: dict[str, Path]) -> list[Status]:
    """Say for each folder (of the host or of a plugin) which migrations are applied and which wait."""
    result = []
    for name, folder in folders.items():
        found = _runner(name, folder).status()
        result.append(Status(name, tuple(m.name for m in found if m.applied),
                             tuple(m.name for m in found if not m.applied)))
    return result


def pending(folders: dict[str, Path]) -> bool:
    """Say whether anything waits, without taking the lock."""
    return any(entry.waiting for entry in status(folders))
