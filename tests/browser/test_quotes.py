"""A quote accepted with a drawn signature on a phone, and without scripts by a typed name."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

pytestmark = pytest.mark.engines("sqlite")


def sign_in(page, origin, people, address):
    page.goto(f"{origin}/sign-in")
    page.fill("[name=email]", address)
    page.fill("[name=password]", people[address])
    page.press("[name=password]", "Enter")
    page.wait_for_url(lambda url: "/sign-in" not in url)


def draw(page):
    box = page.locator(".pad canvas").bounding_box()
    page.mouse.move(box["x"] + 20, box["y"] + 20)
    page.mouse.down()
    for step in range(1, 9):
        page.mouse.move(box["x"] + 20 + 15 * step, box["y"] + 20 + 30 * (step % 2))
    page.mouse.up()


def faults(page):
    return Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]


def test_accepted_on_a_phone_and_seen_without_scripts(portal_folder, database_url, serve, tabs, screenshot):
    folder = portal_folder({"features": {"quotes": True, "tickets": False, "kb": False}}, database=database_url)
    folder.edit("features:", f"tenants: {{acme: {{name: Acme, url: 'http://acme.localhost:{folder.port}'}}}}\nfeatures:")
    people = {one["address"]: one["password"] for one in folder.demo()["tenants"]["acme"]["people"]}
    with serve(folder, workers=1):
        signed(folder.origin("acme.localhost"), people, tabs, screenshot)


def signed(origin, people, tabs, screenshot):
    phone = tabs.open(phone=True, dark=True)
    sign_in(phone, origin, people, "thomas@alfreds.example")
    phone.goto(f"{origin}/quotes/QUO-001")
    phone.get_by_role("link", name="Accept the quote").click()
    before = phone.locator("#comes-to").inner_text()
    phone.get_by_label("Milk fridge").check()
    expect(phone.locator("#comes-to")).not_to_have_text(before)  # the total follows: the fridge makes it dearer
    assert phone.evaluate("[...document.querySelectorAll('.stacks')].every(one => "
                          "one.scrollWidth <= one.parentElement.clientWidth)")  # nothing of a line is out of view
    phone.get_by_label("Your full name").fill("Thomas Hardy")
    phone.locator(".pad canvas").scroll_into_view_if_needed()
    draw(phone)
    assert not faults(phone)
    screenshot("quote-accept-phone", phone)
    phone.get_by_label("I have read and agree").check()
    assert phone.locator("[name='signature.drawn']").input_value().count(",") > 3
    phone.get_by_role("button", name="Accept the quote").click()
    expect(phone.get_by_text("Signed by Thomas Hardy")).to_be_visible()
    expect(phone.locator(".signed svg polyline")).to_have_count(1)
    assert not faults(phone)
    plain = tabs.open(scripts=False)
    sign_in(plain, origin, people, "maria@alfreds.example")
    plain.goto(f"{origin}/quotes/QUO-001")
    expect(plain.get_by_text("Signed by Thomas Hardy")).to_be_visible()
