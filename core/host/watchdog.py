"""Time budgets: what a plugin may take, who is over it, and what becomes of a thread that hangs."""

from __future__ import annotations

import ctypes
import logging
import os
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

log = logging.getLogger("parlour.watchdog")
LOOK_EVERY = 0.2
STARVED = 0.3
"""Seconds by which a look may be late before we say that the machine is too busy to judge anybody's time."""
FORGIVE = 3.0
"""Seconds after a late look for which being slow is nobody's fault."""


@dataclass
class Budgets:
    """Seconds that plugins may take. `grace` is how long a stopped thread may need to end.

    Each can be set by the environment: `PARLOUR_SECONDS="request=10 grace=2"`.
    """

    start: float = 20
    hook: float = 5
    panel: float = 1
    request: float = 30
    job: float = 30
    grace: float = 5


def read_budgets(env: Mapping[str, str] = os.environ) -> Budgets:
    """Read the budgets. Raises ValueError for a name that is none or a number that is none."""
    pairs = [pair.partition("=") for pair in env.get("PARLOUR_SECONDS", "").replace(",", " ").split()]
    unknown = [name for name, _, _ in pairs if name not in Budgets.__dataclass_fields__]
    if unknown:
        raise ValueError(f"PARLOUR_SECONDS knows {', '.join(Budgets.__dataclass_fields__)}, not {unknown[0]}.")
    return Budgets(**{name: float(number) for name, _, number in pairs})


BUDGETS = read_budgets()


class Stopped(BaseException):
    """Raised inside code that has used up its time. No `except Exception` of a plugin may hold it."""


@dataclass(eq=False)
class Turn:
    """One call into a plugin: who, where, in which thread, until when."""

    plugin: str
    place: str
    seconds: float
    thread: int = field(default_factory=threading.get_ident)
    tenant: int | None = None
    ends: float = 0.0
    thrown: bool = False
    over: bool = False
    given_up: bool = False

    def __post_init__(self) -> None:
        self.ends = time.monotonic() + self.seconds


_turns: set[Turn] = set()
_lock = threading.Lock()


def _new_locks() -> None:
    # A fork copies locks that another thread may hold, and turns of threads that are no more.
    global _lock  # noqa: PLW0603 - one per process
    _lock = threading.Lock()
    _turns.clear()


os.register_at_fork(after_in_child=_new_locks)


def throw(turn: Turn) -> bool:
    """Raise Stopped in the thread of a turn that is not over; False where it is. Waits for nothing."""
    with _lock:
        if turn.over or turn.thrown:
            return False
        turn.thrown = True
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(turn.thread), ctypes.py_object(Stopped))
        return True


def end(turn: Turn) -> None:
    """End a turn from its own thread; what was thrown, but has not arrived, never will."""
    with _lock:
        turn.over = True
        _turns.discard(turn)
        if turn.thrown:
            ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(turn.thread), None)


@contextmanager
def watching(plugin: str, place: str, seconds: float, tenant: int | None = None) -> Iterator[Turn]:
    """Call into a plugin under a time budget. Raises Stopped out of the call where it is over it."""
    turn = Turn(plugin, place, seconds, tenant=tenant)
    with _lock:
        _turns.add(turn)
    try:
        yield turn
    finally:
        try:
            end(turn)
        except Stopped:  # it arrived in here; it is thrown once
            end(turn)


def stack_of(thread: int) -> str:
    """Write where a thread is at the moment, innermost call last."""
    frame = sys._current_frames().get(thread)
    return "".join(traceback.format_stack(frame)) if frame is not None else ""


def stuck() -> list[Turn]:
    """Give the turns that hang on although they were stopped."""
    with _lock:
        return [turn for turn in _turns if turn.given_up]


def look(give_up: Callable[[Turn], None]) -> None:
    """Stop what is over its budget, and give up what hangs on a grace longer."""
    moment = time.monotonic()
    with _lock:
        late = [turn for turn in _turns if turn.ends < moment]
    for turn in late:
        if not turn.thrown:
            where = stack_of(turn.thread)
            if throw(turn):
                log.error("plugin '%s' takes longer than %.0f s in %s and is stopped. It was here:\n%s",
                          turn.plugin, turn.seconds, turn.place, where)
        elif not turn.given_up and turn.ends + BUDGETS.grace < moment:
            turn.given_up = True
            log.error("plugin '%s' hangs on in %s: this process is replaced. It is here:\n%s",
                      turn.plugin, turn.place, stack_of(turn.thread))
            give_up(turn)


_starved_until = 0.0


def note_look(seconds: float) -> None:
    """Note how long it took until the next look: a machine that is too busy for it is too busy for plugins."""
    global _starved_until  # noqa: PLW0603 - one per process
    if seconds > LOOK_EVERY + STARVED:
        _starved_until = time.monotonic() + FORGIVE


def starved() -> bool:
    """Say whether this process did not get to run lately: who was slow then need not have been."""
    return time.monotonic() < _starved_until


def start(give_up: Callable[[Turn], None]) -> None:
    """Watch this process's turns from a thread beside, from now on."""

    def run() -> None:
        while True:
            began = time.monotonic()
            time.sleep(LOOK_EVERY)
            note_look(time.monotonic() - began)
            try:
                look(give_up)
            except Exception:
                log.exception("the watchdog stumbled; it goes on")

    threading.Thread(target=run, daemon=True, name="parlour-watchdog").start()
