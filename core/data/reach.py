"""How far a permission carries somebody: every term of the door, each in a function with its name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from peewee import fn

from core.config import roles as limits
from core.data.db import is_sqlite
from core.data.guard import either, late
from core.data.lasting import not_over, seconds
from core.data.records import Record
from core.data.scope import Member, Scope, Who

OPEN = ("public", "customers")
"""Audiences beyond one company: for everybody, or for everybody signed in."""

OPEN_TO_GUESTS = ("public",)
"""What somebody who is not signed in may be shown."""

COMPANY_WIDE = ("private", "company")
"""Audiences that the people of a record's company may be shown."""


@dataclass(frozen=True)
class Way:
    """One way in: to records of `company` (None: of no company), from `since` on.

    `own` leaves only those of the person; `shared` adds what is meant for everybody of the company, which a
    role that reaches own records sees too, but not somebody who is set to own records only.
    """

    company: int | None
    own: bool
    since: datetime | None = None
    shared: bool = False


@dataclass(frozen=True)
class Reach:
    """How far a permission carries somebody. Nothing at all when every part is empty.

    `since` limits `everything` and `own_anywhere`; `audiences` are never limited by it. `until`, a column of the
    kind's body (`Kind.until`), limits all of it: from its moment on nothing is reached.
    """

    everything: bool = False
    own_anywhere: bool = False
    ways: tuple[Way, ...] = ()
    audiences: tuple[str, ...] = ()
    person: int | None = None
    since: datetime | None = None
    until: Any = field(default=None, compare=False)

    @cached_property
    def shape(self) -> tuple[Any, ...]:
        """What the SQL of `conditions` depends on, and nothing else: a key under which it can be kept."""
        return (self.everything, self.own_anywhere, self.since is None, self.audiences, self.until is None,
                tuple((way.company is None, way.own, way.shared, way.since is None) for way in self.ways))

    def values(self, prefix: str = "") -> dict[str, Any]:
        """Give what `conditions` with this prefix leaves late, by name."""
        found: dict[str, Any] = {f"{prefix}since": self.since, f"{prefix}me": self.person}
        for i, way in enumerate(self.ways):
            found |= {f"company{prefix}{i}": way.company, f"since{prefix}{i}": way.since,
                      f"shared{prefix}{i}": f" {way.company} "}
        return found if self.until is None else found | {f"{prefix}until": seconds()}

    def __bool__(self) -> bool:
        """Whether there is anything this permission could ever reach."""
        return self.everything or self.own_anywhere or bool(self.ways or self.audiences)


NOWHERE = Reach()


# --- the terms: who somebody is and what is switched ---


def feature_on(who: Scope, feature: str) -> bool:
    """Say whether the tenant has switched a feature on; the host's own features always are."""
    manifest = who.registry.manifests.get(feature)
    if manifest is None:
        return False
    setting = who.settings.features.get(feature)
    return manifest.builtin or (setting is not None and setting.enabled)


def person_active(person: Who) -> bool:
    """Say whether somebody may still use the portal."""
    return person.active


def open_to_guests(who: Scope, feature: str) -> bool:
    """Say whether a feature's setting `audience`, where it has one, lets people in who are not signed in."""
    setting = who.settings.features.get(feature)
    return setting is None or setting.settings.get("audience", "public") == "public"


def allowed(person: Who, feature: str) -> bool:
    """Say whether a feature is not hidden from this very person."""
    return person.features.get(feature) is not False


def member_active(who: Scope, member: Member) -> bool:
    """Say whether a company may use the portal at all."""
    return member.active and who.settings.company(member.identifier).status != "disabled"


def shown_to(who: Scope, feature: str, person: Who, member: Member) -> bool:
    """Say whether a company is shown a feature; what is set for the person comes before it."""
    theirs: bool | None = who.settings.company(member.identifier).features.get(feature)
    return person.features.get(feature) is True or theirs is not False


def left_to(feature: str, member: Member) -> bool:
    """Say whether those who look after a company have not hidden a feature from somebody of it."""
    return member.features.get(feature) is not False


def permitted(who: Scope, permission: str) -> Mapping[str, str] | None:
    """Give role to extent of a permission as this tenant has it, None for one that no plugin knows."""
    declared = who.registry.permissions.get(permission)
    feature, _dot, action = permission.partition(".")
    manifest = who.registry.manifests.get(feature)
    if declared is None or manifest is None or not limits.speaks_of(who.settings.roles, feature):
        return declared
    return limits.extents(manifest, action, who.settings.roles)


def extent(roles: Mapping[str, str], role: str) -> str:
    """Give how far a permission reaches for a role: none, own, company or all."""
    return roles.get(role, "none")


def own_by_role(reaching: str) -> bool:
    """Say whether a role leaves somebody only their own records."""
    return reaching == "own"


def own_only(person: Who) -> bool:
    """Say whether somebody is set to own records only, which wins over every role."""
    return person.own_only


def own_only_there(member: Member) -> bool:
    """Say whether those who look after a company have set somebody of it to own records only."""
    return member.own_only


def person_window(person: Who) -> datetime | None:
    """Give the moment from which on somebody sees records, None for all of history."""
    return person.visible_since


def company_window(who: Scope, member: Member) -> datetime | None:
    """Give the moment from which on a company's people see records: a date, or when each joined."""
    since: str = who.settings.company(member.identifier).visible_since
    if since == "all":
        return None
    return member.since if since == "new" else datetime.fromisoformat(since).replace(tzinfo=UTC)


def window(who: Scope, person: Who, member: Member | None) -> datetime | None:
    """Give the moment from which on somebody sees a company's records: the later of theirs and their own."""
    theirs = company_window(who, member) if member else None
    moments = [moment for moment in (theirs, person_window(person)) if moment]
    return max(moments) if moments else None


# --- put together for one person ---


def places(who: Scope, person: Who, feature: str) -> list[Member]:
    """Give the companies of somebody that are on and shown the feature."""
    return [member for member in person.memberships
            if member_active(who, member) and shown_to(who, feature, person, member) and left_to(feature, member)]


def extents(roles: Mapping[str, str], person: Who, here: list[Member]) -> set[str]:
    """Give how far a permission reaches for a customer's roles; without a company they are a user."""
    held = {member.role for member in here} if person.memberships else {"user"}
    return {extent(roles, role) for role in held} - {"none"}


def reach(who: Scope, permission: str) -> Reach:
    """Say how far a permission carries whoever asks: feature, role, own-only, company, window."""
    known = who.memo.get(permission)
    if known is None:
        known = who.memo[permission] = _work_out(who, permission)
    found: Reach = known
    return found


def _work_out(who: Scope, permission: str) -> Reach:
    roles = permitted(who, permission)
    feature = permission.partition(".")[0]
    if roles is None or not feature_on(who, feature):
        return NOWHERE
    if who.system:
        return Reach(everything=True)
    person = who.person
    if person is None and not open_to_guests(who, feature):
        return NOWHERE
    if person is None:
        return Reach(audiences=OPEN_TO_GUESTS) if extent(roles, "guest") == "all" else NOWHERE
    if not person_active(person) or not allowed(person, feature):
        return NOWHERE
    if person.is_staff:
        return _staff_reach(person, extent(roles, person.role))
    return _customer_reach(who, person, roles, feature)


def _staff_reach(person: Who, reaching: str) -> Reach:
    since = person_window(person)
    if reaching == "none":
        return NOWHERE
    audiences = (*OPEN, "staff") if reaching == "all" and (own_only(person) or since) else ()
    if own_by_role(reaching) or own_only(person):
        return Reach(own_anywhere=True, audiences=audiences, person=person.id, since=since)
    if reaching == "company":
        ways = tuple(Way(member.company_id, own=False, since=since) for member in person.memberships)
        return Reach(own_anywhere=True, ways=ways, person=person.id, since=since)
    return Reach(everything=True, audiences=audiences, person=person.id, since=since)


def _customer_reach(who: Scope, person: Who, roles: Mapping[str, str], feature: str) -> Reach:
    here = places(who, person, feature)
    if person.memberships and not here:
        return NOWHERE  # every company of theirs is switched off, or has this feature hidden
    held = extents(roles, person, here)
    if not held:
        return NOWHERE
    ways: list[Way] = []
    for member in here:
        reaching = extent(roles, member.role)
        if reaching != "none":
            set_to_own = own_only(person) or own_only_there(member)
            own = own_by_role(reaching) or set_to_own
            ways.append(Way(member.company_id, own, window(who, person, member), shared=own and not set_to_own))
    ways.append(Way(None, own=True, since=person_window(person)))
    return Reach(ways=tuple(ways), audiences=OPEN if "all" in held else (), person=person.id)


def chosen(who: Scope) -> Member | None:
    """Give the company of theirs that a customer has chosen to work in, None where they work in all of them."""
    if who.company is None or who.system or who.person is None or who.person.is_staff:
        return None
    return next((member for member in who.person.memberships
                 if member.company_id == who.company and member_active(who, member)), None)


def listed_reach(who: Scope, permission: str) -> Reach:
    """Say what lists show of what a permission reaches: of several companies, the chosen one alone.

    Nothing is added: what belongs to no company, or is meant for everybody, stays. What is asked for by its number
    is not a list, and opens wherever `reach` leads.
    """
    known: Reach | None = who.memo.get(("listed", permission))
    if known is None:
        reached, member = reach(who, permission), chosen(who)
        known = reached if member is None else replace(reached, ways=tuple(
            way for way in reached.ways if way.company in (None, member.company_id)))
        who.memo["listed", permission] = known
    return known


def granted(who: Scope, permission: str) -> str:
    """Give the widest scope ("none" to "all") a permission gives to any role of whoever asks, now."""
    reached = reach(who, permission)
    if reached.everything or reached.audiences:
        return "all"
    if any(not way.own for way in reached.ways):
        return "company"
    return "own" if reached else "none"


# --- the same, said of records ---


def conditions(reached: Reach, prefix: str = "") -> Any:
    """Write a reach in SQL terms on `record` alone; None where it is everything.

    Values are bound late; `prefix` tells their names apart where several reaches stand in one statement.
    """
    terms: list[Any] = []
    since = late(f"{prefix}since", reached.since)
    me = late(f"{prefix}me", reached.person)
    if reached.everything and reached.since is None:
        return None
    if reached.everything:
        terms.append(Record.created >= since)
    elif reached.own_anywhere:
        term = Record.person == me
        terms.append(term if reached.since is None else term & (Record.created >= since))
    terms += [_way(way, f"{prefix}{i}", me) for i, way in enumerate(reached.ways)]
    if reached.audiences:
        terms.append(Record.audience.in_(reached.audiences))
        terms += [shared_to(way, f"{prefix}{i}") for i, way in enumerate(reached.ways) if takes_shares(way)]
    found = either(terms)
    return found if reached.until is None else found & not_over(reached.until, prefix)


MOST_PARTS = 12


def parts(reached: Reach) -> list[Any]:
    """Cut what a reach leads to into parts that share no record, each the beginning of an index of `record`.

    One statement about the newest few asks each part for its newest few and never looks through the rest.
    Nothing is allowed here: each part still carries `conditions`. Empty where there is nothing to gain.
    """
    if reached.everything or reached.audiences or reached.person is None:
        return []
    mine = Record.person == late("me", reached.person)
    others = Record.person.is_null() | (Record.person != late("me", reached.person))
    found = [mine]
    for i, way in enumerate(reached.ways):
        wide = COMPANY_WIDE if not way.own else ("company",) if way.shared else ()
        if way.company is not None:
            found += [in_company(way, str(i)) & (Record.audience == audience) & others for audience in wide]
    return found if len(found) <= MOST_PARTS else []


def _way(way: Way, suffix: str, me: Any) -> Any:
    term = in_company(way, suffix) & meant_for(way, me)
    return term if way.since is None else term & (Record.created >= late(f"since{suffix}", way.since))


def in_company(way: Way, suffix: str) -> Any:
    """Write whose records a way leads to."""
    if way.company is None:
        return Record.company.is_null()
    return Record.company == late(f"company{suffix}", way.company)


def takes_shares(way: Way) -> bool:
    """Say whether a way may lead to what is shared with its company; only permissions that reach all ask."""
    return way.company is not None and (way.shared or not way.own)


def shared_to(way: Way, suffix: str) -> Any:
    """Write which records are meant for a way's company although they are not its own."""
    # No LIKE: SQLite would prepare the statement anew each time a pattern is bound.
    place = (fn.INSTR if is_sqlite() else fn.STRPOS)(Record.shared, late(f"shared{suffix}", f" {way.company} "))
    term = (Record.audience == "company") & (place > 0)
    return term if way.since is None else term & (Record.created >= late(f"since{suffix}", way.since))


def meant_for(way: Way, me: Any) -> Any:
    """Write which records of a company a way leads to: whose they are, and who they are meant for."""
    mine = (Record.person == me) & (Record.audience != "staff")
    if not way.own:
        return Record.audience.in_(COMPANY_WIDE) | mine
    return (Record.audience == "company") | mine if way.shared else mine


def holds(reached: Reach, *, company: int | None, person: int | None, audience: str,
          created: datetime | None = None, shared: str = "") -> bool:
    """Say of a record's own values what `conditions` says in SQL: whether a reach leads to it.

    For a row that came through the door for another act: no query is needed. Without `created` no window
    counts.
    """
    mine = person is not None and person == reached.person
    if audience in reached.audiences:
        return True
    if (reached.everything or (reached.own_anywhere and mine)) and _since(reached.since, created):
        return True
    return any(way.company == company and _since(way.since, created) and (
        (mine and audience != "staff") or (not way.own and audience in COMPANY_WIDE)
        or (way.shared and audience == "company")) for way in reached.ways) or _shared(
            reached, audience, shared, created)


def _shared(reached: Reach, audience: str, shared: str, created: datetime | None) -> bool:
    return audience == "company" and bool(reached.audiences) and any(
        takes_shares(way) and f" {way.company} " in shared and _since(way.since, created) for way in reached.ways)


def _since(since: datetime | None, created: datetime | None) -> bool:
    return since is None or created is None or created >= since


def may_place(reached: Reach, company: int | None, person: int | None, audience: str) -> bool:
    """Say whether somebody may put a record there: in this company, for this person and audience."""
    mine = person is not None and person == reached.person
    beyond = audience in OPEN and audience not in reached.audiences
    if reached.everything or (reached.own_anywhere and mine and not beyond):
        return True
    return any(way.company == company and (mine or not way.own) and audience in (*COMPANY_WIDE, *reached.audiences)
               for way in reached.ways)
