"""Slow, many and rude clients: each gets what it asks for, and nobody waits for another (promise 18)."""

from __future__ import annotations

import hashlib
import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time

import pytest

from support.echo import BIG
from support.needs import ROOT
from support.pace import Stopwatch
from support.servers import free_port

pytestmark = pytest.mark.engines("sqlite")


class Port(int):
    """The port of a server, and its first process."""

    process: subprocess.Popen[bytes]


@pytest.fixture(scope="module")
def echo():
    """One process with two threads and room for forty connections; gives its port."""
    port = free_port()
    environment = os.environ | {"PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}"}
    process = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "-k", "core.host.reception.Reception", "--threads", "2",
         "--keep-alive", "5", "--worker-connections", "40", "-b", f"127.0.0.1:{port}", "support.echo:app"],
        env=environment, cwd=ROOT)
    try:
        for _ in range(2000):
            try:
                if ask(port, "/ready")[0] == 200:
                    break
            except OSError:
                time.sleep(0.05)
        served = Port(port)
        served.process = process
        yield served
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(120) == 0


def ask(port, path="/quick", body=b""):
    """Ask once on a connection of its own; give status, body and the seconds it took on an idle machine."""
    watch = Stopwatch(port if isinstance(port, Port) else None)
    connection = http.client.HTTPConnection("127.0.0.1", int(port), timeout=120)
    try:
        connection.request("POST" if body else "GET", path, body or None)
        answer = connection.getresponse()
        return answer.status, answer.read(), watch.seconds()
    finally:
        connection.close()


def line_to(port):
    return socket.create_connection(("127.0.0.1", int(port)), timeout=120)


def rest_of(connection):
    """Read until the server ends the connection."""
    received = b""
    while piece := connection.recv(65536):
        received += piece
    return received


def said(path, data):
    return f"{path} {len(data)} {hashlib.sha256(data).hexdigest()[:8]}\n".encode()


def test_requests_sent_in_one_go_are_answered_in_turn(echo):
    with line_to(echo) as line:
        line.sendall(b"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"
                     b"GET /b HTTP/1.1\r\nHost: x\r\n\r\n"
                     b"POST /unread HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nGET "
                     b"GET /c HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        received = rest_of(line)
    assert re.findall(rb"\n(/\w+ \d+)", received) == [b"/a 3", b"/b 0", b"/unread 0", b"/c 0"]
    assert said("/a", b"abc") in received


@pytest.mark.parametrize("size", [10, 65_000, 66_000, 1_000_000])
@pytest.mark.parametrize("path", ["/slow", "/lines"])
def test_a_body_that_comes_in_pieces_arrives_whole(echo, size, path):
    data = os.urandom(size)
    with line_to(echo) as line:
        line.sendall(f"POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Len".encode())
        time.sleep(0.05)
        line.sendall(f"gth: {size}\r\n\r\n".encode())
        for i in range(5):
            line.sendall(data[i * size // 5:(i + 1) * size // 5])
            time.sleep(0.05)
        assert said(path, data) in rest_of(line)


@pytest.mark.parametrize("size", [5, 300_000])
def test_a_body_of_unknown_length_arrives_whole(echo, size):
    data = os.urandom(size)
    with line_to(echo) as line:
        line.sendall(b"POST /chunks HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        for i in range(5):
            piece = data[i * size // 5:(i + 1) * size // 5]
            line.sendall(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
            time.sleep(0.05)
        line.sendall(b"0\r\n\r\n")
        assert said("/chunks", data) in rest_of(line)


def test_what_is_not_wanted_is_refused_before_it_has_come(echo):
    with line_to(echo) as line:
        line.sendall(b"POST /refuse HTTP/1.1\r\nHost: x\r\nContent-Length: 50000000\r\n\r\n")
        assert line.recv(100).startswith(b"HTTP/1.1 413")
    with line_to(echo) as line:  # the answer can be read although the client goes on sending
        line.sendall(b"POST /refuse HTTP/1.1\r\nHost: x\r\nContent-Length: 50000000\r\n\r\n" + b"x" * 200_000)
        answer = line.recv(1000)
        assert answer.startswith(b"HTTP/1.1 413")
        assert b"Connection: close" in answer


def test_who_asks_whether_to_send_is_told(echo):
    head = b" HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nConnection: close\r\nContent-Length: 5\r\n\r\n"
    with line_to(echo) as line:
        line.sendall(b"POST /asked" + head)
        assert line.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        line.sendall(b"hello")
        received = rest_of(line)
        assert said("/asked", b"hello") in received
        assert b"100 Continue" not in received
    with line_to(echo) as line:
        line.sendall(b"POST /refuse" + head)
        assert line.recv(100).startswith(b"HTTP/1.1 413")


def test_who_stops_in_the_middle_is_let_go(echo):
    body = b"POST /half HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc"
    watch = Stopwatch(echo)
    with line_to(echo) as line:
        line.sendall(b"GET /half HTTP/1.1\r\nHost:")
        assert rest_of(line).startswith(b"HTTP/1.1 408")
    assert watch.elapsed() > 1
    assert watch.seconds() < 5
    with line_to(echo) as line:
        line.sendall(body)
        line.shutdown(socket.SHUT_WR)
        assert said("/half", b"abc") in rest_of(line)
    assert ask(echo)[0] == 200


def test_an_answer_that_breaks_off_ends_the_connection(echo):
    with line_to(echo) as line:
        line.sendall(b"GET /breaks HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b"200 OK" not in rest_of(line)
    assert ask(echo)[0] == 200


@pytest.mark.parametrize("path", ["/file", "/stream"])
def test_a_slow_reader_gets_everything_and_holds_no_thread(echo, path):
    readers = [line_to(echo) for _ in range(4)]
    for reader in readers:
        reader.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
    time.sleep(0.3)
    times = [ask(echo)[2] for _ in range(10)]
    assert max(times) < 1
    for reader in readers:
        assert BIG < len(rest_of(reader)) < BIG + 1000
        reader.close()


def test_hanging_requests_take_threads_from_nobody(echo):
    hanging = [threading.Thread(target=ask, args=(echo, "/hang")) for _ in range(5)]
    for one in hanging:
        one.start()
    time.sleep(1.5)
    times = [ask(echo)[2] for _ in range(10)]
    assert sorted(times)[8] < 1
    for one in hanging:
        one.join(20)


def test_more_connections_than_there_is_room_for_shut_nobody_out(echo):
    idle = [line_to(echo) for _ in range(80)]
    assert max(ask(echo)[2] for _ in range(5)) < 1
    for one in idle:
        one.close()


def slow_form(port, size, seconds):
    """Send a sign-in form of this size over some seconds; give the status of the answer."""
    body = b"email=a%40example.com&password=wrong&next=/&rest=" + b"x" * size
    with line_to(port) as line:
        line.sendall(f"POST /sign-in HTTP/1.1\r\nHost: localhost:{port}\r\nOrigin: http://localhost:{port}\r\n"
                     f"Sec-Fetch-Site: same-origin\r\nContent-Type: application/x-www-form-urlencoded\r\n"
                     f"Connection: close\r\nContent-Length: {len(body)}\r\n\r\n".encode())
        for i in range(10):
            line.sendall(body[i * len(body) // 10:(i + 1) * len(body) // 10])
            time.sleep(seconds / 10)
        return int(rest_of(line)[9:12])


def test_p18_a_crowd_of_slow_clients_makes_nobody_wait(portal_folder, serve, database_url):
    """Twenty idle ones, twenty with half a head, forty slow uploads; one process answers others all the time."""
    found, times = [], []
    with serve(portal_folder({}, database_url), workers=1) as portal:
        idle = [line_to(portal.port) for _ in range(40)]
        for line in idle[:20]:
            line.sendall(b"GET /sign-in HTTP/1.1\r\nHost: local")
        uploads = [threading.Thread(target=lambda size=size: found.append(slow_form(portal.port, size, 4)))
                   for size in [20_000] * 20 + [200_000] * 20]
        for one in uploads:
            one.start()
        visitor, until = portal.visitor(), time.monotonic() + 4
        while time.monotonic() < until or len(times) < 9:
            watch = Stopwatch(portal)
            assert visitor.get("/sign-in").status == 200
            times.append(watch.seconds())
            time.sleep(0.02)
        for one in uploads:
            one.join(250)
        for line in idle:
            line.close()
    assert len(found) == 40
    assert set(found) <= {422, 429}
    assert sorted(times)[int(len(times) * 0.95)] < 1
