"""What the second part is done with: a portal made theirs in the browser alone, and help found without asking."""

from __future__ import annotations

import io
import re
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from support.browser import Tabs
from support.needs import ROOT
from support.servers import Portal, PortalFolder
from support.smtp import MailServer

pytestmark = pytest.mark.browser
NEWCOMER = "new.colleague@nordwind.example"


@pytest.fixture(params=["scripts on", "scripts off"])
def scripts(request: pytest.FixtureRequest) -> bool:
    return bool(request.param == "scripts on")


@pytest.fixture
def folder(portal_folder: Callable[..., PortalFolder], database_url: str, smtp: MailServer) -> PortalFolder:
    """The demo portal as `make run` opens it, in a folder of its own."""
    made = portal_folder(database=database_url)
    made.write((ROOT / "portal.yaml").read_text())
    shutil.copytree(ROOT / "themes", made.path / "themes", dirs_exist_ok=True)
    made.env["PARLOUR_SMTP"] = smtp.address
    return made


@pytest.fixture
def enter(folder: PortalFolder, serve: Callable[..., AbstractContextManager[Portal]], tabs: Tabs,
          scripts: bool) -> Iterator[Callable[..., Page]]:
    """Serve it with two processes and an outbox worker; give somebody of the demo, signed in by hand."""
    told = folder.json("demo")
    passwords = {person["address"]: person["password"] for tenant in told["tenants"].values()
                 for person in tenant["people"]}

    def one(address: str = "", **how: bool | str) -> Page:
        opened = tabs.open(scripts=scripts, **how)  # type: ignore[arg-type]
        opened.goto(folder.origin() + "/sign-in")
        if address:
            opened.fill("[name=email]", address)
            opened.fill("[name=password]", passwords[address])
            opened.press("[name=password]", "Enter")
            opened.wait_for_url(lambda url: "/sign-in" not in url)
        return opened

    with serve(folder, workers=2) as folder.portal:
        yield one


def logo(folder: Path) -> Path:
    with io.BytesIO() as target:
        Image.new("RGB", (160, 64), "#7c3aed").save(target, "PNG")
        (folder / "mine.png").write_bytes(target.getvalue())
    return folder / "mine.png"


def settings(page: Page, name: str) -> None:
    page.locator("nav.side-nav").get_by_role("link", name=name, exact=True).click()
    expect(page.locator("h1")).to_have_text(name)


def saved(page: Page) -> None:
    expect(page.locator(".toast").first).to_contain_text("Saved")


def reads_the_same(before: str, after: str) -> None:
    """All that was done in the browser stands in portal.yaml, and every remark that was there."""
    assert "    name: Nordwind Help\n" in after
    assert 'accent: "#7c3aed"' in after
    assert re.search(r"logo: brand/acme/logo\.[0-9a-f]{16}\.png", after)
    assert "date_of_purchase: {label: Date of purchase, type: date}" in after
    assert re.search(r"^ {6}kb: off$", after, re.MULTILINE)
    remarks = [line.partition("#")[2] for line in before.splitlines() if " # " in line or line.startswith("#")]
    assert [one for one in remarks if one not in after] == [], "comments are intact"


def undoes_the_feature(page: Page, folder: PortalFolder) -> None:
    """Take back what is not the last change: what came after it stays."""
    before = folder.yaml.read_text()
    page.goto(folder.origin() + "/settings/versions")
    page.get_by_role("link", name=re.compile("Knowledge base: off")).first.click()
    page.get_by_role("button", name="Undo this change").click()
    expect(page.locator(".toast").first).to_be_visible()
    gone = [line for line in before.splitlines() if line not in folder.yaml.read_text().splitlines()]
    assert [line.strip() for line in gone] == ["kb: off"]


def test_somebody_who_was_never_told_how_makes_the_portal_theirs(
        folder: PortalFolder, enter: Callable[..., Page], smtp: MailServer, tabs: Tabs, scripts: bool) -> None:
    before = folder.yaml.read_text()
    begun = time.monotonic()
    page = enter("ada@acme.example")

    page.get_by_role("navigation", name="Your team").get_by_role("link", name="Settings").click()
    page.get_by_label("Name", exact=True).fill("Nordwind Help")                      # the name
    page.get_by_role("button", name="Save", exact=True).click()
    saved(page)

    settings(page, "Appearance")                                                     # logo and accent
    page.get_by_label("Accent", exact=True).first.fill("#7c3aed")
    page.get_by_label("Logo", exact=True).set_input_files(logo(folder.path))
    if scripts:
        expect(page.locator("#collected")).to_contain_text("2 changes, not saved yet")
    page.get_by_role("button", name="Save and publish").click()
    saved(page)
    expect(page.locator(".brand img")).to_be_visible()

    settings(page, "Features")                                                       # features
    page.locator("#s-kb").get_by_role("switch").uncheck()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".toast").first).to_contain_text("Knowledge base: off")

    settings(page, "Forms")                                                          # a field of one's own
    page.get_by_role("link", name="Every request").click()
    page.locator(".tiles").get_by_role("link", name="Date").click()
    page.get_by_label("Name", exact=True).fill("Date of purchase")
    page.get_by_role("button", name="Add field").click()
    page.get_by_role("button", name="Save", exact=True).last.click()
    saved(page)

    page.get_by_role("navigation", name="Your team").get_by_role("link", name="People").click()
    page.get_by_role("link", name="Invite", exact=True).click()                      # an invitation
    page.get_by_label("E-mail address").fill(NEWCOMER)
    page.get_by_role("button", name="Send the invitation").click()
    expect(page.locator(".toast").first).to_be_visible()
    assert time.monotonic() - begun < 600, "ten minutes"

    reads_the_same(before, folder.yaml.read_text())

    anybody = tabs.open(scripts=scripts)                                             # and holds for everybody
    anybody.goto(folder.origin() + "/sign-in")
    expect(anybody).to_have_title(re.compile("Nordwind Help"))
    assert anybody.request.get(folder.origin() + "/kb").status == 404
    smtp.box.wait(1)
    link = re.search(r"http://localhost:\d+/invite/[\w-]+", letter(smtp, NEWCOMER))
    assert link
    anybody.goto(link.group())
    anybody.locator("main [name=name]").fill("New Colleague")
    anybody.locator("main [name=password]").fill("quiet rivers run deep")
    anybody.get_by_role("button", name="Open my account").click()
    anybody.wait_for_url(lambda url: "/invite/" not in url)
    page.goto(folder.origin() + "/tickets/new")
    expect(page.get_by_label("Date of purchase")).to_be_visible()

    undoes_the_feature(page, folder)                                                 # and undoes one of them
    assert anybody.request.get(folder.origin() + "/kb").status == 200
    page.watch.errors.clear()  # type: ignore[attr-defined]


def letter(smtp: MailServer, address: str) -> str:
    """The text of the last letter to an address, once it is there."""
    for _try in range(200):
        letters = smtp.box.to(address)
        if letters:
            return "".join(part.get_content() for part in letters[-1].walk()
                           if part.get_content_type() == "text/plain")
        time.sleep(0.1)
    raise AssertionError(f"no letter to {address}")


def test_a_guest_finds_help_in_arabic_and_a_customer_stops_before_asking(
        folder: PortalFolder, enter: Callable[..., Page], scripts: bool) -> None:
    guest = enter(phone=True, language="ar")
    guest.locator("nav.bottom a[href='/kb']").click()
    expect(guest.locator("html")).to_have_attribute("dir", "rtl")
    guest.locator(".kb-search [name=q]").fill("الميزن")  # a letter is missing
    guest.locator(".kb-search [name=q]").press("Enter")
    guest.locator("a[href='/kb/scale-does-not-go-back-to-zero']").first.click()
    expect(guest.locator("h1")).to_have_text("الميزان لا يعود إلى الصفر")

    customer = enter("maria@alfreds.example", phone=True)
    customer.goto(folder.origin() + "/tickets")
    mine = customer.locator("[data-record^='ticket/']").count()
    customer.goto(folder.origin() + "/tickets/new")
    if scripts:
        customer.get_by_label("Subject").press_sequentially("The scale does not go back to zero", delay=5)
        offer = customer.locator(".answers li", has_text="back to zero").first
        expect(offer).to_be_visible()
        offer.get_by_role("button", name="This answered it").click()
        expect(customer.locator(".toast").first).to_be_visible()
    else:
        customer.get_by_role("link", name="Search for an answer first").click()
        customer.locator("main [name=q]").fill("scale does not go back to zero")
        customer.locator("main [name=q]").press("Enter")
        customer.locator("main").get_by_role("link", name=re.compile("back to zero")).first.click()
        expect(customer.locator("h1")).to_contain_text("zero")
        customer.locator("#helpful button[value=yes]").click()
    customer.goto(folder.origin() + "/tickets")
    assert customer.locator("[data-record^='ticket/']").count() == mine, "nothing was asked"
    if scripts:
        admin = enter("ada@acme.example")
        counted = admin.locator(".panel", has_text="Answered before it was asked").locator("li")
        for _try in range(60):  # a count may wait in the process that took it
            admin.goto(folder.origin() + "/searches")
            if counted.count():
                break
            admin.wait_for_timeout(500)
        expect(counted.filter(has_text="back to zero")).to_contain_text("1 time")
