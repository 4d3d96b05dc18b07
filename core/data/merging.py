"""Two companies made one: people, records, addresses, invitations and old names move in one transaction."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from peewee import Value, fn

from core.data import directory, modules, people, scope
from core.data.addresses import Address
from core.data.aliases import Alias
from core.data.credentials import Session, Token
from core.data.db import door, fetch, is_sqlite, touch, transaction
from core.data.directory import CUSTOMER_ROLES
from core.data.identifiers import FormerIdentifier, remember
from core.data.people import Company, Membership, Person
from core.data.records import Record
from core.data.scope import Member, Who
from core.errors import NotFound


def _mine(model: Any, company_id: int) -> Any:
    return (model.tenant == scope.current().tenant_id) & (model.company == company_id)


def _shared(company_id: int) -> Any:
    return (Record.tenant == scope.current().tenant_id) & Record.shared.contains(f" {company_id} ")


def _invitations(company_id: int) -> list[Any]:
    tenant = scope.current().tenant_id
    return fetch(door(Token.select(Token.id, Token.data), Token).where(
        Token.tenant == tenant, Token.purpose == "invite", Token.used.is_null(),
        Token.data["company_id"] == company_id))


def _number(model: Any, *terms: Any) -> int:
    return int(fetch(door(model.select(fn.COUNT(model.id).alias("n")), model).where(*terms))[0].n)


def would_move(company: Any) -> dict[str, int]:
    """Count what would move if a company became another one: people, records, shared, addresses, invitations."""
    return {"people": _number(Membership, Membership.company == company.id),
            "records": _number(Record, _mine(Record, company.id)), "shared": _number(Record, _shared(company.id)),
            "addresses": _number(Address, _mine(Address, company.id)),
            "invitations": len(_invitations(company.id)),
            "identifiers": 1 + _number(FormerIdentifier, _mine(FormerIdentifier, company.id))}


@dataclass(frozen=True)
class Wider:
    """A company's people who would come in by its merging, and those who come in and would see more: names."""

    let_in: tuple[str, ...] = ()
    more: tuple[str, ...] = ()


def would_widen(company: Any, into: Any) -> Wider:
    """Say for whom merging opens what is closed now: portal or company, features, a wider role in one of the two.

    What the configuration hides from the first stays hidden where it says nothing of it for the second.
    """
    who, settings = replace(scope.current(), system=""), scope.current().settings
    said = {key: on for key, on in settings.company(company.identifier).features.items()
            if on is False and key not in settings.company(into.identifier).features}
    rows = [row for row in people.members(company.id) if row.active]
    members = people.memberships([row.id for row in rows])
    opens = directory.is_open(into) and not directory.is_open(company)
    let_in, more = list[str](), list[str]()
    for row in rows:
        now = {one.company_id: one for one in members[row.id]}
        one = _one(now[company.id], now.get(into.id), into)
        rest = [member for key, member in now.items() if key not in (company.id, into.id)]
        before = people.who(row, members[row.id])
        after = people.who(row, (*rest, replace(one, features={**one.features, **said})))
        if not directory.admitted(who, before):
            let_in += [row.name] if directory.admitted(who, after) else []
        elif opens or (into.id in now and now[into.id].role != now[company.id].role) or (
                _features(after) - _features(before)):
            more.append(row.name)
    return Wider(tuple(let_in), tuple(more))


def _features(person: Who) -> set[str]:
    return {one.id for one in modules.of(person) if one.on}


def _one(first: Member, second: Member | None, into: Any) -> Member:
    """Give the membership that two of somebody's become: the wider of the roles, the narrower of the limits."""
    here = replace(first, company_id=into.id, identifier=into.identifier, name=into.name, active=into.active)
    if second is None:
        return here
    off = {key: False for one in (first, second) for key, on in one.features.items() if on is False}
    return replace(here, role=max(first.role, second.role, key=CUSTOMER_ROLES.index),
                   since=max(first.since, second.since), own_only=first.own_only or second.own_only,
                   features={**first.features, **second.features, **off})


def merge(company: Any, into: Any) -> dict[str, int]:
    """Give all that one company of this tenant has to another, and take it away; say what moved, as `would_move`.

    Whoever belongs to both keeps the wider role, and every limit of both. Raises NotFound where they are not two
    companies of this tenant any more.
    """
    tenant = scope.current().tenant_id
    with transaction():
        held = door(Company.select(Company.id), Company).where(
            Company.tenant == tenant, Company.id.in_([company.id, into.id])).order_by(Company.id)
        if len(fetch(held if is_sqlite() else held.for_update())) < 2:  # on SQLite the writers take turns anyway
            raise NotFound
        counts = would_move(company)
        _people(company, into)
        _records(company, into)
        door(Address.update(company=into.id, delivery=False, billing=False), Address).where(
            _mine(Address, company.id)).execute()
        for row in _invitations(company.id):
            data = row.data | {"company": into.identifier, "company_id": into.id, "company_name": into.name}
            door(Token.update(data=data), Token).where(Token.id == row.id, Token.tenant == tenant).execute()
        door(FormerIdentifier.update(company=into.id), FormerIdentifier).where(
            _mine(FormerIdentifier, company.id)).execute()
        door(Alias.update(internal=str(into.id)), Alias).where(
            Alias.tenant == tenant, Alias.kind == "company", Alias.internal == str(company.id)).execute()
        for model in (Person, Session):
            door(model.update(place=into.id), model).where(
                model.tenant == tenant, model.place == company.id).execute()
        door(Company.delete(), Company).where(Company.id == company.id, Company.tenant == tenant).execute()
        remember(into.id, company.identifier)
    return counts


def _people(company: Any, into: Any) -> None:
    for person_id, members in people.memberships([row.id for row in people.members(company.id)]).items():
        both = {one.company_id: one for one in members}
        if into.id in both:
            one = _one(both[company.id], both[into.id], into)
            people.join(person_id, into.id, one.role, own_only=one.own_only, features=dict(one.features),
                        created=one.since)
            people.leave(person_id, company.id)
    door(Membership.update(company=into.id), Membership).where(Membership.company == company.id).execute()


def _records(company: Any, into: Any) -> None:
    """Move records, and what they are shared with; each is projected anew, so that it is found where it is now."""
    tenant, wanted = scope.current().tenant_id, f" {into.id} "
    ids = [row.id for row in fetch(door(Record.select(Record.id), Record).where(
        _mine(Record, company.id) | _shared(company.id)))]
    door(Record.update(company=into.id), Record).where(_mine(Record, company.id)).execute()
    both = _shared(company.id) & Record.shared.contains(wanted)
    for terms, instead in ((both, " "), (_shared(company.id), wanted)):
        door(Record.update(shared=fn.REPLACE(Record.shared, f" {company.id} ", Value(instead))), Record).where(
            terms, Record.tenant == tenant).execute()
    for record_id in ids:
        touch(record_id)
