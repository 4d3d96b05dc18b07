"""What is stored of a module that is being made: what a change would lose, what waits, what goes."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from core.config import loader, manifests
from core.data import holding
from core.data.audit import record_act
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


def _read(source: str) -> tuple[str, list[Module]]:
    """Read the id of a module and its kinds out of a text. Raises ConfigError."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "plugin.yaml").write_text(source, encoding="utf-8")
        manifest = manifests.manifest(loader.read(source, "plugin.yaml", {}), Path(folder))
        return manifest.id, list(module.read(manifest))


# What is stored is told, and given up, in the portal at hand alone: the admins of every other one that has
# something there are asked on their own page, and nothing of it is lost before they say so.


def losses(source: str) -> list[Loss]:
    """Say what this portal would lose of what is stored if a module were as this text says; nothing is changed."""
    plugin, kinds = _read(source)
    return [*(loss for kind in kinds for loss in reshaping.settle(kind, try_only=True)),
            *reshaping.settle_gone(plugin, [kind.name for kind in kinds], try_only=True)]


def waiting(source: str) -> list[Loss]:
    """Give what a module in use would lose in this portal, and keeps until somebody gives it up."""
    return reshaping.waits(_read(source)[0])


def give_up(source: str, key: str) -> None:
    """Lose for good what this portal was asked about by a key. Raises NotFound where nothing waits under it."""
    plugin, kinds = _read(source)
    reshaping.confirm(plugin, key, kinds)


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
