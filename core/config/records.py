"""The schema of `records` in plugin.yaml: kinds of record that need no Python; and what follows from them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.config import flow, record_data
from core.config.shapes import Schema, choice, group, listing, many, text
from core.parts import AUDIENCES

NAME = flow.NAME
LISTENERS = ("requester", "followers", "company", "staff")
MOMENTS = ("opened", "replied", "noted", "changed")
"""What happens to any record, beside its own transitions: the names notices are given by."""

_CUSTOMERS = {"user": "own", "company_user": "company", "company_admin": "company"}
_EVERYBODY = {**_CUSTOMERS, "agent": "all", "admin": "all"}

PERMISSIONS: Mapping[str, Mapping[str, str]] = {
    "view": _EVERYBODY, "create": _EVERYBODY, "reply": _EVERYBODY, "note": {"for": "staff"},
    "edit": {"for": "staff"},
}
"""Who may do what in a module that does not say it itself."""


def _notices() -> Schema:
    notice = group("Notice", "Who is told when something happens.",
                   title=text("Title", "One line, with %(number)s, %(title)s and %(actor)s."),
                   text=text("Text", "What else the e-mail says.", maxLength=2000),
                   label=text("Label", "What people choose it by: what happens, in a few words."),
                   to=listing("To", "Who is told.", choice("Who", "A group of people.", *LISTENERS)),
                   mail={"type": "boolean", "title": "Mail", "default": True,
                         "description": "Whether it goes out by e-mail too."})
    notice["required"] = ["title", "to"]
    return many("Notices", "opened, replied, noted, changed or the event of a step, to who is told.", NAME, notice)


def records_schema(permission: Schema) -> Schema:
    """Make the schema of `records`. `permission` is that of one permission; fields refer to `#/$defs/field`."""
    record = group(
        "Record", "A kind of record with its fields, states, pages and API.",
        title=text("Title", "One of them, as people say it.", examples=["Return"]),
        plural=text("Plural", "Its word in addresses and the API.", pattern=r"^[a-z][a-z0-9_]{1,39}$",
                    examples=["returns"]),
        many=text("Many", "Several of them, as people say it; else the plugin's title."),
        prefix=text("Prefix", "What its numbers begin with.", pattern="^[A-Z]{2,6}$", examples=["RET"]),
        icon=text("Icon", "A lucide icon.", default="circle"),
        audience=choice("Audience", "Who a record is meant for.", *AUDIENCES),
        headline=text("Headline", "The field that gives a record its title.", default="title"),
        message=choice("Message", "Whether a new record begins with a message.", "optional", "required", "off"),
        fields=many("Fields", "Name to field.", NAME, flow.record_field()),
        states=flow.states(), transitions=flow.transitions(permission), terms=flow.terms(),
        documents=flow.documents(), panel=flow.panel(), gives=flow.gives(), begins=flow.begins(permission),
        **record_data.record_keys(), notices=_notices())
    record["required"] = ["title", "plural", "prefix", "states"]
    return many("Records", "Kinds of record without Python, by name.", NAME, record)


def act_of(kind: str, transition: str) -> str:
    """Give the action that a transition of a kind is permitted as."""
    return f"{kind}_{transition}"


def permissions(records: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Give the permissions of a module: those every module has, one per step and beginning (staff by default).

    A step that names another action has none of its own, nor has one that is only taken by itself.
    """
    if not records:
        return {}
    acts = {act_of(kind, name): {**flow.limits(act), **found, "label": flow.one_text(act["label"])}
            for kind, record in records.items() for name, act in flow.acts(record)
            if (found := flow.reach(act.get("who"))) is not None}
    return {**PERMISSIONS, **acts}


def settings(records: Mapping[str, Any], given: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give the settings' schema of a module with the tenant's own words for its states in it."""
    if not records:
        return given
    words = {kind: group(record["title"], "State to word.", **{
        state: text(flow.one_text(said.get("label") or state), "The tenant's own word.", maxLength=60)
        for state, said in record["states"].items()}) for kind, record in records.items()}
    own = {"words": group("Words", "Other words for states, by kind of record.", **words)}
    terms = {kind: group(record["title"], "Terms to text.", **{
        name: text(flow.one_text(said["title"]), "Your own text, in Markdown; empty means the usual one.",
                   **{"maxLength": 20_000, "x-widget": "longtext"}) for name, said in record["terms"].items()})
        for kind, record in records.items() if record.get("terms")}
    if terms:
        own["terms"] = group("Terms", "What customers agree to, in your own words.", **terms)
    return {**given, "properties": {**own, **given.get("properties", {})}}


def navigation(records: Mapping[str, Any], title: str) -> list[dict[str, Any]]:
    """Give the navigation entries of a module that names none: lists, and at home a button for a new one."""
    return [entry for record in records.values() for entry in (
        {"title": record.get("many") or title, "path": f"/{record['plural']}",
         "icon": record.get("icon", "circle")},
        {"title": record["title"], "path": f"/{record['plural']}/new", "permission": "create", "icon": "plus",
         "area": "quick"})]

