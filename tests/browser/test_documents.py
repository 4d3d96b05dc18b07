"""A member of the team chooses a file, drops another, and a customer looks at what became of them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from playwright.sync_api import Page, expect

from support.browser import Tabs
from support.needs import ROOT
from support.servers import Portal, PortalFolder
from support.switching import people_of

pytestmark = [pytest.mark.browser, pytest.mark.engines("sqlite")]
DEMO = ROOT / "plugins" / "documents" / "demo"
DROP = """([box, files]) => {
  const all = new DataTransfer();
  files.forEach(([name, text]) => all.items.add(new File([text], name, {type: "text/plain"})));
  for (const type of ["dragover", "drop"]) box.dispatchEvent(
    new DragEvent(type, {bubbles: true, cancelable: true, dataTransfer: all}));
}"""


def signed_in(tabs: Tabs, folder: PortalFolder, session: str) -> Page:
    """Open a page of somebody whose session this is."""
    page = tabs.open()
    page.context.add_cookies([{"name": "parlour", "value": session, "url": folder.origin()}])
    return page


def test_files_become_documents_and_a_pdf_is_looked_at_without_being_opened(
        portal_folder: Callable[..., PortalFolder], database_url: str, tabs: Tabs,
        serve: Callable[..., AbstractContextManager[Portal]]) -> None:
    folder = portal_folder({"features": {"documents": True}}, database=database_url)
    session, _token, admin = people_of(folder)
    with serve(folder, workers=1):
        page = signed_in(tabs, folder, admin)
        page.goto(f"{folder.origin()}/documents/new")
        page.set_input_files("[name=files]", DEMO / "contract.pdf")
        box = page.locator(".doc-drop [data-files]").element_handle()
        page.evaluate(DROP, [box, [["notes.txt", "Hello"]]])
        expect(page.locator(".file-chips .name")).to_have_text(["contract.pdf", "notes.txt"])
        page.locator("[name=wanted][value=customers]").check()
        page.locator("main form .actions button").click()
        expect(page.locator(".toast")).to_contain_text("here")
        reader = signed_in(tabs, folder, session)
        reader.goto(f"{folder.origin()}/documents")
        expect(reader.locator("#documents [data-record]")).to_have_count(2)
        reader.locator("#documents a", has_text="contract").click()
        seen = reader.locator(".doc-look img").first
        expect(seen).to_be_visible()
        assert seen.evaluate("image => image.decode().then(() => image.naturalHeight)") == 1600
        assert not [address for address in reader.watch.requests if "/download" in str(address)]  # type: ignore[attr-defined]
