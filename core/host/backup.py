"""The command `parlour backup`: database and files as one consistent pair, while the portal runs."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any

import click

from core.data import dump
from core.data import migrate as migrations
from core.data.db import is_sqlite, now
from core.errors import ParlourError
from core.host import archive
from core.host.archive import Part
from core.host.console import json_option, portal_option, say
from core.host.portal import HOST_MIGRATIONS, Portal, assemble, migration_folders

FILE_TABLE = "file"


@click.command()
@portal_option
@click.argument("target", metavar="FILE", type=click.Path(path_type=Path))
@json_option
def backup(folder: Path, target: Path, as_json: bool) -> None:
    """Write everything into FILE: rows, files, configuration, secret.

    The portal may run. FILE can read everybody's data and sign tokens: it is written for you alone (0600). The
    code of plugins is not in it.
    """
    if target.exists():
        raise ParlourError(f"{target} is there already.", hint="Choose another name; none is ever overwritten.")
    portal = assemble(folder, may_migrate=False, early=True)
    told = make(portal, target)
    say(told if as_json else shown(told), as_json)
    for name in told["missing"]:
        click.echo(f"missing on the disk, so not in the backup: {name}", err=True)
    if told["missing"]:
        raise SystemExit(1)


def shown(told: dict[str, Any]) -> dict[str, Any]:
    """Give what was written or brought back as people want to read it: sums."""
    return {name: sum(value.values()) if name == "rows" else value for name, value in told.items() if value != []}


def make(portal: Portal, target: Path) -> dict[str, Any]:
    """Write a backup and say what is in it. Raises ParlourError; nothing is left of a backup that failed."""
    part = target.with_name(f"{target.name}.part")
    with _workplace(portal) as work:
        parts, paths, told = _collect(portal, work)
        manifest = {"format": archive.FORMAT, "made_by": version("parlour"), "made": now().isoformat(),
                    "engine": "sqlite" if is_sqlite() else "postgresql", "migrations": applied(portal),
                    "columns": told.pop("columns"), "rows": told["rows"],
                    "parts": [{"name": one.name, "size": one.size, "sha256": one.sha256} for one in parts]}
        try:
            descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as handle:
                writer = archive.Writer(handle, manifest)
                for one in parts:
                    writer.add(one, paths[one.name])
                writer.close()
                handle.flush()
                os.fsync(handle.fileno())
            part.rename(target)
        except OSError as error:
            raise ParlourError(f"{target} could not be written: {error}.") from error
        finally:
            part.unlink(missing_ok=True)
    return {"file": str(target), "bytes": target.stat().st_size, **told}


def applied(portal: Portal) -> dict[str, list[str]]:
    """Give the migrations that made the tables, by plugin."""
    folders = HOST_MIGRATIONS | migration_folders(portal.plugins.manifests)
    return {status.name: list(status.applied) for status in migrations.status(folders)}


@contextmanager
def _workplace(portal: Portal) -> Iterator[Path]:
    """Give a folder beside the stored files, so that they can be linked; it goes whatever happens."""
    for old in portal.files.root.glob("backup-*"):
        with suppress(OSError):
            if old.stat().st_mtime < now().timestamp() - 24 * 3600:
                shutil.rmtree(old, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix="backup-", dir=portal.files.root) as folder:
        yield Path(folder)


def _collect(portal: Portal, work: Path) -> tuple[list[Part], dict[str, Path], dict[str, Any]]:
    """Fix one state: rows first, then the files. A file is there before its row, so none can be missing."""
    paths = _config(portal)
    rows, columns = {}, {}
    tables: list[Part] = []
    stored: dict[str, Path] = {}
    _link(portal, work / "stored", stored)
    with dump.snapshot():
        _link(portal, work / "stored", stored)
        for table in dump.tables():
            name = f"tables/{table}.jsonl"
            columns[table] = dump.columns(table)
            paths[name] = work / f"{table}.jsonl"
            rows[table] = _write_table(table, paths[name])
            tables.append(Part(name, *archive.digest(paths[name])))
    parts = [Part(name, *archive.digest(path)) for name, path in paths.items() if name.startswith("config/")]
    missing = sorted(_wanted(paths, columns) - set(stored))
    for key, path in sorted(stored.items()):
        paths[f"files/{key}"] = path
        parts.append(Part(f"files/{key}", *archive.digest(path)))
    return [*parts, *tables], paths, {"rows": rows, "files": len(stored), "missing": missing, "columns": columns}


def _write_table(table: str, path: Path) -> int:
    count = 0
    with path.open("w", encoding="utf-8") as handle:
        for row in dump.rows(table):
            handle.write(json.dumps(row, ensure_ascii=False) + "\n")
            count += 1
    return count


def _wanted(paths: dict[str, Path], columns: dict[str, list[str]]) -> set[str]:
    """Give the stored names that rows point at."""
    if FILE_TABLE not in columns:
        return set()
    place = columns[FILE_TABLE].index("stored")
    with paths[f"tables/{FILE_TABLE}.jsonl"].open(encoding="utf-8") as handle:
        return {json.loads(line)[place] for line in handle}


def _link(portal: Portal, folder: Path, held: dict[str, Path]) -> None:
    """Hold on to every stored file there is by now, so that none can go while the archive is written.

    Once before the state is fixed and once after: whatever a row of that state points at was there at one of them.
    """
    folder.mkdir(exist_ok=True)
    for key in portal.files.keys():  # noqa: SIM118 - a store is no dict
        if key in held:
            continue
        source, place = portal.files.root / key[:2] / key[2:4] / key, folder / key
        try:
            os.link(source, place)
        except FileNotFoundError:
            continue
        except OSError:  # a file system without links
            shutil.copyfile(source, place)
        held[key] = place


def _config(portal: Portal) -> dict[str, Path]:
    """Give the files that say how the portal is set up, under their names in the archive."""
    place = portal.place
    found = {"config/portal.yaml": place.folder / "portal.yaml"}
    if (place.state / "secret").is_file():
        found["config/secret"] = place.state / "secret"
    for path in sorted((place.folder / "tenants").glob("*.yaml")):
        found[f"config/tenants/{path.name}"] = path
    for path in sorted((place.folder / "themes").rglob("*")):
        if path.is_file() and not path.is_symlink():
            found[f"config/themes/{path.relative_to(place.folder / 'themes').as_posix()}"] = path
    odd = next((name for name in found if not archive.fits(name)), None)
    if odd:
        raise ParlourError(f"{odd.removeprefix('config/')} has a name a backup cannot hold.",
                           hint="Use letters, digits, dots, - and _, fewer than 90 in all.")
    return found
