"""Demo content: two tenants with people to sign in as; passwords are random and shown on this machine only."""

from __future__ import annotations

import json
import secrets
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from core.data import access, credentials, people, scope, soundness
from core.data.db import transaction
from core.host.plugins import contained
from core.host.portal import Portal
from core.parts import Demo

PEOPLE = {
    "acme": [
        ("Ada Admin", "ada@acme.example", "admin", None), ("Ben Agent", "ben@acme.example", "agent", None),
        ("Clara Vogt", "clara@acme.example", "agent", None),
        ("Maria Anders", "maria@alfreds.example", "company_admin", "alfreds"),
        ("Thomas Hardy", "thomas@alfreds.example", "user", "alfreds"),
        ("Elke Sommer", "elke@alfreds.example", "company_user", "alfreds"),
        ("Ana Trujillo", "ana@horn.example", "company_user", "horn"),
        ("Victor Ash", "victor@horn.example", "company_admin", "horn"),
    ],
    "globex": [
        ("Gita Admin", "gita@globex.example", "admin", None), ("Lars Weber", "lars@globex.example", "agent", None),
        ("Omar Haddad", "omar@cairo.example", "user", "cairo"),
        ("Mona Farouk", "mona@cairo.example", "company_admin", "cairo"),
        ("Jonas Klein", "jonas@nordlicht.example", "company_user", "nordlicht"),
    ],
}
COMPANIES = {"acme": {"alfreds": "Alfreds Futterkiste", "horn": "Around the Horn"},
             "globex": {"cairo": "Cairo Trading", "nordlicht": "Nordlicht Optik"}}


def _notes(folder: Path) -> Path:
    return folder / "var" / "demo.json"


def reset(folder: Path) -> None:
    """Throw the state of a demo portal away: database, files, mail."""
    state = folder / "var"
    for path in state.glob("portal*.db*"):
        path.unlink()
    for name in ("files", "mail"):
        shutil.rmtree(state / name, ignore_errors=True)
    _notes(folder).unlink(missing_ok=True)
    soundness.forget(folder)


def make(portal: Portal, *, keep: bool) -> dict[str, Any]:
    """Make what is missing and give hosts and sign-ins; `keep` leaves everything as it is if it is there."""
    notes = _notes(portal.place.folder)
    if keep and notes.is_file():
        known: dict[str, Any] = json.loads(notes.read_text())
        return known
    made: dict[str, Any] = {"tenants": {}}
    for slug, settings in portal.snapshot().tenants.items():
        with scope.enter(portal.scope(slug, channel="command", system="demo")):
            made["tenants"][slug] = {"url": settings.url, "people": _people(slug)}
            for part in _wanted(portal):
                contained(lambda part=part, slug=slug: part.call(slug),  # type: ignore[misc]
                          lambda error, part=part: portal.plugins.fail(part.plugin, "demo()", error))  # type: ignore[misc]
    notes.parent.mkdir(parents=True, exist_ok=True)
    notes.touch(mode=0o600)
    notes.write_text(json.dumps(made, indent=2))
    return made


def _wanted(portal: Portal) -> list[Demo]:
    """Give the demo content of what is on in the tenant at hand."""
    manifests, who = portal.built.registry.manifests, scope.current()
    return [part for part in portal.built.registry.demos
            if manifests[part.plugin].builtin or access.feature_on(who, part.plugin)]


def _people(slug: str) -> list[dict[str, str]]:
    signed: list[dict[str, str]] = []
    like = slug if slug in PEOPLE else "acme"  # a portal of one's own has the same people
    for identifier, name in COMPANIES[like].items():
        if not any(c.identifier == identifier for c in people.companies()):
            people.add_company(name, identifier)
    for name, email, role, company in PEOPLE[like]:
        password = secrets.token_urlsafe(9)
        hashed = credentials.hash_password(password)
        with transaction():
            staff = role in ("agent", "admin")
            row = people.by_address(email) or people.add_person(name, email=email, role=role if staff else "")
            people.change_person(row.id, password=hashed, verified=True)
            if company:
                people.join(row.id, people.company(company).id, role)
        signed.append({"name": name, "address": email, "role": role, "password": password})
    return signed


def show(portal: Portal) -> None:
    """Print the sign-ins of a demo portal, if this is one; a password that was changed since is said to be."""
    notes = _notes(portal.place.folder)
    if not notes.is_file():
        return
    there = portal.snapshot().tenants
    for slug, tenant in json.loads(notes.read_text())["tenants"].items():
        if slug not in there:
            continue
        click.echo(f"\n{slug}: {there[slug].url}/")
        with scope.enter(portal.scope(slug, channel="command", system="demo")):
            for person in tenant["people"]:
                click.echo(f"  {person['role']:<14} {person['address']:<24} {_password(person)}")
    click.echo("")


def _password(person: Mapping[str, str]) -> str:
    row = people.by_address(person["address"])
    good = row is not None and row.active and credentials.check_password(row.password, person["password"])
    return person["password"] if good else "(changed)"
