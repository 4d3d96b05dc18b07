"""Inside the server's processes: new ones take over before old ones leave, one that hangs is replaced."""

from __future__ import annotations

import fcntl
import gc
import logging
import os
import signal
import threading
import time
from pathlib import Path
from typing import Any, TextIO

from gunicorn.arbiter import Arbiter

from core.data import pauses
from core.data.db import settle
from core.host import deaths, watchdog
from core.host.companion import Companion
from core.host.portal import Portal

log = logging.getLogger("parlour.server")
NOTICE_EVERY = 0.25
QUIET = 0.2
"""Seconds for which a file must have been left alone: who writes into it bit by bit is not done yet."""
GRACE = 30
"""Seconds that requests at hand may still take when a process is told to stop."""
TAKE_OVER = 30.0
"""Seconds that new processes may need to start, while the old ones go on answering."""
LEAVE_APART = 3.0
"""Seconds between two processes that are replaced: as long as a new one needs to start."""
LEAVE_IN_TURN = 20.0


class PatientArbiter(Arbiter):  # type: ignore[misc]
    """Gunicorn's first process, which lets old processes go only when the new ones are ready to answer."""

    def __init__(self, app: Any, run: Path, companion: Companion | None) -> None:
        self.run_folder, self.companion = run, companion
        self.told_to_leave = False
        for mark in run.glob("up-*"):
            mark.unlink(missing_ok=True)
        super().__init__(app)

    def signal(self, sig: int, frame: Any) -> None:
        """Note that the end is wanted: then nothing is waited for."""
        self.told_to_leave = self.told_to_leave or sig in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT)
        super().signal(sig, frame)

    def manage_workers(self) -> None:
        """Before old processes are told to leave, wait until as many new ones as are wanted have started."""
        patience = time.monotonic() + TAKE_OVER
        while len(self.WORKERS) > self.num_workers and time.monotonic() < patience and not self.told_to_leave:
            newest = sorted(self.WORKERS.items(), key=lambda item: -item[1].age)[:self.num_workers]
            if all((self.run_folder / f"up-{pid}").exists() for pid, _ in newest):
                break
            time.sleep(0.05)
            self.reap_workers()
        super().manage_workers()
        if self.companion is not None and not self.told_to_leave:
            self.companion.keep(self)


def ready(run: Path) -> set[int]:
    """Give the numbers of the server processes that answer."""
    numbers = {int(path.name.removeprefix("up-")) for path in run.glob("up-*")}
    return {number for number in numbers if _lives(number)}


def _lives(number: int) -> bool:
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    return True


def forked(_server: Any, worker: Any) -> None:
    """Begin a server process: whatever an older one with its number left does not count."""
    mark(worker).unlink(missing_ok=True)


def mark(worker: Any) -> Path:
    """Give the file that says a server process is ready to answer."""
    return Path(str(worker.cfg.pidfile)).parent / f"up-{os.getpid()}"


def ended(_server: Any, worker: Any) -> None:
    """Take the mark of a process away with it."""
    mark(worker).unlink(missing_ok=True)


def started(worker: Any) -> None:
    """Say that this process is ready; watch for hand edits and for plugins that hang."""
    portal: Portal = worker.wsgi.extensions["parlour"]
    deaths.tell_stuck(portal.place.state, portal.job_scope)
    watch(portal, worker)
    watchdog.start(lambda turn: replace_process(portal, worker, turn))
    gc.collect()
    gc.freeze()  # what is there now stays: looking through it again and again would cost time, and shared memory
    mark(worker).touch()


def watch(portal: Portal, worker: Any) -> None:
    """Notice edits of portal.yaml by hand, and pauses, in a thread; of many processes one publishes an edit.

    A process that is leaving looks no more: it may know fewer plugins than the file mentions by now.
    """

    def look() -> None:
        while worker.alive:
            time.sleep(NOTICE_EVERY)
            try:
                if worker.alive:
                    portal.store.notice(QUIET)
                    pauses.refresh()
            except Exception:
                log.exception("looking for edits failed; it goes on")
            finally:
                settle()
        mark(worker).unlink(missing_ok=True)

    threading.Thread(target=look, daemon=True, name="parlour-watch").start()


def replace_process(portal: Portal, worker: Any, turn: watchdog.Turn) -> None:
    """Let another process take this one's place: accept no more, let the others finish, then end.

    One process of a server leaves at a time, so that the others go on answering.
    """
    deaths.note_stuck(portal.place.state, turn)

    def leave() -> None:
        with (portal.place.state / "run" / "leaving.lock").open("a+") as lock:
            patience = time.monotonic() + LEAVE_IN_TURN
            while not _our_turn(lock) and time.monotonic() < patience:
                time.sleep(0.2)
            worker.handle_exit(signal.SIGTERM, None)
            mark(worker).unlink(missing_ok=True)
            patience = time.monotonic() + GRACE
            while worker.nr_conns > len(watchdog.stuck()) and time.monotonic() < patience:
                time.sleep(0.1)
            lock.seek(0)
            lock.truncate()
            lock.write(str(time.time()))
            lock.flush()
            logging.shutdown()
            os._exit(0)

    if len(watchdog.stuck()) == 1:
        threading.Thread(target=leave, daemon=True, name="parlour-leave").start()


def _our_turn(lock: TextIO) -> bool:
    """Take the turn to leave, unless another process is leaving or has left a moment ago."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    lock.seek(0)
    last = float(lock.read() or 0)
    if 0 <= time.time() - last < LEAVE_APART:
        fcntl.flock(lock, fcntl.LOCK_UN)
        return False
    return True
