"""Versions of documents: what the database keeps of them, what differs, what must not be shown."""

from __future__ import annotations

import difflib
import hashlib
import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from core.config.loader import Document, Path, read
from core.config.mistakes import below
from core.errors import ConfigError, Conflict, Problem

FILE = "file"
"""The author of an edit from outside."""

MASK = "********"


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


class VersionLog(Protocol):
    """The versions in the database: numbers grow with each change, whatever the document."""

    def latest(self) -> int:
        """Give the newest version's number, 0 before the first; asked with every request."""

    def since(self, version: int) -> Sequence[Version]:
        """Give all versions after this number, oldest first. `hash` is `digest(content)`."""

    def append(self, document: str, content: str, author: str, note: str) -> int:
        """Store a version for good and give its number."""

    def report(self, document: str, problems: Sequence[Problem]) -> None:
        """Replace what is reported about a document; an empty list clears it."""

    def problems(self) -> Sequence[Problem]:
        """Give all reported problems."""


def digest(text: str) -> str:
    """Hash a document's text, byte order mark and line ends included (SHA-256, hexadecimal)."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def refuse_stale(document: str, since: Sequence[Version]) -> None:
    """Raise Conflict, naming who and when, if somebody changed the document since."""
    later = [version for version in since if version.document == document]
    if later:
        last = later[-1]
        who = "an edit of the file" if last.author == FILE else last.author
        raise Conflict(f"{document} was changed by {who} on {last.created:%Y-%m-%d at %H:%M:%S} UTC, after you "
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
            gained = self._log.since(number)
            newest = {version.document: version for version in gained}
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


def difference(before: Version | None, after: Version, schema: Mapping[str, Any]) -> str:
    """Write what a version changed as a unified diff; secrets that stand in the text are masked."""
    old = _masked(before, schema) if before is not None else ""
    lines = difflib.unified_diff(old.splitlines(), _masked(after, schema).splitlines(),
                                 f"{after.document} (version {before.id if before else 0})",
                                 f"{after.document} (version {after.id})", lineterm="")
    return "\n".join(lines)


def _masked(version: Version, schema: Mapping[str, Any]) -> str:
    try:
        document = read(version.content, version.document, _AnyName())
    except ConfigError:
        return ""  # removed, or from a release with other rules: rather nothing than a secret
    text = document.text
    found = [path for path in secrets(document.data, schema, schema) if path not in document.references]
    for path in sorted(found, key=lambda path: -document.span(path).start):
        span = document.span(path)
        text = text[:span.start] + MASK + text[span.end:]
    return re.sub(r"(://[^\s:/@]*:)[^\s@/${]+@", rf"\1{MASK}@", text)
