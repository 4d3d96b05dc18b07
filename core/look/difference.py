"""What changed between two texts, passage by passage and word by word, in bounded time."""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Sequence

Piece = tuple[str, str]

AROUND = 2
"""Lines that stay in sight before and after a change."""

WORK = 100_000_000
"""Steps that a comparison may take at worst, about two seconds; passages beyond it are shown as a whole."""


def compare(old: str, new: str) -> list[Piece]:
    """Give what changed between two texts: (mark, text); a mark is "", "ins", "del" or "…" (lines left out)."""
    before, after, told = old.splitlines(), new.splitlines(), list[Piece]()
    left = WORK - _steps(before, after, len(after) // 100 + 1)  # what stands there more often is passed over
    for tag, i1, i2, j1, j2 in _changed(before, after, left):
        if tag == "equal":
            told += _quiet(before[i1:i2], first=i1 == 0, last=i2 == len(before))
        else:
            found, left = _words("\n".join(before[i1:i2]), "\n".join(after[j1:j2]), left)
            told += [*found, ("", "\n")]
    return told


def _changed(before: list[str], after: list[str], left: int) -> Sequence[tuple[str, int, int, int, int]]:
    if before == after:
        return [("equal", 0, len(before), 0, len(after))]
    if left < 0:
        return [("replace", 0, len(before), 0, len(after))]
    return difflib.SequenceMatcher(None, before, after).get_opcodes()


def _steps(one: list[str], other: list[str], usual: int) -> int:
    """Say how many steps comparing takes at worst: each thing found looks at all that stands in both once more."""
    often = Counter(other)
    pairs = sum(often[word] for word in one if len(other) < 200 or often[word] <= usual)
    return min(len(one), len(other)) * (pairs + len(one))


def _quiet(same: list[str], *, first: bool, last: bool) -> list[Piece]:
    head, tail = (0 if first else AROUND), (0 if last else AROUND)
    if len(same) <= head + tail + 1:
        return [("", "\n".join(same) + "\n")]
    shown = [("", "\n".join(same[:head]) + "\n")] if head else []
    rest = [("", "\n".join(same[len(same) - tail:]) + "\n")] if tail else []
    return [*shown, ("…", str(len(same) - head - tail)), *rest]


def _words(old: str, new: str, left: int) -> tuple[list[Piece], int]:
    """Give what changed inside a passage, and how many steps are left for those that follow."""
    one, other = re.findall(r"\S+\s*|\s+", old), re.findall(r"\S+\s*|\s+", new)
    steps = _steps(one, other, len(other))
    if steps > left:
        return [(mark, text) for mark, text in (("del", old), ("ins", new)) if text], left
    told: list[Piece] = []
    for tag, i1, i2, j1, j2 in difflib.SequenceMatcher(None, one, other, autojunk=False).get_opcodes():
        gone, come = "".join(one[i1:i2]), "".join(other[j1:j2])
        told += [("", gone)] if tag == "equal" else [(m, t) for m, t in (("del", gone), ("ins", come)) if t]
    return told, left - steps
