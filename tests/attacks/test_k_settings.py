"""Settings under attack: who is no admin finds nothing, nobody writes beyond their part, no value becomes code."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from core.data import people
from support.inside import Inside

pytestmark = pytest.mark.engines("sqlite")

PAGES = ("/settings/general", "/settings/appearance", "/settings/access", "/settings/security",
         "/settings/companies", "/settings/fields", "/settings/features", "/settings/features/tickets",
         "/settings/review",
         "/settings/at/theme/legal", "/settings/at/companies/alfki", "/settings/search?q=name",
         "/settings/appearance/preview/home/light", "/settings/appearance/preview/mail/dark")
SCRIPTS = ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{ 7*7 }}",
           "</textarea><svg onload=alert(1)>", "' autofocus onfocus=alert(1) x='", "javascript:alert(1)"]


def changed(client: Any, path: str, name: str, value: Any, do: str = "save") -> Any:
    return client.post(path, {"do": do, f"was.{name}": "\x00", name: value})


def test_for_who_is_no_admin_there_are_no_settings(inside: Inside) -> None:
    before = inside.yaml.read_text()
    for short in ("agent", "own", "boss", "loner"):
        client = inside.client(short)
        missing = client.get("/settings/nowhere")
        for path in PAGES:
            found = client.get(path)
            assert found.status == 404, (short, path)
            assert len(found.text) - len(missing.text) < 200, (short, path)
            taken = client.post(path, {"do": "save", "was.name": "\x00", "name": "Taken"})
            assert taken.status == 404, (short, path)
    assert inside.guest().post("/settings/general", {"name": "Taken"}).status in (303, 403)
    assert inside.client("admin", token=True).get("/settings/general").status in (303, 404)
    assert inside.yaml.read_text() == before


def test_a_right_taken_away_ends_the_draft_with_the_next_request(inside: Inside) -> None:
    admin = inside.client("admin")
    assert changed(admin, "/settings/general", "name", "Late", "keep").status == 303
    with inside.scope("acme"):
        people.change_person(inside.person("admin").id, role="agent")
    assert admin.post("/settings/review", {"do": "save"}).status == 404
    assert "Late" not in inside.yaml.read_text()


@pytest.mark.parametrize("name", [
    "installation.database", "installation.mail.smtp", "tenants.globex.name", "url", "hosts",
    "features.tickets.nowhere", "tenants", "__class__", "name.x", "features.signin.enabled",
    "theme.logo", "theme.css"])
def test_no_key_beyond_the_page_is_taken_from_a_form(inside: Inside, name: str) -> None:
    admin, before = inside.client("admin"), inside.yaml.read_text()
    for path in ("/settings/general", "/settings/appearance", "/settings/features/tickets",
                 "/settings/at/companies/a"):
        if (path, name) == ("/settings/appearance", "theme.css"):
            continue  # there it is the style sheet itself
        answer = changed(admin, path, name, "../../etc/passwd")
        assert answer.status in (303, 422), (path, answer.status)
        admin.post(path, {"do": "discard"})
    assert admin.post("/settings/general", {"reset": name}).status in (303, 404)
    admin.post("/settings/review", {"do": "save"})
    for path in ("installation", "tenants/globex", "url", "hosts", "installation/mail"):
        assert admin.get(f"/settings/at/{path}").status == 404, path
        assert admin.post(f"/settings/at/{path}", {"do": "add", "key": "x"}).status == 404, path
    assert yaml.safe_load(inside.yaml.read_text()) == yaml.safe_load(before)


def test_nobody_reaches_another_tenants_part_or_draft(inside: Inside) -> None:
    ours, theirs = inside.client("admin"), inside.client("other_admin")
    before = yaml.safe_load(inside.yaml.read_text())["tenants"]["globex"]
    changed(theirs, "/settings/general", "name", "globex-canary", "keep")
    ours.cookies["parlour"] = theirs.cookies["parlour"]  # their session on our host
    assert ours.get("/settings/review").status == 303
    ours = inside.client("admin")
    assert "globex-canary" not in ours.get("/settings/review").text
    ours.post("/settings/review", {"do": "save"})
    assert yaml.safe_load(inside.yaml.read_text())["tenants"]["globex"] == before
    mark = re.search(r'src="([^"]+)"', theirs.get("/settings/appearance").text.split("<iframe")[1])
    assert mark
    assert "globex-canary" not in ours.get(mark[1]).text


@pytest.mark.parametrize("payload", SCRIPTS)
def test_no_value_becomes_markup_on_any_page(inside: Inside, payload: str) -> None:
    admin = inside.client("admin")
    changed(admin, "/settings/general", "name", payload, "keep")
    changed(admin, "/settings/general", "contact.address", payload, "keep")
    admin.post("/settings/at/features/tickets/categories", {"do": "add", "label": payload[:70], "key": "evil"})
    changed(admin, "/settings/general", "contact.website", payload)
    pages = ["/settings/general", "/settings/review", "/settings/at/features/tickets/categories",
             "/settings/at/features/tickets/categories/evil", "/settings/features/tickets",
             f"/settings/search?q={payload}", "/settings/appearance/preview/home/light",
             "/settings/appearance/preview/mail/light"]
    for path in pages:
        text = admin.get(path).text
        assert "<script>alert" not in text, path
        assert "<img src=x" not in text, path
        assert "<svg onload" not in text, path
        assert 'autofocus onfocus=alert(1) x=\'"' not in text, path
        assert ">49<" not in text, path
        assert 'href="javascript:' not in text, path
    saved = admin.post("/settings/review", {"do": "save"})
    assert saved.status == 303, saved.text[-300:]
    for path in ("/settings/versions", "/", "/sign-in"):
        text = admin.get(path).text + inside.guest().get(path).text
        assert "<script>alert" not in text
        assert "<img src=x" not in text


def test_text_from_an_admin_reads_no_variable_and_no_secret_is_shown(inside: Inside) -> None:
    admin = inside.client("admin")
    for value in ("${PARLOUR_DATABASE}", "${PARLOUR_DATABASE:-x}", "$${x}"):
        assert changed(admin, "/settings/general", "contact.phone", value).status == 303
        assert f'value="{value}"' in admin.get("/settings/general").text
        with inside.scope("acme") as who:
            assert who.settings.value("contact.phone") == value


def test_odd_addresses_and_sizes_are_answered_with_4xx(inside: Inside) -> None:
    admin = inside.client("admin")
    for path in ("/settings/at/", "/settings/at/a/b/c", "/settings/at/features/tickets/rules/99999999999",
                 "/settings/at/features/tickets/categories/%00",
                 "/settings/at/features/tickets/categories/..%2f..",
                 "/settings/at/theme/legal/-1", "/settings/at/name", "/settings/appearance/preview/../light",
                 "/settings/features/settings", "/settings/features/../general"):
        assert admin.get(path).status in (303, 308, 404), path
    for name, value in (("security.tries", "9" * 500), ("security.tries", "NaN"), ("security.tries", "1e9"),
                        ("security.tries", "-1")):
        assert changed(admin, "/settings/security", name, value).status == 422, value
    assert changed(admin, "/settings/general", "name", "x" * 5000).status == 422
    assert changed(admin, "/settings/general", "name", "a\x00b").status in (403, 422)
    odd = {"row": ["x", "-1", "1" * 50], "do": "save"}
    assert admin.post("/settings/at/theme/legal", odd).status == 303
    strange = {"base_version": "x", "reset": "nothing", "do": "sideways"}
    assert admin.post("/settings/general", strange).status == 303


def test_no_admin_shuts_themselves_out_with_one_word(inside: Inside) -> None:
    admin = inside.client("admin")
    assert 'value="disabled"' not in admin.get("/settings/general").text
    assert changed(admin, "/settings/general", "status", "disabled").status == 422
    assert admin.get("/settings/general").status == 200


SECRET = """id: hush
title: Hush
face: 1
default: on
settings:
  type: object
  properties:
    key: {type: string, title: Signing key, description: Signs what is sent., writeOnly: true}
    shown: {type: string, title: Shown, description: Anything.}
"""


def test_a_secret_is_written_and_never_shown(portal_inside: Callable[..., Inside]) -> None:
    def fill(folder: Path) -> None:
        (folder / "hush").mkdir()
        (folder / "hush" / "plugin.yaml").write_text(SECRET)

    inside = portal_inside({"tenants": {"acme": {"features": {"hush": {"key": "s3cret-canary"}}}}}, plugins=fill)
    admin, page = inside.client("admin"), "/settings/features/hush"
    assert "Signing key" in admin.get(page).text
    assert changed(admin, page, "features.hush.shown", "x").status == 303
    assert "s3cret-canary" in inside.yaml.read_text(), "an empty field leaves it alone"
    assert changed(admin, page, "features.hush.key", "n3w-canary", "keep").status == 303
    texts = [admin.get(path).text for path in (page, "/settings/review", "/settings/search?q=signing", "/audit")]
    assert admin.post("/settings/review", {"do": "save"}).status == 303
    newest = inside.portal.store.versions(limit=1)[0]
    texts += [admin.get(path).text for path in (page, "/settings/versions", f"/settings/versions/{newest.id}",
                                                "/audit")]
    for text in texts:
        assert "s3cret-canary" not in text
        assert "n3w-canary" not in text
    assert yaml.safe_load(inside.yaml.read_text())["tenants"]["acme"]["features"]["hush"]["key"] == "n3w-canary"
    inside.yaml.write_text(inside.yaml.read_text().replace("n3w-canary", "${PARLOUR_DATABASE}"))
    assert inside.portal.store.notice()
    assert "From the variable PARLOUR_DATABASE" in admin.get(page).text
    assert inside.portal.place.database not in admin.get(page).text
