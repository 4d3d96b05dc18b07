"""How a form is drawn: reachable for everybody, inert whatever was typed, and nothing typed is lost."""

from __future__ import annotations

import html
import json
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from core.errors import FieldError, Invalid
from core.look import i18n
from core.look.compose import Composer
from core.web import forms
from support.needs import ROOT, cases, data_set

FORM = forms.load({
    "title": "New request",
    "required": ["subject", "kind", "country"],
    "properties": {
        "subject": {"type": "string", "title": "Subject", "description": "A few words.",
                    "x-placeholder": "Pallet"},
        "body": {"type": "string", "x-widget": "longtext", "title": "Message"},
        "kind": {"enum": ["question", "order"], "title": "Kind", "x-labels": {"order": "Order"}},
        "mood": {"enum": ["good", "bad"], "title": "Mood"},
        "product": {"enum": [f"p{n}" for n in range(9)], "title": "Product"},
        "tags": {"type": "array", "items": {"enum": ["red", "green"]}, "title": "Colours"},
        "due": {"type": "string", "format": "date", "title": "Due"},
        "count": {"type": "integer", "minimum": 0, "title": "Count"},
        "price": {"type": "integer", "x-currency": "EUR", "title": "Price", "x-optional-label": "(if known)"},
        "email": {"type": "string", "format": "email", "title": "E-mail"},
        "phone": {"type": "string", "format": "phone", "title": "Phone"},
        "country": {"type": "string", "format": "country", "title": "Country"},
        "secret": {"type": "string", "format": "password", "title": "Password", "x-autocomplete": "new-password"},
        "agree": {"type": "boolean", "title": "I agree"},
        "scan": {"type": "string", "format": "binary", "title": "Scan", "x-accept": ".pdf"},
        "page": {"type": "string", "x-widget": "hidden"},
        "address": {"type": "object", "title": "Address", "required": ["city"], "properties": {
            "city": {"type": "string", "title": "City", "x-autocomplete": "address-level2"}}},
    },
}, id="draw")
PAGES = Composer(ROOT / "core/web/templates", {}).default
PAGE = PAGES.from_string('{% import "forms.html" as forms %}{{ forms.whole(bound, "/send", "Send", hx=hx) }}')
TEXT_NAMES = ["subject", "body", "due", "count", "price", "email", "phone", "page", "address.city"]


class Controls(HTMLParser):
    """What a browser would find: controls by name and id, labels, and what they hold."""

    def __init__(self, page):
        super().__init__(convert_charrefs=True)
        self.tags, self.by_name, self.by_id, self.labels = [], {}, {}, set()
        self._area, self._select = None, None
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self.tags.append((tag, attributes))
        if "id" in attributes:
            assert attributes["id"] not in self.by_id, attributes
            self.by_id[attributes["id"]] = (tag, attributes)
        if tag == "label" and "for" in attributes:
            self.labels.add(attributes["for"])
        if tag in ("input", "textarea", "select") and "name" in attributes:
            self.by_name.setdefault(attributes["name"], []).append((tag, attributes))
        if tag == "textarea":
            self._area, attributes["text"] = attributes, ""
        if tag == "select":
            self._select = attributes
        if tag == "option" and "selected" in attributes:
            self._select["chosen"] = attributes["value"]

    def handle_data(self, data):
        if self._area is not None:
            self._area["text"] += data

    def handle_endtag(self, tag):
        if tag == "textarea":
            self._area["text"] = self._area["text"].removeprefix("\n")
            self._area = None

    def control(self, name):
        return self.by_name[name][0][1]

    def typed(self, name):
        tag, attributes = self.by_name[name][0]
        return attributes["text"] if tag == "textarea" else attributes.get("value", "")


def draw(values=None, errors=(), *, hx=False, form=FORM):
    page = PAGE.render(bound=form.bind(values, errors), hx=hx)
    return page, Controls(page)


def refused(posted, form=FORM):
    with pytest.raises(Invalid) as caught:
        form.clean(posted)
    return caught.value.errors


def test_every_control_has_a_label_and_what_helps_to_fill_it_in():
    _page, found = draw()
    for name, controls in found.by_name.items():
        _tag, attributes = controls[0]
        if attributes.get("type") in ("hidden", "checkbox", "radio"):
            continue
        assert attributes["id"] == f"f-{name}"
        assert f"f-{name}" in found.labels, name
    assert found.control("subject")["aria-describedby"] == "f-subject-help"
    assert found.control("subject")["placeholder"] == "Pallet"
    assert (found.control("email")["type"], found.control("email")["autocomplete"]) == ("email", "email")
    assert (found.control("phone")["type"], found.control("phone")["autocomplete"]) == ("tel", "tel")
    assert (found.control("price")["type"], found.control("price")["inputmode"]) == ("text", "decimal")
    assert found.control("count")["inputmode"] == "numeric"
    assert found.control("due")["type"] == "date"
    assert found.control("secret")["autocomplete"] == "new-password"
    assert found.control("scan")["accept"] == ".pdf"
    assert found.control("address.city")["autocomplete"] == "address-level2"
    assert [one["type"] for _tag, one in found.by_name["kind"]] == ["radio", "radio"]
    assert [one["value"] for _tag, one in found.by_name["mood"]] == ["", "good", "bad"]
    assert found.by_name["product"][0][0] == found.by_name["country"][0][0] == "select"
    assert "_once" in found.by_name
    assert [tag for tag, _attributes in found.tags].count("fieldset") == 4


def test_optional_is_marked_and_required_is_not():
    page, _found = draw()
    assert ">Subject</label>" in page
    assert "Message <span" in page
    assert "Price (EUR) (if known)</label>" in page
    assert page.count("(optional)") == 11


def test_a_form_with_files_says_so_and_htmx_is_an_addition():
    _page, found = draw(hx=True)
    form = next(attributes for tag, attributes in found.tags if tag == "form")
    assert (form["method"], form["action"], form["enctype"]) == ("post", "/send", "multipart/form-data")
    assert (form["data-hx-post"], form["data-hx-target"], form["data-hx-swap"]) == ("/send", "this", "outerHTML")
    assert form["data-hx-encoding"] == "multipart/form-data"
    _page, found = draw(form=FORM.adjusted(hidden=["scan"]))
    form = next(attributes for tag, attributes in found.tags if tag == "form")
    assert "enctype" not in form
    assert "data-hx-post" not in form


def test_nothing_in_a_form_is_inline():
    page, found = draw()
    names = {name for _tag, attributes in found.tags for name in attributes}
    assert not [name for name in names if name == "style" or name.startswith("on")]
    assert "<script" not in page


def test_mistakes_stand_at_the_field_and_in_a_summary_with_links():
    posted = MultiDict({"subject": "", "kind": "question", "country": "DE", "email": "maria", "page": "\x00"})
    errors = [*refused(posted), FieldError("", "Try again in an hour.", "limit"), FieldError("scan.1", "No.", "x")]
    page, found = draw(posted, errors)
    subject = found.control("subject")
    assert subject["aria-invalid"] == "true"
    assert subject["aria-describedby"] == "f-subject-help f-subject-error"
    assert "Fill in “Subject”." in page
    assert found.by_id["f-email-error"]
    links = [attributes["href"] for tag, attributes in found.tags if tag == "a"]
    assert links == ["#f-subject", "#f-email", "#f-scan"]
    assert all(link[1:] in found.by_id for link in links)
    alert = next(attributes for _tag, attributes in found.tags if attributes.get("role") == "alert")
    assert alert["tabindex"] == "-1"
    assert "Try again in an hour." in page
    assert found.control("phone").get("aria-invalid") is None


def test_after_a_refusal_everything_typed_is_there_but_passwords_and_files_which_say_so():
    posted = MultiDict([
        ("subject", ""), ("body", "\n\nindented\n  text"), ("kind", "order"), ("mood", "bad"), ("product", "p7"),
        ("tags", "green"), ("due", "31.12.2026"), ("count", "many"), ("price", "1.2.3"), ("email", "maria@"),
        ("phone", "call"), ("country", "AX"), ("secret", "hunter2"), ("agree", "true"), ("page", "/kb"),
        ("address.city", "Berlin")])
    page, found = draw(posted, refused(posted))
    assert {name: found.typed(name) for name in TEXT_NAMES} == {name: posted[name] for name in TEXT_NAMES}
    assert found.control("due")["type"] == "text"
    assert [one["value"] for name in ("kind", "mood", "tags") for _tag, one in found.by_name[name]
            if "checked" in one] == ["order", "bad", "green"]
    assert found.control("product")["chosen"] == "p7"
    assert found.control("country")["chosen"] == "AX"
    assert "checked" in found.control("agree")
    assert "hunter2" not in page
    assert FORM.bind(posted)["secret"].value == FORM.bind({"secret": "hunter2"})["secret"].value == ""
    assert "passwords are never shown" in page
    assert "please choose them again" in page
    assert "please choose them again" not in draw()[0]
    assert "passwords are never shown" not in draw(MultiDict(), refused(MultiDict()))[0]


def test_stored_values_are_written_as_the_person_types_them():
    stored = {"subject": "A", "price": 123456, "count": 7, "tags": ["red"], "agree": True, "due": "2026-12-31",
              "address": {"city": "Bonn"}, "kind": "order", "country": "DE", "secret": "argon2", "scan": []}
    with i18n.using("de"):
        page, found = draw(stored)
        assert found.typed("price") == "1234,56"
        assert found.control("country")["chosen"] == "DE"
        assert ">Deutschland</option>" in page
    assert found.typed("address.city") == "Bonn"
    assert found.typed("due") == "2026-12-31"
    assert "argon2" not in page
    assert found.by_name["tags"][0][1].get("checked", "no") is None


def test_what_is_drawn_and_posted_again_is_the_same():
    stored = FORM.clean({"subject": "A", "kind": "order", "country": "DE", "price": 1, "count": 0,
                         "address": {"city": "B"}})
    for language in ("en", "de", "ar", "fa", "fr"):
        with i18n.using(language):
            _page, found = draw(stored)
            posted = {name: found.typed(name) for name in TEXT_NAMES} | {"kind": "order", "country": "DE"}
            assert FORM.clean(MultiDict(posted)) == stored


HOSTILE = ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "</textarea><script>alert(1)</script>",
           "' autofocus onfocus='alert(1)", "{{ 7*7 }}", "{% raw %}", "%(label)s", "%s%n", "\n\n", "\ufffe",
           "\u202eabc", "javascript:alert(1)", "&lt;b&gt;", "</title>", "<!--", "]]>"]


def inert(text):
    """Draw a text in every field, as typed and as a label and message, and look for more than text."""
    posted = MultiDict(dict.fromkeys(TEXT_NAMES, text))
    errors = [FieldError("subject", text, "x"), FieldError(text, text, "x")]
    _page, found = draw(posted, errors)
    shown = text.replace("\x00", "\ufffd")
    for name in TEXT_NAMES:
        assert found.typed(name).replace("\r\n", "\n").replace("\r", "\n") == shown.replace(
            "\r\n", "\n").replace("\r", "\n"), name
    return [(tag, sorted(attributes)) for tag, attributes in found.tags]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_drawn_as_text(text):
    assert inert(text) == inert("harmless")


def test_the_known_hostile_strings_are_drawn_as_text():
    folder = data_set("hostile-strings")
    strings = json.loads((folder / "blns/blns.json").read_text(encoding="utf-8"))
    strings += (folder / "payloadbox/xss.txt").read_text(encoding="utf-8", errors="replace").split("\n")[::20]
    templates = (folder / "payloadsallthethings/template-injection.txt").read_text(encoding="utf-8")
    strings += templates.split("\n")[::5]
    plain = inert("harmless")
    for text in filter(None, strings):
        assert inert(text) == plain, text


@settings(max_examples=cases(100, 5_000))
@given(st.text(max_size=60))
def test_any_text_is_drawn_as_typed(text):
    assert not text or inert(text) == inert("harmless")


def test_hostile_labels_and_options_of_a_tenant_are_text_too():
    bad = '<b onclick="x()">{{ 1 }}</b>'
    form = FORM.adjusted(labels={"subject": bad}, extra=forms.custom({
        "own": {"type": "choice", "options": {bad: bad}, "label": bad, "help": bad, "placeholder": bad}}))
    page, found = draw(MultiDict({"own": bad}), [FieldError("own", bad, "x")], form=form)
    assert "<b " not in page
    assert html.escape(bad) in page or "&lt;b onclick=&#34;x()&#34;&gt;" in page
    assert found.by_name["own"][-1][1]["value"] == bad


def test_some_fields_can_be_drawn_alone_and_a_caller_adds_its_own():
    template = PAGES.from_string(
        '{% import "forms.html" as forms %}{{ forms.form_fields(bound, ["body"]) }}'
        '{{ forms.form_field(bound["address.city"]) }}'
        '{% call forms.whole(bound, "/x", "Go", cancel="/back", id="box", draft="request") %}'
        '<p>own</p>{% endcall %}')
    page = template.render(bound=FORM.adjusted(hidden=["scan"]).bind())
    first = page[:page.index("<form")]
    assert 'name="body"' in first
    assert 'name="address.city"' in first
    assert 'name="subject"' not in first
    assert "<p>own</p>" in page
    assert 'href="/back"' in page
    assert 'id="box" data-draft="request"' in page
    with pytest.raises(KeyError):
        FORM.bind()["nothing"]


def test_the_templates_say_nothing_inline():
    assert "style=" not in Path(ROOT / "core/web/templates/forms.html").read_text()
