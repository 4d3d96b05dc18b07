"""Settings on their way: collected over several pages, reviewed in words and lines, saved as one version."""

from __future__ import annotations

import io
import re
from html import unescape
from typing import Any

import pytest
from PIL import Image

from core.data import audit
from support.inside import Inside

pytestmark = pytest.mark.engines("sqlite")

ACME = """# ours, a comment
name: Root
url: http://localhost:8000
status: active
fields: {companies: {phone: Phone}}
installation:
  plugins: {paths: [plugins]}
tenants:
  acme:
    name: "Acme Support"   # quoted
    url: "http://localhost:8000"
    theme:
      accent: "#0f766e"   # teal
    features:
      tickets:
        categories:
          question: A question   # the first
          problem: {label: Something is broken, team: service}
        deadlines: {urgent: 4}
        rules:
          - {when: {category: problem}, assign: service}   # broken things
  globex:
    name: Globex Service
    url: http://globex.localhost:8000
"""


@pytest.fixture
def acme(inside: Inside) -> Inside:
    inside.yaml.write_text(ACME)
    assert inside.portal.store.notice()
    return inside


def send(client: Any, path: str, do: str = "save", **fields: Any) -> Any:
    """Send fields as a form that was drawn with something else; `__` stands for a dot."""
    form: dict[str, Any] = {"do": do}
    for name, value in fields.items():
        plain = name.replace("__", ".")
        form |= {f"was.{plain}": "\x00", plain: value}
    return client.post(path, form)


def png() -> bytes:
    with io.BytesIO() as target:
        Image.new("RGB", (80, 40), "#b91c1c").save(target, "PNG")
        return target.getvalue()


def test_changes_over_several_pages_become_one_version(acme: Inside) -> None:
    admin = acme.client("admin")
    assert send(admin, "/settings/general", "keep", name="Acme Care").status == 303
    assert send(admin, "/settings/appearance", "keep", theme__accent="#b91c1c").status == 303
    assert send(admin, "/settings/security", "keep", security__tries="20").status == 303
    assert acme.yaml.read_text() == ACME, "nothing is published"
    assert acme.client("own").get("/").text.count("Acme Care") == 0
    assert "3 changes, not saved yet" in admin.get("/settings/features").text
    page = unescape(admin.get("/settings/review").text)
    for words in ("Name", "Acme Support", "Acme Care", "Accent", "#b91c1c", "Tries", "-    name: \"Acme Support\"",
                  "+    name: \"Acme Care\"", "security: {tries: 20}"):
        assert words in page, words
    saved = admin.post("/settings/review", {"do": "save"})
    assert saved.status == 303, saved.text
    assert acme.yaml.read_text() == ACME.replace("Acme Support", "Acme Care").replace(
        "#0f766e", "#b91c1c").replace("  globex:", "  globex:").replace(
        "   # broken things\n", "   # broken things\n    security: {tries: 20}\n")
    assert len([one for one in acme.portal.store.versions() if one.author != "file"]) == 1
    assert "not saved yet" not in admin.get("/settings/general").text
    with acme.scope("acme"):
        assert [act.details["note"] for act in audit.acts() if act.act == "config.changed"] == [
            "Name: Acme Care; Accent: #b91c1c; Tries: 20"]


def test_a_draft_belongs_to_one_session(acme: Inside) -> None:
    admin, elsewhere = acme.client("admin"), acme.client("admin")
    send(admin, "/settings/general", "keep", name="Mine alone")
    assert "Mine alone" in admin.get("/settings/general").text
    assert "Mine alone" not in elsewhere.get("/settings/general").text
    assert "Mine alone" not in acme.client("other_admin").get("/settings/review").text
    assert admin.post("/settings/general", {"do": "discard"}).status == 303
    assert "Mine alone" not in admin.get("/settings/general").text


def test_one_change_can_be_left_out_and_what_comes_back_is_no_change(acme: Inside) -> None:
    admin = acme.client("admin")
    send(admin, "/settings/general", "keep", name="Other", currency="CHF")
    admin.post("/settings/review", {"drop": "0"})
    page = admin.get("/settings/review").text
    assert "CHF" in page
    assert "Other" not in page
    send(admin, "/settings/general", "keep", currency="EUR")
    assert "Nothing is collected" in admin.get("/settings/review").text


def test_back_to_the_default_takes_the_key_away(acme: Inside) -> None:
    admin = acme.client("admin")
    assert admin.post("/settings/appearance", {"reset": "theme.accent"}).status == 303
    assert 'class="setting changed"' in admin.get("/settings/appearance").text
    admin.post("/settings/review", {"do": "save"})
    assert "accent" not in acme.yaml.read_text()
    assert acme.yaml.read_text() == ACME.replace(
        '    theme:\n      accent: "#0f766e"   # teal\n', "    theme: {}   # teal\n")


def test_whoever_saves_second_is_told_and_keeps_the_draft(acme: Inside) -> None:
    first, second = acme.client("admin"), acme.client("admin")
    send(first, "/settings/general", "keep", name="First")
    send(second, "/settings/general", name="Second")
    told = first.post("/settings/review", {"do": "save"})
    assert told.status == 409
    assert "was changed by Ada Admin" in told.text
    assert "First" in told.text
    assert 'name: "Second"' in acme.yaml.read_text()
    assert first.post("/settings/review", {"do": "save"}).status == 303
    assert 'name: "First"' in acme.yaml.read_text()


def test_what_does_not_fit_together_is_told_before_it_is_saved(acme: Inside) -> None:
    admin = acme.client("admin")
    send(admin, "/settings/general", "keep", languages__offered=["de"])
    send(admin, "/settings/general", "keep", languages__default="fr")
    page = admin.get("/settings/review").text
    assert "is not among the offered languages" in page
    assert admin.post("/settings/review", {"do": "save"}).status == 422
    assert acme.yaml.read_text() == ACME


def test_a_category_is_added_changed_moved_and_removed_with_its_comments_left_alone(acme: Inside) -> None:
    admin, at = acme.client("admin"), "/settings/at/features/tickets/categories"
    assert admin.post(at, {"do": "add", "label": "Invoices & money"}).location == f"{at}/invoices_money"
    assert send(admin, f"{at}/invoices_money", "keep",
                features__tickets__categories__invoices_money__team="billing").status == 303
    send(admin, f"{at}/question", "keep", features__tickets__categories__question__label="Ask")
    assert admin.post("/settings/review", {"do": "save"}).status == 303
    assert acme.yaml.read_text() == ACME.replace(
        "question: A question ", "question: Ask ").replace(
        "team: service}\n        deadlines", "team: service}\n"
        "          invoices_money: {label: \"Invoices & money\", team: billing}\n        deadlines")
    assert admin.post(at, {"do": "drop.problem"}).status == 303
    admin.post("/settings/review", {"do": "save"})
    assert "problem:" not in acme.yaml.read_text()
    assert "question: Ask   # the first" in acme.yaml.read_text()
    assert admin.post(at, {"do": "add", "label": "Ask", "key": "question"}).status == 422


def test_lines_of_a_table_are_typed_added_and_taken_away_without_scripts(acme: Inside) -> None:
    admin, at = acme.client("admin"), "/settings/at/features/tickets/deadlines"
    lines = {"row": ["0", "1"], "0.key": "urgent", "0.fixed": "true", "0.value": "2", "1.key": "high",
             "1.value": "24"}
    more = admin.post(at, lines | {"do": "more"})
    assert more.status == 200
    assert more.text.count('name="row"') == 3
    assert acme.yaml.read_text() == ACME
    wrong = admin.post(at, lines | {"do": "save", "1.value": "soon"})
    assert wrong.status == 422
    assert 'id="f-1.value-error"' in wrong.text
    assert 'value="soon"' in wrong.text
    assert admin.post(at, lines | {"do": "save"}).status == 303
    assert acme.yaml.read_text() == ACME.replace("{urgent: 4}", "{urgent: 2, high: 24}")
    legal = {"row": ["0"], "0.title": "Imprint", "0.href": "javascript:alert(1)", "do": "save"}
    assert admin.post("/settings/at/theme/legal", legal).status == 422
    assert admin.post("/settings/at/theme/legal", legal | {"0.href": "/imprint"}).status == 303
    assert "legal: [{title: Imprint, href: /imprint}]" in acme.yaml.read_text()


def test_an_entry_of_a_list_is_changed_in_its_place(acme: Inside) -> None:
    admin = acme.client("admin")
    page = admin.get("/settings/at/features/tickets/rules/0")
    assert page.status == 200
    assert send(admin, "/settings/at/features/tickets/rules/0", **{
        "features__tickets__rules[0]__assign": "billing"}).status == 303
    assert acme.yaml.read_text() == ACME.replace("assign: service}", "assign: billing}")
    assert admin.get("/settings/at/features/tickets/rules/7").status == 404


def test_what_is_inherited_stays_and_can_be_added_to(acme: Inside) -> None:
    admin, at = acme.client("admin"), "/settings/at/fields/companies"
    page = admin.get(at).text
    assert "For all" in page
    assert "drop.phone" not in page
    admin.post(at, {"do": "add", "label": "Fax"})
    assert admin.post("/settings/review", {"do": "save"}).status == 303
    assert "    fields: {companies: {fax: Fax}}\n" in acme.yaml.read_text()
    with acme.scope("acme") as who:
        assert list(who.settings.value("fields.companies")) == ["phone", "fax"]


def test_a_company_has_its_exceptions_on_a_page(acme: Inside) -> None:
    admin, at = acme.client("admin"), "/settings/at/companies/alfki"
    assert admin.get(at).status == 200, "also before there is any"
    assert send(admin, at, companies__alfki__features__tickets="off", companies__alfki__status="disabled",
                companies__alfki__visible_since="2026-01-31").status == 303
    with acme.scope("acme") as who:
        found = who.settings.company("alfki")
    assert dict(found.features) == {"tickets": False}
    assert (found.status, found.visible_since) == ("disabled", "2026-01-31")
    assert send(admin, at, companies__alfki__visible_since="someday").status == 422


def test_a_logo_is_drawn_anew_and_can_be_undone(acme: Inside) -> None:
    admin = acme.client("admin")
    logo = {"theme.logo": ("logo.png", png(), "image/png")}
    saved = admin.post("/settings/appearance", {"do": "save"}, files=logo)
    assert saved.status == 303, saved.text
    found = re.search(r"logo: (brand/acme/logo\.[0-9a-f]{16}\.png)", acme.yaml.read_text())
    assert found
    assert (acme.folder / found[1]).is_file()
    assert "/theme/logo." in acme.guest().get("/sign-in").text
    assert admin.post("/settings/appearance", {"do": "save"}, files={
        "theme.logo": ("logo.png", b"<svg onload=alert(1)>", "image/png")}).status == 422
    number = re.search(r"saved=(\d+)", saved.location or "")
    assert number
    admin.post(f"/settings/versions/{number[1]}/undo", {})
    assert acme.yaml.read_text() == ACME


def test_custom_css_is_checked_by_line_and_kept_as_a_file(acme: Inside) -> None:
    admin = acme.client("admin")
    wrong = send(admin, "/settings/appearance", theme__css="h1 {color: red}\n@import 'x';\nb {behavior: url(x)}")
    assert wrong.status == 422
    assert "CSS:2:1" in wrong.text
    assert "CSS:3:" in wrong.text
    assert "@import" in wrong.text, "what was typed is still there"
    assert send(admin, "/settings/appearance", theme__css="h1 {letter-spacing: 1px}").status == 303
    assert "css: brand/acme/style." in acme.yaml.read_text()
    assert "letter-spacing: 1px" in admin.get("/settings/appearance").text


def test_the_preview_shows_what_is_not_saved_to_its_admin_alone(acme: Inside) -> None:
    admin = acme.client("admin")
    send(admin, "/settings/appearance", "keep", theme__accent="#b91c1c")
    send(admin, "/settings/general", "keep", name="Preview canary")
    for name in ("home", "sign-in", "tickets", "mail"):
        page = admin.get(f"/settings/appearance/preview/{name}/dark")
        assert page.status == 200, name
        assert "Preview canary" in page.text, name
        assert "<script" not in page.text
        assert "frame-ancestors 'self'" in page.headers["content-security-policy"]
        assert "script-src" not in page.headers["content-security-policy"]
        assert page.headers["x-frame-options"] == "SAMEORIGIN"
    assert "frame-src 'self'" in admin.get("/settings/appearance").headers["content-security-policy"]
    sheet = re.search(r'href="(/theme/theme\.[^"]+)"', admin.get("/settings/appearance/preview/home/light").text)
    assert sheet
    assert "b91c1c" in admin.get(sheet[1]).text
    assert admin.get(sheet[1]).headers["cache-control"] == "private, no-store"
    for other in (acme.client("own"), acme.client("agent"), acme.client("admin"), acme.guest(),
                  acme.client("other_admin")):
        assert other.get(sheet[1]).status == 404
        assert "Preview canary" not in other.get("/sign-in").text + other.get("/").text
    assert acme.yaml.read_text() == ACME


def test_a_switch_says_what_it_does(acme: Inside) -> None:
    admin, own = acme.client("admin"), acme.client("own")
    own.post("/tickets/new", {"subject": "Where is it?", "category": "question", "body": "x", "message": "x"})
    page = admin.get("/settings/features").text
    told = page.split('id="f-tickets-effects"')[1].split("</ul>")[0]
    assert re.search(r"\d+ people lose it at once", told)
    send(admin, "/settings/general", "keep", name="X")
    form = {"on": re.findall(r'name="on" value="(\w+)"[^>]* checked', page), "was": re.findall(
        r'name="was" value="(\w+)"', page)}
    admin.post("/settings/features", {"do": "review", "on": [one for one in form["on"] if one != "tickets"],
                                      "was": form["was"]})
    assert "lose it at once" in admin.get("/settings/review").text
    assert own.get("/tickets").status == 200


def test_a_setting_is_found_by_its_words_and_by_its_key(acme: Inside) -> None:
    admin = acme.client("admin")
    for words, title in (("logo", "Logo"), ("security.tries", "Tries"), ("failed sign-ins", "Tries"),
                         ("placeholder", "Categories"), ("time zone", "Time zone")):
        page = admin.get(f"/settings/search?q={words}").text
        assert title in page, words
    assert "No setting is called" in admin.get("/settings/search?q=xyzzy").text


def test_a_draft_is_bounded(acme: Inside) -> None:
    admin, at = acme.client("admin"), "/settings/at/features/tickets/categories"
    for number in range(310):
        answer = admin.post(at, {"do": "add", "label": "x" * 80, "key": f"k{number}"})
        if answer.status != 303:
            break
    assert answer.status == 422
    assert "too many changes at once" in answer.text


def test_what_goes_off_for_lack_of_something_else_is_back_with_it(portal_inside):
    inside = portal_inside({"features": {"orders": True}})
    admin, customer = inside.client("admin"), inside.client("own")

    def flip(*also: str) -> str:
        was = re.findall(r'name="was" value="(\w+)"', admin.get("/settings/features").text)
        on = [one for one in was if one != "orders"] + [*also]
        assert admin.post("/settings/features", {"was": was, "on": on, "do": "save"}).status == 303
        return unescape(admin.get("/settings/features").text)

    assert customer.get("/catalogue").status == 200
    page = flip()
    assert customer.get("/catalogue").status == 404
    assert "Comes on too: Catalogue." in page
    flip("orders")
    assert customer.get("/catalogue").status == 200
