"""R07: a plugin that hangs takes its own request with it; others go on, it is named, its process is replaced."""

from __future__ import annotations

import http.client
import statistics
import threading
import time

import pytest

from core.data import pauses
from core.errors import PluginError
from core.host import aside, deaths, watchdog
from core.host.watchdog import BUDGETS, Stopped, watching
from support.broken import write
from support.pace import within
from support.visitor import Visitor

CODE = '''"""Hangs in three ways."""

import threading
import time

from flask import Blueprint, Response

from parlour import Reader, hook, publish, requires

blueprint = Blueprint("hangs", __name__)


@blueprint.get("/hangs/loop")
@requires("hangs.view")
def loop():
    while True:
        try:
            time.sleep(0.001)
        except Exception:
            pass


@blueprint.get("/hangs/lock")
@requires("hangs.view")
def lock():
    threading.Lock().acquire() and threading.Event().wait()


@blueprint.get("/hangs/tell")
@requires("hangs.view")
def tell():
    publish("hangs.told")
    return Response("told")


@hook
def routes():
    return blueprint


@hook
def readers():
    return [Reader("hangs.told", "listener", lambda event: threading.Event().wait())]
'''


def until(check, seconds=150):
    end = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.05)


class Other(threading.Thread):
    """Somebody else, who asks for another page all the time."""

    def __init__(self, visitor: Visitor) -> None:
        super().__init__(daemon=True)
        self.visitor, self.over = visitor, threading.Event()
        self.times: list[float] = []
        self.wrong: list[object] = []

    def run(self) -> None:
        while not self.over.wait(0.05):
            began = time.monotonic()
            try:
                status: object = self.visitor.get("/sign-in").status
            except (OSError, http.client.HTTPException) as error:
                status = repr(error)
            self.times.append(time.monotonic() - began)
            if status != 200:
                self.wrong.append(status)


@pytest.mark.engines("sqlite")
def test_a_hanging_route_fails_alone_and_its_process_is_replaced(portal_folder, serve, database_url):
    folder = portal_folder({}, database_url)
    write(folder.path / "plugins", "hangs", CODE)
    with serve(folder, env={"PARLOUR_SECONDS": "request=3 grace=1 job=3"}) as portal:
        stopped = portal.visitor().get("/hangs/loop")
        assert stopped.status == 503
        assert "took too long" in stopped.text
        assert "plugin 'hangs' takes longer than 3 s in route hangs.loop" in portal.log
        assert "__init__.py\", line 18, in loop" in portal.log or "time.sleep(0.001)" in portal.log

        before = {path.name for path in (folder.path / "var" / "run").glob("up-*")}
        other = Other(portal.visitor())
        other.start()
        with within(10, portal), pytest.raises((OSError, http.client.HTTPException)):
            portal.visitor().get("/hangs/lock")
        assert "plugin 'hangs' hangs on in route hangs.lock: this process is replaced" in portal.log
        until(lambda: len({p.name for p in (folder.path / "var" / "run").glob("up-*")} & before) == 1)
        until(lambda: len(list((folder.path / "var" / "run").glob("up-*"))) == 2)
        other.over.set()
        other.join(10)
        assert other.wrong == []
        assert statistics.median(other.times) < 1
        assert "It hung for more than 3 s and its process was replaced" in portal.log

        assert portal.visitor().get("/hangs/tell").status == 200
        until(lambda: "plugin 'hangs' hangs on in reader listener: this process is replaced" in portal.log)
        assert portal.visitor().get("/sign-in").status == 200


def test_what_is_over_its_budget_is_stopped_and_what_is_over_in_time_is_not(monkeypatch):
    monkeypatch.setattr(BUDGETS, "grace", 0.1)
    given_up = []
    with pytest.raises(Stopped), watching("slow", "route slow", 0.05):
        end = time.monotonic() + 3
        while time.monotonic() < end:
            watchdog.look(given_up.append)
    with watching("fast", "route fast", 0.5):
        watchdog.look(given_up.append)
    time.sleep(0.02)
    watchdog.look(given_up.append)
    assert given_up == []
    assert watchdog.stuck() == []


def test_a_turn_that_hangs_on_is_given_up_once(monkeypatch):
    monkeypatch.setattr(BUDGETS, "grace", 0.05)
    given_up, done = [], threading.Event()

    def hang():
        with pytest.raises(Stopped), watching("stuck", "route stuck", 0.01):
            done.wait()

    thread = threading.Thread(target=hang)
    thread.start()
    time.sleep(0.05)
    for _ in range(5):
        watchdog.look(given_up.append)
        time.sleep(0.05)
    assert [turn.place for turn in given_up] == ["route stuck"]
    done.set()
    thread.join(5)
    assert watchdog.stuck() == []


def test_calls_aside_wait_no_longer_than_their_budget():
    assert aside.within(1, "plugin", "panel", lambda: 42) == 42
    with pytest.raises(ZeroDivisionError):
        aside.within(1, "plugin", "panel", lambda: 1 / 0)
    with pytest.raises(PluginError, match="KeyboardInterrupt"):
        aside.within(1, "plugin", "panel", interrupt)
    free = threading.Event()
    with within(2), pytest.raises(aside.Overdue):
        aside.within(0.05, "plugin", "panel", lambda: free.wait(5))
    free.set()


def interrupt():
    raise KeyboardInterrupt


def test_readers_that_hang_again_and_again_rest(inside, engine):
    """What a process left behind about its hang counts like any failure, once."""
    state = inside.portal.place.state
    with inside.scope() as who:
        tenant = who.tenant_id
    (state / "run").mkdir(parents=True, exist_ok=True)
    for i in range(5):
        (state / "run" / f"stuck-1-{i}").write_text(f'[{tenant}, "tickets", "reader listener", 30]')
    for _ in range(2):
        deaths.tell_stuck(state, inside.portal.job_scope)
    with inside.scope():
        assert pauses.paused("tickets", "reader listener")
        assert [row.times for row in pauses.troubles()] == [5]
