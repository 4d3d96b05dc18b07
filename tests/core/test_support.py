"""What the tests stand on holds: both engines, copies, letters, the wall, the browser's watch."""

from __future__ import annotations

import http.server
import os
import smtplib
import socket
import sqlite3
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from email.message import EmailMessage

import psutil
import psycopg
import pytest

from support.guard import OutsideError
from support.visitor import Visitor

PAGES = {
    "/good": (200, "<title>good</title><p id='it'>plain</p>"),
    "/script": (200, "<title>script</title><script>document.title = 'ran'</script>"),
    "/foreign": (200, "<img src='http://203.0.113.7/spy.png' alt=''>"),
    "/moved": (302, ""),
    "/broken": (500, "oops"),
}


class _Site(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        status, text = PAGES.get(self.path, (404, "nothing"))
        self.send_response(status)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Security-Policy", "default-src 'self'; img-src *")
        self.send_header("Set-Cookie", "seen=1; Path=/")
        self.send_header("X-Host", self.headers["Host"])
        self.send_header("X-Cookie", self.headers.get("Cookie", ""))
        if status == 302:
            self.send_header("Location", "/good")
        self.end_headers()
        self.wfile.write(text.encode())

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(self.headers["Origin"].encode() + b"|" + body)

    def log_message(self, *words: object) -> None:
        pass


@pytest.fixture
def site() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Site)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://acme.localhost:{server.server_port}"
    server.shutdown()
    server.server_close()


def _run(address: str, statement: str) -> list[tuple[object, ...]]:
    if address.startswith("sqlite:///"):
        connection = sqlite3.connect(address.removeprefix("sqlite:///"))
        rows = connection.execute(statement).fetchall()
        connection.commit()
        connection.close()
        return rows
    with psycopg.connect(address, autocommit=True) as held:
        cursor = held.execute(statement)
        return cursor.fetchall() if cursor.description else []


def test_each_engine_gives_a_database_of_its_own(engine, database_url, databases):
    assert database_url.startswith(engine)
    _run(database_url, "create table mark (n integer)")
    other = databases.fresh(engine)
    _run(other, "create table mark (n integer)")
    assert _run(other, "select count(*) from mark") == [(0,)]


def test_a_prepared_database_is_filled_once_and_copied(engine, databases):
    calls = []

    def prepare(address: str) -> None:
        calls.append(address)
        _run(address, "create table mark (n integer)")
        _run(address, "insert into mark values (7)")

    first = databases.copy(engine, "marked", prepare)
    _run(first, "delete from mark")
    second = databases.copy(engine, "marked", prepare)
    assert len(calls) == 1
    assert _run(second, "select n from mark") == [(7,)]


@pytest.mark.engines("postgresql")
def test_the_server_of_a_test_comes_back_after_a_crash(engine, own_postgres):
    address = own_postgres.url(own_postgres.create())
    _run(address, "create table mark (n integer)")
    own_postgres.stop("immediate")
    with pytest.raises(psycopg.OperationalError):
        _run(address, "select 1")
    own_postgres.start()
    assert _run(address, "select count(*) from mark") == [(0,)]


def test_letters_arrive_and_answers_are_scripted(smtp):
    letter = EmailMessage()
    letter["From"], letter["To"], letter["Subject"] = "a@acme.example", "b@acme.example", "Grüße"
    letter.set_content("Hallo")
    port = int(smtp.address.rsplit(":", 1)[1])
    smtp.answers.append("450 4.2.0 try later")
    with smtplib.SMTP("127.0.0.1", port) as client, pytest.raises(smtplib.SMTPDataError):
        client.send_message(letter)
    with smtplib.SMTP("127.0.0.1", port) as client:
        client.send_message(letter)
    (kept,) = smtp.box.wait()
    assert kept["Subject"] == "Grüße"
    assert smtp.box.to("b@acme.example") == [kept]
    assert len(smtp.box.refused) == 1
    smtp.stop()
    with pytest.raises(OSError, match="refused"):
        smtplib.SMTP("127.0.0.1", port)
    smtp.start()
    smtplib.SMTP("127.0.0.1", port).quit()


@pytest.mark.parametrize("address", [("203.0.113.7", 80), ("2001:db8::1", 80, 0, 0)])
def test_no_connection_leaves_the_machine(address):
    family = socket.AF_INET6 if len(address) == 4 else socket.AF_INET
    with socket.socket(family) as line, pytest.raises(OutsideError):
        line.connect(address)
    with pytest.raises(OutsideError):
        socket.getaddrinfo("example.org", 443)


def test_a_visitor_keeps_cookies_and_follows_only_when_told(site):
    visitor = Visitor(site)
    answer = visitor.get("/moved")
    assert (answer.status, answer.location) == (302, "/good")
    answer = visitor.follow(answer)
    assert answer.status == 200
    assert answer.headers["x-host"] == site.removeprefix("http://")
    assert answer.headers["x-cookie"] == "seen=1"
    assert visitor.post("/", {"a": ["1", "2"]}).text == f"{site}|a=1&a=2"
    sent = visitor.post("/", {"a": "1"}, files={"f": ("x.txt", b"body", "text/plain")}).text
    assert 'name="a"\r\n\r\n1\r\n' in sent
    assert 'filename="x.txt"\r\nContent-Type: text/plain\r\n\r\nbody\r\n' in sent


def test_the_browser_reaches_a_tenant_and_sees_nothing_wrong(site, page, screenshot):
    page.goto(f"{site}/good")
    assert page.title() == "good"
    assert screenshot("support-good").stat().st_size > 1000
    assert page.watch.requests[0] == f"{site}/good"


def test_the_watch_notes_a_blocked_script(site, page):
    page.goto(f"{site}/script")
    assert page.title() == "script"
    assert len(page.watch.violations) == 1
    page.watch.violations.clear()


def test_the_watch_notes_another_origin_and_a_broken_answer(site, page_no_js):
    page_no_js.goto(f"{site}/foreign")
    assert page_no_js.watch.foreign == ["http://203.0.113.7/spy.png"]
    page_no_js.watch.foreign.clear()
    page_no_js.goto(f"{site}/broken")
    assert len(page_no_js.watch.errors) == 1
    page_no_js.watch.errors.clear()


def test_a_portal_folder_has_its_own_address_and_is_edited_in_one_step(portal_folder):
    folder = portal_folder({"features": {"tickets": True}, "status": None})
    assert f"url: http://localhost:{folder.port}" in folder.yaml.read_text()
    assert "status" not in folder.yaml.read_text()
    folder.edit("tickets: true", "tickets: false")
    assert "tickets: false" in folder.yaml.read_text()
    assert portal_folder().path != folder.path


STUBBORN = """#!/bin/sh
# Stands in for the portal's server: a child that hears no SIGTERM, and a page at /readyz.
trap '' TERM; sleep 600 &
trap - TERM; mkdir -p "$SITE" && cd "$SITE" && echo ready > readyz
exec "$PYTHON" -m http.server --bind 127.0.0.1 "$PORT"
"""


def _alive(group: int) -> list[int]:
    """The processes of a group, without those that are dead and only wait to be collected."""
    found = []
    for process in psutil.process_iter(["status"]):
        with suppress(ProcessLookupError):
            if os.getpgid(process.pid) == group and process.info["status"] != psutil.STATUS_ZOMBIE:
                found.append(process.pid)
    return found


def test_a_server_is_waited_for_and_all_of_it_is_gone_afterwards(portal_folder, serve, tmp_path, monkeypatch):
    program = tmp_path / "program"
    program.write_text(STUBBORN)
    program.chmod(0o755)
    env = {"SITE": str(tmp_path / "site"), "PYTHON": sys.executable}
    monkeypatch.setattr(sys, "executable", str(program))
    with serve(portal_folder(), workers=1, env=env) as portal:
        assert portal.visitor("acme.localhost").get("/readyz").text == "ready\n"
        assert "readyz" in portal.log
        assert len(_alive(portal.process.pid)) == 2
    end = time.monotonic() + 5
    while _alive(portal.process.pid) and time.monotonic() < end:
        time.sleep(0.02)
    assert not _alive(portal.process.pid)


def test_a_server_that_ends_early_shows_why(portal_folder, serve, tmp_path, monkeypatch):
    program = tmp_path / "program"
    program.write_text("#!/bin/sh\necho no such key: featurs >&2\nexit 3\n")
    program.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(program))
    with pytest.raises(AssertionError, match="ended with 3:\nno such key: featurs"), serve(portal_folder()):
        pass
