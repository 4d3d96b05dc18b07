"""P06: on the wire, one request has one answer, and who may what is decided by route, not by spelling."""

from __future__ import annotations

import re
import socket

import pytest

LONE = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


def wire(served, data, seconds=3.0):
    """Send bytes as they are and give everything that comes back until the server closes or rests."""
    with socket.create_connection(("127.0.0.1", served.portal.port), timeout=60) as connection:
        connection.sendall(data)
        received = b""
        try:
            while chunk := connection.recv(65536):
                received += chunk
                connection.settimeout(seconds)
        except TimeoutError:
            pass
        return received


def statuses(received):
    return [int(code) for code in re.findall(rb"(?:^|\n|\})HTTP/1\.[01] (\d{3})", received)] or [
        int(code) for code in re.findall(rb"HTTP/1\.[01] (\d{3})", received)]


HIDDEN = b"GET /hidden HTTP/1.1\r\nHost: localhost\r\n\r\n"
SMUGGLED = {
    "two lengths": b"Content-Length: 0\r\nContent-Length: %d\r\n" % len(HIDDEN),
    "two equal lengths": b"Content-Length: 5\r\nContent-Length: 5\r\n",
    "a list of lengths": b"Content-Length: 0, %d\r\n" % len(HIDDEN),
    "length and chunks": b"Content-Length: %d\r\nTransfer-Encoding: chunked\r\n" % len(HIDDEN),
    "chunks and length": b"Transfer-Encoding: chunked\r\nContent-Length: %d\r\n" % len(HIDDEN),
    "chunks twice": b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
    "hidden chunks": b"Transfer-Encoding: xchunked\r\nContent-Length: 0\r\n",
    "blank before colon": b"Transfer-Encoding : chunked\r\nContent-Length: 0\r\n",
    "tab chunks": b"Transfer-Encoding:\tchunked\r\nContent-Length: 4\r\n",
    "folded": b"X: y\r\n Transfer-Encoding: chunked\r\nContent-Length: 0\r\n",
    "signed": b"Content-Length: +5\r\n",
    "negative": b"Content-Length: -1\r\n",
    "hexadecimal": b"Content-Length: 0x5\r\n",
    "underscored": b"Content-Length: 1_0\r\n",
    "bare line end": b"X: y\nContent-Length: 0\r\n",
    "NUL": b"X: y\x00\r\nContent-Length: 0\r\n",
}


@pytest.mark.parametrize("name", SMUGGLED)
def test_no_second_request_hides_in_the_first(served, name):
    body = HIDDEN if "chunk" not in name else b"0\r\n\r\n" + HIDDEN
    received = wire(served, b"POST /sign-in HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\n"
                            + SMUGGLED[name] + b"\r\n" + body)
    codes = statuses(received)
    assert codes, "there is an answer"
    assert codes[0] < 500 or codes == [501], received[:300]
    assert b"/hidden" not in received
    assert len(codes) == 1, f"{name}: {codes}"


def test_two_hosts_or_none_are_refused(served):
    for head in (b"Host: localhost\r\nHost: globex.localhost\r\n", b"", b"Host: a b\r\n", b"Host: \r\n",
                 b"Host: localhost\r\nHost: localhost\r\n", b"Host: evil.example\r\n",
                 b"Host: evil.example\r\nX-Forwarded-Host: localhost\r\n"):
        received = wire(served, b"GET /sign-in HTTP/1.1\r\n" + head + b"Connection: close\r\n\r\n")
        assert statuses(received)[0] in (400, 404), (head, received[:200])
        assert b"Globex" not in received
    line = b"GET http://evil.example/sign-in HTTP/1.1\r\n"
    absolute = wire(served, line + b"Host: localhost\r\nConnection: close\r\n\r\n")
    assert b"evil.example" not in absolute
    assert statuses(absolute)[0] in (200, 400, 404)


@pytest.mark.parametrize("line", [
    b"GET /sign-in HTTP/9.9", b"GET /sign-in", b"GET  /sign-in HTTP/1.1", b"get /sign-in HTTP/1.1",
    b"GET /sign-in\x00 HTTP/1.1", b"GET /" + b"a" * 20_000 + b" HTTP/1.1", b"\x16\x03\x01\x02", b"PRI * HTTP/2.0",
    b"GET * HTTP/1.1", b"OPTIONS * HTTP/1.1", b"CONNECT localhost:25 HTTP/1.1", b"TRACE /sign-in HTTP/1.1",
    b"TRACK / HTTP/1.1", b"DEBUG / HTTP/1.1", b"GET \\\\evil HTTP/1.1", b"GET /\xff\xfe HTTP/1.1"])
def test_odd_first_lines_get_a_plain_refusal(served, line):
    received = wire(served, line + b"\r\nHost: localhost\r\nX-Echo: zqx\r\nConnection: close\r\n\r\n")
    codes = statuses(received)
    assert not [code for code in codes if code >= 500 and code not in (501, 505)], received[:200]
    assert b"zqx" not in received, "nothing comes back as it was sent"
    assert b"Traceback" not in received
    assert statuses(wire(served, LONE)) == [200], "the next one is served"


def test_many_headers_and_long_ones_are_refused(served):
    for head in (b"X: " + b"a" * 20_000 + b"\r\n", b"".join(b"X%d: y\r\n" % n for n in range(500))):
        received = wire(served, b"GET /sign-in HTTP/1.1\r\nHost: localhost\r\n" + head + b"\r\n")
        assert statuses(received)[0] in (400, 413, 431)
        assert b"Traceback" not in received


SPELLINGS = ("/{}", "//{}", "///{}", "/./{}", "/x/../{}", "/x/..;/{}", "/{};a=b", "/{}/", "/{}/.", "/{}.json",
             "/{}%20",
             "/{}%09", "/{}%00", "/{}%2f", "/%2e/{}", "/x/%2e%2e/{}", "/static/../{}", "/static/..%2f{}", "/%2f{}",
             "/{}?x", "/{}#x", "/{}%23", "/{}%3f", "/{}..;/", "/;/{}", "/.;/{}", "/%ef%bc%8f{}", "/{}~",
             "/{}.html",
             "/sign-in/../{}", "/sign-in/..;/{}", "/sign-in%2f..%2f{}", "/healthz/../{}", "/theme/..%5c{}",
             "/{}%c0%af")


@pytest.mark.parametrize("page", ["people", "inbox", "settings/general", "audit"])
def test_no_spelling_of_an_address_lets_anybody_in(served, page):
    """Who may not see a page does not see it in any spelling, and nobody is led to another host."""
    customer, stranger = served.visitor("maria@alfreds.example"), served.visitor()
    marks = ("Ben Agent", "data-rows", "<table")
    escaped = f"/{page[0]}%{ord(page[1]):02x}{page[2:]}"
    spelled = [*(one.format(page) for one in SPELLINGS), "/" + page.upper()]
    assert served.visitor("maria@alfreds.example").get(escaped).status == 404
    for path in spelled:
        for who in (customer, stranger):
            answer = who.send("GET", path.partition("#")[0])
            assert answer.status in (301, 303, 308, 400, 404), (path, answer.status)
            if who is customer and answer.status == 404:
                assert not [mark for mark in marks if mark in answer.text], path
            place = answer.location
            assert place.startswith(("/", f"http://{who.host}/")) or not place, (path, place)
            assert not place.startswith(("//", "/\\")), (path, place)


@pytest.mark.parametrize("path", ["/tickets", "/tickets/1", "/people", "/account", "/files/x", "/settings",
                                  "/nowhere",
                                  "/api/v1/tickets", "/"])
def test_head_and_options_tell_what_get_tells(served, path):
    for address in ("", "maria@alfreds.example", "ana@horn.example"):
        who = served.visitor(address)
        whole, head = who.get(path), who.send("HEAD", path)
        assert (head.status, head.body) == (whole.status, b"")
        told, never = who.send("OPTIONS", path), who.send("OPTIONS", path + "-never")
        assert told.status < 500
        assert not [name for name in told.headers if name.startswith("access-control-")]
        for mark in ("Traceback", "@alfreds.example", "gunicorn/", "Werkzeug", "Python/"):
            assert mark not in told.text
            assert mark not in str(told.all_headers)
            assert mark not in str(whole.all_headers)
        assert never.status < 500
