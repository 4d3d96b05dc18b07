"""A form with every widget in a real Chromium: filled and sent with scripts off, and with none barred by axe."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask, Response, request
from werkzeug.serving import make_server

from core.errors import Invalid
from core.look import palette, theme
from core.look.compose import Composer
from core.web import forms
from support.needs import ROOT

FORM = forms.load({
    "required": ["subject", "kind", "country", "agree"],
    "properties": {
        "subject": {"type": "string", "title": "Subject", "description": "A few words are enough."},
        "body": {"type": "string", "x-widget": "longtext", "title": "Message"},
        "kind": {"enum": ["question", "order"], "title": "Kind", "x-labels": {"order": "Order"}},
        "product": {"enum": [f"p{n}" for n in range(9)], "title": "Product"},
        "tags": {"type": "array", "items": {"enum": ["red", "green", "blue"]}, "title": "Colours"},
        "due": {"type": "string", "format": "date", "title": "Due"},
        "count": {"type": "integer", "minimum": 0, "title": "Pieces"},
        "price": {"type": "integer", "x-currency": "EUR", "title": "Price"},
        "email": {"type": "string", "format": "email", "title": "E-mail"},
        "phone": {"type": "string", "format": "phone", "title": "Phone"},
        "country": {"type": "string", "format": "country", "title": "Country"},
        "secret": {"type": "string", "format": "password", "title": "Password", "x-autocomplete": "new-password"},
        "agree": {"type": "boolean", "title": "I agree"},
        "scan": {"type": "string", "format": "binary", "title": "Scan"},
        "papers": {"type": "array", "items": {"format": "binary"}, "title": "Papers"},
        "page": {"type": "string", "x-widget": "hidden", "default": "/kb"},
        "address": {"type": "object", "title": "Address", "required": ["city"], "properties": {
            "street": {"type": "string", "title": "Street"}, "city": {"type": "string", "title": "City"}}},
    },
}, id="browser")
SHELL = """<!doctype html><html lang="en" dir="ltr"><head><meta charset="utf-8"><title>New request</title>
<meta name="viewport" content="width=device-width"><link rel="stylesheet" href="/parlour.css">
<link rel="icon" href="data:,"></head>
<body><main class="form"><h1>New request</h1>{% import "forms.html" as forms %}
{{ forms.whole(bound, "/new", "Send request") }}</main></body></html>"""
POLICY = "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'"


class Desk:
    """A one-page application: draws the form, cleans what is posted, keeps what was accepted."""

    def __init__(self):
        self.accepted = []
        self.app = Flask("desk", static_folder=None)
        self.page = Composer(ROOT / "core/web/templates", {}).default.from_string(SHELL)
        self.app.add_url_rule("/new", view_func=self.new, methods=["GET", "POST"])
        self.app.add_url_rule("/parlour.css", view_func=self.css)

    def new(self):
        bound, status = FORM.bind(), 200
        if request.method == "POST":
            try:
                values = FORM.clean(request.form, request.files)
            except Invalid as invalid:
                bound, status = FORM.bind(request.form, invalid.errors), 422
            else:
                files = {name: [(one.filename, one.read()) for one in values.pop(name)]
                         for name in ("scan", "papers")}
                self.accepted.append((values, files))
                return Response("<!doctype html><title>Thanks</title><h1>Thanks</h1>",
                                headers={"Content-Security-Policy": POLICY})
        return Response(self.page.render(bound=bound), status, {"Content-Security-Policy": POLICY})

    def css(self):
        tokens = theme.stylesheet(palette.compute({"accent": "#0f766e"}))
        return Response(tokens + (ROOT / "core/web/static/parlour.css").read_text(), mimetype="text/css")


@pytest.fixture
def desk() -> Iterator[Desk]:
    desk = Desk()
    server = make_server("127.0.0.1", 0, desk.app, threaded=True)
    desk.address = f"http://127.0.0.1:{server.server_port}/new"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield desk
    server.shutdown()
    thread.join()
    server.server_close()


def violations(page):
    found = Axe().run(page).response
    assert len(found["passes"]) > 15, "axe looked at the form"
    return [(one["id"], [node["html"] for node in one["nodes"]]) for one in found["violations"]]


def test_every_widget_is_filled_and_sent_without_scripts(desk, page_no_js, tmp_path):
    page = page_no_js
    page.goto(desk.address)
    page.get_by_label("Subject").fill("Two <b>pallets</b>")
    page.get_by_label("Message").fill("\nfirst\nsecond")
    page.get_by_label("Order").check()
    page.get_by_label("Product").select_option("p7")
    page.get_by_label("green").check()
    page.get_by_label("blue").check()
    page.get_by_label("Due").fill("2026-12-31")
    page.get_by_label("Pieces").fill("many")
    page.get_by_label("Price").fill("1,234.50")
    page.get_by_label("E-mail").fill("maria@bücher.example")
    page.get_by_label("Phone").fill("+49 (0)30 1234567")
    page.get_by_label("Country").select_option(label="Germany")
    page.get_by_label("Password").fill("correct horse")
    page.get_by_label("City").fill("Köln")
    for name in ("a.txt", "b.txt", "c.txt"):
        (tmp_path / name).write_text(name)
    page.get_by_label("Scan").set_input_files(tmp_path / "a.txt")
    page.get_by_role("button", name="Send request").click()

    summary = page.get_by_role("alert")
    assert summary.get_by_role("link").all_inner_texts() == ["Enter a number in “Pieces”, like 12.",
                                                             "Tick “I agree” to go on.",
                                                             "Choose your files again: browsers do not keep them "
                                                             "when a form comes back."]
    assert page.get_by_label("Subject").input_value() == "Two <b>pallets</b>"
    assert page.get_by_label("Message").input_value() == "\nfirst\nsecond"
    assert page.get_by_label("Due").input_value() == "2026-12-31"
    assert page.get_by_label("Pieces").input_value() == "many"
    assert page.get_by_label("Password").input_value() == ""
    summary.get_by_role("link").first.click()
    assert page.url.endswith("#f-count")

    page.get_by_label("Pieces").fill("7")
    page.get_by_label("Password").fill("correct horse")
    page.get_by_label("I agree").check()
    page.get_by_label("Papers").set_input_files([tmp_path / "b.txt", tmp_path / "c.txt"])
    page.get_by_role("button", name="Send request").click()
    assert page.title() == "Thanks"
    (values, files), = desk.accepted
    assert values == {
        "subject": "Two <b>pallets</b>", "body": "first\nsecond", "kind": "order", "product": "p7",
        "tags": ["green", "blue"], "due": "2026-12-31", "count": 7, "price": 123450,
        "email": "maria@xn--bcher-kva.example", "phone": "+49301234567", "country": "DE",
        "secret": "correct horse", "agree": True, "page": "/kb", "address": {"street": "", "city": "Köln"},
    }
    assert files == {"scan": [], "papers": [("b.txt", b"b.txt"), ("c.txt", b"c.txt")]}


@pytest.mark.parametrize("dark", [False, True])
def test_axe_finds_nothing_on_a_fresh_and_on_a_refused_form(desk, tabs, dark):
    page = tabs.open(dark=dark)
    page.goto(desk.address)
    assert violations(page) == []
    page.get_by_role("button", name="Send request").click()
    page.get_by_role("alert").wait_for()
    assert violations(page) == []


def test_the_form_can_be_filled_by_keyboard_alone(desk, page_no_js):
    page = page_no_js
    page.goto(desk.address)
    page.keyboard.press("Tab")
    page.keyboard.type("Hello")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    page.get_by_role("alert").wait_for()
    assert page.get_by_label("Subject").input_value() == "Hello"
    assert page.get_by_label("question").is_checked()
