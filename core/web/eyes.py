"""Seeing the portal with somebody else's eyes: who may, what is closed meanwhile, how it ends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from flask import Response, g, request

from core.data import audit, directory, people, scope, viewing
from core.data.access import granted
from core.data.db import now
from core.data.scope import Scope, Who
from core.errors import NotFound, Refused
from core.look.i18n import gettext as _
from core.parts import ROLES
from core.web import entrance, origin, session

PERMISSION = "people.view_as"
END = "/view-as/end"
OWN = ("/account", "/reset", "/invite", "/verify", "/stop", "/sign-in", "/register")
"""Pages that are somebody's own: their account and security, and what letters with secrets lead to."""


def rank(person: Who) -> int:
    """Say how high somebody stands: customers are all alike, agents above them, admins above those."""
    return ROLES.index(person.role) if person.is_staff else 0


def may_view(who: Scope, person: Who) -> bool:
    """Say whether whoever asks may see the portal as this person does: only those who stand below them.

    Whoever has to set something up first, as a new password or a second step, does that before.
    """
    return (who.person is not None and who.viewer is None and who.person.is_staff
            and granted(who, PERMISSION) != "none" and person.id != who.person.id
            and rank(person) < rank(who.person) and person.active and directory.admitted(who, person)
            and not entrance.held(who))


def begin(public_id: str) -> Who:
    """Let whoever asks see with somebody's eyes from their next request on. Raises NotFound, Refused."""
    row = people.person(public_id)
    person = people.who(row)
    if row.removed:
        raise NotFound
    if not may_view(scope.current(), person):
        raise Refused(_("You can see the portal as people see it who may come in and have fewer rights than you."))
    viewing.begin(row, g.session_public_id)
    return person


def through(who: Scope, key: int | None, opened: Callable[[Who], Scope]) -> Scope:
    """Give the scope of whom somebody sees the portal as, else their own; what may not go on any more ends here.

    `who` is their own, `key` the viewing open in their session, `opened` opens the scope of somebody.
    """
    if key is None:
        return who
    with scope.enter(who):
        found = viewing.find(key)
        if found is None or who.person is None or found.viewer_id != who.person.id:
            return who
        row = next(iter(people.people([found.person_id])), None)
        person = people.who(row) if row is not None else None
        if found.until <= now():
            _over(found, who, "time", _("Half an hour is over: you see the portal with your own eyes again."))
            return who
        if row is None or row.removed or person is None or not may_view(who, person):
            _over(found, who, "right", _("You see the portal with your own eyes again."))
            return who
    g.viewing = found
    return replace(opened(person), viewer=who.person)


def _over(found: object, who: Scope, why: str, message: str) -> None:
    viewing.end(found, why, who.person)
    session.flash(message, "info")


def hold(who: Scope) -> None:
    """Let nothing be changed, and nothing be seen that is somebody's own. Raises Refused.

    Signing out ends it first, so that its end is written down.
    """
    if who.viewer is None or who.person is None:
        return
    if request.method not in origin.SAFE:
        if request.path == "/sign-out":
            end("signed out")
            scope.begin(replace(who, person=who.viewer, viewer=None))
            return
        if request.path != END:
            raise Refused(told())
    if any(request.path == path or request.path.startswith(f"{path}/") for path in (*OWN, *_account(who))):
        raise Refused(_("Account, security and keys are %(name)s's alone: they are not shown to you.",
                        name=who.person.name))


def _account(who: Scope) -> list[str]:
    return [nav.path for nav in who.registry.navigation if nav.area == "account"]


def told() -> str:
    """Say why nothing can be changed."""
    person = scope.current().person
    return _("You see what %(name)s sees. Nothing can be changed; end it first.",
             name=person.name if person else "")


def end(why: str = "ended") -> str:
    """End what is open in this session; give the public identifier of whom it showed, "" where nothing is open."""
    who, found = scope.current(), g.get("viewing")
    if found is None or who.viewer is None or who.person is None:
        return ""
    viewing.end(found, why, who.viewer)
    return who.person.public_id


def note_download(response: Response) -> None:
    """Write down that something was downloaded with somebody else's eyes."""
    who = scope.active()
    if who is None or who.viewer is None or who.person is None or response.status_code not in (200, 206):
        return
    if response.headers.get("Content-Disposition", "").startswith("attachment"):
        audit.record_act(viewing.TAKEN, who.person.public_id, path=request.path)
