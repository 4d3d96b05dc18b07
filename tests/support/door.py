"""The narrow way from the oracle's words to the door: makes rows, asks for somebody, reads everything raw."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from peewee import CharField

from core.config.settings import FeatureSetting, Override
from core.data import access, conversation, db, people, scope
from core.data.guard import schema_work
from core.data.migrate import migrate
from core.data.records import Table
from core.data.scope import Member, Scope, Who
from core.parts import Kind, Manifest, Registry
from support.inside import disconnect
from support.needs import ROOT
from support.oracle import Human, Place, Thing, World

START = datetime(2026, 1, 1, tzinfo=UTC)
COMPANIES = {"acme": ("north", "south"), "globex": ("east",)}
PEOPLE = {"acme": ("me", "friend", "clerk"), "globex": ("you",)}
FEATURES = ("tickets", "kb")
ACTIONS = ("view", "create", "edit")
AUDIENCES = ("private", "public", "customers", "company", "staff")
DAYS = (10, 20, 30)


class Wish(Table):
    """The body of a ticket, as a plugin's own table."""

    text = CharField(default="")

    class Meta:
        """Named after the plugin."""

        table_name = "tickets_wish"


KINDS = {
    "ticket": Kind("ticket", "tickets", "TKT", "Ticket", plugin="tickets", body=Wish),
    "article": Kind("article", "articles", "ART", "Article", plugin="kb"),
}
KIND = {"tickets": "ticket", "kb": "article"}
FEATURE = {kind: feature for feature, kind in KIND.items()}


def day(number: int) -> datetime:
    """Give a day of the year as a moment."""
    return START + timedelta(days=number)


@dataclass
class Settings:
    """What the door reads of a tenant's configuration."""

    features: Mapping[str, FeatureSetting]
    overrides: Mapping[str, Override] = field(default_factory=dict)
    name: str = "Test"
    roles: Mapping[str, Mapping[str, Mapping[str, str]]] = field(default_factory=dict)

    def company(self, identifier: str) -> Override:
        """Give what one company has otherwise."""
        return self.overrides.get(identifier, Override({}, {}))


@dataclass(repr=False)
class Rows:
    """What lies in the database: keys by name, and every record as the oracle knows it."""

    tenants: dict[str, int]
    companies: dict[str, int]
    people: dict[str, Any]
    things: dict[int, Thing]
    numbers: dict[int, int]
    files: dict[int, str]
    values: dict[int, dict[str, Any]]


def connect(url: str) -> None:
    """Choose a database."""
    disconnect()
    db.connect(url, Path("/"))


def create_tables(url: str) -> None:
    """Make the host's tables and the one body in a database."""
    connect(url)
    migrate({"parlour": ROOT / "core" / "data" / "migrations"}, {}, Path(url.removeprefix("sqlite:///")).parent
            if url.startswith("sqlite") else Path("/"))
    with schema_work():
        db.db.create_tables([Wish])


def fill(url: str) -> None:
    """Make two tenants, three companies, four people and every sort of record once."""
    create_tables(url)
    for slug, identifiers in COMPANIES.items():
        with scope.enter(system(slug)):
            companies = {name: people.add_company(name.title(), name).id for name in identifiers}
            owners = {name: people.add_person(name.title(), email=f"{name}@example.com").id
                      for name in PEOPLE[slug]}
            with db.transaction():
                for kind, company, owner, audience, made in product(
                        KINDS, [None, *companies.values()], [None, *owners.values()], AUDIENCES, DAYS):
                    row = access.add(kind, title="canary", company=company, person=owner, audience=audience,
                                     created=day(made))
                    if made == DAYS[1] and audience in ("private", "public"):
                        conversation.add_file(row, SimpleNamespace(size=1, key="x", sha256=""), "x", "text/plain")
                for kind, company, owner, made in product(
                        KINDS, companies.values(), [None, *owners.values()], DAYS):
                    access.add(kind, title="canary", person=owner, audience="company", shared=[company],
                               created=day(made))
    disconnect()


def read() -> Rows:
    """Read everything there is past the door, by SQL of the test's own."""
    def table(sql: str) -> list[Any]:
        return list(db.db.run(sql, ()).fetchall())

    tenants = dict(table("SELECT slug, id FROM tenant"))
    slugs = {key: slug for slug, key in tenants.items()}
    companies = dict(table("SELECT identifier, id FROM company"))
    names = {key: name for name, key in companies.items()}
    owners = {name.lower(): key for name, key in table("SELECT name, id FROM person")}
    called = {key: name for name, key in owners.items()}
    things, numbers, values = {}, {}, {}
    for key, number, tenant, kind, company, owner, audience, created, shared in table(
            "SELECT id, number, tenant_id, kind, company_id, person_id, audience, created, shared FROM record"):
        made = (db.EPOCH + timedelta(microseconds=created) - START).days
        things[key] = Thing(key, slugs[tenant], FEATURE[kind], names.get(company), called.get(owner), audience,
                            made, names.get(int(shared or 0), ""))
        numbers[key] = number
        values[key] = {"company": company, "person": owner, "audience": audience, "created": day(made),
                       "shared": shared}
    files = dict(table("SELECT record_id, public_id FROM file"))
    return Rows(tenants, companies, owners, things, numbers, files, values)


def system(slug: str) -> Scope:
    """Open the scope of a tenant, everything on, as the system."""
    on = {feature: FeatureSetting(True, {}) for feature in FEATURES}
    return Scope(people.ensure_tenant(slug), slug, Settings(on), registry({}), system="test")


def registry(roles: Mapping[tuple[str, str], Mapping[str, str]],
             limits: Mapping[str, Mapping[str, Any]] | None = None) -> Registry:
    """Make the registry of two plugins with these permissions; `limits` are `at_least` and `up_to` by plugin."""
    acts = {feature: {action: roles.get((feature, action), {}) for action in ACTIONS} for feature in FEATURES}
    return Registry(
        manifests={feature: Manifest(feature, feature.title(), Path(), permissions=acts[feature],
                                     **(limits or {}).get(feature, {})) for feature in FEATURES},
        kinds=KINDS, plurals={kind.plural: kind for kind in KINDS.values()},
        permissions={f"{feature}.{action}": acts[feature][action] for feature in FEATURES for action in ACTIONS})


def window(given: str | int) -> str:
    """Say a company's window as portal.yaml does."""
    return given if isinstance(given, str) else day(given).date().isoformat()


def override(place: Place) -> Override:
    """Say what a company has otherwise as portal.yaml does."""
    return Override(dict.fromkeys(place.hidden, False), {}, "active" if place.enabled else "disabled",
                    window(place.window))


def who(rows: Rows, world: World, human: Human | None) -> Who | None:
    """Say who asks, as a request knows them."""
    if human is None:
        return None
    taken = {key: human.narrowed.get(key, (False, frozenset())) for key in human.joined}
    members = tuple(Member(rows.companies[key], key, key.title(), role, day(joined), world.places[key].active,
                           taken[key][0], dict.fromkeys(taken[key][1], False))
                    for key, (role, joined) in human.joined.items())
    return Who(id=rows.people[human.key], public_id=human.key, name=human.key.title(), email=None,
               role=human.staff, own_only=human.own_only, features=dict(human.features), memberships=members,
               visible_since=None if human.since is None else day(human.since), active=human.active)


def scope_of(rows: Rows, world: World, tenant: str, human: Human | None) -> Scope:
    """Open the scope of somebody in a tenant's portal."""
    on = {feature: FeatureSetting(feature in world.on[tenant], {}) for feature in FEATURES}
    overrides = {key: override(place) for key, place in world.places.items() if place.tenant == tenant}
    limits = {feature: {"up_to": {"view": world.up_to[feature]}} for feature in world.up_to}
    return Scope(rows.tenants[tenant], tenant, Settings(on, overrides, roles=world.said),
                 registry(world.roles, limits), person=who(rows, world, human),
                 company=rows.companies[human.works_in] if human and human.works_in else None)


@contextmanager
def asking(rows: Rows, world: World, tenant: str, human: Human | None) -> Iterator[Scope]:
    """Work as somebody."""
    with scope.enter(scope_of(rows, world, tenant, human)) as entered:
        yield entered


def calm(**changes: Any) -> World:
    """Give a world in which nothing stands in the way, with some changes: for tests of one term."""
    everything = dict.fromkeys(("guest", "user", "company_user", "company_admin", "agent", "admin"), "all")
    usual = {"guest": "none", "user": "own", "company_user": "company", "company_admin": "company",
             "agent": "all", "admin": "all"}
    places = {name: Place(name, tenant) for tenant, names in COMPANIES.items() for name in names}
    world = World(on={tenant: frozenset(FEATURES) for tenant in COMPANIES},
                  roles={(feature, action): usual if feature == "tickets" else everything
                         for feature in FEATURES for action in ACTIONS}, places=places)
    return replace(world, **changes)
