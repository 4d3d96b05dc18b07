"""What an import can make of the host's own: companies, people and teams."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from core.data import people, scope
from core.errors import FieldError, Invalid, NotFound
from core.parts import Import
from core.web.custom import custom

_PLAIN = {"type": "string", "maxLength": 500}
_MOMENT = {"type": "string", "format": "date-time"}
_SLUG = "^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$"
_GONE = "It was removed here since; an import does not bring it back."
ROLES = ("user", "company_user", "company_admin", "agent", "admin")


def _own_fields(kind: str) -> dict[str, Any]:
    declared = scope.current().settings.value(f"fields.{kind}") or {}
    return {"type": "object", "properties": custom(declared), "description":
            f"Declare it in portal.yaml under fields.{kind}, or take it out of the mapping."}


def _company_fields() -> dict[str, Any]:
    return {"type": "object", "required": ["identifier", "name"], "properties": {
        "identifier": {"type": "string", "pattern": _SLUG, "examples": ["acme"]},
        "name": {"type": "string", "minLength": 1, "maxLength": 200}, "active": {"type": "boolean"},
        "created": _MOMENT, "fields": _own_fields("companies")}}


def _person_fields() -> dict[str, Any]:
    return {"type": "object", "required": ["name"], "properties": {
        "name": {"type": "string", "minLength": 1, "maxLength": 200}, "email": _PLAIN, "login": _PLAIN,
        "role": {"enum": list(ROLES)}, "language": _PLAIN, "active": {"type": "boolean"},
        "own_only": {"type": "boolean"}, "created": _MOMENT,
        "company": {**_PLAIN, "description": "An imported company; the role is theirs there."},
        "fields": _own_fields("people")}}


def _team_fields() -> dict[str, Any]:
    return {"type": "object", "required": ["key", "name"], "properties": {
        "key": {"type": "string", "pattern": "^[a-z][a-z0-9_-]{0,39}$"}, "name": _PLAIN,
        "members": {"type": "array", "items": {**_PLAIN, "description": "An imported person of the team."}}}}


def _there(give: Callable[[int], Any], known: str) -> Any:
    """Give what a row became before. Raises NotFound in words where it was removed here since."""
    try:
        found = give(int(known))
    except NotFound:
        found = None
    if not found:
        raise NotFound(_GONE)
    return found


def take_company(row: Mapping[str, Any]) -> tuple[str, int]:
    """Make a company, or change the one a row became before."""
    values = {name: row[name] for name in ("identifier", "name", "active", "created") if name in row}
    if not row["known"]:
        made = people.add_company(row["name"], row["identifier"], row.get("fields"))
        rest = {name: values[name] for name in ("active", "created") if name in values}
        if rest:
            people.change_company(made.id, **rest)
        return "created", made.id
    company = _there(lambda known: people.companies([known]), row["known"])[0]
    fields = (company.fields or {}) | row.get("fields", {})
    people.change_company(company.id, **values, fields=fields)
    return "updated", company.id


def take_person(row: Mapping[str, Any]) -> tuple[str, int]:
    """Make a person without a password, or change the one a row became before. Raises Invalid."""
    role = row.get("role", "user")
    staff = role in ("agent", "admin")
    if staff and row.get("company"):
        raise Invalid([FieldError("company", f"An {role} works for you and belongs to no company.", "invalid")])
    values = {name: row[name] for name in ("language", "active", "own_only", "created") if name in row}
    values["role"] = role if staff else ""
    if row["known"]:
        person = _there(people.person, row["known"])
        named = {name: row[name] for name in ("name", "email", "login") if name in row}
        people.change_person(person.id, **named, **values, fields=(person.fields or {}) | row.get("fields", {}))
        word = "updated"
    else:
        person = people.add_person(row["name"], email=row.get("email"), login=row.get("login"), **values,
                                   fields=row.get("fields", {}))
        word = "created"
    if row.get("company"):
        people.join(person.id, int(row["company"]), role)
    return word, person.id


def take_team(row: Mapping[str, Any]) -> tuple[str, int]:
    """Make a team, or change the one with this key."""
    before = {team.key for team in people.teams()}
    team = people.ensure_team(row["key"], row["name"])
    if "members" in row:
        people.set_team(team, [int(member) for member in row["members"]])
    return "updated" if row["key"] in before else "created", team


HOST_IMPORTS = (Import("company", _company_fields, take_company, plugin="host"),
                Import("person", _person_fields, take_person, plugin="host"),
                Import("team", _team_fields, take_team, plugin="host"))
"""Known in every portal, whatever plugins there are."""
