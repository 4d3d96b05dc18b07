"""Versions of documents: what the database keeps of them, what differs, what must not be shown."""

from __future__ import annotations

import difflib
import hashlib
import re
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from core.config.loader import Document, Path, read
from core.config.mistakes import below
from core.errors import ConfigError, Conflict, FieldError, Problem, Refused

FILE = "file"
"""The author of an edit from outside."""

MASK = "********"

APART = "plugins/"
"""What names of documents begin with that are versioned here, but are no configuration: modules."""

STEPS_BACK = 20
"""How many versions back a process looks for one it can read."""


@dataclass(frozen=True)
class Version:
    """One change of one document. `content` is all of its text ("" once it was removed); `created` is UTC."""

    id: int
    document: str
    content: str
    hash: str
    author: str
    created: datetime
    note: str = ""


@dataclass(frozen=True)
class Act:
    """Who changes a document, and on what ground.

    `base` is the version the author looked at: the change is refused if the document, or the `part` of it that
    is named, was changed since. `also` is called with the new version's number in the transaction that stores
    it, so that what it writes (the audit) is true together with the change. `against` is asked about all tenants
    as they would be then, and gives what speaks against it.
    """

    author: str
    note: str = ""
    base: int | None = None
    part: Path = ()
    also: Callable[[int], None] | None = None
    against: Callable[[Mapping[str, Any]], Sequence[FieldError]] | None = None


class VersionLog(Protocol):
    """The versions in the database: numbers grow with each change, whatever the document."""

    def latest(self) -> int:
        """Give the newest version's number, 0 before the first; asked with every request."""

    def heads(self) -> Sequence[Version]:
        """Give the newest version of every document, oldest first. `hash` is `digest(content)`."""

    def since(self, version: int) -> Sequence[Version]:
        """Give all versions after this number, oldest first."""

    def version(self, number: int) -> Version | None:
        """Give one version, or None."""

    def before(self, document: str, number: int) -> Version | None:
        """Give the version of a document that counted before this number, or None."""

    def history(self, limit: int, before: int | None, document: str | None) -> Sequence[Version]:
        """Give versions, of one document if asked, newest first; only those before a number if asked."""

    def append(self, document: str, content: str, author: str, note: str,
               also: Callable[[int], None] | None = None) -> int:
        """Store a version for good and give its number; `also` is called with it in the same transaction."""

    def report(self, document: str, problems: Sequence[Problem]) -> None:
        """Replace what is reported about a document; an empty list clears it."""

    def problems(self) -> Sequence[Problem]:
        """Give all reported problems."""


class NoLog:
    """The version log of a portal that has no database yet."""

    def latest(self) -> int:
        """There is no version."""
        return 0

    def heads(self) -> Sequence[Version]:
        """There is no version."""
        return ()

    def since(self, _version: int) -> Sequence[Version]:
        """There is no version."""
        return ()

    def version(self, _number: int) -> Version | None:
        """There is no version."""
        return None

    def before(self, _document: str, _number: int) -> Version | None:
        """There is no version."""
        return None

    def history(self, _limit: int, _before: int | None, _document: str | None) -> Sequence[Version]:
        """There is no version."""
        return ()

    def append(self, _document: str, _content: str, _author: str, _note: str,
               _also: Callable[[int], None] | None = None) -> int:
        """Refuse: nothing is stored where there is no database."""
        raise Refused("There is no database yet.")

    def report(self, _document: str, _problems: Sequence[Problem]) -> None:
        """Keep nothing."""

    def problems(self) -> Sequence[Problem]:
        """Nothing was reported."""
        return ()


def digest(text: str) -> str:
    """Hash a document's text, byte order mark and line ends included (SHA-256, hexadecimal)."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def stale(document: str, last: Version) -> Conflict:
    """Say that somebody changed the document since, naming who and when."""
    who = "an edit of the file" if last.author == FILE else last.author
    return Conflict(f"{document} was changed by {who} on {last.created:%Y-%m-%d at %H:%M:%S} UTC, after you "
                    f"opened it. Look at it again, then repeat your change.", hint=f"version {last.id}")


class Shelf:
    """The newest version of every document, read; each is parsed once and kept while it stays."""

    def __init__(self, log: VersionLog, env: Mapping[str, str]) -> None:
        self._log, self._env = log, env
        self._lock = threading.Lock()
        self.state: tuple[int, dict[str, Document]] = (0, {})
        self.newest: dict[str, Version] = {}
        self.broken: dict[str, tuple[Problem, ...]] = {}

    @property
    def documents(self) -> dict[str, Document]:
        """The documents as they are now; never changed in place."""
        return self.state[1]

    def refresh(self) -> None:
        """Take in what the log has gained."""
        with self._lock:
            number, documents = self.state[0], dict(self.state[1])
            gained = self._log.since(number) if number else self._log.heads()
            newest = {version.document: version for version in gained if not version.document.startswith(APART)}
            for name, version in newest.items():
                self._take(documents, name, version)
            self.newest = self.newest | newest
            # One assignment: a reader never meets the number of one version and the documents of another.
            self.state = max([number, *(version.id for version in gained)]), documents

    def env(self, document: str) -> Mapping[str, str]:
        """Give the values of `${NAME}`: none for what tenants write, who must not read the environment."""
        return {} if document.startswith("db:") else self._env

    def _take(self, documents: dict[str, Document], name: str, version: Version) -> None:
        self.broken.pop(name, None)
        if not version.content:
            documents.pop(name, None)
            return
        try:
            documents[name] = read(version.content, name, self.env(name))
        except ConfigError as error:
            # Valid where it was published, broken here: a variable that only other processes have. The
            # document as it was before goes on.
            self.broken[name] = error.problems
            if name not in documents:
                self._step_back(documents, name, version)

    def _step_back(self, documents: dict[str, Document], name: str, version: Version) -> None:
        older = self._log.before(name, version.id)
        for _step in range(STEPS_BACK):
            if older is None or not older.content:
                return
            try:
                documents[name] = read(older.content, name, self.env(name))
            except ConfigError:
                older = self._log.before(name, older.id)
            else:
                return


class _AnyName(dict[str, str]):
    """An environment in which every variable exists: for texts that are only shown."""

    def __contains__(self, _name: object) -> bool:
        return True


def secrets(data: Any, schema: Mapping[str, Any], root: Mapping[str, Any], path: Path = ()) -> Iterator[Path]:
    """Find the paths of all values that the schema calls `writeOnly`."""
    if schema.get("writeOnly"):
        yield path
    elif isinstance(data, dict | list):
        for step, value in data.items() if isinstance(data, dict) else enumerate(data):
            yield from secrets(value, below(schema, step, root), root, (*path, step))


def difference(before: Version | None, after: Version, schema: Mapping[str, Any], part: Path = (),
               hidden: Sequence[str] = ()) -> str:
    """Write what a version changed, in a part of the document, as a unified diff without secrets."""
    old = shown(before, schema, part, hidden) if before is not None else ""
    lines = difflib.unified_diff(old.splitlines(), shown(after, schema, part, hidden).splitlines(),
                                 f"{after.document} (version {before.id if before else 0})",
                                 f"{after.document} (version {after.id})", lineterm="")
    return "\n".join(lines)


def parsed(version: Version) -> Document | None:
    """Read a version for looking at: every variable exists; None for one that was removed or has other rules."""
    try:
        return read(version.content, version.document, _AnyName())
    except ConfigError:
        return None


def shown(version: Version, schema: Mapping[str, Any], part: Path = (), hidden: Sequence[str] = ()) -> str:
    """Give the text of a part of a version, without `hidden` keys of it; secrets that stand there are masked.

    What cannot be read, or is not there, gives "": rather nothing than a secret.
    """
    document = parsed(version)
    if document is None or document.find(part) is None:
        return ""
    begin, end = 0, len(document.text)
    if part:
        span = document.span(part)
        begin, end = max(span.key_start, 0), span.end
    cuts = [(document.span(path), MASK) for path in secrets(document.data, schema, schema)
            if path not in document.references]
    cuts += [(document.span((*part, key)), "") for key in hidden if document.find((*part, key))]
    text = document.text
    for span, instead in sorted(cuts, key=lambda cut: -cut[0].start):
        start = span.start if instead else span.key_start
        if begin <= start and span.end <= end:
            text, end = text[:start] + instead + text[span.end:], end + len(instead) - (span.end - start)
    return masked(text[begin:end])


def masked(text: str) -> str:
    """Hide the passwords in addresses such as postgresql://user:password@host."""
    return re.sub(r"(://[^\s:/@]*:)[^\s@/${]+@", rf"\1{MASK}@", text)
