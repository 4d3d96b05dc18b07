"""Migrations forth and back: what they make is what the models say, and nothing is left when they are gone."""

from __future__ import annotations

from collections.abc import Iterator

from playhouse.migrations import Runner

from core.data import tables
from core.data.db import db
from core.data.guard import schema_work
from core.host import modules
from core.host.checks.rules import Finding
from core.host.checks.subject import Subject


def check(subject: Subject) -> Iterator[Finding]:
    """Take a plugin's migrations back and forth; the rehearsal's database is of no use to it afterwards."""
    before = _own(subject)
    for table, said in sorted(modules.columns_of(subject.id).items()):
        missing = said - before.get(table, set())
        if table not in before:
            yield Finding("PC15", table, "No migration makes this table.")
        elif missing:
            yield Finding("PC15", table, f"No migration makes the column {', '.join(sorted(missing))}.")
    folder = subject.path / "migrations"
    if not folder.is_dir():
        return
    try:
        with schema_work(), tables.without_keys():
            runner = Runner(db.obj, str(folder), table_name=f"migrations_{subject.id}")
            while any(one.applied for one in runner.status()):
                runner.down()
            for table in sorted(_own(subject)):
                yield Finding("PC15", table, "It is still there when all migrations have gone back.")
            runner.up()
    except Exception as error:  # noqa: BLE001 - whatever it is, the author has to know
        yield Finding("PC15", "migrations", f"Going back and forth failed: {type(error).__name__}: {error}")
        return
    after = _own(subject)
    for table in sorted(before):
        if after.get(table) != before[table]:
            yield Finding("PC15", table, "Gone back and forth, it is another table than before.")


def _own(subject: Subject) -> dict[str, set[str]]:
    return {table: columns for table, columns in tables.columns().items() if table.startswith(f"{subject.id}_")}
