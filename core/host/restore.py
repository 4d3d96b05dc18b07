"""The command `parlour restore`: a backup comes back whole, or nothing changes."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from core.data import dump, index, people, scope
from core.data.files import Store
from core.errors import Conflict, NotFound, ParlourError
from core.host.archive import Member, Reader
from core.host.backup import applied, shown
from core.host.console import json_option, portal_option, say
from core.host.portal import Portal, assemble

RESERVE = 64 * 1024 * 1024
"""Bytes of the disk that stay free."""

MAX_CONFIG = 32 * 1024 * 1024


@click.command()
@portal_option
@click.option("--force", is_flag=True, help="Replace what is here. It is gone then.")
@click.option("--trust", is_flag=True, help="Read it even if it expands to far more than backups usually do.")
@click.argument("source", metavar="FILE", type=click.Path(path_type=Path))
@json_option
def restore(folder: Path, source: Path, force: bool, trust: bool, as_json: bool) -> None:
    """Bring back what `parlour backup` wrote into FILE.

    It may come from the other kind of database. portal.yaml, tenants/ and themes/ are put back where the folder
    has none; what is there stays. Everything happens in one transaction: others see the old state or the new.
    """
    try:
        with source.open("rb") as handle:
            told = bring_back(folder, Reader(handle, trusted=trust), force=force)
    except OSError as error:
        raise ParlourError(f"{source} cannot be read: {error.strerror or error}.") from error
    say(told if as_json else shown(told), as_json)


def bring_back(folder: Path, reader: Reader, *, force: bool) -> dict[str, Any]:
    """Restore an archive into a portal folder and say what came back. Raises ParlourError, changing nothing."""
    _room(folder, reader)
    members = iter(reader)
    config, following = _read_config(members)
    written = _write_config(folder, config)
    added: list[str] = []
    try:
        portal = assemble(folder, new=True)
        _check(portal, reader, force=force)
        told = _data(portal, reader, members, following, added)
    except BaseException:
        for path in written:
            path.unlink(missing_ok=True)
        if added:
            store = Store(portal.place.files)
            for key in added:
                store.remove(key)
        raise
    if "secret" in config:
        _write_secret(folder, config["secret"])
    return {**told, "configuration": [str(path.relative_to(folder)) for path in written]}


def _room(folder: Path, reader: Reader) -> None:
    """Refuse what cannot fit, before anything is expanded."""
    place = next(one for one in (folder, *folder.parents) if one.exists())
    free = shutil.disk_usage(place).free
    if reader.total * 2 + RESERVE > free:
        raise ParlourError(f"The backup needs about {reader.total * 2 // 1_000_000 + 64:,} MB, here are "
                           f"{free // 1_000_000:,} MB free.")


def _read_config(members: Iterator[Member]) -> tuple[dict[str, bytes], Member | None]:
    """Read the configuration, which comes first; give the member after it, too."""
    found: dict[str, bytes] = {}
    for member in members:
        if not member.part.name.startswith("config/"):
            return found, member
        if sum(map(len, found.values())) + member.part.size > MAX_CONFIG:
            raise ParlourError("The backup's configuration is larger than any configuration.")
        pieces = []
        while piece := member.read():
            pieces.append(piece)
        member.finish()
        found[member.part.name.removeprefix("config/")] = b"".join(pieces)
    return found, None


def _write_config(folder: Path, config: dict[str, bytes]) -> list[Path]:
    """Put back what the folder does not have; tenants and themes only with a portal.yaml that came back, too."""
    written: list[Path] = []
    if (folder / "portal.yaml").exists():
        return written
    for name, content in config.items():
        path = folder / name
        if name == "secret" or path.exists():
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        written.append(path)
    return written


def _write_secret(folder: Path, content: bytes) -> None:
    """Put the secret back that the data was signed with, for its owner alone."""
    aside = folder / "var" / "secret.restored"
    aside.unlink(missing_ok=True)
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as handle:
        handle.write(content)
    aside.rename(folder / "var" / "secret")


def _check(portal: Portal, reader: Reader, *, force: bool) -> None:
    """Refuse to mix versions, or to write over what is here."""
    theirs, ours = reader.manifest.get("migrations"), applied(portal)
    if theirs != ours:
        differing = sorted(name for name in {*ours, *theirs} if ours.get(name) != theirs.get(name)) \
            if isinstance(theirs, dict) else ["all"]
        raise Conflict(f"The backup was made by Parlour {reader.manifest.get('made_by')} with other tables "
                       f"({', '.join(differing)}).",
                       hint="Restore with that version and the same plugins, then upgrade.")
    if not force and not (dump.is_empty() and next(portal.files.keys(), None) is None):
        raise Conflict("There is data here already.", hint="--force replaces it; what is here is gone then.")


def _data(portal: Portal, reader: Reader, members: Iterator[Member], following: Member | None,
          added: list[str]) -> dict[str, Any]:
    """Store the files, then replace all rows in one transaction."""
    rows: dict[str, int] = {}
    files = 0
    member = following
    while member is not None and member.part.name.startswith("files/"):
        files += 1
        if _store(portal, member):
            added.append(member.part.name.removeprefix("files/"))
        member = next(members, None)
    with dump.replacing() as load:
        expected = dump.tables()
        while member is not None:
            table = member.part.name.removeprefix("tables/").removesuffix(".jsonl")
            if table not in expected:
                raise Conflict(f"There is no table '{table}' here.", hint="Is the plugin that made it missing?")
            rows[table] = load(table, reader.manifest["columns"][table], _rows(member))
            member.finish()
            member = next(members, None)
        if sorted(rows) != sorted(expected) or rows != reader.manifest["rows"]:
            raise ParlourError("The backup does not hold every row it lists.", hint="Take an older backup.")
    for slug in people.tenants():
        if slug in portal.snapshot().tenants:
            with scope.enter(portal.scope(slug, channel="command", system="restore")):
                index.rebuild()
    dump.weigh()
    return {"made": reader.manifest.get("made"), "files": files, "rows": rows}


def _rows(member: Member) -> Iterator[Any]:
    for line in member.lines():
        yield json.loads(line)


def _store(portal: Portal, member: Member) -> bool:
    """Put one file back under its name; False where there was one already."""
    key = member.part.name.removeprefix("files/")
    try:
        portal.files.open(key).close()
        new = False
    except NotFound:
        new = True
    portal.files.put(member, limit=member.part.size, key=key)
    return new
