"""Open invitations never promise more than what somebody was said to be since they were sent."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from core.data import scope
from core.data.credentials import Token
from core.data.db import door, fetch
from core.data.identity import email_key
from core.parts import STAFF

_RANKS = ("user", "company_user", "company_admin")


def at_most(person: Any, company_id: int, role: str) -> None:
    """Let invitations of somebody into a company, to them or to their address, promise this role at the most."""
    for row in _open(person, company_id):
        if _RANKS.index(row.data["role"]) > _RANKS.index(role):
            door(Token.update(data=row.data | {"role": role}), Token).where(
                Token.id == row.id, Token.used.is_null()).execute()


def no_more(person: Any, company_id: int | None = None) -> None:
    """Make invitations of somebody, to them or to their address, worthless: into one company, or all."""
    _end(_open(person, company_id))


def not_as(person_id: int, role: str) -> None:
    """Make invitations worthless that would make somebody another one of the team than this role says."""
    _end(row for row in _rows(Token.person == person_id) if row.data.get("role") in {*STAFF} - {role})


def _open(person: Any, company_id: int | None) -> list[Any]:
    mine = Token.person == person.id
    if person.email:
        mine = mine | (Token.data["key"] == email_key(person.email))
    return _rows(mine if company_id is None else mine & (Token.data["company_id"] == company_id))


def _rows(terms: Any) -> list[Any]:
    return fetch(door(Token.select(Token.id, Token.data), Token).where(
        Token.tenant == scope.current().tenant_id, Token.purpose == "invite", Token.used.is_null(),
        Token.revoked == False, terms).order_by(Token.id))  # noqa: E712 - an SQL expression


def _end(rows: Iterable[Any]) -> None:
    ids = [row.id for row in rows]
    if ids:
        door(Token.update(revoked=True), Token).where(Token.id.in_(ids), Token.used.is_null()).execute()
