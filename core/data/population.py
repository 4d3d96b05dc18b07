"""The tables of who is who: tenant, company, person, membership, team."""

from __future__ import annotations

from peewee import BooleanField, CharField, ForeignKeyField, JSONField

from core.data.db import Base, TenantBase, TimeField, now, public_id


class Tenant(Base):
    """A business that runs a portal; what it decided stands in its configuration, not here."""

    slug = CharField(unique=True)
    created = TimeField(default=now)


class Company(TenantBase):
    """A customer of a tenant. `identifier` stands in addresses and in portal.yaml and grants nothing."""

    tenant = ForeignKeyField(Tenant, on_delete="CASCADE")
    identifier = CharField()
    name = CharField()
    name_key = CharField()
    active = BooleanField(default=True)
    fields = JSONField(default=dict)
    created = TimeField(default=now)

    class Meta:
        """One identifier per tenant."""

        indexes = ((("tenant", "identifier"), True), (("tenant", "name_key", "id"), False))


class Person(TenantBase):
    """Somebody who signs in. `role` is "agent" or "admin" for staff, empty for customers.

    `photo` and `photo_small` are the names of their picture's two sizes in the store of files.
    """

    tenant = ForeignKeyField(Tenant, on_delete="CASCADE")
    public_id = CharField(unique=True, default=public_id)
    name = CharField()
    name_key = CharField()
    email = CharField(null=True)
    email_key = CharField(null=True)
    login = CharField(null=True)
    login_key = CharField(null=True)
    role = CharField(default="")
    password = CharField(null=True)
    must_change = BooleanField(default=False)
    verified = BooleanField(default=False)
    two_factor = BooleanField(default=False)
    active = BooleanField(default=True)
    language = CharField(default="")
    time_zone = CharField(default="")
    photo = CharField(null=True, unique=True)
    photo_small = CharField(null=True, unique=True)
    own_only = BooleanField(default=False)
    visible_since = TimeField(null=True)
    features = JSONField(default=dict)
    preferences = JSONField(default=dict)
    fields = JSONField(default=dict)
    removed = TimeField(null=True)
    place = ForeignKeyField(Company, null=True, on_delete="SET NULL", index=False)
    created = TimeField(default=now)

    class Meta:
        """One address and one sign-in name per tenant, in their canonical form."""

        indexes = ((("tenant", "email_key"), True), (("tenant", "login_key"), True),
                   (("tenant", "name_key"), False))


class Membership(TenantBase):
    """A person belongs to a company as user, company_user or company_admin; its admins may narrow that there."""

    person = ForeignKeyField(Person, on_delete="CASCADE")
    company = ForeignKeyField(Company, on_delete="CASCADE")
    role = CharField(default="user")
    own_only = BooleanField(default=False)
    features = JSONField(default=dict)
    created = TimeField(default=now)

    class Meta:
        """Once per company."""

        indexes = ((("person", "company"), True), (("company", "role"), False))


class Team(TenantBase):
    """Some of the tenant's staff; categories route to teams."""

    tenant = ForeignKeyField(Tenant, on_delete="CASCADE")
    key = CharField()
    name = CharField()

    class Meta:
        """One key per tenant."""

        indexes = ((("tenant", "key"), True),)


class TeamMember(TenantBase):
    """A person of a team."""

    team = ForeignKeyField(Team, on_delete="CASCADE")
    person = ForeignKeyField(Person, on_delete="CASCADE")

    class Meta:
        """Once per team."""

        indexes = ((("team", "person"), True),)


COMPANY = (Company.id, Company.identifier, Company.name, Company.active, Company.fields, Company.created)
PERSON = (Person.id, Person.public_id, Person.name, Person.email, Person.login, Person.role, Person.language,
          Person.own_only, Person.visible_since, Person.features, Person.preferences, Person.fields,
          Person.active, Person.verified, Person.must_change, Person.two_factor, Person.password, Person.removed,
          Person.created, Person.time_zone, Person.photo, Person.photo_small)
