"""The file a backup is: a gzipped tar of plain files with a manifest first; read with limits before expansion."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import re
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from core.errors import ParlourError, TooLarge

FORMAT = 1
MANIFEST = "manifest.json"
MAX_MANIFEST = 64 * 1024 * 1024
MAX_MEMBERS = 2_000_000
MAX_RATIO = 250
"""How many bytes may come out of one byte of the archive; ours stay far below, a bomb does not."""

FREE_BYTES = 64 * 1024 * 1024
"""Bytes that may come out before the ratio counts."""

MAX_ROW = 32 * 1024 * 1024
PIECE = 256 * 1024
BLOCK = 512
"""Bytes of one block of a tar file (POSIX.1-1988 ustar)."""

_NAME = re.compile(r"config/(?:portal\.yaml|secret|tenants/[a-z0-9][a-z0-9-]{0,62}\.yaml"
                   r"|themes/(?:[A-Za-z0-9_][A-Za-z0-9_. -]*/)*[A-Za-z0-9_][A-Za-z0-9_. -]*)"
                   r"|files/[0-9a-f]{32}|tables/[a-z_][a-z0-9_]{0,62}\.jsonl")


@dataclass(frozen=True)
class Part:
    """One file of an archive, as its manifest announces it."""

    name: str
    size: int
    sha256: str


def fits(name: str) -> bool:
    """Say whether a name may stand in an archive: no way out of its folder, nothing we do not know."""
    return bool(_NAME.fullmatch(name)) and len(name) <= 99


def digest(path: Path) -> tuple[int, str]:
    """Give size and SHA-256 of a file."""
    size, found = 0, hashlib.sha256()
    with path.open("rb") as handle:
        while piece := handle.read(PIECE):
            size += len(piece)
            found.update(piece)
    return size, found.hexdigest()


class Writer:
    """Writes an archive to an open file: the manifest, then the parts in its order.

    Rows are packed; stored files are not (most are packed already), so that what comes out of an archive of ours
    is never far more than what lies in it.
    """

    def __init__(self, target: BinaryIO, manifest: dict[str, Any]) -> None:
        self._target = target
        text = json.dumps(manifest, ensure_ascii=False).encode()
        self._add(Part(MANIFEST, len(text), ""), io.BytesIO(text))

    def add(self, part: Part, path: Path) -> None:
        """Add a part. Raises ParlourError if the file is not what the manifest says any more."""
        with path.open("rb") as handle:
            if self._add(part, handle) != part.sha256 or handle.read(1):
                raise ParlourError(f"{part.name} changed while it was copied. Try again.")

    def _add(self, part: Part, handle: BinaryIO) -> str:
        """Write one part as gzip of its own (RFC 1952, 2.2: one may follow another), and give its SHA-256."""
        entry = tarfile.TarInfo(part.name)
        entry.size, entry.mode = part.size, 0o600
        found, left = hashlib.sha256(), part.size
        level = 0 if part.name.startswith("files/") else 6
        with gzip.GzipFile(fileobj=self._target, mode="wb", compresslevel=level, mtime=0, filename="") as packed:
            packed.write(entry.tobuf(tarfile.GNU_FORMAT))
            while left and (piece := handle.read(min(PIECE, left))):
                packed.write(piece)
                found.update(piece)
                left -= len(piece)
            packed.write(bytes(left + -part.size % BLOCK))
        return found.hexdigest()

    def close(self) -> None:
        """Write the end."""
        with gzip.GzipFile(fileobj=self._target, mode="wb", mtime=0, filename="") as packed:
            packed.write(bytes(2 * BLOCK))


class Member:
    """One part while it is read; what comes out is counted and hashed, and checked by `finish`."""

    def __init__(self, source: Reader, part: Part) -> None:
        self.part, self._source, self._left, self._hash = part, source, part.size, hashlib.sha256()
        self._finished = False

    def read(self, size: int = PIECE, /) -> bytes:
        """Give at most `size` bytes, none at the end."""
        piece = self._source.take(min(size, self._left, PIECE))
        self._left -= len(piece)
        self._hash.update(piece)
        return piece

    def lines(self) -> Iterator[bytes]:
        """Give the part line by line."""
        rest = b""
        while piece := self.read():
            *whole, rest = (rest + piece).split(b"\n")
            yield from whole
            if len(rest) > MAX_ROW:
                raise TooLarge(f"{self.part.name} holds a row longer than any row.")
        if rest:
            yield rest

    def finish(self) -> None:
        """Read what is left, once. Raises ParlourError where the content is not what was announced."""
        if self._finished:
            return
        self._finished = True
        while self._left:
            self.read()
        self._source.take(-self.part.size % BLOCK)
        if self._hash.hexdigest() != self.part.sha256:
            raise ParlourError(f"{self.part.name} in the backup is damaged.", hint="Take an older backup.")


class Reader:
    """Reads an archive once, front to end. Anything that is not exactly what we write is refused."""

    def __init__(self, source: BinaryIO, *, trusted: bool = False) -> None:
        """Read the manifest. Raises ParlourError where this is no backup of ours; `trusted` lifts the ratio."""
        self._raw, self._gzip, self._out = source, gzip.GzipFile(fileobj=source, mode="rb"), 0
        self._trusted = trusted
        name, size = self._header() or ("", 0)
        if name != MANIFEST or size > MAX_MANIFEST:
            raise ParlourError("This is no backup of Parlour.")
        try:
            self.manifest: dict[str, Any] = json.loads(self._whole(size))
            self.parts = tuple(Part(str(one["name"]), int(one["size"]), str(one["sha256"]))
                               for one in self.manifest["parts"])
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise ParlourError("The backup's list of contents cannot be read.") from error
        if self.manifest.get("format") != FORMAT:
            raise ParlourError("This backup was made by another version of Parlour.",
                               hint=f"Its form is {self.manifest.get('format')!r}, this version reads {FORMAT}.")
        wrong = next((part.name for part in self.parts if not fits(part.name) or part.size < 0), None)
        names = {part.name for part in self.parts}
        if wrong is not None or len(names) != len(self.parts) or len(names) > MAX_MEMBERS:
            raise ParlourError(f"The backup lists '{(wrong or '')[:80]}', which no backup of ours does.")

    @property
    def total(self) -> int:
        """Bytes that will come out, as the manifest says."""
        return sum(part.size for part in self.parts)

    def __iter__(self) -> Iterator[Member]:
        """Give the parts, in their order; each is finished before the next. Raises ParlourError."""
        for part in self.parts:
            if self._header() != (part.name, part.size):
                raise ParlourError(f"The backup does not hold {part.name} where it should.",
                                   hint="It was cut off or changed.")
            member = Member(self, part)
            yield member
            member.finish()
        if self._header() is not None:
            raise ParlourError("The backup holds more than it lists.")

    def take(self, size: int) -> bytes:
        """Give the next bytes, exactly so many. Raises TooLarge where far more comes out than lies in."""
        try:
            piece = self._gzip.read(size) if size else b""
        except (OSError, EOFError, ValueError) as error:
            raise ParlourError(f"The backup cannot be read to its end: {error}.") from error
        self._out += len(piece)
        if len(piece) < size:
            raise ParlourError("The backup ends too early: it was cut off.")
        if not self._trusted and self._out > FREE_BYTES and self._out > MAX_RATIO * max(1, self._raw.tell()):
            raise TooLarge("The backup expands to far more than backups do; it is not read further.",
                           hint="If you know where it comes from: --trust.")
        return piece

    def _whole(self, size: int) -> bytes:
        pieces, left = [], size
        while left:
            pieces.append(self.take(min(left, PIECE)))
            left -= len(pieces[-1])
        self.take(-size % BLOCK)
        return b"".join(pieces)

    def _header(self) -> tuple[str, int] | None:
        """Read one header: name and size of a plain file; None at the end. Links and the like are refused."""
        block = self.take(BLOCK)
        if block == bytes(BLOCK):
            return None
        try:
            entry = tarfile.TarInfo.frombuf(block, "utf-8", "strict")
        except (tarfile.HeaderError, UnicodeDecodeError) as error:
            raise ParlourError("This is no backup of Parlour.") from error
        if entry.type not in (tarfile.REGTYPE, tarfile.AREGTYPE):
            raise ParlourError(f"The backup holds '{entry.name[:80]}', which is no plain file.")
        return entry.name, entry.size
