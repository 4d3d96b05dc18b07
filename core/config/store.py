"""Where documents live and how they change: file or database, hand edits noticed, edits spliced, undone."""

from __future__ import annotations

import functools
import logging
import re
import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path as File
from types import MappingProxyType
from typing import Any

from core.config import files
from core.config.agreement import review
from core.config.loader import Document, Path, read
from core.config.mistakes import below
from core.config.schemas import portal_schema
from core.config.settings import ROOT, Tenants, tenants
from core.config.splice import splice
from core.config.versions import FILE, Act, Shelf, Version, VersionLog, difference, digest, shown, stale
from core.errors import ConfigError, FieldError, Invalid, NotFound, Problem, Refused
from core.parts import Manifest

log = logging.getLogger("parlour.config")

_FRESH = 2_000_000_000
"""Nanoseconds for which a file's times are not trusted: two writes may fall into one tick of the clock."""

_PATIENCE = 2
"""How many times in a row a file that is being written is left for later."""

_NAME = re.compile(r"portal\.yaml|tenants/[a-z0-9-]{1,63}\.yaml|db:[a-z0-9-]{1,63}", re.ASCII)


@dataclass(frozen=True, eq=False)
class Snapshot:
    """The configuration of one version: a request uses one from its first to its last byte."""

    version: int
    documents: Mapping[str, Document]
    tenants: Tenants

    def host(self, hostname: str) -> str | None:
        """Tell which tenant answers a Host header (its port is ignored); None: nobody, an empty 404."""
        name = hostname.lower()
        name = name.partition("]")[0].strip("[") if name.startswith("[") else name.partition(":")[0]
        slugs = self.tenants.hosts.get(name, ())
        return slugs[0] if slugs else None


class Store:
    """The documents of one portal folder.

    Values of `env` fill `${NAME}`. `manifests` are those of the plugins in use; `away` are ids of plugins that
    are known but not in use (failed, or left out in safe mode), whose settings are kept and not checked.
    """

    def __init__(self, folder: File, log: VersionLog, env: Mapping[str, str],
                 manifests: Mapping[str, Manifest], away: Collection[str] = ()) -> None:
        self.folder, self.log, self.manifests, self.away = folder, log, manifests, frozenset(away)
        self._shelf = Shelf(log, env)
        self._seen: dict[str, tuple[int, ...]] = {}
        self._reported: dict[str, tuple[Problem, ...]] = {}
        self._newest: Snapshot | None = None
        self._lock = threading.Lock()
        self._waited = 0

    def load(self) -> Snapshot:
        """Read everything at start, publishing what was edited while nobody looked.

        Raises ConfigError when there has never been a configuration that works.
        """
        self.notice()
        self._shelf.refresh()
        if ROOT not in self._shelf.documents:
            missing = Problem(ROOT, 0, 0, "", f"There is no configuration in {self.folder}.",
                              "Make one with: parlour init")
            raise ConfigError(list(self.problems()) or [missing])
        return self._snapshot()

    def follow(self, snapshot: Snapshot) -> Snapshot:
        """Give the newest configuration: the same snapshot while the log's number stays."""
        latest = self.log.latest()
        if latest <= snapshot.version:
            return snapshot
        newest = self._newest
        if newest is not None and latest <= newest.version:
            return newest
        self._shelf.refresh()
        return self._snapshot()

    def _snapshot(self) -> Snapshot:
        for name, problems in dict(self._shelf.broken).items():
            self._report(name, problems)
        with self._lock:  # a slower thread must not put an older one back
            version, documents = self._shelf.state
            if self._newest is None or self._newest.version < version:
                frozen = MappingProxyType(documents)
                self._newest = Snapshot(version, frozen, tenants(frozen, self.manifests))
            return self._newest

    def problems(self) -> Sequence[Problem]:
        """Give what is wrong with edits that were not taken, as reported to the admins."""
        return self.log.problems()

    def check(self) -> list[Problem]:
        """Find every mistake of what stands on disk and in the database now; changes nothing."""
        documents, found = self.standing()
        return found + [problem for problem in review(documents, self.manifests, away=self.away)
                        if not any(problem.file == other.file for other in found)]

    def standing(self) -> tuple[dict[str, Document], list[Problem]]:
        """Read what stands on disk and in the database now, and tell what cannot be read of it."""
        self._shelf.refresh()
        documents = dict(self._shelf.documents)
        found: list[Problem] = []
        for name in sorted(self._names()):
            try:
                documents[name] = read(files.load(self.folder / name, name), name, self._shelf.env(name))
            except ConfigError as error:
                found += error.problems
        return documents, found

    def versions(self, document: str | None = None, limit: int = 1000, before: int | None = None,
                 ) -> list[Version]:
        """List the versions, of one document if asked, newest first."""
        return list(self.log.history(limit, before, document))

    def difference(self, before: Version | None, after: Version) -> str:
        """Write what a version changed as a unified diff; secrets that are no references are masked."""
        return difference(before, after, self.schema_of(after.document))

    def writable(self, document: str) -> bool:
        """Tell if a document can be edited from here."""
        return document.startswith("db:") or files.writable(self.folder / document)

    # Edits by hand

    def notice(self, quiet: float = 0) -> bool:
        """See edits from outside; publish them if everything fits, else report. True if one was published.

        Called by each process about twice a second; costs one stat per file while nothing changes. A file that
        was written less than `quiet` seconds ago may be half of one and is left for the next time, not for ever.
        """
        now = time.time_ns()
        marks = {name: files.mark(self.folder / name) for name in self._names()}
        if all(mark == self._seen.get(name) and not (mark and now - mark[0] < _FRESH)
               for name, mark in marks.items()):
            return False
        if self._is_being_written(marks, now, quiet):
            return False
        with files.locked(self.folder):
            return self._notice()

    def _is_being_written(self, marks: Mapping[str, tuple[int, ...]], now: int, quiet: float) -> bool:
        wait = any(mark and mark != self._seen.get(name) and 0 <= now - mark[0] < quiet * 1e9
                   for name, mark in marks.items())
        self._waited = self._waited + 1 if wait else 0
        return 0 < self._waited <= _PATIENCE

    def _names(self) -> set[str]:
        """Name all documents that are files, were files, or are reported."""
        known = {*self._shelf.documents, *(name for name, found in self._reported.items() if found)}
        found = {f"tenants/{path.name}" for path in (self.folder / "tenants").glob("*.yaml")}
        return {ROOT, *found, *(name for name in known if not name.startswith("db:"))}

    def _notice(self) -> bool:
        self._shelf.refresh()
        documents, changed = dict(self._shelf.documents), {}
        for name in sorted(self._names()):
            mark = files.mark(self.folder / name)
            last = self._shelf.newest.get(name)
            try:
                if not mark and name != ROOT and (last is None or not last.content):
                    self._report(name, ())  # a new file with mistakes was taken away again
                    continue
                text = files.load(self.folder / name, name)
                if last is None or digest(text) != last.hash:
                    documents[name], changed[name] = read(text, name, self._shelf.env(name)), text
                else:
                    self._report(name, self._shelf.broken.get(name, ()))
            except ConfigError as error:
                self._report(name, error.problems)
            self._seen[name] = mark
        return self._publish(documents, changed)

    def _publish(self, documents: Mapping[str, Document], changed: Mapping[str, str]) -> bool:
        problems = review(documents, self.manifests, changed, self.away) if changed else []
        for name in changed:
            own = [problem for problem in problems if problem.file == name]
            self._report(name, own or problems)
        if problems or not changed:
            return False
        for name, text in changed.items():
            version = self.log.append(name, text, FILE, "")
            log.info("%s was edited by hand: version %s", name, version)
        self._shelf.refresh()
        return True

    def _report(self, name: str, problems: Sequence[Problem]) -> None:
        if self._reported.get(name) == tuple(problems):
            return
        for problem in problems:
            log.error("%s", problem)
        self.log.report(name, problems)
        self._reported[name] = tuple(problems)

    # Edits through the portal

    def edit(self, document: str, changes: Mapping[Path, Any], author: str,
             base_version: int | None = None, note: str = "") -> Version:
        """Change values of one document, leaving every other byte as it is.

        `changes` maps paths (keys, and indexes in lists) to values, `splice.REMOVE` or `splice.Reference`.
        `base_version` is the version the author looked at. Raises Conflict if somebody changed the document
        since, Refused if it cannot be written here, Invalid with every mistake if the result does not fit.
        """
        return self.change(document, self.splicing(document, changes), Act(author, note, base_version))

    def splicing(self, document: str, changes: Mapping[Path, Any]) -> Callable[[Document | None], str]:
        """Make the change that `edit` makes, for `change`."""
        def change(current: Document | None) -> str:
            if current is None:
                raise NotFound(f"There is no document {document}.")
            return splice(current, changes, self._shelf.env(document), self._short(document)).source

        return change

    def replace(self, document: str, text: str, author: str, base_version: int | None = None,
                note: str = "") -> Version:
        """Put a whole text in a document's place, or make a new tenant document. Raises as `edit` does."""
        return self.change(document, lambda _current: text, Act(author, note, base_version))

    def remove(self, document: str, author: str, base_version: int | None = None) -> Version:
        """Take a tenant's own document away; its data stay. Raises as `edit` does."""
        if document == ROOT:
            raise Refused(f"{ROOT} cannot be removed.")
        return self.change(document, lambda _current: "", Act(author, "removed", base_version))

    def undo(self, version: int, author: str) -> Version:
        """Put back what stood before a version. Raises Conflict if the document changed again since."""
        undone = self.log.version(version)
        if undone is None:
            raise NotFound(f"There is no version {version}.")
        before = self.log.before(undone.document, version)
        if before is None or not before.content:
            raise Refused(f"Version {version} is where {undone.document} begins; nothing stood there before.")
        return self.replace(undone.document, before.content, author, version, f"undo of {version}")

    def change(self, name: str, change: Callable[[Document | None], str], act: Act) -> Version:
        """Change a document as `change` says, which gets it as it is and gives its new text ("" removes it).

        One change at a time, over all processes. Raises as `edit` does.
        """
        if not _NAME.fullmatch(name):
            raise NotFound(f"There is no document {name}.")
        with files.locked(self.folder):
            self._settle(name)
            if act.base is not None:
                self._refuse_stale(name, act.base, act.part)
            current = self._shelf.documents.get(name)
            text = self._valid(name, change, current)
            if text == (current.source if current is not None else ""):
                return self._shelf.newest[name]
            if act.against is not None:
                self._ask(name, text, act.against)
            return self._write(name, text, current.source if current is not None else "", act)

    def _ask(self, name: str, text: str, against: Callable[[Mapping[str, Any]], Sequence[FieldError]]) -> None:
        """Raise Invalid with what speaks against all tenants as they would be with this text."""
        documents = {**self._shelf.documents, name: read(text, name, self._shelf.env(name))} if text else {
            key: value for key, value in self._shelf.documents.items() if key != name}
        errors = against(tenants(documents, self.manifests))
        if errors:
            raise Invalid(errors)

    def tried(self, name: str, change: Callable[[Document | None], str]) -> str:
        """Give the text a change would make of a document, checked with all others; nothing is written.

        Raises Invalid with every mistake, Refused where it cannot be made in the text.
        """
        return self._valid(name, change, self._shelf.documents.get(name))

    def _refuse_stale(self, name: str, base: int, part: Path) -> None:
        last = self._shelf.newest.get(name)
        if last is None or last.id <= base:
            return
        then = self.log.before(name, base + 1)
        schema = self.schema_of(name)
        if part and then is not None and shown(then, schema, part) == shown(last, schema, part):
            return  # somebody changed another part of the same document
        raise stale(name, last)

    def env(self, document: str) -> Mapping[str, str]:
        """Give the variables a document may refer to."""
        return self._shelf.env(document)

    def _settle(self, name: str) -> None:
        """Publish an edit by hand that nobody has seen yet; refuse to write over one with mistakes."""
        self._shelf.refresh()
        if name.startswith("db:"):
            return
        self._notice()
        if self._reported.get(name):
            raise Refused(f"{name} has mistakes from an edit by hand. Mend the file first.",
                          hint=str(self._reported[name][0]))

    def _valid(self, name: str, change: Callable[[Document | None], str], current: Document | None) -> str:
        documents = dict(self._shelf.documents)
        try:
            text = change(current)
            if text:
                documents[name] = read(text, name, self._shelf.env(name))
            else:
                documents.pop(name, None)
            problems = review(documents, self.manifests, [name], self.away)
        except ConfigError as error:
            problems = list(error.problems)
        if problems:
            raise Invalid([FieldError(problem.path, f"{problem.message} {problem.hint}".strip(), "config")
                           for problem in problems])
        return text

    def _write(self, name: str, text: str, before: str, act: Act) -> Version:
        if not name.startswith("db:"):
            self._on_disk(name, text)
        try:
            self.log.append(name, text, act.author, act.note, act.also)
        except BaseException:
            if not name.startswith("db:"):
                self._on_disk(name, before)  # not stored: file and versions stay one
            raise
        self._shelf.refresh()
        return self._shelf.newest[name]

    def _on_disk(self, name: str, text: str) -> None:
        path = self.folder / name
        if text:
            files.replace(path, name, text)
        else:
            files.remove(path, name)

    # Schemas

    @functools.cached_property
    def schema(self) -> Mapping[str, Any]:
        """The schema of portal.yaml for these plugins."""
        return portal_schema(self.manifests, self.away)

    def schema_of(self, document: str) -> Mapping[str, Any]:
        """Give the schema of a document: the installation's, or a tenant's."""
        tenant = {**self.schema["$defs"]["tenant"], "$defs": self.schema["$defs"]}
        return self.schema if document == ROOT else tenant

    def _short(self, document: str) -> Callable[[Path], str | None]:
        root = self.schema_of(document)

        def short(path: Path) -> str | None:
            schema = root
            for step in path:
                schema = below(schema, step, root)
            return schema.get("x-short")

        return short
