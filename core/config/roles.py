"""How far each role reaches: what a plugin says, what it allows at most and at least, and what a tenant says."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from core.parts import ROLES, SCOPES, Manifest

Given = Mapping[str, Mapping[str, Mapping[str, str]]]
"""Role to plugin to action to how far it reaches: the key `roles` of a tenant document."""

TITLES: Mapping[str, Mapping[str, str]] = {
    "guest": {"title": "Guests", "description": "Whoever is not signed in."},
    "user": {"title": "Customers", "description": "They reach what is their own."},
    "company_user": {"title": "Company people", "description": "Customers who reach what is their company's."},
    "company_admin": {"title": "Company admins", "description": "Customers who look after their company."},
    "agent": {"title": "Agents", "description": "Your team."},
    "admin": {"title": "Admins", "description": "Those of your team who look after the portal."},
}

WHOSE: Mapping[str, str] = {"none": "No", "own": "Only their own", "company": "Their company's",
                            "all": "Everybody's"}
"""What people read for an extent."""

WHETHER: Mapping[str, str] = {"none": "No", "all": "Yes"}
"""What people read where there is nothing in between."""

ACTS: Mapping[str, str] = {
    "view": "see them", "create": "begin new ones", "reply": "answer", "note": "read and write notes for the team",
    "edit": "change them", "remove": "remove them", "publish": "publish them", "manage": "look after them"}
"""What people read for an action whose plugin does not say it."""

RANK = {scope: rank for rank, scope in enumerate(SCOPES)}


def narrower(one: str, other: str) -> str:
    """Give the lesser of two extents."""
    return min(one, other, key=RANK.__getitem__)


def wider(one: str, other: str) -> str:
    """Give the greater of two extents."""
    return max(one, other, key=RANK.__getitem__)


def usual(manifest: Manifest, action: str, role: str) -> str:
    """Give how far a role reaches where the tenant says nothing."""
    return manifest.permissions[action].get(role, "none")


def floor(manifest: Manifest, action: str, role: str) -> str:
    """Give what nobody can take from a role."""
    return narrower(manifest.at_least.get(action, {}).get(role, "none"), usual(manifest, action, role))


def ceiling(manifest: Manifest, action: str, role: str) -> str:
    """Give how far a role can be let reach at most.

    Without a word of the plugin: an agent as far as an admin, everybody else no further than the plugin gives.
    """
    own, stated = usual(manifest, action, role), manifest.up_to.get(action)
    if stated is not None:
        return wider(own, stated.get(role, own))
    return wider(own, usual(manifest, action, "admin")) if role == "agent" else own


def choices(manifest: Manifest, action: str, role: str) -> tuple[str, ...]:
    """Give the extents an admin can choose from for a role, the narrowest first; one means there is no choice."""
    known = {"none", *manifest.permissions[action].values(), *manifest.up_to.get(action, {}).values()}
    if role == "guest":
        known &= {"none", "all"}
    low, high = RANK[floor(manifest, action, role)], RANK[ceiling(manifest, action, role)]
    found = tuple(scope for scope in SCOPES if scope in known and low <= RANK[scope] <= high)
    return found or (usual(manifest, action, role),)


def extent(manifest: Manifest, action: str, role: str, given: Given) -> str:
    """Give how far a role reaches as the tenant has it.

    What goes beyond the plugin's limits is cut off. Nobody acts where they do not see: who is let see less than
    the plugin gives reaches no further with any other act.
    """
    said = given.get(role, {}).get(manifest.id, {})
    low, high = floor(manifest, action, role), ceiling(manifest, action, role)
    found = wider(low, narrower(high, said.get(action, usual(manifest, action, role))))
    if action == "view" or "view" not in said or "view" not in manifest.permissions:
        return found
    seen = extent(manifest, "view", role, given)
    less = RANK[seen] < RANK[usual(manifest, "view", role)]
    return wider(low, narrower(found, seen)) if less else found


def extents(manifest: Manifest, action: str, given: Given) -> Mapping[str, str]:
    """Give role to extent of one action as the tenant has it."""
    return {role: extent(manifest, action, role, given) for role in ROLES}


def speaks_of(given: Given, plugin: str) -> bool:
    """Say whether a tenant says anything about a plugin at all."""
    return any(plugin in said for said in given.values())


def act(manifest: Manifest, action: str) -> str:
    """Say in English what an action lets people do."""
    return manifest.acts.get(action) or ACTS.get(action) or action.replace("_", " ")


def schema(manifests: Mapping[str, Manifest], away: Collection[str] = ()) -> dict[str, Any]:
    """Make the schema of `roles`: role, plugin, action, extent, each with what the plugin allows."""
    return {"type": "object", "title": "Roles", "additionalProperties": False, "properties": {
        role: _role(role, manifests, away) for role in ROLES},
        "description": "How far each role reaches where that is other than what a plugin gives it."}


def _role(role: str, manifests: Mapping[str, Manifest], away: Collection[str]) -> dict[str, Any]:
    plugins: dict[str, Any] = {
        key: _plugin(manifests[key], role) for key in sorted(manifests) if manifests[key].permissions}
    for key in sorted(set(away) - set(manifests)):
        plugins[key] = {"type": "object", "title": key, "description": "This plugin is not available now.",
                        "additionalProperties": {}}
    return {"type": "object", **TITLES[role], "properties": plugins, "additionalProperties": False,
            "x-unknown": "no plugin with permissions is called '{key}'"}


def _plugin(manifest: Manifest, role: str) -> dict[str, Any]:
    return {"type": "object", "title": manifest.title, "description": manifest.summary or manifest.title,
            "additionalProperties": False,
            "properties": {action: _action(manifest, action, role) for action in manifest.permissions}}


def _action(manifest: Manifest, action: str, role: str) -> dict[str, Any]:
    known = choices(manifest, action, role)
    plain = set(manifest.permissions[action].values()) <= {"none", "all"}
    return {"type": "string", "title": act(manifest, action),
            "enum": list(known), "default": usual(manifest, action, role),
            "x-labels": dict(WHETHER if plain else WHOSE)}
