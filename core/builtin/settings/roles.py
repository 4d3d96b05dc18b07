"""What each role may do: all of it as a matrix with sentences, and one role with its choices."""

from collections.abc import Iterable
from typing import Any

from flask import Blueprint, Response, request

from parlour import NotFound, configuration, render, requires

from . import fields

blueprint = Blueprint("settings_roles", __name__)
drafting, roles = configuration.drafting, configuration.roles


@blueprint.get("/settings/roles")
@requires("settings.change")
def matrix() -> Response:
    """Show how far each role reaches with each plugin."""
    return render("settings/roles.html", parts=roles.matrix(), titles=roles.titles(), notice="", **fields.frame())


@blueprint.get("/settings/roles/<role>")
@requires("settings.change")
def one(role: str) -> Response:
    """Show what can be chosen for one role."""
    return _draw(role)


@blueprint.post("/settings/roles/<role>")
@requires("settings.change")
def save(role: str) -> Response:
    """Take what was chosen for one role."""
    sent = fields.read([node for _title, nodes in _free(role) for node in nodes])
    if sent.errors and request.form.get("do") != "discard":
        return _draw(role, sent, fields.Told(422))
    return fields.act(f"/settings/roles/{role}", lambda told: _draw(role, sent, told), sent.changes)


def _free(role: str) -> list[tuple[str, list[Any]]]:
    """Give what can be chosen for a role, by the title of its plugin. Raises NotFound for what is no role."""
    if role not in roles.titles():
        raise NotFound
    plan, found = drafting.everything(), []
    for manifest in roles.plugins():
        node = plan.node(("roles", role, manifest.id))
        inner = [one for one in plan.children(node) if len(one.schema["enum"]) > 1] if node else []
        if inner:
            found.append((roles.title(manifest), inner))
    return found


def _draw(role: str, sent: Any = None, told: fields.Told = fields.NOTHING) -> Response:
    groups, titles = _free(role), roles.titles()
    return fields.page(
        f"/settings/roles/{role}", titles[role], [node for _title, nodes in groups for node in nodes], sent, told,
        template="settings/role.html", block=("collected", "words"), crumbs=[], groups=groups, role=role,
        titles=titles, effects=_effects(role),
        words=[(part.title, dict(part.words)[role]) for part in roles.matrix()])


def _effects(role: str) -> list[str]:
    """Say what the choices that are not saved yet do to people."""
    found = [line for one in drafting.words() if one.path[:2] == ("roles", role) and len(one.path) == 4
             for line in roles.effects(one.path)]
    return list(dict.fromkeys(found))


def effects(changes: Iterable[Any]) -> dict[Any, list[str]]:
    """Say of each change of a role what it does to people."""
    return {path: roles.effects(path) for path in changes if path[0] == "roles" and len(path) == 4}
