"""An admin makes a module in the browser and switches it on, while others use the portal and nobody is failed."""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from support.browser import Tabs
from support.servers import Portal, PortalFolder

pytestmark = [pytest.mark.browser, pytest.mark.engines("sqlite")]
PASSWORD = "quiet rivers run deep"


class Others(threading.Thread):
    """Somebody who asks for a page again and again."""

    def __init__(self, port: int) -> None:
        super().__init__(daemon=True)
        self.port, self.over = port, threading.Event()
        self.answers: list[int] = []
        self.failures: list[str] = []

    def run(self) -> None:
        while not self.over.wait(0.05):
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
            try:
                connection.request("GET", "/sign-in", headers={"Host": f"localhost:{self.port}"})
                self.answers.append(connection.getresponse().status)
            except (OSError, http.client.HTTPException) as error:
                self.failures.append(repr(error))
            connection.close()


def test_a_module_comes_into_use_without_a_failed_request(
        portal_folder: Callable[..., PortalFolder], database_url: str, tabs: Tabs,
        serve: Callable[..., AbstractContextManager[Portal]], screenshot: Callable[..., object]) -> None:
    folder = portal_folder({"languages": {"offered": ["en", "ar"]}}, database=database_url)
    folder.command("user", "create", "--role", "admin", "--name", "Ada", "--email", "ada@example.com")
    folder.command("user", "set-password", "--password", PASSWORD, "ada@example.com")
    with serve(folder, workers=2) as portal:
        page = tabs.open()
        page.goto(folder.origin() + "/sign-in")
        page.fill("[name=email]", "ada@example.com")
        page.fill("[name=password]", PASSWORD)
        page.press("[name=password]", "Enter")
        page.wait_for_url(lambda url: "/sign-in" not in url)
        page.goto(folder.origin() + "/settings/features")
        page.get_by_role("link", name="New module").click()
        page.fill("[name=title]", "Room bookings")
        page.fill("[name=one]", "Room booking")
        page.fill("[name=first]", "Which room?")
        page.get_by_role("button", name="Begin").click()
        page.locator(".tiles").get_by_role("link", name="Date").click()
        page.fill("[name=label]", "Day")
        page.get_by_role("button", name="Add field").click()
        frame = page.frame_locator("#preview .phone iframe")
        expect(frame.get_by_label("Day (optional)")).to_be_visible()
        assert Axe().run(page).violations_count == 0
        screenshot("module-fields", page)
        others = Others(portal.port)
        others.start()
        page.locator(".save-bar").get_by_role("button", name="Take into use").click()
        page.get_by_role("button", name="Switch it on").click(timeout=120_000)
        page.get_by_role("link", name="Open it").click()
        page.locator("main").get_by_role("link", name="New", exact=True).first.click()
        page.get_by_label("Which room?").fill("The blue one")
        page.get_by_role("button", name="Send").click()
        expect(page.get_by_role("heading", name="The blue one")).to_be_visible()
        time.sleep(0.2)
        others.over.set()
        others.join()
        assert others.failures == [] and set(others.answers) == {200} and len(others.answers) > 20
        page.goto(folder.origin() + "/settings/modules/room_bookings/room_booking/access?lang=ar")
        assert page.locator("html").get_attribute("dir") == "rtl"
        assert Axe().run(page).violations_count == 0
        screenshot("module-access-ar", page)
    assert "which_room" in (folder.path / "plugins" / "room_bookings" / "plugin.yaml").read_text()
