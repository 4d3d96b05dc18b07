"""Event x person x channel: who is told of what, in the bell and by e-mail, with the rights of this moment."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from core.data import access, consents, credentials, people, scope
from core.data.conversation import participants
from core.data.db import transaction
from core.errors import NotFound
from core.look import formats
from core.look.i18n import N_, gettext
from core.parts import Channel, Notice
from core.work import digest, events
from core.work.agreement import agree, agreed, agreements, asked, wording
from core.work.bell import Line, cursor, lines, mark_read, news, opened, ring, unread
from core.work.digest import Rhythm, moment_of
from core.work.troubles import give_up, troubles, try_again

__all__ = [
    "BUILT_IN",
    "SUMMARY",
    "Choice",
    "Line",
    "Rhythm",
    "agree",
    "agreed",
    "agreements",
    "all_stopped",
    "asked",
    "channels",
    "choices",
    "cursor",
    "follow_zone",
    "give_up",
    "label",
    "later",
    "letters_of",
    "lines",
    "mark_read",
    "moment_of",
    "news",
    "notice_of",
    "opened",
    "prefer",
    "rhythm",
    "stop",
    "stop_mark",
    "stoppable",
    "stopped",
    "tell",
    "tell_one",
    "troubles",
    "try_again",
    "unread",
    "waiting",
    "wants",
    "weekdays",
    "wording",
]

BUILT_IN = (Channel("portal", N_("In the portal"), plugin="host"), Channel("mail", N_("E-mail"), plugin="host"))
MOST = 10_000
TEAM_ONLY = frozenset({"staff", "assignee", "team"})
SUMMARY = "digest"
"""What stands for an event in the opt-out link of a summary."""


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
    """Say whether somebody (a row) wants to be told of a kind of event on a channel.

    Of their account's safety always, in bell and mail; news only by consent; on a plugin's channel only what they
    have chosen, and with the consent it needs.
    """
    built_in = channel in ("portal", "mail")
    if notice.kind == "security" and built_in:
        return True
    part = next((one for one in scope.current().registry.channels if one.name == channel), None)
    needed = {"mail"} if notice.kind == "marketing" and built_in else {part.consent} if part else set()
    if not all(consents.given(row, purpose) for purpose in needed - {""}):
        return False
    if notice.kind == "transactional" and channel == "mail" and digest.rhythm(row.preferences).how == "never":
        return False
    chosen = ((row.preferences or {}).get("channels") or {}).get(notice.event) or {}
    return bool(chosen.get(channel, built_in))


def later(row: Any, notice: Notice) -> bool:
    """Say whether somebody reads of a kind of event in a summary, rather than in a mail at once."""
    return (notice.kind == "transactional" and digest.rhythm(row.preferences).how in digest.SUMMARIES
            and notice.event not in ((row.preferences or {}).get("soon") or ()))


def notice_of(name: str) -> Notice:
    """Give the first notice of an event. Raises NotFound where nobody is ever told of it."""
    found = next((one for one in scope.current().registry.notices if one.event == name), None)
    if found is None:
        raise NotFound
    return found


def tell_one(event_id: int, row: Any, **words: str) -> None:
    """Tell one person of an event that names nobody itself, once however often it is asked for.

    `words` are texts for their bell, in their language; what the event holds in several stays with it.
    """
    event = events.event(event_id)
    if event is None:
        raise NotFound
    plain = {name: value for name, value in event.data.items() if isinstance(value, str)}
    _tell_one(notice_of(event.name), event._replace(data={**plain, **words}), row)


def letters_of(event_id: int) -> dict[str, int]:
    """Count the letters an event has brought by their state: waiting, done, failed."""
    return events.letters_of(event_id)


def _tell_one(notice: Notice, event: Any, row: Any) -> None:
    if wants(row, notice, "portal"):
        ring(row.id, event, notice)
    if notice.template and row.email and wants(row, notice, "mail"):
        key = f"mail:{event.id}:{row.id}"
        if not later(row, notice):
            if not digest.knows(event.id, row.id):
                events.enqueue(events.HOST, events.MAIL, key, event=event.id, feature=notice.plugin,
                               data={"notice": notice.template, "person": row.id})
        elif not events.known(key):
            digest.put(row, event, notice)
    for channel in channels():
        if channel.send is not None and wants(row, notice, channel.name):
            events.enqueue(channel.plugin, f"channel:{channel.name}", f"{channel.name}:{event.id}:{row.id}",
                           event=event.id, data={"title": notice.title, "person": row.id,
                                                 "words": digest.words_of(event)})


def channels() -> list[Channel]:
    """Give the channels there are for the tenant at hand: bell, mail, and those of plugins that are on."""
    who = scope.current()
    return [one for one in who.registry.channels if one.send is None or access.feature_on(who, one.plugin)]


@dataclass(frozen=True)
class Choice:
    """One row of somebody's preferences. `channels` says what is on; a channel that is missing does not exist.

    `fixed`: it always comes. `ready`: news that wait for consent are not. `soon`: its mail waits for no summary.
    """

    event: str
    label: str
    group: str
    channels: Mapping[str, bool]
    fixed: bool = False
    ready: bool = True
    soon: bool | None = None


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
        on = {one.name: _chosen(row, notice, one) for one in channels()
              if one.name != "mail" and not (notice.kind == "security" and one.send is not None)}
        on |= known.channels if known else {}
        if notice.template:
            on["mail"] = _chosen(row, notice, BUILT_IN[1])
        found[notice.event] = Choice(
            notice.event, known.label if known else label(notice), gettext(manifest.title), on,
            fixed=notice.kind == "security", ready=notice.kind != "marketing" or consents.given(row, "mail"),
            soon=_soon(row, notice, known))
    return sorted(found.values(), key=lambda choice: (choice.group, choice.label))


def _chosen(row: Any, notice: Notice, channel: Channel) -> bool:
    """Say whether a box is ticked: what somebody chose, also where a rhythm or a consent keeps it back for now."""
    if notice.kind == "security":
        return True
    chosen = ((row.preferences or {}).get("channels") or {}).get(notice.event) or {}
    return bool(chosen.get(channel.name, channel.send is None))


def _soon(row: Any, notice: Notice, known: Choice | None) -> bool | None:
    """Say whether mail about an event waits for no summary; None where that is no question."""
    if notice.kind != "transactional" or not notice.template:
        return known.soon if known else None
    return notice.event in ((row.preferences or {}).get("soon") or ())


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


def prefer(person_id: int, chosen: Mapping[str, Mapping[str, bool]] | None = None, *,
           rhythm: digest.Rhythm | None = None, soon: Mapping[str, bool] | None = None) -> None:
    """Keep somebody's wishes: event to channel to yes or no, how often mail comes, and which mail does not wait.

    What is not mentioned stays as it is; what waits for a summary follows.
    """
    known = {one.name for one in scope.current().registry.channels}
    with transaction():
        credentials.in_turn(person_id)
        (row,) = people.people([person_id])
        preferences = dict(row.preferences or {})
        kept = {event: dict(wishes) for event, wishes in (preferences.get("channels") or {}).items()}
        for event, wishes in (chosen or {}).items():
            kept[event] = kept.get(event, {}) | {
                channel: bool(wish) for channel, wish in wishes.items() if channel in known}
        if kept:
            preferences["channels"] = kept
        if soon is not None:
            others = set(preferences.get("soon") or ()) - set(soon)
            preferences["soon"] = sorted(others | {event for event, wish in soon.items() if wish})
        if rhythm is not None:
            preferences["rhythm"] = digest.keep(rhythm)
        people.change_person(person_id, preferences=preferences)
        if rhythm is not None:
            digest.move(*people.people([person_id]))


def weekdays() -> tuple[str, ...]:
    """Name the days a weekly summary may come on, Monday first."""
    return formats.weekdays()


def rhythm() -> digest.Rhythm:
    """Give how often whoever asks wants mail about what happens."""
    return digest.rhythm(people.person(scope.current().me.id).preferences)


def follow_zone(person_id: int) -> None:
    """Let what waits for somebody's summary follow their new time zone."""
    for row in people.people([person_id]):
        if digest.rhythm(row.preferences).how in digest.SUMMARIES:
            digest.move(row)


# The way out of mail


def stop_mark(secret: str, public_id: str, event: str) -> str:
    """Make the mark of a mail's opt-out link: good for this tenant, person and kind of mail, and nothing else."""
    text = "\0".join(("stop", scope.current().slug, public_id, event)).encode()
    return f"{public_id}.{event}.{hmac.new(secret.encode(), text, hashlib.sha256).hexdigest()[:32]}"


def stoppable(secret: str, mark: str) -> tuple[Any, Notice]:
    """Give whose mail, and which, an opt-out mark stops. Raises NotFound for any mark we did not make."""
    public_id, _, rest = mark[:400].partition(".")
    event = rest.rpartition(".")[0]
    known = Notice(SUMMARY, "", (), label=N_("Summaries of what is new")) if event == SUMMARY else next(
        (n for n in scope.current().registry.notices if n.event == event and n.kind != "security"), None)
    if known is None or not hmac.compare_digest(mark.encode(), stop_mark(secret, public_id, event).encode()):
        raise NotFound
    with scope.system("stop"):
        return people.person(public_id), known


def stopped(row: Any, notice: Notice) -> bool:
    """Say whether somebody gets no more mail of a kind."""
    if notice.event == SUMMARY:
        return digest.rhythm(row.preferences).how not in digest.SUMMARIES
    return not wants(row, notice, "mail")


def all_stopped(row: Any, notice: Notice) -> bool:
    """Say whether somebody gets no mail at all of a kind's sort: about what happens here, or no news."""
    if notice.kind == "marketing":
        return not consents.given(row, "mail")
    return digest.rhythm(row.preferences).how == "never"


def stop(secret: str, mark: str, *, everything: bool = False, address: str = "") -> None:
    """Do what an opt-out mark says: this person gets no more mail of this kind. Raises NotFound.

    With `everything`, none of the sort: no mail about what happens here, or no news. So it is for summaries.
    """
    row, notice = stoppable(secret, mark)
    with scope.system("stop"):
        if notice.kind == "marketing" and everything:
            agree(row.id, "mail", yes=False, source="mail", address=address)
        elif everything or notice.event == SUMMARY:
            prefer(row.id, rhythm=replace(digest.rhythm(row.preferences), how="never"))
        else:
            prefer(row.id, {notice.event: {"mail": False}})


def waiting() -> dict[str, int]:
    """Count the mail and other work of the current tenant that waits, by the feature it belongs to."""
    return events.waiting_by_feature(scope.current().tenant_id)
