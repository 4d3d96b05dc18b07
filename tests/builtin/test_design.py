"""The form editor of the settings: what each button changes, what is refused, and who does not find it."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from core.config.loader import read
from core.web import operators
from support.inside import SETTINGS

pytestmark = pytest.mark.engines("sqlite")
TICKETS = "/settings/forms/features/tickets/fields"
FIELD = "/settings/field/features/tickets/fields"
CATEGORIES = {"question": "A question", "problem": {"label": "Broken", "form": {"fields": {"serial": "Serial"}}}}


@pytest.fixture
def portal(portal_inside: Any) -> Any:
    acme = {**SETTINGS["tenants"]["acme"], "features": {"tickets": {"categories": CATEGORIES}}}
    made = portal_inside({"tenants": {**SETTINGS["tenants"], "acme": acme}})
    made.admin = made.client("admin")  # what is collected belongs to one session
    return made


def tickets(portal: Any) -> Any:
    return own(portal).get("features", {}).get("tickets", {})


def own(portal: Any) -> Any:
    text = portal.yaml.read_text().replace(": on", ": true").replace(": off", ": false")
    return yaml.safe_load(text)["tenants"]["acme"]


def add(portal: Any, kind: str = "text", where: str = FIELD, **said: Any) -> Any:
    answer = portal.admin.post(f"{where}?type={kind}", {"do": "add", **said})
    assert answer.status == 303, answer.text
    return answer


def act(portal: Any, *verbs: str, where: str = TICKETS) -> Any:
    for verb in verbs:
        assert portal.admin.post(where, {"do": verb}).status == 303
    answer = portal.admin.post(where, {"do": "save"})
    told = re.findall(r'class="notice bad">.*?</p>', answer.text, re.DOTALL)
    assert answer.status == 303 and "saved=" in answer.location, told
    return tickets(portal)


def test_every_form_is_listed_and_linked_from_the_settings_it_belongs_to(portal: Any) -> None:
    admin = portal.admin
    text = admin.get("/settings/forms").text
    for place in ("features/tickets/fields", "features/tickets/categories/problem/form/fields", "fields/people",
                  "features/tickets/categories/question/form/fields", "fields/companies",
                  "access/registration/form/fields"):
        assert f'href="/settings/forms/{place}"' in text
        assert admin.get(f"/settings/forms/{place}").status == 200
    for page in ("/settings/features/tickets", "/settings/fields", "/settings/access",
                 "/settings/at/features/tickets/categories/problem"):
        assert "/settings/forms/" in admin.get(page).text, page


def test_a_field_is_added_named_by_its_label_and_never_renamed(portal: Any) -> None:
    add(portal, label="Date of purchase", required="true")
    add(portal, label="Date of purchase")
    add(portal, label="تاريخ")
    assert act(portal)["fields"] == {
        "date_of_purchase": {"label": "Date of purchase", "required": True},
        "date_of_purchase_2": "Date of purchase", "field": "تاريخ"}
    answer = portal.admin.post(f"{FIELD}?name=field", {"do": "save", "label": "Purchased"})
    assert answer.status == 303
    assert tickets(portal)["fields"]["field"] == "Purchased"


def test_options_keep_their_keys_when_their_words_change(portal: Any) -> None:
    add(portal, "choice", label="Device", options=["0", "1"], **{
        "options.0.label": "TV set", "options.1.label": "Radio"})
    assert act(portal)["fields"]["device"]["options"] == {"tv_set": "TV set", "radio": "Radio"}
    page = portal.admin.get(f"{FIELD}?name=device").text
    assert 'value="tv_set"' in page
    portal.admin.post(f"{FIELD}?name=device", {
        "do": "save", "label": "Device", "options": ["1", "0", "2"], "options.0.key": "tv_set",
        "options.0.label": "Television", "options.1.key": "radio", "options.1.label": "Radio",
        "options.2.label": "Radio"})
    assert tickets(portal)["fields"]["device"]["options"] == {
        "radio": "Radio", "tv_set": "Television", "radio_2": "Radio"}


def test_conditions_are_built_from_what_the_form_has(portal: Any) -> None:
    add(portal, "number", label="Seats")
    add(portal, label="Why", **{"if": ["0", "1"], "if.0.field": "category", "if.0.test": "is",
                                "if.0.v_category": ["question", "problem"], "if.1.field": "seats",
                                "if.1.test": "is", "if.1.value": "5, 7"})
    assert act(portal)["fields"]["why"]["if"] == {"category": ["question", "problem"], "seats": [5, 7]}
    page = portal.admin.get(f"{FIELD}?name=why").text
    assert 'value="5, 7"' in page
    answer = portal.admin.post(TICKETS, {"do": "drop.seats"})
    assert answer.status == 422 and "Why is asked only if this field says so" in answer.text


def test_fields_move_hide_are_required_copied_and_taken_away(portal: Any) -> None:
    add(portal, label="One")
    add(portal, label="Two")
    made = act(portal, "up.two", "require.one", "hide.priority", "require.attachments", "copy.one", "hide.two",
               "name.subject")
    assert made["form"] == {"order": ["subject", "body", "two", "one", "one_copy", "priority", "attachments"],
                            "hidden": ["priority"], "required": ["attachments"]}
    assert made["fields"] == {"one": {"label": "One", "required": True}, "one_copy": {
        "label": "One (copy)", "required": True}, "two": {"label": "Two", "hidden": True}}
    form = portal.client("own").get("/tickets/new").text
    assert form.index('name="one"') < form.index('name="one_copy"') < form.index('name="attachments"')
    assert 'name="priority"' not in form and 'name="two"' not in form
    made = act(portal, "drop.one", "hide.priority", "require.attachments", "hide.two")
    assert made["form"] == {"order": ["subject", "body", "two", "one_copy", "priority", "attachments"]}
    assert list(made["fields"]) == ["one_copy", "two"] and made["fields"]["two"] == {"label": "Two"}


def test_other_words_and_another_order_by_dragging(portal: Any) -> None:
    add(portal, label="One")
    admin = portal.admin
    admin.post(TICKETS, {"do": "name.subject", "label.subject": "What is it?"})
    admin.post(TICKETS, {"do": "order", "order": "one,nonsense,attachments,category,subject"})
    made = act(portal)
    assert made["form"] == {"labels": {"subject": "What is it?"},
                            "order": ["one", "attachments", "subject", "body", "priority"]}


def test_a_category_has_its_own_form_over_that_of_all(portal: Any) -> None:
    add(portal, label="Everywhere")
    where = "/settings/forms/features/tickets/categories/problem/form/fields"
    page = portal.admin.get(where).text
    assert "of every request" in page and 'id="e-serial"' in page
    made = act(portal, "hide.everywhere", "up.serial", "require.serial", where=where)
    assert made["categories"]["problem"]["form"]["hidden"] == ["everywhere"]
    assert made["categories"]["problem"]["form"]["fields"] == {"serial": {"label": "Serial", "required": True}}
    own = portal.client("own")
    assert 'name="everywhere"' in own.get("/tickets/new?category=question").text
    assert 'name="everywhere"' not in own.get("/tickets/new?category=problem").text


def test_rows_have_a_form_of_their_own(portal: Any) -> None:
    add(portal, "rows", label="Devices", first="Serial")
    inside = "features/tickets/fields/devices/fields"
    add(portal, "date", f"/settings/field/{inside}", label="Bought")
    assert portal.admin.post(f"/settings/forms/{inside}", {"do": "up.bought"}).status == 303
    assert act(portal)["fields"]["devices"] == {"label": "Devices", "type": "rows", "fields": {
        "bought": {"label": "Bought", "type": "date"}, "serial": "Serial"}}
    assert portal.admin.get(f"/settings/field/{inside}?type=rows").status == 404


def test_people_and_registration_have_fields_too(portal: Any) -> None:
    add(portal, where="/settings/field/fields/people", label="Position", editable="true")
    add(portal, where="/settings/field/fields/people", label="Level")
    add(portal, where="/settings/field/access/registration/form/fields", label="VAT number")
    act(portal, "up.level", where="/settings/forms/fields/people")
    made = own(portal)
    assert made["fields"]["people"] == {"level": {"label": "Level", "editable": False}, "position": "Position"}
    assert list(made["access"]["registration"]["form"]["fields"]) == ["company", "phone", "vat_number"]


def test_what_does_not_fit_is_told_at_its_field_and_nothing_is_kept(portal: Any) -> None:
    admin = portal.admin
    for kind, said, told in (("text", {}, "Fill in “Name”."), ("choice", {"label": "X"}, "at least one row"),
                             ("text", {"label": "X", "pattern": "("}, "is not a regular expression"),
                             ("money", {"label": "X", "currency": "euro"}, "Write its three letters"),
                             ("number", {"label": "X", "min": "many"}, "Enter a number")):
        answer = admin.post(f"{FIELD}?type={kind}", {"do": "add", **said})
        assert answer.status == 422 and told in answer.text, (kind, said)
    assert "not saved yet" not in admin.get(TICKETS).text


def test_answers_of_a_field_are_counted_and_stay_when_it_goes(portal: Any) -> None:
    add(portal, label="Room")
    act(portal)
    admin, own = portal.admin, portal.client("own")
    for room in ("12", ""):
        assert own.post("/tickets/new", {"category": "question", "priority": "normal", "subject": "X", "body": "Y",
                                         "room": room}).status == 303
    assert "One answer to it is stored" in admin.get(TICKETS).text
    act(portal, "drop.room")
    hrefs = set(re.findall(r'href="(/tickets/[A-Z0-9-]+)"', own.get("/tickets").text))
    assert sum("<dt>Room</dt><dd>12</dd>" in admin.get(href).text for href in hrefs) == 1, hrefs
    assert all("Room" not in own.get(href).text for href in hrefs)
    add(portal, label="Room")  # a new field does not inherit the answers of the old one
    assert list(act(portal)["fields"]) == ["room_2"]


@pytest.mark.parametrize("person", ["agent", "own", "boss", "other", "other_admin"])
def test_nobody_else_finds_it(portal: Any, person: str) -> None:
    host = "globex.localhost" if person.startswith("other") else "localhost"
    for path in ("/settings/forms", TICKETS, f"{FIELD}?type=text",
                 "/settings/form/preview/light/features/tickets/fields"):
        answer = portal.client(person).get(path)
        assert answer.status == (404 if person != "other_admin" else 200), (path, host)
    add(portal, label="Only here")
    act(portal)
    assert "Only here" not in portal.client(person).get(TICKETS).text


def test_addresses_that_are_none_are_not_found(portal: Any) -> None:
    admin = portal.admin
    for path in ("/settings/forms/x", "/settings/forms/name", "/settings/forms/features/tickets",
                 f"{FIELD}?name=no", "/settings/forms/installation/x", FIELD, f"{FIELD}?type=password",
                 f"{FIELD}?type=files",
                 "/settings/forms/features/tickets/categories/none/form/fields", f"{TICKETS}/none/fields",
                 "/settings/form/preview/pink/features/tickets/fields"):
        assert admin.get(path).status == 404, path


def test_the_preview_draws_the_draft_as_customers_will_see_it(portal: Any) -> None:
    add(portal, label="Room number", **{"if": ["0"], "if.0.field": "category", "if.0.test": "is",
                                        "if.0.v_category": "problem"})
    admin = portal.admin
    shown = admin.get("/settings/form/preview/light/features/tickets/fields?category=question").text
    assert "Room number" in shown and "Only if" in shown and "<script" not in shown and "Requester" not in shown
    assert "Room number" not in portal.client("own").get("/tickets/new").text
    for place in ("fields/people", "fields/companies", "access/registration/form/fields"):
        answer = admin.get(f"/settings/form/preview/dark/{place}")
        assert answer.status == 200 and "cannot be shown" not in answer.text


def test_a_font_of_ones_own_is_sent_tried_and_served_from_here(portal: Any) -> None:
    admin, woff = portal.admin, b"wOF2" + bytes(range(200))
    answer = admin.post("/settings/appearance", {"do": "save", "theme.font.family": "Acme <Sans>"}, {
        "theme.font.400": ("acme-regular.woff2", woff, "font/woff2"),
        "theme.font.700": ("acme-bold.woff2", woff + b"!", "font/woff2")})
    assert answer.status == 303, answer.text
    theme = own(portal)["theme"]["font"]
    assert theme["family"] == "Acme Sans" and sorted(map(str, theme["files"])) == ["400", "700"]
    css = re.search(r'href="(/theme/theme\.[^"]+)"', portal.client("own").get("/").text)
    assert css and "@font-face" in admin.get(css[1]).text
    page = admin.get("/settings/appearance").text
    assert ">Acme Sans</option>" in page
    for name, data in (("x.woff2", b"<html>"), ("x.woff2", b"wOFF" + bytes(100)), ("y.woff2", b"wOF2" * 300_000)):
        answer = admin.post("/settings/appearance", {"do": "save"}, {"theme.font.400": (name, data, "font/woff2")})
        assert answer.status == 422 and "Choose a WOFF2 file" in answer.text


def test_the_operators_keys_are_read_where_the_portal_is_the_whole_installation(
        portal: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert portal.admin.get("/settings/installation").status == 404
    assert "/settings/installation" not in portal.admin.get("/settings/general").text
    monkeypatch.setattr(operators, "whole", lambda: True)
    root = "installation:\n  database: postgresql://u:hunter2@db/p\n  mail: {smtp: smtp://u:hunter2@mx}\n"
    text = portal.yaml.read_text()
    assert 'href="/settings/installation"' in portal.admin.get("/settings/general").text
    page = portal.admin.get("/settings/installation")
    assert page.status == 200 and "installation.plugins.paths" in page.text and "hunter2" not in page.text
    assert portal.admin.post("/settings/installation", {"do": "save"}).status == 404
    document = read(root + text.split("installation:")[0], "portal.yaml", {})
    given = {("installation", "database"): {}, ("installation", "mail", "smtp"): {"writeOnly": True}}
    told = [operators._told(path, {"title": "x", "description": "y", **more}, document)
            for path, more in given.items()]
    shown = {one.name: one for one in told}
    assert shown["installation.database"].value == "postgresql://u:…@db/p"
    assert shown["installation.mail.smtp"].value == "hidden"
