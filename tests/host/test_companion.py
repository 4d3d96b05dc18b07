"""The worker beside the server: always one, sharing memory with the others, gone when they are."""

from __future__ import annotations

import os
import signal
import time

import psutil
import pytest

from support.broken import write

pytestmark = pytest.mark.engines("sqlite")
TELLS = '''"""Says on every page which process answers, and which version of its code."""

import os

from flask import Blueprint

from parlour import hook, requires

blueprint = Blueprint("tells", __name__)
VERSION = 1


@blueprint.get("/tells")
@requires("tells.view")
def tell():
    return f"{VERSION}"


@hook
def routes():
    return blueprint
'''


def until(check, seconds=30.0):
    """Wait until something holds and give it."""
    end = time.monotonic() + seconds
    while not (found := check()):
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.05)
    return found


def processes(portal):
    """Give the numbers of all processes below the first one that live."""
    return {one.pid for one in psutil.Process(portal.process.pid).children()
            if one.status() != psutil.STATUS_ZOMBIE}


def answering(folder):
    return {int(path.name.removeprefix("up-")) for path in (folder.path / "var" / "run").glob("up-*")}


def test_a_worker_that_dies_is_replaced_and_ends_with_the_server(portal_folder, serve, database_url):
    folder = portal_folder({}, database_url)
    with serve(folder, workers=1) as portal:
        first = until(lambda: processes(portal) - answering(folder))
        assert len(first) == 1
        os.kill(*first, signal.SIGKILL)
        second = until(lambda: processes(portal) - answering(folder) - first)
        assert len(second) == 1
        assert portal.visitor().get("/sign-in").status == 200
        portal.signal(signal.SIGTERM)
        assert portal.process.wait(20) == 0
        assert not psutil.pid_exists(*second)
    with serve(folder, workers=1) as portal:
        all_of_them = until(lambda: len(found := processes(portal)) == 2 and found)
        portal.signal(signal.SIGKILL)
        until(lambda: not [one for one in all_of_them if psutil.pid_exists(one)], 15)


def test_processes_share_what_they_have_and_load_anew_at_a_reload(portal_folder, serve, database_url):
    folder = portal_folder({}, database_url)
    plugins = folder.path / "plugins"
    write(plugins, "tells", TELLS)
    with serve(folder) as portal:
        visitor = portal.visitor()
        assert [visitor.get("/tells").text for _ in range(6)] == ["1"] * 6
        for one in answering(folder):
            maps = psutil.Process(one).memory_full_info()
            assert maps.uss < maps.rss / 2, "most of it is shared with the others"
        code = plugins / "tells" / "__init__.py"
        code.write_text(code.read_text().replace("VERSION = 1", "VERSION = 22"))
        before = answering(folder)
        os.kill(min(before), signal.SIGKILL)
        until(lambda: len(answering(folder) - before) == 1 and len(processes(portal)) == 3)
        assert {visitor.get("/tells").text for _ in range(12)} == {"1"}, "one generation has one code"
        assert folder.command("reload").returncode == 0
        until(lambda: {visitor.get("/tells").text for _ in range(6)} == {"22"})
