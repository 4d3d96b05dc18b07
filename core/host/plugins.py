"""Import, register, call: each by name, each contained, and what fails is named with its cure."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import pluggy

from core.host import aside, modules
from core.host.containment import CURE, told, traced
from core.host.deaths import Deaths
from core.host.watchdog import BUDGETS
from core.parts import Manifest

log = logging.getLogger("parlour.plugins")


@dataclass
class Failure:
    """One thing that went wrong in a plugin: where, what, what mends it; the code of an expected failure."""

    plugin: str
    place: str
    message: str
    cure: str = ""
    times: int = 1
    code: str = ""


@dataclass
class Plugins:
    """The plugins of this process: loaded ones by id with the hooks they implement, and every failure so far.

    `known` holds every manifest that was found, also of plugins that are out.
    """

    manager: pluggy.PluginManager
    manifests: dict[str, Manifest] = field(default_factory=dict)
    known: dict[str, Manifest] = field(default_factory=dict)
    hooks: dict[str, tuple[str, ...]] = field(default_factory=dict)
    failures: dict[tuple[str, str], Failure] = field(default_factory=dict)
    deaths: Deaths | None = None

    def fail(self, plugin: str, place: str, error: BaseException | str, cure: str = "") -> None:
        """Remember a failure and write it to the log, with the trace of an error."""
        known = self.failures.get((plugin, place))
        message = error if isinstance(error, str) else told(error)
        cure = cure or getattr(error, "hint", "") or CURE
        if known:
            known.times += 1
            known.message, known.code = message, getattr(error, "code", "")
        else:
            self.failures[plugin, place] = Failure(plugin, place, message, cure, code=getattr(error, "code", ""))
        trace = error if isinstance(error, BaseException) else None
        log.error("plugin '%s' failed in %s: %s. %s", plugin, place, message.rstrip("."), cure, exc_info=trace,
                  extra={"failed": (plugin, place, message)})

    def leave_out(self, plugin: str, place: str, error: BaseException | str, cure: str = "") -> None:
        """Go on without a plugin, and without those that need it."""
        self.fail(plugin, place, error, cure)
        self.manifests.pop(plugin, None)
        for manifest in list(self.manifests.values()):
            if plugin in manifest.needs:
                self.leave_out(manifest.id, "needs", f"It needs {plugin}, which is out", f"Mend {plugin} first.")

    def broken(self) -> dict[str, str]:
        """Give one sentence for each plugin that has failed."""
        return {f.plugin: f"{f.place}: {f.message.rstrip('.')}. {f.cure}"
                for f in reversed(self.failures.values())}


def contained(call: Callable[[], Any], on_error: Callable[[BaseException], None]) -> Any:
    """Call and give the answer; anything raised (SystemExit and RecursionError too) goes to `on_error`.

    For calls in the process's main thread, where a KeyboardInterrupt is the operator's.
    """
    try:
        return call()
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 - this is the place where everything ends
        on_error(error)
        return None


def load(manifests: Iterable[Manifest], failed: dict[str, str], deaths: Deaths | None = None) -> Plugins:
    """Import each plugin by path as `parlour_plugins.<id>` and register it; failures are contained."""
    plugins = Plugins(modules.specifications(), deaths=deaths)
    for name, message in failed.items():
        plugins.fail(name, "plugin.yaml", message, "Mend plugin.yaml, then run `parlour reload`.")
    for manifest in manifests:
        plugins.known[manifest.id] = manifest
        missing = [need for need in manifest.needs if need not in plugins.manifests]
        left_out = deaths.why_not(manifest) if deaths and not manifest.builtin else ""
        if missing:
            plugins.fail(manifest.id, "needs", f"It needs {', '.join(missing)}, which is out",
                         f"Mend {missing[0]} first.")
        elif left_out:
            plugins.fail(manifest.id, "start", left_out, "Mend it; once its files have changed, or after "
                         f"`parlour plugin resume {manifest.id}`, the next start tries it again.")
        else:
            _load(plugins, manifest)
    return plugins


def _load(plugins: Plugins, manifest: Manifest) -> None:
    def register() -> None:
        modules.require(manifest)
        module = modules.load(manifest)
        hooks = modules.hooks_of(module)
        if not manifest.builtin:
            modules.check_tables(manifest.id)
        plugins.manager.register(module, manifest.id)
        plugins.hooks[manifest.id] = hooks
        plugins.manifests[manifest.id] = manifest

    _carefully(plugins, manifest, "import", BUDGETS.start, register)


def _carefully(plugins: Plugins, manifest: Manifest, place: str, seconds: float, call: Callable[[], Any]) -> Any:
    """Call into a plugin in a spare thread, under a mark: it may raise, hang or end the process."""

    def guarded() -> Any:
        if plugins.deaths is None:
            return aside.within(seconds, manifest.id, place, call)
        with plugins.deaths.at(manifest, place):
            return aside.within(seconds, manifest.id, place, call)

    return contained(guarded, lambda error: plugins.fail(manifest.id, place, error))


def collect(plugins: Plugins, hook: str, take: Callable[[Any], Any]) -> list[tuple[str, Any]]:
    """Ask every plugin one question; give by plugin, in order of need, what `take` made of the answers.

    `take` runs within the same containment: it checks, and it exhausts generators.
    """
    answers: list[tuple[str, Any]] = []
    for name, manifest in list(plugins.manifests.items()):
        if hook not in plugins.hooks.get(name, ()):
            continue
        implementation = traced(name, f"{hook}()", getattr(plugins.manager.get_plugin(name), hook))

        def ask(implementation: Callable[[], Any] = implementation) -> Any:
            answer = implementation()
            return None if answer is None else take(answer)

        answer = _carefully(plugins, manifest, f"{hook}()", BUDGETS.hook, ask)
        if answer is not None:
            answers.append((name, answer))
    return answers
