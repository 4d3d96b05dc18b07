"""A world in which every row and file carries its own mark, and who may ever see which."""

from __future__ import annotations

import html
import io
import re
import secrets
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

from core.data import access, conversation, db, people
from core.data.guard import schema_work
from core.work.events import publish
from support.inside import ADDRESS, PEOPLE, TENANT, Client, Inside
from support.visitor import Answer

OWNED = (("acme", "own", "alfreds"), ("acme", "colleague", "alfreds"), ("acme", "stranger", "horn"),
         ("acme", "loner", ""), ("globex", "other", "cairo"))
"""Who has tickets: tenant, person, company."""

STAFF = {"acme": ("admin", "agent"), "globex": ("other_admin",)}
COMPANY_WIDE = {"alfreds": ("colleague", "boss"), "horn": ("stranger", "horn_boss")}
LINK = re.compile(r'(?:href|src|data-hx-get|action)="([^"#]+)"')
LEAVES = ("/sign-out", "/static/", "/theme/")


class Canaries:
    """Fills a portal of support.inside with marked things. `marks` says of each mark who may see it."""

    def __init__(self, inside: Inside) -> None:
        self.inside = inside
        self.marks: dict[str, frozenset[str]] = {}
        self.tickets: dict[tuple[str, str], list[Any]] = {}
        self.files: dict[str, int] = {}
        for tenant, person, company in OWNED:
            self.ticket(tenant, person, company)
        for tenant, folk in PEOPLE.items():
            for short, (_name, _role, company) in folk.items():
                near = [boss for boss in COMPANY_WIDE.get(company, ()) if folk[boss][1] == "company_admin"]
                self.marks[ADDRESS[short]] = frozenset((short, *near, *STAFF[tenant]))

    def mark(self, seen_by: Iterable[str]) -> str:
        """Make a mark of one word."""
        made = f"canary{secrets.token_hex(8)}"
        self.marks[made] = frozenset(seen_by)
        return made

    def ticket(self, tenant: str, person: str, company: str) -> Any:
        """Open a ticket with an answer, a note, a file and a hidden file, each with its mark."""
        staff = STAFF[tenant]
        customers = {person, *COMPANY_WIDE.get(company, ())} if company else {person}
        open_to = customers | set(staff)
        with self.inside.scope(tenant):
            row = access.add("ticket", title=self.mark(open_to), person=self.inside.person(person).id,
                             company=people.company(company).id if company else None, state="open")
        with self.inside.scope(tenant, person):
            conversation.add_entry(row, self.mark(open_to))
            publish("tickets.opened", row)
        with self.inside.scope(tenant, staff[-1]):
            answer = conversation.add_entry(row, self.mark(open_to))
            note = conversation.add_entry(row, self.mark(staff), internal=True)
            self.attach(row, answer, open_to, internal=False)
            self.attach(row, note, staff, internal=True)
            publish("tickets.replied", row, message=answer.public_id)
            publish("tickets.noted", row, message=note.public_id)
        self.tickets.setdefault((tenant, person), []).append(row)
        return row

    def attach(self, row: Any, message: Any, seen_by: Iterable[str], *, internal: bool) -> str:
        """Attach a file whose name and content are marked; give its public identifier."""
        content = self.mark(seen_by)
        stored = self.inside.portal.files.put(io.BytesIO(content.encode()), limit=100)
        file = conversation.add_file(row, stored, f"{self.mark(seen_by)}.txt", "text/plain", message=message,
                                     internal=internal)
        self.files[str(file.public_id)] = row.id
        return str(file.public_id)

    def forbidden(self, short: str) -> dict[str, frozenset[str]]:
        """Give the marks somebody ("" for a guest) may not see."""
        return {mark: seen for mark, seen in self.marks.items() if short not in seen}

    def leaks(self, short: str, answer: Answer) -> list[str]:
        """Give the forbidden marks in an answer: status line, headers and body."""
        text = unquote(html.unescape(answer.text)) + "\n".join(f"{k}: {v}" for k, v in answer.all_headers)
        words = set(re.findall(r"[\w.@-]+", text))
        return [mark for mark in self.forbidden(short) if mark in (words if "@" in mark else text)]

    def addresses(self) -> list[str]:
        """Give every address that leads to something of somebody."""
        found = ["/", "/tickets", "/inbox", "/notifications", "/notifications/bell", "/account", "/people",
                 "/audit", "/account/company", "/api/v1/tickets", "/search?q=canary", "/tickets?q=canary",
                 "/inbox?q=canary", "/tickets?view=closed", "/inbox?view=open", "/search?q=example.com"]
        for rows in self.tickets.values():
            for row in rows:
                one = f"/tickets/{row.number}"
                found += [one, f"{one}/edit", f"/tickets/{row.id}",
                          f"/api/v1{one}", f"/api/v1{one}/messages"]
        for identity in self.files:
            found.append(f"/files/{identity}")
        for short in TENANT:
            identity = self.inside.person(short).public_id
            found += [f"/people/{identity}", f"/account/company/alfreds/people/{identity}"]
        for company in ("alfreds", "horn", "cairo"):
            found += [f"/companies/{company}", f"/account/company/{company}"]
        return list(dict.fromkeys(found))


def crawl(client: Client, starts: Iterable[str], most: int = 250) -> Iterator[tuple[str, Answer]]:
    """Fetch addresses and whatever their pages link to, each once."""
    waiting, known = list(starts), set(starts)
    while waiting and len(known) <= most + len(waiting):
        path = waiting.pop(0)
        answer = client.get(path)
        yield path, answer
        found = [answer.location] if answer.location else []
        if "text/html" in answer.headers.get("content-type", ""):
            found += [html.unescape(link) for link in LINK.findall(answer.text)]
        for link in found:
            parts = urlsplit(urljoin(client.origin + path, link))
            after = parts.path + (f"?{parts.query}" if parts.query else "")
            same = f"{parts.scheme}://{parts.netloc}" == client.origin
            if same and after not in known and not parts.path.startswith(LEAVES) and len(known) < most:
                known.add(after)
                waiting.append(after)


def dump(tenant: str) -> dict[str, list[Any]]:
    """Give every row of a tenant, table by table, straight from the database."""
    key = dict(db.db.run("SELECT slug, id FROM tenant", ()).fetchall())[tenant]
    found = {}
    with schema_work():
        columns = {table: [column.name for column in db.db.get_columns(table)] for table in db.db.get_tables()}
    for table, names in columns.items():
        if "tenant_id" in names:
            sql = f"SELECT * FROM {table} WHERE tenant_id = {key}"
        elif "person_id" in names:
            sql = (f"SELECT {table}.* FROM {table} JOIN person ON person.id = {table}.person_id "
                   f"WHERE person.tenant_id = {key}")
        else:
            continue
        found[table] = sorted(map(repr, db.db.run(sql, ()).fetchall()))
    return found
