"""The configuration's versions and open reports: which counts for every process, and who made it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import asdict
from hashlib import sha256
from typing import Any

from peewee import CharField, IntegerField, JSONField, TextField, fn

from core.data.db import Base, TimeField, before_commit, db, fetch, first, is_sqlite, kept, now, transaction
from core.errors import Problem


class ConfigVersion(Base):
    """One state of one configuration document. The greatest id is the version that counts."""

    document = CharField(index=True)
    content = TextField()
    hash = CharField()
    author = CharField()
    note = CharField(default="")
    created = TimeField(default=now)


class ConfigReport(Base):
    """What is wrong with a document as it stands on disk, until it is mended."""

    document = CharField(unique=True)
    problems = JSONField(default=list)
    created = TimeField(default=now)
    seen = IntegerField(default=1)


COLUMNS = (ConfigVersion.id, ConfigVersion.document, ConfigVersion.content, ConfigVersion.hash,
           ConfigVersion.author, ConfigVersion.note, ConfigVersion.created)


def latest() -> int:
    """Give the number of the version that counts, 0 before the first."""
    rows = kept(("versions.latest",), lambda: ConfigVersion.select(fn.MAX(ConfigVersion.id).alias("version")))
    return int(rows[0].version or 0)


def heads() -> list[Any]:
    """Give the newest version of every document, oldest first."""
    newest = ConfigVersion.select(fn.MAX(ConfigVersion.id)).group_by(ConfigVersion.document)
    return fetch(ConfigVersion.select(*COLUMNS).where(ConfigVersion.id.in_(newest)).order_by(ConfigVersion.id))


def since(version: int) -> list[Any]:
    """Give all versions after this one, oldest first."""
    return fetch(ConfigVersion.select(*COLUMNS).where(ConfigVersion.id > version).order_by(ConfigVersion.id))


def history(limit: int = 50, before: int | None = None, document: str | None = None) -> list[Any]:
    """Give versions, of one document if asked, newest first; only those before a number if asked."""
    query = ConfigVersion.select(*COLUMNS).order_by(ConfigVersion.id.desc()).limit(limit)
    query = query if document is None else query.where(ConfigVersion.document == document)
    return fetch(query if before is None else query.where(ConfigVersion.id < before))


def version(number: int) -> Any | None:
    """Give one version, or None."""
    return first(ConfigVersion.select(*COLUMNS).where(ConfigVersion.id == number))


def before(document: str, number: int) -> Any | None:
    """Give the version of a document that counted before this one, or None."""
    return first(ConfigVersion.select(*COLUMNS).where(
        ConfigVersion.document == document, ConfigVersion.id < number).order_by(ConfigVersion.id.desc()))


@contextmanager
def _by_itself() -> Iterator[None]:
    """Keep the key of the form at hand out of what is written here: it belongs to the form's own change."""
    token = before_commit.set(None)
    try:
        yield
    finally:
        before_commit.reset(token)


def append(document: str, content: str, author: str, note: str = "",
           also: Callable[[int], None] | None = None) -> int:
    """Publish a document's new state and give its version.

    `also` is called with it in the same transaction; without one, this is news from outside (a hand edit) that
    is stored by itself, whatever form is being answered.
    """
    with nullcontext() if also else _by_itself(), transaction():
        if not is_sqlite():  # a number that is given later must not be seen earlier
            db.execute_sql("LOCK TABLE config_version IN EXCLUSIVE MODE")
        number = int(ConfigVersion.insert(document=document, content=content, author=author, note=note,
                                          hash=sha256(content.encode()).hexdigest()).execute())
        if also:
            also(number)
        return number


def report(document: str, problems: Sequence[Problem]) -> None:
    """Remember what is wrong with a document; an empty list says it is mended."""
    told = [asdict(problem) for problem in problems]
    with _by_itself(), transaction():
        if not told:
            ConfigReport.delete().where(ConfigReport.document == document).execute()
            return
        ConfigReport.insert(document=document, problems=told).on_conflict(
            conflict_target=[ConfigReport.document],
            update={ConfigReport.problems: told, ConfigReport.created: now()}).execute()


def problems() -> list[Problem]:
    """Give all that is reported, in the order of documents."""
    rows = fetch(ConfigReport.select(ConfigReport.problems).order_by(ConfigReport.document))
    return [Problem(**told) for row in rows for told in row.problems]
