"""The box in the header: suggestions by keyboard, nothing that bars anybody, and a search without scripts."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

CUSTOMER = "maria@alfreds.example"


@pytest.mark.browser
def test_suggestions_are_chosen_by_keyboard(served, tabs):
    page = served.page(tabs, CUSTOMER)
    page.goto(served.portal.url + "/tickets/new")
    page.locator("h1").click()
    page.keyboard.press("/")
    box, options = page.locator("#find"), page.locator("#suggestions [role=option]")
    expect(box).to_be_focused()
    page.keyboard.type("scal")
    expect(options.first).to_be_visible()
    expect(box).to_have_attribute("aria-expanded", "true")
    assert not [one["id"] for one in Axe().run(page).response["violations"]]
    page.keyboard.press("ArrowDown")
    expect(options.first).to_have_attribute("aria-selected", "true")
    assert box.get_attribute("aria-activedescendant") == options.first.get_attribute("id")
    page.keyboard.press("ArrowUp")
    assert box.get_attribute("aria-activedescendant") is None
    page.keyboard.press("Escape")
    expect(page.locator("#suggestions")).to_be_hidden()
    expect(box).to_have_value("scal")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: not url.endswith("/tickets/new"))
    assert "/search" not in page.url


@pytest.mark.browser
def test_enter_without_a_choice_searches_everything(served, tabs):
    for scripts in (True, False):
        page = served.page(tabs, CUSTOMER, scripts=scripts)
        page.goto(served.portal.url + "/")
        page.fill("#find", "scale")
        page.press("#find", "Enter")
        page.wait_for_url("**/search?q=scale")
        expect(page.locator("#found [data-record]").first).to_be_visible()
