"""What people do with one post on any record: vote, react, report, change, take back; what the team decides."""

from __future__ import annotations

from typing import Any

from core.data import access, concerns, conversation, credentials, people, scope, threads, voices
from core.data.audit import record_act
from core.data.db import now, transaction
from core.data.records import label
from core.errors import FieldError, Invalid, NotFound, Refused, TooMany
from core.look.i18n import N_
from core.look.i18n import gettext as _
from core.parts import Kind
from core.web import posts, trust

REASONS = {"spam": N_("It is advertising"), "rude": N_("It is rude or hurtful"),
           "off_topic": N_("It has nothing to do with this"), "private": N_("It shows something private"),
           "other": N_("Something else")}
"""Why a post can be reported."""

OUR_REASONS = {"new": N_("First posts wait for approval"), "edited": N_("Changed by somebody new")}
"""Why the portal itself asks the team to look."""

VERDICTS = ("approve", "hide", "dismiss")


def find(identity: str, action: str = "view", *, hold: bool = False) -> tuple[Kind, Any, Any]:
    """Give a post with its record and that one's kind, through the door of the record.

    Raises NotFound where there is none for whoever asks, Refused where they may not do `action` with its record.
    """
    known = conversation.message(identity)
    who = scope.current()
    kind = who.registry.kinds.get(known.kind_of_record)
    record = access.by_id(kind.name, known.record_id) if kind is not None and kind.talk is not None else None
    if kind is None or record is None:
        raise NotFound
    if action != "view" or hold:
        record = access.find(kind.name, record.number, action, hold=hold)
    row = threads.message(record, identity, internal=access.sees_notes(kind))  # read when nobody else changes it
    return kind, record, row


def _follow(kind: Kind, record: Any, row: Any, what: str) -> None:
    assert kind.talk is not None  # noqa: S101 - `find` looked
    kind.talk.done(record, row, what)


def _in_sight(identity: str) -> tuple[Kind, Any, Any]:
    kind, record, row = find(identity, "react", hold=True)
    if row.held or row.internal:
        raise NotFound
    return kind, record, row


def vote(identity: str, value: int) -> Any:
    """Vote for a post (1), against it (-1), or take that back (0); give its record.

    Raises Invalid, Refused for one's own, NotFound.
    """
    with transaction():
        kind, record, row = _in_sight(identity)
        allowed = {"up": (0, 1), "both": (-1, 0, 1), "none": ()}[posts.rules_of(kind).votes]
        if value not in allowed:
            raise Invalid([FieldError("vote", _("Choose one of these."), "enum")])
        if row.author_id == scope.current().me.id:
            raise Refused(_("You can't vote for what you wrote yourself."))
        voices.say(row, "vote", value)
        _follow(kind, record, row, "voted")
        return record


def react(identity: str, name: str, *, on: bool) -> Any:
    """Answer a post with a reaction, or take it back; give its record. Raises Invalid, NotFound."""
    with transaction():
        kind, record, row = _in_sight(identity)
        if name not in posts.rules_of(kind).reactions:
            raise Invalid([FieldError("react", _("Choose one of these."), "enum")])
        voices.say(row, f"react:{name}", 1 if on else 0)
        return record


def report(identity: str, reason: str, note: str) -> tuple[Any, bool]:
    """Ask the team to look at a post; enough of trusted people hide it until then.

    Give its record, and whether that is news: the caller says so. Raises Invalid, Refused for one's own, NotFound.
    """
    if reason not in REASONS:
        raise Invalid([FieldError("reason", _("Choose one of these."), "enum")])
    with transaction():
        kind, record, row = _in_sight(identity)
        if row.author_id == scope.current().me.id:
            raise Refused(_("You wrote this yourself: you can change it or take it back."))
        news = concerns.raise_(row, reason, note)
        if news:
            _follow(kind, record, row, "reported")
            _hide_if_many(kind, record, row)
        return record, news


def _hide_if_many(kind: Kind, record: Any, row: Any) -> None:
    said = posts.rules_of(kind)
    if not said.hide_after or row.by_staff:
        return
    with scope.system("posts: whose reports count"):
        raisers = people.people(concerns.raisers(row), active=True)
    trusted = [one for one in raisers if one.role or trust.level_of(kind.name, said, one.id).counts]
    if len(trusted) >= said.hide_after:
        threads.hold(record, row.public_id, "waiting")
        _follow(kind, record, row, "held")


def edit(identity: str, body: str) -> Any:
    """Change what a post says; what it said stays readable. Give its record.

    Raises Refused, Invalid, NotFound, TooMany.
    """
    with transaction():
        kind, record, row = find(identity, "reply", hold=True)
        if not posts.may_change(record, row):
            raise Refused(_("This can't be changed any more. Write another post instead."))
        if body == row.body:
            return record
        mine = posts.level(kind.name)
        _not_too_often(kind, mine)
        links = posts.count_links(posts.own_words(record, body))
        if links > posts.count_links(posts.own_words(record, row.body)):
            trust.check(mine, links, 0)
        companies = None if row.author_id == scope.current().me.id else ()
        names = posts.mentioned(kind.name, record, body, companies)
        kept = {name: value for name, value in (row.data or {}).items() if name in ("to", "editor", "told")}
        if not row.held or _was_seen(row):  # what waits for the first time has called nobody yet
            kept["told"] = sorted({*kept.get("told", ()), *(row.data or {}).get("names", ())})
        threads.rewrite(record, row, body, posts.made(body, names.values()) | kept)
        _follow(kind, record, row, "edited")
        if mine.approve and not row.held:
            threads.hold(record, identity, "waiting")
            concerns.raise_(row, "edited", by_portal=True)
            _follow(kind, record, row, "held")
        return record


def _not_too_often(kind: Kind, mine: posts.Level) -> None:
    """Refuse more changes of posts in an hour than a level may write posts. Raises TooMany."""
    if mine.posts_per_hour is not None:
        who = scope.current()
        try:
            credentials.limit(f"changes-{kind.name}:{who.tenant_id}:{who.me.id}", mine.posts_per_hour, 3600)
        except TooMany as error:
            raise trust.crowded(error.retry_after) from error


def withdraw(identity: str) -> Any:
    """Take back a post of one's own; give its record. Raises Refused, NotFound."""
    with transaction():
        kind, record, row = find(identity, "reply", hold=True)
        if row.author_id != scope.current().me.id or row.held not in ("", "waiting") or posts.closed(record):
            raise Refused(_("This can't be taken back any more."))
        _follow(kind, record, row, "withdrawing")
        threads.hold(record, identity, "withdrawn")
        concerns.settle(row, "withdrawn")
        _follow(kind, record, row, "withdrawn")
        return record


def judge(identity: str, verdict: str) -> Any:
    """Settle what waits about a post: show it, hide it, or leave it as it is; give its record.

    Raises Invalid, NotFound, Refused.
    """
    if verdict not in VERDICTS:
        raise Invalid([FieldError("verdict", _("Choose one of these."), "enum")])
    with transaction():
        kind, record, row = find(identity, "view", hold=True)
        if not access.sees_notes(kind):
            raise NotFound
        settled, what = concerns.settle(row, verdict), ""
        if verdict == "approve" and row.held in ("waiting", "hidden"):
            fresh = row.held == "waiting" and row.edited is None and not _was_seen(row)
            threads.release(record, identity, anew=fresh)
            what = "shown" if fresh else "restored"
        elif verdict == "hide" and row.held != "hidden":
            threads.hold(record, identity, "hidden")
            what = "hidden"
        if what:
            _follow(kind, record, row, what)
        if what or settled:
            record_act(f"{kind.name}.post", label(kind, record.number), post=identity, verdict=verdict)
        return record


def _was_seen(row: Any) -> bool:
    """Say whether a post that waits had been in sight before: reports held it back, not that its author is new."""
    return not any(one == "new" for one in concerns.reasons(row))


def wordings(identity: str) -> tuple[Any, Any, list[Any]]:
    """Give a post with its record, and what it said before, the oldest first. Raises NotFound."""
    kind, record, row = find(identity)
    person = scope.current().person
    close = access.sees_notes(kind) or (person is not None and row.author_id == person.id)
    if not (posts.rules_of(kind).history == "everyone" or close):
        raise NotFound
    return record, row, threads.wordings(row, held=close)


def forget_wording(identity: str, key: int) -> Any:
    """Remove an earlier wording, as something private stood there; give the record. Raises NotFound, Refused."""
    with transaction():
        kind, record, row = find(identity)
        if not access.sees_notes(kind):
            raise NotFound
        threads.forget_wording(row, key)
        record_act(f"{kind.name}.wording_removed", label(kind, record.number), post=identity, at=now().isoformat())
        return record


def moderated() -> list[Kind]:
    """Give the kinds on whose records whoever asks decides about posts."""
    who = scope.current()
    return [kind for kind in who.registry.kinds.values() if kind.talk is not None
            and access.feature_on(who, kind.plugin) and access.sees_notes(kind)]


def waiting() -> int:
    """Count the posts that wait for whoever asks to decide."""
    return sum(concerns.waiting(kind.name, "view") for kind in moderated())
