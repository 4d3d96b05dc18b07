"""What is typed on a page of settings and left at once by an address is collected all the same."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from playwright.sync_api import expect

from support.browser import Tabs
from support.needs import ROOT
from support.servers import Portal, PortalFolder

pytestmark = [pytest.mark.browser, pytest.mark.engines("sqlite")]


def test_a_value_typed_and_left_by_address_at_once_is_in_the_review(
        portal_folder: Callable[..., PortalFolder], database_url: str, tabs: Tabs,
        serve: Callable[..., AbstractContextManager[Portal]]) -> None:
    folder = portal_folder(database=database_url)
    folder.write((ROOT / "portal.yaml").read_text())
    told = folder.demo()
    password = next(person["password"] for tenant in told["tenants"].values() for person in tenant["people"]
                    if person["address"] == "ada@acme.example")
    with serve(folder, workers=1):
        page = tabs.open()
        page.goto(folder.origin() + "/sign-in")
        page.fill("[name=email]", "ada@acme.example")
        page.fill("[name=password]", password)
        page.press("[name=password]", "Enter")
        page.wait_for_url(lambda url: "/sign-in" not in url)

        page.goto(folder.origin() + "/settings/general")
        page.get_by_label("Phone", exact=True).fill("+49 30 1")
        page.goto(folder.origin() + "/settings/review")
        expect(page.locator(".said")).to_contain_text("+49 30 1")

        page.goto(folder.origin() + "/settings/general")
        page.get_by_label("Website", exact=True).fill("https://acme.example")
        page.locator("nav.side-nav").get_by_role("link", name="Security", exact=True).click()
        expect(page.locator("h1")).to_have_text("Security")
        page.goto(folder.origin() + "/settings/review")
        expect(page.locator(".said")).to_contain_text("https://acme.example")

        page.goto(folder.origin() + "/settings/general")
        page.get_by_label("Phone", exact=True).fill("+49 30 2")
        page.get_by_role("button", name="Discard", exact=True).click()
        page.goto(folder.origin() + "/settings/review")
        expect(page.locator(".said")).to_have_count(0)
