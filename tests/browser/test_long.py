"""What is long stays within the page: subjects and names of 200 letters without a space."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest
from playwright.sync_api import Page

from support.browser import Tabs
from support.needs import ROOT
from support.servers import Portal, PortalFolder

pytestmark = [pytest.mark.browser, pytest.mark.engines("sqlite")]

LONG = "W" * 200
"""The widest letter, as often as a subject allows."""

NAME = "M" * 200


@pytest.fixture
def folder(portal_folder: Callable[..., PortalFolder], database_url: str) -> PortalFolder:
    made = portal_folder(database=database_url)
    made.write((ROOT / "portal.yaml").read_text())
    (made.path / "themes").rmdir()
    (made.path / "themes").symlink_to(ROOT / "themes")
    return made


@pytest.fixture
def demo(folder: PortalFolder, serve: Callable[..., AbstractContextManager[Portal]]) -> Iterator[dict[str, str]]:
    told = folder.demo()
    with serve(folder, workers=1):
        yield {one["address"]: one["password"] for tenant in told["tenants"].values() for one in tenant["people"]}


def enter(page: Page, folder: PortalFolder, address: str, password: str) -> None:
    page.goto(folder.origin() + "/sign-in")
    page.fill("[name=email]", address)
    page.fill("[name=password]", password)
    page.press("[name=password]", "Enter")
    page.wait_for_url(lambda url: "/sign-in" not in url)


def rename(page: Page, folder: PortalFolder) -> None:
    page.goto(folder.origin() + "/account")
    page.fill("[name=name]", NAME)
    page.get_by_role("button", name="Save").click()
    page.wait_for_load_state()


def ask(page: Page, folder: PortalFolder, subject: str) -> str:
    page.goto(folder.origin() + "/tickets/new")
    assert page.get_attribute("[name=subject]", "maxlength") == "200"
    page.fill("[name=subject]", subject)
    page.fill("[name=body]", LONG)
    page.get_by_role("button", name="Send").click()
    page.wait_for_url(lambda url: "/tickets/new" not in url)
    return page.url.removeprefix(folder.origin())


def too_wide(page: Page) -> list[str]:
    """Name what stands out of the page; nothing if nothing does."""
    return page.evaluate("""() => document.documentElement.scrollWidth <= innerWidth ? [] :
        [location.pathname, ...[...document.querySelectorAll("body *")].filter((one) => {
            const box = one.getBoundingClientRect();
            return box.right > innerWidth + 1 || box.left < -1;
        }).slice(0, 12).map((one) => one.tagName + "." + one.className)]""")


def test_long_words_wrap_on_every_page(folder, demo, tabs: Tabs):
    customer, agent = tabs.open(), tabs.open()
    enter(customer, folder, "maria@alfreds.example", demo["maria@alfreds.example"])
    enter(agent, folder, "ben@acme.example", demo["ben@acme.example"])
    rename(customer, folder)
    ticket, _other = ask(customer, folder, LONG), ask(customer, folder, LONG)
    pages = ("/", "/tickets", ticket, "/search?q=" + LONG, "/notifications", "/account")
    inbox = ("/inbox", "/inbox?view=open&q=" + LONG)
    wrong = []
    for page, more in ((customer, ("/tickets/new", ticket + "/edit")), (agent, inbox)):
        for width in (390, 1280):
            page.set_viewport_size({"width": width, "height": 900})
            for path in pages + more:
                for language in ("en", "ar"):
                    page.goto(folder.origin() + path + ("&" if "?" in path else "?") + "lang=" + language)
                    wrong += [(width, language, *found)] if (found := too_wide(page)) else []
    assert wrong == []
