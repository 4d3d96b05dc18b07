"""Signing in safely in Chromium: an app, recovery codes, passkeys; with scripts and without; open to everybody."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from urllib.parse import unquote

import pyotp
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from core.data import people, scope
from core.data.passwords import hash_password
from core.host.portal import assemble
from support.browser import Tabs
from support.inside import disconnect
from support.servers import Portal, PortalFolder

pytestmark = [pytest.mark.browser, pytest.mark.engines("sqlite")]
EMAIL, PASSWORD = "nora@acme.example", "seven green kettles"
SETTINGS = {"name": "Acme Support", "security": {"two_factor": {"required": ["admin"]}},
            "languages": {"offered": ["en", "ar"]}}


@pytest.fixture
def folder(portal_folder: Callable[..., PortalFolder], database_url: str,
           serve: Callable[..., AbstractContextManager[Portal]]) -> Iterator[PortalFolder]:
    """A portal in two processes, with one agent and one admin."""
    made = portal_folder(SETTINGS, database=database_url)
    disconnect()
    portal = assemble(made.path, {"PARLOUR_DATABASE": database_url})
    with scope.enter(portal.scope("default", channel="command", system="test")):
        for role, email in (("agent", EMAIL), ("admin", "ada@acme.example")):
            people.add_person("Nora Blank", email=email, role=role, password=hash_password(PASSWORD))
    disconnect()
    with serve(made, workers=2):
        yield made


def enter(page: Page, folder: PortalFolder, email: str = EMAIL) -> None:
    page.goto(folder.origin() + "/sign-in")
    page.fill("[name=email]", email)
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")
    page.wait_for_url(lambda url: not url.endswith("/sign-in"))


def leave(page: Page, folder: PortalFolder) -> None:
    page.context.clear_cookies()
    page.goto(folder.origin() + "/sign-in")


def open_to_all(page: Page) -> None:
    """Look at the page as axe does, light and dark, on a phone and on a desk."""
    for scheme, width in (("light", 1280), ("dark", 390)):
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": 900})
        found = Axe().run(page).response["violations"]
        assert not [(page.url, one["id"], one["nodes"][0]["html"][:200]) for one in found]
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), page.url


def device(page: Page) -> tuple[object, str]:
    """Give the browser a device that holds passkeys and knows its person."""
    line = page.context.new_cdp_session(page)
    line.send("WebAuthn.enable")
    made = line.send("WebAuthn.addVirtualAuthenticator", {"options": {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
        "isUserVerified": True, "automaticPresenceSimulation": True}})
    return line, made["authenticatorId"]


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "none"])
def test_an_app_and_its_recovery_codes(folder, tabs: Tabs, scripts: bool):
    page = tabs.open(scripts=scripts)
    enter(page, folder, "ada@acme.example")
    expect(page).to_have_url(re.compile("/account/two-factor$"))  # an admin needs a second step
    if scripts:
        open_to_all(page)
    page.get_by_role("button", name="Set up an app").click()
    expect(page.get_by_role("img", name="A QR code")).to_be_visible()
    page.get_by_text("I cannot scan it").click()
    if scripts:
        open_to_all(page)
    app = pyotp.TOTP(page.locator("code.secret").inner_text().replace(" ", ""))
    page.fill("[name=code]", "000000")
    page.get_by_role("button", name="Switch it on").click()
    expect(page.locator(".field .error")).to_contain_text("not what the app shows")
    page.fill("[name=code]", app.now())
    page.get_by_role("button", name="Switch it on").click()
    codes = page.locator(".codes code").all_inner_texts()
    assert len(codes) == 10
    expect(page.get_by_role("button", name="Print")).to_be_visible(visible=scripts)
    saved = unquote(page.get_by_role("link", name="Download").get_attribute("href"))
    assert all(code in saved for code in codes)
    if scripts:
        open_to_all(page)
        with page.expect_download() as download:
            page.get_by_role("link", name="Download").click()
        assert codes[0] in download.value.path().read_text()
    page.get_by_role("link", name="I have kept them").click()
    page.goto(folder.origin() + "/people")
    expect(page).to_have_url(re.compile("/people$"))
    leave(page, folder)
    enter(page, folder, "ada@acme.example")
    expect(page.locator("h1")).to_have_text("One more step")
    if scripts:
        open_to_all(page)
        expect(page.locator("[name=code]")).to_be_focused()
    page.get_by_role("link", name="Use a recovery code").click()
    page.fill("[name=code]", codes[0])
    page.get_by_role("button", name="Go on").click()
    page.wait_for_url(folder.origin() + "/")
    leave(page, folder)
    enter(page, folder, "ada@acme.example")
    time.sleep(max(0, 30 - time.time() % 30) if time.time() % 30 > 27 else 0)
    page.fill("[name=code]", app.at(int(time.time()) + 30))
    page.get_by_label("Don't ask on this device for 30 days").check()
    page.get_by_role("button", name="Go on").click()
    page.wait_for_url(folder.origin() + "/")
    page.goto(folder.origin() + "/account/security")
    expect(page.get_by_text("signed in with a recovery code")).to_be_visible()
    if scripts:
        open_to_all(page)


def test_passkeys_in_place_of_a_password_and_after_it(folder, tabs: Tabs):
    page = tabs.open()
    line, key = device(page)
    enter(page, folder)
    page.goto(folder.origin() + "/account/passkeys")
    open_to_all(page)
    page.fill("[name=name]", "Nora's laptop")
    page.press("[name=name]", "Enter")
    expect(page.get_by_text("You can sign in with it from now on.")).to_be_visible()
    expect(page.locator(".row .what")).to_have_text("Nora's laptop")
    open_to_all(page)
    page.get_by_role("button", name="Make a passkey").click()
    expect(page.get_by_text("This device has a passkey for you already.")).to_be_visible()
    leave(page, folder)
    sent: list[str] = []
    page.on("request", lambda one: sent.append(one.post_data) if one.url.endswith("/sign-in/passkey") else None)
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url(folder.origin() + "/")
    again = tabs.open()
    again.goto(folder.origin() + "/sign-in")
    anew = re.sub(r"_once=[^&]*", "_once=", sent[0])
    answer = again.request.post(folder.origin() + "/sign-in/passkey", data=anew, headers={
        "Content-Type": "application/x-www-form-urlencoded", "Origin": folder.origin()}, max_redirects=0)
    assert answer.status == 422, "an answer that was seen on its way is worth nothing"
    leave(page, folder)
    enter(page, folder)
    expect(page.locator("h1")).to_have_text("One more step")
    page.get_by_role("button", name="Use your passkey").click()
    page.wait_for_url(folder.origin() + "/")
    page.goto(folder.origin() + "/account/passkeys")
    page.get_by_role("button", name="Remove Nora's laptop").click()
    expect(page.get_by_text("It lets nobody in any more.")).to_be_visible()
    leave(page, folder)
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.locator(".summary")).to_contain_text("did not work here")
    line.send("WebAuthn.setUserVerified", {"authenticatorId": key, "isUserVerified": False})
    leave(page, folder)
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("alert")).to_contain_text("Nothing came from your device.")
    open_to_all(page)


def test_without_scripts_passkeys_are_not_there(folder, tabs: Tabs):
    page = tabs.open(scripts=False)
    page.goto(folder.origin() + "/sign-in")
    expect(page.get_by_role("button", name="Sign in with a passkey")).to_be_hidden()
    enter(page, folder)
    page.goto(folder.origin() + "/account/passkeys")
    expect(page.get_by_role("button", name="Make a passkey")).to_be_hidden()
    expect(page.get_by_text("Passkeys need scripts")).to_be_visible()
