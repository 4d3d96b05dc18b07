"""robots.txt (RFC 9309) and sitemap.xml (sitemaps.org 0.9), as somebody sees the portal who is not signed in."""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint, Response, make_response
from markupsafe import escape

from parlour import ANYONE, current, guests, links, requires

MOST = 50_000
"""Addresses in one sitemap."""

CLOSED = ("/api/", "/files/", "/search", "/sign-in?", "/sign-in/", "/register", "/reset", "/account",
          "/notifications", "/*?q=")
blueprint = Blueprint("crawlers", __name__)


@blueprint.get("/robots.txt")
@requires(ANYONE)
def robots() -> Response:
    """Say where search engines need not look, and where the list of pages is."""
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in CLOSED), "",
             f"Sitemap: {links.absolute('/sitemap.xml')}", ""]
    return make_response("\n".join(lines), 200, {"Content-Type": "text/plain; charset=utf-8"})


@blueprint.get("/sitemap.xml")
@requires(ANYONE)
def sitemap() -> Response:
    """List every page a guest may read, each language with its own address; whoever asks, it is the same."""
    kinds = [kind.name for kind in current().registry.kinds.values() if kind.open]
    with guests.asking():
        return guests.page(kinds, lambda: (_drawn(), None))


def _drawn() -> Response:
    pages = [page for kind in current().registry.kinds.values() if kind.open for page in kind.open()]
    xml = ('<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" '
           'xmlns:xhtml="http://www.w3.org/1999/xhtml">\n' + "".join(_entry(*page) for page in pages[:MOST])
           + "</urlset>\n")
    return make_response(xml, 200, {"Content-Type": "application/xml; charset=utf-8"})


def _entry(path: str, changed: datetime, languages: tuple[str, ...]) -> str:
    address = escape(links.absolute(path))
    others = "".join(f'<xhtml:link rel="alternate" hreflang="{code}" href="{address}?lang={code}"/>'
                     for code in languages if len(languages) > 1)
    return f"<url><loc>{address}</loc><lastmod>{changed:%Y-%m-%dT%H:%M:%SZ}</lastmod>{others}</url>\n"
