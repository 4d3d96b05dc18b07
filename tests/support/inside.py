"""A portal inside the test's own process: one small world of people, clients signed in as any of them."""

from __future__ import annotations

import contextvars
import email
import email.policy
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from types import ModuleType
from typing import Any

import yaml

from core.config.store import Store
from core.data import credentials, db, people, scope, versions
from core.host import app as application
from core.host import installation, worker
from core.host.modules import PREFIX
from core.host.portal import Portal, assemble
from core.work import events
from support.postgres import Databases
from support.servers import merged
from support.visitor import Answer, Visitor

PASSWORD = "quiet rivers run deep"
"""Everybody's password."""

HOSTS = {"acme": "localhost", "globex": "globex.localhost"}

COMPANIES = {"acme": {"alfreds": "Alfreds Futterkiste", "horn": "Around the Horn"},
             "globex": {"cairo": "Cairo Trading"}}

PEOPLE: dict[str, dict[str, tuple[str, str, str]]] = {
    "acme": {
        "admin": ("Ada Admin", "admin", ""),
        "agent": ("Ben Agent", "agent", ""),
        "boss": ("Maria Anders", "company_admin", "alfreds"),
        "own": ("Thomas Hardy", "user", "alfreds"),
        "colleague": ("Elke Sommer", "company_user", "alfreds"),
        "stranger": ("Ana Trujillo", "company_user", "horn"),
        "horn_boss": ("Hanna Moos", "company_admin", "horn"),
        "loner": ("Lone Wolf", "user", ""),
    },
    "globex": {
        "other_admin": ("Gita Admin", "admin", ""),
        "other": ("Omar Haddad", "user", "cairo"),
    },
}
"""By short name: full name, role, company. Their addresses are `<short name>@example.com`."""

ADDRESS = {short: f"{short}@example.com" for tenant in PEOPLE.values() for short in tenant}
TENANT = {short: slug for slug, tenant in PEOPLE.items() for short in tenant}

SETTINGS: dict[str, Any] = {
    "name": "Test Portal", "url": "http://localhost:8000", "status": "active",
    "installation": {"plugins": {"paths": ["plugins"]}},
    "tenants": {"acme": {"name": "Acme Support", "url": "http://localhost:8000"},
                "globex": {"name": "Globex Service", "url": "http://globex.localhost:8000"}},
}


class Client(Visitor):
    """A Visitor whose requests go straight into the application; nothing is served."""

    def __init__(self, inside: Inside, origin: str, token: str = "") -> None:
        super().__init__(origin, token)
        self._inside = inside

    def deliver(self, method: str, path: str, body: bytes | None, headers: Sequence[tuple[str, str]],
                timeout: float) -> Answer:
        """Run one request in a context of its own, as a server's thread would."""

        def run() -> Answer:
            client = self._inside.app.test_client(use_cookies=False)
            answer = client.open(path, method=method, base_url=self.origin, data=body, headers=list(headers),
                                 environ_base={"REMOTE_ADDR": self._inside.address})
            every = [(name, value) for name, value in answer.headers]
            content = answer.get_data()
            answer.close()
            return Answer(answer.status_code, {name.lower(): value for name, value in every}, content, every)

        return contextvars.copy_context().run(run)


class Inside:
    """A portal in this process. `portal` is the host's, `app` its WSGI callable, `folder` its portal folder."""

    def __init__(self, folder: Path, portal: Portal) -> None:
        self.folder, self.portal = folder, portal
        self.app = application.wrap(portal)
        self.yaml = folder / "portal.yaml"
        self.address = "127.0.0.1"

    def guest(self, host: str = "localhost") -> Client:
        """Give somebody at a host who is not signed in."""
        return Client(self, f"http://{host}:8000")

    def client(self, short: str, *, token: bool = False) -> Client:
        """Give somebody of PEOPLE (or with this whole address), signed in; `token` makes it an API client."""
        slug = TENANT.get(short, "acme")
        with self.scope(slug):
            row = people.by_address(ADDRESS.get(short, short))
            assert row is not None, f"nobody is called {short}"
            if token:
                secret = credentials.make_token("api", row.id, lasts=timedelta(days=1),
                                                data={"scopes": ["*"]}, alone=False)
            else:
                secret = credentials.open_session(row.id, hours=1, address="127.0.0.1", agent="test")
        client = Client(self, f"http://{HOSTS[slug]}:8000", secret if token else "")
        if not token:
            client.cookies["parlour"] = secret
        return client

    @contextmanager
    def scope(self, slug: str = "acme", person: str = "", *, channel: str = "page") -> Iterator[scope.Scope]:
        """Work as the system in a tenant, or as one of its people."""
        with scope.enter(self.portal.scope(slug, channel=channel, system="" if person else "test")) as who:
            if not person:
                yield who
                return
            with scope.system("test"):
                one = people.who(people.by_address(ADDRESS.get(person, person)))
            with scope.acting(one) as acting:
                yield acting

    def person(self, short: str) -> Any:
        """Give somebody's row as it is now."""
        with self.scope(TENANT.get(short, "acme")):
            return people.by_address(ADDRESS.get(short, short))

    def work(self, turns: int = 50) -> None:
        """Do what the outbox holds until nothing is ready."""
        one = worker.make(self.portal)
        for _turn in range(turns):
            if not contextvars.copy_context().run(one.turn):
                return
        raise AssertionError(f"{events.waiting()} pieces of work still wait after {turns} turns")

    @property
    def letters(self) -> list[EmailMessage]:
        """All mail kept so far, oldest first."""
        kept = (self.folder / "var" / "mail" / "new").glob("*")
        paths = sorted(kept, key=lambda path: (path.stat().st_mtime_ns, path.name))
        return [email.message_from_bytes(p.read_bytes(), policy=email.policy.default) for p in paths]  # type: ignore[misc]

    def letters_to(self, address: str) -> list[EmailMessage]:
        """Do what waits, then give the mail to one address, oldest first."""
        self.work()
        return [letter for letter in self.letters if address in str(letter["To"])]

    def parallel(self, *calls: Callable[[], Any]) -> list[Any]:
        """Make all calls at the same moment, each in a thread; give results or errors in their order."""
        results: list[Any] = [None] * len(calls)
        ready = threading.Barrier(len(calls))

        def run(place: int, call: Callable[[], Any]) -> None:
            ready.wait()
            try:
                results[place] = call()
            except Exception as error:  # noqa: BLE001 - the test looks at it
                results[place] = error
            finally:
                leave()

        threads = [threading.Thread(target=run, args=pair) for pair in enumerate(calls)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return results


def leave() -> None:
    """Close this thread's connections."""
    for engine in (db.db.obj, db.loose.obj):
        if engine is not None and not engine.is_closed():
            engine.close()


_opened: list[Any] = []


def _remember(engine: type[Any]) -> None:
    """Keep every connection of an engine, whatever thread it belongs to: hooks run in threads that live on."""
    connect = engine._connect

    def remembered(self: Any) -> Any:
        if engine is db.Sqlite:
            self.connect_params["check_same_thread"] = False  # this thread closes what others opened
        connection = connect(self)
        _opened.append(connection)
        return connection

    engine._connect = remembered


_remember(db.Postgres)
_remember(db.Sqlite)


def disconnect() -> None:
    """Close the connections of every thread: plugins' hooks run in threads that outlive a portal in a test."""
    leave()
    while _opened:
        _opened.pop().close()


def text_of(letter: EmailMessage) -> str:
    """Give the plain text of a letter."""
    body = letter.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def _write(folder: Path, settings: Mapping[str, Any]) -> None:
    for name in ("themes", "plugins", "var"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    document = merged(SETTINGS, settings)
    (folder / "portal.yaml").write_text(yaml.safe_dump(document, sort_keys=False, allow_unicode=True))


def _populate(portal: Portal) -> None:
    hashed = credentials.hash_password(PASSWORD)
    for slug, folk in PEOPLE.items():
        with scope.enter(portal.scope(slug, channel="command", system="test")):
            for identifier, name in COMPANIES[slug].items():
                people.add_company(name, identifier)
            for short, (name, role, company) in folk.items():
                staff = role in ("agent", "admin")
                row = people.add_person(name, email=ADDRESS[short], role=role if staff else "", verified=True,
                                        password=hashed)
                if company:
                    people.join(row.id, people.company(company).id, role)


class Insides:
    """Makes portals inside the process, each on its own copy of one prepared database."""

    def __init__(self, folder: Path, databases: Databases) -> None:
        self._folder, self._databases, self._made = folder, databases, 0
        self._whole: Portal | None = None
        self._code: dict[str, ModuleType] = {}

    def make(self, engine: str, settings: Mapping[str, Any] | None = None, *,
             plugins: Callable[[Path], None] | None = None) -> Inside:
        """Give a portal with everybody of PEOPLE; `plugins` may fill the folder's `plugins/` first."""
        url = self._databases.copy(engine, "inside", self.prepare)
        folder = self._folder / f"inside{self._made}"
        self._made += 1
        _write(folder, settings or {})
        if plugins is not None:
            plugins(folder / "plugins")
        disconnect()
        self._put_back()
        env = {"PARLOUR_DATABASE": url}
        return Inside(folder, assemble(folder, env) if plugins or self._whole is None else self._like(folder, env))

    def _like(self, folder: Path, env: Mapping[str, str]) -> Portal:
        """Put a portal together from plugins that are loaded and checked already: that takes most of the time."""
        assert self._whole is not None
        place = installation.find(folder, env)
        db.connect(place.database, folder)
        loaded = self._whole.plugins
        return Portal(place, Store(folder, versions, env, loaded.manifests), loaded, self._whole.built)

    def prepare(self, url: str) -> None:
        """Fill a fresh database with the tables and everybody of PEOPLE."""
        folder = self._folder / f"template-{len(list(self._folder.glob('template-*')))}"
        _write(folder, {})
        disconnect()
        whole = assemble(folder, {"PARLOUR_DATABASE": url})
        _populate(whole)
        self._whole = whole if not whole.plugins.broken() else None
        self._code = plugins_code()
        disconnect()

    def _put_back(self) -> None:
        """Undo what a test did that read plugins anew: models of both readings in one process mix in queries."""
        now = plugins_code()
        changed = {name.split(".")[1] for name, module in self._code.items() if now.get(name) is not module}
        for name in now:
            if name.split(".")[1] in changed:
                del sys.modules[name]
        sys.modules.update({name: module for name, module in self._code.items() if name.split(".")[1] in changed})


def plugins_code() -> dict[str, ModuleType]:
    """Give the imported modules of all plugins by name."""
    return {name: module for name, module in list(sys.modules.items()) if name.startswith(f"{PREFIX}.")}
