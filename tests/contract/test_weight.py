"""What a first visit weighs: page, style sheets, scripts, pictures and fonts, as a browser asks for them."""

from __future__ import annotations

import gzip
import re

import pytest

pytestmark = pytest.mark.engines("sqlite")
MOST = 100_000
BROWSER = {"Accept-Encoding": "gzip, deflate, br, zstd"}


def visit(client, path):
    """Ask for a page and all it loads; give the bytes that cross the wire, by address."""
    page = client.get(path, headers=BROWSER)
    assert page.status == 200
    loads = re.findall(r'<(?:link rel="(?:stylesheet|icon)" href|script src|img src)="(/[^"]+)"', page.text)
    sizes = {path: len(page.body) + head(page)}
    for address in dict.fromkeys(loads):
        answer = client.get(address, headers=BROWSER)
        assert answer.status == 200, address
        sizes[address] = len(answer.body) + head(answer)
    return sizes


def head(answer):
    return sum(len(name) + len(value) + 4 for name, value in answer.all_headers)


@pytest.mark.parametrize(("who", "path"), [
    ("", "/sign-in"), ("", "/kb"), ("own", "/"), ("own", "/tickets"), ("own", "/tickets/new"), ("agent", "/inbox"),
    ("admin", "/settings/general"), ("admin", "/settings/appearance"), ("agent", "/settings/gallery/filled")])
def test_a_first_visit_is_light(inside, who, path):
    sizes = visit(inside.client(who) if who else inside.guest(), path)
    assert len(sizes) >= 4
    assert sum(sizes.values()) < MOST, sizes
    assert sum(size for address, size in sizes.items() if address != path) < 50_000, sizes


def test_style_sheets_and_scripts_are_compressed_and_stay_the_same(inside):
    client = inside.guest()
    theme = re.search(r'"(/theme/[\w.]+\.css)"', client.get("/sign-in").text).group(1)
    for address in ("/static/parlour.css", "/static/parlour.js", "/static/vendor/htmx.min.js", theme):
        plain, packed = client.get(address), client.get(address, headers=BROWSER)
        assert "content-encoding" not in plain.headers
        assert packed.headers["content-encoding"] == "gzip"
        assert gzip.decompress(packed.body) == plain.body
        assert packed.headers["content-type"] == plain.headers["content-type"]
        assert packed.headers["cache-control"] == plain.headers["cache-control"]
        assert "Accept-Encoding" in plain.headers["vary"]
        assert "Accept-Encoding" in packed.headers["vary"]
        assert len(packed.body) < 0.5 * len(plain.body)
        refused = client.get(address, headers={"Accept-Encoding": "gzip;q=0, identity"})
        assert refused.body == plain.body
    packed = client.get("/static/parlour.css", headers=BROWSER)
    again = client.get("/static/parlour.css", headers=BROWSER | {"If-None-Match": packed.headers["etag"]})
    assert (again.status, again.body) == (304, b"")
    other = client.get("/static/parlour.css", headers={"If-None-Match": packed.headers["etag"]})
    assert other.status == 200, "the plain one has another validator"


def test_pages_are_not_compressed_here(inside):
    """Their length would tell about what is secret in them."""
    answer = inside.client("own").get("/tickets?q=guess", headers=BROWSER)
    assert "content-encoding" not in answer.headers


def test_every_page_says_what_it_is_and_where_one_signs_in_may_be_found(inside):
    guest = inside.guest()
    for client, path in ((guest, "/sign-in"), (guest, "/kb"), (inside.client("own"), "/"),
                         (inside.client("own"), "/tickets")):
        told = re.findall(r'<meta name="description" content="([^"]*)"', client.get(path).text)
        assert len(told) == 1, path
        assert len(told[0]) > 20 or path == "/kb", told
    rules = re.findall(r"Disallow: (\S+)", guest.get("/robots.txt").text)
    assert not any("/sign-in".startswith(rule) for rule in rules)
    assert any("/sign-in?next=/".startswith(rule) for rule in rules)
