"""Brings what is stored of YAML modules into line with their files: at start and by command, tenant by tenant."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator
from contextlib import nullcontext

from core.data import scope
from core.data.migrate import locked
from core.errors import ParlourError
from core.host.plugins import contained
from core.host.portal import Portal
from core.lowcode import module, reshaping
from core.lowcode.module import Module
from core.lowcode.reshaping import Loss

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
    with nullcontext() if try_only else locked(portal.place.state):
        for slug in portal.snapshot().tenants:
            with scope.enter(portal.scope(slug, channel="command", system="migrate")):
                mine = confirmed if only in ("", slug) else ()
                losses = [loss for one in every for loss in reshaping.settle(one, mine, try_only=try_only)]
            if losses:
                found[slug] = losses
    return found


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
