"""Who answers which address: nobody takes one that another plugin, or the host, answers already."""

from __future__ import annotations

import re
from collections.abc import Iterable

from flask import Blueprint
from werkzeug.exceptions import HTTPException, NotFound
from werkzeug.routing import Map, RequestRedirect, Rule

from core.errors import NameTaken, PluginError
from core.host.fence import reaches_out
from core.web import routes

RESERVED = ("api", "static", "theme", "files", "healthz", "readyz")
"""First steps of addresses that the host itself answers."""

_VARIABLE = re.compile(r"<(?:(?P<kind>[a-zA-Z_]+)(?:\((?P<of>[^)]*)\))?:)?[^>]+>")
_SAMPLES = {"float": "1.5", "uuid": "00000000-0000-4000-8000-000000000000"}


def _sample(rule: str) -> str:
    """Write an address that a rule answers: every variable as something short."""
    def value(match: re.Match[str]) -> str:
        if match["kind"] == "any":
            return (match["of"] or "1").split(",")[0].strip(" '\"")
        return _SAMPLES.get(match["kind"] or "", "1")

    return _VARIABLE.sub(value, rule)


def _answers(rules: Iterable[str], address: str) -> bool:
    """Say whether any of these rules answers an address, with whatever method."""
    adapter = Map([Rule(rule, endpoint=rule) for rule in rules]).bind("localhost")
    try:
        adapter.match(address)
    except NotFound:
        return False
    except (RequestRedirect, HTTPException):
        return True
    return True


class Book:
    """All addresses of the plugins, in the order they came; `rules` maps (method, rule) to the plugin."""

    def __init__(self) -> None:
        self.rules: dict[tuple[str, str], str] = {}
        self.blueprints: dict[str, str] = {}

    def enter(self, plugin: str, blueprints: Iterable[Blueprint], *, builtin: bool) -> None:
        """Enter a plugin's blueprints. Raises PluginError for the first thing that is wrong; enters none then."""
        mine = list(blueprints)
        found = routes.inspect(plugin, mine, builtin=builtin)
        for blueprint in mine:
            other = self.blueprints.get(blueprint.name)
            if other is not None:
                raise NameTaken(f"The blueprint '{blueprint.name}' is taken by plugin '{other}'.",
                                hint="Choose another name for it.")
            wide = [] if builtin else reaches_out(blueprint)
            if wide:
                raise PluginError(f"The blueprint '{blueprint.name}' reaches other pages with {wide[0]}.",
                                  hint="A plugin shapes its own pages only: use the form without 'app'.")
        for method, rule in found:
            self._check(plugin, method, rule, builtin=builtin)
        self.rules.update(dict.fromkeys(found, plugin))
        self.blueprints.update({blueprint.name: plugin for blueprint in mine})

    def _check(self, plugin: str, method: str, rule: str, *, builtin: bool) -> None:
        first = rule.split("/")[1]
        if first in RESERVED and plugin != "files":
            raise PluginError(f"{rule} lies in the host's own part of the address space.",
                              hint=f"Begin the address with /{plugin}.")
        taken = self.rules.get((method, rule))
        if taken is not None:
            raise PluginError(f"{method} {rule} belongs to plugin '{taken}' already.",
                              hint="Choose another address.")
        if builtin:
            return
        if first.startswith("<"):
            raise PluginError(f"{rule} would answer for everybody's addresses.",
                              hint=f"Begin the address with /{plugin}.")
        for other_rule, other in {(r, p) for (_, r), p in self.rules.items() if p != plugin}:
            if other_rule.split("/")[1] == first and (
                    _answers([other_rule], _sample(rule)) or _answers([rule], _sample(other_rule))):
                raise PluginError(f"{rule} overlaps {other_rule} of plugin '{other}'.",
                                  hint="Choose another address.")
