"""The commands: `parlour COMMAND` in a portal folder, or with `--portal DIR`."""

from __future__ import annotations

import logging
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import click

from core.data import migrate as migrations
from core.data import soundness
from core.host import (
    aligning,
    audit_command,
    backup,
    config_commands,
    explain_command,
    import_command,
    people_commands,
    plugin_commands,
    restore,
    search_command,
    server,
    translation_commands,
    worker,
)
from core.host import demo as demo_content
from core.host.console import json_option, portal_option, say
from core.host.portal import HOST_MIGRATIONS, Portal, assemble, migration_folders, state


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
    server.be_frugal()
    portal = assemble(folder)
    aligning.at_start(portal)
    soundness.examine(portal.place.database, folder)
    host, port = os.environ.get("HOST", "localhost"), _port()
    with suppress(OSError):  # a full disk behind our output is no reason not to serve
        _announce(portal)
    server.serve(portal, host=host, port=port, workers=workers, threads=threads, with_worker=not no_worker,
                 reload=reload)


def _announce(portal: Portal) -> None:
    """Say what is wrong, where the portal is, and who can sign in to a demo."""
    snapshot = portal.snapshot()
    for problem in portal.store.problems():
        click.echo(str(problem), err=True)
    for plugin, message in portal.plugins.broken().items():
        click.echo(f"plugin '{plugin}' is out: {message}", err=True)
    for slug in list(snapshot.tenants)[:10]:
        settings = snapshot.tenants[slug]
        click.echo(f"{settings.name} ({settings.status}): {settings.url}/")
    demo_content.show(portal)
    sys.stdout.flush()


def _port() -> int:
    given = os.environ.get("PORT") or "8000"
    if not given.isdecimal() or not 0 < int(given) < 65536:
        raise click.UsageError(f"PORT is {given!r}; it has to be a number from 1 to 65535.")
    return int(given)


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
@click.option("--new", is_flag=True, help="Begin with an empty database where the old one is gone.")
@click.option("--lose", multiple=True, metavar="KIND.FIELD", help="Give up what no longer fits a module's YAML.")
@click.option("--tenant", default="", help="The tenant whose records --lose is about; without it, all.")
@json_option
def migrate(folder: Path, only_status: bool, new: bool, lose: tuple[str, ...], tenant: str, as_json: bool) -> None:
    """Bring the database up to date, or say where it stands.

    What records of YAML modules hold follows their file. Where something would be lost it stays, is told here, and
    the exit code is 1: --lose KIND.FIELD gives it up.
    """
    portal = assemble(folder, may_migrate=not only_status, new=new and not only_status,
                      early=only_status)
    found = migrations.status(HOST_MIGRATIONS | migration_folders(portal.plugins.known))
    unready = any(s.waiting for s in found)
    losses = {} if unready else aligning.align(portal, lose, only=tenant, try_only=only_status)
    rows: list[dict[str, Any]] = [
        {"plugin": s.name, "applied": len(s.applied), "waiting": len(s.waiting)} for s in found]
    if as_json:
        rows += [{"tenant": slug, "lost": loss.key, "count": loss.count, "examples": list(loss.examples)}
                 for slug, several in losses.items() for loss in several]
    say(rows, as_json)
    if not as_json:
        for slug, several in losses.items():
            for loss in several:
                click.echo(f"{slug}: {loss} Give it up with --lose {loss.key}, or change the file.")
    if losses or (only_status and unready):
        sys.exit(1)


@main.command()
@portal_option
@json_option
def info(folder: Path, as_json: bool) -> None:
    """Say where everything is."""
    say(state(assemble(folder, may_migrate=False, early=True)), as_json)


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
        demo_content.show(portal)


for group in (people_commands.tenant, people_commands.company, people_commands.user, import_command.import_,
              explain_command.command, audit_command.command, search_command.command, config_commands.init,
              config_commands.check, backup.backup, restore.restore, plugin_commands.plugin,
              translation_commands.translations):
    main.add_command(group)
