"""`parlour plugin eject ID`: a module without code becomes the plugin that a programmer goes on with."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from core.errors import ParlourError
from core.host import discover, installation
from core.host import eject as ejecting
from core.host.console import portal_option


@click.command("eject")
@portal_option
@click.argument("identity")
@click.option("--into", type=click.Path(path_type=Path), default=None,
              help="Folder for the plugin's folder (default: the module's own).")
def eject(folder: Path, identity: str, into: Path | None) -> None:
    """Write the plugin in Python that a YAML module is: same pages, same API, same stored data."""
    place = installation.find(folder)
    homes = [one for one in discover.folders(place.plugin_paths) if one.name == identity]
    if not homes:
        click.echo(f"There is no plugin '{identity}'.", err=True)
        sys.exit(1)
    target = into / identity if into else homes[0]
    if not into and place.folder.resolve() not in homes[0].resolve().parents:
        click.echo(f"{homes[0]} is not part of this portal. Say where it goes with --into, such as "
                   f"--into {place.plugin_paths[0]}; then this one is to be taken away.", err=True)
        sys.exit(1)
    try:
        written = ejecting.eject(homes[0], target)
    except (ParlourError, OSError) as error:
        click.echo(str(error), err=True)
        sys.exit(1)
    for one in written:
        click.echo(str(one))
    click.echo("Run `parlour reload`. What is stored stays as it is." if target == homes[0] else
               f"Take {homes[0]} away, then run `parlour reload`: two plugins cannot share an id.")
