"""What took work to make, kept up to so many: what nobody asked for longest goes first."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Made = TypeVar("Made")


class Kept(Generic[Made]):
    """Things by key, `most` of them, for all threads of a process.

    `made(key, make)` gives what is kept, or makes it without holding up others: two who miss it at the same moment
    both make it, and have the same.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self._things: OrderedDict[Hashable, Made] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable) -> Made | None:
        """Give what is kept under a key, or None."""
        with self._lock:
            if key in self._things:
                self._things.move_to_end(key)
            return self._things.get(key)

    def forget(self, key: Hashable) -> None:
        """Let go of what is kept under a key."""
        with self._lock:
            self._things.pop(key, None)

    def made(self, key: Hashable, make: Callable[[], Made]) -> Made:
        """Give what is kept under a key, else make and keep it."""
        found = self.get(key)
        if found is not None:
            return found
        fresh = make()
        with self._lock:
            kept = self._things.setdefault(key, fresh)
            while len(self._things) > self.most:
                self._things.popitem(last=False)
        return kept
