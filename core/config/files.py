"""Configuration files on disk: read as they are, replaced whole or not at all, one change at a time."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from core.config.loader import MAX_BYTES, read
from core.errors import ConfigError, Problem, Refused, StorageFull

_READ_ONLY = "cannot be written here. Change it where it comes from."


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold a folder for one change at a time, over all processes and threads of this machine."""
    with _opened(folder) as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def mark(path: Path) -> tuple[int, ...]:
    """Give what changes when a file changes, times in nanoseconds first; () if it is not there."""
    try:
        found = path.stat()
    except OSError:
        return ()
    return found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino


def load(path: Path, name: str) -> str:
    """Read a file as it is, byte order mark and line ends included.

    Raises ConfigError for one that is gone, is no plain file, is larger than 1 MB or is not UTF-8.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK)  # a pipe must not hold us up
    except OSError as error:
        gone = isinstance(error, FileNotFoundError)
        message = "The file is gone; what it said last still holds." if gone else f"{error.strerror}."
        hint = "Put it back." if gone else "Make it readable for the portal."
        raise ConfigError([Problem(name, 0, 0, "", message, hint)]) from None
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise ConfigError([Problem(name, 0, 0, "", "This is not a plain file.")])
    with os.fdopen(handle, "rb") as stream:
        data = stream.read(MAX_BYTES + 1)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        read(data, name, {})  # raises, naming line and byte
        raise


def writable(path: Path) -> bool:
    """Tell if a file may be replaced: it and its folder, and not only because we are root."""
    real = path.resolve()
    allowed = not real.exists() or bool(real.stat().st_mode & 0o222 and os.access(real, os.W_OK))
    return allowed and os.access(real.parent, os.W_OK)


def replace(path: Path, name: str, text: str) -> None:
    """Write aside, sync, rename, sync the folder: after a power cut there is the old file or the new.

    A symbolic link stays one: what it points at is replaced. Raises Refused for what is read-only here and
    StorageFull when there is no space.
    """
    target = path.resolve()
    if target.exists() and not writable(target):
        raise Refused(f"{name} {_READ_ONLY}")
    aside = target.with_name(f".{target.name}.new")
    try:
        target.parent.mkdir(exist_ok=True)
        with aside.open("wb") as stream:
            stream.write(text.encode("utf-8"))
            stream.flush()
            if target.exists():
                os.fchmod(stream.fileno(), stat.S_IMODE(target.stat().st_mode))
            os.fsync(stream.fileno())
        aside.replace(target)
        _sync(target.parent)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StorageFull(f"There is no space left to write {name}; nothing was changed.") from None
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            raise Refused(f"{name} {_READ_ONLY}") from None
        raise
    finally:
        with contextlib.suppress(OSError):
            aside.unlink(missing_ok=True)


def remove(path: Path, name: str) -> None:
    """Take a file away for good. Raises Refused for what is read-only here."""
    if not writable(path):
        raise Refused(f"{name} {_READ_ONLY}")
    path.unlink(missing_ok=True)
    _sync(path.parent)


def _sync(folder: Path) -> None:
    with _opened(folder) as handle:
        os.fsync(handle)


@contextlib.contextmanager
def _opened(folder: Path) -> Iterator[int]:
    handle = os.open(folder, os.O_RDONLY)
    try:
        yield handle
    finally:
        os.close(handle)
