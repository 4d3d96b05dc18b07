"""Commands about the audit log."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from core.data import proof, scope
from core.host.console import json_option, portal_option, say
from core.host.portal import assemble

command = click.Group("audit", help="Who did what, and whether that is still what was written.")


@command.command("verify")
@portal_option
@click.option("--tenant", help="Only this one; default: all.")
@click.option("--head", default="", help="An end noted down earlier (PLACE:CHAIN): the log has to go through it.")
@json_option
def verify(folder: Path, tenant: str | None, head: str, as_json: bool) -> None:
    """See that no act of the audit log was changed, removed or put in; exit 0 whole, 1 broken."""
    portal = assemble(folder, may_migrate=False)
    known = list(portal.snapshot().tenants)
    if tenant is not None and tenant not in known:
        raise click.UsageError(f"Name a tenant: {', '.join(known)}.")
    if head and tenant is None and len(known) > 1:
        raise click.UsageError("--head is the end of one log: name its tenant.")
    found = {}
    for slug in [tenant] if tenant else known:
        with scope.enter(portal.scope(slug, channel="command", system="operator")):
            found[slug] = proof.verify(head)
    if as_json:
        say([{"tenant": slug, "whole": one.ok, "acts": one.acts, "since": one.since, "head": end(one),
              "broken": one.broken.sentence if one.broken else None,
              "place": one.broken.place if one.broken else None} for slug, one in found.items()], True)
    else:
        for slug, one in found.items():
            click.echo(f"{slug}: {told(one)}")
    sys.exit(0 if all(one.ok for one in found.values()) else 1)


def end(one: proof.Proof) -> str:
    """Give what to note down elsewhere, so that nobody can write the log anew."""
    return f"{one.place}:{one.chain}" if one.chain else ""


def told(one: proof.Proof) -> str:
    """Say in a line what was found."""
    if one.broken:
        return f"BROKEN. {one.broken.sentence} {one.acts} acts before it are as they were written."
    if not one.acts:
        return "nothing was done yet."
    return f"{one.acts} acts since {one.since:%Y-%m-%d %H:%M} UTC, unbroken. It ends with {end(one)}"
