"""Seconds as an idle machine counts them: without those in which others had the processor."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

MAKING = (0, 1, 2, 5, 6, 7)
"""What a processor does in /proc/stat besides being idle: user, nice, system, interrupts, taken by the host."""


def _family(portal: Any) -> list[int]:
    """Give the numbers of all processes that take part: the test's own and those of a served portal."""
    if portal is None:
        return [os.getpid()]
    try:
        first = psutil.Process(portal.process.pid)
        return [os.getpid(), first.pid, *(one.pid for one in first.children(recursive=True))]
    except psutil.Error:
        return [os.getpid()]


def _threads(processes: list[int]) -> dict[str, tuple[int, int]]:
    """By thread: nanoseconds on a processor, and nanoseconds ready to run without one. Empty but on Linux."""
    found = {}
    for process in processes:
        for path in Path(f"/proc/{process}/task").glob("*/schedstat"):
            try:
                used, waited, _times = path.read_text().split()
            except (OSError, ValueError):
                continue  # it has ended meanwhile
            found[path.parent.name] = (int(used), int(waited))
    return found


def _busy() -> float:
    """Seconds all processors of this machine have worked since it started."""
    try:
        line = Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]
    except OSError:
        return 0.0
    return sum(int(line[place]) for place in MAKING if place < len(line)) / os.sysconf("SC_CLK_TCK")


class Stopwatch:
    """Counts from now on. `portal` is a served one whose processes take part in what is measured."""

    def __init__(self, portal: Any = None) -> None:
        self._portal = portal
        self._threads, self._busy = _threads(_family(portal)), _busy()
        self._began = time.monotonic()

    def elapsed(self) -> float:
        """Seconds on the clock."""
        return time.monotonic() - self._began

    def waited(self) -> float:
        """Seconds that others cost: our threads were ready to run, and somebody else did.

        Never more than what others took of each processor: threads of one portal that are in each other's way
        are no excuse, nor is one that sleeps.
        """
        after, busy = _threads(_family(self._portal)), _busy() - self._busy
        grown = [(used - self._threads.get(name, (0, 0))[0], waited - self._threads.get(name, (0, 0))[1])
                 for name, (used, waited) in after.items()]
        ready = sum(max(0, waited) for _used, waited in grown) / 1e9
        others = busy - sum(max(0, used) for used, _waited in grown) / 1e9
        return max(0.0, min(ready, others / (os.cpu_count() or 1)))

    def seconds(self) -> float:
        """Seconds that count: on an idle machine those of the clock, never more than those."""
        return max(0.0, self.elapsed() - self.waited())


@contextmanager
def within(seconds: float, portal: Any = None, what: str = "it took too long") -> Iterator[None]:
    """Judge that the block takes no longer than so many seconds on a machine that has nothing else to do."""
    watch = Stopwatch(portal)
    yield
    counted, clock = watch.seconds(), watch.elapsed()
    assert counted <= seconds, f"{what}: {counted:.2f} s ({clock:.2f} s on the clock) instead of {seconds} s"
