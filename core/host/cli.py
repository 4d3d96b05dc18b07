"""The commands: `parlour COMMAND` in a portal folder, or with `--portal DIR`."""

from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import Callable, Iterable
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import click
from peewee import DatabaseError, InterfaceError

from core.data import migrate as migrations
from core.data import scope
from core.errors import ConfigError, ParlourError
from core.host import demo as demo_content
from core.host import people_commands, server, worker
from core.host.portal import HOST_MIGRATIONS, Portal, assemble, migration_folders, state

F = TypeVar("F", bound=Callable[..., Any])


def say(value: Any, as_json: bool) -> None:
    """Print a result: for people, or as one JSON document for programs."""
    if as_json:
        click.echo(json.dumps(value, ensure_ascii=False, default=str))
    elif isinstance(value, list):
        for row in value:
            click.echo("  ".join(str(v) for v in row.values()) if isinstance(row, dict) else str(row))
    elif isinstance(value, dict):
        for key, inner in value.items():
            click.echo(f"{key}: {inner}")
    else:
        click.echo(value)


def portal_option(command: F) -> F:
    """Add `--portal DIR`, and turn expected failures into exit codes: 1 refused, 3 configuration, 4 database."""

    @click.option("--portal", "folder", type=click.Path(path_type=Path), default=None,
                  help="The portal's folder (default: this one).")
    @wraps(command)
    def run(folder: Path | None, *args: Any, **kwargs: Any) -> Any:
        try:
            return command((folder or Path.cwd()).resolve(), *args, **kwargs)
        except ConfigError as error:
            click.echo(str(error), err=True)
            sys.exit(3)
        except (DatabaseError, InterfaceError) as error:
            click.echo(f"The database does not answer: {error}", err=True)
            sys.exit(4)
        except ParlourError as error:
            click.echo(f"{error} {error.hint}".strip() or error.code, err=True)
            sys.exit(1)

    return run  # type: ignore[return-value]


def json_option(command: F) -> F:
    """Add `--json`."""
    return click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")(command)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="parlour")
def main() -> None:
    """Parlour: the customer portal a company opens in an afternoon."""
    logging.basicConfig(level=logging.INFO if os.environ.get("PARLOUR_TRACE") else logging.WARNING,
                        format="%(asctime)s %(levelname)s %(name)s: %(message)s", stream=sys.stderr)


@main.command()
@portal_option
@click.option("--workers", default=2, show_default=True, help="Server processes.")
@click.option("--threads", default=4, show_default=True, help="Threads in each.")
@click.option("--no-worker", is_flag=True, help="Run no outbox worker beside.")
@click.option("--reload", is_flag=True, help="Load code anew when it changes (for authors).")
def serve(folder: Path, workers: int, threads: int, no_worker: bool, reload: bool) -> None:
    """Serve the portal; migrates first if it may."""
    portal = assemble(folder)
    snapshot = portal.snapshot()
    host, port = os.environ.get("HOST", "localhost"), int(os.environ.get("PORT", "8000"))
    for problem in portal.store.problems():
        click.echo(str(problem), err=True)
    for plugin, message in portal.plugins.broken().items():
        click.echo(f"plugin '{plugin}' is out: {message}", err=True)
    for slug in list(snapshot.tenants)[:10]:
        settings = snapshot.tenants[slug]
        click.echo(f"{settings.name} ({settings.status}): {settings.url}/")
    demo_content.show(folder)
    sys.stdout.flush()
    server.serve(folder, host=host, port=port, workers=workers, threads=threads, with_worker=not no_worker,
                 reload=reload)


@main.command("worker")
@portal_option
def run_worker(folder: Path) -> None:
    """Do what the outbox holds, until told to stop."""
    worker.run(assemble(folder, may_migrate=False))


@main.command()
@portal_option
def reload(folder: Path) -> None:
    """Load plugins' code anew without a failed request."""
    assemble(folder)
    if not server.tell_to_reload(folder):
        click.echo("No server runs in this folder; the next start loads the code as it is.")


@main.command()
@portal_option
@click.option("--status", "only_status", is_flag=True, help="Only say what waits.")
@json_option
def migrate(folder: Path, only_status: bool, as_json: bool) -> None:
    """Bring the database up to date, or say where it stands."""
    portal = assemble(folder, may_migrate=not only_status)
    found = migrations.status(HOST_MIGRATIONS | migration_folders(portal.plugins.manifests))
    say([{"plugin": s.name, "applied": len(s.applied), "waiting": len(s.waiting)} for s in found], as_json)
    if only_status and any(s.waiting for s in found):
        sys.exit(1)


@main.command()
@portal_option
@json_option
def info(folder: Path, as_json: bool) -> None:
    """Say where everything is."""
    say(state(assemble(folder, may_migrate=False)), as_json)


@main.command()
@portal_option
@json_option
def routes(folder: Path, as_json: bool) -> None:
    """List every route with the permission it needs."""
    rows = server.route_table(folder)
    say(rows, as_json)


@main.command()
@portal_option
@click.option("--reset", is_flag=True, help="Throw the demo's state away first.")
@click.option("--if-needed", is_flag=True, help="Do nothing where it is there already.")
@json_option
def demo(folder: Path, reset: bool, if_needed: bool, as_json: bool) -> None:
    """Make demo content, with people to sign in as."""
    if reset:
        demo_content.reset(folder)
    portal = assemble(folder)
    made = demo_content.make(portal, keep=if_needed)
    if as_json:
        say(made, True)
    elif not if_needed:
        demo_content.show(folder)


def in_tenant(portal: Portal, slug: str | None) -> Any:
    """Enter the scope of a tenant as a command of the operator; the only one where none is named."""
    slugs = list(portal.snapshot().tenants)
    chosen = slug or (slugs[0] if len(slugs) == 1 else None)
    if chosen is None or chosen not in slugs:
        raise click.UsageError(f"Name a tenant with --tenant: {', '.join(slugs)}.")
    return scope.enter(portal.scope(chosen, channel="command", system="operator"))


def register(commands: Iterable[click.Command]) -> None:
    """Add commands that live in rooms of their own."""
    for command in commands:
        main.add_command(command)


register(people_commands.commands(portal_option, json_option, in_tenant, say))
