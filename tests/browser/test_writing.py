"""An article from its first word to its reader, in Chromium, with scripts and without."""

from __future__ import annotations

import io
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Page, expect

from support.browser import Tabs
from support.needs import ROOT
from support.servers import Portal, PortalFolder

pytestmark = [pytest.mark.browser, pytest.mark.engines("sqlite")]

PASTE = """([area, bytes]) => {
  const data = new DataTransfer();
  data.items.add(new File([new Uint8Array(bytes)], "plate.png", { type: "image/png" }));
  area.focus();
  area.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
}"""


@pytest.fixture
def demo(portal_folder: Callable[..., PortalFolder], database_url: str,
         serve: Callable[..., AbstractContextManager[Portal]]) -> Iterator[PortalFolder]:
    made = portal_folder(database=database_url)
    made.write((ROOT / "portal.yaml").read_text())
    shutil.copytree(ROOT / "themes", made.path / "themes", dirs_exist_ok=True)
    told = made.demo()["tenants"]["acme"]["people"]
    made.agent = next((one["address"], one["password"]) for one in told if one["role"] == "agent")
    with serve(made, workers=1):
        yield made


def sign_in(page: Page, demo: PortalFolder) -> None:
    page.goto(demo.origin() + "/sign-in")
    page.locator("[name=email]").fill(demo.agent[0])
    page.locator("[name=password]").fill(demo.agent[1])
    page.locator("[name=password]").press("Enter")
    expect(page.locator("a[href='/content']").first).to_be_visible()


def bars_nobody(page: Page) -> None:
    found = Axe().run(page).response
    assert not [(one["id"], node["html"][:200]) for one in found["violations"] for node in one["nodes"]]


def plate() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (800, 500), "teal").save(out, "PNG")
    return out.getvalue()


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "plain"])
def test_an_article_is_written_shown_and_read(demo: PortalFolder, tabs: Tabs, scripts: bool):
    page = tabs.open(scripts=scripts)
    sign_in(page, demo)
    page.goto(demo.origin() + "/content/new")
    page.locator("[name=title]").fill("Clean the plate")
    page.locator("[name=source]").fill("Use a **soft** cloth. ")
    page.locator("button[value=draft]").click()
    expect(page.locator(".badge").first).to_have_text("Draft")
    if scripts:
        page.evaluate(PASTE, [page.locator("[name=source]").element_handle(), list(plate())])
        expect(page.locator("[name=source]")).to_have_value(re.compile(r"!\[plate\]\(/files/[\w-]+\)"))
    else:
        page.locator("[name=pictures]").set_input_files({"name": "plate.png", "mimeType": "image/png",
                                                         "buffer": plate()})
        page.locator("button[value=draft]").click()
    page.locator("button[value=preview]").click()
    expect(page.locator("#preview strong")).to_have_text("soft")
    expect(page.locator("#preview img")).to_have_count(1)
    if scripts:
        bars_nobody(page)
    page.locator("button[value=publish]").click()
    expect(page.locator(".badge").first).to_have_text("Published")
    page.locator("a[href$='/place']").click()
    page.locator("[name=wanted][value=public]").check()
    page.locator("main form button").first.click()
    expect(page.locator("[name=source]")).to_be_visible()
    reader = tabs.open(scripts=scripts, phone=True)
    reader.goto(demo.origin() + "/kb/clean-the-plate")
    expect(reader.locator("h1")).to_have_text("Clean the plate")
    expect(reader.locator(".rich img")).to_be_visible()


def test_the_pages_of_those_who_write_bar_nobody(demo: PortalFolder, tabs: Tabs):
    for dark, phone, language in ((False, False, "en"), (True, True, "ar")):
        page = tabs.open(dark=dark, phone=phone, language=language)
        sign_in(page, demo)
        for path in ("/content", "/content/ART-002?in=de", "/content/ART-002/versions/1",
                     "/content/ART-002/place",
                     "/content/categories", "/content/categories/CAT-001", "/content/broken"):
            page.goto(demo.origin() + path)
            bars_nobody(page)
            width = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
            assert width[0] <= width[1], path
