"""Pages of a PDF (ISO 32000) as pictures: a confined program opens what people upload, never a browser."""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
import tempfile
import threading
from importlib.util import find_spec
from pathlib import Path
from typing import BinaryIO

from core.data.pictures import thumbnail
from core.errors import FieldError, Invalid, Unavailable

AVAILABLE = find_spec("typst") is not None
"""Whether the extra `pdf` is installed: without it no page is drawn."""

PDF = "application/pdf"
MOST = 40
"""Pages of one file that are drawn; the whole of it is a download."""

LARGEST = 25 * 1024 * 1024
LONGEST = 15.0
"""Seconds that a page may take, on a busy machine; most need less than one."""

COUNTING = 5.0
"""Seconds that counting may take: somebody waits for their upload."""

WAIT = 20.0
_turn = threading.Lock()
_DRAWER = Path(__file__).with_name("sheet_drawer.py")


def count(stream: BinaryIO, size: int) -> int:
    """Count the pages of a PDF that can be drawn, at most `MOST`; 0 where none can."""
    if not AVAILABLE or size > LARGEST:
        return 0
    try:
        return int(_asked(stream, "count", str(MOST), seconds=COUNTING) or 0)
    except (Invalid, Unavailable, ValueError):
        return 0


def draw(stream: BinaryIO, page: int, side: int) -> bytes:
    """Draw a page with its longer side so many pixels, as WebP.

    Raises Invalid where there is no such page or the file is broken, Unavailable where others keep this process
    busy.
    """
    if not AVAILABLE or not 1 <= page <= MOST:
        raise _unfit("no such page")
    return thumbnail(io.BytesIO(_asked(stream, "draw", str(page), str(side))), side)


def _asked(stream: BinaryIO, *words: str, seconds: float = LONGEST) -> bytes:
    """Let the program do its work in a folder that holds nothing but the file."""
    if not _turn.acquire(timeout=WAIT):
        raise Unavailable("Many pages are being drawn. Please try again in a minute.")
    try:
        with tempfile.TemporaryDirectory(prefix="parlour-sheet-") as folder:
            with (Path(folder) / "sheet.pdf").open("wb") as target:
                shutil.copyfileobj(stream, target)
            done = subprocess.run(  # noqa: S603 - our own program, with numbers for arguments
                [sys.executable, "-I", str(_DRAWER), folder, *words], cwd=folder, env={}, check=False,
                stdin=subprocess.DEVNULL, capture_output=True, timeout=seconds)
    except subprocess.TimeoutExpired as error:
        raise _unfit("it took too long") from error
    finally:
        _turn.release()
    if done.returncode:
        raise _unfit(done.stderr.decode(errors="replace").strip()[-300:])
    return done.stdout


def _unfit(why: str) -> Invalid:
    return Invalid([FieldError("", "This page cannot be shown. Please download the file.", "sheet")], hint=why)
