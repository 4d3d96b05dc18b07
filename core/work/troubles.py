"""What the outbox could not do, in words for the tenant's admins, and their second try."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.data import people, scope
from core.data.db import fetch
from core.data.records import label
from core.look.i18n import gettext as _
from core.work import events


@dataclass(frozen=True)
class Trouble:
    """One piece of work in trouble. `title` says what it is, `receiver` whom a letter goes to, "" otherwise."""

    id: int
    title: str
    receiver: str
    reason: str
    given_up: bool
    attempts: int
    created: datetime
    run_at: datetime


def troubles(limit: int = 50, before: int | None = None) -> list[Trouble]:
    """Give the current tenant's work that was given up or waits for another try after a failure."""
    who = scope.current()
    rows = events.troubled(who.tenant_id, limit, before)
    told = {row.id: row for row in fetch(events.told_of([row.event_id for row in rows if row.event_id]))}
    receivers = [row.data["person"] for row in rows if row.data.get("person")]
    named = {row.id: row for row in people.people(receivers)}
    return [Trouble(row.id, _title(row, told.get(row.event_id)), _receiver(row, named), row.error,
                    row.state == "failed", row.attempts, row.created, row.run_at) for row in rows]


def _title(row: Any, event: Any) -> str:
    who = scope.current()
    about = ""
    if event is not None:
        kind = who.registry.kinds.get(event.kind or "")
        about = f"{event.name} {label(kind, event.number) if kind else ''}".strip()
    if (row.plugin, row.name) == (events.HOST, events.MAIL):
        return _("Letter: %(what)s", what=about or (_("summary") if "digest" in row.data else _("account")))
    manifest = who.registry.manifests.get(row.plugin)
    name = manifest.title if manifest else row.plugin
    return f"{name}: {row.name.removeprefix('every:')}" + (f" ({about})" if about else "")


def _receiver(row: Any, named: dict[int, Any]) -> str:
    person = named.get(row.data.get("person") or 0)
    if person:
        return f"{person.name} <{person.email}>"
    return str(row.data.get("address") or row.data.get("find") or "")


def try_again(job: int) -> bool:
    """Try a piece of the tenant's work again now; False where it is no trouble any more."""
    return events.retry(scope.current().tenant_id, job)


def give_up(job: int) -> bool:
    """Take work that was given up off the list; False where there is none."""
    return events.forget(scope.current().tenant_id, job)
