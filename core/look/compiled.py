"""Compiled templates on disk, so that a start does not compile what the last one has compiled."""

from __future__ import annotations

import hashlib
import importlib.metadata
import shutil
import sys
from contextlib import suppress
from pathlib import Path

from jinja2 import FileSystemBytecodeCache
from jinja2.bccache import Bucket

ROOM = Path(__file__).parent


def _version() -> str:
    """Name what compiled templates depend on besides their source: Python, Jinja, and how we set it up."""
    parts = [sys.version, importlib.metadata.version("jinja2")]
    parts += [(ROOM / name).read_text(encoding="utf-8") for name in ("compose.py", "i18n.py")]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


class Compiled(FileSystemBytecodeCache):
    """The compiled templates of one portal: only ever a help. What cannot be read or written is compiled."""

    def __init__(self, folder: Path) -> None:
        """Take the folder for it; what an older Parlour has left in there goes."""
        home = folder / _version()
        with suppress(OSError):
            home.mkdir(parents=True, exist_ok=True, mode=0o700)
            for other in folder.iterdir():
                if other != home:
                    shutil.rmtree(other, ignore_errors=True)
        super().__init__(str(home))

    def load_bytecode(self, bucket: Bucket) -> None:
        """Take what is there, if it is whole."""
        try:
            super().load_bytecode(bucket)
        except Exception:  # noqa: BLE001 - a file cut off in the middle can say anything
            bucket.reset()

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep what was compiled, where there is room."""
        with suppress(OSError):
            super().dump_bytecode(bucket)
