"""The command that says why somebody can or cannot see a record, term by term."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from core.data import explain
from core.errors import Invalid
from core.host.console import in_tenant, json_option, portal_option, say
from core.host.portal import assemble


@click.command("explain")
@portal_option
@click.option("--tenant", help="The tenant's slug; needed where there are several.")
@click.argument("person")
@click.argument("permission")
@click.argument("record")
@json_option
def command(folder: Path, tenant: str | None, person: str, permission: str, record: str, as_json: bool) -> None:
    """Say why PERSON has PERMISSION on RECORD, or why not; exit 0 allowed, 1 refused.

    PERSON is an e-mail address, a sign-in name or `guest`; PERMISSION such as tickets.view; RECORD such as
    TKT-001, ticket/TKT-001 or tickets/1.
    """
    portal = assemble(folder, may_migrate=False)
    with in_tenant(portal, tenant) as who:
        try:
            answer = explain.question(person, permission, record)
        except Invalid as error:
            for one in error.errors:
                click.echo(f"{one.path}: {one.message}", err=True)
            sys.exit(1)
        status = str(who.settings.status)
    if as_json:
        say({"person": answer.person or "guest", "permission": permission, "record": answer.record,
             "allowed": answer.ok, "portal": status,
             "terms": [{"name": t.name, "ok": t.ok, "sentence": t.sentence} for t in answer.terms]}, True)
    else:
        for term in answer.terms:
            click.echo(f"{'yes' if term.ok else 'NO ':<4} {term.name:<18} {term.sentence}")
        click.echo(f"{answer.person or 'Somebody not signed in'}: {permission} on {answer.record} is "
                   + ("allowed." if answer.ok else "refused."))
        if status != "active":
            click.echo(f"The portal is in status {status}: customers see its status page, whatever is allowed.")
    sys.exit(0 if answer.ok else 1)
