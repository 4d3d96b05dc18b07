"""The home page: a greeting, quick actions, cards in the order the configuration says, few questions asked."""

from __future__ import annotations

import re

from core.data import db

CARDS = re.compile(r'data-panel="([^"]+)"')


def cards(inside, short):
    return CARDS.findall(inside.client(short).get("/").text)


def test_it_greets_with_name_and_company_and_offers_what_one_may_do(inside):
    page = inside.client("own").get("/").text
    assert "Hello, Thomas" in page and "Alfreds Futterkiste" in page
    assert 'href="/tickets/new"' in page and "own@example.com" in page
    assert cards(inside, "own")[:2] == ["home.needs", "tickets.recent"]
    assert cards(inside, "own")[-1] == "home.profile"


def test_the_tenant_orders_and_leaves_out_cards_and_a_company_otherwise(portal_inside):
    inside = portal_inside({"tenants": {"acme": {
        "home": {"panels": ["home.profile", "tickets.recent"]},
        "companies": {"horn": {"home": {"panels": ["tickets.recent"]}}}}}})
    assert cards(inside, "own") == ["home.profile", "tickets.recent"]
    assert cards(inside, "stranger") == ["tickets.recent"]
    assert cards(inside, "loner") == ["home.profile", "tickets.recent"]
    assert "home.needs" in cards(inside, "other")


def test_a_card_of_a_feature_that_is_off_is_not_there_however_it_is_ordered(portal_inside):
    inside = portal_inside({"tenants": {"acme": {
        "home": {"panels": ["tickets.recent", "home.needs"]}, "features": {"tickets": False}}}})
    assert cards(inside, "own") == ["home.needs"]


def test_a_card_of_no_plugin_is_a_mistake_told_by_line(portal_folder):
    folder = portal_folder({"home": {"panels": ["zebra.card"]}})
    check = folder.command("check")
    assert check.returncode != 0 and "home.panels" in check.stdout + check.stderr


def test_it_asks_six_questions_and_one_more_per_card(inside):
    db.count_statements(db.db.obj)
    client, asked = inside.client("own"), []
    for _ in range(3):
        before = db.statements
        page = client.get("/").text
        asked.append(db.statements - before)
    db.db.obj.query_hooks.clear()
    assert min(asked) <= 6 + len(CARDS.findall(page)), (asked, CARDS.findall(page))
