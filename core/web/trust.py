"""How far a tenant trusts people by what they have written: what waits for approval, how much they may write."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from core.data import scope, threads
from core.data.db import now
from core.errors import FieldError, Invalid, TooMany
from core.look.i18n import N_, ngettext

REACTIONS: Mapping[str, Mapping[str, str]] = {
    "like": {"sign": "thumbs-up", "label": N_("Like")}, "thanks": {"sign": "heart", "label": N_("Thank you")},
    "idea": {"sign": "lightbulb", "label": N_("Good idea")}}
LEVELS: Mapping[str, Mapping[str, Any]] = {
    "newcomer": {"label": N_("New here"), "approve": True, "links": 1, "files": 1, "posts_per_hour": 5,
                 "topics_per_day": 3},
    "member": {"label": N_("Member"), "posts": 3, "links": 10, "files": 5, "posts_per_hour": 30,
               "topics_per_day": 10},
    "regular": {"label": N_("Regular"), "posts": 50, "days": 30, "links": 50, "files": 10, "posts_per_hour": 60,
                "topics_per_day": 30, "counts": True}}
"""What counts where a tenant configures nothing else."""


@dataclass(frozen=True)
class Level:
    """What somebody may do. None of a limit means no limit; `counts`: their reports can hide a post."""

    key: str = ""
    label: str = ""
    posts: int = 0
    days: int = 0
    approve: bool = False
    links: int | None = None
    files: int | None = None
    posts_per_hour: int | None = None
    topics_per_day: int | None = None
    counts: bool = False


TEAM = Level(counts=True)


@dataclass(frozen=True, eq=False)
class Rules:
    """What a tenant says about writing to each other on records of a kind.

    `votes` is "up", "both" or "none"; `history` "everyone" or "team"; `hide_after` and `edit_hours` are off at 0.
    """

    votes: str
    reactions: Mapping[str, Mapping[str, str]]
    levels: tuple[Level, ...]
    hide_after: int
    edit_hours: int
    history: str
    show_company: bool


def rules(given: Mapping[str, Any]) -> Rules:
    """Read rules from a plugin's settings, which have these names (docs/plugins/posts.md). Keep the result."""
    levels = [Level(key, **one) for key, one in (given.get("levels") or LEVELS).items()]
    reactions = {name: {"sign": "", **one} for name, one in (given.get("reactions") or REACTIONS).items()}
    return Rules(given.get("votes", "up"), reactions,
                 tuple(sorted(levels, key=lambda one: (one.posts, one.days))), int(given.get("hide_after", 3)),
                 int(given.get("edit_hours", 0)), given.get("history", "everyone"),
                 bool(given.get("show_company", False)))


def level(kind: str, said: Rules) -> Level:
    """Give the level of whoever asks; the team's has no limits."""
    who = scope.current()
    return TEAM if who.is_staff else level_of(kind, said, who.me.id)


def level_of(kind: str, said: Rules, person_id: int) -> Level:
    """Give a customer's level by what they wrote on records of a kind that is in sight; below all, the lowest."""
    count, began = threads.standing(kind, person_id)
    met = [one for one in said.levels if count >= one.posts
           and (not one.days or (began is not None and now() - began >= timedelta(days=one.days)))]
    return met[-1] if met else said.levels[0]


def check(mine: Level, links: int, files: int) -> None:
    """Refuse what is too much in one post of somebody of a level. Raises Invalid."""
    if mine.links is not None and links > mine.links:
        raise Invalid([FieldError("body", ngettext(
            "You can put %(num)s link into a post for now. It will be more once you have written a little.",
            "You can put %(num)s links into a post for now. It will be more once you have written a little.",
            mine.links), "too_many")])
    if mine.files is not None and files > mine.files:
        raise Invalid([FieldError("attachments", ngettext(
            "You can attach %(num)s file to a post for now. It will be more once you have written a little.",
            "You can attach %(num)s files to a post for now. It will be more once you have written a little.",
            mine.files), "too_many")])


def in_time(most: int | None, span: timedelta, written: Callable[[datetime], list[datetime]]) -> None:
    """Refuse what would be more than `most` within a time. Raises TooMany.

    `written` gives, oldest first, when they wrote since a moment: it is stored, so all workers count the same.
    """
    times = written(now() - span) if most is not None else []
    if most is not None and len(times) >= most:
        raise crowded(max(1, int((times[-most] + span - now()).total_seconds()) + 1))


def crowded(wait: int) -> TooMany:
    """Give what is said to who writes more than they may for now; they can go on in `wait` seconds."""
    return TooMany(ngettext("That is a lot at once. You can go on in %(num)s minute; your text is kept.",
                            "That is a lot at once. You can go on in %(num)s minutes; your text is kept.",
                            -(-wait // 60)), retry_after=wait)


def each_hour(kind: str, mine: Level) -> None:
    """Refuse more posts on records of a kind than a level may write in an hour. Raises TooMany."""
    in_time(mine.posts_per_hour, timedelta(hours=1),
            lambda since: threads.since(kind, scope.current().me.id, since))
