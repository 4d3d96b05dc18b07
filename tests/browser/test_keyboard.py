"""Four journeys without a mouse, scripts on and off: each stop is seen, and nothing traps whoever tabs along."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest
from playwright.sync_api import Page, expect

from support.browser import Tabs
from support.needs import ROOT
from support.servers import Portal, PortalFolder

pytestmark = [pytest.mark.browser, pytest.mark.engines("sqlite")]

AT = """() => { const at = document.activeElement; if (!at || at === document.body) return null;
  const style = getComputedStyle(at), box = at.getBoundingClientRect();
  const name = at.getAttribute('aria-label') || at.labels?.[0]?.innerText || at.innerText || at.title || at.value;
  return {tag: at.tagName, id: at.id, fieldName: at.name || '', href: at.getAttribute('href') || '',
    name: (name || '').replace(/\\s+/g, ' ').trim(),
    ring: parseFloat(style.outlineWidth) > 0 && style.outlineStyle !== 'none' || at.matches('[tabindex="-1"]'),
    seen: box.width > 0 && box.height > 0} }"""


@pytest.fixture(params=["scripts on", "scripts off"])
def scripts(request: pytest.FixtureRequest) -> bool:
    return bool(request.param == "scripts on")


@pytest.fixture
def typist(portal_folder: Callable[..., PortalFolder], database_url: str, tabs: Tabs, scripts: bool,
           serve: Callable[..., AbstractContextManager[Portal]]) -> Iterator[Callable[[str], Typist]]:
    """The demo portal, and somebody with a keyboard before its sign-in page."""
    folder = portal_folder(database=database_url)
    folder.write((ROOT / "portal.yaml").read_text())
    shutil.copytree(ROOT / "themes", folder.path / "themes", dirs_exist_ok=True)
    told = folder.demo()
    passwords = {one["address"]: one["password"] for tenant in told["tenants"].values()
                 for one in tenant["people"]}

    def sit_down(address: str = "") -> Typist:
        page = tabs.open(scripts=scripts)
        page.goto(folder.origin() + "/sign-in")
        one = Typist(page)
        if address:
            one.to(field="email").write(address)
            one.to(field="password").write(passwords[address]).press("Enter")
            page.wait_for_url(lambda url: "/sign-in" not in url)
        return one

    with serve(folder, workers=1):
        yield sit_down


class Typist:
    """Somebody who has a keyboard only: Tab until it is there, look, type, Enter."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def press(self, *keys: str) -> Typist:
        for key in keys:
            self.page.keyboard.press(key)
        return self

    def write(self, text: str) -> Typist:
        self.press("Control+a")
        self.page.keyboard.type(text)
        return self

    def to(self, name: str = "", *, field: str = "", href: str = "", most: int = 150) -> Typist:
        """Tab to what is called like this; every stop on the way is seen and has a ring around it."""
        for _step in range(most):
            self.page.keyboard.press("Tab")
            at = self.page.evaluate(AT)
            if at is None:
                continue
            assert at["seen"], f"focus is on something nobody sees: {at}"
            assert at["ring"], f"nobody sees where focus is: {at}"
            if (not name or re.search(name, at["name"])) and (not field or at["fieldName"] == field) and (
                    not href or at["href"] == href):
                return self
        raise AssertionError(f"tabbing never reaches {name or field or href}")

    def go(self, name: str = "", *, href: str = "") -> Typist:
        """Tab to a link or button and take it; wait for what it leads to."""
        before = self.page.url
        self.to(name, href=href).press("Enter")
        self.page.wait_for_url(lambda url: url != before)
        self.page.wait_for_load_state()
        return self


def test_a_guest_finds_an_article(typist: Callable[..., Typist], scripts: bool) -> None:
    me = typist()
    me.page.goto(me.page.url)
    me.press("Tab")
    assert me.page.evaluate(AT)["href"] == "#main", "the first stop skips to the content"
    me.press("Enter")
    assert me.page.evaluate("document.activeElement.id") == "main"
    me.page.goto(me.page.url.split("#")[0])
    me.go(href="/kb")
    me.to(field="q").write("printer")
    me.press("Enter")
    me.page.wait_for_url(re.compile(r"q=printer"))
    me.go(href=str(me.page.locator("main a[href^='/kb/']").first.get_attribute("href")))
    expect(me.page.locator("h1")).to_be_visible()
    me.to("Yes", most=80)


def test_a_customer_asks_replies_and_resolves(typist: Callable[..., Typist], scripts: bool) -> None:
    me = typist("maria@alfreds.example")
    me.go(href="/tickets").go(href="/tickets/new")
    me.to(field="category").press("Space")
    me.to(field="subject").write("The keyboard is all I have")
    me.to(field="body").write("Nothing else works today.")
    if scripts:
        me.page.wait_for_timeout(700)  # offers come and go; focus stays where one types
        assert me.page.evaluate(AT)["fieldName"] == "body"
    me.to("^Send$").press("Enter")
    me.page.wait_for_url(re.compile(r"/tickets/TKT-\d+"))
    me.to(field="body").write("One more thing.")
    me.to("Send reply").press("Enter")
    expect(me.page.locator("#conversation")).to_contain_text("One more thing.")
    at = me.page.evaluate(AT)
    assert at is None or at["seen"], "after the answer focus is on something that is there"
    me.to("(?i)resolved").press("Enter")
    expect(me.page.locator("main")).to_contain_text(re.compile("resolved", re.IGNORECASE))


def test_an_agent_answers_from_the_inbox(typist: Callable[..., Typist], scripts: bool) -> None:
    me = typist("ben@acme.example")
    me.go(href="/inbox")
    first = me.page.locator("[data-rows] .row > a").first
    href = str(first.get_attribute("href"))
    if scripts:
        me.press("j")
        assert me.page.evaluate(AT)["href"] == href, "j goes to the first row"
        me.press("Enter")
        me.page.wait_for_url(re.compile(r"/tickets/"))
    else:
        me.go(href=href)
    me.to(field="body").write("It is on its way.")
    me.to("Send reply").press("Enter")
    expect(me.page.locator("#conversation")).to_contain_text("It is on its way.")


def test_an_admin_switches_colours_and_invites(typist: Callable[..., Typist], scripts: bool) -> None:
    me = typist("ada@acme.example")
    me.go(href="/settings").go(href="/settings/features")
    me.to(field="on")
    while me.page.evaluate("document.activeElement.value") != "kb":
        me.to(field="on")
    me.press("Space")
    me.to("^Save$").press("Enter")
    expect(me.page.locator(".toast").first).to_contain_text("Knowledge base: off")
    me.go(href="/settings/appearance")
    me.to(field="theme.accent").write("#7c3aed")
    me.to("^Save and publish$").press("Enter")
    expect(me.page.locator(".toast").first).to_contain_text("Saved")
    me.go(href="/people").go(href="/people/invite")
    me.to(field="email").write("by.keyboard@example.com")
    me.to("Send the invitation").press("Enter")
    expect(me.page.locator(".toast").first).to_be_visible()
    expect(me.page.locator("main")).to_contain_text("by.keyboard@example.com")
