"""The cookie that says who is signed in, and messages that survive one redirect."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import timedelta

from flask import Response, current_app, g, request
from itsdangerous import BadSignature, URLSafeTimedSerializer

from core.data import credentials, dossier, scope, visits
from core.data.db import now
from core.data.scope import Scope

SEEN_EVERY = timedelta(minutes=1)
QUIET = ("/notifications/bell",)
"""Pages ask for these by themselves: they are no sign that anybody is still there, so sessions rest meanwhile."""


def secure() -> bool:
    """Say whether the tenant's public address is https: then cookies are Secure and named `__Host-`."""
    return str(scope.current().settings.url).startswith("https://")


def cookie_name(is_secure: bool) -> str:
    """Name the session's cookie; the `__Host-` prefix ties it to one host (RFC 6265bis)."""
    return "__Host-parlour" if is_secure else "parlour"


def read(who: Scope) -> visits.Visit | None:
    """Give the session this request carries, with its person, or None."""
    secret = request.cookies.get(cookie_name(str(who.settings.url).startswith("https://")))
    if not secret or len(secret) > 100:
        return None
    visit = visits.visit(who.tenant_id, secret, idle(who), timedelta(hours=_hours(who)))
    if visit is not None and now() - visit.seen > SEEN_EVERY and request.path not in QUIET:
        credentials.touch_session(visit.session)
        dossier.was_here(who.tenant_id, visit.person.id)
    return visit


def idle(who: Scope) -> timedelta | None:
    """Give how long a session may rest before it ends by itself, None for no such limit."""
    minutes = who.settings.value("security.idle_minutes")
    return timedelta(minutes=int(minutes)) if minutes else None


def _hours(who: Scope) -> int:
    return int(who.settings.value("security.session_hours"))


def start(person_id: int) -> None:
    """Sign somebody in: a new session, its cookie set on the answer; the one this browser had before ends."""
    before = request.cookies.get(cookie_name(secure()))
    if before:
        credentials.end_session(before)
    hours = _hours(scope.current())
    dossier.was_here(scope.current().tenant_id, person_id)
    secret = credentials.open_session(person_id, hours=hours, address=address(),
                                      agent=request.headers.get("User-Agent", ""))
    g.set_session = (secret, hours * 3600)


def end() -> None:
    """Sign this browser out."""
    secret = request.cookies.get(cookie_name(secure()))
    if secret:
        credentials.end_session(secret)
    g.set_session = ("", 0)


def _named(name: str) -> str:
    return f"{cookie_name(secure())}_{name}"


def keep(name: str, value: str, age: int) -> None:
    """Let this browser keep a secret of its own for `age` seconds, out of reach of scripts; age 0 forgets it."""
    g.setdefault("kept", {})[name] = (value, age)


def kept(name: str) -> str:
    """Give what this browser keeps under a name, "" where it keeps nothing that could be ours."""
    if name in g.get("kept", {}):
        return str(g.kept[name][0])
    value = request.cookies.get(_named(name), "")
    return value if len(value) <= 100 else ""


def address() -> str:
    """Give the network address the request came from; forwarded ones only from configured proxies."""
    return request.remote_addr or ""


def finish(response: Response) -> None:
    """Put what happened to session and messages into the answer's cookies."""
    if "set_session" in g:
        secret, age = g.set_session
        _set(response, cookie_name(secure()), secret, age)
    for name, (value, lasts) in g.get("kept", {}).items():
        _set(response, _named(name), value, lasts)
    if "flash" in g and g.flash:
        _set(response, "parlour_flash", _signer().dumps(g.flash), 120)
    elif g.get("flash_shown"):
        _set(response, "parlour_flash", "", 0)


def _set(response: Response, name: str, value: str, age: int) -> None:
    response.set_cookie(name, value, max_age=age, httponly=True, samesite="Lax", secure=secure(), path="/")


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.secret_key or "", salt=f"flash:{scope.current().slug}")


def flash(text: str, kind: str = "good") -> None:
    """Tell the person something on the next page: "good", "bad", "warn" or "info"."""
    g.setdefault("flash", []).append([kind, text])


def messages() -> list[tuple[str, str]]:
    """Take the messages waiting for this page."""
    waiting = g.pop("flash", None) or []
    raw = request.cookies.get("parlour_flash")
    if raw:
        g.flash_shown = True
        with suppress(BadSignature, json.JSONDecodeError):
            waiting = [*_signer().loads(raw, max_age=300), *waiting]
    return [(str(kind), str(text)) for kind, text in waiting]
