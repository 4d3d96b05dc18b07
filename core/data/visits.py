"""Who comes with a cookie: session, person, companies and the configuration's version in one query."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from peewee import JOIN, fn

from core.data import viewing
from core.data.credentials import Session, digest
from core.data.db import EPOCH, door, kept, late, now
from core.data.people import Company, Membership, Person, who
from core.data.scope import Member, Who
from core.data.versions import ConfigVersion

WHO = (Person.id, Person.public_id, Person.name, Person.email, Person.role, Person.language, Person.own_only,
       Person.visible_since, Person.features, Person.created, Person.must_change, Person.two_factor,
       Person.active, Person.time_zone, Person.photo,
       Membership.role.alias("member_role"), Membership.created.alias("member_since"),
       Membership.own_only.alias("member_own"), Membership.features.alias("member_features"),
       Company.id.alias("company"), Company.identifier, Company.name.alias("company_name"),
       Company.active.alias("company_active"))
"""What makes a `Who`: the person's columns, and those of a membership, all empty where there is none."""

MOST_MET = 5000

_met: dict[int, tuple[list[Any], Who]] = {}


@dataclass(frozen=True)
class Visit:
    """A session somebody came with: its key, who they are, and the version of the configuration that counts.

    `company` is the one of theirs they have chosen to work in, None for all. `viewing` is the
    key of what lets them see with another's eyes.
    """

    session: int
    public_id: str
    seen: datetime
    config: int
    person: Who
    company: int | None = None
    viewing: int | None = None


def _question() -> Any:
    newest = ConfigVersion.select(fn.MAX(ConfigVersion.id)).alias("config")
    belongs = (Company.id == Membership.company) & (Company.tenant == late("tenant", 0))
    query = door(Session.select(
        Session.id.alias("session"), Session.public_id.alias("session_public_id"), Session.seen, newest,
        Session.place.alias("place"), *WHO,
        viewing.of_session(Session.public_id).alias("open_view")),
        Session, Person, Membership, Company)
    query = query.join(Person).join(Membership, JOIN.LEFT_OUTER, on=(Membership.person == Person.id)).join(
        Company, JOIN.LEFT_OUTER, on=belongs)
    return query.where(
        Session.tenant == late("tenant", 0), Session.secret == late("secret", ""),
        Session.expires > late("now", 0), Session.seen > late("idle", 0), Session.created > late("oldest", 0),
        Person.active == True).order_by(Company.name_key, Company.id)  # noqa: E712 - an SQL expression


def visit(tenant_id: int, secret: str, idle: timedelta | None = None,
          longest: timedelta | None = None) -> Visit | None:
    """Give the session of a cookie with its active person, or None.

    `idle` ends forgotten ones, `longest` those that were opened before so long, whatever was promised then.
    """
    moment = now()
    rows = kept(("visits.visit",), _question, tenant=tenant_id, secret=digest(secret), now=moment,
                idle=moment - idle if idle is not None else EPOCH,
                oldest=moment - longest if longest is not None else EPOCH)
    if not rows:
        return None
    row = rows[0]
    return Visit(row.session, row.session_public_id, row.seen, row.config or 0, _meet(rows, past=5),
                 row.place, row.open_view)


def _meet(rows: list[Any], past: int) -> Who:
    """Turn rows, one a membership, into what requests decide by; WHO begins `past` columns in.

    As long as all of it is as it was, it is the very same value: what follows from it is worked out once.
    """
    row, facts = rows[0], [one[past:] for one in rows]
    known = _met.get(row.id)
    if known is not None and known[0] == facts:
        return known[1]
    if len(_met) >= MOST_MET:
        _met.clear()
    members = tuple(Member(one.company, one.identifier, one.company_name, one.member_role, one.member_since,
                           one.company_active, one.member_own, one.member_features or {})
                    for one in rows if one.company is not None)
    found = who(row, members)
    _met[row.id] = (facts, found)
    return found
