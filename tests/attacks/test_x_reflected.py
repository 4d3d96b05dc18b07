"""X08, X02: what an address or a header says is shown as text at most, and no link leads where none may."""

from html.parser import HTMLParser
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import pytest

from core.look import compose, links
from support.contract import Things, rows
from support.inside import disconnect
from support.needs import LONG, ROOT
from support.pages import ALL_ON

pytestmark = [] if LONG else [pytest.mark.engines("sqlite")]
READING = [row for row in rows(ROOT / "tests" / "contract" / "matrix.csv")
           if row.method == "GET" and row.whose in ("-", "own") and not row.api]
PARAMETERS = ("next", "back", "back_url", "q", "sort", "order", "cursor", "before", "after", "flash", "message",
              "lang", "kind", "view", "state", "show", "who", "category", "subject", "body", "email", "name",
              "person",
              "permission", "record", "act", "saved", "theme", "error", "title", "status", "page", "company",
              "redirect", "url", "callback")
MARK = "zqx"
BREAKOUTS = (f"\"'><{MARK} on{MARK}=1 x='", f"</title></textarea></style></script><{MARK}>",
             f"javascript:{MARK}", f"\r\nX-{MARK}: 1\r\n\r\n<{MARK}>", f"{{{{7*7}}}}${{7*7}}<%= 7*7 %><{MARK}>",
             f"{MARK}\x00<{MARK}>\u2028\ufeff")
HEADERS = ("HX-Target", "HX-Current-URL", "HX-Trigger", "HX-Trigger-Name", "HX-Prompt", "Referer", "User-Agent",
           "Accept-Language", "Accept", "X-Request-Id", "X-Forwarded-Host", "X-Forwarded-Proto",
           "If-None-Match")


class Elements(HTMLParser):
    """Notes what a page is made of that nobody of ours has written, and where its links lead."""

    def __init__(self, text):
        super().__init__()
        self.foreign, self.links = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        if MARK in tag or any(MARK in name or name.startswith("on") or name == "style" for name, _value in attrs):
            self.foreign.append((tag, attrs))
        for name, value in attrs:
            if name in ("href", "src", "action", "formaction", "data-hx-get", "data-hx-post"):
                self.links.append(value or "")


def scheme(address):
    """Read a scheme as browsers do: blanks around and tabs and line ends within are not there."""
    return urlsplit("".join(char for char in address if ord(char) > 32)).scheme.lower()


@pytest.fixture(scope="module")
def house(engine, _templates):
    inside = _templates.make(engine, {"access": {"registration": "open"}, "features": ALL_ON})
    yield inside, Things(inside)
    disconnect()


def faults(answer):
    """Name what an answer repeats without care."""
    for name, value in answer.all_headers:
        if name.lower().startswith(("x-" + MARK, "hx-trigger")) or "\r" in value or "\n" in value:
            yield name, value
        if MARK in value and not (name in ("Location", "HX-Redirect") and value.startswith("/") and not set(
                value) & set("<>\"' \\")):
            yield name, value
    if answer.status >= 500:
        yield "status", answer.status
    if "text/html" in answer.headers.get("content-type", ""):
        # Mails carry their look inside; so does what shows one, in a frame of its own.
        mail = "style-src 'unsafe-inline'" in answer.headers.get("content-security-policy", "")
        seen = Elements(answer.text.replace(" style=", " data-look=") if mail else answer.text)
        yield from seen.foreign
        yield from ((link,) for link in seen.links if scheme(link) not in ("", "http", "https", "mailto", "data"))
        if "{{7*7}}" not in answer.text and "49$" in answer.text:
            yield ("a template ran",)
    elif MARK in answer.text and answer.headers.get("x-content-type-options") != "nosniff":
        yield ("sniffed",)


@pytest.mark.parametrize("row", READING, ids=str)
def test_parameters_are_shown_as_text(house, row):
    inside, things = house
    path = things.fill(row.path, row.whose, fresh=False)
    join = "&" if "?" in path else "?"
    found = []
    for breakout in BREAKOUTS:
        asked = path + join + urlencode(dict.fromkeys(PARAMETERS, breakout))
        for short in ("", "admin") if not LONG else ("", "own", "agent", "admin"):
            client = inside.client(short) if short else inside.guest()
            for answer in (client.get(asked), client.fragment(asked, breakout.encode().hex())):
                found += [(breakout, short, fault) for fault in faults(answer)]
    assert not found


@pytest.mark.parametrize("breakout", BREAKOUTS[:5])
def test_headers_come_back_nowhere(house, breakout):
    inside, _things = house
    sent = " ".join(breakout.split())
    for path in ("/", "/sign-in", "/tickets", "/search?q=a", "/nowhere", "/api/v1/tickets", "/api/v1/nowhere"):
        for short in ("", "own", "admin"):
            client = inside.client(short) if short else inside.guest()
            cookies = [f"{name}={value}" for name, value in client.cookies.items()]
            odd = [f"{name}={quote(sent)}" for name in ("parlour_lang", "parlour_flash", "parlour_theme")]
            extra = dict.fromkeys(HEADERS, sent) | {"Cookie": "; ".join([*cookies, *odd])}
            for given in (extra, {**extra, "HX-Request": "true"}):
                answer = client.get(path, headers=given)
                assert not list(faults(answer)), (path, short)
                assert MARK not in answer.text, (path, short)


@pytest.mark.parametrize("breakout", BREAKOUTS)
def test_addresses_that_are_not_there_are_not_repeated(house, breakout):
    inside, _things = house
    for path in ("/", "/tickets/", "/static/", "/theme/", "/files/", "/people/", "/api/v1/", "/api/v1/tickets/",
                 "/reset/", "/verify/", "/stop/", "/invite/", "/settings/versions/", "/search/"):
        for client in (inside.guest(), inside.client("admin"), inside.client("own", token=True)):
            for ask in (client.get, client.fragment):
                answer = ask(path + quote(breakout, safe=""))
                assert not list(faults(answer)), path
                assert answer.status == 303 or MARK not in answer.text, path


@pytest.mark.parametrize("breakout", BREAKOUTS[:4])
def test_refused_forms_show_what_was_typed_as_text(house, breakout):
    """Validation messages and fields that are filled again."""
    inside, _things = house
    inside.address = f"10.7.0.{BREAKOUTS.index(breakout)}"
    for short, path, fixed in (("", "/sign-in", {}), ("", "/register", {}), ("", "/reset", {}),
                               ("own", "/tickets/new", {"body": ""}), ("own", "/account", {"name": ""}),
                               ("own", "/account/email", {}), ("admin", "/people/new", {"name": ""}),
                               ("admin", "/people/invite", {}), ("admin", "/companies/new", {"name": ""}),
                               ("admin", "/people/teams", {"name": ""}), ("admin", "/settings/general", {})):
        client = inside.client(short) if short else inside.guest()
        form = dict.fromkeys((*PARAMETERS, "password", "old", "phone", "role", "accent", "time_zone"), breakout)
        answer = client.post(path, form | fixed)
        assert answer.status < 500
        assert not list(faults(answer)), path


HOSTILE_NEXT = (
    "//evil.example", "///evil.example", "////evil.example//", "/\\evil.example", "\\\\evil.example",
    "\\/evil.example",
    "/\t/evil.example", "/\n/evil.example", "\t//evil.example", " //evil.example", "https:evil.example",
    "https:/evil.example", "https://evil.example", "http:\\\\evil.example", "javascript:alert(1)",
    "JaVaScRiPt:alert(1)", "java\tscript:alert(1)", "data:text/html,<script>alert(1)</script>", "vbscript:x",
    "/%0d%0aSet-Cookie:x=1",
    "/\r\nSet-Cookie: x=1", "/..//evil.example", "/.//evil.example", "/a/..//evil.example",
    "/x\u2028//evil.example",
    "//evil.example@localhost:8000/", "http://localhost:8000@evil.example/", "http://localhost:8000.evil.example/",
    "/\x0b/evil.example", "/\xa0/evil.example", "/\u3000/evil.example", "/\u2215evil.example", "/;@evil.example",
    ".evil.example", "@evil.example", "evil.example", "?next=//evil.example", "#//evil.example", "", "\x00/",
)


def hosts(browser, addresses):
    """Say to which host each address leads from our sign-in page, as Chromium reads it."""
    page = browser.new_page()
    try:
        return page.evaluate("list => list.map(one => { try { return new URL(one, "
                             "'http://localhost:8000/sign-in').origin } catch { return 'none' } })", addresses)
    finally:
        page.close()


def led(house, wanted):
    """Give where signed-in people are sent on to, and where the form of others would send them."""
    inside, _things = house
    own, guest, places = inside.client("own"), inside.guest(), []
    for target in wanted:
        answer = own.get("/sign-in?" + urlencode({"next": target}))
        assert answer.status == 303
        places.append(answer.location)
        drawn = guest.get("/sign-in?" + urlencode({"next": target}))
        assert not list(faults(drawn)), target
    return places


def check_next(house, browser, wanted):
    places = led(house, wanted)
    away = [pair for pair in zip(wanted, places, hosts(browser, places), strict=True)
            if pair[2] != "http://localhost:8000"]
    assert not away


def test_next_leads_nowhere_else(house, browser):
    check_next(house, browser, HOSTILE_NEXT)
    assert led(house, ["/tickets?q=a&show=closed"]) == ["/tickets?q=a&show=closed"]


def test_no_published_open_redirect_leads_away(house, browser, data_folder):
    path = data_folder("hostile-strings") / "payloadsallthethings" / "open-redirect.txt"
    wanted = [line for line in path.read_text().splitlines() if line]
    assert len(wanted) > 200
    check_next(house, browser, wanted)


def test_the_form_leads_nowhere_else_either(house):
    inside, _things = house
    for target in ("//evil.example", "/\\evil.example", "https://evil.example"):
        answer = inside.guest().post("/sign-in", {"email": "own@example.com", "password": "quiet rivers run deep",
                                                  "next": target})
        assert (answer.status, answer.location) == (303, "/")


def test_where_one_wanted_to_go_is_kept_as_a_path(house):
    """What stood in the address when somebody was sent to sign in comes back whole, and as nothing else."""
    inside, _things = house
    for path in ("/tickets?q=%22%3E%3Czqx%3E&a=b", "/tickets?q=%0d%0aX-zqx:1", "/account?next=//evil.example"):
        answer = inside.guest().get(path)
        assert answer.location.startswith("/sign-in?next=%2F") or answer.location.startswith("/sign-in?next=/")
        assert not list(faults(answer))
        target = parse_qs(urlsplit(answer.location).query)["next"][0]
        assert links.local(target) in (target, "/")


WRITTEN = (
    "javascript:alert(1)", "JaVaScRiPt:alert(1)", "java\tscript:alert(1)", "java\nscript:alert(1)",
    "javascript&colon;alert(1)", "&#106;avascript:alert(1)", "&#x6A;avascript&#58;alert(1)",
    "\x01javascript:alert(1)",
    "javascript://example.com/%0aalert(1)", "data:text/html;base64,PHNjcmlwdD4=",
    "data:text/html,<script>alert(1)",
    "DATA:image/svg+xml,<svg onload=alert(1)>", "vbscript:msgbox(1)", "file:///etc/passwd", "blob:https://a/b",
    "ftp://example.com/", "[x](javascript:alert(1))", "![x](data:text/html,x \"title\")", "<javascript:alert(1)>",
    "[x]: javascript:alert(1)", "<a href='javascript:alert(1)'>x</a>",
    "https://a.example/\"onmouseover=alert(1)//",
    "https://a.example/'><script>alert(1)</script>", "mailto:a@b.example\"><img src=x onerror=alert(1)>",
    "http://javascript:alert(1)@a.example/", "https://a.example/&quot;onclick=alert(1)", "xhttps://a.example",
    "javascript:https://a.example/", "view-source:https://a.example", "https://", "intent://a#Intent;end",
)


def test_only_web_and_mail_addresses_become_links():
    for written in WRITTEN:
        seen = Elements(str(compose.text(f"before {written} after")))
        assert not seen.foreign, written
        assert {scheme(link) for link in seen.links} <= {"http", "https", "mailto"}, written
    shown = Elements(str(compose.text("See https://a.example/x?y=1&z=2. Write to mailto:a@b.example!")))
    assert shown.links == ["https://a.example/x?y=1&z=2", "mailto:a@b.example"]


def test_no_link_of_a_customer_leads_elsewhere_in_pages_and_mail(house):
    inside, things = house
    number = things.fill("{ticket}", "own", fresh=True)
    own = inside.client("own")
    text = "\n\n".join(written.replace("\x01", "") for written in WRITTEN)
    assert own.post(f"/tickets/{number}/reply", {"body": text}).status == 303
    for short in ("own", "agent", "admin"):
        answer = inside.client(short).get(f"/tickets/{number}")
        assert "avascript:alert(1)" in answer.text
        assert not list(faults(answer))
    inside.work()
    for letter in inside.letters:
        body = letter.get_body(("html",))
        if body is not None:
            seen = Elements(body.get_content().replace(" style=", " data-look="))
            assert not seen.foreign
            assert {scheme(link) for link in seen.links} <= {"http", "https", "mailto"}


@pytest.mark.parametrize("key, value", [
    ("website", "javascript:alert(1)"), ("website", "data:x"), ("legal", "javascript:alert(1)"),
    ("legal", "JAVASCRIPT:alert(1)"), ("legal", "\tjavascript:x"), ("legal", "vbscript:x")])
def test_addresses_in_the_configuration_are_web_addresses(inside, key, value):
    before = inside.guest().get("/sign-in").text
    part = f"contact: {{website: \"{value}\"}}" if key != "legal" else \
        f"theme: {{legal: [{{title: Terms, href: \"{value}\"}}]}}"
    inside.yaml.write_text(inside.yaml.read_text() + part + "\n")
    inside.portal.store.notice()
    after = inside.guest().get("/sign-in").text
    assert value.strip() not in after
    assert ("Terms" in after) == ("Terms" in before)
