"""An admin words a mail in Chromium: sees it as a mail while typing, saves it, and tries the way out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest
from playwright.sync_api import Page, expect

from support.browser import Tabs
from support.needs import ROOT
from support.servers import Portal, PortalFolder
from support.smtp import MailServer

pytestmark = [pytest.mark.browser, pytest.mark.engines("sqlite")]


@pytest.fixture
def folder(portal_folder: Callable[..., PortalFolder], database_url: str) -> PortalFolder:
    """The demo portal as `make run` opens it, in a folder of its own."""
    made = portal_folder(database=database_url)
    made.write((ROOT / "portal.yaml").read_text())
    return made


@pytest.fixture(params=["scripts on", "scripts off"])
def page(request: pytest.FixtureRequest, folder: PortalFolder, tabs: Tabs, smtp: MailServer,
         serve: Callable[..., AbstractContextManager[Portal]]) -> Iterator[Page]:
    """The admin of the demo portal, signed in; mail leaves by a real server."""
    told = folder.demo()
    password = next(person["password"] for tenant in told["tenants"].values() for person in tenant["people"]
                    if person["address"] == "ada@acme.example")
    with serve(folder, workers=1, env={"PARLOUR_SMTP": smtp.address}):
        opened = tabs.open(scripts=request.param == "scripts on")
        opened.goto(folder.origin() + "/sign-in")
        opened.fill("[name=email]", "ada@acme.example")
        opened.fill("[name=password]", password)
        opened.press("[name=password]", "Enter")
        opened.wait_for_url(lambda url: "/sign-in" not in url)
        yield opened


def test_a_mail_is_worded_looked_at_and_sent(folder: PortalFolder, page: Page, smtp: MailServer,
                                             screenshot: Callable[..., object]) -> None:
    before = folder.yaml.read_text()
    page.goto(folder.origin() + "/settings/mail")
    page.get_by_role("link", name="What mails say").click()
    row = page.get_by_role("region", name="Tickets").locator("li", has_text="Somebody answers")
    row.get_by_role("link").first.click()
    expect(page.locator("h1")).to_have_text("Somebody answers")
    expect(page.get_by_label("Text", exact=True)).to_have_value(
        "{actor} answered:\n\n{text}\n\n[Open in the portal]({link})")

    page.get_by_label("Text", exact=True).fill("Hi {persn}")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".setting.wrong")).to_contain_text(
        "1:4: {persn} is not known here. Did you mean 'person'?")
    page.get_by_label("Text", exact=True).fill("Hi **{person}**,\n\n{text}\n\n[Have a look]({link})")
    page.get_by_label("Subject", exact=True).fill("{actor} wrote about {title}")
    page.get_by_role("button", name="Review", exact=True).click()
    expect(page.locator(".said")).to_contain_text("tickets.replied")
    assert folder.yaml.read_text() == before
    page.goto(folder.origin() + "/settings/mail/texts/tickets.replied/en")
    frame = page.frame_locator("iframe[title='Preview on a large screen']")
    expect(frame.locator("a", has_text="Have a look")).to_be_visible()
    expect(frame.locator("strong")).to_have_text("Maria Anders")
    expect(page.locator(".subject")).to_contain_text("Ben Carter wrote about Where is my delivery?")
    screenshot("mail-text", page)
    page.get_by_role("button", name="Save", exact=True).click()
    assert "Have a look" in folder.yaml.read_text()

    page.get_by_role("button", name="Send this one to me").click()
    expect(page.locator(".toast").first).to_contain_text("The server took the letter")
    assert [str(letter["Subject"]) for letter in smtp.letters] == [
        "Example: Ben Carter wrote about Where is my delivery?"]
    page.goto(folder.origin() + "/settings/mail")
    smtp.answers.append("550 no such user here")
    page.get_by_label("To", exact=True).fill("nobody@elsewhere.example")
    page.get_by_role("button", name="Send a test").click()
    expect(page.locator(".tried")).to_contain_text("550 no such user here")
    expect(page.locator(".tried")).to_contain_text("What to do")
    screenshot("mail", page)
