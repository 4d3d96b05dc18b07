"""Rows that do not fit into memory: sorted, joined and counted in a private file that vanishes with us."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from typing import Any


class Spill:
    """A temporary database of one process. Its file has no name: nothing is left behind, even by kill -9."""

    def __init__(self) -> None:
        self._db = sqlite3.connect("", isolation_level=None)
        self._db.execute("PRAGMA journal_mode = off")
        self._db.execute("PRAGMA cache_size = -8000")
        self._db.execute("CREATE TABLE kept (shelf TEXT, key TEXT, place INTEGER, file TEXT, line INTEGER, "
                         "cells TEXT, taken TEXT DEFAULT '')")
        self._db.execute("CREATE INDEX kept_key ON kept (shelf, key, place)")
        self._db.execute("CREATE TABLE word (list TEXT, value TEXT, place INTEGER, PRIMARY KEY (list, value)) "
                         "WITHOUT ROWID")
        self._db.execute("CREATE TABLE finding (outcome TEXT, step TEXT, file TEXT, line INTEGER, field TEXT, "
                         "reason TEXT)")
        self._db.execute("BEGIN")
        self._place = 0

    def close(self) -> None:
        """Forget everything."""
        self._db.close()

    def keep(self, shelf: str, key: str, file: str, line: int, cells: Mapping[str, Any]) -> None:
        """Put a row on a shelf under a key; rows of one key come back in the order they were put."""
        self._place += 1
        self._db.execute("INSERT INTO kept (shelf, key, place, file, line, cells) VALUES (?, ?, ?, ?, ?, ?)",
                         (shelf, key, self._place, file, line, json.dumps(cells)))

    def under(self, shelf: str, key: str) -> list[tuple[str, int, dict[str, Any]]]:
        """Give (file, line, cells) of every row under a key."""
        return [(file, line, json.loads(cells)) for file, line, cells in self._db.execute(
            "SELECT file, line, cells FROM kept WHERE shelf = ? AND key = ? ORDER BY place", (shelf, key))]

    def take(self, shelf: str, key: str) -> bool:
        """Mark the rows under a key as used; False where that was done before."""
        used = self._db.execute("SELECT 1 FROM kept WHERE shelf = ? AND key = ? AND taken = 'yes' LIMIT 1",
                                (shelf, key)).fetchone()
        if used is None:
            self._db.execute("UPDATE kept SET taken = 'yes' WHERE shelf = ? AND key = ?", (shelf, key))
        return used is None

    def left(self, shelf: str) -> Iterator[tuple[str, int, str]]:
        """Give (file, line, key) of the rows of a shelf that nobody took."""
        yield from self._db.execute("SELECT file, line, key FROM kept WHERE shelf = ? AND taken = '' "
                                    "ORDER BY place", (shelf,))

    def add_word(self, name: str, value: str) -> bool:
        """Put a value on a list; False where it stands there already."""
        return self._db.execute("INSERT OR IGNORE INTO word (list, value) VALUES (?, ?)",
                                (name, value)).rowcount > 0

    def number_words(self, name: str) -> int:
        """Sort a list by code points and number its values from 0; give how many there are."""
        self._db.execute(
            "UPDATE word SET place = sorted.place FROM (SELECT value, row_number() OVER (ORDER BY value) - 1 "
            "AS place FROM word WHERE list = ?) AS sorted WHERE word.list = ? AND word.value = sorted.value",
            (name, name))
        return int(self._db.execute("SELECT count(*) FROM word WHERE list = ?", (name,)).fetchone()[0])

    def word_place(self, name: str, value: str) -> int | None:
        """Give the number of a value in its sorted list, or None where it does not stand there."""
        found = self._db.execute("SELECT place FROM word WHERE list = ? AND value = ?",
                                 (name, value)).fetchone()
        return None if found is None else int(found[0])

    def note(self, outcome: str, step: str, file: str, line: int, field: str, reason: str) -> None:
        """Write down what became of a row that was not simply imported."""
        self._db.execute("INSERT INTO finding VALUES (?, ?, ?, ?, ?, ?)",
                         (outcome, step, file, line, field, reason))

    def notes(self, outcome: str, limit: int = -1) -> Iterator[tuple[str, str, int, str, str]]:
        """Give (step, file, line, field, reason) of the rows with an outcome, in the order they came."""
        yield from self._db.execute("SELECT step, file, line, field, reason FROM finding WHERE outcome = ? "
                                    "ORDER BY rowid LIMIT ?", (outcome, limit))
