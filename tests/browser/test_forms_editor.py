"""Somebody who was never told how adds fields to the ticket form, and customers meet them, scripts on and off."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest
from playwright.sync_api import Page, expect

from support.browser import Tabs
from support.needs import ROOT
from support.servers import Portal, PortalFolder

pytestmark = [pytest.mark.browser, pytest.mark.engines("sqlite")]


@pytest.fixture(params=["scripts on", "scripts off"])
def scripts(request: pytest.FixtureRequest) -> bool:
    return bool(request.param == "scripts on")


@pytest.fixture
def folder(portal_folder: Callable[..., PortalFolder], database_url: str) -> PortalFolder:
    made = portal_folder(database=database_url)
    made.write((ROOT / "portal.yaml").read_text())
    return made


@pytest.fixture
def people(folder: PortalFolder, serve: Callable[..., AbstractContextManager[Portal]], tabs: Tabs,
           scripts: bool) -> Iterator[Callable[..., Page]]:
    """Give somebody of the demo portal, signed in, by address."""
    told = folder.demo()
    passwords = {person["address"]: person["password"] for tenant in told["tenants"].values()
                 for person in tenant["people"]}

    def enter(address: str, **how: bool) -> Page:
        opened = tabs.open(scripts=scripts, **how)
        opened.goto(folder.origin() + "/sign-in")
        opened.fill("[name=email]", address)
        opened.fill("[name=password]", passwords[address])
        opened.press("[name=password]", "Enter")
        opened.wait_for_url(lambda url: "/sign-in" not in url)
        return opened

    with serve(folder, workers=1):
        yield enter


def test_a_field_is_on_the_ticket_form_within_a_minute(folder: PortalFolder, people: Callable[..., Page],
                                                       scripts: bool, screenshot: Callable[..., object]) -> None:
    page, before = people("ada@acme.example"), folder.yaml.read_text()
    begun = time.monotonic()
    page.get_by_role("navigation", name="Team").get_by_role("link", name="Settings").click()
    page.locator("nav.side-nav").get_by_role("link", name="Forms", exact=True).click()
    page.get_by_role("link", name="Every request").click()
    page.locator(".tiles").get_by_role("link", name="Date").click()
    page.get_by_label("Name", exact=True).fill("Date of purchase")
    page.get_by_role("button", name="Add field").click()
    expect(page.locator("#saving")).to_contain_text("1 change, not saved yet")
    page.locator("#saving").get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".toast").first).to_contain_text("Saved")
    assert time.monotonic() - begun < 60
    after = folder.yaml.read_text()
    assert "date_of_purchase: {label: Date of purchase, type: date}" in after
    gone = [line for line in before.splitlines() if line not in after.splitlines()]
    assert len(gone) <= 1 and all("tags:" in line for line in gone), "one line is written anew, comments stay"
    assert "# a field of your own on every ticket, for your team" in after
    if scripts:
        screenshot("forms-design", page)
    page.goto(folder.origin() + "/tickets/new")
    expect(page.get_by_label("Date of purchase")).to_be_visible()


def test_a_condition_rows_order_and_preview(folder: PortalFolder, people: Callable[..., Page], scripts: bool,
                                            screenshot: Callable[..., object]) -> None:
    page = people("ada@acme.example")
    form = folder.origin() + "/settings/forms/features/tickets/fields"
    page.goto(folder.origin() + "/settings/field/features/tickets/fields?type=rows")
    page.get_by_label("Name", exact=True).fill("Devices")
    page.get_by_label("First field in it").fill("Serial")
    page.get_by_role("button", name=re.compile("Add a row.*Ask it only if")).click()
    page.get_by_label("Field", exact=True).select_option("category")
    page.get_by_label("Something is broken").first.check()
    if scripts:
        expect(page.get_by_label("Value")).to_be_hidden()
        screenshot("forms-field", page)
    page.get_by_role("button", name="Add field").click()
    line = page.locator("#e-devices")
    expect(line).to_contain_text("Only if “What is it about?” is “Something is broken”.")

    page.get_by_role("button", name="Move Devices up").click()
    expect(page.locator(".field-line b").nth(3)).to_have_text("Devices")
    page.get_by_role("button", name="Devices must be filled in").click()
    expect(line).to_contain_text("must be filled in")
    if scripts:
        page.locator("#e-devices").drag_to(page.locator("#e-subject"))
        expect(page.locator("#preview iframe").first).to_be_visible()
        page.wait_for_load_state("networkidle")
        page.reload()
        expect(page.locator(".field-line b").nth(1)).to_have_text("Devices")
    frame = page.frame_locator("iframe[title='Preview on a phone']")
    expect(frame.get_by_role("group", name="Devices")).to_be_visible()
    expect(frame.get_by_text("Only if “What is it about?” is “Something is broken”.").first).to_be_visible()
    page.locator("#saving").get_by_role("button", name="Review", exact=True).click()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".toast").first).to_contain_text("Saved")

    customer = people("maria@alfreds.example", phone=True)
    customer.goto(folder.origin() + "/tickets/new?category=question")
    rows = customer.get_by_role("group", name="Devices")
    expect(rows).to_be_hidden() if scripts else expect(customer.locator(".only-if").first).to_be_visible()
    customer.get_by_label("Something is broken").check()
    if not scripts:
        customer.get_by_role("button", name="Show the fields for this").click()
    expect(rows).to_be_visible()
    for serial in ("A-1", "B-2"):
        rows.get_by_role("button", name="Add a row").click() if serial != "A-1" else None
        rows.get_by_label("Serial").last.fill(serial)
    customer.get_by_label("Subject").fill("Two are broken")
    customer.get_by_label("Your message").fill("Both are dark.")
    if scripts:
        screenshot("forms-customer", customer)
    customer.get_by_role("button", name="Send", exact=True).click()
    customer.wait_for_url(lambda url: "/tickets/" in url and "new" not in url)
    expect(customer.locator("body")).to_contain_text("Serial: A-1; Serial: B-2")
    page.goto(form)
    page.locator("#e-devices .drop-field > summary").click()
    expect(page.locator("#e-devices .drop-field")).to_contain_text("One answer to it is stored. It stays")
