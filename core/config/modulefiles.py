"""The files of made modules: a plugin.yaml each in the portal folder, read and written with care, versioned."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from core.config import files
from core.config.manifests import ID
from core.config.versions import APART, Version, VersionLog, digest
from core.errors import ConfigError, Conflict, NotFound, Refused

FILE = "plugin.yaml"

Also = Callable[[int], None]


def document(module: str) -> str:
    """Name a module's document among the versions, and in messages."""
    return f"{APART}{module}/{FILE}"


@dataclass(frozen=True)
class Standing:
    """What stands on disk of a module: its text and what tells one text from another, "" where there is none."""

    text: str = ""
    hash: str = ""


NOTHING = Standing()


class ModuleFiles:
    """The modules without code in one folder of plugins.

    A folder belongs here when it is a plain folder (no link), its name is an id, and it holds a plugin.yaml and no
    Python: what programmers put there stays theirs.
    """

    def __init__(self, folder: Path, log: VersionLog) -> None:
        self.folder, self.log = folder, log

    def ids(self) -> list[str]:
        """Name the modules that are there, sorted."""
        try:
            found = sorted(entry.name for entry in os.scandir(self.folder))
        except OSError:
            return []
        return [name for name in found if re.fullmatch(ID, name) and self._is_ours(name)]

    def _is_ours(self, module: str) -> bool:
        place = self.folder / module
        return _is(place, stat.S_ISDIR) and _is(place / FILE, stat.S_ISREG) and not any(place.glob("*.py"))

    def _place(self, module: str) -> Path:
        """Give where a module's file is or would be. Raises NotFound for no id, Refused if the place is taken."""
        if not re.fullmatch(ID, module):
            raise NotFound
        place = self.folder / module
        if os.path.lexists(place) and not self._is_ours(module) and not self._is_bare(place):
            raise Refused(f"The folder {place.name} is there already and holds something else.")
        return place / FILE

    def _is_bare(self, place: Path) -> bool:
        return _is(place, stat.S_ISDIR) and not any(place.iterdir())

    def standing(self, module: str) -> Standing:
        """Give what stands there now; NOTHING for what is not there or not ours. Raises NotFound for no id."""
        if not re.fullmatch(ID, module):
            raise NotFound
        if not self._is_ours(module):
            return NOTHING
        try:
            text = files.load(self.folder / module / FILE, document(module))
        except ConfigError:
            return NOTHING
        return Standing(text, digest(text))

    @property
    def writable(self) -> bool:
        """Tell if modules can be written here."""
        place = self.folder if self.folder.exists() else self.folder.parent
        return bool(place.stat().st_mode & 0o222) and os.access(place, os.W_OK)

    def may_write(self, module: str) -> bool:
        """Tell if this module can be written here."""
        place = self.folder / module
        return files.writable(place / FILE) if place.is_dir() else self.writable

    def write(self, module: str, text: str, base: str, author: str, note: str = "",
              also: Also | None = None) -> int:
        """Put a whole text in the place of what stands there; give the number of its version.

        `base` is the hash of what the author began with ("" for a new module); `also` is called in the transaction
        that stores the version. One change at a time, over all processes. Raises Conflict where something else
        stands there by now, Refused where it cannot be written, StorageFull. The checked text is the caller's.
        """
        if not self.may_write(module):
            raise Refused(f"{document(module)} cannot be written here.")
        try:
            self.folder.mkdir(exist_ok=True)
        except OSError as error:
            raise Refused(f"The folder {self.folder.name} cannot be made here: {error.strerror}.") from None
        with files.locked(self.folder):
            path = self._place(module)
            before = self.expected(module, base)
            if before.text == text:
                newest = self.newest(module)
                return newest.id if newest else 0
            fresh = not path.parent.exists()
            files.replace(path, document(module), text)
            try:
                return self.log.append(document(module), text, author, note, also)
            except BaseException:
                self._put_back(path, before, fresh=fresh)  # not stored: file and versions stay one
                raise

    def _put_back(self, path: Path, before: Standing, *, fresh: bool) -> None:
        if before.text:
            files.replace(path, path.name, before.text)
        else:
            files.remove(path, path.name)
            if fresh:
                path.parent.rmdir()

    def expected(self, module: str, base: str) -> Standing:
        """Give what stands on disk, if it is what somebody began with. Raises Conflict."""
        now = self.standing(module)
        if now.hash != base:
            newest = self.newest(module)
            known = newest is not None and newest.hash == now.hash
            who = newest.author if newest and known else "an edit of the file"
            raise Conflict(f"{document(module)} was changed by {who} after you began.", hint=now.hash)
        return now

    def remove(self, module: str, base: str, author: str, note: str = "", also: Also | None = None) -> None:
        """Take a module's file away, and its folder where nothing else is in it. Raises as `write` does."""
        with files.locked(self.folder):
            path = self._place(module)
            before = self.expected(module, base)
            files.remove(path, document(module))
            try:
                self.log.append(document(module), "", author, note, also)
            except BaseException:
                files.replace(path, document(module), before.text)
                raise
            if self._is_bare(path.parent):
                path.parent.rmdir()

    def newest(self, module: str) -> Version | None:
        """Give the newest version, None for a module that was never written from here."""
        return next(iter(self.history(module, 1)), None)

    def history(self, module: str, limit: int = 50) -> list[Version]:
        """List the versions that were written from here, newest first."""
        return list(self.log.history(limit, None, document(module)))


def _is(place: Path, kind: Callable[[int], bool]) -> bool:
    """Say whether something of a kind stands there itself; what a link points at does not count."""
    try:
        return kind(place.lstat().st_mode)
    except OSError:
        return False
