"""Writers of the embedded engine wait in line for their turn instead of sleeping and trying again."""

from __future__ import annotations

import fcntl
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

PATIENCE = 15.0
"""Seconds somebody waits in line; then the engine itself decides who is next, as if there were no line."""

_line = threading.Lock()


def _new_line() -> None:
    """Begin a line of its own in a copied process: whoever stands in the old one is not in here."""
    global _line  # noqa: PLW0603 - one line per process is what it is
    _line = threading.Lock()


os.register_at_fork(after_in_child=_new_line)


@contextmanager
def turn(path: str) -> Iterator[None]:
    """Hold the writer's turn of a database, whose line is the file `path`, until the block ends.

    SQLite lets a writer that finds another one at work sleep up to a tenth of a second between two tries, and
    whoever comes just then goes first. Here threads of a process stand in line, and processes look every
    millisecond. It is a courtesy: the engine's own lock is what keeps writers apart.
    """
    line, until = _line, time.monotonic() + PATIENCE
    held = line.acquire(timeout=PATIENCE)
    place = -1
    try:
        with suppress(OSError):  # a folder that cannot be written: the engine will say so better
            place = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
            _take(place, until)
        yield
    finally:
        if place >= 0:
            os.close(place)  # and with it the turn
        if held:
            line.release()


def _take(place: int, until: float) -> None:
    while time.monotonic() < until:
        with suppress(BlockingIOError):
            fcntl.flock(place, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        time.sleep(0.001)
