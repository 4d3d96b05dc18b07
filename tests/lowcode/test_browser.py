"""A module without Python, used in Chromium with scripts off."""

from __future__ import annotations

import shutil

from playwright.sync_api import expect

from support.needs import ROOT

EXAMPLE = ROOT / "examples" / "modules" / "returns"


def sign_in(page, portal, person):
    page.goto(portal.url + "/sign-in")
    page.fill("[name=email]", person["address"])
    page.fill("[name=password]", person["password"])
    page.press("[name=password]", "Enter")
    page.wait_for_url(lambda url: "/sign-in" not in url)


def test_a_return_from_announcing_to_refund_without_scripts(serve, portal_folder, database_url, tabs, screenshot):
    folder = portal_folder({"features": {"returns": True}}, database=database_url)
    shutil.copytree(EXAMPLE, folder.path / "plugins" / "returns")
    people = {}
    for name, role in (("Maria Anders", "user"), ("Ben Agent", "agent")):
        address = f"{role}@example.com"
        folder.command("user", "create", "--name", name, "--email", address, "--role", role)
        people[role] = folder.json("user", "set-password", address)
    with serve(folder, workers=1) as portal:
        page = tabs.open(scripts=False)
        sign_in(page, portal, people["user"])
        page.goto(portal.url + "/returns")
        page.get_by_role("link", name="Begin").click()
        page.get_by_label("What would you like to send back?").fill("Blue kettle")
        page.get_by_label("It arrived damaged").check()
        page.get_by_label("Your message").fill("The lid is broken.")
        page.get_by_role("button", name="Send").click()
        expect(page.get_by_role("heading", name="Blue kettle")).to_be_visible()
        expect(page.get_by_text("The lid is broken.")).to_be_visible()
        desk = tabs.open(scripts=False)
        sign_in(desk, portal, people["agent"])
        desk.goto(portal.url + "/search?q=lid")
        desk.get_by_role("link", name="Blue kettle").click()
        desk.get_by_role("link", name="Refund").click()
        desk.get_by_label("Amount").fill("12.50")
        desk.get_by_role("button", name="Refund").click()
        expect(desk.get_by_text("Ben Agent: Refunded")).to_be_visible()
        page.reload()
        expect(page.get_by_text("Ben Agent: Refunded")).to_be_visible()
        for name, shown in (("returns-record", page.url), ("returns-list", portal.url + "/returns"),
                            ("returns-new", portal.url + "/returns/new"),
                            ("search", portal.url + "/search?q=kettle")):
            page.goto(shown)
            screenshot(name, page)
        phone = tabs.open(scripts=False, phone=True, dark=True)
        sign_in(phone, portal, people["agent"])
        for name, shown in (("returns-record-phone", "/returns/RET-001"), ("search-phone", "/search?q=kettle")):
            phone.goto(portal.url + shown)
            screenshot(name, phone)
