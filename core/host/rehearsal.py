"""A portal on trial: in this process, in a folder of its own, with two tenants and a small world of people."""

from __future__ import annotations

import contextvars
import email
import email.policy
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import yaml

from core.config.store import Store
from core.data import credentials, db, people, scope, versions
from core.data.scope import Scope
from core.errors import ConfigError, ParlourError
from core.host import app as application
from core.host import aside, discover, installation, modules, worker
from core.host.client import Client
from core.host.portal import Portal, assemble
from core.work import events

HOSTS = {"acme": "localhost", "globex": "globex.localhost"}
"""Where each of the two tenants answers."""

COMPANIES = {"acme": {"alfreds": "Alfreds Futterkiste", "horn": "Around the Horn"},
             "globex": {"cairo": "Cairo Trading"}}

PEOPLE: Mapping[str, Mapping[str, tuple[str, str, str]]] = {
    "acme": {
        "admin": ("Ada Admin", "admin", ""), "agent": ("Ben Agent", "agent", ""),
        "boss": ("Maria Anders", "company_admin", "alfreds"), "own": ("Thomas Hardy", "user", "alfreds"),
        "colleague": ("Elke Sommer", "company_user", "alfreds"),
        "stranger": ("Ana Trujillo", "company_user", "horn"), "horn_boss": ("Hanna Moos", "company_admin", "horn"),
        "loner": ("Lone Wolf", "user", "")},
    "globex": {"other_admin": ("Gita Admin", "admin", ""), "other": ("Omar Haddad", "user", "cairo")}}
"""By short name: full name, role, company. Their addresses are `<short name>@example.com`."""


class Rehearsal:
    """A portal of its own with everybody of PEOPLE. Close it when it is over: one process has one at a time."""

    def __init__(self, folder: Path, portal: Portal) -> None:
        """Take a folder that `prepare` has made, and its portal."""
        self.folder, self.portal = folder, portal
        self.app = application.wrap(portal)
        self.under_test: tuple[str, ...] = ()
        self.tenant_of = {short: slug for slug, folk in PEOPLE.items() for short in folk}

    def guest(self, tenant: str = "acme") -> Client:
        """Give somebody at a tenant's host who is not signed in."""
        return Client(self.app, f"http://{HOSTS[tenant]}:8000")

    def client(self, short: str, *, api: bool = False) -> Client:
        """Give somebody of PEOPLE signed in, or their program with an API key."""
        slug = self.tenant_of[short]
        person = self.person(short)
        with self.scope(slug):
            secret = credentials.make_token("api", person.id, lasts=timedelta(days=1), data={"scopes": ["*"]},
                                            alone=False) if api else credentials.open_session(
                person.id, hours=1, address="127.0.0.1", agent="rehearsal")
        origin = f"http://{HOSTS[slug]}:8000"
        return Client(self.app, origin, token=secret) if api else Client(
            self.app, origin, cookies={"parlour": secret})

    @contextmanager
    def scope(self, slug: str = "acme", short: str = "", *, channel: str = "page") -> Iterator[Scope]:
        """Work as the portal itself in a tenant, or as one of its people."""
        with scope.enter(self.portal.scope(slug, channel=channel, system="" if short else "rehearsal")) as who:
            if not short:
                yield who
                return
            with scope.system("rehearsal"):
                person = people.who(people.by_address(f"{short}@example.com"))
            with scope.acting(person) as acting:
                yield acting

    def person(self, short: str) -> Any:
        """Give somebody's row as it is now."""
        with self.scope(self.tenant_of[short]):
            row = people.by_address(f"{short}@example.com")
        if row is None:
            raise ParlourError(f"Nobody is called {short}.", hint=f"There are {', '.join(self.tenant_of)}.")
        return row

    def add_person(self, short: str, slug: str, role: str, company: str = "", **more: Any) -> Any:
        """Add somebody; `more` says what their company took from them (`own_only`)."""
        staff = role in ("agent", "admin")
        self.tenant_of = {**self.tenant_of, short: slug}
        with self.scope(slug):
            row = people.add_person(short.replace("_", " ").title(), email=f"{short}@example.com", verified=True,
                                    role=role if staff else "")
            if company:
                people.join(row.id, people.company(company).id, role, **more)
        return row

    def work(self, turns: int = 200) -> None:
        """Do what waits in the outbox, until nothing is ready."""
        one = worker.make(self.portal)
        for _turn in range(turns):
            if not contextvars.copy_context().run(one.turn):
                return
        raise ParlourError(f"{events.waiting()} pieces of work still wait after {turns} turns.")

    def letters(self, address: str = "") -> list[EmailMessage]:
        """Do what waits, then give the mail so far, oldest first; of one address where it is named."""
        self.work()
        kept = (self.portal.place.state / "mail" / "new").glob("*")
        found = []
        for path in sorted(kept, key=lambda path: (path.stat().st_mtime_ns, path.name)):
            found.append(email.message_from_bytes(path.read_bytes(), policy=email.policy.default))
        return [letter for letter in found if address in str(letter["To"])]

    def switch(self, on: bool, *features: str) -> None:
        """Switch features on or off, as an edit of portal.yaml does."""
        path = self.folder / "portal.yaml"
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
        for name in features:
            given = document["features"].get(name)
            document["features"][name] = {**given, "enabled": on} if isinstance(given, dict) else on
        path.write_text(_written(document), encoding="utf-8")
        if not self.portal.store.notice() and self.portal.store.problems():
            raise ConfigError(list(self.portal.store.problems()))

    def leave(self) -> None:
        """Let go of the database."""
        aside.dismiss()
        aside.close_connections()

    def close(self) -> None:
        """Let go of the database and of the plugins' code."""
        self.leave()
        for name in self.portal.plugins.known:
            if not self.portal.plugins.known[name].builtin:
                modules.forget(name)


def settings_of(features: Mapping[str, Any], more: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Write a portal.yaml for a rehearsal; `more` are further keys of it."""
    return {"name": "Rehearsal", "url": "http://localhost:8000", "status": "active",
            "languages": {"default": "en", "offered": ["en", "de", "ar", "en-XA"]},
            "features": dict(features), "access": {"registration": "open"},
            "installation": {"plugins": {"paths": ["plugins"]}},
            "tenants": {"acme": {"name": "Acme Support", "url": "http://localhost:8000"},
                        "globex": {"name": "Globex Service", "url": "http://globex.localhost:8000"}},
            **(more or {})}


def _written(document: Mapping[str, Any]) -> str:
    return str(yaml.safe_dump(dict(document), sort_keys=False, allow_unicode=True))


def prepare(folder: Path, plugins: Iterable[Path] = (), features: Mapping[str, Any] | None = None,
            more: Mapping[str, Any] | None = None, database: str = "") -> Rehearsal:
    """Make a portal in an empty folder with some plugins beside the bundled ones, each switched on.

    `features` gives plugins' own settings. `database` is an address as in portal.yaml; without it, SQLite in
    the folder. Raises ConfigError where the configuration does not fit.
    """
    (folder / "plugins").mkdir(parents=True)
    wanted: dict[str, Any] = {}
    tested: list[str] = []
    for place, path in enumerate(plugins):
        (folder / "plugins" / f"p{place}-{path.name}").symlink_to(path.resolve(), target_is_directory=True)
        try:
            tested.append(discover.read(path).id)
        except (ConfigError, OSError, ValueError, RecursionError):
            tested.append(f"p{place}-{path.name}")  # what cannot be read is named when the portal is put together
        else:
            wanted[tested[-1]] = True
    document = settings_of({**wanted, **(features or {})}, more)
    (folder / "portal.yaml").write_text(_written({**document, "features": {}}), encoding="utf-8")
    env = {"PARLOUR_DATABASE": database or f"sqlite:///{folder / 'var' / 'portal.db'}", "PARLOUR_SMTP": ""}
    portal = assemble(folder, env)
    document["features"] = {name: given for name, given in document["features"].items()
                            if name in portal.plugins.manifests}
    (folder / "portal.yaml").write_text(_written(document), encoding="utf-8")
    _hasty()
    made = Rehearsal(folder, portal)
    made.under_test = tuple(tested)
    _populate(made)
    return made


def again(first: Rehearsal, folder: Path, more: Mapping[str, Any] | None = None) -> Rehearsal:
    """Make another portal as `first` was when it was made, in a new folder: quickly, its plugins are loaded.

    `more` are keys of portal.yaml. Only for rehearsals on SQLite. Raises ConfigError where they do not fit.
    """
    first.leave()
    shutil.copytree(first.folder, folder, symlinks=True)
    path = folder / "portal.yaml"
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    for key, value in (more or {}).items():
        document[key] = {**document[key], **value} if isinstance(value, Mapping) and key in document else value
    path.write_text(_written(document), encoding="utf-8")
    env = {"PARLOUR_DATABASE": f"sqlite:///{folder / 'var' / 'portal.db'}", "PARLOUR_SMTP": ""}
    place = installation.find(folder, env)
    db.connect(place.database, folder)
    _hasty()
    loaded = first.portal.plugins
    store = Store(folder, versions, env, loaded.manifests)
    store.notice()
    if store.problems():
        raise ConfigError(list(store.problems()))
    return Rehearsal(folder, Portal(place, store, loaded, first.portal.built))


def _hasty() -> None:
    """Write without waiting for the disk: a rehearsal may be lost with the machine."""
    for engine in (db.db.obj, db.loose.obj):
        if db.is_sqlite():
            engine.pragma("synchronous", "off", permanent=True)


def _populate(made: Rehearsal) -> None:
    for slug, folk in PEOPLE.items():
        with made.scope(slug), db.transaction():
            for identifier, name in COMPANIES[slug].items():
                people.add_company(name, identifier)
            for short, (name, role, company) in folk.items():
                staff = role in ("agent", "admin")
                row = people.add_person(name, email=f"{short}@example.com", role=role if staff else "",
                                        verified=True)
                if company:
                    people.join(row.id, people.company(company).id, role)
