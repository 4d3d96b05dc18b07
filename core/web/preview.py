"""Real pages with settings that are not saved yet, for the eyes of the admin who typed them and nobody else's."""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from flask import Response, current_app, g, make_response, request
from markupsafe import escape
from werkzeug.exceptions import HTTPException

from core.config.loader import Path
from core.config.proposal import laid_over, to_json
from core.data import scope
from core.data.access import granted
from core.errors import NotFound, ParlourError
from core.look import language
from core.look.colour import contrast
from core.look.i18n import N_
from core.look.i18n import gettext as _
from core.look.site import Site
from core.look.theme import Asset, Theme
from core.web import deliver, drafting, policy, render, routes

log = logging.getLogger("parlour.request")

PAGES = {"home": (N_("Home"), "/"), "sign-in": (N_("Sign-in"), "/sign-in"), "tickets": (N_("Tickets"), "/tickets"),
         "mail": (N_("Mail"), "")}
"""What can be looked at: its title and address; a mail has none."""

SCRIPT = re.compile(r"<script\b[^>]*></script>")

FILES = re.compile(r'"/theme/([^"/?]+)"')

GUESTS = ("sign-in",)
"""Pages that are shown as to somebody who is not signed in."""


def mark() -> str:
    """Name the settings as the draft has them: another draft, another mark."""
    who = scope.current()
    return hashlib.sha256(f"{who.config}:{to_json(drafting.draft().changes)}".encode()).hexdigest()[:16]


def look() -> tuple[Theme, Site]:
    """Give the look of the draft."""
    looks = current_app.extensions["parlour"].looks
    found: tuple[Theme, Site] = looks.trial(drafting.wanted(), mark())
    return found


def pages() -> list[tuple[str, str]]:
    """List what can be looked at with the draft: name and title; pages of features that are off are left out."""
    return [(name, _(title)) for name, (title, path) in PAGES.items() if not path or _view(path) is not None]


def _view(path: str) -> Any:
    """Find the view behind an address, if its feature is on with the draft."""
    try:
        endpoint, values = current_app.url_map.bind("localhost").match(path)
    except HTTPException:
        return None
    view = current_app.view_functions[endpoint]
    permission = routes.permission_of(view) or ""
    plugin = permission.partition(".")[0]
    features = drafting.wanted().features
    if permission != routes.ANYONE and not (plugin in features and features[plugin].enabled):
        return None
    return lambda: view(**values)


def page(name: str, scheme: str) -> Response:
    """Draw one of PAGES with the draft, light or dark. Raises NotFound for any other."""
    if name not in dict(pages()) or scheme not in ("light", "dark"):
        raise NotFound
    theme, site = look()
    if name == "mail":
        return policy.for_frame(_mail(theme, site), styles="'unsafe-inline'")
    who = scope.current()
    seen = replace(who, settings=drafting.wanted(), person=None if name in GUESTS else who.person)
    return _drawn(_view(PAGES[name][1]), seen, theme, site, scheme)


def form(address: str, scheme: str, changes: Mapping[Path, Any] | None = None, *, guest: bool = False,
         customer: bool = False) -> Response:
    """Draw the page of a form with the draft, and with further changes that only show it. Raises NotFound.

    It is drawn as a `guest` sees it, as a `customer` of no company, or as whoever asks.
    """
    view = _view(address.partition("?")[0])
    if view is None or scheme not in ("light", "dark"):
        raise NotFound
    theme, site = look()
    who, settings = scope.current(), drafting.wanted()
    if changes:
        settings = settings.proposed(laid_over(settings.own.data, changes))
    person = replace(who.me, role="", memberships=()) if customer else who.person
    seen = replace(who, settings=settings, person=None if guest else person)
    return _drawn(view, seen, theme, site, scheme)


def of(draw: Callable[[], Any], scheme: str) -> Response:
    """Draw anything in the look of the draft, in a frame that runs, sends and leads nowhere."""
    if scheme not in ("light", "dark"):
        raise NotFound
    return _drawn(draw, scope.current(), *look(), scheme)


def company_look(identifier: str, theme: Mapping[str, str]) -> tuple[Theme, Site]:
    """Give the look a company would have with this for its own theme."""
    looks = current_app.extensions["parlour"].looks
    settings = scope.current().settings
    wanted = settings.proposed(laid_over(settings.own.data, {("companies", identifier, "theme"): dict(theme)}))
    told = f"{scope.current().config}:{identifier}:{sorted(theme.items())}"
    found: tuple[Theme, Site] = looks.trial(wanted, hashlib.sha256(told.encode()).hexdigest()[:16], identifier)
    return found


def page_of_company(identifier: str, theme: Mapping[str, str], scheme: str) -> Response:
    """Draw the first page as a company's people would see it with this for its own theme. Raises NotFound."""
    if scheme not in ("light", "dark"):
        raise NotFound
    drawn = _drawn(_view("/"), scope.current(), *company_look(identifier, theme), scheme)
    place = f"/companies/{identifier}/look/files/"
    drawn.set_data(FILES.sub(lambda found: f'"{place}{found[1]}?{escape(urlencode(theme))}"',
                             drawn.get_data(as_text=True)))
    return drawn


def file_of_company(identifier: str, theme: Mapping[str, str], name: str) -> Response:
    """Answer with a file of the look a company would have with this theme, kept by no cache. Raises NotFound."""
    return _served(company_look(identifier, theme)[0].assets.get(name))


def _drawn(view: Any, seen: scope.Scope, theme: Theme, site: Site, scheme: str) -> Response:
    """Draw a page in a look that is only tried, so that it runs, sends and leads nowhere."""
    g.preview = {"site": site, "scheme": scheme, "_in_preview": True}
    before, g.theme = g.get("theme", ()), theme.templates
    try:
        with scope.enter(seen):
            drawn = make_response(view())
    except Exception as error:
        if not isinstance(error, ParlourError):
            log.exception("%s cannot be shown with what is tried", request.path)
        drawn = render.answer(_broken(), 200)
    finally:
        g.theme = before
        g.pop("preview", None)
    if drawn.status_code != 200:
        drawn = render.answer(_broken(), 200)
    drawn.set_data(SCRIPT.sub("", drawn.get_data(as_text=True)))
    return policy.for_frame(drawn)


def _broken() -> str:
    return render.composer().page("page.html", render.context() | {
        "title": _("Preview"), "text": _("This page cannot be shown with these settings.")})


def framed(html: str | None) -> Response:
    """Show a mail in a frame of its page; None says that there is nothing to show."""
    return policy.for_frame(render.answer(html if html is not None else _broken()), styles="'unsafe-inline'")


def _mail(theme: Theme, site: Site) -> Response:
    html = render.composer().page("mail/sample.html", {
        "site": site, "palette": theme.palette, "title": _("Where is my delivery?"), "preview": "",
        "button": (_("Open in the portal"), "#"), "why": _(
            "You get this because it concerns you at %(name)s.", name=site.name), "stop": "", "me": None,
        "lang": language.current(), "dir": language.direction(language.current())}, theme.templates)
    return render.answer(html)


def asset(name: str) -> Asset | None:
    """Give a file of the draft's look by its hashed name, to whoever may change the settings; else None."""
    if scope.current().person is None or granted(scope.current(), "settings.change") == "none":
        return None
    return look()[0].assets.get(name) if drafting.draft().changes else None


def served(name: str) -> Response:
    """Answer with a file of the draft's look, kept by no cache. Raises NotFound."""
    return _served(asset(name))


def _served(found: Asset | None) -> Response:
    response = deliver.asset(found)
    response.headers["Cache-Control"] = "private, no-store"
    return response


def contrasts(palette: Any = None) -> list[tuple[str, str, str, str, float, float]]:
    """Tell how well colours, else the draft's, can be read: scheme, what, colour, ground, contrast, least."""
    from_palette = palette or look()[0].palette
    found = []
    for scheme, colours in ((_("Light"), from_palette.light), (_("Dark"), from_palette.dark)):
        for title, front, ground, least in (
                (_("Text"), colours.text, colours.surface_0, 4.5),
                (_("Soft text"), colours.text_soft, colours.surface_1, 4.5),
                (_("Links"), colours.accent_strong, colours.surface_1, 4.5),
                (_("Buttons"), colours.on_accent, colours.accent, 4.5),
                (_("Bar"), colours.on_bar, colours.bar, 4.5)):
            found.append((scheme, title, front, ground, contrast(front, ground), least))
    return found
