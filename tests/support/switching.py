"""Clients that never hang up, and what they saw, for the tests that switch features under load."""

from __future__ import annotations

import http.client
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from core.config.loader import read
from core.data import credentials, people, scope, versions
from core.host.portal import assemble
from support.inside import disconnect
from support.servers import PortalFolder

PATHS = ("/", "/tickets", "/api/v1/tickets", "/", "/tickets/new", "/search?q=printer")
ALWAYS = ("/", "/search?q=printer")
"""What answers 200 whether tickets are on or off; all else is not there while they are off."""


@dataclass(frozen=True)
class Seen:
    """One answer: the configuration it states, and if tickets stood in navigation and panels."""

    path: str
    status: int
    version: int
    navigation: bool | None = None
    panel: bool | None = None


@dataclass
class Client:
    """One person's browser and program on one connection that stays open."""

    port: int
    session: str
    token: str
    seen: list[Seen] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def run(self, stop: threading.Event) -> None:
        """Ask for one page after the other until told to stop; anything but an answer is a fault."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        turn = 0
        while not stop.is_set():
            path = PATHS[turn % len(PATHS)]
            turn += 1
            try:
                self.ask(connection, path)
            except (OSError, http.client.HTTPException) as error:
                self.faults.append(f"{path}: {error!r}")
                connection.close()
        connection.close()

    def ask(self, connection: http.client.HTTPConnection, path: str) -> None:
        """Fetch one page and note what it says."""
        headers = {"Host": f"localhost:{self.port}"}
        headers |= {"Authorization": f"Bearer {self.token}"} if path.startswith("/api/") else {
            "Cookie": f"parlour={self.session}"}
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        text = answer.read().decode()
        version = int(answer.headers.get("Parlour-Config", "0"))
        if path.startswith("/api/") or answer.status >= 500:
            self.seen.append(Seen(path, answer.status, version))
            return
        bar, _, main = text.partition("<main")
        panel = bool(re.search(r"<h2[^>]*>\s*Tickets\s*</h2>", main)) if path == "/" else None
        self.seen.append(Seen(path, answer.status, version, 'href="/tickets"' in bar, panel))


def people_of(folder: PortalFolder) -> tuple[str, str, str]:
    """Make a customer and an admin in a portal's database; give session, API token, and the admin's session."""
    portal = assemble(folder.path, folder.env)
    with scope.enter(portal.scope("default", channel="command", system="test")):
        people.add_company("Alfreds", "alfreds")
        own = people.add_person("Own", email="own@example.com", verified=True)
        people.join(own.id, people.company("alfreds").id, "company_user")
        admin = people.add_person("Ada Admin", email="ada@example.com", role="admin", verified=True)
        found = (credentials.open_session(own.id, hours=1, address="127.0.0.1", agent="test"),
                 credentials.make_token("api", own.id, lasts=timedelta(days=1), data={"scopes": ["*"]},
                                        alone=False),
                 credentials.open_session(admin.id, hours=1, address="127.0.0.1", agent="test"))
    disconnect()
    return found


def switch_by_version(folder: PortalFolder) -> Mapping[int, bool]:
    """Tell for every version of the configuration if tickets were on in it."""
    assemble(folder.path, folder.env)
    rows = versions.since(0)
    disconnect()
    return {row.id: read(row.content, row.document, folder.env).data["features"]["tickets"] for row in rows}


@contextmanager
def load(clients: list[Client]) -> Iterator[None]:
    """Let all clients ask while the block runs."""
    stop = threading.Event()
    threads = [threading.Thread(target=client.run, args=(stop,)) for client in clients]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def disagreements(client: Client, on: Mapping[int, bool]) -> list[str]:
    """List every answer that does not belong to its version, and every step back."""
    wrong, last = list(client.faults), 0
    for seen in client.seen:
        switched = on.get(seen.version)
        if switched is None or seen.status != (200 if switched or seen.path in ALWAYS else 404):
            wrong.append(f"{seen}: tickets are {switched}")
        elif {seen.navigation, seen.panel} - {None, switched}:
            wrong.append(f"{seen}: a mix, tickets are {switched}")
        if seen.version < last:
            wrong.append(f"{seen}: went back from {last}")
        last = max(last, seen.version)
    return wrong
