"""A topic answered in a browser: what is typed survives by itself, a vote stays in place, also without scripts."""

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


def faults(page):
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return [(one["id"], one["nodes"][0]["html"][:200]) for one in found] + ([("wide", wide)] if wide > 0 else [])


def test_answered_on_a_phone_kept_by_itself_and_looked_at(portal_folder, database_url, serve, tabs, screenshot):
    folder = portal_folder({"features": {"forums": True, "tickets": False, "kb": False}}, database=database_url)
    folder.edit("features:", f"tenants: {{acme: {{name: Acme, url: 'http://acme.localhost:{folder.port}'}}}}\nfeatures:")
    people = {one["address"]: one["password"] for one in folder.demo()["tenants"]["acme"]["people"]}
    with serve(folder, workers=1):
        talked(folder.origin("acme.localhost"), people, tabs, screenshot)


def talked(origin, people, tabs, screenshot):
    phone = tabs.open(phone=True, dark=True)
    sign_in(phone, origin, people, "maria@alfreds.example")
    phone.goto(f"{origin}/forums/TOP-001")
    post = phone.locator("li.post").nth(2)
    post.get_by_role("button", name="Vote for it", exact=True).click()
    expect(post.get_by_role("button", name="Vote for it", exact=True)).to_have_attribute("aria-pressed", "true")
    assert not faults(phone)
    with phone.expect_response(lambda answer: answer.url.endswith("/unsent")):
        phone.get_by_label("Your answer").type("Thank you, **that** helped")
    phone.goto(f"{origin}/forums/TOP-001")
    expect(phone.get_by_label("Your answer")).to_have_value("Thank you, **that** helped")
    screenshot("forum-topic-phone", phone)
    phone.get_by_role("button", name="Answer", exact=True).click()
    expect(phone.get_by_text("Waits: only its author and our team see it")).to_be_visible()
    expect(phone.get_by_label("Your answer")).to_have_value("")
    phone.goto(f"{origin}/forums/new")
    assert not faults(phone)
    plain = tabs.open(scripts=False)
    sign_in(plain, origin, people, "ben@acme.example")
    plain.goto(f"{origin}/moderation")
    waits = plain.locator("article.concern")  # the demo's own post waits beside this one
    expect(waits).to_have_count(2)
    waits.filter(has_text="that helped").get_by_role("button", name="Approve").click()
    expect(waits).to_have_count(1)
    expect(waits.filter(has_text="that helped")).to_have_count(0)
    waits.get_by_role("button", name="Approve").click()
    expect(plain.get_by_text("Nothing waits")).to_be_visible()
    plain.goto(f"{origin}/forums/TOP-005")
    plain.get_by_label("Your answer").fill("Half a thought")
    plain.get_by_role("button", name="Keep for later").click()
    expect(plain.get_by_text("Half a thought")).to_be_visible()
    plain.get_by_role("link", name="Go on").click()
    expect(plain.get_by_label("Your answer")).to_have_value("Half a thought")
    plain.get_by_role("button", name="Answer", exact=True).click()
    expect(plain.locator("li.post .prose").last).to_have_text("Half a thought")
    staff = tabs.open(language="ar")
    sign_in(staff, origin, people, "ben@acme.example")
    for path in ("/forums", "/forums/TOP-001", "/moderation", "/forums/TOP-001/split", "/forums/categories/new"):
        staff.goto(f"{origin}{path}?lang=ar")
        assert not faults(staff), path
