"""A page, or a piece of it: the one function that decides, and the only room that knows htmx-flask."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from flask import Request, Response, current_app, g, make_response, request
from htmx_flask.requests import HtmxAwareRequest
from markupsafe import Markup

from core.data import scope
from core.data.access import feature_on, granted
from core.look import language
from core.look.compose import Composer
from core.parts import Nav
from core.web import session

log = logging.getLogger("parlour.request")


class ParlourRequest(HtmxAwareRequest, Request):  # type: ignore[misc]
    """A request that knows htmx's headers, with the portal's limits."""

    max_form_parts = 1000
    max_form_memory_size = 2_000_000


@dataclass(frozen=True)
class Link:
    """A navigation entry as one person sees it on one page."""

    title: str
    href: str
    icon: str
    current: bool = False
    badge: int = 0


def wants_fragment() -> bool:
    """Say whether htmx asks for a piece: not for a boosted visit, not to restore history."""
    htmx: Any = request.htmx  # type: ignore[attr-defined]
    return bool(htmx) and not htmx.boosted and not htmx.history_restore_request


def composer() -> Composer:
    """Give the process's templates."""
    found: Composer = current_app.extensions["parlour.composer"]
    return found


def navigation(area: str) -> list[Link]:
    """Give the entries of an area this person may use, with the current one marked."""
    who = scope.current()
    entries: list[Link] = []
    for nav in who.registry.navigation:
        if nav.area == area and feature_on(who, nav.plugin) and granted(who, nav.permission) != "none":
            if nav.title:
                entries.append(Link(language_title(nav), nav.path, nav.icon, badge=_badge(nav)))
            entries += [Link(title, path, nav.icon) for title, path in _more(nav)]
    here = max((entry.href for entry in entries if _current(entry.href)), key=len, default=None)
    return [replace(entry, current=entry.href == here) for entry in entries]


def _badge(nav: Nav) -> int:
    """Ask what waits behind an entry; a count that fails is left out, the page is not."""
    try:
        return nav.badge() if nav.badge else 0
    except Exception:
        log.exception("plugin '%s' cannot count what waits at %s", nav.plugin, nav.path)
        return 0


def _more(nav: Nav) -> Sequence[tuple[str, str]]:
    """Ask for the entries that stand after one; where that fails they are left out, the page is not."""
    try:
        return nav.more() if nav.more else ()
    except Exception:
        log.exception("plugin '%s' cannot say which entries stand beside %s", nav.plugin, nav.path)
        return ()


def further() -> tuple[tuple[str, str], ...]:
    """Give the entries of the navigation that are known only when asked, for who keeps whole pages."""
    who = scope.current()
    return tuple(pair for nav in who.registry.navigation if nav.more and feature_on(who, nav.plugin)
                 and granted(who, nav.permission) != "none" for pair in _more(nav))


def language_title(nav: Nav) -> str:
    """Say a navigation entry's title in the person's language."""
    translate: Callable[[str], str] = current_app.extensions["parlour.gettext"]
    return translate(nav.title)


def _current(path: str) -> bool:
    return request.path == path or (path != "/" and request.path.startswith(path + "/"))


def context(block: str = "") -> dict[str, Any]:
    """Give what every page knows: site, person, navigation, language, waiting messages.

    Where only a `block` is drawn, navigation is put together when it is asked for, and the bell is not counted.
    """
    who = scope.active()
    frame: Callable[[str], dict[str, Any]] = current_app.extensions["parlour.frame"]
    shared = {"title": "", "scheme": "", "lang": language.current(), "dir": language.direction(language.current())}
    if who is None:
        return shared | {"site": None, "me": None, "nav": [], "staff_nav": [], "account_nav": [], "messages": []}
    return shared | frame(block)


def render(template: str, /, *, block: str | tuple[str, ...] = (), status: int = 200, **values: Any) -> Response:
    """Answer with a page, or with one block of it where htmx asks for that.

    `block` names the block (or blocks) that may be asked for alone; which one is told by the id of the
    element htmx will put it into. `values` are the template's variables.
    """
    blocks = (block,) if isinstance(block, str) else block
    theme = g.get("theme", ())
    if blocks and wants_fragment():
        target = str(request.htmx.target or "")  # type: ignore[attr-defined]
        chosen = target if target in blocks else blocks[0]
        html = composer().block(template, chosen, context(chosen) | values, theme)
    else:
        html = composer().page(template, context() | values, theme)
    return answer(html, status)


def answer(html: str, status: int = 200) -> Response:
    """Make an HTML answer that no cache mixes up with its fragment."""
    response = make_response(html, status)
    response.headers["Content-Type"] = "text/html; charset=utf-8"
    response.vary.add("HX-Request")
    return response


def page(title: str, text: str | Markup = "", *, status: int = 200) -> Response:
    """Answer with the smallest themed page: a title and a text."""
    return render("page.html", status=status, title=title, text=text)


def piece(template: str, /, **values: Any) -> Markup:
    """Draw a template without the frame, to stand inside another page: a panel of the home page."""
    return Markup(composer().page(template, values, g.get("theme", ())))  # noqa: S704 - templates escape


def redirect(path: str, *, message: str = "", kind: str = "good", stay: bool = False) -> Response:
    """Send the person on after a change, with a message for the next page; htmx follows in place.

    `stay` says that `path` is the page the form stands on: htmx then fetches only the block it asked for.
    """
    if message:
        session.flash(message, kind)
    response = make_response("", 303)
    response.headers["Location"] = path
    if wants_fragment() and not stay:
        response.status_code = 204
        response.headers["HX-Redirect"] = path
        del response.headers["Location"]
    return response
