"""A request written and sent while the fields of its category are still on their way from a slow server."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest
from playwright.sync_api import Page, Route, expect

from support.browser import Tabs
from support.needs import ROOT
from support.servers import Portal, PortalFolder

pytestmark = [pytest.mark.browser, pytest.mark.engines("sqlite")]

DONE = re.compile(r"/tickets/TKT-\d+$")


class Slow:
    """Holds back every drawing of a category's fields until it is let go."""

    def __init__(self, page: Page) -> None:
        self.page, self.held = page, []
        page.route("**/tickets/new", self.take)

    def take(self, route: Route) -> None:
        if "_draw=1" in (route.request.post_data or ""):
            self.held.append(route)
        else:
            route.continue_()

    def let_go(self) -> None:
        """Let every drawing through, and wait until the page stands still."""
        while self.held:
            self.held.pop(0).continue_()
        expect(self.page.locator(".htmx-request, .htmx-swapping, .htmx-settling")).to_have_count(0)

    def chosen(self, label: str) -> None:
        """Choose a category, and wait until its fields are asked for."""
        waiting = len(self.held)
        self.page.get_by_label(label).check()
        while len(self.held) == waiting:
            self.page.wait_for_timeout(20)


@pytest.fixture
def page_of_maria(portal_folder: Callable[..., PortalFolder], database_url: str, tabs: Tabs,
                  serve: Callable[..., AbstractContextManager[Portal]]) -> Iterator[Page]:
    folder = portal_folder(database=database_url)
    folder.write((ROOT / "portal.yaml").read_text())
    shutil.copytree(ROOT / "themes", folder.path / "themes", dirs_exist_ok=True)
    told = folder.demo()
    with serve(folder, workers=1):
        page = tabs.open()
        page.goto(folder.origin() + "/sign-in?next=/tickets/new")
        page.fill("[name=email]", "maria@alfreds.example")
        page.fill("[name=password]", next(
            one["password"] for tenant in told["tenants"].values() for one in tenant["people"]
            if one["address"] == "maria@alfreds.example"))
        page.press("[name=password]", "Enter")
        page.wait_for_url("**/tickets/new")
        yield page


def test_nothing_typed_is_lost_and_sending_wins_however_slow_the_fields_are(page_of_maria: Page):
    page = page_of_maria
    start = page.url
    _typed_while_drawn(page, Slow(page))
    page.goto(start)
    _sent_while_drawn(page, Slow(page))
    page.goto(start)
    _pressed_while_drawn(page, Slow(page))
    page.goto(start)
    _let_go_beside_the_button(page, Slow(page))


def _typed_while_drawn(page: Page, slow: Slow) -> None:
    page.get_by_label("Something is broken").wait_for()
    page.fill("[name=subject]", "The lamp")
    slow.chosen("Something is broken")
    page.fill("[name=subject]", "The lamp flickers")
    page.locator("[name=body]").press_sequentially("Every evening")
    slow.let_go()
    expect(page.locator("[name=serial]")).to_be_visible()
    expect(page.locator("[name=subject]")).to_have_value("The lamp flickers")
    expect(page.locator("[name=body]")).to_be_focused()
    page.keyboard.type(" at six.")
    expect(page.locator("[name=body]")).to_have_value("Every evening at six.")
    page.get_by_role("button", name="Send").click()
    page.wait_for_url(DONE)
    expect(page.locator("#main")).to_contain_text("Every evening at six.")


def _sent_while_drawn(page: Page, slow: Slow) -> None:
    slow.chosen("Something is broken")
    page.fill("[name=subject]", "The fan hums")
    page.fill("[name=body]", "All night.")
    page.get_by_role("button", name="Send").click()
    page.wait_for_url(DONE)
    expect(page.locator("#main")).to_contain_text("All night.")


def _pressed_while_drawn(page: Page, slow: Slow) -> None:
    slow.chosen("Something is broken")
    page.fill("[name=subject]", "The door jams")
    page.fill("[name=body]", "Since May.")
    send = page.get_by_role("button", name="Send")
    send.scroll_into_view_if_needed()
    box = send.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    while slow.held:
        slow.held.pop(0).continue_()
    page.wait_for_timeout(400)
    page.mouse.up()
    page.wait_for_url(DONE)
    expect(page.locator("#main")).to_contain_text("Since May.")


def _let_go_beside_the_button(page: Page, slow: Slow) -> None:
    slow.chosen("Something is broken")
    send = page.get_by_role("button", name="Send")
    send.scroll_into_view_if_needed()
    box = send.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    while slow.held:
        slow.held.pop(0).continue_()
    page.wait_for_timeout(400)
    page.mouse.move(5, 5)
    page.mouse.up()
    while not slow.held:
        page.wait_for_timeout(20)
    slow.let_go()
    expect(page.locator("[name=serial]")).to_be_visible()
