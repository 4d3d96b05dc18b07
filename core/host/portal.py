"""One process's portal: configuration, plugins, registry, templates and files, put together once."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from core.config.store import Snapshot, Store
from core.data import db, files, people, soundness, versions
from core.data.migrate import migrate
from core.data.migrate import status as waiting
from core.data.scope import Scope, Who
from core.host import discover, installation, plugins, registry
from core.host.deaths import Deaths
from core.host.installation import Installation
from core.look import i18n
from core.look.compose import Composer
from core.look.site import Looks
from core.parts import Manifest
from core.work.post import Post, kept
from core.work.transport import transport

log = logging.getLogger("parlour")
CORE = Path(__file__).parent.parent
HOST_MIGRATIONS = {"parlour": CORE / "data" / "migrations", "parlour_work": CORE / "work" / "migrations"}


MOST_VISITS = 5000
"""Scopes of people that a process keeps from one request to the next."""


class Portal:
    """Everything a process needs to answer requests, do work or run a command; made by `assemble`."""

    def __init__(self, place: Installation, store: Store, found: plugins.Plugins, built: registry.Built) -> None:
        """Take what `assemble` has prepared."""
        self.place, self.store, self.plugins, self.built = place, store, found, built
        self.files = files.Store(place.files)
        files.use(self.files)
        self._snapshot: Snapshot | None = None
        self._ids: dict[str, int] = {}
        self._slugs: dict[int, str] = {}
        self._visits: dict[tuple[str, int, int], Scope] = {}
        self._lock = threading.Lock()
        self.looks = Looks(place.folder, (place.folder / "themes", discover.bundled("themes")))
        folders = {m.id: m.path / "templates" for m in found.manifests.values()}
        self.composer = Composer(CORE / "web" / "templates", folders)
        self.post = Post(self.composer, self.looks, lambda: transport(self.place.smtp, kept(self.place.state)),
                         place.sender, place.secret)
        i18n.install(i18n.Catalogues([CORE / "locale", *(m.path / "locale" for m in found.manifests.values())],
                                     [m.translations for m in found.manifests.values() if m.translations]))

    def known(self, version: int | None = None) -> Snapshot | None:
        """Give the configuration this process knows, without asking; None where the one that counts is another."""
        known = self._snapshot
        return known if known is None or version is None or version <= known.version else None

    def snapshot(self) -> Snapshot:
        """Give the configuration that counts at this moment: one small query, parsed only when it is new."""
        known = self._snapshot
        fresh = self.store.follow(known) if known is not None else self.store.load()
        if fresh is not known:
            with self._lock:
                self._snapshot = fresh
        return fresh

    def keep(self, snapshot: Snapshot) -> None:
        """Let a configuration count until a newer one is published (rehearsals)."""
        with self._lock:
            self._snapshot = snapshot

    def tenant_id(self, slug: str) -> int:
        """Give a tenant's internal key."""
        found = self._ids.get(slug)
        if found is None:
            found = self._ids[slug] = people.ensure_tenant(slug)
        return found

    def scope(self, slug: str, snapshot: Snapshot | None = None, *, channel: str = "page",
              system: str = "") -> Scope:
        """Open the scope of a tenant, nobody signed in, pinned to one configuration version."""
        pinned = snapshot or self.snapshot()
        return Scope(self.tenant_id(slug), slug, pinned.tenants[slug], self.built.registry, channel=channel,
                     config=pinned.version, system=system)

    def visit(self, slug: str, snapshot: Snapshot, person: Who | None = None, company: int | None = None) -> Scope:
        """Open the scope of a page for somebody: the same value as before while nothing about them has changed.

        `company` is the one of theirs they have chosen to work in.
        """
        key = (slug, person.id if person else 0, company or 0)
        known = self._visits.get(key)
        settings, registry = snapshot.tenants[slug], self.built.registry
        if known is None or known.person is not person or known.settings is not settings \
                or known.registry is not registry or known.config != snapshot.version:
            if len(self._visits) >= MOST_VISITS:
                self._visits.clear()
            known = self._visits[key] = replace(self.scope(slug, snapshot), person=person, company=company)
        return known

    def job_scope(self, tenant_id: int) -> Scope | None:
        """Open the scope of a tenant by its key for the worker, None where the configuration lost it."""
        slug = self._slugs.get(tenant_id)
        if slug is None:
            self._slugs = {number: name for name, number in people.tenants().items()}
            slug = self._slugs.get(tenant_id)
        pinned = self.snapshot()
        if slug is None or slug not in pinned.tenants:
            return None
        return self.scope(slug, pinned, channel="job", system="worker")


def manifests_for(place: Installation) -> discover.Found:
    """Find the plugins an installation may use; safe mode leaves only the host's own."""
    found = discover.discover(place.plugin_paths)
    if place.safe:
        return _only(found, {m.id for m in found.manifests if m.builtin})
    if place.available == "all":
        return found
    allowed = set(place.available)
    return _only(found, {m.id for m in found.manifests if m.builtin or m.id in allowed})


def _only(found: discover.Found, allowed: set[str]) -> discover.Found:
    """Leave out what is not allowed; portal.yaml may go on mentioning it."""
    return discover.Found(
        tuple(m for m in found.manifests if m.id in allowed),
        {name: message for name, message in found.failed.items() if name in allowed},
        frozenset({m.id for m in found.manifests} | set(found.failed)) - allowed)


def migration_folders(manifests: Mapping[str, Manifest]) -> dict[str, Path]:
    """Give the folders of migrations of plugins that have any, in the order of need."""
    return {m.id: m.path / "migrations" for m in manifests.values() if (m.path / "migrations").is_dir()}


def assemble(folder: Path, env: Mapping[str, str] = os.environ, *, may_migrate: bool = True,
             new: bool = False, early: bool = False) -> Portal:
    """Put a portal together from its folder, step by step; `new` allows an empty database where it had one.

    `early` is for commands that have something to say before there are tables. Raises ConfigError where there is
    no configuration that could be used, Unsound where the database is missing, has no tables yet or is not to be
    used, the database's own errors where it cannot be reached.
    """
    place = installation.find(folder, env)
    db.connect(place.database, folder)
    if new:
        soundness.forget(folder)
    soundness.look(place.database, folder, HOST_MIGRATIONS)
    if not may_migrate and not early and not any(one.applied for one in waiting(HOST_MIGRATIONS)):
        raise soundness.Unsound("The database of this portal has no tables yet.",
                                hint="Run `parlour migrate`, or serve the portal once; then try again.")
    found = manifests_for(place)
    deaths = Deaths(place.state)
    with deaths.starting():
        loaded = plugins.load(found.manifests, dict(found.failed), deaths)
        for name, message in _migrated(loaded, place, deaths, may_migrate=may_migrate).items():
            loaded.leave_out(name, "migrations", message, "Mend the migration, then run `parlour reload`."
                             if may_migrate else "Run `parlour migrate`.")
        built = registry.build(loaded)
    deaths.forgive([name for name in loaded.manifests if name in loaded.hooks])
    away = (found.away | set(found.failed) | set(loaded.known)) - set(loaded.manifests)
    store = Store(folder, versions, env, loaded.manifests, away)
    return Portal(place, store, loaded, built)


def _migrated(loaded: plugins.Plugins, place: Installation, deaths: Deaths, *,
              may_migrate: bool) -> dict[str, str]:
    """Bring the schema up to date, or only look; give the plugins that cannot be used, and why."""
    folders = migration_folders(loaded.manifests)
    if may_migrate:
        failed = migrate(HOST_MIGRATIONS, folders, place.state,
                         around=lambda name: deaths.at(loaded.manifests[name], "migrations"))
        soundness.remember(place.folder)
        return failed
    return {status.name: "Its migrations have not run" for status in waiting(folders) if status.waiting}


def state(portal: Portal) -> dict[str, Any]:
    """Tell where everything is: for `parlour info`."""
    place = portal.place
    unready = any(one.waiting for one in waiting(HOST_MIGRATIONS))  # a new folder: nothing has been served yet
    return {"folder": str(place.folder), "database": place.database.split("@")[-1], "files": str(place.files),
            "mail": "smtp" if place.smtp else str(place.state / "mail"), "plugins": list(portal.plugins.manifests),
            "failed": portal.plugins.broken(), "safe": place.safe, "migrated": not unready,
            "version": 0 if unready else portal.snapshot().version}
