"""Tenant, company, person, membership, team, role: who is who, found only inside their tenant."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import nullcontext
from typing import Any

from peewee import IntegrityError, fn

from core.data import admins, identity, invited, scope
from core.data.db import among, door, fetch, first, kept, late, public_id, transaction
from core.data.identity import email_key as email_key  # noqa: PLC0414 - handed on
from core.data.identity import key as key  # noqa: PLC0414 - handed on
from core.data.population import COMPANY as COMPANY  # noqa: PLC0414 - handed on
from core.data.population import PERSON as PERSON  # noqa: PLC0414 - handed on
from core.data.population import Company as Company  # noqa: PLC0414 - handed on
from core.data.population import Membership as Membership  # noqa: PLC0414 - handed on
from core.data.population import Person as Person  # noqa: PLC0414 - handed on
from core.data.population import Team as Team  # noqa: PLC0414 - handed on
from core.data.population import TeamMember as TeamMember  # noqa: PLC0414 - handed on
from core.data.population import Tenant as Tenant  # noqa: PLC0414 - handed on
from core.data.scope import Member, Who
from core.errors import Conflict, FieldError, Invalid, NotFound


def ensure_tenant(slug: str) -> int:
    """Give the internal key of a tenant, making its row if the configuration names it for the first time."""
    found = first(Tenant.select(Tenant.id).where(Tenant.slug == slug))
    if found:
        return int(found.id)
    try:
        with transaction():
            return int(Tenant.insert(slug=slug).execute())
    except IntegrityError:
        return ensure_tenant(slug)


def tenants() -> dict[str, int]:
    """Give all tenants' keys by slug."""
    return {row.slug: row.id for row in fetch(Tenant.select(Tenant.slug, Tenant.id))}


def _companies(*columns: Any) -> Any:
    return door(Company.select(*columns), Company).where(Company.tenant == scope.current().tenant_id)


def _people(*columns: Any) -> Any:
    return door(Person.select(*columns), Person).where(Person.tenant == late("tenant", scope.current().tenant_id))


def company(identifier: str) -> Any:
    """Give the company with this identifier. Raises NotFound."""
    row = first(_companies(*COMPANY).where(Company.identifier == identifier))
    if row is None:
        raise NotFound
    return row


def companies(ids: Iterable[int] | None = None) -> list[Any]:
    """Give the tenant's companies by name, all or those with these keys."""
    query = _companies(*COMPANY).order_by(Company.name_key, Company.id)
    if ids is not None:
        query = query.where(Company.id.in_(list(ids)))
    return fetch(query)


def add_company(name: str, identifier: str, fields: Mapping[str, Any] | None = None) -> Any:
    """Make a company. Raises Invalid where the identifier is taken or the name is none."""
    name = identity.name(name)
    try:
        with transaction():
            door(Company.insert(tenant=scope.current().tenant_id, identifier=identifier, name=name,
                                name_key=key(name), fields=dict(fields or {})), Company).execute()
    except IntegrityError as error:
        raise Invalid([FieldError("identifier", identity.N_("Another company has this identifier."), "taken")]) \
            from error
    return company(identifier)


def change_company(company_id: int, **values: Any) -> None:
    """Change a company of this tenant: name, identifier, active, fields. Raises Invalid as `add_company` does."""
    if "name" in values:
        values["name"] = identity.name(values["name"])
        values["name_key"] = key(values["name"])
    try:
        with transaction():
            door(Company.update(**values), Company).where(
                Company.id == company_id, Company.tenant == scope.current().tenant_id).execute()
    except IntegrityError as error:
        raise Invalid([FieldError("identifier", identity.N_("Another company has this identifier."),
                                  "taken")]) from error


def by_address(address: str) -> Any | None:
    """Give the person with this e-mail address or sign-in name, in canonical form, or None."""
    wanted = email_key(address)
    return first(_people(*PERSON).where((Person.email_key == wanted) | (Person.login_key == wanted))) \
        if wanted else None


def person(identity: int | str) -> Any:
    """Give a person by internal key (int) or public identifier (str). Raises NotFound."""
    column = Person.id if isinstance(identity, int) else Person.public_id
    rows = kept(("people.person", column.name), lambda: _people(*PERSON).where(column == late("identity", 0)),
                identity=identity, tenant=scope.current().tenant_id)
    if not rows:
        raise NotFound
    return rows[0]


def people(ids: Iterable[int] | None = None, *, staff: bool | None = None, active: bool = False,
           limit: int | None = 1000) -> list[Any]:
    """Give people of the tenant by name: those with these keys, only staff or only customers, only active.

    Without keys, whoever was removed from the portal is left out. Without a limit, all of them come.
    """
    query = _people(*PERSON).order_by(Person.name_key, Person.id).limit(limit)
    query = query.where(Person.removed.is_null() if ids is None else Person.id.in_(list(ids)))
    if staff is not None:
        query = query.where(Person.role != "" if staff else Person.role == "")
    if active:
        query = query.where(Person.active == True)  # noqa: E712 - an SQL expression, not a comparison
    return fetch(query)


def names(ids: Iterable[int | None]) -> dict[int, str]:
    """Give the names of people by internal key; nobody outside the tenant is found."""
    wanted = {i for i in ids if i}
    if not wanted:
        return {}
    rows = kept(("people.names",), lambda: door(Person.select(Person.id, Person.name), Person).where(
        Person.tenant == late("tenant", 0), among(Person.id, "ids")),
        tenant=scope.current().tenant_id, ids=sorted(wanted))
    return {row.id: row.name for row in rows}


def name_of(column: Any) -> Any:
    """Give an expression for the name of the person a column points at: lists need no query per row for it."""
    named = Person.alias()
    return fn.COALESCE(door(named.select(named.name), Person).where(
        named.id == column, named.tenant == late("tenant", scope.current().tenant_id)), "")


def add_person(name: str, *, email: str | None = None, login: str | None = None, **values: Any) -> Any:
    """Make a person. `email` or `login` is needed.

    Raises Invalid where either is taken in this tenant or cannot be one, and for names nobody may have.
    """
    if not (email or login):
        raise Invalid([FieldError("email", identity.N_("Give an e-mail address or a sign-in name."), "required")])
    name = identity.name(name)
    email, login = identity.email(email) if email else None, identity.login(login) if login else None
    try:
        with transaction():
            made = door(Person.insert(
                tenant=scope.current().tenant_id, public_id=public_id(), name=name, name_key=key(name),
                email=email, email_key=email_key(email) if email else None, login=login,
                login_key=email_key(login) if login else None, **values), Person).execute()
    except IntegrityError as error:
        raise Invalid([FieldError("email" if email else "login",
                                  identity.N_("Somebody has this address already."), "taken")]) from error
    return person(int(made))


def change_person(person_id: int, **values: Any) -> None:
    """Change a person of this tenant.

    Raises Conflict where the new address is somebody else's, Refused where no admin would be left.
    """
    if "name" in values:
        values["name"] = identity.name(values["name"])
        values["name_key"] = key(values["name"])
    for column, check in (("email", identity.email), ("login", identity.login)):
        if column in values:
            values[column] = check(values[column]) if values[column] else None
            values[f"{column}_key"] = email_key(values[column]) if values[column] else None
    try:
        with transaction(), nullcontext() if values.keys().isdisjoint(("role", "active")) else admins.one_stays():
            if "role" in values:
                invited.not_as(person_id, values["role"])
            door(Person.update(**values), Person).where(
                Person.id == person_id, Person.tenant == scope.current().tenant_id).execute()
    except IntegrityError as error:
        raise Conflict(identity.N_("Somebody has this address already.")) from error


def join(person_id: int, company_id: int, role: str = "user", **more: Any) -> None:
    """Make somebody a member of a company, or change what they are there; `more` are columns of Membership.

    Open invitations of theirs into it promise no more than that from here on.
    """
    mine, theirs = person(person_id), companies([company_id])
    if not theirs:
        raise NotFound
    with transaction():
        invited.at_most(mine, company_id, role)
        door(Membership.insert(person=mine.id, company=theirs[0].id, role=role, **more).on_conflict(
            conflict_target=[Membership.person, Membership.company], update={"role": role, **more}),
            Membership).execute()


def leave(person_id: int, company_id: int) -> None:
    """End a membership and invitations into it; what the person sees there ends with the next request."""
    mine = person(person_id)
    with transaction():
        invited.no_more(mine, company_id)
        door(Membership.delete(), Membership).where(
            Membership.person == mine.id, Membership.company == company_id).execute()


def memberships(person_ids: Iterable[int]) -> dict[int, tuple[Member, ...]]:
    """Give the companies of some people of this tenant, by the person's key."""
    found: dict[int, list[Member]] = {}

    def build() -> Any:
        return door(Membership.select(
            Membership.person, Membership.role, Membership.created, Membership.own_only, Membership.features,
            Company.id.alias("company"), Company.identifier, Company.name, Company.active), Membership, Company,
        ).join(Company).where(Company.tenant == late("tenant", 0), among(Membership.person, "people")).order_by(
            Company.name_key, Company.id)

    for row in kept(("people.memberships",), build, tenant=scope.current().tenant_id, people=list(person_ids)):
        found.setdefault(row.person_id, []).append(
            Member(row.company, row.identifier, row.name, row.role, row.created, row.active, row.own_only,
                   row.features or {}))
    return {person_id: tuple(members) for person_id, members in found.items()}


def members(company_id: int) -> list[Any]:
    """Give the people of a company of this tenant, with their role there as `membership`."""
    query = door(Person.select(*PERSON, Membership.role.alias("membership")), Person, Membership).join(
        Membership, on=(Membership.person == Person.id)).where(
        Person.tenant == scope.current().tenant_id, Membership.company == company_id)
    return fetch(query.order_by(Person.name_key, Person.id))


def who(row: Any, members: tuple[Member, ...] | None = None) -> Who:
    """Turn a person's row into what requests decide by."""
    if members is None:
        members = memberships([row.id]).get(row.id, ())
    return Who(id=row.id, public_id=row.public_id, name=row.name, email=row.email, role=row.role,
               language=row.language, own_only=row.own_only, visible_since=row.visible_since,
               features=row.features or {}, memberships=members, created=row.created,
               must_change=row.must_change, two_factor=row.two_factor, active=row.active,
               time_zone=row.time_zone, photo=row.photo or "")


def teams() -> list[Any]:
    """Give the tenant's teams by name."""
    return fetch(door(Team.select(Team.id, Team.key, Team.name), Team).where(
        Team.tenant == scope.current().tenant_id).order_by(Team.name))


def ensure_team(team_key: str, name: str) -> int:
    """Give a team's internal key, making it if it is new, and its name as it is now."""
    tenant = scope.current().tenant_id
    door(Team.insert(tenant=tenant, key=team_key, name=name).on_conflict(
        conflict_target=[Team.tenant, Team.key], update={Team.name: name}), Team).execute()
    return int(fetch(door(Team.select(Team.id), Team).where(Team.tenant == tenant, Team.key == team_key))[0].id)


def team_members(team_id: int) -> list[int]:
    """Give the keys of a team's active people."""
    query = door(TeamMember.select(TeamMember.person), TeamMember, Team, Person).join(
        Team).switch(TeamMember).join(Person).where(
        Team.tenant == scope.current().tenant_id, TeamMember.team == team_id,
        Person.active == True)  # noqa: E712
    return [row.person_id for row in fetch(query)]


def my_teams(person_id: int) -> list[int]:
    """Give the keys of the teams somebody belongs to."""
    query = door(TeamMember.select(TeamMember.team), TeamMember, Team).join(Team).where(
        Team.tenant == scope.current().tenant_id, TeamMember.person == person_id)
    return [row.team_id for row in fetch(query)]


def set_team(team_id: int, person_ids: Iterable[int]) -> None:
    """Say who belongs to a team; people of other tenants are not taken. Raises NotFound for another's team."""
    if team_id not in {row.id for row in teams()}:
        raise NotFound
    ours = {row.id for row in people(person_ids, staff=True)}
    with transaction():
        door(TeamMember.delete(), TeamMember).where(TeamMember.team == team_id).execute()
        for person_id in sorted(ours):
            door(TeamMember.insert(team=team_id, person=person_id).on_conflict_ignore(), TeamMember).execute()


def how_many(staff: bool) -> int:
    """Count active people of the tenant, staff or customers."""
    condition = Person.role != "" if staff else Person.role == ""
    row = first(_people(fn.COUNT(Person.id).alias("n")).where(condition,
                                                              Person.active == True))  # noqa: E712
    return int(row.n) if row else 0
