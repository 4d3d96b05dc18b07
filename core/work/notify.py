"""Event x person x channel: who is told of what, in the bell and by e-mail, with the rights of this moment."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from core.data import access, people, scope
from core.data.conversation import participants
from core.data.db import transaction
from core.errors import NotFound
from core.look.i18n import gettext
from core.parts import Notice
from core.work import events
from core.work.bell import Line, cursor, lines, mark_read, news, opened, ring, unread
from core.work.troubles import give_up, troubles, try_again

__all__ = [
    "CHANNELS",
    "Choice",
    "Line",
    "choices",
    "cursor",
    "give_up",
    "label",
    "lines",
    "mark_read",
    "news",
    "opened",
    "prefer",
    "stop",
    "stop_mark",
    "stoppable",
    "tell",
    "troubles",
    "try_again",
    "unread",
    "wants",
]

CHANNELS = ("portal", "mail")
MOST = 10_000
TEAM_ONLY = frozenset({"staff", "assignee", "team"})


def tell(event: Any) -> None:
    """Tell everybody an event concerns: one line in the bell, one mail, each once, each only if it may.

    What a plugin that is off just now would tell waits until it is on.
    """
    who = scope.current()
    for notice in who.registry.notices:
        if notice.event != event.name:
            continue
        if not access.feature_on(who, notice.plugin):
            events.enqueue(events.HOST, "notify", f"notify:{event.id}:{notice.plugin}", event=event.id,
                           feature=notice.plugin)
            continue
        for row in _listeners(notice, event):
            _tell_one(notice, event, row)


def _listeners(notice: Notice, event: Any) -> list[Any]:
    with scope.system("notify") as who:
        record = events.event_record(event.id)
        if event.record_id is not None and record is None:
            return []
        ids: set[int] = set()
        for name in notice.to:
            ids.update(_group(name, event, record))
        if "actor" not in notice.to:
            ids.discard(event.actor)
        rows = people.people(ids, active=True, limit=MOST) if ids else []
        members = people.memberships([row.id for row in rows])
    allowed = []
    for row in rows:
        person = people.who(row, members.get(row.id, ()))
        with scope.enter(replace(who, person=person, system="")) as theirs:
            if notice.staff_only and not (access.sees_notes(access.kind_of(theirs, record.kind)) if record else
                                          person.is_staff):
                continue
            if record is None or access.by_id(record.kind, record.id) is not None:
                allowed.append(row)
    return allowed


def _group(name: str, event: Any, record: Any) -> Iterable[int]:
    """Give the keys of the people a word of `Notice.to` stands for."""
    if name == "actor":
        return [event.actor] if event.actor else []
    if name == "staff":
        return [row.id for row in people.people(staff=True, active=True, limit=MOST)]
    if name == "person":
        return [int(event.data["person"])] if event.data.get("person") else []
    if name == "people":
        return [int(i) for i in event.data.get("people", ())]
    if record is None:
        return []
    full = access.by_id(record.kind, record.id)
    if full is None:
        return []
    if name == "requester":
        return [full.person_id] if full.person_id else []
    if name == "followers":
        return participants(full)
    if name == "company":
        return [row.id for row in people.members(full.company_id)] if full.company_id else []
    value = getattr(full, name, None)
    if name == "team":
        return people.team_members(value) if value else []
    return [int(value)] if value else []


def wants(row: Any, notice: Notice, channel: str) -> bool:
    """Say whether somebody wants a kind of message on a channel; security always, marketing by consent."""
    if notice.kind == "security":
        return True
    chosen = (row.preferences or {}).get("channels", {}).get(notice.event, {})
    if notice.kind == "marketing" and not (row.preferences or {}).get("marketing"):
        return False
    return bool(chosen.get(channel, True))


def _tell_one(notice: Notice, event: Any, row: Any) -> None:
    if wants(row, notice, "portal"):
        ring(row.id, event, notice)
    if notice.template and row.email and wants(row, notice, "mail"):
        events.enqueue(events.HOST, events.MAIL, f"mail:{event.id}:{row.id}", event=event.id,
                       feature=notice.plugin, data={"notice": notice.template, "person": row.id})


@dataclass(frozen=True)
class Choice:
    """One row of somebody's preferences. `channels` says what is on; a channel that is missing does not exist.

    `fixed`: it always comes. `ready`: marketing that waits for consent is not.
    """

    event: str
    label: str
    group: str
    channels: Mapping[str, bool]
    fixed: bool = False
    ready: bool = True


def choices() -> list[Choice]:
    """Give what whoever asks may choose about: each event of theirs and its channels, by plugin."""
    who = scope.current()
    row = people.person(who.me.id)
    found: dict[str, Choice] = {}
    for notice in who.registry.notices:
        manifest = who.registry.manifests.get(notice.plugin)
        if manifest is None or not access.feature_on(who, notice.plugin) or not _concerns(notice):
            continue
        known = found.get(notice.event)
        channels = {"portal": wants(row, notice, "portal"), **(known.channels if known else {})}
        if notice.template:
            channels["mail"] = wants(row, notice, "mail")
        found[notice.event] = Choice(
            notice.event, known.label if known else label(notice), gettext(manifest.title), channels,
            fixed=notice.kind == "security",
            ready=notice.kind != "marketing" or bool((row.preferences or {}).get("marketing")))
    return sorted(found.values(), key=lambda choice: (choice.group, choice.label))


def _concerns(notice: Notice) -> bool:
    """Say whether an event can ever be told to whoever asks."""
    who = scope.current()
    if who.me.features.get(notice.plugin) is False:
        return False
    return who.is_staff or not (notice.staff_only or TEAM_ONLY.issuperset(notice.to))


def label(notice: Notice) -> str:
    """Name a kind of event in a few words; without words of its own it is called after its name."""
    return gettext(notice.label) if notice.label else \
        notice.event.partition(".")[2].replace("_", " ").capitalize()


def prefer(person_id: int, chosen: Mapping[str, Mapping[str, bool]]) -> None:
    """Keep somebody's wishes: event to channel to yes or no; what is not mentioned stays as it is."""
    with transaction():
        preferences = dict(people.person(person_id).preferences or {})
        channels = {event: dict(wishes) for event, wishes in preferences.get("channels", {}).items()}
        for event, wishes in chosen.items():
            channels[event] = channels.get(event, {}) | {
                channel: bool(wish) for channel, wish in wishes.items() if channel in CHANNELS}
        people.change_person(person_id, preferences=preferences | {"channels": channels})


def stop_mark(secret: str, public_id: str, event: str) -> str:
    """Make the mark of a mail's opt-out link: good for this tenant, person and kind of mail, and nothing else."""
    text = "\0".join(("stop", scope.current().slug, public_id, event)).encode()
    return f"{public_id}.{event}.{hmac.new(secret.encode(), text, hashlib.sha256).hexdigest()[:32]}"


def stoppable(secret: str, mark: str) -> tuple[Any, Notice]:
    """Give whose mail, and which, an opt-out mark stops. Raises NotFound for any mark we did not make."""
    public_id, _, rest = mark[:400].partition(".")
    event = rest.rpartition(".")[0]
    known = next((n for n in scope.current().registry.notices if n.event == event and n.kind != "security"), None)
    if known is None or not hmac.compare_digest(mark.encode(), stop_mark(secret, public_id, event).encode()):
        raise NotFound
    with scope.system("stop"):
        return people.person(public_id), known


def stop(secret: str, mark: str) -> None:
    """Do what an opt-out mark says: this person gets no more mail of this kind. Raises NotFound."""
    row, notice = stoppable(secret, mark)
    with scope.system("stop"):
        prefer(row.id, {notice.event: {"mail": False}})


def waiting() -> dict[str, int]:
    """Count the mail and other work of the current tenant that waits, by the feature it belongs to."""
    return events.waiting_by_feature(scope.current().tenant_id)
