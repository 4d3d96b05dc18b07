"""Import, register, call: each by name, each contained, and what fails is named with its cure."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import logging
import os
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import pluggy

from core import hookspecs
from core.errors import PluginError
from core.parts import Manifest

log = logging.getLogger("parlour.plugins")
PREFIX = "parlour_plugins"
BUDGET = 5.0
"""Seconds a registering hook may take before it is named in the log."""


@dataclass
class Failure:
    """One thing that went wrong in a plugin: where, what, and what mends it."""

    plugin: str
    place: str
    message: str
    cure: str = ""
    times: int = 1


@dataclass
class Plugins:
    """The plugins of this process: loaded ones by id, and every failure so far, newest count included."""

    manager: pluggy.PluginManager
    manifests: dict[str, Manifest] = field(default_factory=dict)
    failures: dict[tuple[str, str], Failure] = field(default_factory=dict)

    def fail(self, plugin: str, place: str, error: BaseException | str, cure: str = "") -> None:
        """Remember a failure and write it to the log, with the trace of an error."""
        known = self.failures.get((plugin, place))
        message = error if isinstance(error, str) else f"{type(error).__name__}: {error}"
        if known:
            known.times += 1
            known.message = message
        else:
            cure = cure or getattr(error, "hint", "") or "Mend the plugin, then run `parlour reload`."
            self.failures[plugin, place] = Failure(plugin, place, message, cure)
        trace = error if isinstance(error, BaseException) else None
        log.error("plugin '%s' failed in %s: %s. %s", plugin, place, message, cure, exc_info=trace)

    def broken(self) -> dict[str, str]:
        """Give one sentence for each plugin that has failed."""
        return {f.plugin: f"{f.place}: {f.message}. {f.cure}" for f in self.failures.values()}


def contained(call: Callable[[], Any], on_error: Callable[[BaseException], None]) -> Any:
    """Call and give the answer; anything raised (SystemExit and RecursionError too) goes to `on_error`."""
    try:
        return call()
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        on_error(error)
        return None


def load(manifests: Iterable[Manifest], failed: dict[str, str]) -> Plugins:
    """Import each plugin by path as `parlour_plugins.<id>` and register it; failures are contained."""
    manager = pluggy.PluginManager("parlour")
    manager.add_hookspecs(hookspecs)
    plugins = Plugins(manager)
    for name, message in failed.items():
        plugins.fail(name, "plugin.yaml", message, "Mend plugin.yaml, then run `parlour reload`.")
    if PREFIX not in sys.modules:
        package = ModuleType(PREFIX)
        package.__path__ = []
        sys.modules[PREFIX] = package
    for manifest in manifests:
        def register(manifest: Manifest = manifest) -> None:
            _require(manifest)
            module = _import(manifest)
            manager.register(module, manifest.id)
            plugins.manifests[manifest.id] = manifest

        contained(register, lambda error, m=manifest: plugins.fail(m.id, "import", error))  # type: ignore[misc]
    try:
        manager.check_pending()
    except pluggy.PluginValidationError as error:
        name = manager.get_name(error.plugin) or "?"
        plugins.fail(name, "hooks", error, "Its hook's name is not in the contract: see docs/plugins.")
    return plugins


def _require(manifest: Manifest) -> None:
    for distribution in manifest.requires:
        try:
            importlib.metadata.distribution(distribution)
        except importlib.metadata.PackageNotFoundError as error:
            raise PluginError(f"It needs the package {distribution}, which is not installed.",
                              hint=f"Run `pip install {distribution}`, then `parlour reload`.") from error


def _import(manifest: Manifest) -> ModuleType:
    name = f"{PREFIX}.{manifest.id}"
    loaded = sys.modules.get(name)
    if loaded is not None:
        return loaded
    init = manifest.path / "__init__.py"
    if not init.is_file():
        module = ModuleType(name)
        sys.modules[name] = module
        return module
    spec = importlib.util.spec_from_file_location(name, init, submodule_search_locations=[str(manifest.path)])
    if spec is None or spec.loader is None:
        raise PluginError(f"{init} cannot be imported.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        for key in [key for key in sys.modules if key == name or key.startswith(name + ".")]:
            del sys.modules[key]
        raise
    return module


def collect(plugins: Plugins, hook: str) -> list[tuple[str, Any]]:
    """Ask every plugin one question; give the answers by plugin in order of need, failures contained."""
    answers: list[tuple[str, Any]] = []
    trace = os.environ.get("PARLOUR_TRACE") == "1"
    for name in plugins.manifests:
        module = plugins.manager.get_plugin(name)
        implementation = getattr(module, hook, None)
        if implementation is None or getattr(implementation, "parlour_impl", None) is None:
            continue
        began = time.perf_counter()
        answer = contained(implementation, lambda error, n=name: plugins.fail(n, f"{hook}()", error))  # type: ignore[misc]
        took = time.perf_counter() - began
        if trace:
            log.info("trace: %s.%s() -> %r in %.1f ms", name, hook, answer, took * 1000)
        if took > BUDGET:
            plugins.fail(name, f"{hook}()", f"It took {took:.1f} s.", "A registering hook only hands parts over.")
        if answer is not None:
            answers.append((name, answer))
    return answers
