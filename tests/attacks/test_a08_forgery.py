"""A08: what another site makes a browser send changes nothing, on any route that changes something."""

import json
from urllib.parse import parse_qsl, urlencode

import pytest

from core.data import db
from support.contract import Things, ask, asker, rows
from support.inside import disconnect
from support.needs import LONG, ROOT
from support.pages import ALL_ON

pytestmark = [] if LONG else [pytest.mark.engines("sqlite")]
CHANGING = [row for row in rows(ROOT / "tests" / "contract" / "matrix.csv")
            if row.changes and row.whose in ("-", "own")]
"""Its own test holds that matrix.csv has a line for each route there is."""

EVIL = "https://evil.example"
FORM, PLAIN = "application/x-www-form-urlencoded", "text/plain"
FORGED = {
    "no Origin": {"Origin": None, "Sec-Fetch-Site": None},
    "no Origin, other site": {"Origin": None, "Sec-Fetch-Site": "cross-site"},
    "other Origin": {"Origin": EVIL, "Sec-Fetch-Site": None},
    "other Origin that says same": {"Origin": EVIL, "Sec-Fetch-Site": "same-origin"},
    "sandboxed": {"Origin": "null", "Sec-Fetch-Site": "cross-site"},
    "sandboxed, old browser": {"Origin": "null", "Sec-Fetch-Site": None},
    "empty": {"Origin": "", "Sec-Fetch-Site": ""},
    "neighbour": {"Origin": "http://globex.localhost:8000", "Sec-Fetch-Site": "same-site"},
    "neighbour, old browser": {"Origin": "http://globex.localhost:8000", "Sec-Fetch-Site": None},
    "child": {"Origin": "http://evil.localhost:8000", "Sec-Fetch-Site": None},
    "suffix": {"Origin": "http://localhost:8000.evil.example", "Sec-Fetch-Site": None},
    "prefix": {"Origin": "http://evillocalhost:8000", "Sec-Fetch-Site": None},
    "other port": {"Origin": "http://localhost:8001", "Sec-Fetch-Site": None},
    "with a path": {"Origin": "http://localhost:8000/", "Sec-Fetch-Site": None},
    "two": {"Origin": f"http://localhost:8000 {EVIL}", "Sec-Fetch-Site": None},
    "typed": {"Origin": None, "Sec-Fetch-Site": "none"},
    "htmx": {"Origin": EVIL, "Sec-Fetch-Site": "cross-site", "HX-Request": "true", "HX-Target": "content"},
    "ours by Referer": {"Origin": EVIL, "Sec-Fetch-Site": None, "Referer": "http://localhost:8000/"},
    "overridden": {"Origin": EVIL, "Sec-Fetch-Site": "cross-site", "X-HTTP-Method-Override": "GET"},
}
PLAINEST = ("no Origin", "other Origin", "neighbour", "sandboxed", "htmx")
"""What every route is tried with in the quick run; a few routes are tried with everything."""

KEYLESS = [name for name, headers in FORGED.items() if headers["Origin"] is not None or headers["Sec-Fetch-Site"]]
"""What is refused without a cookie too: a form of another site must not sign anybody in."""


@pytest.fixture(scope="module")
def house(engine, _templates):
    inside = _templates.make(engine, {"features": ALL_ON})
    yield inside, Things(inside)
    disconnect()


def content():
    """Everything the database holds, sessions' last moments apart."""
    tables = sorted(db.db.get_tables())
    return {name: sorted(map(repr, db.db.run(f'SELECT * FROM "{name}"', ()).fetchall())) for name in tables}


def actor_of(row):
    """Whoever could do it from our own page; a row nobody can do is asked as the admin."""
    able = [name for name, word in row.expected.items() if word.startswith(("200", "201", "303 moved", "422"))]
    return next((name for name in able if name != "anonymous"), "admin")


def refused(answer):
    cors = [name for name in answer.headers if name.startswith("access-control-")]
    return answer.status == 403 and not cors and "set-cookie" not in answer.headers


@pytest.mark.parametrize("row", [row for row in CHANGING if not row.api], ids=str)
def test_no_form_of_another_site_does_anything(house, row):
    inside, things = house
    client = asker(inside, actor_of(row), api=False)
    path, send = (things.fill(text, row.whose, fresh=False) for text in (row.path, row.send))
    fields = dict(parse_qsl(send, keep_blank_values=True))
    as_json = json.dumps(fields)
    bodies = [(FORM, urlencode(fields)), (PLAIN, send), (PLAIN, as_json), ("application/json", as_json)]
    before, passed = content(), []
    whole = LONG or row.path in ("/account", "/sign-in", "/tickets/{ticket}/reply")
    for name, headers in FORGED.items():
        if not whole and name not in PLAINEST:
            continue
        for kind, body in bodies if name == "other Origin" else bodies[:1]:
            answer = client.send(row.method, path, body.encode(), {"Content-Type": kind, **headers})
            if not refused(answer):
                passed.append((name, kind, answer.status, answer.headers))
    for name in KEYLESS if whole else ["other Origin"]:
        sent = {"Content-Type": FORM, **FORGED[name]}
        answer = inside.guest().send(row.method, path, bodies[0][1].encode(), sent)
        if not refused(answer):
            passed.append((name, "without a cookie", answer.status))
    assert not passed
    assert content() == before


@pytest.mark.parametrize("row", [row for row in CHANGING if row.api], ids=str)
def test_no_page_of_another_site_uses_the_api(house, row):
    inside, things = house
    actor = actor_of(row)
    path, send = (things.fill(text, row.whose, fresh=False) for text in (row.path, row.send))
    before = content()
    for kind in ("application/json", PLAIN, FORM):
        key, given = asker(inside, actor, api=True), content()
        for name in KEYLESS:
            assert refused(key.send(row.method, path, send.encode(), {"Content-Type": kind, **FORGED[name]})), name
        assert content() == given
        answer = asker(inside, actor, api=False).send(row.method, path, send.encode(), {"Content-Type": kind})
        assert answer.status in (401, 404), "a cookie is no key"
    after = content()
    assert {name: kept for name, kept in after.items() if name not in ("token", "session")} == {
        name: kept for name, kept in before.items() if name not in ("token", "session")}


def test_our_own_pages_may(house):
    """The same requests from our own page do what they say, or this file would prove nothing."""
    inside, things = house
    for row in CHANGING:
        ends = row.path.endswith(("/reply", "/resolve", "/account/sessions/end"))
        if ends and not row.api and row.expected["own"].startswith("303"):
            path, send = (things.fill(text, row.whose, fresh=True) for text in (row.path, row.send))
            before = content()
            assert ask(asker(inside, "own", api=False), row, path, send).status == 303, row
            assert content() != before, row


SECRET_PAGES = ("/reset/{reset}", "/verify/{verify}")
READING = [row for row in rows(ROOT / "tests" / "contract" / "matrix.csv") if row.method == "GET" and not row.api]


def test_looking_changes_nothing_but_what_is_read(house):
    """A picture's address or a link followed ahead of time must not use up tokens, sign out or decide anything."""
    inside, things = house
    paths = {things.fill(row.path, "own", fresh=False) for row in READING if row.whose in ("-", "own")}
    paths |= {things.fill(path, "own", fresh=False) for path in SECRET_PAGES}
    client = inside.client("admin")
    before = content()
    for method in ("GET", "HEAD"):
        for path in sorted(paths):
            client.send(method, path, headers={"Origin": EVIL, "Sec-Fetch-Site": "cross-site",
                                               "X-HTTP-Method-Override": "POST"})
    after = content()
    changed = {name for name in after if after[name] != before.get(name)}
    assert not changed - {"read_mark", "notification"}, changed


@pytest.mark.parametrize("path", ["/", "/sign-in", "/tickets", "/account", "/api/v1/tickets"])
def test_no_other_origin_reads_along(house, path):
    """No CORS: neither named origins nor preflights are answered."""
    inside, _things = house
    for origin in (EVIL, "null", "http://evil.localhost:8000", "http://localhost:8000.evil.example"):
        for method in ("GET", "OPTIONS", "HEAD"):
            for client in (inside.client("own"), inside.client("own", token=True)):
                answer = client.send(method, path, headers={
                    "Origin": origin, "Access-Control-Request-Method": "POST",
                    "Access-Control-Request-Headers": "authorization"})
                assert not [name for name in answer.headers if name.startswith("access-control-")]
                assert answer.headers["cross-origin-resource-policy"] == "same-origin"


def test_the_cookie_stays_with_our_pages(house):
    """SameSite, HttpOnly, and the host's own."""
    inside, _things = house
    client = inside.guest()
    answer = client.post("/sign-in", {"email": "own@example.com", "password": "quiet rivers run deep"})
    cookies = [value for name, value in answer.all_headers if name == "Set-Cookie"]
    cookie = next(value for value in cookies if value.startswith("parlour="))
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Domain" not in cookie


