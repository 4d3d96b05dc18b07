"""Calls in a spare thread, so that whoever waits for them never waits longer than a budget."""

from __future__ import annotations

import contextvars
import logging
import os
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from typing import Any

from core.data.db import db, loose, settle
from core.errors import PluginError
from core.host import watchdog

log = logging.getLogger("parlour.plugins")
IDLE = 20.0
"""Seconds a spare thread keeps its database connection and waits for more."""
MOST_BUSY = 40
"""Spare threads that may hang at once; beyond, calls are refused at once instead of waiting in line."""


class Overdue(PluginError):  # noqa: N818 - it says what the answer is
    """A call took longer than its budget; whoever asked goes on without its answer."""


class _Hand(threading.Thread):
    """A spare thread: does one call at a time, then is idle, then ends."""

    def __init__(self) -> None:
        super().__init__(daemon=True, name="parlour-aside")
        self.calls: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()

    def run(self) -> None:
        while True:
            try:
                call = self.calls.get(timeout=IDLE)
            except queue.Empty:
                with _hands.lock:
                    if self not in _hands.idle:
                        continue  # a call is on its way
                    _hands.idle.remove(self)
                close_connections()
                return
            if call is None:
                close_connections()
                return
            with suppress(BaseException):  # the answer holds it; what comes late has nobody to go to
                call()
            del call
            _tidy()
            with _hands.lock:
                _hands.busy -= 1
                _hands.idle.append(self)


class _Hands:
    """The spare threads of this process."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self.lock = threading.Lock()
        self.idle: list[_Hand] = []
        self.busy = 0

    def give(self, call: Callable[[], None]) -> None:
        with self.lock:
            if self.busy >= MOST_BUSY:
                raise Overdue("Too many calls into plugins hang already.")
            self.busy += 1
            hand = self.idle.pop() if self.idle else None
        if hand is None:
            hand = _Hand()
            hand.start()
        hand.calls.put(call)


_hands = _Hands()


def dismiss() -> None:
    """Let the spare threads that have nothing to do end, with their connections: this process is to be copied."""
    with _hands.lock:
        idle, _hands.idle = _hands.idle, []
    for hand in idle:
        hand.calls.put(None)
    for hand in idle:
        hand.join(1)


os.register_at_fork(after_in_child=_hands.reset)


def _tidy() -> None:
    with suppress(Exception):  # before the first connect() there is no database to settle
        settle()


def close_connections() -> None:
    """Close this thread's database connections: it ends."""
    for engine in (db.obj, loose.obj):
        with suppress(Exception):  # it is given up anyway
            if engine is not None and not engine.is_closed():
                engine.close()


def within(seconds: float, plugin: str, place: str, call: Callable[[], Any]) -> Any:
    """Call in a spare thread with the caller's context and give the answer, or raise what it raised.

    Raises Overdue after `seconds`: the call is then stopped as soon as it runs Python code again, and its
    database changes are rolled back.
    """
    answer: Future[Any] = Future()
    context = contextvars.copy_context()
    turns: list[watchdog.Turn] = []

    def work() -> None:
        turn = watchdog.Turn(plugin, place, seconds)
        turns.append(turn)
        try:
            result = context.run(call)
        except BaseException as error:  # noqa: BLE001 - whoever waits gets it
            watchdog.end(turn)
            # Ctrl-C reaches the main thread only: here it is the plugin's own doing.
            own = isinstance(error, KeyboardInterrupt)
            answer.set_exception(PluginError(f"KeyboardInterrupt: {error}") if own else error)
        else:
            watchdog.end(turn)
            answer.set_result(result)

    _hands.give(work)
    try:
        return answer.result(seconds)
    except TimeoutError:
        if answer.done():
            raise
        if turns and watchdog.throw(turns[0]):
            log.warning("plugin '%s' in %s was here:\n%s", plugin, place, watchdog.stack_of(turns[0].thread))
        raise Overdue(f"It took longer than {seconds:g} s.",
                      hint="Make it faster, or do the work in a job.") from None
