"""Plugins' code: imported by path as `parlour_plugins.<id>`, and checked for hooks and tables of its own."""

from __future__ import annotations

import difflib
import importlib.metadata
import importlib.util
import re
import sys
from collections.abc import Iterator
from types import FunctionType, ModuleType
from typing import Any

import pluggy
from peewee import Model

from core import hookspecs
from core.errors import PluginError
from core.lowcode import pages as lowcode
from core.parts import Manifest

PREFIX = "parlour_plugins"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def require(manifest: Manifest) -> None:
    """Raise PluginError where a Python distribution that a plugin needs is not installed."""
    for wanted in manifest.requires:
        match = _NAME.match(wanted)
        try:
            importlib.metadata.distribution(match[0] if match else wanted)
        except importlib.metadata.PackageNotFoundError as error:
            raise PluginError(f"It needs the package {wanted}, which is not installed.",
                              hint=f'Run `pip install "{wanted}"`, then `parlour reload`.') from error


def load(manifest: Manifest) -> ModuleType:
    """Import a plugin from its folder. Raises whatever its code raises, and forgets the half-made module.

    A plugin without `__init__.py` is what its `records` say, or empty. One that is loaded already is given
    as it is, unless another folder has taken its place.
    """
    if PREFIX not in sys.modules:
        package = ModuleType(PREFIX)
        package.__path__ = []
        sys.modules[PREFIX] = package
    name = f"{PREFIX}.{manifest.id}"
    init = manifest.path / "__init__.py"
    loaded = sys.modules.get(name)
    if loaded is not None and getattr(loaded, "parlour_folder", None) == manifest.path:
        return loaded
    forget(manifest.id)
    spec = importlib.util.spec_from_file_location(name, init, submodule_search_locations=[str(manifest.path)])
    module = importlib.util.module_from_spec(spec) if init.is_file() and spec else ModuleType(name)
    module.parlour_folder = manifest.path  # type: ignore[attr-defined]
    sys.modules[name] = module
    try:
        if init.is_file() and spec is not None and spec.loader is not None:
            spec.loader.exec_module(module)
        elif manifest.records:
            vars(module).update(lowcode.hooks(manifest))
    except BaseException:
        forget(manifest.id)
        raise
    return module


def forget(plugin: str) -> None:
    """Take a plugin's modules out of the process's memory of imported code."""
    name = f"{PREFIX}.{plugin}"
    for key in [key for key in sys.modules if key == name or key.startswith(name + ".")]:
        del sys.modules[key]


def forget_all() -> None:
    """Take all plugins' modules out of the process's memory, so that their files are read anew."""
    for key in [key for key in sys.modules if key.startswith(f"{PREFIX}.")]:
        del sys.modules[key]


def hooks_of(module: ModuleType) -> tuple[str, ...]:
    """Name the hooks a plugin implements, in the order of the contract.

    Raises PluginError for one that the contract does not know, with the likely word.
    """
    known = [name for name, value in vars(hookspecs).items() if hasattr(value, "parlour_spec")]
    marked = {name for name, value in list(vars(module).items())
              if type(value) is FunctionType and hasattr(value, "parlour_impl")}
    for name in sorted(marked - set(known)):
        likely = difflib.get_close_matches(name, known, 1)
        raise PluginError(f"No hook is called '{name}'.",
                          hint=f"Did you mean '{likely[0]}'?" if likely else f"The hooks are {', '.join(known)}.")
    return tuple(name for name in known if name in marked)


def check_tables(plugin: str) -> None:
    """Raise PluginError where a plugin's models name a table that does not begin with its id."""
    for model in _models(plugin):
        table = model._meta.table_name
        if not table.startswith(f"{plugin}_"):
            raise PluginError(f"The table '{table}' has a foreign name.",
                              hint=f"Call it '{plugin}_...' in class Meta: table_name.")


def tables_of(plugin: str) -> set[str]:
    """Name the tables of a plugin's models."""
    return {model._meta.table_name for model in _models(plugin)}


def columns_of(plugin: str) -> dict[str, set[str]]:
    """Name the columns that a plugin's models say, by table."""
    return {model._meta.table_name: {field.column_name for field in model._meta.sorted_fields}
            for model in _models(plugin)}


def _models(plugin: str) -> Iterator[type[Model]]:
    name = f"{PREFIX}.{plugin}"
    for key, module in list(sys.modules.items()):
        if key == name or key.startswith(name + "."):
            for value in list(vars(module).values()):
                if isinstance(value, type) and issubclass(value, Model) and value.__module__ == key:
                    yield value


class _Functions(pluggy.PluginManager):
    """Looks for hooks among functions only: Flask's `request`, imported by a plugin, may not be touched yet."""

    def parse_hookimpl_opts(self, plugin: Any, name: str) -> Any:
        """Give a function's hook options, None for anything else."""
        return super().parse_hookimpl_opts(plugin, name) if type(vars(plugin).get(name)) is FunctionType else None


def specifications() -> pluggy.PluginManager:
    """Make a manager that knows the contract."""
    manager = _Functions("parlour")
    manager.add_hookspecs(hookspecs)
    return manager
