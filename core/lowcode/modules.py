"""What a plugin says that keeps a kind of record which began in YAML: what it is, its pages, hooks and verbs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from core.config import loader, manifests
from core.config.mistakes import fit
from core.lowcode import module
from core.lowcode.module import Module
from core.lowcode.pages import Pages as Pages  # noqa: PLC0414 - handed on
from core.lowcode.pages import parts as parts  # noqa: PLC0414 - handed on

__all__ = ["Module", "Pages", "fields", "parts", "read"]


def read(folder: Path, records: Mapping[str, Any], *, templates: str = "module",
         around: Mapping[str, Mapping[str, Callable[..., Any]]] | None = None) -> dict[str, Module]:
    """Give the kinds of record of the plugin in a folder, described in the words of a YAML module.

    `templates` is the folder of the templates they are drawn with. `around` says by kind what the plugin makes of
    a verb ("open", "reply", "note", "edit", "take"): a function that is called with what the verb does, and with
    what the verb was given. Raises ConfigError with every mistake.
    """
    path = folder / "plugin.yaml"
    manifest = manifests.manifest(loader.read(path.read_bytes(), str(path), {}), folder)
    schema = manifests.plugin_schema()
    whole = fit(dict(records), schema["properties"]["records"], schema)
    made = module.read(replace(manifest, records=whole))
    return {one.name: replace(one, templates=templates, around=dict((around or {}).get(one.name, {})))
            for one in made}


def fields(path: Path) -> dict[str, Any]:
    """Read a file of fields, in the words of forms of one's own. Raises ConfigError."""
    return dict(loader.read(path.read_bytes(), path.name, {}).data)
