"""What stands around every page: the tenant's site, who is here, where they can go."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import SimpleNamespace
from typing import Any

from flask import g, request

from core.data import begin, scope, tasks
from core.data.access import reach
from core.data.reach import chosen, member_active
from core.data.scope import Scope
from core.look.i18n import gettext as _
from core.look.site import Looks
from core.web import configuration, render, session
from core.web.answers import answers_of


@dataclass(frozen=True)
class Me:
    """The person in the frame; `key` is what the browser keeps their drafts under.

    `places` are the companies they may choose to work in, none where there is nothing to choose.
    """

    key: str
    name: str
    company: str | None
    initials: str
    is_staff: bool
    unread: int = 0
    places: tuple[tuple[str, str, bool], ...] = ()
    photo: str = ""


def company_of(who: Scope) -> str:
    """Give the identifier of the company whose look somebody sees, "" for the tenant's own."""
    member = who.person.among(who.company) if who.person else None
    return member.identifier if member else ""


def places(who: Scope) -> tuple[tuple[str, str, bool], ...]:
    """Give what a customer of several companies can choose to work in: identifier, name, and whether it is chosen.

    "" is all of them.
    """
    person = who.person
    mine = [member for member in person.memberships if member_active(who, member)] if person else []
    if person is None or person.is_staff or len(mine) < 2:
        return ()
    here = chosen(who)
    return (("", _("All my companies"), here is None),
            *((member.identifier, member.name, member is here) for member in mine))


def me(who: Scope, unread: Callable[[], int]) -> Me | None:
    """Give the person in the frame, with their unread notifications."""
    person = who.person
    if person is None:
        return None
    offered = places(who)
    member = person.among(who.company)
    company = next((name for _one, name, here in offered if here), member.name if member else None)
    return Me(person.public_id, person.name, company, person.initials, person.is_staff, unread(), offered,
              person.photo)


def tasks_of(record: Any) -> SimpleNamespace:
    """Give the tasks on a record that came through the door, and whether whoever asks may give more."""
    return SimpleNamespace(rows=tasks.of(record), give=tasks.may_give(record))


def findable(who: Scope) -> bool:
    """Say whether somebody who is not signed in could find anything at all."""
    return any(reach(who, f"{kind.plugin}.view") for kind in who.registry.kinds.values())


def untaken_edits() -> int:
    """Count the mistakes of edits by hand, for who may mend them: on the home page and where staff works.

    Settings pages show them in full, with file and line.
    """
    pages = {"/"} | {nav.path for nav in scope.current().registry.navigation if nav.area == "staff"}
    if request.path not in pages or not configuration.may_change():
        return 0
    return len(configuration.problems())


class Later(Sequence[render.Link]):
    """Entries of an area that are put together, with what waits behind them, only where somebody looks."""

    def __init__(self, area: str) -> None:
        """Take the area."""
        self.area = area

    @cached_property
    def links(self) -> tuple[render.Link, ...]:
        """The entries."""
        return tuple(render.navigation(self.area))

    def __getitem__(self, place: Any) -> Any:
        """Give an entry, or a slice of them."""
        return self.links[place]

    def __len__(self) -> int:
        """Count them."""
        return len(self.links)


def frame(looks: Looks, unread: Callable[[], int], block: str = "") -> dict[str, Any]:
    """Give the frame's variables for the page at hand, or for one block of it."""
    who = scope.current()
    closed = g.get("closed", False)
    area: Callable[[str], Sequence[render.Link]] = Later if block else lambda name: tuple(render.navigation(name))
    return {
        "site": looks.site(who.settings, company_of(who)) if "preview" not in g else None,
        "me": None if closed else me(who, unread if block in ("", "bell") else lambda: 0),
        "nav": () if closed else area("portal"),
        "staff_nav": area("staff") if who.is_staff and not closed else (),
        "account_nav": area("account") if who.person and not closed else (),
        "answers_of": answers_of,  # asked for by pages with a reply: what answers.html draws
        "begin_of": begin,  # asked for by pages of records: what begin.html draws
        "tasks_of": tasks_of,  # asked for by pages of records: what tasks.html draws
        "viewing": who.person.name if who.viewer and who.person else "",
        "messages": session.messages(), "searchable": not closed and (bool(who.person) or findable(who)),
        # Asked for by settings pages alone: what settings.html shows around them.
        "settings_nav": configuration.navigation, "settings_problems": configuration.problems,
        "settings_search": configuration.may_change,
        "loose_ends": configuration.loose_ends, "untaken_edits": untaken_edits, **g.get("preview", {}),
    }
