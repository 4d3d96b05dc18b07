"""What every way in shares: which ways there are, second steps, what is to be set up first, proving it again."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from functools import wraps
from typing import Any, TypeVar

from flask import Response, current_app, g, request

from core.data import arrivals, credentials, factors, people, scope
from core.data.db import now
from core.data.scope import Scope, Who
from core.errors import FieldError, Gone, Invalid, TooMany
from core.look import links, qr
from core.look.i18n import gettext as _
from core.web import networks, passkeys, session
from core.web.render import redirect, wants_fragment

V = TypeVar("V", bound=Callable[..., Any])
STEP, DEVICE = "second-step", "device"
NEW_ADDRESS = credentials.NEW_ADDRESS

STEP_LASTS = timedelta(minutes=10)
STEP_KEPT = 3600
"""Seconds for which a browser can be told that its ten minutes are over."""

BROWSER_LASTS = 400 * 24 * 3600
"""Seconds; browsers keep no cookie longer."""

CODE_TRIES, CODE_TRIES_A_DAY = 5, 50
WINDOW, DAY = 15 * 60, 24 * 3600
HELD = {"/account/password": ("/account/password",),
        "/account/passkeys": ("/account/passkeys", "/account/confirm"),
        "/account/two-factor": ("/account/two-factor", "/account/passkeys", "/account/confirm")}
"""What somebody reaches who has to set something up first, by the page they are led to."""


def methods() -> tuple[str, ...]:
    """Give the ways to sign in: those the tenant chose, as far as this installation can; a password at least."""
    chosen = scope.current().settings.value("security.methods")
    found = tuple(one for one in chosen if one == "password" or passkeys.offered())
    return found or ("password",)


def with_password() -> bool:
    """Say whether people sign in with a password here."""
    return "password" in scope.current().settings.value("security.methods") or not passkeys.offered()


# Where somebody is, and on what


def trace() -> dict[str, str]:
    """Give what is written down of every try: network address, what the browser says of itself, its mark."""
    return {"address": session.address(), "agent": request.headers.get("User-Agent", ""),
            "browser": _hashed(session.kept("browser"))}


def _hashed(mark: str) -> str:
    return credentials.digest(f"browser:{mark}") if mark else ""


def mark_browser(*, afresh: bool = False) -> str:
    """Let this browser be known again by a mark of its own; give its hash. `afresh`: no earlier one counts."""
    mark = secrets.token_urlsafe(32) if afresh else session.kept("browser") or secrets.token_urlsafe(32)
    session.keep("browser", mark, BROWSER_LASTS)
    return _hashed(mark)


def device(agent: str) -> str:
    """Name browser and system as their owner would, from what the browser says of itself."""
    browser, system = arrivals.kind_of(agent)
    if browser and system:
        return _("%(browser)s on %(system)s", browser=browser, system=system)
    return browser or system or agent.partition("/")[0][:40] or _("Unknown device")


def secret() -> str:
    """Give the installation's secret, which authenticator apps share a part of."""
    return str(current_app.secret_key)


def app_picture(person_id: int, name: str) -> bytes:
    """Draw what somebody's app has to know as a QR code, in SVG. Raises NotFound where none is being set up."""
    portal = scope.current().settings.name
    return qr.picture(factors.app_address(person_id, secret(), name=name, portal=portal))


# The second step


def half_in(person_id: int, target: str, how: str, attempt: int) -> None:
    """Remember on this browser, for ten minutes, that somebody gave one proof; nothing is open to them yet.

    `how` names the proof, `attempt` is the key of what was written down of it.
    """
    data = {"next": target, "how": how, "attempt": attempt}
    session.keep("step", credentials.make_token(STEP, person_id, lasts=STEP_LASTS, data=data, alone=False),
                 STEP_KEPT)


def admitted(row: Any) -> bool:
    """Say whether somebody (a row) may come in at all, from where this request comes."""
    return networks.admitted(scope.current(), people.who(row))


def halfway() -> Any:
    """Give the row of who is half-way in on this browser. Raises Gone where nobody is any more, else NotFound."""
    token = credentials.token(STEP, session.kept("step"))
    row = next(iter(people.people([token.person_id], active=True)), None)
    if row is None or not admitted(row):
        raise Gone
    return row


def take_step() -> Any:
    """Take the half-way mark of this browser for good: of two answers at once one gets through. Raises Gone."""
    token = credentials.use_token(STEP, session.kept("step"))
    session.keep("step", "", 0)
    return token


def prove_code(row: Any, code: str) -> str:
    """Check a code of somebody's app, or a recovery code; say which it was: "code" or "recovery".

    Raises Invalid, and TooMany past five wrong ones in a quarter of an hour or fifty in a day.
    """
    slow_down(row.id)
    how = ""
    if factors.use_code(row.id, code, secret()):
        how = "code"
    elif sum(letter.isalnum() for letter in code) == 10 and factors.use_recovery_code(row.id, code):
        how = "recovery"
    if not how:
        raise Invalid([FieldError("code", _("That code is wrong or was used. Wait for the next one."), "wrong")])
    start_anew(row.id)
    return how


def slow_down(person_id: int) -> None:
    """Count a try of somebody's codes. Raises TooMany."""
    name = f"{scope.current().tenant_id}:{person_id}"
    credentials.limit(f"code:{name}", CODE_TRIES, WINDOW)
    credentials.limit(f"code-day:{name}", CODE_TRIES_A_DAY, DAY)


def start_anew(person_id: int) -> None:
    """Forget the wrong tries of somebody's codes after a right one."""
    for window in ("code", "code-day"):
        credentials.forget_tries(f"{window}:{scope.current().tenant_id}:{person_id}")


def first_time_today(person_id: int) -> bool:
    """Say whether somebody has not been told today that their codes are being guessed; from now on they have."""
    with suppress(TooMany):
        credentials.limit(f"code-told:{scope.current().tenant_id}:{person_id}", 1, DAY)
        return True
    return False


def days() -> int:
    """Give for how many days a device may skip the second step, 0 for never."""
    return int(scope.current().settings.value("security.two_factor.remember_days"))


def remember(person_id: int) -> str:
    """Let this browser skip the second step of somebody for some days; give the hash of its mark, a fresh one.

    A fresh mark cannot have been planted by anybody.
    """
    hashed = mark_browser(afresh=True)
    credentials.make_token(DEVICE, person_id, lasts=timedelta(days=days()), name=hashed, alone=False)
    return hashed


def is_remembered(person_id: int) -> bool:
    """Say whether this browser may skip somebody's second step, as far as that is still allowed."""
    hashed, since = _hashed(session.kept("browser")), now() - timedelta(days=days())
    return bool(hashed and days()) and any(one.name == hashed and one.created > since
                                           for one in credentials.tokens(DEVICE, person_id, live=True))


def remembered(person_id: int) -> int:
    """Count the devices on which somebody may skip the second step."""
    return len(credentials.tokens(DEVICE, person_id, live=True)) if days() else 0


def close(person_id: int, *purposes: str) -> None:
    """End whatever somebody's former password or second step had opened: sessions, half sign-ins, devices, links.

    `purposes` names more tokens that die with it. Called inside the transaction of the change.
    """
    credentials.end_sessions(person_id)
    credentials.revoke_all(person_id, "reset", STEP, DEVICE, *NEW_ADDRESS, *purposes)


def forget_devices(person_id: int) -> None:
    """Ask somebody for the second step on every device again."""
    credentials.revoke_all(person_id, STEP, DEVICE)


# What has to be set up first


def held(who: Scope) -> str:
    """Give the page somebody is led to before any other, a key of HELD, or "" where they are free to go."""
    person = who.person
    if person is None:
        return ""
    if person.must_change and with_password():
        return "/account/password"
    if not with_password() and not person.two_factor:
        return "/account/passkeys"
    if not person.two_factor and needs_second(who, person):
        return "/account/two-factor"
    return ""


def needs_second(who: Scope, person: Who) -> bool:
    """Say whether the tenant wants a second step of somebody, by what they are here."""
    wanted = who.settings.value("security.two_factor.required")
    if not wanted:
        return False
    roles = {person.role} if person.is_staff else {member.role for member in person.memberships} or {"user"}
    return not roles.isdisjoint(wanted)


# Proving it again


def is_confirmed() -> bool:
    """Say whether this session was opened or confirmed a short while ago."""
    minutes = int(scope.current().settings.value("security.confirm_minutes"))
    moment = credentials.confirmed(g.get("session_public_id", ""))
    return moment is not None and moment > now() - timedelta(minutes=minutes)


def confirm() -> None:
    """Note that whoever sits there has just proved again who they are."""
    credentials.confirm(g.get("session_public_id", ""))


def confirmed(view: V) -> V:
    """Let a view of somebody's security run only after they have proved again who they are.

    It stands below `@requires`. A page comes back by itself; a form is sent anew.
    """
    @wraps(view)
    def run(*args: Any, **named: Any) -> Any:
        if is_confirmed():
            return view(*args, **named)
        back = request.path if request.method == "GET" and not wants_fragment() else _form_page()
        return redirect(f"/account/confirm?next={back}")

    return run  # type: ignore[return-value]


def _form_page() -> str:
    """Give the page of ours the form at hand stands on."""
    before, host, path = (request.referrer or "").partition(f"//{request.host}/")
    found = links.local(f"/{path.partition('?')[0]}") if host and before in ("http:", "https:") else ""
    return found or "/account/security"


def proof() -> Response | None:
    """Say nothing where the session is confirmed, else lead to where it is: for views that decide themselves."""
    return None if is_confirmed() else redirect(f"/account/confirm?next={_form_page()}")


# What happened, in words


def outcome(row: Any) -> str:
    """Say in words how one try of the sign-in history went."""
    if row.ok:
        return {"password": _("signed in"), "passkey": _("signed in with a passkey"),
                "password+code": _("signed in with a code"), "password+passkey": _("signed in with a passkey"),
                "password+recovery": _("signed in with a recovery code"),
                "password+remembered": _("signed in on a remembered device"),
                "invitation": _("came by invitation")}.get(row.how, _("signed in by a link"))
    return {"code": _("wrong code"), "half": _("right password, no second step"),
            "network": _("from a network that is not allowed"), "passkey": _("passkey refused")}.get(
                row.how, _("wrong password"))
