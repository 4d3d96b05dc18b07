"""The worker beside the server: a copy of its first process, so that both share what they have in memory."""

from __future__ import annotations

import logging
import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

log = logging.getLogger("parlour.server")
APART = 1.0
"""Seconds between two beginnings: one that ends at once must not keep the machine busy."""
PATIENCE = 10.0
"""Seconds it may need to end before it is killed."""


class Companion:
    """One process beside the server; whoever calls `keep` every second has it always there."""

    def __init__(self, work: Callable[[], None]) -> None:
        """Take what the process does until SIGTERM."""
        self.work = work
        self.number, self.begun, self.over = 0, 0.0, False

    def keep(self, server: Any) -> None:
        """Begin the process where none lives. To be called in the main thread of gunicorn's first process."""
        if self.over or self.lives() or time.monotonic() - self.begun < APART:
            return
        self.begun = time.monotonic()
        number = os.fork()
        if number:
            self.number = number
            return
        code = 1
        try:
            self._settle_in(server)
            self.work()
            code = 0
        except BaseException:  # it ends here, whatever it was: what its parent would do is not its business
            log.exception("the worker ended")
        finally:
            with suppress(Exception):
                logging.shutdown()
            os._exit(code)

    @staticmethod
    def _settle_in(server: Any) -> None:
        """Let go of what belongs to the first process: its signals and the addresses it listens at."""
        parent = os.getppid()
        os.environ["PARLOUR_PARENT"] = str(parent)
        for number in server.SIGNALS:
            signal.signal(number, signal.SIG_DFL)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for listener in server.LISTENERS:
            listener.close()

    def lives(self) -> bool:
        """Say whether the process is there."""
        if self.number:
            try:
                ended, _status = os.waitpid(self.number, os.WNOHANG)
            except ChildProcessError:  # gunicorn has seen it end
                ended = self.number
            if ended:
                self.number = 0
        return bool(self.number)

    def tell(self, number: int = signal.SIGTERM) -> None:
        """Send a signal: at SIGTERM the process finishes its piece of work and ends, and `keep` begins another."""
        if self.lives():
            with suppress(ProcessLookupError):
                os.kill(self.number, number)

    def end(self) -> None:
        """End the process for good, kindly, then firmly."""
        self.over = True
        self.tell()
        patience = time.monotonic() + PATIENCE
        while self.lives() and time.monotonic() < patience:
            time.sleep(0.05)
        self.tell(signal.SIGKILL)
