"""Commands about the configuration: a new portal folder, all mistakes at once, a new tenant."""

from __future__ import annotations

import logging
import os
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
from peewee import DatabaseError, InterfaceError, PeeweeException

from core.config.references import loose_ends
from core.config.schemas import SLUG
from core.config.settings import DEFAULT, tenants
from core.config.splice import flow
from core.config.store import Store
from core.config.versions import NoLog, VersionLog
from core.data import audit, db, people, registers, scope, versions
from core.data.scope import Scope
from core.errors import ConfigError, ParlourError, Problem, Refused
from core.host import aligning, discover, installation, plugins, registry
from core.host.console import json_option, portal_option, say
from core.host.installation import Installation
from core.host.people_commands import tenant
from core.host.portal import CORE, Portal, assemble, manifests_for
from core.look.compose import Composer
from core.look.site import Looks
from core.parts import Registry

STARTER = Path(__file__).parent / "starter.yaml"
AUTHOR = "command line"


# --- init ---


@click.command()
@click.argument("directory", type=click.Path(path_type=Path, file_okay=False))
def init(directory: Path) -> None:
    """Make a new portal folder."""
    try:
        if directory.exists() and any(directory.iterdir()):
            raise click.ClickException(f"{directory} is not empty. Name a new folder, or an empty one.")
        for name in ("themes", "plugins", "var"):
            (directory / name).mkdir(parents=True, exist_ok=True)
        (directory / "portal.yaml").write_bytes(STARTER.read_bytes())
        (directory / ".gitignore").write_text("var/\n")
    except OSError as error:
        raise click.ClickException(f"{directory} cannot be made: {error.strerror}.") from error
    click.echo(f"""{directory} is ready. The portal stays closed to customers until portal.yaml says
`status: active`. Next:

  cd {directory}
  parlour user create --role admin --name "Your name" --email you@example.com
  parlour user set-password you@example.com
  parlour serve""")


# --- check ---


@click.command()
@portal_option
@json_option
def check(folder: Path, as_json: bool) -> None:
    """Name all mistakes of the configuration, the themes and the plugins; changes nothing.

    Exit code 0: there is none. 1: there are some. 3: there is no portal.yaml to check.
    """
    if not (folder / "portal.yaml").exists():
        installation.read(folder)  # says so
    problems, failures = examine(folder, os.environ)
    if not problems:
        problems = lost(folder)
    if as_json:
        say({"ok": not problems and not failures,
             "problems": [asdict(problem) | {"text": str(problem)} for problem in problems],
             "plugins": [asdict(failure) for failure in failures]}, True)
    else:
        for problem in problems:
            click.echo(str(problem))
        for failure in failures:
            message = failure.message if failure.message.endswith(("?", "!", ".")) else f"{failure.message}."
            click.echo(f"plugin '{failure.plugin}' in {failure.place}: {message} {failure.cure}")
        count = len(problems) + len(failures)
        click.echo("No mistakes." if not count else "1 mistake." if count == 1 else f"{count} mistakes.")
    sys.exit(1 if problems or failures else 0)


def examine(folder: Path, env: Mapping[str, str]) -> tuple[list[Problem], list[plugins.Failure]]:
    """Find all mistakes of a portal folder as it stands now, and every plugin that cannot be used."""
    place, problems = _place(folder, env)
    found = manifests_for(place)
    with _quiet("parlour.plugins"):  # what fails is told in the answer
        loaded = plugins.load(found.manifests, dict(found.failed))
        built = registry.build(loaded)
    away = (found.away | set(found.failed) | set(loaded.known)) - set(loaded.manifests)
    store = Store(folder, _log(place), env, loaded.manifests, away)
    problems = list(dict.fromkeys([*problems, *store.check()]))
    if not problems:
        problems = _themes(store, place) + _loose_ends(store, built.registry)
        problems += aligning.strangers(loaded.manifests.values(), built.registry.kinds)
    return sorted(problems, key=lambda p: (p.file, p.line, p.column)), list(loaded.failures.values())


def lost(folder: Path) -> list[Problem]:
    """Tell what records of YAML modules would lose with the files as they stand, where there is a database yet."""
    place, _problems = _place(folder, os.environ)
    path = db.sqlite_path(place.database, place.folder)
    none = not (folder / "var").is_dir() if path is None else not path.is_file()
    if none or not any(one.records for one in manifests_for(place).manifests):
        return []
    with suppress(ParlourError, PeeweeException), _quiet("parlour"):
        portal = assemble(folder, may_migrate=False)
        return [Problem(slug, 0, 0, loss.key, str(loss).partition(": ")[2], f"Confirm it: parlour migrate --lose "
                        f"{loss.key}.")
                for slug, losses in aligning.align(portal, try_only=True).items() for loss in losses]
    return []


@contextmanager
def _quiet(name: str) -> Iterator[None]:
    """Keep a log silent for a while."""
    log = logging.getLogger(name)
    before = log.level
    log.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        log.setLevel(before)


def _place(folder: Path, env: Mapping[str, str]) -> tuple[Installation, list[Problem]]:
    """Find plugins and database, also where portal.yaml does not say it any more."""
    env = {**env, "PARLOUR_SECRET": "unused"}  # a look at the folder makes no secret in it
    try:
        return installation.read(folder, env), []
    except ConfigError as error:
        last = installation.last_good(folder, env) or "name: Portal"
        return installation.read(folder, env, last.encode()), list(error.problems)


def _log(place: Installation) -> VersionLog:
    """Give the log where the database has one; a tenant in a database that is away is not checked."""
    path = db.sqlite_path(place.database, place.folder)
    if path is not None and not path.is_file():
        return NoLog()
    db.connect(place.database, place.folder)
    try:
        versions.heads()
    except (DatabaseError, InterfaceError) as error:
        if not any(word in str(error) for word in ("no such table", "does not exist")):
            click.echo(f"The database does not answer; tenants in it are not checked: {error}", err=True)
        return NoLog()
    return versions


def _themes(store: Store, place: Installation) -> list[Problem]:
    documents, _unread = store.standing()
    looks = Looks(place.folder, (place.folder / "themes", discover.bundled("themes")))
    composer = Composer(CORE / "web" / "templates", {})
    themes = [looks.theme(settings) for settings in tenants(documents, store.manifests).values()]
    return list(dict.fromkeys(problem for theme in themes
                              for problem in (*theme.problems, *composer.faults(theme.templates))))


def _loose_ends(store: Store, parts: Registry) -> list[Problem]:
    """Find what settings name and nobody has: in the database too, where it stands and knows the tenant."""
    documents, _unread = store.standing()
    keys = {} if isinstance(store.log, NoLog) else people.tenants()
    found: list[Problem] = []
    for slug, settings in tenants(documents, store.manifests).items():
        if slug in keys:
            with scope.enter(Scope(keys[slug], slug, settings, parts, channel="command", system="check")):
                found += loose_ends(settings, registers.known)
        else:
            found += loose_ends(settings, lambda _source: None)
    return list(dict.fromkeys(found))


# --- tenants ---


@tenant.command("create")
@portal_option
@click.argument("slug")
@click.option("--name", required=True, help="What the portal is called.")
@click.option("--url", help="Its public address (default: a subdomain of the installation's).")
@json_option
def tenant_create(folder: Path, slug: str, name: str, url: str | None, as_json: bool) -> None:
    """Make a tenant of its own in tenants/SLUG.yaml; it stays unpublished until its status says active."""
    if not re.search(SLUG, slug):
        raise click.UsageError("A slug has only a-z, 0-9 and -, and begins with a letter or digit.")
    portal = assemble(folder)
    known = portal.snapshot().tenants
    if slug in known:
        raise Refused(f"There is a tenant {slug} already.")
    if list(known) == [DEFAULT] and _in_use(portal):
        raise Refused("portal.yaml is one portal with people in it; beside tenants it would be none any more.",
                      hint="Move its own keys below `tenants: {default: ...}` in portal.yaml first.")
    given: dict[str, Any] = {"name": name} | ({"url": url} if url else {}) | {"status": "maintenance"}
    text = "".join(f"{key}: {flow(value)}\n" for key, value in given.items())
    portal.store.replace(f"tenants/{slug}.yaml", text, AUTHOR, note=f"tenant {slug} created")
    made = portal.snapshot().tenants[slug]
    with scope.enter(portal.scope(slug, channel="command", system="operator")):
        audit.record_act("tenant.created", slug)
    say({"slug": slug, "name": made.name, "url": made.url, "status": made.status,
         "file": f"tenants/{slug}.yaml"}, as_json)


def _in_use(portal: Portal) -> bool:
    with scope.enter(portal.scope(DEFAULT, channel="command", system="operator")):
        return bool(people.people(limit=1))
