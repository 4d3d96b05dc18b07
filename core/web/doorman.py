"""What every way in has in common: limits shared by all processes, and what a password must be."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from core.data import credentials, identity, passwords, scope
from core.errors import FieldError, Invalid, NotFound, TooMany
from core.look.i18n import gettext as _
from core.look.i18n import ngettext
from core.web import session
from core.web.bound import Bound

WINDOW = 15 * 60
"""Seconds in which tries are counted."""


def admit(act: str, name: str = "") -> None:
    """Count a try of `act` by this network, and for this name where there is one. Raises TooMany."""
    who = scope.current()
    security = who.settings.value("security")
    try:
        credentials.limit(_network(act), int(security["tries_per_network"]), WINDOW)
    except TooMany as error:
        message = ngettext("There were too many tries from your network. Try again in %(number)s minute.",
                           "There were too many tries from your network. Try again in %(number)s minutes.",
                           error.minutes, number=error.minutes)
        raise TooMany(message, retry_after=error.retry_after) from error
    if name:
        credentials.limit(f"{act}:{who.tenant_id}:{identity.email_key(name)}", int(security["tries"]), WINDOW)


def _network(act: str) -> str:
    return f"{act}-from:{scope.current().tenant_id}:{identity.network(session.address())}"


def succeed(act: str, name: str) -> None:
    """Start counting anew for a name after a success; its network gets this one try back, not failed ones."""
    credentials.give_back(_network(act))
    forgive(act, name)


def forgive(act: str, name: str) -> None:
    """Start counting anew for a name."""
    credentials.forget_tries(f"{act}:{scope.current().tenant_id}:{identity.email_key(name)}")


WAYS_IN = ("sign-in", "reset")


def shut_out(*names: str | None) -> int:
    """Say for how many minutes more too many tries keep somebody out, by their names; 0 where they do not."""
    who = scope.current()
    most = int(who.settings.value("security.tries"))
    seconds = max((credentials.closed(f"{act}:{who.tenant_id}:{identity.email_key(name)}", most)
                   for name in names if name for act in WAYS_IN), default=0)
    return -(-seconds // 60)


def let_try(*names: str | None) -> None:
    """Let somebody try again at once, under each of their names."""
    for name in names:
        for act in WAYS_IN if name else ():
            forgive(act, str(name))


def known(purpose: str, secret: str) -> Any:
    """Give the live token behind a link; guessing is counted. Raises NotFound, Gone or TooMany."""
    try:
        return credentials.token(purpose, secret)
    except NotFound:
        admit("link")
        raise


def new_password(password: str, *about: str | None) -> str:
    """Check a chosen password and give its hash. `about` are words it must not be. Raises Invalid.

    Length and rarity count, not kinds of characters (NIST SP 800-63B, 3.1.1.2).
    """
    who = scope.current()
    least = _least()
    own = (*about, who.settings.name, urlsplit(str(who.settings.url)).hostname,
           *who.settings.value("security.password_words"))
    fault = passwords.weakness(password, least, own)
    if fault:
        raise Invalid([FieldError("password", _fault(fault, least), fault)])
    return credentials.hash_password(password)


def _least() -> int:
    return int(scope.current().settings.value("security.password_length"))


def _fault(fault: str, least: int) -> str:
    if fault == "length":
        return ngettext("Choose at least %(number)s character.", "Choose at least %(number)s characters.", least,
                        number=least)
    if fault == "longest":
        return _("Choose at most %(number)s characters.", number=passwords.LONGEST)
    if fault == "own":
        return _("That is a name, an address or this portal's own word with something around it. Choose something "
                 "nobody would try who knows you.")
    return _("That is one of the first that anybody would try. Three or four words that don't belong together are "
             "better.")


def hint(bound: Bound, field: str = "password") -> Bound:
    """Let a form say, under the field of a new password, what is asked of it here."""
    least = _least()
    told = ngettext("At least %(number)s character.", "At least %(number)s characters.", least, number=least)
    text = f"{told} " + _("A few words that don't belong together are easy to keep and hard to guess.")
    return replace(bound, fields=tuple(replace(one, help=text) if one.name == field else one
                                       for one in bound.fields))


def check_own(person_id: int, stored: str | None, password: str, field: str = "password") -> None:
    """Let somebody signed in prove that it is them. Raises Invalid, and TooMany past ten tries."""
    credentials.limit(f"own:{scope.current().tenant_id}:{person_id}", 10, WINDOW)
    if not credentials.check_password(stored, password):
        raise Invalid([FieldError(field, _("That is not your password."), "wrong")])
