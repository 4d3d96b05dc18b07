"""Each route states its permission; a route without one does not start, and one gate decides per request."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from flask import Blueprint, Flask

from core.errors import NameTaken, PluginError

V = TypeVar("V", bound=Callable[..., Any])
ANYONE = "anyone"
"""The permission of the host's own open pages: signing in, static files, errors."""


def requires(permission: str) -> Callable[[V], V]:
    """State the permission a view needs ("tickets.view"): the host checks it before the view runs.

    The view still asks the door for each record; this only says who may knock at all.
    """
    if permission != ANYONE and permission.count(".") != 1:
        raise PluginError(f"'{permission}' is no permission.", hint="Write it as <plugin>.<action>.")

    def mark(view: V) -> V:
        view.parlour_permission = permission  # type: ignore[attr-defined]
        return view

    return mark


def permission_of(view: Callable[..., Any]) -> str | None:
    """Give the permission a view states, or None."""
    stated: str | None = getattr(view, "parlour_permission", None)
    return stated


def inspect(plugin: str, blueprints: Iterable[Blueprint], *, builtin: bool) -> dict[tuple[str, str], str]:
    """Try blueprints on an application of their own and give (method, rule) -> endpoint.

    Raises PluginError for a wrong name, a route without permission, or a permission of another plugin.
    """
    trial = Flask("trial", static_folder=None)
    for blueprint in blueprints:
        if not isinstance(blueprint, Blueprint):
            raise PluginError(f"Plugin '{plugin}' gave {type(blueprint).__name__} as routes.",
                              hint="routes() returns a Flask Blueprint or a list of them.")
        if blueprint.name != plugin and not blueprint.name.startswith(f"{plugin}_"):
            raise NameTaken(f"The blueprint '{blueprint.name}' of plugin '{plugin}' has a foreign name.",
                            hint=f"Name it '{plugin}' or '{plugin}_something'.")
        trial.register_blueprint(blueprint)
    found: dict[tuple[str, str], str] = {}
    for rule in trial.url_map.iter_rules():
        permission = permission_of(trial.view_functions[rule.endpoint])
        if permission is None:
            raise PluginError(f"The route {rule.rule} of plugin '{plugin}' states no permission.",
                              hint="Put @requires(\"...\") under the route's decorator.")
        if permission.partition(".")[0] != plugin and not (builtin and permission == ANYONE):
            raise PluginError(f"The route {rule.rule} of plugin '{plugin}' asks for '{permission}'.",
                              hint=f"Its permission begins with '{plugin}.'.")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            found[method, rule.rule] = rule.endpoint
    return found
