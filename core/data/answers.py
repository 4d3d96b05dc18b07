"""Canned answers: texts that staff puts into replies; everybody's, a team's, or one's own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from peewee import CharField, ForeignKeyField, IntegerField, JSONField, TextField

from core.data import people, scope
from core.data.db import TenantBase, TimeField, door, fetch, first, now, public_id, transaction
from core.data.people import Person, Team, Tenant
from core.data.reach import granted
from core.errors import Conflict, NotFound, Refused

PLACEHOLDERS = ("customer", "first_name", "company", "number", "title", "me", "portal", "link")
"""What stands for something of the record at hand, in braces: {customer}."""

MOST = 1000
"""How many answers a person is offered at most."""

_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")


class Answer(TenantBase):
    """One text. `shared` is "all", "team" (of `team`) or "me" (of `owner`); `texts` holds it in other languages.

    `state` is the key of a status that sending it may set, or empty; `tags` are words to find it by.
    """

    tenant = ForeignKeyField(Tenant, on_delete="CASCADE", index=False)
    public_id = CharField(unique=True, default=public_id)
    title = CharField()
    body = TextField()
    texts = JSONField(default=dict)
    shared = CharField(default="all")
    team = ForeignKeyField(Team, null=True, on_delete="SET NULL")
    owner = ForeignKeyField(Person, null=True, on_delete="CASCADE")
    tags = CharField(default="")
    state = CharField(default="")
    uses = IntegerField(default=0)
    used = TimeField(null=True)
    author_name = CharField(default="")
    changed = TimeField(default=now)
    version = IntegerField(default=1)

    class Meta:
        """A tenant's are read as one list."""

        table_name = "canned_answer"
        indexes = ((("tenant", "title"), False),)


_ANSWER = (Answer.id, Answer.public_id, Answer.title, Answer.body, Answer.texts, Answer.shared, Answer.team,
           Answer.owner, Answer.tags, Answer.state, Answer.uses, Answer.used, Answer.author_name, Answer.changed,
           Answer.version)


def manages() -> bool:
    """Say whether whoever asks looks after the answers of the whole team."""
    return granted(scope.current(), "answers.manage") != "none"


def _offered() -> Any:
    """Ask for what whoever asks may use: everybody's, those of their teams, their own; others' own never."""
    who = scope.current()
    query = door(Answer.select(*_ANSWER), Answer).where(Answer.tenant == who.tenant_id)
    if who.person is None or not who.is_staff:
        return query.where(Answer.shared == "all") if who.system else query.where(Answer.id.is_null())
    mine = (Answer.shared == "me") & (Answer.owner == who.me.id)
    team = Answer.shared == "team"
    if not manages():
        team = team & Answer.team.in_(people.my_teams(who.me.id) or [0])
    return query.where((Answer.shared == "all") | team | mine)


def offered(text: str = "") -> list[Any]:
    """Give what whoever asks may use, by title; those that hold every word of `text`."""
    words = text.casefold().split()
    rows = fetch(_offered().order_by(Answer.title, Answer.id).limit(MOST))
    return [row for row in rows if all(word in _words(row) for word in words)]


def _words(row: Any) -> str:
    return " ".join((row.title, row.tags, row.body, *(row.texts or {}).values())).casefold()


def find(identity: str) -> Any:
    """Give one that whoever asks may use. Raises NotFound for every other one."""
    row = first(_offered().where(Answer.public_id == identity)) if identity.isprintable() else None
    if row is None:
        raise NotFound
    return row


def may_change(row: Any) -> bool:
    """Say whether whoever asks may change or remove one: their own, and as manager those of the team."""
    who = scope.current()
    if row.shared == "me":
        return who.person is not None and row.owner_id == who.person.id
    return manages()


def keep(values: Mapping[str, Any], row: Any = None, version: int = 0) -> Any:
    """Write an answer, or change one on the version that was looked at. Raises Refused, Conflict, NotFound."""
    who = scope.current()
    if (row is not None and not may_change(row)) or (values["shared"] != "me" and not (manages() or who.system)):
        raise Refused
    owner = who.me.id if values["shared"] == "me" else None
    written = {**values, "owner": owner, "changed": now(), "author_name": who.person.name if who.person else ""}
    with transaction():
        if row is None:
            made = door(Answer.insert(tenant=who.tenant_id, public_id=public_id(), **written), Answer).execute()
            return first(door(Answer.select(*_ANSWER), Answer).where(Answer.id == int(made)))
        query = Answer.update(version=Answer.version + 1, **written).where(
            Answer.id == row.id, Answer.tenant == who.tenant_id, Answer.version == (version or row.version))
        if not door(query, Answer).execute():
            raise Conflict("Somebody else changed this a moment ago. Have a look and try again.")
        return find(row.public_id)


def remove(row: Any) -> None:
    """Take one away. Raises Refused where it is not theirs."""
    if not may_change(row):
        raise Refused
    door(Answer.delete(), Answer).where(Answer.id == row.id, Answer.tenant == scope.current().tenant_id).execute()


def count_use(row: Any) -> None:
    """Count that one was put into a reply."""
    door(Answer.update(uses=Answer.uses + 1, used=now()), Answer).where(
        Answer.id == row.id, Answer.tenant == scope.current().tenant_id).execute()


def unknown(text: str) -> list[str]:
    """Name the placeholders of a text that stand for nothing."""
    return sorted({name for name in _PLACEHOLDER.findall(text) if name not in PLACEHOLDERS})


def filled(text: str, values: Mapping[str, str]) -> str:
    """Put values in place of their names, once: what a value holds is never read as a placeholder again."""
    return _PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), text)
