"""Commands about the search index."""

from __future__ import annotations

from pathlib import Path

import click

from core.data import scope, search
from core.host.console import json_option, portal_option, say
from core.host.portal import assemble

command = click.Group("search", help="What people find.")


@command.command("rebuild")
@portal_option
@click.option("--tenant", help="Only this one; default: all.")
@json_option
def rebuild(folder: Path, tenant: str | None, as_json: bool) -> None:
    """Make the index anew while the portal runs: after an upgrade, or when something is not found."""
    portal = assemble(folder)
    known = list(portal.snapshot().tenants)
    if tenant is not None and tenant not in known:
        raise click.UsageError(f"Name a tenant: {', '.join(known)}.")
    done = []
    for slug in [tenant] if tenant else known:
        with scope.enter(portal.scope(slug, channel="command", system="operator")):
            done.append({"tenant": slug, "records": search.rebuild()})
    say(done, as_json)
