"""Whether the database is the one this portal had, whole and not newer: looked at before anything is written."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from peewee import OperationalError

from core.data import db
from core.data.migrate import status
from core.errors import ParlourError

LONGEST = 3.0
"""Seconds that looking at every page of a file may take at a start; what is larger is looked at as far as that."""
MARK = "has-data"
"""The file in `var` that says this portal has had a database."""
ADVICE = ("Put the database back, or restore a backup with `parlour restore FILE`. To begin with an empty one "
          "instead, run `parlour migrate --new`.")


class Unsound(ParlourError):  # noqa: N818 - named after what the operator meets
    """The database is missing, damaged or newer than this Parlour: nothing is started on it."""

    code = "unsound"
    status = 503


def look(url: str, folder: Path, host: Mapping[str, Path]) -> None:
    """Look whether the portal in `folder` may use its database; `host` are the folders of the host's migrations.

    Called after `connect`. Makes nothing. Raises Unsound with what is wrong and what to do, and the
    database's own errors where it does not answer.
    """
    file, had = db.sqlite_path(url, folder), (folder / "var" / MARK).is_file()
    there = file is None or (file.is_file() and file.stat().st_size > 0)
    if not there:
        if had:
            state = "is empty" if file is not None and file.is_file() else "is not there"
            raise Unsound(f"The database of this portal {state}: {file}.", hint=ADVICE)
        return
    found = {one.name: one for one in status(dict(host))}
    if had and not any(one.applied for one in found.values()):
        raise Unsound(f"The database {url.rpartition('@')[2]} is empty; this portal has had data.", hint=ADVICE)
    for name, one in found.items():
        newer = sorted(set(one.applied) - {path.stem for path in host[name].glob("[0-9]*.py")})
        if newer:
            raise Unsound(f"The database was written by a newer Parlour ({', '.join(newer)}).",
                          hint="Start that version, or restore a backup made by this one.")


def remember(folder: Path) -> None:
    """Note that this portal has had a database; never fails a start."""
    mark = folder / "var" / MARK
    with contextlib.suppress(OSError):
        if not mark.exists():
            mark.parent.mkdir(parents=True, exist_ok=True)
            mark.write_text("This portal has had a database: a missing one is not made anew.\n")


def forget(folder: Path) -> None:
    """Allow an empty database to be made for this portal."""
    (folder / "var" / MARK).unlink(missing_ok=True)


def examine(url: str, folder: Path) -> None:
    """Have SQLite look at the pages of its file for at most LONGEST seconds. Raises Unsound."""
    file = db.sqlite_path(url, folder)
    if file is None or not file.is_file():
        return
    try:
        with contextlib.closing(sqlite3.connect(f"file:{quote(str(file))}?mode=rw", uri=True)) as beside:
            enough = threading.Timer(LONGEST, beside.interrupt)
            enough.start()
            try:
                found = [str(row[0]) for row in beside.execute("PRAGMA quick_check(3)").fetchall()]
            finally:
                enough.cancel()
                enough.join()
    except sqlite3.OperationalError as error:
        if "interrupted" in str(error):
            return
        raise OperationalError(str(error)) from error
    except sqlite3.DatabaseError as error:
        found = [str(error)]
    if found != ["ok"]:
        raise Unsound(f"The database {file} is damaged: {'; '.join(found)}.",
                      hint="Move it away with its -wal and -shm, then restore a backup: `parlour restore FILE`.")
