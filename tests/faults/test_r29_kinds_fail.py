"""R29: what a kind of record does for the API may fail in any way; the rest of the API answers."""

from __future__ import annotations

import pytest

from core.data import access
from support.broken import WAYS, write

CODE = '''"""A kind whose functions fail."""

from parlour import Kind, hook


def deep():
    return deep()


def late():
    yield None
    raise ValueError("broken on purpose")


def fail(*args):
    {failing}


@hook
def kinds():
    return [Kind("{id}", "{id}s", "{prefix}", "Broken", create=fail, update=fail, reply=fail, shape=fail)]
'''


@pytest.mark.engines("sqlite")
def test_the_api_goes_on_around_a_failing_kind(portal_inside, caplog):
    names = {f"k{i}": way for i, way in enumerate(WAYS)}

    def plugins(folder):
        for name, way in names.items():
            home = write(folder, name, CODE.format(id=name, failing=WAYS[way], prefix=name.upper()))
            (home / "plugin.yaml").write_text(
                f"id: {name}\ntitle: The {name}\ndefault: on\n"
                "permissions: {view: signed-in, create: signed-in}\n")

    inside = portal_inside({}, plugins=plugins)
    with inside.scope("acme", "own"):
        for name in names:
            access.add(name, title=f"A {name}")
    own = inside.client("own", token=True)
    for name, way in names.items():
        listed = own.get(f"/api/v1/{name}s")
        assert listed.status == 200, way
        assert [item["title"] for item in listed.json["items"]] == [f"A {name}"]
        assert f"plugin '{name}' failed in kind {name}.shape" in caplog.text
        made = own.send_json("POST", f"/api/v1/{name}s", {"x": 1})
        assert made.status == 500
        assert made.headers["content-type"] == "application/problem+json"
        assert "broken on purpose" not in made.text
        assert f"plugin '{name}' failed in kind {name}.create" in caplog.text
        assert own.get(f"/api/v1/{name}s/1").status == 200
        if way not in ("type", "generator"):
            answered = own.send_json("POST", f"/api/v1/{name}s/1/messages", {"body": "x"})
            assert answered.status == 500
            assert f"plugin '{name}' failed in kind {name}.reply" in caplog.text
    assert own.get("/api/v1/tickets").status == 200
    page = inside.client("admin").get("/settings/plugins").text
    assert "Failed in kind k0.create" in page


def test_the_api_of_a_paused_plugin_answers_503(inside, engine):
    assert inside.client("admin").post("/settings/plugins/tickets/pause").status == 303
    answer = inside.client("own", token=True).get("/api/v1/tickets")
    assert answer.status == 503
    assert answer.json["code"] == "unavailable"
    assert answer.headers["retry-after"]
