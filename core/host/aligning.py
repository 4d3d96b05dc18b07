"""Brings what is stored of YAML modules into line with their files: at start and by command, tenant by tenant."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from core.config import loader
from core.config.mistakes import likely
from core.data import scope
from core.errors import ParlourError, Problem
from core.host.plugins import contained
from core.host.portal import Portal
from core.lowcode import module, reshaping
from core.lowcode.module import Module
from core.lowcode.reshaping import Loss
from core.parts import Manifest
from core.web.references import COMPANY, PERSON

log = logging.getLogger("parlour.migrate")


def modules(portal: Portal) -> Iterator[Module]:
    """Give every kind of record that is written in YAML and in use."""
    for manifest in portal.plugins.manifests.values():
        if manifest.records and not (manifest.path / "__init__.py").is_file():
            yield from module.read(manifest)


def align(portal: Portal, confirmed: Collection[str] = (), *, only: str = "", try_only: bool = False
          ) -> dict[str, list[Loss]]:
    """Bring every tenant's records into line; give by tenant what would be lost and is not confirmed.

    `only` names the tenant that `confirmed` is about, "" means all of them.
    """
    found: dict[str, list[Loss]] = {}
    every = list(modules(portal))
    if not every:
        return found
    for slug in portal.snapshot().tenants:
        with scope.enter(portal.scope(slug, channel="command", system="migrate")):
            mine = confirmed if only in ("", slug) else ()
            losses = [loss for one in every for loss in reshaping.settle(one, mine, try_only=try_only)]
            losses += [loss for plugin in dict.fromkeys(one.plugin for one in every)
                       for loss in reshaping.settle_gone(plugin, [one.name for one in every], mine,
                                                         try_only=try_only)]
        if losses:
            found[slug] = losses
    return found


def strangers(manifests: Iterable[Manifest], kinds: Collection[str]) -> list[Problem]:
    """Tell fields of YAML modules that refer to a kind of record which nobody owns."""
    known, found = {*kinds, PERSON, COMPANY}, []
    for manifest in manifests:
        path = manifest.path / "plugin.yaml"
        for at, of in _referring(manifest):
            if of not in known:
                document = loader.read(path.read_bytes(), str(path), {})
                found.append(Problem(str(path), *document.mark(at), loader.show(at), f"There is no kind of record "
                                     f"'{of}'.", likely(of, sorted(known))))
    return found


def _referring(manifest: Manifest) -> Iterator[tuple[loader.Path, str]]:
    waiting: list[tuple[loader.Path, Any]] = [
        (("records", kind, "fields", name), said) for kind, record in manifest.records.items()
        for name, said in record.get("fields", {}).items()]
    while waiting:
        path, said = waiting.pop()
        if isinstance(said, Mapping):
            if "of" in said:
                yield (*path, "of"), str(said["of"])
            waiting += [((*path, "fields", name), one) for name, one in (said.get("fields") or {}).items()]


def at_start(portal: Portal) -> None:
    """Do what loses nothing before the portal serves; what waits stands in the log and on the admins' page."""
    def call() -> None:
        for slug, losses in align(portal).items():
            for loss in losses:
                log.warning("tenant '%s': %s It stays as it is until `parlour migrate --lose %s`.", slug, loss,
                            loss.key)

    def told(error: BaseException) -> None:
        if not isinstance(error, ParlourError):
            log.error("What is stored of YAML modules could not be looked at", exc_info=error)

    contained(call, told)
