"""`make translations`: bring every translators' file up to date and name what still lacks a translation."""

from __future__ import annotations

import sys
from pathlib import Path

from core.look import catalogues, proofread

LANGUAGES = ("de", "ar")
"""What the shipped texts are translated into; the source is English."""


def rooms(root: Path) -> list[Path]:
    """Give the folders that have a `locale` of their own: the host as one, and each plugin outside of it."""
    plugins = sorted((root / "plugins").glob("*/plugin.yaml"))
    return [root / "core", *(manifest.parent for manifest in plugins)]


def main(root: Path) -> int:
    """Update, then check; exit code 1 when something is missing or broken."""
    problems = 0
    for room in rooms(root):
        name = room.relative_to(root)
        for path in catalogues.update(room, LANGUAGES):
            print(f"updated {path.relative_to(root)}")
        for problem in proofread.check(room, LANGUAGES):
            problems += 1
            print(f"{name / problem.file}:{problem.line}: {problem.message} {problem.hint}".rstrip(),
                  file=sys.stderr)
    print(f"{problems} to do" if problems else "every text has its translations")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(Path(__file__).resolve().parents[1]))
