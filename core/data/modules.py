"""What of the portal's features somebody has, and why: the portal, their company, they themselves, their role."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from core.data import reach, scope
from core.data.scope import Scope, Who
from core.parts import Manifest


@dataclass(frozen=True)
class Module:
    """One feature for one person. `why` is what decides: portal, person, company, some, role or locked.

    `companies` are the names of those it is hidden from, or that are off.
    """

    id: str
    title: str
    on: bool
    why: str
    companies: tuple[str, ...] = ()


def of(person: Who) -> Iterator[Module]:
    """Say of each feature that is not the host's own whether somebody has it, by the door's own terms."""
    who = replace(scope.current(), person=person, system="", viewer=None)
    for manifest in who.registry.manifests.values():
        if not manifest.builtin:
            on, why, companies = _decided(who, person, manifest)
            yield Module(manifest.id, manifest.title, on, why, companies)


def _decided(who: Scope, person: Who, manifest: Manifest) -> tuple[bool, str, tuple[str, ...]]:
    feature = manifest.id
    if not reach.feature_on(who, feature):
        return False, "portal", ()
    if not reach.allowed(person, feature):
        return False, "person", ()
    if not reach.person_active(person):
        return False, "locked", ()
    shown = reach.places(who, person, feature) if not person.is_staff else []
    hidden = tuple(member.name for member in person.memberships if member not in shown)
    if not person.is_staff and person.memberships and not shown:
        return False, "company", hidden
    permissions = [name for name in who.registry.permissions if name.partition(".")[0] == feature]
    if permissions and all(reach.granted(who, name) == "none" for name in permissions):
        return False, "role", ()
    if not person.is_staff and hidden:
        return True, "some", hidden
    return True, "person" if person.features.get(feature) is True else "portal", ()
