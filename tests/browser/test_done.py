"""Every "done when" sentence, on a served portal with two processes, an outbox worker and a real mail server."""

from __future__ import annotations

import io
import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from support.browser import Tabs
from support.needs import ROOT
from support.pace import Stopwatch
from support.servers import PortalFolder
from support.smtp import MailServer

pytestmark = pytest.mark.browser

PHOTO = bytes.fromhex("89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c6360"
                      "f8cf000000030001ffa5c9b60000000049454e44ae426082")
QUESTION = "Where is my delivery?"
NOTE = "He is a difficult one, be kind."
REPLY = "It leaves the house today."
NEWCOMER = "new.colleague@nordwind.example"


def sign_in(page: Page, folder: PortalFolder, address: str, password: str) -> None:
    page.goto(folder.origin() + "/sign-in")
    page.fill("[name=email]", address)
    page.fill("[name=password]", password)
    page.press("[name=password]", "Enter")
    page.wait_for_url(lambda url: "/sign-in" not in url)


def wait_for(folder: PortalFolder, what: Callable[[], bool], seconds: float) -> None:
    watch = Stopwatch(folder.portal)
    while not what():
        assert watch.seconds() < seconds, "it did not happen in time"
        time.sleep(0.1)


def status(page: Page, path: str) -> int:
    answer = page.request.get(path)
    return answer.status


def test_tickets_are_switched_off_and_on_in_portal_yaml_with_a_browser_open(
        folder: PortalFolder, demo: dict[str, str], tabs: Tabs, scripts: bool) -> None:
    page = tabs.open(scripts=scripts)
    sign_in(page, folder, "maria@alfreds.example", demo["maria@alfreds.example"])
    tickets = folder.origin() + "/tickets"
    page.goto(tickets)
    expect(page.locator("nav.tabs a[href='/tickets']")).to_be_visible()
    before = page.request.get(folder.origin() + "/no-such-page")

    folder.edit("  tickets: on", "  tickets: off")
    wait_for(folder, lambda: status(page, tickets) == 404, 2.5)
    gone = page.request.get(tickets)
    assert gone.status == before.status == 404
    page.goto(folder.origin() + "/")
    expect(page.locator("a[href='/tickets']")).to_have_count(0)

    folder.edit("  tickets: off", "  tickets: on")
    wait_for(folder, lambda: status(page, tickets) == 200, 2.5)
    page.goto(folder.origin() + "/")
    expect(page.locator("nav.tabs a[href='/tickets']")).to_be_visible()
    page.watch.errors.clear()  # type: ignore[attr-defined]


def test_the_accent_is_changed_in_portal_yaml_and_seen(
        folder: PortalFolder, demo: dict[str, str], tabs: Tabs, scripts: bool) -> None:
    page = tabs.open(scripts=scripts)
    page.goto(folder.origin() + "/sign-in")
    button = page.get_by_role("button", name="Sign in", exact=True)

    def colour() -> str:
        page.goto(folder.origin() + "/sign-in")
        return str(button.evaluate("e => getComputedStyle(e).backgroundColor")) if scripts else \
            page.request.get(folder.origin() + _sheet(page)).text()

    before = colour()
    folder.edit('accent: "#0f766e"', 'accent: "#7c3aed"')
    wait_for(folder, lambda: colour() != before, 3)
    sheet = page.request.get(folder.origin() + _sheet(page)).text()
    assert re.search(r"#7c3aed", sheet, re.IGNORECASE)


def _sheet(page: Page) -> str:
    return str(page.locator("link[rel=stylesheet][href^='/theme/']").first.get_attribute("href"))


@pytest.fixture
def northwind(folder: PortalFolder, data_folder: Callable[[str], Path]) -> None:
    """Import the sample company's customers and staff, and the questions that give them tickets."""
    companies, questions = data_folder("northwind"), data_folder("tickets-mozilla-thunderbird")
    mappings = ROOT / "examples" / "import"
    for mapping, files in (("northwind-companies.yaml", [companies / "customers.csv"]),
                           ("northwind-employees.yaml", [companies / "employees.csv"]),
                           ("thunderbird-tickets.yaml", [questions / "questions.csv", questions / "answers.csv"])):
        done = folder.command("import", str(mappings / mapping), *map(str, files), "--tenant", "acme", seconds=300)
        assert done.returncode in (0, 1), done.stderr


@pytest.mark.slow
def test_somebody_of_northwind_signs_in_on_a_phone_and_finds_only_their_company(
        northwind: None, folder: PortalFolder, demo: dict[str, str], tabs: Tabs, scripts: bool) -> None:
    made = folder.json("user", "set-password", "ALFKI@northwind.example", "--tenant", "acme")
    page = tabs.open(scripts=scripts, phone=True)
    sign_in(page, folder, "ALFKI@northwind.example", made["password"])
    page.goto(folder.origin() + "/tickets")
    theirs = _numbers(page)
    assert theirs, "the company has tickets"
    staff = tabs.open(scripts=scripts)
    sign_in(staff, folder, "ada@acme.example", demo["ada@acme.example"])
    for number in theirs[:5]:
        staff.goto(f"{folder.origin()}/tickets/{number}")
        expect(staff.locator("body")).to_contain_text("Alfreds Futterkiste")


def _numbers(page: Page) -> list[str]:
    marks = page.locator("[data-record^='ticket/']")
    return [str(marks.nth(i).get_attribute("data-record")).split("/")[1] for i in range(marks.count())]


def test_a_ticket_with_an_attachment_a_reply_a_note_and_the_mail(
        folder: PortalFolder, demo: dict[str, str], tabs: Tabs, smtp: MailServer, scripts: bool) -> None:
    customer = tabs.open(scripts=scripts, phone=True)
    sign_in(customer, folder, "maria@alfreds.example", demo["maria@alfreds.example"])
    customer.goto(folder.origin() + "/tickets/new")
    chosen = customer.get_by_label("An order or delivery").or_(customer.get_by_label("Something else")).first
    if scripts:
        with customer.expect_response("**/tickets/new"):
            chosen.check()
        expect(customer.locator(".htmx-request, .htmx-swapping, .htmx-settling")).to_have_count(0)
    else:
        chosen.check()
        customer.get_by_role("button", name="Show the fields for this").click()
    customer.fill("[name=subject]", QUESTION)
    customer.fill("[name=body]", "It should have come on Monday.")
    customer.set_input_files("[name=attachments]", {"name": "photo.png", "mimeType": "image/png", "buffer": PHOTO})
    customer.locator("main").get_by_role("button", name="Send", exact=True).click()
    customer.wait_for_url(re.compile(r"/tickets/TKT-\d+"))
    expect(customer.locator("#main")).to_contain_text("photo.png")
    address = customer.url.split("?")[0]
    smtp.box.wait(1)
    wait_for(folder, lambda: bool(smtp.box.to("maria@alfreds.example")), 10)

    agent = tabs.open(scripts=scripts)
    sign_in(agent, folder, "ben@acme.example", demo["ben@acme.example"])
    agent.goto(address)
    expect(agent.locator("#main")).to_contain_text("It should have come on Monday.")
    _write(agent, "/note", NOTE)
    expect(agent.locator("#main")).to_contain_text(NOTE)
    _write(agent, "/reply", REPLY)
    expect(agent.locator("#main")).to_contain_text(REPLY)

    wait_for(folder, lambda: any(REPLY in _text(letter) for letter in smtp.box.to("maria@alfreds.example")), 10)
    customer.goto(address)
    expect(customer.locator("#main")).to_contain_text(REPLY)
    assert NOTE not in customer.content()
    for letter in smtp.letters:
        if "maria@alfreds.example" in str(letter["To"]):
            assert NOTE not in _text(letter)


def _write(page: Page, ending: str, text: str) -> None:
    form = page.locator(f"form[action$='{ending}']")
    field = form.locator("[name=body]")
    if not field.is_visible():
        page.locator("summary", has=page.get_by_text("internal note")).first.click()
    field.fill(text)
    form.locator("button[type=submit], button:not([type])").first.click()
    page.wait_for_load_state()


def _text(letter: object) -> str:
    return "".join(part.get_content() for part in letter.walk()  # type: ignore[attr-defined]
                   if part.get_content_maintype() == "text")


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
