"""Somebody makes the portal theirs in the browser alone, reads it in portal.yaml, and undoes a part of it."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from support.browser import Tabs
from support.needs import ROOT
from support.servers import Portal, PortalFolder

pytestmark = pytest.mark.browser


@pytest.fixture(params=["scripts on", "scripts off"])
def scripts(request: pytest.FixtureRequest) -> bool:
    return bool(request.param == "scripts on")


@pytest.fixture
def folder(portal_folder: Callable[..., PortalFolder], database_url: str) -> PortalFolder:
    """The demo portal as `make run` opens it, in a folder of its own."""
    made = portal_folder(database=database_url)
    made.write((ROOT / "portal.yaml").read_text())
    return made


@pytest.fixture
def page(folder: PortalFolder, serve: Callable[..., AbstractContextManager[Portal]], tabs: Tabs,
         scripts: bool) -> Iterator[Page]:
    """The admin of the demo portal, signed in."""
    told = folder.demo()
    password = next(person["password"] for tenant in told["tenants"].values() for person in tenant["people"]
                    if person["address"] == "ada@acme.example")
    with serve(folder, workers=1):
        opened = tabs.open(scripts=scripts)
        opened.goto(folder.origin() + "/sign-in")
        opened.fill("[name=email]", "ada@acme.example")
        opened.fill("[name=password]", password)
        opened.press("[name=password]", "Enter")
        opened.wait_for_url(lambda url: "/sign-in" not in url)
        yield opened


def logo(folder: Path) -> Path:
    with io.BytesIO() as target:
        Image.new("RGB", (160, 64), "#7c3aed").save(target, "PNG")
        (folder / "mine.png").write_bytes(target.getvalue())
    return folder / "mine.png"


def open_page(page: Page, name: str) -> None:
    page.locator("nav.side-nav").get_by_role("link", name=name, exact=True).click()
    expect(page.locator("h1")).to_have_text(name)


def test_the_portal_becomes_theirs_and_a_part_of_it_is_undone(folder: PortalFolder, page: Page) -> None:
    before = folder.yaml.read_text()
    page.get_by_role("navigation", name="Team").get_by_role("link", name="Settings").click()

    page.get_by_label("Name", exact=True).fill("Nordwind Help")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".toast").first).to_contain_text("Saved")
    assert folder.yaml.read_text() == before.replace("    name: Acme Support\n", "    name: Nordwind Help\n")

    # The look: three settings, looked at before anybody else sees them, then published at once.
    open_page(page, "Appearance")
    page.get_by_label("Accent", exact=True).first.fill("#7c3aed")
    page.get_by_label("Logo", exact=True).set_input_files(logo(folder.path))
    page.get_by_label("Corners").select_option("round")
    page.get_by_role("button", name="Preview", exact=True).click()
    expect(page.locator("#collected")).to_contain_text("3 changes, not saved yet")
    for screen in ("Preview on a large screen", "Preview on a phone"):
        frame = page.frame_locator(f"iframe[title='{screen}']")
        expect(frame.locator(".brand img")).to_be_visible()
    assert page.request.get(folder.origin() + "/sign-in").text().count("/theme/logo.") == 0
    page.get_by_role("button", name="Save and publish").click()
    expect(page.locator(".toast").first).to_contain_text("Saved")
    expect(page.locator(".brand img")).to_be_visible()
    text = folder.yaml.read_text()
    assert 'accent: "#7c3aed"' in text
    assert re.search(r"logo: brand/acme/logo\.[0-9a-f]{16}\.png", text)
    assert "corners: round" in text

    # A feature: what flipping it does is said before; it goes, and comes back with one click.
    open_page(page, "Features")
    tickets = page.locator("#s-tickets")
    expect(tickets.locator(".effects")).to_be_hidden()
    tickets.get_by_role("switch").uncheck()
    expect(tickets.locator(".effects")).to_contain_text("lose it at once")
    page.get_by_role("button", name="Review", exact=True).click()
    expect(page.locator(".said")).to_contain_text("Tickets")
    expect(page.locator(".difference")).to_contain_text("+")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".toast").first).to_contain_text("Tickets: off")
    assert page.request.get(folder.origin() + "/tickets").status == 404
    page.locator(".toast").get_by_role("button", name="Undo").click()
    expect(page.locator("h1")).to_have_text("Versions")
    assert page.request.get(folder.origin() + "/tickets").status == 200
    assert folder.yaml.read_text() == text

    kept = [line for line in before.splitlines() if "#" in line and "accent" not in line]
    assert [line for line in folder.yaml.read_text().splitlines() if line in kept] == kept, "comments are intact"
    page.watch.errors.clear()  # type: ignore[attr-defined]


def test_what_is_typed_over_several_pages_waits_for_the_review(folder: PortalFolder, page: Page,
                                                               scripts: bool) -> None:
    page.goto(folder.origin() + "/settings/general")
    page.get_by_label("Phone", exact=True).fill("+49 30 1")
    if scripts:
        page.get_by_label("Phone", exact=True).blur()
        expect(page.locator("#collected")).to_contain_text("1 change, not saved yet")
        open_page(page, "Security")
    else:
        page.get_by_role("button", name="Review", exact=True).click()
        page.goto(folder.origin() + "/settings/security")
    page.get_by_label("Password length", exact=True).fill("14")
    page.get_by_role("button", name="Review", exact=True).click()
    expect(page.locator(".said > li")).to_have_count(2)
    before = folder.yaml.read_text()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".toast").first).to_contain_text("Saved")
    after = folder.yaml.read_text()
    assert "password_length: 14" in after
    assert [line for line in before.splitlines() if line not in after.splitlines()] == [
        "      phone: +49 30 555 0100"], "one line is written anew, nothing else is gone"


def test_a_button_that_has_the_focus_is_not_pressed_by_a_change_elsewhere(folder: PortalFolder, page: Page,
                                                                          scripts: bool) -> None:
    if not scripts:
        pytest.skip("nothing is sent by itself")
    page.goto(folder.origin() + "/settings/appearance")
    accent = page.get_by_label("Accent", exact=True).first
    accent.fill("#ffee00")
    expect(page.locator("#collected")).to_contain_text("1 change, not saved yet")
    page.locator("button[name=reset][value='theme.accent']").focus()
    page.get_by_label("Corners").select_option("round")
    expect(page.locator("#collected")).to_contain_text("2 changes, not saved yet")
    open_page(page, "Security")
    page.goto(folder.origin() + "/settings/review")
    expect(page.locator(".said")).to_contain_text("#ffee00")
    expect(page.locator(".difference")).to_contain_text('accent: "#ffee00"')
    page.watch.errors.clear()  # type: ignore[attr-defined] # a preview asks late for the look before the last


def test_a_category_is_added_with_the_keyboard_alone(folder: PortalFolder, page: Page) -> None:
    page.goto(folder.origin() + "/settings/at/features/tickets/categories")
    page.get_by_label("Label", exact=True).fill("Returns")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Returns")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".toast").first).to_contain_text("Saved")
    assert "returns: Returns" in folder.yaml.read_text()
