"""The gallery shows every piece there is, so that a theme is judged by all of them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from jinja2 import Environment, nodes

from support.needs import ROOT

TEMPLATES = ROOT / "core" / "web" / "templates"
GALLERY = ROOT / "core" / "builtin" / "gallery" / "templates" / "gallery"
PAGES = ("", "/lists", "/conversation", "/forms", "/filled", "/wrong", "/settings", "/long")
pytestmark = pytest.mark.engines("sqlite")


def macros(path: Path) -> dict[str, set[str]]:
    """Each macro of a file, with the names it calls: bare ones and those of `ui`."""
    tree = Environment(extensions=["jinja2.ext.i18n"]).parse(path.read_text())
    return {one.name: called(one) for one in tree.find_all(nodes.Macro)}


def called(tree) -> set[str]:
    found = {call.node.name for call in tree.find_all(nodes.Call) if isinstance(call.node, nodes.Name)}
    return found | {call.node.attr for call in tree.find_all(nodes.Call) if isinstance(call.node, nodes.Getattr)
                    and isinstance(call.node.node, nodes.Name) and call.node.node.name in ("ui", "forms")}


@pytest.mark.parametrize("name", ["macros.html", "forms.html"])
def test_no_piece_is_missing(name):
    known = macros(TEMPLATES / "macros.html") | macros(TEMPLATES / name)
    environment = Environment(extensions=["jinja2.ext.i18n"])
    shown, waiting = set(), set()
    for path in GALLERY.glob("*.html"):
        waiting |= called(environment.parse(path.read_text()))
    while waiting:
        shown |= waiting
        waiting = set().union(*(known.get(one, set()) for one in waiting)) - shown
    missing = set(macros(TEMPLATES / name)) - shown
    assert not missing, f"show these on the gallery (core/builtin/gallery): {sorted(missing)}"


def test_each_state_is_there(inside):
    client = inside.client("agent")
    pages = {name: client.get(f"/settings/gallery{name}").text for name in PAGES}
    every = "".join(pages.values())
    for kind in ("primary", "quiet", "note", "danger"):
        assert re.search(rf'class="button {kind}"', every), kind
        assert re.search(rf'class="button {kind} small"', every), kind
    for state in ("disabled", "readonly", "aria-disabled", "aria-invalid", "aria-current", "checked", "popover"):
        assert re.search(rf"<\w+[^>]*\s{state}[\s=>]", every), state
    for tone in ("info open", "info in_progress", "warn waiting", "good resolved", "neutral closed", "good",
                 "warn", "bad", "info", "neutral"):
        assert re.search(rf'class="badge {tone}\s*"', every), tone
    for kind in ("good", "info", "warn", "bad"):
        assert f'class="toast {kind}"' in every
        assert f'class="notice {kind}"' in every
    for part in ("row unread", "row picks", "message end", "message note", "message start run", "unread",
                 "save-bar", "empty", "pager", "progress", "switch", "danger-zone", "file-chips", "htmx-request"):
        assert re.search(rf'class="[^"]*{part}', every.replace("message start note", "message note")), part
    wrong = pages["/wrong"]
    fields = set(re.findall(r'class="field wrong"', wrong))
    assert fields
    assert wrong.count('class="error"') >= 12
    assert "Maria Anders" in pages["/filled"]
    assert "1234.50" in pages["/filled"]


def test_it_is_for_the_team_and_follows_scheme_and_direction(inside):
    client = inside.client("admin")
    assert 'data-scheme="dark"' in client.get("/settings/gallery?scheme=dark").text
    assert "data-scheme" not in client.get("/settings/gallery?scheme=%22x").text
    assert 'href="/settings/gallery/long?scheme=dark"' in client.get("/settings/gallery?scheme=dark").text
    assert client.get("/settings/gallery/..%2f").status == 404
    assert inside.client("own").get("/settings/gallery").status == 404
