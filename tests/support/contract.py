"""Rows of the contract: who asks, what of whose they ask for, and what an answer is called in one word."""

from __future__ import annotations

import csv
import io
import json
import pkgutil
import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from core.data import access, addresses, conversation, credentials, errands, people
from core.work import invitations
from support import things
from support.inside import Client, Inside
from support.visitor import Answer

ACTORS = {"anonymous": "", "own": "own", "colleague": "colleague", "company_admin": "boss",
          "other_company": "stranger", "other_tenant": "other", "agent": "agent", "admin": "admin"}
"""The columns of actors, and who of the people inside plays each."""

OWNERS = {"own": ("acme", "own", "alfreds"), "colleague": ("acme", "colleague", "alfreds"),
          "other_company": ("acme", "stranger", "horn"), "other_tenant": ("globex", "other", "cairo")}
"""Whose a thing is: tenant, person, company."""

FIXED = ("method", "path", "whose", "send")


@dataclass(frozen=True)
class Row:
    """One line of the matrix."""

    line: int
    method: str
    path: str
    whose: str
    send: str
    expected: Mapping[str, str]

    @property
    def changes(self) -> bool:
        """Whether the request may change something."""
        return self.method not in ("GET", "HEAD")

    @property
    def api(self) -> bool:
        """Whether a program asks."""
        return self.path.startswith("/api/")

    def __str__(self) -> str:
        return f"{self.method} {self.path} {self.whose}"


def rows(path: Path) -> Iterator[Row]:
    """Read the matrix, then each plugin's `matrix-<id>.csv` beside it, counted from the next thousand."""
    yield from _rows_of(path, 0)
    for place, more in enumerate(sorted(path.parent.glob(f"{path.stem}-*.csv")), 1):
        yield from _rows_of(more, place * 1000)


def _rows_of(path: Path, offset: int) -> Iterator[Row]:
    """Read one file; lines that begin with # are remarks."""
    lines = path.read_text(encoding="utf-8").splitlines()
    kept = [(number, line) for number, line in enumerate(lines, 1) if line.strip() and not line.startswith("#")]
    table = csv.DictReader(io.StringIO("\n".join(line for _, line in kept)), skipinitialspace=True)
    for (number, _line), row in zip(kept[1:], table, strict=True):
        assert None not in row and None not in row.values(), f"{path.name}:{number} has not all columns"
        cells = {key: (value or "").strip() for key, value in row.items()}
        yield Row(offset + number, *(cells[key] for key in FIXED), {key: cells[key] for key in ACTORS})


def word(answer: Answer) -> str:
    """Call an answer by its status and what its body is."""
    kind = answer.headers.get("content-type", "").partition(";")[0]
    if answer.status in (301, 302, 303, 307, 308):
        return f"{answer.status} {'sign-in' if answer.location.startswith('/sign-in') else 'moved'}"
    if not answer.body:
        return f"{answer.status}"
    if kind == "text/html":
        shown = "page" if b"<html" in answer.body[:400].lower() else "piece"
    else:
        shown = {"application/json": "json", "application/problem+json": "problem"}.get(kind, "file")
    return f"{answer.status} {shown}"


class Things:
    """Makes what the `{...}` of a path stand for: one more of each, for whomever it belongs to."""

    def __init__(self, inside: Inside) -> None:
        self.inside = inside
        self.made: dict[tuple[str, str], str] = {}
        self._next = 500
        with inside.scope("acme"):
            people.ensure_team("first", "First line")

    def fill(self, text: str, whose: str, *, fresh: bool) -> str:
        """Put something of `whose` into each `{name}` of a path or of what is sent."""
        for name, make in MAKERS.items():
            if f"{{{name}}}" in text:
                text = text.replace(f"{{{name}}}", self._one(name, whose, make, fresh=fresh))
        return text

    def _one(self, name: str, whose: str, make: Callable[..., str], *, fresh: bool) -> str:
        if whose == "nobody":
            return NOBODYS.get(name, "AAAAAAAAAAAAAAAAAAAAAA")
        if fresh or (name, whose) not in self.made:
            self.made[name, whose] = make(self, *OWNERS[whose if whose in OWNERS else "own"])
        return self.made[name, whose]

    def ticket(self, slug: str, person: str, company: str) -> Any:
        """Open a ticket; numbers never meet between tenants."""
        self._next += 1
        with self.inside.scope(slug):
            return access.add("ticket", title="Contract", number=self._next, state="open",
                              company=people.company(company).id, person=self.inside.person(person).id)

    def message(self, slug: str, person: str, company: str, *, internal: bool = False, files: bool = False) -> Any:
        """Write into a new ticket; give the entry, or the file that hangs on it."""
        ticket = self.ticket(slug, person, company)
        with self.inside.scope(slug, "agent" if slug == "acme" else "other_admin"):
            entry = conversation.add_entry(ticket, "Contract", internal=internal)
            if not files:
                return entry
            stored = self.inside.portal.files.put(io.BytesIO(b"contract"), limit=100)
            return conversation.add_file(ticket, stored, "contract.txt", "text/plain", message=entry,
                                         internal=internal)

    def person(self, slug: str, _person: str, company: str) -> Any:
        """Make one more person of a company."""
        with self.inside.scope(slug):
            row = people.add_person("Contract Person", email=f"p{secrets.token_hex(6)}@example.com")
            people.join(row.id, people.company(company).id, "user")
            return row

    def token(self, purpose: str) -> Callable[[str, str, str], str]:
        """Make a token of a purpose for somebody new; give its secret."""
        def make(slug: str, person: str, company: str) -> str:
            with self.inside.scope(slug):
                return credentials.make_token(purpose, self.person(slug, person, company).id,
                                              lasts=timedelta(hours=1))
        return make

    def invitation(self, slug: str, _person: str, company: str) -> str:
        """Invite a new address into a company; give the invitation's public identifier."""
        with self.inside.scope(slug, "admin" if slug == "acme" else "other_admin"):
            return invitations.invite(f"i{secrets.token_hex(6)}@example.com", company=company, quiet=True)

    def address(self, slug: str, _person: str, company: str) -> str:
        """Put one more address into a company's book; give its public identifier."""
        with self.inside.scope(slug):
            return str(addresses.add(people.company(company).id, {
                "label": "Contract", "lines": "Street 1", "city": "Town", "country": "DE"}).public_id)

    def run(self, slug: str, person: str, _company: str) -> str:
        """Make an export that somebody has begun and that is over."""
        with self.inside.scope(slug, person):
            made = errands.begin("export", subject="ticket", title="tickets.csv", state=errands.DONE)
            return str(made.public_id)

    def company(self, slug: str, _person: str, _company: str) -> str:
        """Make one more company."""
        with self.inside.scope(slug):
            return str(people.add_company("Contract", f"c{secrets.token_hex(4)}").identifier)


MAKERS: Mapping[str, Callable[..., str]] = {
    "ticket": lambda things, *whose: str(things.ticket(*whose).number),
    "message": lambda things, *whose: str(things.message(*whose).public_id),
    "note": lambda things, *whose: str(things.message(*whose, internal=True).public_id),
    "file": lambda things, *whose: str(things.message(*whose, files=True).public_id),
    "hidden_file": lambda things, *whose: str(things.message(*whose, files=True, internal=True).public_id),
    "person": lambda things, *whose: str(things.person(*whose).public_id),
    "company": lambda things, _slug, _person, company: company,
    "new_company": lambda things, *whose: things.company(*whose),
    "invitation": lambda things, *whose: things.invitation(*whose),
    "address": lambda things, *whose: things.address(*whose),
    "run": lambda things, *whose: things.run(*whose),
    "reset": lambda things, *whose: things.token("reset")(*whose),
    "verify": lambda things, *whose: things.token("verify")(*whose),
}
"""What may stand in braces in a path or in what is sent."""

NOBODYS = {"ticket": "99999", "company": "nowhere", "new_company": "nowhere"}


def _of_plugins() -> Iterator[tuple[Mapping[str, Callable[..., str]], Mapping[str, str]]]:
    """Give what `support/things/<id>.py` knows to make: MAKERS and NOBODYS of a plugin's own lines."""
    for found in pkgutil.iter_modules(things.__path__, "support.things."):
        module = import_module(found.name)
        yield module.MAKERS, module.NOBODYS


for _makers, _nobodys in _of_plugins():
    MAKERS = {**MAKERS, **_makers}
    NOBODYS = {**NOBODYS, **_nobodys}


def asker(inside: Inside, actor: str, *, api: bool) -> Client:
    """Give the client of an actor: with a cookie for pages, with a key for the API."""
    if not ACTORS[actor]:
        return inside.guest()
    return inside.client(ACTORS[actor], token=api)


def ask(client: Client, row: Row, path: str, send: str, **headers: str) -> Answer:
    """Send the row's request."""
    if not row.changes:
        return client.send(row.method, path, headers=headers)
    if row.api:
        return client.send_json(row.method, path, json.loads(send or "{}"))
    return client.post(path, dict(parse_qsl(send, keep_blank_values=True)))
