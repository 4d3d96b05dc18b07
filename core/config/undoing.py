"""Taking one earlier change of a text back and leaving what was changed since, line by line."""

from __future__ import annotations

from difflib import SequenceMatcher


def taken_back(before: str, after: str, now: str) -> str | None:
    """Give `now` without the change that once made `after` of `before`, None where its lines are others by now.

    What the change wrote has to stand in `now` as it was written; what it took away has to have the same lines on
    both sides as it had then.
    """
    old, new, current = (text.splitlines(keepends=True) for text in (before, after, now))
    place: dict[int, int] = {-1: -1, len(new): len(current)}
    for start, there, size in SequenceMatcher(None, new, current, autojunk=False).get_matching_blocks():
        place |= {start + step: there + step for step in range(size)}
    found = []
    for tag, old_start, old_end, start, end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        if end > start:
            lines = [place.get(line) for line in range(start, end)]
            if None in lines or lines != list(range(lines[0] or 0, (lines[0] or 0) + len(lines))):
                return None
            found.append((place[start], place[start] + end - start, old[old_start:old_end]))
        else:
            above, below = place.get(start - 1), place.get(start)
            if above is None or below != above + 1:
                return None
            found.append((below, below, old[old_start:old_end]))
    for first, last, lines_then in reversed(found):
        current[first:last] = lines_then
    return "".join(current)
