"""A canned answer goes into a reply with the keyboard alone; a role's sentence follows what is chosen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest
from playwright.sync_api import Page, expect

from support.browser import Tabs
from support.needs import ROOT
from support.servers import Portal, PortalFolder

pytestmark = [pytest.mark.browser, pytest.mark.engines("sqlite")]


@pytest.fixture
def page(portal_folder: Callable[..., PortalFolder], database_url: str,
         serve: Callable[..., AbstractContextManager[Portal]], tabs: Tabs) -> Iterator[Page]:
    """The admin of the demo portal, signed in."""
    folder = portal_folder(database=database_url)
    folder.write((ROOT / "portal.yaml").read_text())
    told = folder.demo()
    password = next(person["password"] for tenant in told["tenants"].values() for person in tenant["people"]
                    if person["address"] == "ada@acme.example")
    with serve(folder, workers=1):
        opened = tabs.open()
        opened.goto(folder.origin() + "/sign-in")
        opened.fill("[name=email]", "ada@acme.example")
        opened.fill("[name=password]", password)
        opened.press("[name=password]", "Enter")
        opened.wait_for_url(lambda url: "/sign-in" not in url)
        yield opened


def test_an_answer_is_written_found_by_typing_and_sent_with_its_status(page: Page) -> None:
    here = page.url.rstrip("/")
    page.goto(f"{here}/answers/new")
    page.fill("[name=title]", "Greeting")
    page.locator("[name=body]").press_sequentially("Hello {first_name}, about {number}.")
    expect(page.locator("#preview")).to_contain_text("Hello Maria, about TKT-042.")
    page.select_option("select[name=state]", "waiting")
    page.get_by_role("button", name="Save").click()
    page.goto(f"{here}/tickets/TKT-023")
    page.fill("#f-body", "Dear Victor")
    page.locator(".canned-open a").press("Enter")
    expect(page.locator("#canned-q")).to_be_focused()
    page.keyboard.type("greet")
    expect(page.locator("#canned-list li")).to_have_count(1)
    page.locator("#canned-list button").press("Enter")
    expect(page.locator("#f-body")).to_have_value("Dear Victor\n\nHello Victor, about TKT-023.")
    expect(page.locator("#f-body")).to_be_focused()
    page.get_by_role("button", name="Send reply").click()
    expect(page.locator("#conversation")).to_contain_text("Hello Victor, about TKT-023.")
    expect(page.locator("aside")).to_contain_text("Waiting for you")
    page.goto(f"{here}/settings/roles/agent")
    page.select_option("select[name='roles.agent.tickets.view']", "own")
    expect(page.locator("#words")).to_contain_text("people will see less of “Tickets”.")
    expect(page.locator("#words")).to_contain_text("where they are their own")
