"""What took work to make is made once, kept up to so many, and the same for all threads."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

from core.look.kept import Kept


def test_what_nobody_asked_for_longest_goes_first():
    kept, made = Kept(2), []

    def ask(key):
        return kept.made(key, lambda: made.append(key) or key.upper())

    assert [ask(key) for key in "abacab"] == list("ABACAB")
    assert made == ["a", "b", "c", "b"]
    assert kept.get("c") is None and kept.get("b") == "B"
    kept.forget("b")
    assert kept.get("b") is None


def test_two_who_miss_it_at_the_same_moment_have_the_same_and_hold_up_nobody():
    kept, both = Kept(9), threading.Barrier(2, timeout=20)

    def make():
        both.wait()
        return object()

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(lambda _number: kept.made("x", make), range(2))
    assert first is second
