"""Commands about plugins: what is there and how it is, pause and resume; a new one and the check stand apart."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from core.data import pauses
from core.data.access import feature_on
from core.host.check_command import check
from core.host.console import in_tenant, json_option, portal_option, say
from core.host.deaths import Deaths
from core.host.eject_command import eject
from core.host.new_command import new
from core.host.portal import Portal, assemble

plugin = click.Group("plugin", help="Plugins: for authors and operators.")
plugin.add_command(new)
plugin.add_command(check)
plugin.add_command(eject)

def states(portal: Portal, name: str) -> dict[str, str]:
    """Give a plugin's state by tenant: "out", "paused", "on" or "available"."""
    found = {}
    for slug in portal.snapshot().tenants:
        with in_tenant(portal, slug) as who:
            if name not in portal.plugins.manifests:
                found[slug] = "out"
            elif pauses.paused(name):
                found[slug] = "paused"
            else:
                found[slug] = "on" if feature_on(who, name) else "available"
    return found


def described(portal: Portal, name: str) -> dict[str, Any]:
    """Say what there is to say about one plugin, its last error with the cure included."""
    manifest = portal.plugins.known.get(name)
    failures = [f for f in portal.plugins.failures.values() if f.plugin == name]
    by_tenant = states(portal, name)
    known = set(by_tenant.values())
    overall = known.pop() if len(known) == 1 else "on" if "on" in known else "available"
    return {"id": name, "title": manifest.title if manifest else name,
            "version": manifest.version if manifest else "", "state": overall,
            "builtin": bool(manifest and manifest.builtin), "path": str(manifest.path) if manifest else "",
            "hooks": list(portal.plugins.hooks.get(name, ())),
            "error": "; ".join(f"{f.place}: {f.message}" for f in failures),
            "cure": " ".join(dict.fromkeys(f.cure for f in failures)), "tenants": by_tenant}


@plugin.command("list")
@portal_option
@json_option
def listing(folder: Path, as_json: bool) -> None:
    """List all plugins that were found: state, hooks, what failed and how to mend it."""
    portal = assemble(folder, may_migrate=False)
    rows = [described(portal, name) for name in sorted({*portal.plugins.known, *portal.built.registry.failed})]
    if as_json:
        say(rows, True)
        return
    for row in rows:
        click.echo(f"{row['id']:<20} {row['version']:<8} {row['state']:<10} {row['title']}")
        if row["error"]:
            click.echo(f"{'':<20} {row['error']} {row['cure']}")


@plugin.command("pause")
@portal_option
@click.argument("identity")
@click.option("--tenant", help="Whose portal (default: the only one).")
def pause(folder: Path, identity: str, tenant: str | None) -> None:
    """Let a plugin rest for a tenant: its pages say so, its work waits, its data stay."""
    portal = assemble(folder, may_migrate=False)
    manifest = portal.plugins.manifests.get(identity)
    if manifest is None or manifest.builtin:
        click.echo(f"There is no plugin '{identity}' that could be paused.", err=True)
        sys.exit(1)
    with in_tenant(portal, tenant):
        pauses.pause(identity, by="operator")


@plugin.command("resume")
@portal_option
@click.argument("identity")
@click.option("--tenant", help="Whose portal (default: the only one).")
def resume(folder: Path, identity: str, tenant: str | None) -> None:
    """Let everything of a plugin that rests go on; one left out after deaths at start gets another try."""
    portal = assemble(folder, may_migrate=False)
    if identity not in portal.plugins.known:
        click.echo(f"There is no plugin '{identity}'.", err=True)
        sys.exit(1)
    Deaths(portal.place.state).forgive([identity])
    if identity in portal.plugins.manifests:
        with in_tenant(portal, tenant):
            pauses.resume(identity)
