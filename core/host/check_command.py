"""`parlour plugin check PATH...`: pass, or what to change, and the page that explains it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from core.errors import ParlourError
from core.host.checks import run
from core.host.checks.subject import Subject
from core.host.console import json_option, say


@click.command("check")
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--tries", default=run.TRIES, show_default=True, help="Random visits to the door of each plugin.")
@click.option("--seed", default=1, show_default=True, help="The luck of these visits.")
@click.option("--browser", is_flag=True, help="Look at the pages with axe in Chromium, light and dark.")
@json_option
def check(paths: tuple[Path, ...], tries: int, seed: int, browser: bool, as_json: bool) -> None:
    """Run the host's rules over plugins. PATH is a plugin.yaml, its folder, or a folder that holds such folders.

    Needs no portal, no network and no server. Exit code 0: all pass. 1: something is to be changed.
    """
    folders = [one for path in paths for one in plugins_in(path)]
    if not folders:
        raise click.UsageError(f"No plugin.yaml lies in {', '.join(map(str, paths))}.")
    try:
        subjects = run.check(folders, tries=tries, seed=seed, with_browser=browser,
                             tell=lambda what: click.echo(f"... {what}", err=True))
    except ParlourError as error:
        click.echo(f"{error} {error.hint}".strip(), err=True)
        sys.exit(1)
    report(subjects, as_json)
    sys.exit(1 if any(one.findings for one in subjects) else 0)


def plugins_in(path: Path) -> list[Path]:
    """Give the plugins of a path: one by its file or folder, those right inside, or a package's (`src/name`)."""
    if path.name == "plugin.yaml" and path.is_file():
        return [path.parent]
    if (path / "plugin.yaml").is_file():
        return [path]
    return sorted({found.parent for pattern in ("*/plugin.yaml", "src/*/plugin.yaml")
                   for found in path.glob(pattern)})


def report(subjects: Sequence[Subject], as_json: bool) -> None:
    """Print what was found: for people one line each, with the cure once per rule; or one JSON document."""
    if as_json:
        say({"ok": not any(one.findings for one in subjects), "plugins": [
            {"id": one.id, "path": str(one.path), "ok": not one.findings, "seconds": round(one.seconds, 2),
             "notes": one.notes, "findings": [found.as_json() for found in one.findings]}
            for one in subjects]}, True)
        return
    for one in subjects:
        click.echo(f"{one.id}: {'passes' if not one.findings else f'{len(one.findings)} to change'}")
        for code in dict.fromkeys(found.code for found in one.findings):
            mine = [found for found in one.findings if found.code == code]
            click.echo(f"\n  {code} {mine[0].rule.name}  {mine[0].rule.page}")
            for found in mine[:20]:
                click.echo(f"    {found.place}: {found.message}")
            if mine[20:]:
                click.echo(f"    ... and {len(mine) - 20} more")
            click.echo(f"    -> {mine[0].rule.mend}")
        for note in one.notes:
            click.echo(f"  note: {note}")
