"""Who may see what, said once more in plain Python from the rulings; imports nothing of the portal.

The role decides: a user sees their own records, company people their company's, staff all. "Only own records"
always wins. The history window applies on top, the person's and the company's, the later one. A feature is
shown where the tenant has it on, unless it is off for the company or for the person; the person's own setting
comes before the company's. A record may also be meant for somebody beyond that: its audience.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

ALL, NEW = "all", "new"


@dataclass(frozen=True)
class Place:
    """A company of a tenant: its switches and its window ("all", "new", or a moment)."""

    key: str
    tenant: str
    active: bool = True
    enabled: bool = True
    hidden: frozenset[str] = frozenset()
    window: str | int = ALL


@dataclass(frozen=True)
class Human:
    """Somebody who asks; a guest is None. `joined` maps companies to (role, moment of joining).

    `narrowed` holds what a company's own admins took from them there: only own records, and hidden features.
    `works_in` is the company of theirs that lists are about.
    """

    key: str
    tenant: str
    staff: str = ""
    active: bool = True
    own_only: bool = False
    since: int | None = None
    features: Mapping[str, bool] = field(default_factory=dict)
    joined: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    narrowed: Mapping[str, tuple[bool, frozenset[str]]] = field(default_factory=dict)
    works_in: str | None = None

    def only_own(self, company: str) -> bool:
        """Say whether they are set to own records, everywhere or in a company."""
        return self.own_only or self.narrowed.get(company, (False,))[0]


@dataclass(frozen=True)
class Thing:
    """A record: whose it is, who it is meant for, when it was made; `shared` names a further company."""

    key: int
    tenant: str
    feature: str
    company: str | None
    owner: str | None
    audience: str
    made: int
    shared: str = ""


@dataclass(frozen=True)
class World:
    """A tenant's decisions: what is on, which role may how far, its companies.

    `roles` is what plugins give; `said` is what the tenant says instead (role, plugin, action, extent), and
    `up_to` what a plugin lets it say for viewing, beyond what it gives.
    """

    on: Mapping[str, frozenset[str]]
    roles: Mapping[tuple[str, str], Mapping[str, str]]
    places: Mapping[str, Place]
    said: Mapping[str, Mapping[str, Mapping[str, str]]] = field(default_factory=dict)
    up_to: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


EXTENTS = ["none", "own", "company", "all"]


def resolved(world: World, feature: str, action: str) -> dict[str, str]:
    """Say how far each role reaches: as the plugin gives it, unless the tenant says less, or more and may."""
    given, found = world.roles[feature, action], {}
    for role in ("guest", "user", "company_user", "company_admin", "agent", "admin"):
        usual = given.get(role, "none")
        most = [usual]
        if action == "view" and feature in world.up_to:
            most.append(world.up_to[feature].get(role, usual))
        elif role == "agent":
            most.append(given.get("admin", "none"))
        wish = world.said.get(role, {}).get(feature, {}).get(action, usual)
        found[role] = EXTENTS[min(EXTENTS.index(wish), max(map(EXTENTS.index, most)))]
        if action != "view" and "view" in world.said.get(role, {}).get(feature, {}):
            before = EXTENTS.index(world.roles[feature, "view"].get(role, "none"))
            seen = EXTENTS.index(resolved(world, feature, "view")[role])
            if seen < before:  # nobody acts where they do not see
                found[role] = EXTENTS[min(EXTENTS.index(found[role]), seen)]
    return found


def may(world: World, tenant: str, who: Human | None, action: str, thing: Thing) -> bool:
    """Say whether somebody, asking in a tenant's portal, may do something with a record."""
    if thing.tenant != tenant or thing.feature not in world.on[tenant]:
        return False
    table = resolved(world, thing.feature, action)
    if who is None:
        return table.get("guest") == "all" and thing.audience == "public"
    if who.tenant != tenant or not who.active or who.features.get(thing.feature) is False:
        return False
    return _staff(who, table.get(who.staff, "none"), thing) if who.staff else _customer(world, who, table, thing)


def _in_time(thing: Thing, *starts: int | None) -> bool:
    return all(start is None or thing.made >= start for start in starts)


def _staff(who: Human, far: str, thing: Thing) -> bool:
    if far == "none":
        return False
    if far == "all" and thing.audience in ("public", "customers", "staff"):
        return True
    if not _in_time(thing, who.since):
        return False
    if thing.owner == who.key or (far == "all" and not who.own_only):
        return True
    return far == "company" and not who.own_only and thing.company in who.joined \
        and thing.audience in ("private", "company")


def _works(world: World, who: Human, feature: str, company: str) -> bool:
    place = world.places[company]
    taken = feature in who.narrowed.get(company, (False, frozenset()))[1]
    return place.active and place.enabled and not taken and (
        feature not in place.hidden or who.features.get(feature) is True)


def listed(world: World, who: Human | None, thing: Thing, action: str = "view") -> bool:
    """Say whether lists show something that somebody may see: of several companies, only the chosen one's.

    What is open to everybody belongs to no company's work, what is shared with a company to the work there; who
    sees something open as their own alone sees it at its company.
    """
    if who is None or who.staff or who.works_in is None or who.works_in not in who.joined:
        return True
    place = world.places[who.works_in]
    elsewhere = thing.shared in who.joined and thing.owner != who.key and thing.shared != who.works_in
    if not (place.active and place.enabled) or (thing.company in (None, who.works_in) and not elsewhere):
        return True
    table = resolved(world, thing.feature, action)
    working = [role for key, (role, _) in who.joined.items() if _works(world, who, thing.feature, key)]
    open_to_all = thing.audience in ("public", "customers") and "all" in {table.get(role) for role in working}
    return open_to_all or thing.shared == who.works_in


def _in_company(world: World, who: Human, thing: Thing, table: Mapping[str, str], company: str,
                working: Mapping[str, str]) -> bool:
    if company not in working or table.get(working[company], "none") == "none":
        return False
    window = world.places[company].window
    return _in_time(thing, None if window == ALL else who.joined[company][1] if window == NEW else int(window))


def _customer(world: World, who: Human, table: Mapping[str, str], thing: Thing) -> bool:
    working = {key: role for key, (role, _) in who.joined.items() if _works(world, who, thing.feature, key)}
    if who.joined and not working:
        return False
    how_far = {table.get(role, "none") for role in (working.values() if who.joined else ["user"])}
    if how_far <= {"none"}:
        return False
    if "all" in how_far and thing.audience in ("public", "customers"):
        return True
    if thing.audience == "staff" or not _in_time(thing, who.since):
        return False
    mine = thing.owner == who.key
    if thing.shared in working and not mine:
        near = _in_company(world, who, thing, table, thing.shared, working)
        return near and "all" in how_far and not who.only_own(thing.shared)
    if thing.company is None:
        return mine
    far = table.get(working.get(thing.company, ""), "none")
    if not _in_company(world, who, thing, table, thing.company, working):
        return False
    if mine:
        return True
    if who.only_own(thing.company) or thing.audience not in ("private", "company"):
        return False
    return thing.audience == "company" or far in ("company", "all")
