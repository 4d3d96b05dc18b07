"""A guest with a phone finds an article in Arabic by a misspelt word, reads it, and says whether it helped."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from support.browser import Tabs
from support.needs import ROOT
from support.servers import Portal, PortalFolder

pytestmark = [pytest.mark.browser, pytest.mark.engines("sqlite")]


@pytest.fixture
def demo(portal_folder: Callable[..., PortalFolder], database_url: str,
         serve: Callable[..., AbstractContextManager[Portal]]) -> Iterator[PortalFolder]:
    made = portal_folder(database=database_url)
    made.write((ROOT / "portal.yaml").read_text())
    shutil.copytree(ROOT / "themes", made.path / "themes", dirs_exist_ok=True)
    made.demo()
    with serve(made, workers=1):
        yield made


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "plain"])
def test_a_guest_finds_reads_and_rates_an_article_in_arabic(demo: PortalFolder, tabs: Tabs, scripts: bool):
    page = tabs.open(scripts=scripts, phone=True, language="ar")
    page.goto(demo.origin() + "/sign-in")
    page.locator("nav.bottom a[href='/kb']").click()
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    page.locator(".kb-search [name=q]").fill("الميزن")  # a letter is missing
    page.locator(".kb-search [name=q]").press("Enter")
    page.locator("a[href='/kb/scale-does-not-go-back-to-zero']").first.click()
    expect(page.locator("h1")).to_have_text("الميزان لا يعود إلى الصفر")
    assert page.locator(".rich code").first.get_attribute("dir") == "ltr"
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    page.locator(".kb-toc.short summary").click()
    page.locator(".kb-toc.short a").last.click()
    assert re.search(r"#s-", page.url)
    page.locator("#helpful button[value=no]").click()
    page.locator("[name=comment]").fill("صورة من فضلكم")
    page.locator("#helpful form button").click()
    expect(page.locator("#helpful")).not_to_contain_text("صورة")
    expect(page.locator("#helpful form")).to_have_count(0)


def test_pages_of_the_knowledge_base_bar_nobody_and_print_the_text_alone(demo: PortalFolder, tabs: Tabs):
    for dark, phone, language in ((False, False, "en"), (True, True, "ar")):
        page = tabs.open(dark=dark, phone=phone, language=language)
        for path in ("/kb", "/kb/c/printers", "/kb/scale-does-not-go-back-to-zero", "/kb?q=printer",
                     "/kb/welcome?said=no", "/kb/calibrate-a-scale"):
            page.goto(demo.origin() + path)
            found = Axe().run(page).response
            assert len(found["passes"]) > 10
            assert not [(path, one["id"], node["html"][:200]) for one in found["violations"]
                        for node in one["nodes"]]
    page.goto(demo.origin() + "/kb/scale-does-not-go-back-to-zero")
    page.emulate_media(media="print")
    for gone in (".top", ".kb-search", ".kb-after", ".kb-toc.short"):
        expect(page.locator(gone).first).to_be_hidden()
    expect(page.locator(".rich")).to_be_visible()
