"""What an import can make of the host's own: companies, people and teams."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from core.data import credentials, directory, gather, people, scope
from core.data.identity import email_key
from core.errors import FieldError, Invalid, NotFound
from core.look.i18n import N_
from core.look.i18n import gettext as _
from core.parts import STAFF, Import
from core.web.custom import custom
from core.work import letters
from core.work.lookups import NEW

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
        "name": {"type": "string", "title": _("Name"), "minLength": 1, "maxLength": 200},
        "identifier": {"type": "string", "title": _("Identifier"), "pattern": _SLUG, "examples": ["acme"]},
        "active": {"type": "boolean", "title": _("On")},
        "created": {**_MOMENT, "title": _("Since")}, "fields": _own_fields("companies")}}


def _person_fields() -> dict[str, Any]:
    roles = {"user": _("own requests"), "company_user": _("the whole company"),
             "company_admin": _("company admin"), "agent": _("agent"), "admin": _("admin")}
    return {"type": "object", "required": ["name"], "properties": {
        "name": {"type": "string", "title": _("Name"), "minLength": 1, "maxLength": 200},
        "email": {**_PLAIN, "title": _("E-mail")}, "login": {**_PLAIN, "title": _("Sign-in name")},
        "company": {**_PLAIN, "title": _("Company"), "x-find": "company", "x-new": True,
                    "description": "An imported company; the role is theirs there."},
        "role": {"enum": list(ROLES), "title": _("Role"), "x-labels": roles},
        "companies": {"type": "array", "title": _("Further companies"), "items": {
            **_PLAIN, "description": "An identifier and a role: acme:company_user."}},
        "language": {**_PLAIN, "title": _("Language")}, "active": {"type": "boolean", "title": _("May sign in")},
        "own_only": {"type": "boolean", "title": _("Own requests only")},
        "created": {**_MOMENT, "title": _("Since")}, "fields": _own_fields("people")}}


def _team_fields() -> dict[str, Any]:
    return {"type": "object", "required": ["key", "name"], "properties": {
        "key": {"type": "string", "title": _("Key"), "pattern": "^[a-z][a-z0-9_-]{0,39}$"},
        "name": {**_PLAIN, "title": _("Name")},
        "members": {"type": "array", "items": {**_PLAIN, "x-find": "person",
                                               "description": "An imported person of the team."}}}}


def _there(give: Callable[[int], Any], known: str) -> Any:
    """Give what a row became before. Raises NotFound in words where it was removed here since."""
    try:
        found = give(int(known))
    except NotFound:
        found = None
    if not found:
        raise NotFound(_GONE)
    return found


def _differs(row: Any, values: Mapping[str, Any]) -> dict[str, Any]:
    """Give what is other than it stands there already."""
    return {name: value for name, value in values.items() if _plain(value) != _plain(getattr(row, name))}


def _plain(value: Any) -> Any:
    """Give a value as it is compared: moments to the second, as files write them; nothing is nothing."""
    return value.replace(microsecond=0) if isinstance(value, datetime) else value or None


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
    changed = _differs(company, {**values, "fields": (company.fields or {}) | row.get("fields", {})})
    settings = scope.current().settings
    if "identifier" in changed and company.identifier in (settings.value("companies") or {}):
        raise Invalid([FieldError("identifier", _("The settings have exceptions for '%(name)s' under that name. "
                                                  "Take them out first.", name=company.identifier), "configured")])
    if not changed and row.get("careful"):
        return "skipped", company.id
    people.change_company(company.id, **changed)
    return "updated", company.id


def take_person(row: Mapping[str, Any]) -> tuple[str, int]:
    """Make a person without a password, or change the one a row became before. Raises Invalid."""
    role = row.get("role", "user")
    staff = role in STAFF
    if staff and (row.get("company") or row.get("companies")):
        raise Invalid([FieldError("company", f"An {role} works for you and belongs to no company.", "invalid")])
    if staff and not row.get("staff", True):
        raise Invalid([FieldError("role", _("This row would make somebody part of your team, which this import "
                                            "does not allow."), "staff")])
    values = {name: row[name] for name in ("language", "active", "own_only", "created") if name in row}
    if row["known"]:
        person, moved = _changed(row, values, role), False
        if person is None:
            return "skipped" if not _placed(int(row["known"]), row, role) else "updated", int(row["known"])
    else:
        person = people.add_person(row["name"], email=row.get("email"), login=row.get("login"), **values,
                                   role=role if staff else "", fields=row.get("fields", {}))
        moved = True
    _placed(person.id, row, role)
    return "created" if moved else "updated", person.id


def _changed(row: Mapping[str, Any], values: dict[str, Any], role: str) -> Any | None:
    """Change the person a row became before, and give them; None where nothing is other. Raises Invalid."""
    person = _there(people.person, row["known"])
    careful = bool(row.get("careful"))
    if careful and person.removed:
        raise NotFound(_GONE)
    if "role" in row or not careful:
        values["role"] = role if role in STAFF else ""
    if careful and person.role and values.get("role", person.role) != person.role:
        raise Invalid([FieldError("role", _("This is somebody of your team. Change their role on their page."),
                                  "staff")])
    if person.role and not row.get("staff", True):
        raise Invalid([FieldError("email", _("This is somebody of your team, which this import leaves alone."),
                                  "staff")])
    named = {name: row[name] for name in ("name", "email", "login") if name in row}
    changed = _differs(person, {**named, **values, "fields": (person.fields or {}) | row.get("fields", {})})
    me = scope.current().person
    if me is not None and person.id == me.id and not changed.keys().isdisjoint(("active", "role", "email")):
        raise Invalid([FieldError("email", _("Nobody changes their own access with an import."), "self")])
    if not changed and careful:
        return None
    people.change_person(person.id, **changed)
    if "email" in changed:
        _new_address(person, changed["email"] or "")
    if changed.get("active") is False:
        credentials.end_sessions(person.id)
        credentials.revoke_all(person.id)
    return person


def _new_address(row: Any, email: str) -> None:
    """Let links sent to the old address die, and tell it."""
    credentials.end_mailed(row.id)
    if row.email and row.password and email_key(email) != email_key(row.email):
        letters.send("account/mail/email-changed", person=row.id, address=row.email, new=email or row.login or "")


def _placed(person_id: int, row: Mapping[str, Any], role: str) -> bool:
    """Put somebody into the companies of their row; say whether that is news. Raises Invalid."""
    main = _company(row) if row.get("company") else 0
    wanted = {main: role} if main else {}
    for text in row.get("companies", ()):
        identifier, _colon, theirs = str(text).partition(":")
        if (theirs or "user") not in directory.CUSTOMER_ROLES:
            raise Invalid([FieldError("companies", _("'%(role)s' is no role in a company.", role=theirs), "role")])
        wanted[people.company(identifier.strip()).id] = theirs or "user"
    known = {member.company_id: member.role for member in people.memberships([person_id]).get(person_id, ())}
    if "role" not in row and main in known:
        wanted[main] = known[main]
    news = {company: theirs for company, theirs in wanted.items() if known.get(company) != theirs}
    for company, theirs in news.items():
        people.join(person_id, company, theirs)
    return bool(news)


def _company(row: Mapping[str, Any]) -> int:
    """Give the company of a person's row; one that was not found is made with the first row that names it."""
    text = str(row["company"])
    if not text.startswith(NEW):
        return int(text)
    name = text.removeprefix(NEW)
    known = company_by_name(name) or company_by_identifier(name)
    if known is not None:
        return known
    bare = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", bare)
    made = people.add_company(name, _free(slug.strip("-")[:60].strip("-") or "company"))
    row["beside"].append(("company", "created", made.name))
    return int(made.id)


def _free(slug: str) -> str:
    """Give an identifier nobody has yet."""
    tries = (slug, *(f"{slug}-{n}" for n in range(2, 10_000)))
    return next(one for one in tries if company_by_identifier(one) is None)


def company_by_identifier(value: str) -> int | None:
    """Find a company by its identifier."""
    try:
        return int(people.company(value.strip()).id)
    except NotFound:
        return None


def company_by_name(value: str) -> int | None:
    """Find a company by its name. Raises Invalid where several have it."""
    found = gather.companies_called(value)
    if len(found) > 1:
        raise Invalid([FieldError("company", _("Several companies are called “%(name)s”. Use their identifiers.",
                                               name=value), "several")])
    return int(found[0].id) if found else None


def person_by_address(value: str) -> int | None:
    """Find a person by e-mail address or sign-in name."""
    row = people.by_address(value)
    return None if row is None else int(row.id)


def take_team(row: Mapping[str, Any]) -> tuple[str, int]:
    """Make a team, or change the one with this key."""
    before = {team.key: team for team in people.teams()}
    team = people.ensure_team(row["key"], row["name"])
    if "members" in row:
        people.set_team(team, [int(member) for member in row["members"]])
    return "updated" if row["key"] in before else "created", team


def team_by_key(value: str) -> int | None:
    """Find a team by its key."""
    return next((int(team.id) for team in people.teams() if team.key == value), None)


def give_company(row: Any) -> dict[str, Any]:
    """Give a company as a row that `take_company` takes."""
    return {"name": row.name, "identifier": row.identifier, "active": row.active, "created": row.created,
            "fields": row.fields or {}}


def give_person(row: Any) -> dict[str, Any]:
    """Give a person as a row that `take_person` takes; `row.members` are their memberships."""
    first, *rest = row.members or (None,)
    return {"name": row.name, "email": row.email, "login": row.login,
            "company": first.identifier if first else "", "role": row.role or (first.role if first else "user"),
            "companies": [f"{one.identifier}:{one.role}" for one in rest], "language": row.language,
            "active": row.active, "own_only": row.own_only, "created": row.created, "fields": row.fields or {}}


HOST_IMPORTS = (
    Import("person", _person_fields, take_person, plugin="host", title=N_("People"), give=give_person,
           match={"email": person_by_address, "login": person_by_address}),
    Import("company", _company_fields, take_company, plugin="host", title=N_("Companies"), give=give_company,
           match={"identifier": company_by_identifier, "name": company_by_name}),
    Import("team", _team_fields, take_team, plugin="host", title=N_("Teams"), match={"key": team_by_key}))
"""Known in every portal, whatever plugins there are."""
