"""The admin's page about plugins: state, hooks, what failed and its cure, and the buttons to pause and resume."""

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, request

from parlour import NotFound, current, pauses, record_act, redirect, render, requires, reshaping
from parlour import gettext as _

blueprint = Blueprint("plugins", __name__)


@dataclass(frozen=True)
class Line:
    """One plugin on the page. `state` is "on", "available", "paused" or "out"; `parts` are paused parts of it."""

    id: str
    title: str
    summary: str
    version: str
    state: str
    hooks: tuple[str, ...]
    problem: str
    troubles: list[Any]
    parts: list[Any]
    builtin: bool
    losses: tuple[Any, ...] = ()

    @property
    def quiet(self) -> bool:
        """Whether there is nothing to do about it: one of the host's own that works."""
        return self.builtin and not (self.problem or self.troubles or self.parts or self.losses)


def _state(plugin: str, paused: bool) -> str:
    who = current()
    manifest = who.registry.manifests.get(plugin)
    if manifest is None:
        return "out"
    if paused:
        return "paused"
    setting = who.settings.features.get(plugin)
    return "on" if manifest.builtin or (setting is not None and setting.enabled) else "available"


def lines() -> list[Line]:
    """List all plugins that were found, the host's own last."""
    registry = current().registry
    troubles: dict[str, list[Any]] = {}
    for row in pauses.troubles():
        if row.times or row.paused:
            troubles.setdefault(row.plugin, []).append(row)
    found = []
    for name in sorted({*registry.known, *registry.failed}):
        manifest, mine = registry.known.get(name), troubles.get(name, [])
        rests = [row for row in mine if row.paused]
        found.append(Line(
            name, manifest.title if manifest else name, manifest.summary if manifest else "",
            manifest.version if manifest else "", _state(name, any(row.place == pauses.WHOLE for row in rests)),
            registry.hooks.get(name, ()), registry.failed.get(name, ""), [row for row in mine if row.message],
            rests, bool(manifest and manifest.builtin), tuple(reshaping.waits(name))
            if manifest and manifest.records else ()))
    return sorted(found, key=lambda one: (one.builtin, not (one.problem or one.troubles or one.parts
                                                             or one.losses), one.id))


@blueprint.get("/settings/plugins")
@requires("plugins.view")
def listing() -> Response:
    """Show every plugin with its state."""
    words = {"on": (_("On"), "good"), "available": (_("Available"), "neutral"), "paused": (_("Paused"), "warn"),
             "out": (_("Out"), "bad")}
    return render("plugins/list.html", block="list", lines=lines(), words=words)


@blueprint.post("/settings/plugins/<plugin>/pause")
@requires("plugins.pause")
def pause(plugin: str) -> Response:
    """Let a plugin rest for this tenant."""
    manifest = current().registry.manifests.get(plugin)
    if manifest is None or manifest.builtin:
        raise NotFound
    pauses.pause(plugin, by=current().me.name)
    record_act("plugin.paused", plugin)
    return redirect("/settings/plugins", message=_("%(name)s is paused.", name=manifest.title))


@blueprint.post("/settings/plugins/<plugin>/lose")
@requires("plugins.pause")
def lose(plugin: str) -> Response:
    """Give up what records of a module hold that its YAML has no place for any more."""
    reshaping.confirm(plugin, request.form.get("key", "")[:200])
    return redirect("/settings/plugins", message=_("Done. It is given up."))


@blueprint.post("/settings/plugins/<plugin>/resume")
@requires("plugins.pause")
def resume(plugin: str) -> Response:
    """Let everything of a plugin that rests go on."""
    manifest = current().registry.known.get(plugin)
    if manifest is None:
        raise NotFound
    pauses.resume(plugin)
    record_act("plugin.resumed", plugin)
    return redirect("/settings/plugins", message=_("%(name)s goes on.", name=manifest.title))
