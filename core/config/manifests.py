"""The schema of plugin.yaml, and a checked plugin.yaml as a Manifest."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError

from core.config.loader import Document, show
from core.config.mistakes import check, fit
from core.config.record_data import inner_field, translations
from core.config.records import navigation, permissions, records_schema
from core.config.records import settings as words_of
from core.config.shapes import Schema, choice, group, listing, number, text
from core.errors import ConfigError, Problem
from core.parts import ROLES, SCOPES, STAFF, Manifest, Nav

ID = r"^[a-z][a-z0-9_]{1,39}$"

RESERVED = ("api", "core", "default", "host", "mail", "parlour", "static", "theme", "work")
"""Ids that would be mistaken for the host's own blueprints, templates and jobs."""

SHORTHAND: Mapping[str, Mapping[str, str]] = {
    "everyone": dict.fromkeys(ROLES, "all"),
    "signed-in": {role: "all" for role in ROLES if role != "guest"},
    "staff": dict.fromkeys(STAFF, "all"),
    "admins": {"admin": "all"},
}
"""What one word after an action stands for, role by role."""


def _permission() -> Schema:
    scopes = {role: choice(role, "How far it reaches.", *SCOPES) for role in ROLES}
    words = choice("For", "A word for several roles at once.", *SHORTHAND)

    def limit(title: str, description: str) -> Schema:
        return {**group(title, description, **{"for": words}, **scopes), "x-short": "for"}

    more = {
        "label": text("Label", "What it lets people do, as after \"they may\": answer requests."),
        "at_least": limit("At least", "How far a tenant has to let roles reach; without it, not at all."),
        "up_to": limit("Up to", "How far a tenant can let roles reach; without it, agents as far as admins, "
                       "everybody else no further than said here.")}
    return {**group("Permission", "Role to scope; or everyone, signed-in, staff, admins.",
                    **{"for": words}, **scopes, **more), "x-short": "for"}


def plugin_schema() -> Schema:
    """Make the schema of plugin.yaml."""
    entry = group(
        "Entry", "One navigation entry.",
        title=text("Title", "What it says."), path=text("Path", "Where it leads.", pattern="^/"),
        permission=text("Permission", "Who sees it; an action of this plugin or a full name.",
                        default="view"),
        icon=text("Icon", "A lucide icon.", default="circle"),
        area=choice("Area", "Which navigation; quick: what people do right from their home page.", "portal",
                    "staff", "account", "settings", "quick"),
        order=number("Order", "Smaller numbers come first.", 50, 0, 1000))
    entry["required"] = ["title", "path"]
    anything: Schema = {"type": "object", "additionalProperties": {}}
    name = "^[a-z][a-z0-9_]*$"
    schema = group(
        "plugin.yaml", "What a plugin says about itself, read without running its code.",
        id=text("Id", "The name of its folder.", pattern=ID, examples=["tickets"]),
        title=text("Title", "What people read.", minLength=1, maxLength=80),
        summary=text("Summary", "One sentence.", default=""),
        version={"type": ["string", "number"], "title": "Version", "description": "Its own version.",
                 "default": "0"},
        face=number("Face", "The version of the plugin face it is written for.", 1, 1, 9999),
        needs=listing("Needs", "Plugins that must be on for it.", text("Plugin", "Its id.", pattern=ID)),
        requires=listing("Requires", "Python distributions it needs.", text("Distribution", "Such as pillow.")),
        default={"type": "boolean", "title": "Default", "default": False,
                 "description": "Whether it is on where portal.yaml does not mention it."},
        permissions={"type": "object", "title": "Permissions", "propertyNames": {"pattern": name},
                     "description": "Action to who may do it.", "additionalProperties": _permission()},
        settings={**anything, "title": "Settings", "description": "JSON Schema of its settings."},
        events={**anything, "title": "Events", "description": "Events it publishes, each with its payload."},
        navigation=listing("Navigation", "Its entries.", entry),
        translations=translations(), records=records_schema(_permission()))
    schema["$defs"] = {"field": inner_field()}
    schema["required"] = ["id", "title"]
    return schema


def manifest(document: Document, path: Path, *, builtin: bool = False) -> Manifest:
    """Read a checked plugin.yaml. `path` is the plugin's folder.

    Raises ConfigError with every mistake, those in its settings' JSON Schema included.
    """
    schema = plugin_schema()
    problems = [*check(document, schema), *_schema_problems(document)]
    if problems:
        raise ConfigError(problems)
    data = fit(document.data, schema)
    records = data.get("records", {})
    allowed = {**permissions(records), **data.get("permissions", {})}
    return Manifest(
        id=data["id"], title=data["title"], path=path, summary=data.get("summary", ""),
        version=_version(document, data), face=data.get("face", 1), needs=tuple(data.get("needs", ())),
        requires=tuple(data.get("requires", ())), default=data.get("default", False),
        permissions={action: _roles(given) for action, given in allowed.items()},
        at_least=_limits(allowed, "at_least"), up_to=_limits(allowed, "up_to"),
        acts={action: given["label"] for action, given in allowed.items() if "label" in given},
        settings=words_of(records, data.get("settings", {})), events=data.get("events", {}),
        navigation=tuple(_nav(entry, data["id"])
                         for entry in data.get("navigation", navigation(records, data["title"]))),
        records=records, builtin=builtin, translations=data.get("translations", {}))


def _version(document: Document, data: Mapping[str, Any]) -> str:
    # As typed: 1.10 is a version here, not the number 1.1.
    return document.raw(("version",)) or str(data.get("version", "0"))


def _roles(given: Mapping[str, Any]) -> Mapping[str, str]:
    own = {role: scope for role, scope in given.items() if role in ROLES}
    return {**SHORTHAND.get(given.get("for", ""), {}), **own}


def _limits(allowed: Mapping[str, Mapping[str, Any]], limit: str) -> Mapping[str, Mapping[str, str]]:
    return {action: _roles(given[limit]) for action, given in allowed.items() if limit in given}


def _nav(entry: Mapping[str, Any], plugin: str) -> Nav:
    permission = entry.get("permission", "view")
    full = permission if "." in permission else f"{plugin}.{permission}"
    return Nav(title=entry["title"], path=entry["path"], permission=full, plugin=plugin,
               **{key: entry[key] for key in ("icon", "area", "order") if key in entry})


def _schema_problems(document: Document) -> list[Problem]:
    """Find what is wrong with the settings schema itself."""
    settings = document.data.get("settings")
    if not isinstance(settings, dict):
        return []
    found = []
    if "enabled" in (settings.get("properties") or {}):
        line, column = document.mark(("settings", "properties", "enabled"), key=True)
        found.append(Problem(document.name, line, column, "settings.properties.enabled",
                             "'enabled' is the switch itself and cannot be a setting."))
    try:
        Draft202012Validator.check_schema(settings)
    except SchemaError as error:
        path = ("settings", *error.absolute_path)
        line, column = document.mark(path)
        reason = re.sub(r"\s+", " ", error.message)[:200]
        found.append(Problem(document.name, line, column, show(path), f"This is not JSON Schema: {reason}."))
    return found

