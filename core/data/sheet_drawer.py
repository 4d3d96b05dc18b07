"""Draws one page of a PDF, or counts them: a program of its own, without network, that reads one file and ends.

Run as `python -I sheet_drawer.py FOLDER count MOST` or `draw PAGE SIDE`; the file is `sheet.pdf` in FOLDER.
"""

from __future__ import annotations

import ctypes
import resource
import sys
from importlib import import_module
from typing import Any

MEMORY = 2 * 1024**3
SECONDS = 15
NO_NETWORK = 0x10000000 | 0x40000000
"""CLONE_NEWUSER and CLONE_NEWNET of Linux."""

DRAWN = """#set page(width: auto, height: auto, margin: 0pt)
#context {
  let whole = measure(image("sheet.pdf", page: %(page)d))
  let scale = calc.min(%(side)dpt / whole.width, %(side)dpt / whole.height)
  image("sheet.pdf", page: %(page)d, width: whole.width * scale)
}
"""


def confine() -> None:
    """Bound memory and time, write nothing, and leave the network where the system lets a program do so."""
    for what, most in ((resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_CPU, SECONDS), (resource.RLIMIT_FSIZE, 0),
                       (resource.RLIMIT_CORE, 0)):
        resource.setrlimit(what, (most, most))
    ctypes.CDLL(None).unshare(NO_NETWORK)


def drawn(typst: Any, folder: str, page: int, side: int) -> bytes:
    """Draw a page so that its longer side has `side` pixels; raises whatever it finds wrong with the file."""
    source = DRAWN % {"page": page, "side": side}
    made: bytes = typst.compile(source.encode(), root=folder, format="png", ppi=72, ignore_system_fonts=True)
    return made


def counted(typst: Any, folder: str, most: int) -> int:
    """Count pages, at most so many: 0 where nothing can be drawn."""
    def there(page: int) -> bool:
        try:
            return bool(drawn(typst, folder, page, 8))
        except Exception:  # noqa: BLE001 - a broken file raises anything
            return False

    low, high = 0, 1
    while high <= most and there(high):
        low, high = high, high * 2
    high = min(high, most + 1)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if there(middle) else (low, middle)
    return low


def main(folder: str, act: str, first: str, second: str = "0") -> None:
    """Do what was asked and write it to the standard output."""
    typst = import_module("typst")
    confine()
    if act == "count":
        sys.stdout.write(str(counted(typst, folder, int(first))))
    else:
        sys.stdout.buffer.write(drawn(typst, folder, int(first), int(second)))


if __name__ == "__main__":
    main(*sys.argv[1:])
