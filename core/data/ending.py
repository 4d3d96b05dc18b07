"""What a transaction does just before it ends: records to project, then calls in their order."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Ending:
    """What waits for the end of the outermost transaction at hand."""

    touched: set[int] = field(default_factory=set)
    calls: list[Callable[[], Any]] = field(default_factory=list)


ending: ContextVar[Ending | None] = ContextVar("parlour_ending", default=None)


def at_end(call: Callable[[], Any]) -> None:
    """Run `call` just before the outermost transaction commits, as a part of it; at once where there is none.

    For what takes a lock that many want: it is held for the commit alone, and always taken last.
    """
    waiting = ending.get()
    if waiting is None:
        call()
    else:
        waiting.calls.append(call)


@contextmanager
def inner() -> Iterator[None]:
    """Let a part of a transaction that is taken back take back, too, what it left for the end."""
    waiting = ending.get()
    known = len(waiting.calls) if waiting else 0
    try:
        yield
    except BaseException:
        if waiting:
            del waiting.calls[known:]
        raise
