"""Every main page keeps what axe can check, for customers and staff, light and dark, in both directions."""

from __future__ import annotations

import re

import pytest
from axe_playwright_python.sync_playwright import Axe

GUEST, CUSTOMER, ADMIN = "", "maria@alfreds.example", "ada@acme.example"
SHARED = ("/", "/tickets", "/tickets/{ticket}", "/tickets/new", "/notifications", "/search?q=a", "/account",
          "/nowhere")
PAGES = [
    *((GUEST, path) for path in ("/sign-in", "/reset", "/nowhere", "/search?q=a", "/announcements")),
    *((CUSTOMER, path) for path in (*SHARED, "/account/company/alfreds", "/account/security",
                                   "/account/two-factor", "/account/passkeys", "/account/confirm",
                                   "/account/password")),
    *((ADMIN, path) for path in (*SHARED, "/inbox", "/settings", "/settings/features", "/settings/general",
                                 "/settings/appearance", "/settings/security", "/settings/features/tickets",
                                 "/settings/at/features/tickets/categories", "/settings/at/features/tickets/teams",
                                 "/settings/at/companies/alfreds", "/settings/search?q=logo", "/settings/review",
                                 "/settings/mail", "/settings/mail/waiting", "/settings/mail/texts",
                                 "/settings/mail/texts/signin.reset/en", "/settings/mail/texts/tickets.replied/ar",
                                 "/settings/plugins", "/settings/versions", "/people",
                                 "/people/invite", "/people/teams", "/people/explain", "/companies",
                                 "/companies/alfreds", "/audit", "/searches", "/announcements",
                                 "/announcements/new")),
]
LOOKS = [(dark, language, phone) for dark in (False, True) for language in ("en", "ar") for phone in (False, True)]
QUICK = [(GUEST, "/sign-in", True, "ar", False), (CUSTOMER, "/tickets", False, "en", True),
         (CUSTOMER, "/tickets/{ticket}", True, "en", False), (CUSTOMER, "/tickets/new", False, "ar", False),
         (ADMIN, "/inbox", False, "en", False), (ADMIN, "/people", True, "ar", False),
         (ADMIN, "/settings/appearance", False, "en", False),
         (ADMIN, "/settings/at/features/tickets/teams", True, "ar", True)]


def filled(served, who, path):
    """Put the number of a ticket that somebody may see into a path."""
    if "{ticket}" in path:
        shown = served.visitor(who).get("/tickets").text + served.visitor(who).get("/inbox").text
        path = path.format(ticket=re.findall(r'data-record="ticket/([^"]+)"', shown)[0])
    return served.portal.url + path


def violations(page, address, language):
    """Open a page in a language and give what axe says against it."""
    join = "&" if "?" in address else "?"
    answer = page.goto(f"{address}{join}lang={language}", wait_until="load")
    assert answer.status == (404 if "/nowhere" in address else 200), address
    assert page.locator("html").get_attribute("dir") == ("rtl" if language == "ar" else "ltr")
    found = Axe().run(page).response
    assert len(found["passes"]) > 10, "axe looked at it"
    return [(address, one["id"], node["html"][:200], node.get("failureSummary", "")[:300])
            for one in found["violations"] for node in one["nodes"]]


@pytest.mark.browser
@pytest.mark.parametrize(("who", "path", "dark", "language", "phone"), QUICK)
def test_nothing_bars_anybody(served, tabs, who, path, dark, language, phone):
    page = served.page(tabs, who, dark=dark, phone=phone)
    assert not violations(page, filled(served, who, path), language)


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.parametrize(("dark", "language", "phone"), LOOKS)
@pytest.mark.parametrize("who", [GUEST, CUSTOMER, ADMIN], ids=["guest", "customer", "admin"])
def test_no_page_bars_anybody_in_any_look(served, tabs, who, dark, language, phone):
    page, found = served.page(tabs, who, dark=dark, phone=phone), []
    for somebody, path in PAGES:
        if somebody == who:
            found += violations(page, filled(served, who, path), language)
    assert not found
