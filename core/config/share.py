"""One tenant's part of the configuration: what it may look at, change and undo, and nothing beside it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from core.config.loader import Document, Path, read, show
from core.config.outline import OPERATORS
from core.config.proposal import to_write
from core.config.settings import ROOT
from core.config.splice import same
from core.config.store import Snapshot, Store
from core.config.undoing import taken_back
from core.config.versions import Act, Version, difference, shown, stale
from core.errors import ConfigError, Invalid, NotFound, Problem, Refused

LOOKED_AT = 500
"""How many versions of a document are looked through for those that changed one part of it."""

_texts: dict[tuple[str, str, Path], str] = {}
_MOST_TEXTS = 2000


class Share:
    """The part of a document that describes one tenant.

    Where several tenants stand in one file, a tenant sees of its versions, differences and mistakes only what
    is its own or what it inherits.
    """

    def __init__(self, store: Store, snapshot: Snapshot, slug: str) -> None:
        """Find the tenant's part. Raises KeyError where there is no such tenant."""
        document, self.prefix = snapshot.tenants.home(slug)
        self.store, self.name = store, document.name
        self.hidden = ("installation",) if self.name == ROOT and not self.prefix else ()

    @property
    def writable(self) -> bool:
        """Whether it can be changed from here."""
        return self.store.writable(self.name)

    def problems(self) -> list[Problem]:
        """Give what is wrong with edits by hand that were not taken, as far as this tenant may know it."""
        found: dict[Problem, None] = {}
        for problem in self.store.problems():
            if problem.file not in (self.name, ROOT):
                continue
            if not self._is_foreign(problem):
                found[problem] = None
            elif self.name == ROOT:
                found[Problem(ROOT, 0, 0, "", "There are mistakes in a part of this file that is not yours.",
                              "Whoever runs the installation sees them with: parlour check")] = None
        return list(found)

    def _is_foreign(self, problem: Problem) -> bool:
        if problem.file == self.name and not self.prefix:
            return False
        own = show(self.prefix) if problem.file == self.name else ""
        if own and (problem.path == own or problem.path.startswith((f"{own}.", f"{own}["))):
            return False
        return problem.path.partition(".")[0].partition("[")[0] in ("tenants", "installation")

    # What was changed

    def versions(self, limit: int = 50, before: int | None = None) -> list[Version]:
        """List the versions that changed this part, newest first; only those before a number if asked."""
        most = min(LOOKED_AT, 8 * limit)
        rows = self.store.versions(self.name, most + 1, before)
        pairs = zip(rows, [*rows[1:], None], strict=True)
        return [newer for newer, older in list(pairs)[:most] if self._differs(older, newer)][:limit]

    def version(self, number: int) -> tuple[Version | None, Version]:
        """Give a version that changed this part, and the one before it. Raises NotFound for any other."""
        after = self.store.log.version(number)
        if after is None or after.document != self.name:
            raise NotFound(f"There is no version {number}.")
        before = self.store.log.before(self.name, number)
        if not self._differs(before, after):
            raise NotFound(f"There is no version {number}.")
        return before, after

    def difference(self, number: int) -> str:
        """Write what a version changed in this part, as a unified diff without secrets."""
        before, after = self.version(number)
        return difference(before, after, self.store.schema_of(self.name), self.prefix, self.hidden)

    def _differs(self, before: Version | None, after: Version) -> bool:
        return before is None or self._text(before) != self._text(after)

    def _text(self, version: Version) -> str:
        key = (version.hash, self.name, self.prefix)
        if key not in _texts:
            if len(_texts) >= _MOST_TEXTS:
                _texts.clear()
            _texts[key] = shown(version, self.store.schema_of(self.name), self.prefix, self.hidden)
        return _texts[key]

    # Changing it

    def edit(self, changes: Mapping[Path, Any], act: Act) -> Version:
        """Change values of this part; paths count from it. Raises as `Store.edit` does."""
        return self._change(self.store.splicing(self.name, self._placed(changes)), act)

    def tried(self, changes: Mapping[Path, Any]) -> str:
        """Write what these changes would make of this part, as a unified diff without secrets.

        Nothing is written. Raises Invalid with every mistake, paths counted from this part, or Refused.
        """
        try:
            text = self.store.tried(self.name, self.store.splicing(self.name, self._placed(changes)))
        except Invalid as error:
            raise Invalid([replace(one, path=self._inner(one.path)) for one in error.errors]) from None
        now, schema = self.store.versions(self.name, 1)[0], self.store.schema_of(self.name)
        after = Version(now.id, self.name, text, "", now.author, now.created)
        return difference(now, after, schema, self.prefix, self.hidden)

    def _inner(self, path: str) -> str:
        own = show(self.prefix)
        return path.removeprefix(f"{own}.") if own else path

    def _placed(self, changes: Mapping[Path, Any]) -> dict[Path, Any]:
        """Give changes as the document takes them. Raises Refused for what is the operators' business."""
        for path in changes:
            if not path or path[0] in OPERATORS:
                raise Refused(f"{show(path)} is set by whoever runs the installation.")
        schema = self.store.schema
        tenant = {**schema["$defs"]["tenant"], "$defs": schema["$defs"]}
        return {(*self.prefix, *path): value for path, value in to_write(changes, tenant).items()}

    def undo(self, number: int, act: Act) -> Version:
        """Take a version of this part back, leaving what was changed since and the rest of the document.

        Raises Conflict if the same lines changed again since, Refused where nothing stood there before.
        """
        before, undone = self.version(number)
        if before is None or not self._text(before):
            raise Refused(f"Version {number} is where this begins; nothing stood there before.")

        def change(current: Document | None) -> str:
            now = self.store.versions(self.name, 1)[0]
            if current is None:
                raise stale(self.name, now)
            if self._text(now) == self._text(undone):
                return self._put_back(current, before)
            return self._taken_back(current, before, undone, now)

        return self._change(change, replace(act, note=act.note or f"undo of {number}"))

    def _put_back(self, current: Document, before: Version) -> str:
        env = self.store.env(self.name)
        try:
            old = read(before.content, self.name, env)
            if self.hidden:
                if not same(old.data.get("installation"), current.data.get("installation")):
                    raise Refused(_BY_HAND)
                return old.source
            if not self.prefix:
                return old.source
            was, now = old.span(self.prefix), current.span(self.prefix)
            # The comment behind the last value belongs to the part: something may stand after it by now.
            before_end, now_end = _with_comment(old.text, was.end), _with_comment(current.text, now.end)
            text = current.text[:now.start] + old.text[was.start:before_end] + current.text[now_end:]
            tried = read(("\ufeff" if current.bom else "") + text, self.name, env)
        except ConfigError:
            raise Refused(_BY_HAND) from None
        if not same(_without(tried.data, self.prefix), _without(current.data, self.prefix)):
            raise Refused(_BY_HAND)
        return tried.source

    def _taken_back(self, current: Document, before: Version, undone: Version, now: Version) -> str:
        text = taken_back(before.content, undone.content, current.source)
        try:
            tried = None if text is None else read(text, self.name, self.store.env(self.name))
        except ConfigError:
            tried = None
        if tried is None or same(tried.data, current.data):
            raise stale(self.name, now)
        if not same(_without(tried.data, self.prefix), _without(current.data, self.prefix)) or (
                self.hidden and not same(tried.data.get("installation"), current.data.get("installation"))):
            raise Refused(_BY_HAND)
        return tried.source

    def _change(self, change: Callable[[Document | None], str], act: Act) -> Version:
        return self.store.change(self.name, change, replace(act, part=self.prefix))


_BY_HAND = "This cannot be taken back here without touching what is not yours. Change it by hand."


def _with_comment(text: str, end: int) -> int:
    """Give the end of the line where nothing but a comment stands between, else the end itself."""
    rest = re.compile(r"[ \t]*(#[^\r\n]*)?(?=[\r\n]|\Z)").match(text, end)
    return rest.end() if rest else end


def _without(data: Mapping[str, Any], path: Sequence[str | int]) -> Any:
    """Give data without what stands at a path."""
    if not path:
        return data
    return {key: _without(value, path[1:]) if key == path[0] and isinstance(value, Mapping) else value
            for key, value in data.items() if key != path[0] or len(path) > 1}
