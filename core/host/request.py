"""One request, step by step: tenant, status, person, scope, origin, gate; then the view; then headers."""

from __future__ import annotations

import ipaddress
import logging
import secrets
import time
from dataclasses import replace
from typing import Any
from urllib.parse import unquote, urlsplit

from flask import Flask, Response, current_app, g, make_response, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import RequestRedirect

from core.config.store import Snapshot
from core.data import credentials, people, scope, visits
from core.data.access import feature_on, granted
from core.data.db import settle, wake
from core.data.once import AlreadyDone, answer, complete, keyed
from core.data.scope import Scope
from core.errors import Conflict, NotFound, Refused, SignInNeeded
from core.host.fence import FencedFlask
from core.host.portal import Portal
from core.look import language
from core.look.i18n import gettext as _
from core.web import attach, entrance, eyes, failures, networks, origin, render, routes, session
from core.web.frame import company_of
from core.web.policy import CSP

log = logging.getLogger("parlour.request")

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}
HEALTH = ("/healthz", "/readyz")
ASSETS = ("/static/", "/theme/", "/favicon.ico")
BY_LETTER = ("/invite/", "/reset/", "/verify/", "/stop/", "/account/email/")
"""Pages whose address carries a secret from a mail."""
ALWAYS_OPEN = (*ASSETS, *BY_LETTER, "/sign-in", "/sign-out", "/reset")


class ParlourFlask(FencedFlask):
    """Flask, with a form's idempotency key held around the view."""

    request_class = render.ParlourRequest

    def dispatch_request(self) -> Any:
        """Run the view; where the form carries `_once`, its key is part of the change's transaction."""
        key = g.get("once_key")
        if not key:
            return super().dispatch_request()
        known = answer(key)
        if known:
            return _again(*known)
        try:
            with keyed(key) as stored:
                response = make_response(super().dispatch_request())
        except AlreadyDone:
            known = answer(key)
            if known is None:
                raise Conflict from None
            return _again(*known)
        place = response.headers.get("Location") or response.headers.get("HX-Redirect")
        if place and response.status_code < 400 and stored.get("location", place) != place:
            complete(key, 303, place)
        return response


def _again(_status: int, location: str) -> Response:
    return render.redirect(location or "/")


def install(app: Flask, portal: Portal) -> None:
    """Put the steps around every request of an application."""

    @app.before_request
    def begin() -> Response | None:
        g.request_id = secrets.token_hex(8)
        g.began = time.perf_counter()
        scope.leave_all()
        wake()
        if request.path in HEALTH:
            return None
        return enter(portal)

    @app.after_request
    def finish(response: Response) -> Response:
        return _finish(response)

    @app.teardown_request
    def end(_error: BaseException | None) -> None:
        scope.leave_all()
        settle()

    app.register_error_handler(Exception, failures.answer)


def enter(portal: Portal) -> Response | None:
    """Find tenant, person and language, and decide if this request may reach its view."""
    who = _arrived(portal)
    if who is None:
        return make_response("", 404)
    scope.begin(who)
    if request.method not in origin.SAFE:
        request.max_content_length = attach.request_limit()
    _language(who)
    g.theme = portal.looks.theme(who.settings, company_of(who)).templates
    if networks.closed(who) and not request.path.startswith(ASSETS):
        scope.begin(replace(who, person=None))
        raise Refused(_("This portal is open to certain networks only. Ask whoever runs it."))
    closed = _closed(who)
    if closed is not None:
        return closed
    first = entrance.held(who) if who.person and not who.viewer and not failures.is_api() else ""
    if first and not request.path.startswith((*ALWAYS_OPEN, *entrance.HELD[first])):
        return render.redirect(first)
    origin.check(str(who.settings.url), has_cookie=bool(request.cookies))
    eyes.hold(who)
    _gate(who)
    if request.method == "POST" and not failures.is_api():
        key = request.form.get("_once", "")
        if 16 <= len(key) <= 64:
            g.once_key = f"{who.person.id if who.person else 0}:{key}"
    return None


def _arrived(portal: Portal) -> Scope | None:
    """Find tenant and person under the configuration that counts now; None for a host that is nobody's.

    The session's own query says which version counts, so that most requests ask the database once for all of
    it: under the configuration known before, and again where that has changed meanwhile.
    """
    known = portal.known()
    slug = known.host(request.host) if known and not failures.is_api() else None
    if known is not None and slug is not None:
        who = portal.visit(slug, known)
        visit = session.read(who)
        if visit is not None and portal.known(visit.config) is known:
            return _on_page(portal, known, who, visit)
    snapshot = portal.snapshot()
    slug = snapshot.host(request.host)
    if slug is None:
        return None
    g.known_host = True
    if failures.is_api():
        return _with_key(portal.scope(slug, snapshot, channel="api"))
    who = portal.visit(slug, snapshot)
    return _on_page(portal, snapshot, who, session.read(who) if snapshot is not known else None)


def _on_page(portal: Portal, snapshot: Snapshot, who: Scope, visit: visits.Visit | None) -> Scope:
    g.known_host = True
    if visit is None:
        return who
    g.session_public_id = visit.public_id
    if not networks.admitted(who, visit.person):
        return who
    own = portal.visit(who.slug, snapshot, visit.person, visit.company)
    return eyes.through(own, visit.viewing, lambda person: portal.visit(who.slug, snapshot, person))


def _with_key(who: Scope) -> Scope:
    """Put the owner of an API key into the scope, if they may come in at all."""
    secret = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
    row = credentials.bearer(who.tenant_id, secret) if secret else None
    if row is None:
        return who
    g.token_scopes = (row.token_data or {}).get("scopes")
    scope.begin(who)  # their companies are looked for inside the tenant
    person = people.who(row)
    return replace(who, person=person) if networks.admitted(who, person) else who


def _language(who: Scope) -> None:
    """Choose the page's language: what the address says, what the person has stored, what the browser keeps.

    Only where nothing of that is offered does the browser's own wish count, and at last the tenant's language.
    """
    offered = list(who.settings.value("languages.offered"))
    asked, stored = request.args.get("lang", ""), who.person.language if who.person else ""
    if who.viewer:
        asked = ""  # a language chosen here would be kept for the viewer's own pages
    if asked in offered and stored not in offered:
        g.chosen_language = asked
    kept = request.cookies.get("parlour_lang", "")
    wanted = next((one for one in (asked, stored, kept) if one in offered), None)
    language.activate(language.negotiate(request.headers.get("Accept-Language", ""), wanted, offered,
                                         str(who.settings.value("languages.default"))))


def _closed(who: Scope) -> Response | None:
    status = who.settings.status
    if status == "active" or request.path.startswith(ASSETS if status == "disabled" else ALWAYS_OPEN):
        return None
    if status == "maintenance" and (who.is_staff or who.viewer):
        return None
    if failures.is_api():
        return make_response({"type": "/errors/closed", "title": "Closed", "status": 503, "code": "closed"}, 503,
                             {"Content-Type": "application/problem+json", "Retry-After": "300"})
    g.closed = True
    response = _status_page(status)
    response.headers["Retry-After"] = "300"
    return response


def _status_page(status: str) -> Response:
    html = render.composer().page("status.html", render.context() | {"status": status, "message": ""},
                                  g.get("theme", ()))
    return render.answer(html, 503)


def _gate(who: Scope) -> None:
    """Let pass only what is on for this tenant and what this person may knock at; else it is not there."""
    endpoint = request.endpoint or _beside()
    if endpoint is None:
        return
    view = current_app.view_functions.get(endpoint)
    permission = routes.permission_of(view) if view else None
    if permission is None:
        raise NotFound
    if permission == routes.ANYONE:
        return
    plugin = permission.partition(".")[0]
    if not feature_on(who, plugin):
        raise NotFound
    if granted(who, permission) != "none":
        return
    if who.person is not None:
        raise NotFound
    if request.endpoint is not None:
        raise SignInNeeded


def _beside() -> str | None:
    """Give what answers this address by another method or spelling: where that is hidden, a 405 would tell."""
    error = request.routing_exception
    path, method = request.path, request.method
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        method = sorted(error.valid_methods)[0]
    elif isinstance(error, RequestRedirect):
        path = unquote(urlsplit(error.new_url).path)
    else:
        return None
    try:
        return str(current_app.url_map.bind("localhost").match(path, method=method)[0])
    except HTTPException:
        return None


def _finish(response: Response) -> Response:
    response.headers["X-Request-Id"] = g.get("request_id", "")
    who = scope.active()
    if who is not None:
        eyes.note_download(response)
        response.headers["Parlour-Config"] = str(who.config)
        session.finish(response)
        if g.get("chosen_language"):
            response.set_cookie("parlour_lang", g.chosen_language, max_age=31536000, samesite="Lax", httponly=True,
                                secure=session.secure(), path="/")
        if session.secure():
            response.headers["Strict-Transport-Security"] = "max-age=31536000"
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers.setdefault("Content-Security-Policy", CSP)
    if "Cache-Control" not in response.headers:
        secret = request.path.startswith(BY_LETTER)
        response.headers["Cache-Control"] = "private, no-store" if secret or (who and who.person) else "no-cache"
    return response


def trust_proxies(app: Flask, proxies: tuple[str, ...]) -> None:
    """Believe forwarded addresses only where the connection comes from a configured proxy."""
    if not proxies:
        return
    networks = [ipaddress.ip_network(proxy, strict=False) for proxy in proxies]
    plain, fixed = app.wsgi_app, ProxyFix(app.wsgi_app, x_for=1, x_proto=1, x_host=0)

    def choose(environ: Any, start: Any) -> Any:
        try:
            peer = ipaddress.ip_address(environ.get("REMOTE_ADDR", ""))
        except ValueError:
            return plain(environ, start)
        trusted = any(peer in network for network in networks)
        return (fixed if trusted else plain)(environ, start)

    app.wsgi_app = choose  # type: ignore[assignment,method-assign]
