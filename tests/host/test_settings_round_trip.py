"""Any value of any key of the schema, typed on its page, stands in portal.yaml and nothing else has changed."""

from __future__ import annotations

import difflib
import re
import string
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from core.config.loader import read
from core.config.mistakes import fit
from core.config.outline import OPERATORS, Node, Outline, outline
from core.config.share import Share
from core.config.versions import Act
from core.web.controls import cells
from support.inside import Inside
from support.needs import cases

pytestmark = pytest.mark.engines("sqlite")

ACME = """# Ours; mind the spaces   (first comment)
name: Root      # the installation's, second comment
url: http://localhost:8000
status: active
languages: {default: en, offered: [en, de]}   # third comment
installation:
  plugins: {paths: [plugins]}
tenants:

  acme:
    name: 'Acme Support'   # quoted, fourth comment
    url: "http://localhost:8000"
    contact:
      # somebody reads this (fifth comment)
      email: a@acme.example
    security: {tries: 12}        # sixth comment
    features:
      tickets: on   # acme's own (seventh comment)

  globex:
    name: Globex Service
    url: http://globex.localhost:8000   # eighth comment
"""

LETTERS = string.ascii_letters + string.digits + " :#'\"{}[],&*!|>%@`\\-?~äß€漢ع$"
LINES = st.text(st.sampled_from(LETTERS), min_size=1, max_size=40).map(str.strip).filter(bool)
PATTERNS = {"^#(": "#a1b2c3", r"^https?://[^\s{}]*\{id": "https://example.org/{id}",
            "^https?://[^": "https://example.org", "^https?://": "https://example.org/#x",
            "^[A-Z]{3}$": "CHF", "^(all|new": "2026-01-31"}


def plan_of(inside: Inside) -> Outline:
    manifests = inside.portal.store.manifests
    return outline(inside.portal.store.schema, {key: one.title for key, one in manifests.items()})


def editable(plan: Outline) -> list[tuple[str, Node]]:
    """Give every value with a field on a page, and the page's address."""
    return [(f"/settings/{page.id}", node) for page, node in plan.every()
            if node.path[0] not in OPERATORS and node.path[0] != "languages"
            and node.path[:2] != ("security", "networks")
            and node.kind in ("text", "longtext", "number", "choice", "colour", "switch", "wish", "lines",
                              "several")]


def texts(schema: Any) -> st.SearchStrategy[str]:
    if schema.get("format") in ("email", "time-zone", "regex", "network", "date"):
        return st.just({"email": "b@b.example", "time-zone": "Asia/Tokyo", "regex": "^a+$",
                        "network": "10.0.0.0/8", "date": "2026-02-03"}[schema["format"]])
    pattern = schema.get("pattern", "")
    found = next((value for start, value in PATTERNS.items() if pattern.startswith(start)), None)
    if found is None and pattern:
        return st.from_regex(re.compile(pattern, re.ASCII), fullmatch=True).filter(
            lambda text: text.strip() == text and bool(text) and len(text) <= schema.get("maxLength", 200)
            and text.isprintable())
    most = schema.get("maxLength", 200)
    return st.just(found) if found else LINES.filter(lambda text: schema.get("minLength", 0) <= len(text) <= most)


def values(node: Node) -> st.SearchStrategy[Any]:
    """Give what may stand at a node, as the file holds it."""
    schema = node.schema
    if node.kind in ("switch", "wish"):
        return st.booleans()
    if node.kind == "number":
        low, high = schema.get("minimum", 1), schema.get("maximum", 900)
        return st.integers(int(low), int(high))
    if node.kind == "several":
        words = schema["items"].get("enum") or ["en", "de"]
        return st.lists(st.sampled_from(words), unique=True, min_size=1).map(lambda some: [
            one for one in words if one in some])
    if node.kind == "lines":
        return st.lists(texts(schema["items"]), unique=schema.get("uniqueItems", False), min_size=2, max_size=4)
    if node.kind == "choice" and "enum" in schema:
        return st.sampled_from([word for word in schema["enum"] if word not in schema.get("x-by-hand", ())])
    return {"theme.base": st.just("default"), "theme.font": st.just("serif"),
            "time_zone": st.just("Asia/Tokyo")}.get(node.name, texts(schema))


def sent(node: Node, value: Any) -> dict[str, Any]:
    """Write what a browser would send for a value."""
    known = {"was." + node.name: "\x00"}
    if isinstance(value, bool):
        return known | ({node.name: "true" if node.kind == "switch" else "on"} if value else
                        {} if node.kind == "switch" else {node.name: "off"})
    if isinstance(value, list):
        return known | {node.name: value if node.kind == "several" else "\r\n".join(value)}
    return known | {node.name: str(value)}


def at(data: Any, path: Any) -> Any:
    for step in path:
        data = data.get(step) if isinstance(data, dict) else None
    return data


def comments(text: str) -> list[str]:
    return re.findall(r"\w+ comment\b", text)


@settings(max_examples=cases(60, 3000), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_value_of_any_key_round_trips_and_leaves_every_other_byte(inside: Inside, data: st.DataObject) -> None:
    if inside.yaml.read_text() != ACME:
        inside.yaml.write_text(ACME)
        assert inside.portal.store.notice()
    page, node = data.draw(st.sampled_from(editable(plan_of(inside))), label="key")
    value = data.draw(values(node), label="value")
    admin = inside.client("admin")
    saved = admin.post(page, sent(node, value) | {"base_version": str(inside.portal.snapshot().version)})
    assume(saved.status == 303 or node.path[0] != "security")  # nobody locks themselves out
    assert saved.status == 303, re.findall(r'(?s)error".*?</div>', saved.text)
    after = inside.yaml.read_text()
    with inside.scope("acme") as who:
        assert who.settings.value(node.path) == value or saved.location == page  # the same as it was
    if saved.location == page:
        assert after == ACME
        return
    was, now = (fit(read(text, "portal.yaml", {}).data, inside.portal.store.schema) for text in (ACME, after))
    assert at(now, ("tenants", "acme", *node.path)) == value
    assert {key: one for key, one in now.items() if key != "tenants"} == {
        key: one for key, one in was.items() if key != "tenants"}
    assert now["tenants"]["globex"] == was["tenants"]["globex"]
    assert comments(after) == comments(ACME)
    gone = [line for line in difflib.ndiff(ACME.splitlines(), after.splitlines()) if line.startswith("- ")]
    assert len(gone) <= 1, "one line at most is written anew"
    number = re.search(r"saved=(\d+)", saved.location or "")
    assert number
    Share(inside.portal.store, inside.portal.snapshot(), "acme").undo(int(number[1]), Act("test"))
    assert inside.yaml.read_text() == ACME


def test_every_key_of_the_schema_has_a_place(inside: Inside) -> None:
    """Nothing portal.yaml can say for a tenant is missing: groups are opened, the rest has pages of its own."""
    plan, found = plan_of(inside), set()
    for _page, node in plan.every():
        found.add(node.path)
    waiting = [((), plan.root)]
    while waiting:
        path, schema = waiting.pop()
        for key, inner in schema.get("properties", {}).items():
            if inner.get("type") == "object" and "properties" in inner:
                waiting.append(((*path, key), inner))
            elif (*path, key)[0] not in ("installation", "tenants") and key != "enabled":
                assert (*path, key) in found, path
    admin = inside.client("admin")
    for page in plan.pages:
        answer = admin.get(f"/settings/{page.id}")
        if answer.status == 303:  # the page is one value that holds others
            answer = admin.get(answer.location or "")
        assert answer.status == 200, page.id
        if page.id == "features":
            continue
        for node in page.nodes:
            assert f'f-{node.path[0]}' in answer.text or node.path[0] in answer.text


def tables(plan: Outline) -> list[Node]:
    """Give every value whose entries are lines of a table."""
    return [node for _page, node in plan.every() if node.kind in ("mapping", "listing") and cells(plan, node)
            and all(one.kind in ("text", "number", "choice", "lines") for one in cells(plan, node) or ())]


def lines_of(draw: Any, node: Node, columns: list[Node]) -> tuple[dict[str, Any], Any]:
    """Draw entries: what a browser sends for them, and the value they stand for."""
    keys = draw(st.lists(st.from_regex(r"[a-z]{1,6}", fullmatch=True), unique=True, min_size=1, max_size=3))
    form: dict[str, Any] = {"row": [str(index) for index in range(len(keys))]}
    made: Any = [] if node.kind == "listing" else {}
    for index, key in enumerate(keys):
        entry = {}
        for column in columns:
            value = draw(values(column), label=f"{key}.{column.path[-1]}")
            entry[column.path[-1]] = value
            form[f"{index}.{column.path[-1]}"] = "\r\n".join(value) if isinstance(value, list) else str(value)
        whole = entry["value"] if columns[0].path == ("value",) else entry
        if node.kind == "listing":
            made.append(whole)
        else:
            form[f"{index}.key"] = key
            made[key] = whole
    return form, made


@settings(max_examples=cases(25, 1500), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_table_round_trips_and_leaves_every_other_byte(inside: Inside, data: st.DataObject) -> None:
    if inside.yaml.read_text() != ACME:
        inside.yaml.write_text(ACME)
        assert inside.portal.store.notice()
    plan = plan_of(inside)
    node = data.draw(st.sampled_from(tables(plan)), label="key")
    form, wanted = lines_of(data.draw, node, cells(plan, node) or [])
    admin, at = inside.client("admin"), "/settings/at/" + "/".join(map(str, node.path))
    saved = admin.post(at, form | {"do": "save"})
    if saved.status == 422 and node.path[:2] == ("features", "tickets"):
        return  # the plugin's own rules: a team that is not there
    assert saved.status == 303, re.findall(r'(?s)class="error".*?</', saved.text)
    with inside.scope("acme") as who:
        assert who.settings.value(node.path) == wanted
    assert comments(inside.yaml.read_text()) == comments(ACME)
    number = re.search(r"saved=(\d+)", saved.location or "")
    assert number
    Share(inside.portal.store, inside.portal.snapshot(), "acme").undo(int(number[1]), Act("test"))
    assert inside.yaml.read_text() == ACME
