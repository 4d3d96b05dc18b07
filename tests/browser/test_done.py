"""Every "done when" sentence, on a served portal with two processes, an outbox worker and a real mail server."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from support.browser import Tabs
from support.needs import ROOT
from support.pace import Stopwatch
from support.servers import Portal, PortalFolder
from support.smtp import MailServer

pytestmark = pytest.mark.browser

PHOTO = bytes.fromhex("89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c6360"
                      "f8cf000000030001ffa5c9b60000000049454e44ae426082")
QUESTION = "Where is my delivery?"
NOTE = "He is a difficult one, be kind."
REPLY = "It leaves the house today."


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
def demo(folder: PortalFolder, serve: Callable[..., AbstractContextManager[Portal]]) -> Iterator[dict[str, str]]:
    """Serve it; give the passwords that `parlour demo` tells, by address."""
    told = folder.json("demo")
    with serve(folder, workers=2) as folder.portal:
        yield {person["address"]: person["password"] for tenant in told["tenants"].values()
               for person in tenant["people"]}


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
