"""Settings that name what is not there: told with file and line, by the command and on the pages, in one text."""

from __future__ import annotations

import html
import json
import sys

import pytest
import yaml
from click.testing import CliRunner

from core.data import people
from core.host.cli import main

RULES = """
    features:
      tickets:
        categories:
          billing: {label: Billing, team: biling}
          other: {label: Other, priority: urgnt}
        deadlines: {urgent: 4, hihg: 8}
        teams:
          money: {name: Money, members: [agent@example.com, own@example.com]}
        rules:
          - {when: {category: [billing, bills]}, assign: AGENT@example.com}
          - {when: {company: [horn, hron], priority: low}, assign: money}
          - {when: {}, assign: nobody@example.com, priority: low}
          - {assign: service}
"""
EXPECTED = [
    "categories.billing.team: 'biling' is not one of money.",
    "categories.other.priority: 'urgnt' is not one of low, normal, high, urgent. Did you mean 'urgent'?",
    "deadlines.hihg: 'hihg' is not one of low, normal, high, urgent. Did you mean 'high'?",
    "teams.money.members[1]: 'own@example.com' is not one of admin@example.com, agent@example.com. "
    "Did you mean 'agent@example.com'?",
    "rules[0].when.category[1]: 'bills' is not one of billing, other. Did you mean 'billing'?",
    "rules[1].when.company[1]: 'hron' is not one of alfreds, horn. Did you mean 'horn'?",
    "rules[2].assign: 'nobody@example.com' is not one of money, admin@example.com, agent@example.com. "
    "Did you mean 'agent@example.com'?",
    "rules[3].assign: 'service' is not one of money, admin@example.com, agent@example.com.",
]


@pytest.fixture
def loose(portal_inside):
    inside = portal_inside()
    inside.yaml.write_text(inside.yaml.read_text().replace("  acme:\n", f"  acme:{RULES}", 1))
    inside.portal.store.notice()
    return inside


def line(inside, word):
    found = [place for place, text in enumerate(inside.yaml.read_text().splitlines(), 1) if word in text]
    return f"portal.yaml:{found[0]}:"


def told(text):
    return [part.split(" tenants.acme.features.tickets.")[1].split("</code>")[0]
            for part in html.unescape(text).split("<code")[1:] if " tenants.acme.features.tickets." in part]


def test_each_is_told_on_the_settings_pages_and_on_the_inbox(loose):
    page = loose.client("admin").get("/settings/general").text
    assert sorted(told(page)) == sorted(EXPECTED)
    assert line(loose, "hihg") in page
    assert line(loose, "nobody@") in page
    inbox = html.unescape(loose.client("admin").get("/inbox").text)
    assert all(text in inbox for text in EXPECTED)
    assert "biling" not in loose.client("agent").get("/inbox").text
    assert loose.client("other_admin").get("/settings/general").text.count("data-loose-ends") == 0


def test_the_command_says_the_same(loose, monkeypatch):
    monkeypatch.setenv("PARLOUR_DATABASE", loose.portal.place.database)
    done = CliRunner().invoke(main, ["check", "--portal", str(loose.folder), "--json"])
    assert done.exit_code == 1, done.output
    texts = [one["text"] for one in json.loads(done.output)["problems"]]
    assert [text.split(" tenants.acme.features.tickets.")[1] for text in texts] == EXPECTED


def test_what_is_made_in_the_portal_is_there(loose):
    with loose.scope():
        people.ensure_team("biling", "Billing")
        people.change_person(loose.person("own").id, role="agent")
    places = {text.partition(":")[0] for text in told(loose.client("admin").get("/settings/general").text)}
    assert places == {text.partition(":")[0] for text in EXPECTED} - {"categories.billing.team",
                                                                     "teams.money.members[1]"}


@pytest.mark.engines("sqlite")
def test_without_a_database_only_what_the_file_knows_is_looked_at(tmp_path):
    (tmp_path / "portal.yaml").write_text(yaml.safe_dump({
        "features": {"tickets": {"deadlines": {"hihg": 8}, "rules": [{"assign": "nobody"}]}}}))
    done = CliRunner().invoke(main, ["check", "--portal", str(tmp_path)])
    assert "'hihg' is not one of low" in done.output
    assert "nobody" not in done.output


@pytest.mark.engines("sqlite")
def test_what_is_usual_is_what_the_plugin_uses(inside):
    states = sys.modules["parlour_plugins.tickets.states"]
    properties = inside.portal.built.registry.manifests["tickets"].settings["properties"]
    for name, words in (("categories", states.CATEGORIES), ("priorities", states.PRIORITIES),
                        ("statuses", states.STATUSES)):
        assert list(properties[name]["x-usual"]) == list(words)
