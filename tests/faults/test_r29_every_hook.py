"""R29: plugins that raise, give junk or sleep in every hook there is, and in every call of every part."""

from __future__ import annotations

import ast
from dataclasses import fields

import pytest

from core import hookspecs, parts, paying
from core.data import access, people
from core.host.watchdog import BUDGETS
from support.broken import WAYS, write

pytestmark = pytest.mark.engines("sqlite")

HOOKS = sorted(name for name, one in vars(hookspecs).items() if hasattr(one, "parlour_spec"))
SLEEPS = "\n    ".join(["for _moment in range(25):", "    time.sleep(0.01)"])
ALL = WAYS | {"sleep": SLEEPS}

FINE = {("wb", "badge of /wb"), *((name, "reader listener") for name in ("wb", "wc", "wd"))}
"""42 is a badge; what a reader gives back is nobody's business, and one second is not long for it."""

ONE = '''"""Fails in one hook."""

import time

from parlour import hook


def deep():
    return deep()


def late():
    yield None
    raise ValueError("broken on purpose")


@hook
def {hook}():
    {failing}
'''

EVERYWHERE = '''"""Gives every part there is, and each call of each fails."""

import time

from parlour import Act, Begin, Channel, Demo, Import, Job, Kind, Mail, Nav, Notice, Panel, Provider, Reader
from parlour import Talk, hook


def deep():
    return deep()


def late():
    yield None
    raise ValueError("broken on purpose")


def fail(*args, **more):
    {failing}


@hook
def kinds():
    return Kind("{id}", "{id}s", "{prefix}", "Broken", create=fail, update=fail, reply=fail, shape=fail,
                states=fail, words=fail, shown=fail, open=fail, narrow=fail, gives=fail, owes=fail,
                take=fail, answers=True, brief=fail, ahead=fail, merge=fail,
                talk=Talk(rules=fail, closed=fail, done=fail))


@hook
def navigation():
    return [Nav("Broken {id}", "/{id}", "{id}.view", badge=fail, more=fail)]


@hook
def begins():
    return [Begin("{id}.start", "{id}", "Start {id}", "{id}.create", call=fail, check=fail)]


@hook
def panels():
    return [Panel("{id}.card", "Card of {id}", "{id}.view", fail)]


@hook
def readers():
    return [Reader("*", "listener", fail)]


@hook
def notices():
    return [Notice("tickets.opened", "%(no_such)s", ("staff", "nobody_knows"), template="{id}/mail/missing")]


@hook
def channels():
    return [Channel("{id}", "Channel {id}", fail)]


@hook
def mails():
    return [Mail("{id}.letter", "{id}/mail/missing", "A letter")]


@hook
def jobs():
    return [Job("chore", 1, fail)]


@hook
def imports():
    return [Import("{id}", fail, fail, match={{"title": fail}}, give=fail)]


@hook
def acts():
    return [Act("{id}.act", "Act {id}", "ticket", "{id}.view", fail, fail, form=fail, check=fail, undo=fail,
                whole=fail)]


@hook
def demo():
    return Demo(fail)


@hook
def payments():
    return [Provider("{id}", "Pay {id}", ready=fail, begin=fail, hear=fail, ask=fail, takes=fail)]
'''


def quick(monkeypatch):
    """Let what sleeps be late soon."""
    for name, seconds in (("hook", 0.3), ("panel", 0.15), ("job", 0.3), ("request", 5), ("grace", 1)):
        monkeypatch.setitem(vars(BUDGETS), name, seconds)


def test_every_call_of_every_part_is_among_those_that_fail():
    tree = ast.parse(EVERYWHERE.format(id="x", prefix="X", failing="pass"))
    hooks = {one.name for one in tree.body if isinstance(one, ast.FunctionDef) and one.decorator_list}
    assert hooks == set(HOOKS) - {"routes"}  # what fails in a page is tried in test_r29_plugins_fail.py
    made = {"Provider": paying.Provider, **vars(parts)}
    calls = [one for one in ast.walk(tree) if isinstance(one, ast.Call)]
    for call in (one for one in calls if getattr(one.func, "id", "") in made):
        part = made[call.func.id]
        given = {one.arg for one in call.keywords} | {one.name for one in fields(part)[:len(call.args)]}
        assert {one.name for one in fields(part) if "Callable" in str(one.type)} <= given, call.func.id


@pytest.mark.parametrize("ways", [("exception", "type"), ("exit", "recursion", "interrupt", "generator"),
                                  ("sleep",)], ids="-".join)
def test_a_plugin_that_fails_in_any_hook_is_named_and_nothing_else_is_touched(ways, portal_inside, caplog,
                                                                              monkeypatch):
    if "sleep" in ways:
        monkeypatch.setitem(vars(BUDGETS), "hook", 0.1)
    names = {f"every_{hook}_{way}": (hook, way) for hook in HOOKS for way in ways}

    def plugins(folder):
        for name, (hook, way) in names.items():
            write(folder, name, ONE.format(hook=hook, failing=ALL[way]))

    inside = portal_inside({}, plugins=plugins)
    page = inside.client("admin").get("/settings/plugins").text
    for name, (hook, _way) in names.items():
        assert f"plugin '{name}' failed in {hook}()" in caplog.text, name
        card = page.partition(f'data-plugin="{name}"')[2].partition("</section>")[0]
        assert f"{hook}()" in card, name
    for path in ("/", "/tickets", "/kb", "/account", "/search?q=printer"):
        assert inside.client("own").get(path).status == 200, path


@pytest.fixture
def surrounded(portal_inside, monkeypatch):
    """A portal with a plugin for each of four ways to fail, all of whose calls fail in that way."""
    quick(monkeypatch)
    ways = {"wa": "exception", "wb": "type", "wc": "generator", "wd": "sleep"}

    def plugins(folder):
        for name, way in ways.items():
            home = write(folder, name, EVERYWHERE.format(id=name, prefix=name.upper(), failing=ALL[way]))
            (home / "plugin.yaml").write_text(f"id: {name}\ntitle: The {name}\ndefault: on\n"
                                              "permissions: {view: everyone, create: signed-in}\n")

    inside = portal_inside({}, plugins=plugins)
    with inside.scope("acme", "own"):
        for name in ways:
            access.add(name, title=f"Canary {name}", company=people.company("alfreds").id)
    return inside, tuple(ways)


def test_whatever_fails_in_any_call_of_any_part_every_other_page_answers(surrounded, caplog):
    inside, names = surrounded
    own, agent, admin = (inside.client(short) for short in ("own", "agent", "admin"))
    made = own.post("/tickets/new", {"category": "question", "subject": "Canary ticket", "body": "Hello",
                                     "priority": "normal"})
    assert made.status == 303, made.text
    inside.work()
    for client, paths in (
            (own, ("/", "/tickets", made.location, "/search?q=canary", "/notifications", "/account",
                   "/account/notifications", "/kb", "/tickets/new", "/search/answers?subject=canary")),
            (agent, ("/", "/inbox", made.location, "/search?q=canary", "/content", "/people", "/companies",
                     "/export/tickets")),
            (admin, ("/settings/plugins", "/settings/features", "/settings/roles", "/import")),
            (inside.guest(), ("/kb", "/sitemap.xml", "/sign-in"))):
        for path in paths:
            answer = client.get(path)
            assert answer.status == 200, (path, answer.status, answer.text[:400])
    begun = agent.post("/bulk/tickets", {"pick": "1", "act": "tickets.priority", "priority": "high"})
    assert begun.status == 303, begun.text
    key = inside.client("own", token=True)
    assert key.get("/api/v1/tickets").status == 200
    for name in names:
        assert key.get(f"/api/v1/{name}s").status == 200
        assert key.get(f"/api/v1/{name}s/{name.upper()}-001").status == 200
    assert key.get("/api/v1/openapi.json").status in (200, 404)
    page = admin.get("/settings/plugins").text
    for name in names:
        card = page.partition(f'data-plugin="{name}"')[2].partition("</section>")[0]
        for place in (f"badge of /{name}", f"entries beside /{name}", f"panel {name}.card", f"kind {name}.shape",
                      f"begin {name}.start.check", f"kind {name}.words", f"kind {name}.open", "reader listener"):
            fine = (name, place) in FINE
            assert (f"plugin '{name}' failed in {place}" in caplog.text) != fine, (name, place)
            assert fine or place in card, (name, place)
