"""K05 and the edges: what is off was never there, nothing is shadowed, safe mode, trace, pip packages."""

from __future__ import annotations

import contextvars
import shutil
import sys

import pytest

from core.data import scope
from core.data.access import feature_on
from core.host import discover, worker
from core.host.portal import assemble
from core.host.switches import Switches
from core.work import events
from support.broken import write
from support.inside import ADDRESS, disconnect
from support.needs import ROOT

PAGE = """\"\"\"A page.\"\"\"

from flask import Blueprint, Response

from parlour import Kind, Panel, Reader, hook, publish, requires

blueprint = Blueprint("{blueprint}", __name__)


@blueprint.get("{path}")
@requires("{id}.view")
def show():
    return Response("shadow")


@hook
def routes():
    return blueprint
"""


def page(folder, identity, path, blueprint=""):
    return write(folder, identity, PAGE.format(id=identity, path=path, blueprint=blueprint or identity))


SHADOWS = {
    "the sign-in page": ("/sign-in", "", "belongs to plugin 'signin'"),
    "a ticket": ("/tickets/secret", "", "overlaps /tickets/<number>"),
    "tickets by number": ("/tickets/<int:n>", "", "overlaps"), "all of it": ("/<path:rest>", "", "everybody"),
    "a first step": ("/<word>", "", "everybody"), "the api": ("/api/v1/tickets", "", "host's own part"),
    "a static file": ("/static/app.css", "", "host's own part"), "files": ("/files/<x>", "", "host's own part"),
    "another's endpoint": ("/mine", "tickets", "foreign name"),
    "the home page": ("/", "", "belongs to plugin 'home'"),
}


@pytest.mark.engines("sqlite")
def test_nobody_takes_an_address_of_others(portal_inside):
    def plugins(folder):
        for i, (path, blueprint, _why) in enumerate(SHADOWS.values()):
            page(folder, f"shadow{i}", path, blueprint)

    inside = portal_inside({}, plugins=plugins)
    failed = inside.portal.built.registry.failed
    for i, (name, (_path, _blueprint, why)) in enumerate(SHADOWS.items()):
        assert why in failed[f"shadow{i}"], name
    for path in ("/sign-in", "/", "/tickets"):
        assert "shadow" not in inside.client("own").get(path).text
    assert inside.client("own").get("/nowhere/at/all").status == 404


@pytest.mark.engines("sqlite")
def test_names_clash_loudly(portal_inside):
    parts = {
        "clash_kind": "def kinds():\n    return [Kind('ticket', 'clash', 'CLA', 'Clash')]",
        "clash_plural": "def kinds():\n    return [Kind('clash', 'tickets', 'CLB', 'Clash')]",
        "clash_prefix": "def kinds():\n    return [Kind('clashes', 'clashs', 'TKT', 'Clash')]",
        "clash_panel": "def panels():\n    return [Panel('tickets.recent', 'X', 'clash_panel.view', str)]",
    }

    def plugins(folder):
        for identity, code in parts.items():
            write(folder, identity, f'"""Clash."""\n\nfrom parlour import Kind, Panel, hook\n\n\n@hook\n{code}\n')
        write(folder, "clash_table", '"""Clash."""\n\nfrom parlour import Table\n\n\nclass Mine(Table):\n'
              '    """Named as another\'s."""\n\n    class Meta:\n        """x."""\n\n'
              '        table_name = "person"\n')
        write(folder, "host", '"""Reserved."""\n')
        wide = PAGE.format(id="clash_wide", path="/clash_wide", blueprint="clash_wide")
        write(folder, "clash_wide", f"{wide}\n\n@blueprint.before_app_request\ndef all():\n    return 'x'\n")
        (folder / "second").mkdir()
        (folder / "second" / "plugin.yaml").write_text("id: tickets\ntitle: Mine now\n")

    inside = portal_inside({}, plugins=plugins)
    failed = inside.portal.built.registry.failed
    for identity in ("clash_kind", "clash_plural", "clash_prefix", "clash_panel"):
        assert "taken by plugin 'tickets'" in failed[identity]
    assert "The table 'person' has a foreign name" in failed["clash_table"]
    assert "name of the host's own" in failed["host"]
    assert "before_app_request" in failed["clash_wide"]
    assert "Two plugins are called 'tickets'" in failed["tickets"]
    assert str(inside.folder / "plugins" / "second") in failed["tickets"]
    assert inside.client("own").get("/tickets").status == 200


@pytest.mark.engines("sqlite")
def test_the_registry_is_frozen(inside):
    registry = inside.portal.built.registry
    for table in (registry.manifests, registry.kinds, registry.plurals, registry.permissions, registry.failed,
                  registry.permissions["tickets.view"]):
        with pytest.raises(TypeError):
            table["x"] = 1
    with pytest.raises(AttributeError):
        registry.panels = ()


def test_a_plugin_cannot_replace_templates_of_others(portal_inside, engine):
    def plugins(folder):
        home = write(folder, "painter", '"""Paints."""\n')
        for name in ("base.html", "tickets/list.html"):
            (home / "templates" / name).parent.mkdir(parents=True, exist_ok=True)
            (home / "templates" / name).write_text("painted over")

    inside = portal_inside({}, plugins=plugins)
    assert "painted over" not in inside.client("own").get("/tickets").text
    assert "painted over" not in inside.guest().get("/sign-in").text


@pytest.fixture
def visits(portal_inside):
    """The example plugin, on, with a static file of its own."""
    def plugins(folder):
        shutil.copytree(ROOT / "examples" / "plugins" / "visits", folder / "visits")
        (folder / "visits" / "static").mkdir(exist_ok=True)
        (folder / "visits" / "static" / "visits.css").write_text("main { color: inherit }")

    return portal_inside({"features": {"visits": True}}, plugins=plugins)


def switch(inside, word):
    text = inside.yaml.read_text()
    other = "false" if word == "true" else "true"
    inside.yaml.write_text(text.replace(f"visits: {other}", f"visits: {word}"))
    assert inside.portal.store.notice()


ASKED = {"subject": "Lift makes a noise", "place": "Berlin", "body": "It squeaks."}


def test_k05_what_is_off_was_never_there(visits, engine):
    own, agent, key = visits.client("own"), visits.client("agent"), visits.client("own", token=True)
    place = own.post("/visits/new", ASKED, {"attachments": ("lift.txt", b"noise", "text/plain")}).location
    shown = own.get(place).text
    file = "/files/" + shown.partition('href="/files/')[2].partition('"')[0]
    addresses = [(own, "GET", "/visits"), (own, "GET", place), (agent, "GET", place), (own, "GET", "/visits/new"),
                 (own, "POST", "/visits/new"), (own, "POST", f"{place}/reply"), (key, "GET", "/api/v1/visits"),
                 (key, "GET", "/api/v1/visits/VIS-001"), (own, "GET", "/static/plugins/visits/visits.css"),
                 (own, "GET", file)]
    assert [client.send(method, path).status for client, method, path in addresses if method == "GET"] == [200] * 8
    switch(visits, "false")
    for client, method, path in addresses:
        never = path.replace("visits", "nowhere").replace("/files/", "/files/x")
        was, is_not = client.send(method, path), client.send(method, never)
        assert (was.status, len(was.body)) == (is_not.status, len(is_not.body)) == (404, len(was.body)), path
        assert {name for name, _ in was.all_headers} == {name for name, _ in is_not.all_headers}
    for path in ("/", "/tickets", "/search?q=Lift"):
        answer = own.get(path)
        assert "Lift" not in answer.text.replace("?q=Lift", "").replace('value="Lift"', "").replace("“Lift”", "")
        assert "/visits" not in answer.text
    switch(visits, "true")
    assert "It squeaks." in own.get(place).text
    assert own.get(file).status == 200


def test_work_and_mail_of_what_is_off_wait_and_go_out(visits, engine):
    own = visits.client("own")
    place = own.post("/visits/new", ASKED).location
    visits.work()
    before = len(visits.letters)
    assert visits.client("agent").post(f"{place}/plan", {"planned": "2031-05-06"}).status == 303
    switches = Switches(visits.portal)
    switch(visits, "false")
    visits.work()
    assert len(visits.letters) == before
    with visits.scope() as who:
        assert not feature_on(who, "visits")
        assert (who.tenant_id, "visits") in events.resting()
    switch(visits, "true")
    switches.look()
    assert len(visits.letters_to(ADDRESS["own"])) > 0
    assert len(visits.letters) == before + 1


@pytest.mark.engines("sqlite")
def test_safe_mode_starts_with_the_hosts_own_and_keeps_the_settings(visits, databases):
    disconnect()
    portal = assemble(visits.folder, {"PARLOUR_DATABASE": visits.portal.place.database, "PARLOUR_SAFE": "1"})
    assert {m.builtin for m in portal.plugins.manifests.values()} == {True}
    assert portal.store.check() == []
    assert "visits: true" in visits.yaml.read_text()


@pytest.mark.engines("sqlite")
def test_trace_writes_every_call_with_arguments_result_and_time(portal_inside, monkeypatch, caplog):
    caplog.set_level("INFO")
    monkeypatch.setenv("PARLOUR_TRACE", "1")
    inside = portal_inside({}, plugins=lambda folder: page(folder, "traced", "/traced"))
    inside.client("own").get("/traced")
    assert "trace: traced routes()() -> <Blueprint 'traced'> in " in caplog.text
    assert "trace: traced route traced.show() -> <Response 6 bytes [200 OK]> in " in caplog.text


@pytest.mark.engines("sqlite")
def test_a_pip_package_is_found_by_its_entry_point(portal_inside, tmp_path, monkeypatch):
    site = tmp_path / "site"
    write(site, "acme_pip", PAGE.format(id="pipped", path="/pipped", blueprint="pipped"))
    (site / "acme_pip" / "plugin.yaml").write_text(
        "id: pipped\ntitle: From pip\ndefault: on\npermissions: {view: everyone}\n")
    info = site / "acme_pip-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-pip\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[parlour.plugins]\npipped = acme_pip\nlost = no_such_package.here\n")
    monkeypatch.setattr(sys, "path", [str(site), *sys.path])
    assert site / "acme_pip" in discover.folders([])
    inside = portal_inside({}, plugins=lambda folder: folder.mkdir(exist_ok=True))
    assert inside.client("own").get("/pipped").text == "shadow"
    assert "acme_pip" not in sys.modules, "it is loaded by path, as every plugin is"


def test_a_job_of_a_paused_plugin_waits(visits, engine):
    own, admin = visits.client("own"), visits.client("admin")
    own.post("/visits/new", ASKED)
    admin.post("/settings/plugins/visits/pause")
    assert contextvars.copy_context().run(worker.make(visits.portal).turn)
    assert visits.letters == []
    switches = Switches(visits.portal)
    admin.post("/settings/plugins/visits/resume")
    switches.look()
    assert scope.active() is None
    visits.work()
    with visits.scope():
        assert events.resting() == []


@pytest.mark.engines("sqlite")
def test_nobody_publishes_in_the_name_of_another(portal_inside, caplog):
    code = PAGE.format(id="liar", path="/liar", blueprint="liar").replace(
        'return Response("shadow")', 'publish("tickets.resolved")')
    inside = portal_inside({}, plugins=lambda folder: write(folder, "liar", code))
    assert inside.client("own").get("/liar").status == 500
    assert "Plugin 'liar' publishes 'tickets.resolved', an event of plugin 'tickets'" in caplog.text
    with inside.scope():
        assert events.waiting() == 0
