"""A process that dies while it loads a plugin leaves a mark; after two deaths the next start leaves it out."""

from __future__ import annotations

import fcntl
import json
import logging
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TextIO

from core.data import scope
from core.data.scope import Scope
from core.errors import PluginError
from core.host.containment import trouble
from core.host.watchdog import Turn
from core.parts import Manifest

log = logging.getLogger("parlour.plugins")
MOST = 2


def print_of(folder: Path) -> str:
    """Give a mark of all files of a plugin that changes when any of them does."""
    files = (path for path in sorted(folder.rglob("*")) if "__pycache__" not in path.parts and path.is_file())
    stats = ((path.name, path.stat()) for path in files)
    return ",".join(f"{name}:{stat.st_mtime_ns}:{stat.st_size}" for name, stat in stats)


class Deaths:
    """The marks of one portal, in `var/run`: who is at which plugin now, and how often one died of it.

    A mark is a file that its process holds locked: one that can be locked belongs to a process that is no
    more, whatever its number is used for by now.
    """

    def __init__(self, state: Path) -> None:
        """Take the portal's `var` folder; look at what was left by those who died."""
        self.folder = state / "run"
        self.folder.mkdir(parents=True, exist_ok=True)
        self.known = self.folder / "deaths.json"
        self._mark: TextIO | None = None
        with self._alone() as counted:
            for path in self.folder.glob("start-*"):
                self._count(path, counted)

    @contextmanager
    def _alone(self) -> Iterator[dict[str, Any]]:
        with (self.folder / "deaths.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            counted: dict[str, Any] = {}
            with suppress(FileNotFoundError, ValueError):
                counted = json.loads(self.known.read_text())
            before = json.dumps(counted)
            yield counted
            if json.dumps(counted) != before:
                aside = self.known.with_suffix(".new")
                aside.write_text(json.dumps(counted))
                aside.replace(self.known)

    def _count(self, path: Path, counted: dict[str, Any]) -> None:
        with suppress(OSError), path.open("r+") as mark:
            try:
                fcntl.flock(mark, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return  # its process is at it
            plugin, _, rest = mark.read().partition("\n")
            step, _, files = rest.partition("\n")
            path.unlink(missing_ok=True)
            if plugin:
                before = counted.get(plugin, {})
                times = before.get("times", 0) + 1 if before.get("files") == files else 1
                counted[plugin] = {"times": times, "step": step, "files": files}
                log.error("a process died in plugin '%s' (%s) at start, %d times by now", plugin, step, times)

    @contextmanager
    def starting(self) -> Iterator[None]:
        """Hold a mark while this process loads plugins; `at` writes on it."""
        path = self.folder / f"start-{os.getpid()}"
        with path.open("w+") as mark:
            fcntl.flock(mark, fcntl.LOCK_EX)
            self._mark = mark
            try:
                yield
            finally:
                self._mark = None
                path.unlink(missing_ok=True)

    @contextmanager
    def at(self, manifest: Manifest, step: str) -> Iterator[None]:
        """Say what this process does now: whoever finds the mark without it knows what it died of."""
        if self._mark is None or manifest.builtin:
            yield
            return
        self._write(f"{manifest.id}\n{step}\n{print_of(manifest.path)}")
        try:
            yield
        finally:
            self._write("")

    def _write(self, text: str) -> None:
        mark = self._mark
        if mark is not None:
            mark.seek(0)
            mark.truncate()
            mark.write(text)
            mark.flush()

    def why_not(self, manifest: Manifest) -> str:
        """Give the sentence that says why a plugin is left out, "" where nothing speaks against it."""
        with self._alone() as counted:
            found = counted.get(manifest.id)
        if not found or found["times"] < MOST or found["files"] != print_of(manifest.path):
            return ""
        return f"{found['times']} times a process died in it at start ({found['step']}): it is left out."

    def forgive(self, plugins: Mapping[str, Any] | list[str]) -> None:
        """Forget the deaths of plugins: they have started well, or somebody wants another try."""
        if self.known.is_file():
            with self._alone() as counted:
                for plugin in plugins:
                    counted.pop(plugin, None)


def note_stuck(state: Path, turn: Turn) -> None:
    """Leave a note about a turn that hangs, for whoever starts after this process: it may hold the database."""
    if turn.tenant is not None:
        path = state / "run" / f"stuck-{os.getpid()}-{turn.thread}"
        path.write_text(json.dumps([turn.tenant, turn.plugin, turn.place, turn.seconds]))


def tell_stuck(state: Path, open_scope: Callable[[int], Scope | None]) -> None:
    """Count what hung in processes that are no more, as failures of the plugin it hung in."""
    for path in (state / "run").glob("stuck-*"):
        with suppress(OSError, ValueError):
            tenant, plugin, place, seconds = json.loads(path.read_text())
            path.unlink()
            who = open_scope(tenant)
            if who is not None:
                with scope.enter(who):
                    trouble(plugin, place, PluginError(
                        f"It hung for more than {seconds:g} s and its process was replaced.",
                        hint="Give what it waits for a time-out of its own."))
