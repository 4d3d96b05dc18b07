"""Your details in Chromium: a picture and the clock of one's own, with scripts and without; open to everybody."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Page, expect

from core.data import people, scope
from core.data.passwords import hash_password
from core.host.portal import assemble
from support.browser import Tabs
from support.inside import disconnect
from support.servers import Portal, PortalFolder

pytestmark = [pytest.mark.browser, pytest.mark.engines("sqlite")]
EMAIL, PASSWORD = "nora@acme.example", "seven green kettles"
SETTINGS = {"name": "Acme Support", "time_zone": "Europe/Berlin", "languages": {"offered": ["en", "ar"]}}
HERE = "() => Intl.DateTimeFormat().resolvedOptions().timeZone"


@pytest.fixture
def folder(portal_folder: Callable[..., PortalFolder], database_url: str,
           serve: Callable[..., AbstractContextManager[Portal]]) -> Iterator[PortalFolder]:
    """A portal with one customer."""
    made = portal_folder(SETTINGS, database=database_url)
    disconnect()
    portal = assemble(made.path, {"PARLOUR_DATABASE": database_url})
    with scope.enter(portal.scope("default", channel="command", system="test")):
        people.add_person("Nora Blank", email=EMAIL, password=hash_password(PASSWORD), verified=True)
    disconnect()
    with serve(made, workers=1):
        yield made


def enter(page: Page, folder: PortalFolder) -> None:
    page.goto(folder.origin() + "/sign-in")
    page.fill("[name=email]", EMAIL)
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")
    page.wait_for_url(lambda url: not url.endswith("/sign-in"))


def picture() -> dict[str, object]:
    with io.BytesIO() as target:
        Image.new("RGB", (600, 300), "#2b6cb0").save(target, "PNG")
        return {"name": "me.png", "mimeType": "image/png", "buffer": target.getvalue()}


def test_a_picture_and_the_devices_clock(folder: PortalFolder, page: Page) -> None:
    enter(page, folder)
    page.goto(folder.origin() + "/account")
    page.set_input_files("#f-photo", picture())  # type: ignore[arg-type]
    page.get_by_role("button", name="Use this picture").click()
    expect(page.locator(".top .avatar img")).to_be_visible()
    assert page.locator(".top .avatar img").evaluate("img => img.decode().then(() => img.naturalWidth)") == 96
    here = page.evaluate(HERE)
    offer = page.locator("[data-zone]")
    if here in ("Europe/Berlin", "UTC", "Etc/UTC"):  # this machine's is the usual one, or none to choose
        expect(offer).to_be_hidden()
    else:
        offer.get_by_role("button").click()
        expect(page.locator("#f-time_zone")).to_have_value(here)
    page.select_option("#f-time_zone", "Asia/Kathmandu")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#f-time_zone")).to_have_value("Asia/Kathmandu")
    page.goto(folder.origin() + "/account/security")
    shown = page.locator("time[data-ago]").first
    stamp, title = shown.get_attribute("datetime"), shown.get_attribute("title")
    assert stamp and title
    minute = (int(stamp[14:16]) + 45) % 60
    assert re.search(rf":{minute:02}\b", title), "Kathmandu is a quarter of an hour off the full ones"


def test_without_scripts_and_open_to_everybody(folder: PortalFolder, page_no_js: Page, tabs: Tabs) -> None:
    enter(page_no_js, folder)
    page_no_js.goto(folder.origin() + "/account")
    expect(page_no_js.locator("[data-zone]")).to_be_hidden()
    page_no_js.set_input_files("#f-photo", picture())  # type: ignore[arg-type]
    page_no_js.get_by_role("button", name="Use this picture").click()
    page_no_js.get_by_role("button", name="Remove the picture").click()
    expect(page_no_js.locator(".top .avatar img")).to_have_count(0)
    page_no_js.goto(folder.origin() + "/account/notifications")
    page_no_js.get_by_label("Send me news from Acme Support by e-mail.").check()
    page_no_js.locator("#consents").get_by_role("button", name="Save").click()
    expect(page_no_js.get_by_label("Send me news from Acme Support by e-mail.")).to_be_checked()
    page = tabs.open()
    enter(page, folder)
    for path in ("/account", "/account/email", "/account/notifications", "/account/notifications?lang=ar"):
        page.goto(folder.origin() + path)
        for scheme, width in (("light", 1280), ("dark", 390)):
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            page.set_viewport_size({"width": width, "height": 900})
            found = Axe().run(page).response["violations"]
            assert not found, [(one["id"], [node["html"] for node in one["nodes"]][:3]) for one in found]
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
