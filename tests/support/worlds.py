"""Random worlds for the door: what is on, who may what, which companies, and somebody who asks."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from support import door
from support.oracle import Human, Place, World

ROLES = ("guest", "user", "company_user", "company_admin", "agent", "admin")
EXTENTS = ("none", "own", "company", "all")

tables = st.fixed_dictionaries({role: st.sampled_from(EXTENTS) for role in ROLES})
windows = st.sampled_from(["all", "all", "all", "new", 15, 20, 25])
sometimes = st.sampled_from([True, True, True, False])
hidden = st.frozensets(st.sampled_from(door.FEATURES), max_size=1)


def places(name: str, tenant: str) -> Any:
    """A company of a tenant, most of the time without anything special."""
    return st.builds(Place, st.just(name), st.just(tenant), active=sometimes, enabled=sometimes,
                     hidden=hidden, window=windows)


said = st.one_of(st.just({}), st.dictionaries(st.sampled_from(ROLES), st.dictionaries(
    st.sampled_from(door.FEATURES), st.dictionaries(st.sampled_from(door.ACTIONS), st.sampled_from(EXTENTS)))))
"""What a tenant says about roles: mostly too much; what a plugin does not allow has to count for nothing."""

worlds = st.builds(
    World,
    on=st.fixed_dictionaries({tenant: st.sampled_from(
        [frozenset(door.FEATURES)] * 4 + [frozenset({"kb"})]) for tenant in door.COMPANIES}),
    roles=st.fixed_dictionaries({(feature, action): tables for feature in door.FEATURES
                                 for action in ("view", "edit")}),
    said=said, up_to=st.dictionaries(st.sampled_from(door.FEATURES), tables, max_size=1),
    places=st.fixed_dictionaries({name: places(name, tenant) for tenant, names in door.COMPANIES.items()
                                  for name in names}))


@st.composite
def people(draw: Any) -> tuple[str, Human | None]:
    """Somebody of either tenant, or nobody."""
    tenant = draw(st.sampled_from(["acme", "acme", "acme", "globex"]))
    if draw(st.integers(0, 9)) == 0:
        return tenant, None
    joined = {}
    for company in door.COMPANIES[tenant]:
        if draw(sometimes):
            joined[company] = (draw(st.sampled_from(ROLES[1:4])), draw(st.sampled_from([5, 20, 25])))
    nothing = st.just(frozenset())
    narrowed = {company: (draw(st.integers(0, 5)) == 0, draw(st.one_of(nothing, nothing, hidden)))
                for company in joined}
    return tenant, Human(
        draw(st.sampled_from(door.PEOPLE[tenant])), tenant,
        staff=draw(st.sampled_from(["", "", "", "agent", "admin"])),
        active=draw(st.sampled_from([True] * 9 + [False])), own_only=draw(st.integers(0, 3)) == 0,
        since=draw(st.sampled_from([None, None, None, 15, 20, 25])),
        features=draw(st.dictionaries(st.sampled_from(door.FEATURES), st.booleans(), max_size=2)), joined=joined,
        narrowed=narrowed, works_in=draw(st.sampled_from([None, *sorted(joined)])))
