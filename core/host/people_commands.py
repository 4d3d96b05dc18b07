"""Commands about tenants, companies and people."""

from __future__ import annotations

import secrets
from datetime import timedelta
from pathlib import Path
from typing import Any

import click

from core.config.mistakes import likely
from core.data import audit, credentials, factors, people
from core.data.db import transaction
from core.errors import NotFound
from core.host.console import in_tenant, json_option, portal_option, say
from core.host.portal import assemble
from core.look import links
from core.work import invitations, letters

ROLES = ("user", "company_user", "company_admin", "agent", "admin")


tenant = click.Group("tenant", help="The portals of this installation.")


@tenant.command("list")
@portal_option
@json_option
def tenant_listing(folder: Path, as_json: bool) -> None:
    """List the tenants."""
    snapshot = assemble(folder).snapshot()
    say([{"slug": slug, "name": t.name, "url": t.url, "status": t.status}
         for slug, t in snapshot.tenants.items()], as_json)


company = click.Group("company", help="A tenant's customers.")


@company.command("list")
@portal_option
@click.option("--tenant")
@json_option
def company_listing(folder: Path, tenant: str | None, as_json: bool) -> None:
    """List the companies."""
    with in_tenant(assemble(folder), tenant):
        say([{"identifier": c.identifier, "name": c.name, "active": c.active} for c in people.companies()],
            as_json)


@company.command("create")
@portal_option
@click.option("--tenant")
@click.argument("identifier")
@click.argument("name")
@json_option
def company_create(folder: Path, tenant: str | None, identifier: str, name: str, as_json: bool) -> None:
    """Make a company."""
    with in_tenant(assemble(folder), tenant):
        made = people.add_company(name, identifier)
        audit.record_act("company.created", identifier)
        say({"identifier": made.identifier, "name": made.name}, as_json)


user = click.Group("user", help="People who sign in.")


@user.command("list")
@portal_option
@click.option("--tenant")
@json_option
def user_listing(folder: Path, tenant: str | None, as_json: bool) -> None:
    """List the people."""
    with in_tenant(assemble(folder), tenant):
        say([{"address": p.email or p.login, "name": p.name, "role": p.role or "customer", "active": p.active}
             for p in people.people(limit=100000)], as_json)


@user.command("create")
@portal_option
@click.option("--tenant")
@click.option("--name", required=True)
@click.option("--email")
@click.option("--login", help="A sign-in name, for somebody without e-mail.")
@click.option("--role", type=click.Choice(ROLES), default="user", show_default=True)
@click.option("--company", "company_id", help="The company's identifier.")
@json_option
def user_create(folder: Path, tenant: str | None, as_json: bool, **given: Any) -> None:
    """Make a person."""
    staff = given["role"] in ("agent", "admin")
    with in_tenant(assemble(folder), tenant):
        place = _company(given["company_id"]) if given["company_id"] else None
        made = people.add_person(given["name"], email=given["email"], login=given["login"],
                                 role=given["role"] if staff else "", verified=True)
        if place is not None:
            people.join(made.id, place.id, given["role"])
        audit.record_act("person.created", made.public_id)
        say({"name": made.name, "address": made.email or made.login}, as_json)


def _company(identifier: str) -> Any:
    """Find a company by its identifier. Raises NotFound with the likely one."""
    try:
        return people.company(identifier)
    except NotFound:
        known = [one.identifier for one in people.companies()]
        raise NotFound(f"There is no company '{identifier}'.", hint=likely(identifier, known) or (
            "`parlour company list` names them." if known else
            f'Make it first: parlour company create {identifier} "Its name".')) from None


def _person(address: str) -> Any:
    row = people.by_address(address)
    if row is None:
        raise NotFound(f"Nobody here is called {address}.")
    return row


@user.command("set-password")
@portal_option
@click.option("--tenant")
@click.option("--password", help="Default: a random one is made and shown.")
@click.option("--change/--no-change", default=False, help="They must choose their own at first sign-in.")
@click.argument("address")
@json_option
def user_set_password(folder: Path, tenant: str | None, password: str | None, change: bool, address: str,
                 as_json: bool) -> None:
    """Give somebody a password."""
    with in_tenant(assemble(folder), tenant):
        person = _person(address)
        chosen = password or secrets.token_urlsafe(9)
        people.change_person(person.id, password=credentials.hash_password(chosen), must_change=change,
                             verified=True)
        credentials.end_sessions(person.id)
        credentials.revoke_all(person.id, "reset", "api")
        audit.record_act("person.password_set", person.public_id)
        say({"address": address, "password": chosen}, as_json)


@user.command("reset-two-factor")
@portal_option
@click.option("--tenant")
@click.argument("address")
@json_option
def user_reset_two_factor(folder: Path, tenant: str | None, address: str, as_json: bool) -> None:
    """Take somebody's second step off: authenticator app, passkeys and recovery codes."""
    with in_tenant(assemble(folder), tenant):
        person = _person(address)
        with transaction():
            factors.drop_all(person.id)
            credentials.end_sessions(person.id)
            credentials.revoke_all(person.id, "second-step", "device")
            audit.record_act("person.second_step_reset", person.public_id)
            letters.send("account/mail/security", person=person.id, link=letters.Link("/account/security"),
                         what="reset")
        say({"address": address, "two_factor": False}, as_json)


@user.command("invite")
@portal_option
@click.option("--tenant")
@click.option("--name", default="", help="As the letter greets them.")
@click.option("--role", type=click.Choice(ROLES), default="user", show_default=True)
@click.option("--company", "company_id", default="", help="The company's identifier.")
@click.option("--link", "only_link", is_flag=True, help="Send no letter: show the link, to hand it over.")
@click.argument("email")
@json_option
def user_invite(folder: Path, tenant: str | None, only_link: bool, email: str, as_json: bool,
                **given: str) -> None:
    """Invite somebody by a letter with a link that works once, for seven days."""
    with in_tenant(assemble(folder), tenant):
        if given["company_id"]:
            _company(given["company_id"])
        made = invitations.invite(email, name=given["name"], role=given["role"], company=given["company_id"],
                                  quiet=only_link)
        days = {"email": email, "days": invitations.LASTS.days}
        say(days | ({"link": links.absolute(invitations.link(made))} if only_link else {}), as_json)


@user.command("token")
@portal_option
@click.option("--tenant")
@click.option("--scopes", default="*", show_default=True, help="Such as tickets:read,tickets:write.")
@click.option("--days", default=365, show_default=True)
@click.argument("address")
@json_option
def user_token(folder: Path, tenant: str | None, scopes: str, days: int, address: str, as_json: bool) -> None:
    """Make a key for the API; it is shown once."""
    with in_tenant(assemble(folder), tenant):
        person = _person(address)
        secret = credentials.make_token("api", person.id, lasts=timedelta(days=days), name="command line",
                                        data={"scopes": scopes.split(",")}, alone=False)
        audit.record_act("token.created", person.public_id)
        say({"address": address, "token": secret}, as_json)
