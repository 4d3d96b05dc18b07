"""The settings pages: a switch changes one word of portal.yaml, two editors are told, changes can be undone."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from pathlib import Path

import pytest
import yaml

from core.data import audit, credentials, people
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
            found.setdefault(name[1], []).append(unescape(value[1]))
    for name, body in re.findall(r'<select[^>]*name="([^"]*)"[^>]*>(.*?)</select>', form, re.S):
        found[name] = re.findall(r'<option value="([^"]*)" selected', body)[:1]
    return found


def without_tickets(form: dict[str, list[str]]) -> dict[str, list[str]]:
    return form | {"on": [one for one in form["on"] if one != "tickets"]}


def test_a_switch_changes_one_word_and_holds_from_the_next_request_on(acme: Inside) -> None:
    admin, customer = acme.client("admin"), acme.client("own")
    page = admin.get("/settings/features")
    assert page.status == 200
    assert "portal.yaml, line 14" in page.text
    form = fields(page.text)
    assert form["on"] == form["was"]
    assert "tickets" in form["on"]
    assert customer.get("/tickets").status == 200
    saved = admin.post("/settings/features", without_tickets(form))
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


def test_only_admins_find_the_settings(acme: Inside) -> None:
    for short in ("agent", "own", "boss"):
        for path in ("/settings", "/settings/general", "/settings/features", "/settings/versions",
                     "/settings/versions/1"):
            assert acme.client(short).get(path).status == 404, (short, path)
            assert acme.client(short).get("/nowhere").status == 404
    assert acme.guest().get("/settings/general").status == 303
    assert acme.client("agent").post("/settings/features", {"on": [], "was": ["tickets"]}).status == 404
    assert acme.yaml.read_text() == ACME


def test_two_editors_at_once_are_told_and_keep_what_they_typed(acme: Inside) -> None:
    first, second = acme.client("admin"), acme.client("admin")
    form = fields(first.get("/settings/general").text)
    other = fields(second.get("/settings/general").text)
    assert second.post("/settings/general", other | {"name": "Acme Care"}).status == 303
    told = first.post("/settings/general", form | {"name": "Acme Help"})
    assert told.status == 409
    assert "was changed by Ada Admin &lt;admin@example.com&gt; on 20" in told.text
    again = fields(told.text)
    assert again["name"] == ["Acme Help"]
    assert "1 change, not saved yet" in told.text
    assert 'name: "Acme Care"   # quoted' in acme.yaml.read_text()
    assert first.post("/settings/general", again).status == 303
    assert acme.yaml.read_text() == ACME.replace("Acme Support", "Acme Help")


def test_a_hand_edit_between_opening_and_saving_is_told_too(acme: Inside) -> None:
    admin = acme.client("admin")
    form = fields(admin.get("/settings/general").text)
    acme.yaml.write_text(ACME.replace("Acme Support", "By hand"))
    told = admin.post("/settings/general", form | {"name": "By form"})
    assert told.status == 409
    assert "an edit of the file" in told.text
    assert acme.yaml.read_text() == ACME.replace("Acme Support", "By hand")


def test_another_tenants_change_in_the_same_file_is_no_conflict(acme: Inside) -> None:
    ours, theirs = acme.client("admin"), acme.client("other_admin")
    form = fields(ours.get("/settings/general").text)
    assert theirs.post("/settings/general", fields(theirs.get("/settings/general").text) | {
        "name": "Globex Care"}).status == 303
    assert ours.post("/settings/general", form | {"name": "Acme Care"}).status == 303
    assert acme.yaml.read_text() == ACME.replace("Acme Support", "Acme Care").replace(
        "Globex Service", "Globex Care")


def test_no_admin_sees_or_touches_another_tenants_part_or_the_installation(acme: Inside) -> None:
    ours, theirs = acme.client("admin"), acme.client("other_admin")
    made = theirs.post("/settings/general", fields(theirs.get("/settings/general").text) | {
        "name": "globex-canary"})
    number = re.search(r"saved=(\d+)", made.location or "")[1]  # type: ignore[index]
    acme.yaml.write_text(acme.yaml.read_text().replace("  plugins:", "  files: var/canary-files\n  plugins:"))
    assert acme.portal.store.notice()
    for path in ("/settings/versions", "/settings/general", "/settings/features", "/settings/versions/1"):
        page = ours.get(path)
        assert page.status == 200
        for canary in ("globex-canary", "secret-globex", "canary-files", "Gita Admin"):
            assert canary not in page.text, (path, canary)
    assert ours.get(f"/settings/versions/{number}").status == 404
    assert ours.post(f"/settings/versions/{number}/undo", {}).status == 404
    before = acme.yaml.read_text()
    form = fields(ours.get("/settings/general").text)
    extra = {"url": "http://globex.localhost:8000", "hosts": "globex.localhost", "installation.database": "x",
             "tenants.globex.name": "taken", "path": "../globex", "tenant": "globex", "document": "portal.yaml"}
    assert ours.post("/settings/general", form | extra | {"name": "x\n  globex:\n    name: taken"}).status == 303
    after = acme.yaml.read_text()
    tree = yaml.safe_load(after)
    assert tree["tenants"]["acme"].pop("name").replace("\r", "") == "x\n  globex:\n    name: taken"
    was = yaml.safe_load(before)
    was["tenants"]["acme"].pop("name")
    assert tree == was


def test_text_from_an_admin_reads_no_variable(acme: Inside) -> None:
    admin = acme.client("admin")
    form = fields(admin.get("/settings/general").text)
    assert admin.post("/settings/general", form | {"name": "${PARLOUR_DATABASE}"}).status == 303
    assert "${PARLOUR_DATABASE}" in admin.get("/").text


@pytest.mark.parametrize("name", ["", "   ", "x" * 121])
def test_a_name_that_does_not_fit_is_told_at_its_field(acme: Inside, name: str) -> None:
    admin = acme.client("admin")
    told = admin.post("/settings/general", fields(admin.get("/settings/general").text) | {"name": name})
    assert told.status == 422
    assert 'id="f-name-error"' in told.text
    assert acme.yaml.read_text() == ACME


def test_a_broken_edit_is_shown_on_every_settings_page_until_mended(acme: Inside) -> None:
    admin = acme.client("admin")
    acme.yaml.write_text(ACME.replace("tickets: on   # acme's own", "tickts: on").replace(
        "Globex Service", "[globex-canary]"))
    assert not acme.portal.store.notice()
    text = ("portal.yaml:14:7 tenants.acme.features.tickts: no plugin that can be switched is called "
            "&#39;tickts&#39;. Did you mean &#39;tickets&#39;?")
    for path in ("/settings/general", "/settings/features", "/settings/versions", "/settings/versions/1"):
        page = admin.get(path).text
        assert text in page
        assert "in a part of this file that is not yours" in page
        assert "globex-canary" not in page
    for path in ("/", "/inbox", "/people"):
        page = admin.get(path).text
        assert "An edit of the settings by hand was not taken: 2 mistakes." in page, path
        assert "globex-canary" not in page
        assert "tickts" not in page
    assert "data-untaken" not in admin.get("/account").text
    assert all("data-untaken" not in acme.client(short).get("/").text for short in ("agent", "own", "boss"))
    refused = admin.post("/settings/general", fields(admin.get("/settings/general").text) | {"name": "New"})
    assert refused.status == 403
    assert "Mend the file first" in refused.text
    assert fields(refused.text)["name"] == ["New"]
    acme.yaml.write_text(ACME)
    acme.portal.store.notice()
    assert "data-config-problems" not in admin.get("/settings/general").text
    assert "data-untaken" not in admin.get("/").text


def test_a_read_only_file_is_said_on_the_page(acme: Inside) -> None:
    acme.yaml.chmod(0o444)
    try:
        admin = acme.client("admin")
        page = admin.get("/settings/features").text
        assert "portal.yaml is read-only here" in page
        assert "save-bar" not in page.split("<main")[1]
        assert admin.post("/settings/features", without_tickets(fields(page))).status == 403
        assert acme.yaml.read_text() == ACME
    finally:
        acme.yaml.chmod(0o644)


def test_sending_a_form_twice_makes_one_version(acme: Inside) -> None:
    admin = acme.client("admin")
    form = fields(admin.get("/settings/general").text) | {"name": "Once"}
    first, second = admin.post("/settings/general", form), admin.post("/settings/general", form)
    assert (first.status, first.location) == (second.status, second.location)
    assert [one.note for one in acme.portal.store.versions(limit=2)] == ["Name: Once", ""]


def test_what_was_changed_again_since_cannot_be_undone(acme: Inside) -> None:
    admin = acme.client("admin")
    for name in ("One", "Two"):
        admin.post("/settings/general", fields(admin.get("/settings/general").text) | {"name": name})
    older = acme.portal.store.versions(limit=2)[1]
    told = admin.post(f"/settings/versions/{older.id}/undo", {})
    assert told.status == 409
    assert 'name: "Two"' in acme.yaml.read_text()
    admin.post(f"/settings/versions/{older.id + 1}/undo", {})
    assert 'name: "One"' in acme.yaml.read_text()


def plugin(folder: Path, name: str, **more: object) -> None:
    (folder / name).mkdir()
    text = yaml.safe_dump({"id": name, "title": name.title(), "face": 1, **more})
    (folder / name / "plugin.yaml").write_text(text)


def test_what_a_feature_needs_comes_with_it_and_what_needs_it_goes(
        portal_inside: Callable[..., Inside]) -> None:
    def fill(folder: Path) -> None:
        plugin(folder, "ground")
        plugin(folder, "upper", needs=["ground"])
        plugin(folder, "roof", needs=["upper"])

    inside = portal_inside(plugins=fill)
    admin = inside.client("admin")

    def switch(on: list[str]) -> str:
        form = fields(admin.get("/settings/features").text)
        saved = admin.post("/settings/features", form | {"on": on})
        assert saved.status == 303, saved.text
        return admin.get(saved.location or "").text

    def are_on() -> set[str]:
        return set(fields(admin.get("/settings/features").text).get("on", ()))

    before = are_on()
    assert "Needed for it, and on too: Upper, Ground." in switch([*before, "roof"]).replace("Ground, Upper",
                                                                                         "Upper, Ground")
    assert are_on() == before | {"ground", "upper", "roof"}
    assert "Off too" in switch([*before, "upper", "roof"])
    assert are_on() == before
    form = fields(admin.get("/settings/features").text)
    switch([*before, "ground"])
    form = fields(admin.get("/settings/features").text)
    told = admin.post("/settings/features", form | {"on": [*before, "roof"]})
    assert told.status == 422
    assert "Roof needs Ground" in told.text
    assert set(fields(told.text)["on"]) == before | {"roof"}


def test_a_tenant_in_a_file_of_its_own_edits_that_file(acme: Inside) -> None:
    folder = acme.folder / "tenants"
    folder.mkdir()
    (folder / "initech.yaml").write_text("name: Initech   # ours\nurl: http://initech.localhost:8000\n")
    assert acme.portal.store.notice()
    with acme.scope("initech"):
        row = people.add_person("Ina Admin", email="ina@example.com", role="admin", verified=True)
        secret = credentials.open_session(row.id, hours=1, address="127.0.0.1", agent="test")
    admin = acme.guest("initech.localhost")
    admin.cookies["parlour"] = secret
    page = admin.get("/settings/features")
    assert "For all portals: portal.yaml, line 6" in page.text
    assert admin.post("/settings/features", without_tickets(fields(page.text))).status == 303
    assert (folder / "initech.yaml").read_text() == (
        "name: Initech   # ours\nurl: http://initech.localhost:8000\nfeatures: {tickets: off}\n")
    assert acme.yaml.read_text() == ACME


def test_a_tenant_in_the_database_is_edited_there_and_reads_no_variable(acme: Inside) -> None:
    acme.portal.store.replace("db:fleet", "name: Fleet\nurl: http://fleet.localhost:8000\n", "test")
    with acme.scope("fleet"):
        row = people.add_person("Fay Admin", email="fay@example.com", role="admin", verified=True)
        secret = credentials.open_session(row.id, hours=1, address="127.0.0.1", agent="test")
    admin = acme.guest("fleet.localhost")
    admin.cookies["parlour"] = secret
    page = admin.get("/settings/general").text
    assert "Set here" in page
    assert admin.post("/settings/general", fields(page) | {"name": "${PARLOUR_DATABASE}"}).status == 303
    assert acme.portal.store.versions("db:fleet")[0].content.startswith('name: "$${PARLOUR_DATABASE}"\n')
    assert "${PARLOUR_DATABASE}" in admin.get("/").text
    assert acme.yaml.read_text() == ACME
    assert not (acme.folder / "tenants").exists()
