"""Pages for people who are not signed in: kept per tenant and language, answered by 304 where nothing changed."""

from __future__ import annotations

import hashlib
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from flask import Response, current_app, g, make_response, request

from core.data import access, scope
from core.data.records import Record, removals
from core.data.scope import Scope
from core.look import language
from core.web.render import further, wants_fragment

KEPT = 8 * 1024 * 1024
"""Bytes of pages a process keeps."""

LASTS = 60.0
"""Seconds after which a page is drawn anew in any case: what nothing announces, such as what is read most."""

VARIES = ("Accept-Language", "Cookie")
KNOWN = frozenset({"lang"})
"""Parameters that a kept page may have; with any other it is drawn for this request alone."""

Drawn = tuple[Response, Callable[[], None] | None]


@dataclass(frozen=True)
class _Page:
    """A kept page; `seen` is called each time somebody gets it."""

    html: bytes
    etag: str
    stamp: tuple[Any, ...]
    until: float
    type: str
    seen: Callable[[], None] | None


_pages: OrderedDict[tuple[Any, ...], _Page] = OrderedDict()
_lock = threading.Lock()
_size = 0


def page(kinds: Sequence[str], draw: Callable[[], Drawn]) -> Response:
    """Answer with what `draw` gives, from what is kept where a guest asks and no record of `kinds` changed since.

    `draw` gives the answer and what to do each time it is given to somebody (count it), or None. What is kept
    belongs to a tenant, its configuration and look, and a language; rights of guests follow from these and from
    the records. Whoever is signed in, asks for a fragment or has a message waiting gets a page of their own.
    """
    who = scope.current()
    if who.person is not None or request.method not in ("GET", "HEAD") or wants_fragment() \
            or "parlour_flash" in request.cookies:
        response, seen = draw()
        if seen is not None:
            seen()
        return response
    return _conditional(_kept(who, kinds, draw) if set(request.args) <= KNOWN else _fresh(draw, (), 0.0))


@contextmanager
def asking() -> Iterator[Scope]:
    """Work as somebody who is not signed in, whoever asks."""
    with scope.acting(None) as who:
        yield who


def _kept(who: Scope, kinds: Sequence[str], draw: Callable[[], Drawn]) -> _Page | Response:
    key, stamp, now = _key(who), _stamp(kinds), time.monotonic()
    with _lock:
        known = _pages.get(key)
    if known is not None and known.stamp == stamp and known.until > now:
        return known
    made = _fresh(draw, stamp, now + LASTS)
    if isinstance(made, _Page):
        _keep(key, made)
    return made


def _key(who: Scope) -> tuple[Any, ...]:
    """Say everything a guest's page depends on beside its records."""
    site = current_app.extensions["parlour"].looks.site(who.settings, "")
    return (who.tenant_id, who.config, request.path, request.args.get("lang", ""), language.current(),
            site, g.get("theme", ()), further())


def _stamp(kinds: Sequence[str]) -> tuple[Any, ...]:
    """Say when the tenant's records of these kinds last changed, whoever may see them, and how many are gone."""
    with scope.system("validators of guests' pages"):
        latest = [access.listed(kind, ("latest",), lambda query: query.order_by(Record.touched.desc()).limit(1),
                               columns=(Record.id, Record.touched)) for kind in kinds]
        return (*(rows[0] if rows else None for rows in latest), removals(kinds))


def _fresh(draw: Callable[[], Drawn], stamp: tuple[Any, ...], until: float) -> _Page | Response:
    response, seen = draw()
    if response.status_code != 200:
        return response
    html = response.get_data()
    return _Page(html, hashlib.sha256(html).hexdigest()[:24], stamp, until, response.headers["Content-Type"], seen)


def _keep(key: tuple[Any, ...], made: _Page) -> None:
    """Keep a page, and let those go that nobody asked for longest."""
    global _size  # noqa: PLW0603 - one figure per process, under the lock
    with _lock:
        before = _pages.pop(key, None)
        _size += len(made.html) - (len(before.html) if before else 0)
        _pages[key] = made
        while _size > KEPT and _pages:
            _size -= len(_pages.popitem(last=False)[1].html)


def _conditional(found: _Page | Response) -> Response:
    """Answer with a page, or with 304 where the browser has it already (RFC 9110, 13)."""
    if not isinstance(found, _Page):
        return found
    if found.seen is not None:
        found.seen()
    response = make_response(found.html, 200)
    response.headers["Content-Type"] = found.type
    response.set_etag(found.etag)
    for name in ("HX-Request", *VARIES):
        response.vary.add(name)
    response.make_conditional(request)
    return response
