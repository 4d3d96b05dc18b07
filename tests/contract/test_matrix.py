"""Every route x method x person: status, kind of body and headers as matrix.csv says, line by line.

matrix.csv, and matrix-<id>.csv of a plugin beside it, are written by hand. A line is: method, path with {things}
of support/contract.py in braces, whose things they are (own, colleague, other_company, other_tenant, nobody, or -
where nothing is anybody's), what is sent (a form as in an address, JSON for the API), then what each actor gets:
`200 page`, `200 json`, `200 file`, `303 sign-in`, `303 moved`, `404` (the same as for what never was), `422 page`,
`401 problem` ... A route that has no line fails here, and so does a line without a route.
"""

import re
from pathlib import Path

import pytest

from support.contract import ACTORS, Things, ask, asker, rows, word
from support.inside import disconnect
from support.needs import LONG, ROOT

# What the engines do alike is tried on one in the quick run; the door itself is tried on both.
pytestmark = [] if LONG else [pytest.mark.engines("sqlite")]
MATRIX = list(rows(Path(__file__).with_name("matrix.csv")))
BUNDLED = sorted(one.parent.name for one in (ROOT / "plugins").glob("*/plugin.yaml"))
"""All of them are on here: what is off is tried elsewhere."""
VOLATILE = {"x-request-id", "date", "set-cookie", "server", "content-length"}
# What stands in a frame of this very portal.
FRAMED = re.compile(r"/settings/(appearance|form|mail/texts/[^/]+/[^/]+|modules/[^/]+)/preview/"
                    r"|/companies/[^/]+/look/preview/")
PATIENT = {"enabled": True, "levels": {"newcomer": {
    "label": "New here", "approve": True, "links": 1, "files": 1, "posts_per_hour": 1000, "topics_per_day": 1000}}}
"""A forum with its usual rules for newcomers, but for how often they may write."""
PUBLIC = ("/static/", "/theme/", "/healthz", "/readyz", "/favicon")


@pytest.fixture(scope="module")
def house(engine, _templates):
    """One portal with every bundled plugin on; things are made anew for each request that changes something."""
    inside = _templates.make(engine, {"features": dict.fromkeys(BUNDLED, True) | {"forums": PATIENT},
                                      "installation": {"plugins": {"makers": ["acme"]}}})
    yield inside, Things(inside), {}
    disconnect()


def client_of(house, actor, row):
    """Each line is asked afresh: an earlier one may have signed somebody out."""
    inside, _things, known = house
    inside.address = f"10.{row.line // 250}.{row.line % 250}.{list(ACTORS).index(actor)}"
    if known.get("line") != (row.line, actor):
        known.update(line=(row.line, actor), client=asker(inside, actor, api=row.api))
    return known["client"]


def shown(answer, path):
    """What somebody could tell one refusal from another by."""
    headers = {name: value for name, value in answer.headers.items() if name not in VOLATILE}
    return answer.status, headers, answer.text.replace(path, "PATH")


@pytest.mark.parametrize("row", MATRIX, ids=str)
def test_each_line(house, row):
    _inside, things, _known = house
    got, faults = {}, []
    for actor, expected in row.expected.items():
        client = client_of(house, actor, row)
        path, send = (things.fill(text, row.whose, fresh=row.changes) for text in (row.path, row.send))
        answer = ask(client, row, path, send)
        got[actor] = word(answer) if expected != "404" or answer.status != 404 else "404"
        faults += [f"{actor}: {fault}" for fault in headers_of(row, actor, answer)]
        if answer.status == 404 and row.whose not in ("-", "nobody"):
            client = client_of(house, actor, row)
            other = things.fill(row.path, "nobody", fresh=False)
            if shown(ask(client, row, other, things.fill(row.send, "nobody", fresh=False)), other) != shown(
                    answer, path):
                faults.append(f"{actor}: can tell it from what never was")
        if not row.changes and not row.api and answer.status in (200, 303, 404):
            faults += fragment_of(client_of(house, actor, row), row, path, answer, actor)
    line = ",".join([row.method, row.path, row.whose, row.send, *got.values()])
    assert got == dict(row.expected), f"line {row.line} would be true as\n{line}"
    assert not faults, faults


def headers_of(row, actor, answer):
    """Name what is wrong with the headers of an answer."""
    public = row.path.startswith(PUBLIC)
    if row.path not in ("/healthz", "/readyz") and not answer.headers.get("parlour-config", "").isdigit():
        yield "no Parlour-Config"
    framed = FRAMED.match(row.path) is not None and answer.status == 200
    for name, value in (("x-content-type-options", "nosniff"),
                        ("x-frame-options", "SAMEORIGIN" if framed else "DENY")):
        if answer.headers.get(name) != value:
            yield f"no {name}"
    policy = answer.headers.get("content-security-policy", "")
    if "default-src 'none'" not in policy or "unsafe-eval" in policy or "script-src 'unsafe" in policy:
        yield f"policy {policy!r}"
    if len(answer.headers.get("x-request-id", "")) < 16:
        yield "no X-Request-Id"
    stored = answer.headers.get("cache-control", "")
    if ACTORS[actor] and not public and "no-store" not in stored:
        yield f"may be kept: {stored!r}"
    if "public" in stored and not public:
        yield f"may be shared: {stored!r}"
    if word(answer).endswith("problem") and answer.json["status"] != answer.status:
        yield "the problem says another status"


def fragment_of(client, row, path, page, actor):
    """Name what is wrong where htmx asks for a piece of the same page."""
    piece = ask(client, row, path, "", **{"HX-Request": "true", "HX-Target": "content"})
    expected = {200: (200, 204), 404: (404,), 303: (204, 303, 200)}[page.status]
    if word(page) == "303 sign-in":
        if piece.status != 401 or not piece.headers.get("hx-redirect", "").startswith("/sign-in") or piece.body:
            yield f"{actor}: a fragment of a page to sign in for: {piece.status}"
    elif piece.status not in expected:
        yield f"{actor}: the fragment is {piece.status}"
    html = page.body and "text/html" in page.headers.get("content-type", "")
    if html and "HX-Request" not in page.headers.get("vary", ""):
        yield f"{actor}: caches may mix up page and fragment"


def test_every_route_has_its_lines(house):
    """A route without a line fails, and a line without a route."""
    inside, things, _known = house
    rules = {(method, rule.rule) for rule in inside.app.url_map.iter_rules()
             for method in rule.methods - {"HEAD", "OPTIONS"}}
    adapter = inside.app.url_map.bind("localhost")
    covered = {}
    for row in MATRIX:
        path = things.fill(row.path, "nobody", fresh=False).partition("?")[0]
        rule, values = adapter.match(path, row.method, return_rule=True)
        covered.setdefault((row.method, rule.rule), []).append((row, values))
    missing = sorted(rules - set(covered), key=lambda pair: pair[::-1])
    assert not missing, "no line for " + "; ".join(" ".join(pair) for pair in missing)
    assert not set(covered) - rules


PRIVATE = {"ticket", "file", "hidden_file", "message", "note", "person", "company", "invitation", "address"}


def test_private_routes_are_tried_with_everybodys_things():
    """Where a path holds somebody's thing there is a line for each: own, others', another tenant's, nobody's."""
    tried = {}
    for row in MATRIX:
        if any(f"{{{name}}}" in row.path for name in PRIVATE):
            tried.setdefault((row.method, row.path), set()).add(row.whose)
    thin = {pair: whose for pair, whose in tried.items()
            if not whose >= {"own", "other_company", "other_tenant", "nobody"}}
    assert not thin


def test_head_and_options_say_no_more_than_get(house):
    """HEAD has the same status and no body; OPTIONS tells nothing about a record."""
    _inside, things, _known = house
    for row in MATRIX:
        if row.method != "GET" or not any(f"{{{name}}}" in row.path for name in PRIVATE):
            continue
        for actor in ("anonymous", "other_company"):
            client = client_of(house, actor, row)
            path = things.fill(row.path, row.whose, fresh=False)
            head, whole = client.send("HEAD", path), client.send("GET", path)
            assert (head.status, head.body) == (whole.status, b""), (row, actor)
            other = things.fill(row.path, "nobody", fresh=False)
            told, never = client.send("OPTIONS", path), client.send("OPTIONS", other)
            assert (told.status, told.body) == (never.status, never.body), (row, actor)
