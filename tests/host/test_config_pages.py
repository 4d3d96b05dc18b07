"""The settings pages: a switch changes one word of portal.yaml, two editors are told, changes can be undone."""

from __future__ import annotations

import re

import pytest

from core.data import audit
from support.inside import Inside

ACME = """# Our portal; mind the spaces
name: Root      # the installation's
url: http://localhost:8000
status: active
features:
  tickets: on   # yes, tickets
installation:
  plugins: {paths: [plugins]}
tenants:
  acme:
    name: "Acme Support"   # quoted
    url: "http://localhost:8000"
    features:
      tickets: on   # acme's own
  globex:
    name: Globex Service
    url: http://globex.localhost:8000
    contact: {email: secret-globex@example.com}
"""


@pytest.fixture
def acme(inside: Inside) -> Inside:
    inside.yaml.write_text(ACME)
    assert inside.portal.store.notice()
    return inside


def fields(html: str) -> dict[str, list[str]]:
    """Give what a browser would send of the page: hidden, text and checked fields, the chosen option."""
    form = html.split('<main', 1)[1]
    found: dict[str, list[str]] = {}
    for tag in re.findall(r"<input\b[^>]*>", form):
        name, value = re.search(r'name="([^"]*)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and value and ('type="checkbox"' not in tag or " checked" in tag):
            found.setdefault(name[1], []).append(value[1])
    for name, body in re.findall(r'<select[^>]*name="([^"]*)"[^>]*>(.*?)</select>', form, re.S):
        found[name] = re.findall(r'<option value="([^"]*)" selected', body)[:1]
    return found


def test_a_switch_changes_one_word_and_holds_from_the_next_request_on(acme: Inside) -> None:
    admin, customer = acme.client("admin"), acme.client("own")
    page = admin.get("/settings/features")
    assert page.status == 200
    assert "portal.yaml, line 14" in page.text
    form = fields(page.text)
    assert form["on"] == form["was"] == ["tickets"]
    assert customer.get("/tickets").status == 200
    saved = admin.post("/settings/features", form | {"on": []})
    assert saved.status == 303, saved.text
    assert acme.yaml.read_text() == ACME.replace("tickets: on   # acme's own", "tickets: off   # acme's own")
    assert customer.get("/tickets").status == 404
    assert "/tickets" not in customer.get("/").text.split("<main")[0]
    assert acme.client("other").get("/tickets").status == 200
    told = admin.get(saved.location)
    assert "Tickets: off" in told.text
    undo = re.search(r'action="(/settings/versions/\d+/undo)"', told.text)
    assert undo
    assert admin.post(undo[1], {}).status == 303
    assert acme.yaml.read_text() == ACME
    assert customer.get("/tickets").status == 200
    with acme.scope("acme"):
        acts = [act for act in audit.acts() if act.act == "config.changed"]
    assert [(act.actor, act.channel) for act in acts] == [("Ada Admin", "page")] * 2
    listed = admin.get("/settings/versions")
    assert "Ada Admin &lt;admin@example.com&gt;" in listed.text
    assert "Tickets: off" in listed.text
