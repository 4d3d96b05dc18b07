"""A company gets a look, a link lets somebody in; she chooses where she works, on a phone without scripts."""

from __future__ import annotations

import io
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from support.browser import Tabs
from support.needs import ROOT
from support.servers import Portal, PortalFolder

pytestmark = [pytest.mark.browser, pytest.mark.engines("sqlite")]


def sign_in(page: Page, origin: str, address: str, password: str) -> None:
    page.goto(f"{origin}/sign-in")
    page.fill("[name=email]", address)
    page.fill("[name=password]", password)
    page.press("[name=password]", "Enter")
    page.wait_for_url(lambda url: "/sign-in" not in url)


def test_a_look_a_link_and_a_choice(portal_folder: Callable[..., PortalFolder], database_url: str, tabs: Tabs,
                                    serve: Callable[..., AbstractContextManager[Portal]]) -> None:
    folder = portal_folder(database=database_url)
    folder.write((ROOT / "portal.yaml").read_text())
    told = folder.demo()["tenants"]["acme"]["people"]
    words = {person["address"]: person["password"] for person in told}
    with io.BytesIO() as target:
        Image.new("RGB", (160, 64), "#7c3aed").save(target, "PNG")
        (folder.path / "mine.png").write_bytes(target.getvalue())
    with serve(folder, workers=1):
        origin = folder.origin()
        admin = tabs.open()
        sign_in(admin, origin, "ada@acme.example", words["ada@acme.example"])
        admin.goto(f"{origin}/companies/horn/look")
        admin.get_by_label("Accent").fill("#c2410c")
        admin.get_by_label("Logo").set_input_files(folder.path / "mine.png")
        admin.get_by_role("button", name="Preview").click()
        expect(admin.get_by_text("nothing is saved yet")).to_be_visible()
        shown = admin.frame_locator("iframe").first.locator(".brand img")
        expect(shown).to_be_visible()
        assert shown.evaluate("one => one.naturalWidth") > 0
        admin.get_by_role("button", name="Save").click()
        expect(admin.locator(".toast").first).to_contain_text("Saved in portal.yaml")
        assert 'accent: "#c2410c"' in folder.yaml.read_text()

        admin.goto(f"{origin}/companies/horn/people")
        admin.locator("#invite").get_by_label("E-mail address").fill("maria@alfreds.example")
        admin.get_by_label("Everything of the company", exact=True).check()
        admin.get_by_label("Show me the link").check()
        admin.locator("#invite").get_by_role("button", name="Invite").click()
        link = admin.get_by_role("textbox", name="Link").input_value()

        maria = tabs.open(scripts=False, phone=True, dark=True)
        maria.goto(link)
        maria.locator("main form button").first.click()
        sign_in(maria, origin, "maria@alfreds.example", words["maria@alfreds.example"])
        assert maria.locator(".brand img").count() == 0, "as everybody sees it while she works in both"
        maria.goto(f"{origin}/tickets")
        maria.locator("nav.bottom details summary").click()
        maria.locator("nav.bottom").get_by_role("button", name="Around the Horn").click()
        expect(maria.locator(".brand img")).to_be_visible()
        assert maria.url == f"{origin}/tickets", "she stays where she was"
        text = maria.locator("main").inner_text()
        assert "Ana Trujillo" in text
        assert "Thomas Hardy" not in text
