"""Two companies made one: people, records, addresses, invitations and old names move in one transaction."""

from __future__ import annotations

from typing import Any

from peewee import Value, fn

from core.data import people, scope
from core.data.addresses import Address
from core.data.aliases import Alias
from core.data.credentials import Session, Token
from core.data.db import door, fetch, is_sqlite, touch, transaction
from core.data.directory import CUSTOMER_ROLES
from core.data.identifiers import FormerIdentifier, remember
from core.data.people import Company, Membership, Person
from core.data.records import Record


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


def merge(company: Any, into: Any) -> dict[str, int]:
    """Give all that one company of this tenant has to another, and take it away; say what moved, as `would_move`.

    Whoever belongs to both keeps the wider role. Both must be of this tenant and not the same.
    """
    tenant = scope.current().tenant_id
    with transaction():
        if not is_sqlite():  # there the writers take turns anyway
            both = Company.id.in_([company.id, into.id])
            fetch(door(Company.select(Company.id), Company).where(
                Company.tenant == tenant, both).order_by(Company.id).for_update())
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
    there = {row.id: row for row in people.members(into.id)}
    for row in people.members(company.id):
        if row.id not in there:
            continue
        wider = max(row.membership, there[row.id].membership, key=CUSTOMER_ROLES.index)
        people.join(row.id, into.id, wider)
        people.leave(row.id, company.id)
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
