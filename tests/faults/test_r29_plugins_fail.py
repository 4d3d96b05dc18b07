"""R29: whatever fails in a plugin, wherever, everything else answers, and plugin, place and cure are named."""

from __future__ import annotations

import logging

import pytest

from core.data import scope
from core.work.jobs import Schedule
from support.broken import POINTS, WAYS, failing, write

AT_START = {"import": "import", "kinds": "kinds()", "navigation": "navigation()"}
LATER = {"panel": "panel {id}.card", "route": "route {id}.broken", "template": "route {id}.broken",
         "before_request": "before() around its pages", "reader": "reader listener", "job": "job chore"}
FINE = {("reader", "type"), ("reader", "generator"), ("job", "type"), ("job", "generator")}
"""What a reader or a job gives back is nobody's business, so giving the wrong thing is no failure."""


def provoke(inside, names, point):
    """Reach the broken parts as people and the worker do; give the status of each one's own page."""
    own = inside.client("own")
    if point in ("route", "template", "before_request"):
        return {own.get(f"/{name}/broken").status for name in names}
    if point == "reader":
        for name in names:
            own.post(f"/{name}/tell")
    elif point == "job":
        with inside.scope() as who:
            Schedule(inside.portal.job_scope).tick([who.tenant_id], who.registry.jobs)
    inside.work()
    return {own.get("/").status}


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize("point", POINTS)
def test_failing_plugins_are_contained_and_named(point, portal_inside, caplog):
    """Six plugins that fail at one point, each in its own way: 54 cases in all."""
    names = {f"r29_{point}_{way}": way for way in WAYS}

    def plugins(folder):
        for name, way in names.items():
            failing(folder, name, point, way)

    inside = portal_inside({}, plugins=plugins)
    broken = provoke(inside, names, point)
    assert broken == {500 if point in ("route", "template", "before_request") else 200}
    own = inside.client("own")
    assert inside.guest().get("/sign-in").status == own.get("/tickets").status == 200
    assert inside.client("other").get("/").status == 200
    assert scope.active() is None
    page, home = inside.client("admin").get("/settings/plugins").text, own.get("/").text
    for name, way in names.items():
        assert own.get(f"/{name}/fine").status == (404 if point == "import" else 200), name
        assert f"Card of {name}" not in home
        if (point, way) in FINE:
            assert f"plugin '{name}' failed" not in caplog.text
            continue
        place = (AT_START.get(point) or LATER[point]).format(id=name)
        card = page.partition(f'data-plugin="{name}"')[2].partition("</section>")[0]
        assert f"plugin '{name}' failed in {place}" in caplog.text
        assert card.startswith(f' data-state="{"out" if point == "import" else "on"}"'), name
        assert place in card
        assert "parlour reload" in card or "docs/plugins" in card or "gives Nav" in card or "gives Kind" in card


@pytest.mark.parametrize("way", ["exception", "exit", "recursion", "generator"])
def test_a_failing_migration_leaves_the_plugin_out(way, portal_inside, caplog, engine):
    identity = f"r29_migration_{way}"

    def plugins(folder):
        home = write(folder, identity, '"""A plugin with a migration that fails."""\n')
        (home / "migrations").mkdir()
        (home / "migrations" / "0001_start.py").write_text(
            "def deep():\n    return deep()\n\n\ndef late():\n    yield None\n    raise ValueError('broken')\n\n\n"
            f"def fail():\n    {WAYS[way]}\n\n\ndef up(migrator, db):\n    list(fail())\n")

    inside = portal_inside({}, plugins=plugins)
    assert inside.client("own").get("/tickets").status == 200
    page = inside.client("admin").get("/settings/plugins").text
    assert f"plugin '{identity}' failed in migrations" in caplog.text
    assert f'data-plugin="{identity}" data-state="out"' in page
    assert "Mend the migration" in page


def test_a_missing_requirement_is_named_with_its_cure(portal_inside, engine):
    def plugins(folder):
        write(folder, "r29_needy", '"""Needs."""\n', "requires: [no-such-distribution-anywhere>=2]\n")
        write(folder, "r29_second", '"""Needs the first."""\n', "needs: [r29_needy]\n")

    inside = portal_inside({}, plugins=plugins)
    page = inside.client("admin").get("/settings/plugins").text
    assert "no-such-distribution-anywhere&gt;=2, which is not installed" in page
    assert "pip install &#34;no-such-distribution-anywhere&gt;=2&#34;" in page
    assert "It needs r29_needy, which is out. Mend r29_needy first." in page
    assert inside.client("own").get("/tickets").status == 200


def test_an_unknown_hook_is_refused_with_the_likely_word(portal_inside, engine):
    code = '"""Misspells."""\n\nfrom parlour import hook\n\n\n@hook\ndef pannels():\n    return []\n'
    inside = portal_inside({}, plugins=lambda folder: write(folder, "r29_spelling", code))
    page = inside.client("admin").get("/settings/plugins").text
    assert "No hook is called &#39;pannels&#39;. Did you mean &#39;panels&#39;?" in page
    assert 'data-plugin="r29_spelling" data-state="out"' in page


def test_a_stream_that_fails_late_is_named(portal_inside, engine, caplog):
    code = ('"""Streams."""\n\nfrom flask import Blueprint, Response\n\nfrom parlour import hook, requires\n\n'
            'blueprint = Blueprint("r29_stream", __name__)\n\n\n@blueprint.get("/r29_stream")\n'
            '@requires("r29_stream.view")\ndef stream():\n    def parts():\n        yield "one"\n'
            '        raise SystemExit\n    return Response(parts())\n\n\n@hook\ndef routes():\n'
            "    return blueprint\n")
    inside = portal_inside({}, plugins=lambda folder: write(folder, "r29_stream", code))
    with pytest.raises(Exception, match="SystemExit"):
        inside.client("own").get("/r29_stream")
    assert "plugin 'r29_stream' failed in route r29_stream.stream" in caplog.text
    logging.getLogger().debug("the next request is fine")
    assert inside.client("own").get("/").status == 200
