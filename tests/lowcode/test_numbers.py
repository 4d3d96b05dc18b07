"""Numbers of a module: digits as it says, each year by itself, found however they are written, never twice."""

from __future__ import annotations

from core.data.records import YEAR, label, parse
from core.parts import Kind

YEARLY = Kind("quote", "quotes", "QUO", "Quote", width=4, yearly=True)
PLAIN = Kind("return", "returns", "RET", "Return", width=5)


def test_numbers_are_written_and_read_alike():
    assert label(PLAIN, 7) == "RET-00007" and parse(PLAIN, "ret-7") == 7 and parse(PLAIN, "RET-00007") == 7
    assert label(YEARLY, 2026 * YEAR + 12) == "QUO-2026-0012"
    for text in ("QUO-2026-0012", "quo-2026-12", "2026-0012"):
        assert parse(YEARLY, text) == 2026 * YEAR + 12
    for text in ("RET-2026-0012", "QUO-2026-0", "QUO-1999-1", "QUO-2026-1234567", "QUO-2026-", "2026-12 "):
        assert parse(YEARLY, text) is None
    assert label(YEARLY, 3) == "QUO-0003" and parse(YEARLY, "QUO-0003") == 3, "from before years counted"
