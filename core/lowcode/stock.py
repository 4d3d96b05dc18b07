"""What is stored of a module that is being made: what a change would lose, what waits, what goes."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

from flask import current_app

from core.config import loader, manifests
from core.data import holding, scope
from core.data.audit import record_act
from core.data.migrate import locked
from core.errors import ConfigError, Problem, Refused
from core.look.i18n import gettext as _
from core.lowcode import module, reshaping
from core.lowcode.module import Module
from core.lowcode.reshaping import Loss as Loss  # noqa: PLC0414 - handed on
from core.parts import Manifest


def mistakes(source: str, name: str, manifest: Manifest) -> list[Problem]:
    """Have the engine read the module, as it will when it is used."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "plugin.yaml").write_text(source, encoding="utf-8")
        try:
            module.read(replace(manifest, path=Path(folder)))
        except ConfigError as error:
            return [replace(one, file=name) for one in error.problems]
        return []


def _read(source: str) -> list[Module]:
    """Read the kinds of a text. Raises ConfigError."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "plugin.yaml").write_text(source, encoding="utf-8")
        return list(module.read(manifests.manifest(loader.read(source, "plugin.yaml", {}), Path(folder))))


def _everywhere(call: Callable[[], list[Loss]]) -> list[Loss]:
    """Ask in all portals of the installation, as the system."""
    portal, found = current_app.extensions["parlour"], list[Loss]()
    for slug in portal.snapshot().tenants:
        with scope.enter(portal.scope(slug, channel="command", system="module")):
            found += call()
    return found


def losses(source: str) -> list[Loss]:
    """Say what would be lost of what is stored if a module were as this text says; nothing is changed."""
    kinds = _read(source)
    return _everywhere(lambda: [loss for kind in kinds for loss in reshaping.settle(kind, try_only=True)])


def waiting(source: str) -> list[Loss]:
    """Give what a module in use would lose, and keeps until somebody gives it up."""
    names = {kind.name for kind in _read(source)}
    return _everywhere(lambda: [loss for loss in reshaping.waits() if loss.key.partition(".")[0] in names])


def give_up(source: str, key: str) -> None:
    """Lose for good what was asked about by this key, in all portals of the installation."""
    kinds = [kind for kind in _read(source) if kind.name == key.partition(".")[0]]
    with locked(current_app.extensions["parlour"].place.state):
        _everywhere(lambda: [loss for kind in kinds for loss in reshaping.settle(kind, [key])])


MOST_REMOVED = 1000
"""The most records that are removed with their module; of more, each is exported and removed on its own page."""


def stored(kinds: Iterable[str]) -> int:
    """Count what is stored of some kinds, in all portals of the installation."""
    return holding.stored(list(kinds))


def empty(module: str, kinds: Iterable[str]) -> int:
    """Remove this portal's records of a module for good. Raises Refused where there are too many."""
    names = list(kinds)
    if holding.stored(names) > MOST_REMOVED:
        raise Refused(_("There are more than %(num)s records. Keep them, or remove them one by one first.",
                        num=MOST_REMOVED))
    gone = holding.take_away(names, MOST_REMOVED)
    record_act("module.emptied", module, records=gone)
    return gone
