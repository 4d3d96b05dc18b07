"""A request from end to end in Chromium: asked, taken, answered, noted, resolved; with scripts and without."""

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


@pytest.fixture
def folder(portal_folder: Callable[..., PortalFolder], database_url: str) -> PortalFolder:
    made = portal_folder(database=database_url)
    made.write((ROOT / "portal.yaml").read_text())
    shutil.copytree(ROOT / "themes", made.path / "themes", dirs_exist_ok=True)
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


def test_a_request_from_the_first_word_to_resolved(folder, demo, tabs: Tabs):
    for scripts in (True, False):
        customer, agent = tabs.open(scripts=scripts, phone=True), tabs.open(scripts=scripts)
        enter(customer, folder, "maria@alfreds.example", demo["maria@alfreds.example"])
        enter(agent, folder, "ben@acme.example", demo["ben@acme.example"])
        _asked(customer, folder, scripts=scripts)
        _worked_on(agent, folder, customer.url, scripts=scripts)
        _resolved(customer)


def _asked(page: Page, folder: PortalFolder, *, scripts: bool) -> None:
    page.goto(folder.origin() + "/tickets/new")
    page.fill("[name=subject]", "The lamp flickers")
    page.get_by_label("Something is broken").check()
    if not scripts:
        page.get_by_role("button", name="Show the fields for this").click()
    expect(page.locator("[name=serial]")).to_be_visible()
    expect(page.locator("[name=subject]")).to_have_value("The lamp flickers")
    page.fill("[name=serial]", "AC-7")
    page.get_by_role("button", name="Send").click()
    expect(page.locator("[name=subject]")).to_have_value("The lamp flickers")
    page.fill("[name=body]", "Every evening at six.")
    page.get_by_role("button", name="Send").click()
    page.wait_for_url(re.compile(r"/tickets/TKT-\d+$"))
    expect(page.locator("#main")).to_contain_text("Every evening at six.")


def _worked_on(page: Page, folder: PortalFolder, address: str, *, scripts: bool) -> None:
    page.goto(folder.origin() + "/inbox?view=open")
    page.get_by_role("link", name="The lamp flickers").first.click()
    page.evaluate("window.stays = true") if scripts else None
    page.get_by_role("button", name="Assign to me").click()
    expect(page.locator("#conversation")).to_contain_text("takes care of this")
    page.get_by_label("Your reply").fill("We send a new one.")
    page.get_by_role("button", name="Send reply").click()
    expect(page.locator("#conversation")).to_contain_text("We send a new one.")
    page.get_by_text("Add an internal note").click()
    page.get_by_label("Internal note", exact=True).fill("Third lamp this week.")
    page.get_by_role("button", name="Save note").click()
    expect(page.locator("#conversation")).to_contain_text("Third lamp this week.")
    expect(page.get_by_label("Your reply")).to_have_value("")
    assert page.url == address
    if scripts:
        assert page.evaluate("window.stays") is True, "each act answered in place"


def _resolved(page: Page) -> None:
    page.reload()
    expect(page.locator("#conversation")).to_contain_text("We send a new one.")
    assert "Third lamp" not in page.content()
    page.get_by_role("button", name="Mark as resolved").click()
    expect(page.locator("#conversation")).to_contain_text("marked this as resolved")
    expect(page.get_by_role("button", name="Mark as resolved")).to_have_count(0)


def test_what_was_typed_waits_while_somebody_signs_in_again(folder, demo, tabs: Tabs):
    page = tabs.open()
    enter(page, folder, "maria@alfreds.example", demo["maria@alfreds.example"])
    page.goto(folder.origin() + "/tickets/new")
    page.fill("[name=subject]", "The lamp flickers")
    page.fill("[name=body]", "Every evening at six.")
    page.context.clear_cookies()
    page.get_by_role("button", name="Send").click()
    page.wait_for_url(re.compile("/sign-in"))
    page.fill("[name=email]", "maria@alfreds.example")
    page.fill("[name=password]", demo["maria@alfreds.example"])
    page.press("[name=password]", "Enter")
    page.wait_for_url(re.compile("/tickets/new"))
    expect(page.locator("[name=subject]")).to_have_value("The lamp flickers")
    expect(page.locator("[name=body]")).to_have_value("Every evening at six.")
