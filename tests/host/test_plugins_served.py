"""Real processes: the smallest plugin as the docs print it, reload without a failed request, signals, starts."""

from __future__ import annotations

import http.client
import os
import re
import signal
import threading
import time
import uuid
from pathlib import Path

import pytest

from core.host import discover, server
from core.host.deaths import Deaths
from support.needs import LONG, ROOT
from support.pace import Stopwatch

DOCS = ROOT / "docs" / "plugins" / "README.md"


def listing(language: str) -> str:
    """Give the first listing in a language from the page for plugin authors."""
    match = re.search(rf"```{language}\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    assert match
    return match[1]


def put_hello(folder: Path) -> None:
    home = folder / "plugins" / "hello"
    home.mkdir(parents=True)
    (home / "plugin.yaml").write_text(listing("yaml"))
    (home / "__init__.py").write_text(listing("python"))


def until(portal, check, seconds: float = 2.0) -> None:
    """Wait until something holds, no longer than an idle machine may take."""
    watch = Stopwatch(portal)
    while not check():
        assert watch.seconds() < seconds, "it took too long"
        time.sleep(0.02)


class Regular(threading.Thread):
    """A client that keeps one connection as long as the server does, and asks again and again."""

    def __init__(self, port: int, path: str = "/sign-in") -> None:
        super().__init__(daemon=True)
        self.port, self.path, self.over = port, path, threading.Event()
        self.answers: list[int] = []
        self.failures: list[str] = []

    def run(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        while not self.over.is_set():
            try:
                connection.request("GET", self.path, headers={"Host": f"localhost:{self.port}"})
                answer = connection.getresponse()
                answer.read()
                self.answers.append(answer.status)
                if answer.will_close:
                    connection.close()
            except (OSError, http.client.HTTPException) as error:
                self.failures.append(repr(error))
                connection.close()
            time.sleep(0.04)
        connection.close()


def test_the_smallest_plugin_is_as_small_as_promised():
    manifest, code = listing("yaml").splitlines(), listing("python").splitlines()
    assert len(manifest) <= 6
    assert len(code) <= 10
    imported = {line.split()[1] for line in code if re.match(r"(from|import) ", line)}
    assert imported == {"flask", "parlour"}


@pytest.mark.engines("sqlite")
def test_the_smallest_plugin_comes_by_reload_and_follows_its_switch(portal_folder, serve, database_url):
    """Nobody meets a failure meanwhile: not kept-alive clients, not slow uploads, also not when it ends (R05)."""
    folder = portal_folder({"features": {"tickets": True}}, database_url)
    with serve(folder) as portal:
        visitor = portal.visitor()
        never = visitor.get("/hello")
        assert never.status == 404
        put_hello(folder.path)
        regulars = [Regular(portal.port) for _ in range(3)]
        uploads = [Upload(portal.port) for _ in range(6)]
        for one in [*regulars, *uploads]:
            one.start()
        for _ in range(3 if LONG else 1):
            assert folder.command("reload").returncode == 0
        assert visitor.get("/hello").status == 404, "available, but not on yet"
        folder.edit("tickets: true", "tickets: true\n  hello: on")
        until(portal, lambda: visitor.get("/hello").status == 200)
        page = visitor.get("/hello").text
        assert "as small as a plugin can be" in page
        assert 'href="/hello"' in page
        folder.edit("hello: on", "hello: off")
        until(portal, lambda: visitor.get("/hello").status == 404)
        assert len(visitor.get("/hello").body) == len(never.body)
        for regular in regulars:
            until(portal, lambda regular=regular: len(regular.answers) > 10, 30)
            regular.over.set()
            regular.join(10)
            assert regular.failures == []
            assert set(regular.answers) == {200}
        last = [Upload(portal.port) for _ in range(6)]
        for upload in last:
            upload.start()
        time.sleep(1)
        portal.signal(signal.SIGTERM)
        for upload in [*uploads, *last]:
            upload.join(30)
            assert upload.answer == 422
        assert portal.process.wait(20) == 0


class Upload(threading.Thread):
    """Somebody who sends a sign-in form with much in it, slowly; `answer` is the status, or what went wrong."""

    def __init__(self, port: int) -> None:
        super().__init__(daemon=True)
        self.port, self.answer = port, None

    def run(self) -> None:
        self.answer = slow_upload(self.port)


def slow_upload(port: int, seconds: float = 3.0) -> object:
    """Send a sign-in form with much in it, slowly; give the status, or what went wrong."""
    body = f"email={uuid.uuid4()}%40example.com&password=wrong&next=/&rest={'x' * 30_000}".encode()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.putrequest("POST", "/sign-in", skip_host=True)
        for name, value in {"Host": f"localhost:{port}", "Origin": f"http://localhost:{port}",
                            "Sec-Fetch-Site": "same-origin", "Content-Length": str(len(body)),
                            "Content-Type": "application/x-www-form-urlencoded"}.items():
            connection.putheader(name, value)
        connection.endheaders()
        for i in range(10):
            connection.send(body[i * len(body) // 10:(i + 1) * len(body) // 10])
            time.sleep(seconds / 10)
        status: object = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        status = repr(error)
    finally:
        connection.close()
    return status


@pytest.mark.slow
def test_r33_first_starts_at_one_moment_make_the_schema_once(portal_folder, database_url, engine):
    """Eight processes migrate one empty database at once: all succeed, and the schema is there once."""
    folder = portal_folder({}, database_url)
    done: list[int] = []
    starts = [threading.Thread(target=lambda: done.append(folder.command("migrate").returncode)) for _ in range(8)]
    for one in starts:
        one.start()
    for one in starts:
        one.join(120)
    assert done == [0] * 8
    assert all(row["waiting"] == 0 for row in folder.json("migrate", "--status"))


@pytest.mark.engines("sqlite")
def test_a_process_that_dies_in_a_plugin_twice_goes_on_without_it(portal_folder, database_url):
    folder = portal_folder({}, database_url)
    home = folder.path / "plugins" / "deadly"
    home.mkdir(parents=True)
    (home / "plugin.yaml").write_text("id: deadly\ntitle: Deadly\ndefault: on\n")
    (home / "__init__.py").write_text('"""Ends the process."""\n\nimport os\n\nos._exit(9)\n')
    for _ in range(2):
        assert folder.command("migrate").returncode == 9
    assert folder.command("migrate").returncode == 0
    found = {row["id"]: row for row in folder.json("plugin", "list")}
    assert found["deadly"]["state"] == "out"
    assert "2 times a process died in it at start (import)" in found["deadly"]["error"]
    assert "parlour plugin resume deadly" in found["deadly"]["cure"]
    assert found["tickets"]["state"] == "on"
    deadly = discover.read(home)
    assert Deaths(folder.path / "var").why_not(deadly)
    (home / "__init__.py").write_text('"""Is well now."""\n')
    assert Deaths(folder.path / "var").why_not(deadly) == "", "its files have changed: it gets another try"


def test_a_server_that_is_not_there_is_not_told_to_reload(tmp_path):
    """A number left in a file after a crash belongs to somebody else by now."""
    (tmp_path / "var" / "run").mkdir(parents=True)
    (tmp_path / "var" / "run" / "parlour.pid").write_text(f"{os.getpid()}\n")
    (tmp_path / "var" / "run" / "server.lock").touch()
    assert server.tell_to_reload(tmp_path) is False
