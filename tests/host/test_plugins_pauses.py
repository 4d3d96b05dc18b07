"""What fails again and again rests for its tenant until somebody resumes it; success in between forgives."""

from __future__ import annotations

import threading
import time

import pytest

from core.data import pauses
from core.host import watchdog
from core.host.switches import Switches
from core.host.watchdog import BUDGETS
from support.broken import write

CODE = '''"""Fails while its switch says so."""

from flask import Blueprint, Response
from markupsafe import Markup

from parlour import Nav, Panel, Reader, current, hook, publish, requires

blueprint = Blueprint("moody", __name__)
BAD = {"route": set(), "panel": set(), "reader": set(), "badge": set()}
TOLD = []


def perhaps(part):
    if current().slug in BAD[part]:
        raise ValueError(f"{part} is broken on purpose")


@blueprint.get("/moody")
@requires("moody.view")
def page():
    perhaps("route")
    return Response("all is well")


@blueprint.get("/moody/other")
@requires("moody.view")
def other():
    return Response("all is well")


@blueprint.post("/moody/tell")
@requires("moody.view")
def tell():
    publish("moody.told")
    return Response("told")


def card():
    perhaps("panel")
    return Markup("the moody card")


def badge():
    perhaps("badge")
    return 7


def listen(event):
    perhaps("reader")
    TOLD.append(event.id)


@hook
def routes():
    return blueprint


@hook
def navigation():
    return [Nav("Moody", "/moody", "moody.view", badge=badge)]


@hook
def panels():
    return [Panel("moody.card", "Moody", "moody.view", card)]


@hook
def readers():
    return [Reader("moody.told", "listener", listen)]
'''


@pytest.fixture
def moody(portal_inside):
    """A portal with the plugin, and the plugin's own module to break it with."""
    inside = portal_inside({}, plugins=lambda folder: write(folder, "moody", CODE))
    inside.module = inside.portal.plugins.manager.get_plugin("moody")
    for tenants in inside.module.BAD.values():
        tenants.clear()
    inside.module.TOLD.clear()
    return inside


def test_a_route_rests_after_five_failures_and_answers_503_with_words(moody, engine):
    moody.module.BAD["route"].add("acme")
    own = moody.client("own")
    assert [own.get("/moody").status for _ in range(5)] == [500] * 5
    answer = own.get("/moody")
    assert answer.status == 503
    assert "taking a break" in answer.text
    assert answer.headers["retry-after"]
    assert own.get("/moody/other").status == own.get("/").status == 200
    assert moody.client("other").get("/moody").status == 200, "another tenant is not concerned"

    moody.module.BAD["route"].clear()
    admin = moody.client("admin")
    page = admin.get("/settings/plugins").text
    assert "Failed in route moody.page" in page
    assert "this part rests until you resume it" in page
    assert own.get("/moody").status == 503, "it stays so until somebody resumes it"
    assert admin.post("/settings/plugins/moody/resume").status == 303
    assert own.get("/moody").text == "all is well"


def test_a_success_in_between_forgives(moody, engine):
    own = moody.client("own")
    for _ in range(3):
        moody.module.BAD["route"].add("acme")
        assert [own.get("/moody").status for _ in range(4)] == [500] * 4
        moody.module.BAD["route"].clear()
        assert own.get("/moody").status == 200


def test_a_panel_and_a_badge_rest(moody, engine, caplog):
    own = moody.client("own")
    assert "the moody card" in own.get("/").text
    moody.module.BAD["panel"].add("acme")
    moody.module.BAD["badge"].add("acme")
    for _ in range(7):
        assert own.get("/").status == 200
    assert caplog.text.count("failed in panel moody.card") == 5
    assert "panel moody.card rests for tenant 'acme'" in caplog.text
    assert "badge of /moody rests for tenant 'acme'" in caplog.text
    assert "the moody card" in moody.client("other").get("/").text


def test_a_reader_rests_and_its_work_waits(moody, engine):
    moody.module.BAD["reader"].add("acme")
    own = moody.client("own")
    for _ in range(7):
        own.post("/moody/tell")
    moody.work()
    with moody.scope():
        assert pauses.paused("moody", "reader listener")
        moody.module.BAD["reader"].clear()
        pauses.resume("moody")
    wake(moody)
    moody.work()
    assert len(set(moody.module.TOLD)) == 7


def wake(inside):
    """Let everything that waits for its time be done now."""
    switches = Switches(inside.portal)
    switches.seen = ()
    switches.look()


def test_a_paused_plugin_answers_503_and_its_cards_are_away(moody, engine):
    admin, own = moody.client("admin"), moody.client("own")
    assert admin.post("/settings/plugins/moody/pause").status == 303
    assert own.get("/moody/other").status == 503
    assert "the moody card" not in own.get("/").text
    assert 'data-plugin="moody" data-state="paused"' in admin.get("/settings/plugins").text
    assert moody.client("other").get("/moody/other").status == 200
    assert moody.client("agent").post("/settings/plugins/moody/resume").status == 404
    assert admin.post("/settings/plugins/moody/resume").status == 303
    assert own.get("/moody/other").status == 200


def test_the_hosts_own_features_cannot_be_paused(moody, engine):
    assert moody.client("admin").post("/settings/plugins/signin/pause").status == 404


def test_r31_a_slow_card_is_left_out_in_time_named_and_rests(moody, engine, caplog, monkeypatch):
    monkeypatch.setattr(BUDGETS, "panel", 0.3)
    over = threading.Event()
    monkeypatch.setattr(moody.module, "perhaps", lambda part: over.wait(60) if part == "panel" else None)
    own = moody.client("own")
    for _ in range(6):
        answer = own.get("/")
        assert answer.status == 200
        assert "the moody card" not in answer.text
    over.set()
    assert "plugin 'moody' failed in panel moody.card for tenant 'acme': It took longer than 0.3 s" in caplog.text
    assert "panel moody.card rests" in caplog.text


def test_a_machine_that_is_too_busy_is_no_plugins_fault(moody, engine, caplog, monkeypatch):
    monkeypatch.setattr(BUDGETS, "panel", 0.1)
    monkeypatch.setattr(moody.module, "perhaps", lambda part: time.sleep(0.4) if part == "panel" else None)
    own = moody.client("own")
    monkeypatch.setattr(watchdog, "_starved_until", 0.0)
    watchdog.note_look(watchdog.LOOK_EVERY + 0.1)
    assert not watchdog.starved()
    watchdog.note_look(watchdog.LOOK_EVERY + 0.5)
    assert watchdog.starved()
    monkeypatch.setattr(watchdog, "_starved_until", time.monotonic() + 60)
    for _ in range(6):
        assert "the moody card" not in own.get("/").text, "it is cut off all the same"
    assert "failed in panel moody.card" not in caplog.text
    monkeypatch.setattr(watchdog, "_starved_until", 0.0)
    monkeypatch.setattr(BUDGETS, "panel", 20)
    monkeypatch.setattr(moody.module, "perhaps", lambda part: None)
    assert "the moody card" in own.get("/").text, "it does not rest"
