"""Axe finds nothing on any page somebody can reach, for guests, customers and staff, in every look.

`make test` looks at each kind of page once, the looks taking turns; the long run at each in all of them.
"""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe

from support.crawl import kind_of_page, reachable

CUSTOMER, AGENT, ADMIN = "maria@alfreds.example", "ben@acme.example", "ada@acme.example"
WHO = {"": "", "customer": CUSTOMER, "staff": ADMIN}
LOOKS = [(dark, language, phone) for dark in (False, True) for language in ("en", "ar") for phone in (False, True)]
"""Colours, language (and so direction), width."""

LEAST = {"": 10, "customer": 24, "staff": 70}
"""Kinds of page each of them reaches at least: fewer, and the walk has lost its way."""

FORMS = {"": ("/sign-in", "/reset"), "customer": ("/tickets/new", "/account"),
         "staff": ("/announcements/new", "/companies/new", "/content/new", "/people/invite")}
"""Forms that are sent empty, for the page that says what is to be put right."""


ALIKE = ("/account", "/register", "/reset", "/notifications", "/search", "/kb")
"""Pages that are the same for staff as for customers, who look at them."""


@pytest.fixture(scope="module")
def walk(served):
    """The pages of somebody, in an order that does not change, with the page for what is not there."""
    known = {}

    def of(who):
        if who not in known:
            found = reachable(served.visitor(WHO[who]), who)
            assert len(found) >= LEAST[who], sorted(found)
            known[who] = [path for kind, path in found.items() if who != "staff" or not kind.startswith(ALIKE)]
        return [*known[who], "/nowhere"]

    return of


def look_at(page, address, language):
    """Open a page in a language and give what axe says against it, and how far it is wider than the screen."""
    join = "&" if "?" in address else "?"
    answer = page.goto(f"{address}{join}lang={language}", wait_until="load")
    assert answer.status == (404 if "/nowhere" in address else 200), address
    assert page.locator("html").get_attribute("dir") == ("rtl" if language == "ar" else "ltr")
    return judge(page, address)


def judge(page, address):
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response
    assert len(found["passes"]) > 10, "axe looked at it"
    wrong = [(address, one["id"], node["html"][:200], node.get("failureSummary", "")[:300])
             for one in found["violations"] for node in one["nodes"]]
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return wrong + ([(address, f"{wide} pixels wider than the screen")] if wide > 0 else [])


def pages_of(served, tabs, who):
    """Give a function that opens one page of this person per look, each once."""
    opened = {}

    def give(look):
        if look not in opened:
            opened[look] = served.page(tabs, WHO[who], dark=look[0], phone=look[2])
        return opened[look]

    return give


@pytest.mark.browser
@pytest.mark.parametrize("part", [0, 1, 2])
@pytest.mark.parametrize("who", WHO, ids=["guest", "customer", "staff"])
def test_no_page_bars_anybody(served, tabs, walk, who, part):
    page, wrong = pages_of(served, tabs, who), []
    for number, path in enumerate(walk(who)):
        if number % 3 == part:
            look = LOOKS[(number // 3 + part) % len(LOOKS)]
            wrong += look_at(page(look), served.portal.url + path, look[1])
    assert not wrong, "\n".join(map(str, wrong))


@pytest.mark.browser
@pytest.mark.parametrize("who", WHO, ids=["guest", "customer", "staff"])
def test_no_page_with_mistakes_bars_anybody(served, tabs, who):
    page, wrong = pages_of(served, tabs, who), []
    for number, path in enumerate(FORMS[who]):
        look = LOOKS[(number * 3 + 2) % len(LOOKS)]
        one = page(look)
        one.goto(f"{served.portal.url}{path}?lang={look[1]}")
        one.evaluate("document.querySelectorAll('main form').forEach(form => form.noValidate = true)")
        one.locator("main form[method=post] button.primary:visible").first.click()
        one.wait_for_load_state()
        wrong += judge(one, path)
    assert not wrong, "\n".join(map(str, wrong))


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("who", WHO, ids=["guest", "customer", "staff"])
def test_no_page_bars_anybody_in_any_look(served, tabs, walk, who, look):
    page, wrong = pages_of(served, tabs, who)(look), []
    for path in walk(who):
        wrong += look_at(page, served.portal.url + path, look[1])
    assert not wrong, "\n".join(map(str, wrong))


@pytest.mark.parametrize(("path", "kind"), [
    ("/tickets/TKT-021/edit", "/tickets/*/edit"), ("/kb/c/first-steps", "/kb/c/*"), ("/kb/scale?x=1", "/kb/*"),
    ("/people/HIFo1RaPPSlfPxAWBoSpkQ", "/people/*"), ("/people/new", "/people/new"),
    ("/settings/at/companies/alfreds", "/settings/at/companies/*"), ("/", "/")])
def test_pages_of_one_kind_are_known_as_such(path, kind):
    assert kind_of_page(path) == kind
