"""Finding the server of a portal folder, and asking it to load its code anew."""

from __future__ import annotations

import fcntl
import os
import signal
from contextlib import suppress
from pathlib import Path


def running(folder: Path) -> int | None:
    """Give the number of the first process of the server in a folder, None where none runs."""
    state = folder / "var" / "run"
    try:
        with (state / "server.lock").open("r+") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return None
    except BlockingIOError:
        with suppress(FileNotFoundError, ValueError):
            return int((state / "parlour.pid").read_text())
    return None


def ask(folder: Path) -> bool:
    """Ask a running server to reload, and wait for nothing; False where none runs or it cannot be asked.

    Requests that have begun are answered by the processes there were, the next ones by new ones.
    """
    number = running(folder)
    if number is None:
        return False
    try:
        os.kill(number, signal.SIGHUP)
    except (ProcessLookupError, PermissionError):
        return False
    return True
