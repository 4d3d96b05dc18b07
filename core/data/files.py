"""Files stored under names we choose: whole or not at all, found by key, never by the name people gave."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import re
import secrets
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from core.data.filetypes import clean_name, disposition, kind
from core.data.pictures import THUMBNAIL_TYPE, measure, thumbnail
from core.errors import NotFound, StorageFull, TooLarge, Unavailable

__all__ = ["HEAD", "THUMBNAIL_TYPE", "Readable", "Store", "Stored", "clean_name", "disposition", "kind",
           "measure", "thumbnail"]

PIECE = 64 * 1024
"""Bytes read and written at a time; no file is ever held in memory as a whole."""

HEAD = 4096
"""First bytes of a file that are kept to tell its type."""

ABANDONED = 60.0
"""Seconds after which a part of an upload whose process is gone may be removed."""

_KEY = re.compile(r"[0-9a-f]{32}")
_SHARD = re.compile(r"[0-9a-f]{2}")


class Readable(Protocol):
    """Anything bytes can be read from: an open file, an upload, a socket's body."""

    def read(self, size: int, /) -> bytes:
        """Give at most `size` bytes, none at the end."""


@dataclass(frozen=True)
class Stored:
    """What was stored: the key to find it by, its size in bytes, its SHA-256 in hex and its first bytes."""

    key: str
    size: int
    sha256: str
    head: bytes


@contextmanager
def _writing() -> Iterator[None]:
    """Say in our words why the disk refuses: full, or away for now."""
    try:
        yield
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise StorageFull("There is no room for files at the moment. Please try again later.",
                              hint=f"The disk that holds the files is full: {error}") from error
        raise Unavailable("Files cannot be stored at the moment. Please try again in a minute.",
                          hint=f"The folder for files cannot be used: {error}") from error


def _sync(folder: Path) -> None:
    """Make the names in a folder survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class Store:
    """A folder of files, each under a random key of 128 bits: `ab/cd/abcd...`.

    `root` is made if it is missing. Several processes may use one folder at once.
    """

    def __init__(self, root: Path) -> None:
        root.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.root = root.resolve(strict=True)
        self._parts = self.root / "tmp"

    def put(self, stream: Readable, *, limit: int, key: str | None = None) -> Stored:
        """Store what a stream gives, at most `limit` bytes; under its old `key` where a backup comes back.

        When this returns, the file is on the disk under its key. When it raises, nothing is left of it:
        TooLarge past the limit, StorageFull without room, Unavailable if the folder cannot be used, or
        whatever reading the stream raises.
        """
        key = key or secrets.token_hex(16)
        self._path(key)  # refuses what is no key of ours
        with _writing():
            self._parts.mkdir(mode=0o700, exist_ok=True)
            part = self._parts / key
            descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC,
                                 0o600)
        try:
            with _writing():
                fcntl.flock(descriptor, fcntl.LOCK_EX)  # held while we live: `sweep` leaves it alone
            stored = _copy(stream, descriptor, key, limit)
            with _writing():
                os.fsync(descriptor)
                self._settle(part, key)
        except BaseException:
            with suppress(OSError):
                part.unlink(missing_ok=True)
            raise
        finally:
            with suppress(OSError):  # what matters was synced above
                os.close(descriptor)
        return stored

    def _settle(self, part: Path, key: str) -> None:
        """Give a written file its final name, and make name and folders last."""
        folder = self._path(key).parent
        for one in (folder.parent, folder):
            with suppress(FileExistsError):
                one.mkdir(mode=0o700)
                _sync(one.parent)
        part.rename(self._path(key))
        _sync(folder)

    def _path(self, key: str) -> Path:
        """Say where a key's file lies. Raises NotFound for anything that is no key of ours."""
        if not _KEY.fullmatch(key):
            raise NotFound("This file is not there.")
        return self.root / key[:2] / key[2:4] / key

    def open(self, key: str) -> BinaryIO:
        """Open a file for reading; the caller closes it. Raises NotFound, also for links and odd keys."""
        path = self._path(key)
        try:
            if path.parent.resolve(strict=True) != path.parent:
                raise NotFound("This file is not there.")
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            if error.errno in {errno.EMFILE, errno.ENFILE, errno.EIO, errno.EACCES}:
                raise Unavailable("This file cannot be opened at the moment. Please try again in a minute.",
                                  hint=f"Opening a stored file failed: {error}") from error
            raise NotFound("This file is not there.") from error
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise NotFound("This file is not there.")
        return os.fdopen(descriptor, "rb", buffering=PIECE)

    def remove(self, key: str) -> None:
        """Remove a file; one that is gone already is fine. Raises NotFound for what is no key of ours."""
        self._path(key).unlink(missing_ok=True)

    def keys(self) -> Iterator[str]:
        """Give the key of every stored file, in no particular order."""
        for first in _folders(self.root):
            for second in _folders(first):
                with os.scandir(second) as entries:
                    for entry in entries:
                        if _KEY.fullmatch(entry.name) and entry.is_file(follow_symlinks=False):
                            yield entry.name

    def sweep(self, known: Callable[[str], bool], older_than: float) -> int:
        """Remove what nobody knows: files without a row, and parts of uploads that broke off.

        `known` says whether a key stands in the database. `older_than` is in seconds and has to be longer
        than any transaction, because a file is there before its row. Returns how many were removed.
        """
        latest, removed = time.time() - older_than, 0
        for key in self.keys():
            path = self._path(key)
            with suppress(FileNotFoundError):
                if path.lstat().st_mtime < latest and not known(key):
                    path.unlink()
                    removed += 1
        return removed + self._sweep_parts()

    def _sweep_parts(self) -> int:
        """Remove parts of uploads that no living process is writing."""
        removed = 0
        for part in self._parts.iterdir() if self._parts.is_dir() else ():
            with suppress(OSError):
                if part.lstat().st_mtime < time.time() - ABANDONED and _unlocked(part):
                    part.unlink()
                    removed += 1
        return removed


_here: list[Store] = []


def use(store: Store) -> None:
    """Make this the store of the process, for work outside of a request."""
    _here[:] = [store]


def here() -> Store:
    """Give the store of the process. Raises Unavailable where a portal has not been put together."""
    if not _here:
        raise Unavailable("Files cannot be stored at the moment. Please try again in a minute.")
    return _here[0]


def _unlocked(part: Path) -> bool:
    """Say whether nobody holds the lock of a part; raises OSError if it cannot be opened."""
    descriptor = os.open(part, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)
    return True


def _folders(folder: Path) -> list[Path]:
    """List the shards in a folder, links left out."""
    with os.scandir(folder) as entries:
        return [folder / entry.name for entry in entries
                if _SHARD.fullmatch(entry.name) and entry.is_dir(follow_symlinks=False)]


def _copy(stream: Readable, descriptor: int, key: str, limit: int) -> Stored:
    """Write a stream to an open file, piece by piece, counting and hashing."""
    size, digest, head = 0, hashlib.sha256(), b""
    while piece := stream.read(PIECE):
        size += len(piece)
        if size > limit:
            raise TooLarge("This file is too large. Please send a smaller one.",
                           hint=f"The limit is {limit} bytes.")
        digest.update(piece)
        if len(head) < HEAD:
            head += piece[:HEAD - len(head)]
        rest = memoryview(piece)
        while rest:
            with _writing():
                rest = rest[os.write(descriptor, rest):]
    return Stored(key, size, digest.hexdigest(), head)
