"""Manifests: which plugins are there, in which order, what they need; read without running their code."""

from __future__ import annotations

import importlib.metadata
import importlib.util
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from core.config import loader, manifests
from core.config.manifests import RESERVED
from core.errors import ConfigError
from core.hookspecs import FACE, OLDEST
from core.parts import Manifest

CORE = Path(__file__).parent.parent
BUILTIN = CORE / "builtin"
GROUP = "parlour.plugins"


@dataclass(frozen=True)
class Found:
    """What lies in the plugin folders: sound manifests in order of need, and what is wrong with the others."""

    manifests: tuple[Manifest, ...] = ()
    failed: Mapping[str, str] = field(default_factory=dict)
    away: frozenset[str] = frozenset()
    """Ids of plugins that are there, but not for this start."""


def bundled(name: str) -> Path:
    """Give the folder of bundled plugins or themes: beside core in a checkout, inside it in a wheel."""
    beside = CORE.parent / name
    return beside if (CORE.parent / "pyproject.toml").is_file() and beside.is_dir() else CORE / "bundled" / name


def folders(paths: Iterable[Path]) -> list[Path]:
    """List the folders that may hold plugins: built in, bundled, the portal's own, pip-installed."""
    places = [BUILTIN, bundled("plugins"), *paths]
    found: list[Path] = []
    for place in places:
        if place.is_dir():
            found += [f for f in sorted(place.iterdir()) if (f / "plugin.yaml").is_file()]
    found += _installed()
    unique: dict[Path, None] = {folder.resolve(): None for folder in found}
    return list(unique)


def _installed() -> list[Path]:
    """List the folders of plugins that came with pip, by the entry-point group `parlour.plugins`.

    Only the outermost package is looked up: looking up `a.b` would run the code of `a`.
    """
    found: list[Path] = []
    for entry in importlib.metadata.entry_points(group=GROUP):
        top, *below = entry.value.partition(":")[0].split(".")
        try:
            spec = importlib.util.find_spec(top)
        except (ImportError, ValueError):
            spec = None
        for place in (spec.submodule_search_locations or ()) if spec is not None else ():
            folder = Path(place, *below)
            if (folder / "plugin.yaml").is_file():
                found.append(folder)
    return found


def read(folder: Path) -> Manifest:
    """Read one manifest. Raises ConfigError with every mistake and its place."""
    path = folder / "plugin.yaml"
    return manifests.manifest(loader.read(path.read_bytes(), str(path), {}), folder,
                              builtin=folder.parent == BUILTIN)


def misfit(manifest: Manifest) -> str:
    """Say why the version of the face that a plugin is written for is none of this host's; "" where it is one."""
    has = f"face {FACE}" if OLDEST == FACE else f"the faces {OLDEST} to {FACE}"
    if manifest.face > FACE:
        return (f"It is written for face {manifest.face}, which is newer: this Parlour has {has}. "
                "Update Parlour, or get an older version of the plugin.")
    if manifest.face < OLDEST:
        return (f"It is written for face {manifest.face}, which is gone: this Parlour has {has}. "
                "Get a newer version of the plugin.")
    return ""


def discover(paths: Iterable[Path]) -> Found:
    """Read all manifests and sort them by need; what is broken is named and left out."""
    known: dict[str, Manifest] = {}
    failed: dict[str, str] = {}
    for folder in folders(paths):
        try:
            manifest = read(folder)
        except (ConfigError, OSError, ValueError, RecursionError) as error:
            failed[folder.name] = str(error)
            continue
        if manifest.id in RESERVED:
            failed[manifest.id] = f"'{manifest.id}' is a name of the host's own. Choose another id in {folder}."
            continue
        other = known.get(manifest.id)
        if other is not None:
            failed[manifest.id] = (f"Two plugins are called '{manifest.id}': {other.path} and {folder}. "
                                   "Remove or rename one; the first is used.")
        elif misfit(manifest):
            failed[manifest.id] = misfit(manifest)
        else:
            known[manifest.id] = manifest
    ordered = _sorted(known, failed)
    return Found(tuple(ordered), failed)


def _sorted(known: dict[str, Manifest], failed: dict[str, str]) -> list[Manifest]:
    """Sort by need; among those whose needs are met the host's own come first, then bundled ones, then others.

    Who comes first keeps a name that two want: a plugin from elsewhere takes nothing from those that ship here.
    """
    ours = bundled("plugins").resolve()
    waiting = sorted(known.values(), key=lambda m: (not m.builtin, m.path.parent != ours, m.id))
    done: dict[str, Manifest] = {}
    while waiting:
        ready = next((m for m in waiting if all(need in done for need in m.needs)), None)
        if ready is None:
            for manifest in waiting:
                missing = ", ".join(need for need in manifest.needs if need not in done)
                failed[manifest.id] = f"It needs {missing}, which is missing or needs it in turn."
            break
        done[ready.id] = ready
        waiting.remove(ready)
    return list(done.values())
