"""The rules of the house, kept by reading its source: who may import whom, and how big a room may grow."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from support.house import ROOT, PluginFolder, Source, plugin_folders, sources

PRODUCT = ("core", "parlour", "plugins", "examples")
EVERYTHING = (*PRODUCT, "tests", "bench", "tools")

# Floors, lowest first. Two wings on one floor do not see each other.
FLOORS = (
    {"ground"},
    {"config"},
    {"data"},
    {"look"},
    {"work", "web"},
    {"lowcode"},
    {"face"},
    {"builtin", "plugins"},
    {"host"},
    {"entry"},
)
RANK = {wing: rank for rank, wings in enumerate(FLOORS) for wing in wings}
GROUND = {"core", "core.errors", "core.parts", "core.paying", "core.hookspecs"}
ENTRIES = {"parlour.__main__", "parlour.testing"}
WITHOUT_FLASK = {"config", "data", "look", "work"}
FLASK = {"flask", "werkzeug", "htmx_flask"}
BAD_NAMES = {"utils", "util", "helpers", "helper", "common", "manager", "base"}
RAW_SQL_NAMES = {"execute_sql", "RawQuery"}
RAW_SQL_CALLS = {"raw", "SQL"}
MAX_FUNCTION, MAX_FILE, MAX_PLUGIN, MAX_HOOKS = 40, 400, 1300, 25


def wing_of(name: str) -> str | None:
    """Name the wing a module of the house stands in; None for everybody else's modules."""
    parts = name.split(".")
    if name in GROUND:
        return "ground"
    if name in ENTRIES:
        return "entry"
    if parts[0] == "parlour":
        return "face"
    if parts[0] in {"plugins", "parlour_plugins"}:
        return "plugins"
    return parts[1] if parts[0] == "core" else None


def is_in(path: Path, plugin: PluginFolder) -> bool:
    return plugin.path in path.parents


def house_imports(files: list[Source]) -> Iterator[tuple[Source, str, str, str]]:
    """Give (file, its wing, imported name, that wing) for every import within the house."""
    for file in files:
        mine = wing_of(file.name)
        for one in file.imports:
            theirs = wing_of(one.name)
            if mine and theirs:
                yield file, mine, f"{one.name} (line {one.line})", theirs


def check_downward(files: list[Source]) -> list[str]:
    wrong = []
    for file, mine, name, theirs in house_imports(files):
        if mine == theirs:
            continue
        assert mine in RANK, f"{file.shown}: core/{mine} is on no floor; docs/architecture.md names the floors"
        assert theirs in RANK, f"{file.shown}: {name} is on no floor"
        if RANK[theirs] >= RANK[mine]:
            wrong.append(f"{file.shown}: {mine} imports {name}, which is not below it")
    return wrong


def check_host(files: list[Source]) -> list[str]:
    """Only the entries may import the host, and nobody imports an entry."""
    wrong = []
    for file, mine, name, theirs in house_imports(files):
        if theirs == "host" and mine not in {"host", "entry"}:
            wrong.append(f"{file.shown}: imports {name}; only parlour.__main__ and parlour.testing may")
        if theirs == "plugins" and mine != "plugins":
            wrong.append(f"{file.shown}: imports {name}; the house never imports plugins")
    return wrong


def check_flask(files: list[Source]) -> list[str]:
    return [
        f"{file.shown}:{one.line}: imports {one.name}; this floor knows no Flask"
        for file in files
        if wing_of(file.name) in WITHOUT_FLASK or file.name in {"core.errors", "core.parts"}
        for one in file.imports
        if one.name.split(".")[0] in FLASK
    ]


@cache
def distributions() -> Mapping[str, list[str]]:
    """Say which packages bring which modules: it takes a second to read them all."""
    return packages_distributions()


def check_plugin(plugin: PluginFolder, files: list[Source]) -> list[str]:
    """A plugin imports the face, itself, Flask, the standard library and what its manifest requires."""
    declared = {re.split(r"[^A-Za-z0-9._-]", one)[0].lower().replace("_", "-") for one in plugin.requires}
    wrong = []
    for file in files:
        own = {f"parlour_plugins.{plugin.id}", ".".join(plugin.path.relative_to(file.root).parts)}
        for one in file.imports:
            top = one.name.split(".")[0]
            makers = {name.lower().replace("_", "-") for name in distributions().get(top, [])}
            allowed = (
                top in sys.stdlib_module_names
                or top in {"flask", "peewee", "markupsafe"}  # the stack every plugin stands on
                or wing_of(one.name) == "face"
                or any(one.name == name or one.name.startswith(f"{name}.") for name in own)
                or bool(makers & declared)
            )
            if not allowed:
                wrong.append(f"{file.shown}:{one.line}: imports {one.name}, which plugin.yaml does not require")
    return wrong


def check_inner_imports(files: list[Source]) -> list[str]:
    return [
        f"{file.shown}:{one.line}: imports {one.name} inside a function"
        for file in files
        for one in file.imports
        if one.inside
    ]


def check_raw_sql(files: list[Source]) -> list[str]:
    wrong = []
    for file in files:
        if wing_of(file.name) == "data":
            continue
        for node in ast.walk(file.tree):
            called = node.func if isinstance(node, ast.Call) else None
            on_a_class = isinstance(called, ast.Name) or (
                isinstance(called, ast.Attribute) and _name(called.value)[:1].isupper())
            if _name(node) in RAW_SQL_NAMES or (_name(called) in RAW_SQL_CALLS and on_a_class):
                wrong.append(f"{file.shown}:{getattr(node, 'lineno', 0)}: raw SQL outside core/data")
    return wrong


def _name(node: ast.AST | None) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def check_sizes(files: list[Source]) -> list[str]:
    wrong = []
    for file in files:
        lines = file.text.count("\n")
        if lines > MAX_FILE:
            wrong.append(f"{file.shown}: {lines} lines, {MAX_FILE} at most")
        if not file.shown.startswith("tests/"):
            for name, size in file.functions():
                if size > MAX_FUNCTION:
                    wrong.append(f"{file.shown}: {name}() has {size} lines, {MAX_FUNCTION} at most")
    return wrong


def check_captions(files: list[Source]) -> list[str]:
    return [f"{file.shown}: no docstring" for file in files if not (ast.get_docstring(file.tree) or "").strip()]


def check_cycles(files: list[Source]) -> list[str]:
    """No module may reach itself through what it imports to run; types alone may look back within a wing."""
    names = {file.name for file in files}
    graph = {
        file.name: {one.name for one in file.imports if not one.typing} & names - {file.name} for file in files
    }
    done: set[str] = set()
    wrong: list[str] = []

    def walk(name: str, path: tuple[str, ...]) -> None:
        if name in path:
            wrong.append(" -> ".join([*path[path.index(name) :], name]))
        elif name not in done:
            for below in sorted(graph[name]):
                walk(below, (*path, name))
            done.add(name)

    for name in sorted(graph):
        walk(name, ())
    return wrong


def check_names(files: list[Source]) -> list[str]:
    return [
        f"{file.shown}: say what it holds instead of {part!r}"
        for file in files
        for part in Path(file.shown).with_suffix("").parts
        if part in BAD_NAMES
    ]


TEMPLATE_RULES = (
    (re.compile(r"<[^>]*\sstyle\s*=", re.S | re.I), "a style= attribute", True),
    (re.compile(r"<style\b", re.I), "a <style> element", True),
    (re.compile(r"<[^>]*\son[a-z]+\s*=", re.S | re.I), "an on...= handler", False),
    (re.compile(r"<[^>]*\s(?:data-)?hx-on\b", re.S | re.I), "hx-on", False),
    (re.compile(r"<script\b(?![^>]*\ssrc\s*=)", re.I), "a script in the page", False),
    (re.compile(r"javascript:", re.I), "javascript:", False),
)
JINJA = re.compile(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", re.S)


def check_template(shown: str, text: str, *, mail: bool) -> list[str]:
    """Our content security policy allows nothing inline; mail programs need styles inline."""
    plain = JINJA.sub("", text)
    return [
        f"{shown}: {what}"
        for pattern, what, mail_may in TEMPLATE_RULES
        if pattern.search(plain) and not (mail and mail_may)
    ]


def templates() -> list[Path]:
    return [
        path
        for top in ("core", "plugins", "themes", "examples")
        for path in sorted((ROOT / top).rglob("*.html"))
        if "templates" in path.parts and "node_modules" not in path.parts
    ]


def test_imports_run_downward():
    assert not check_downward(sources(*PRODUCT))


def test_only_the_entries_see_the_host_and_nobody_sees_plugins():
    assert not check_host(sources("core", "parlour"))


def test_the_lower_floors_know_no_flask():
    assert not check_flask(sources("core"))


def test_plugins_import_the_face_and_what_they_declare():
    files = sources(*PRODUCT)
    wrong = []
    for plugin in plugin_folders():
        wrong += check_plugin(plugin, [file for file in files if is_in(file.path, plugin)])
    assert not wrong


def test_no_import_hides_in_a_function():
    assert not check_inner_imports(sources(*PRODUCT))


def test_no_modules_go_round_in_circles():
    assert not check_cycles(sources("core", "parlour", "plugins"))


def test_raw_sql_stays_with_the_data():
    assert not check_raw_sql(sources(*PRODUCT))


def test_rooms_and_functions_stay_comfortable():
    assert not check_sizes(sources(*EVERYTHING))


def test_every_file_says_what_it_is():
    assert not check_captions(sources(*EVERYTHING))


def test_files_are_named_after_what_they_hold():
    assert not check_names(sources(*EVERYTHING))


def test_plugins_stay_small_and_questions_few():
    files = sources("plugins")
    sizes = {
        plugin.id: sum(file.plain_lines for file in files if is_in(file.path, plugin))
        for plugin in plugin_folders()
        if plugin.path.parent == ROOT / "plugins"
    }
    assert not {name: size for name, size in sizes.items() if size > MAX_PLUGIN}
    (contract,) = [file for file in sources("core") if file.name == "core.hookspecs"]
    assert len(list(contract.functions())) <= MAX_HOOKS


def test_templates_hold_nothing_inline():
    wrong = []
    for path in templates():
        shown = path.relative_to(ROOT).as_posix()
        mail = "mail" in path.parts or path.name == "mail.html"
        wrong += check_template(shown, path.read_text(encoding="utf-8"), mail=mail)
    assert not wrong


BROKEN = {
    "core/data/up.py": ("downward", '"""x."""\nfrom core.look import i18n\n'),
    "core/web/side.py": ("downward", '"""x."""\nfrom core.work import jobs\n'),
    "core/work/side.py": ("downward", '"""x."""\nimport core.web.forms\n'),
    "core/look/hidden.py": ("downward", '"""x."""\ndef f():\n    from core.web import forms\n'),
    "core/config/typed.py": (
        "downward", '"""x."""\nfrom typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import core.data.db\n'
    ),
    "core/web/relative.py": ("downward", '"""x."""\nfrom ..host import app\n'),
    "parlour/face.py": ("host", '"""x."""\nfrom core.host import app\n'),
    "core/web/reach.py": ("host", '"""x."""\nimport parlour_plugins.tickets\n'),
    "core/work/web.py": ("flask", '"""x."""\nfrom flask import request\n'),
    "core/work/inner.py": ("inner", '"""x."""\ndef f():\n    import json\n'),
    "core/web/sql.py": ("sql", '"""x."""\ndef f(db):\n    return db.execute_sql("select 1")\n'),
    "core/web/sql2.py": ("sql", '"""x."""\nx = Model.raw("select 1")\n'),
    "core/look/sql3.py": ("sql", '"""x."""\nx = SQL("select 1")\n'),
    "core/web/long.py": ("sizes", '"""x."""\ndef f():\n' + "    x = 1\n" * 40),
    "core/web/tall.py": ("sizes", '"""x."""\n' + "x = 1\n" * 400),
    "core/web/mute.py": ("captions", "x = 1\n"),
    "core/web/utils.py": ("names", '"""x."""\n'),
    "core/data/round_a.py": ("cycles", '"""x."""\nfrom core.data import round_b\n'),
}
CHECKS = {
    "downward": check_downward, "host": check_host, "flask": check_flask, "inner": check_inner_imports,
    "sql": check_raw_sql, "sizes": check_sizes, "captions": check_captions, "names": check_names,
    "cycles": check_cycles,
}


@pytest.mark.parametrize("place", BROKEN)
def test_each_rule_sees_what_it_forbids(place, tmp_path):
    kind, text = BROKEN[place]
    for name, content in ((place, text), ("core/data/round_b.py", '"""x."""\nimport core.data.round_a\n')):
        target = tmp_path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(content)
    found = CHECKS[kind](sources("core", "parlour", root=tmp_path))
    assert len(found) == 1, found


def test_a_function_of_forty_lines_and_a_docstring_is_fine(tmp_path):
    room = tmp_path / "core" / "web"
    room.mkdir(parents=True)
    body = '    """Say.\n\n    More.\n    """\n' + "    # why\n\n" + "    x = 1\n" * 39
    (room / "fine.py").write_text(f'"""x."""\ndef f():\n{body}')
    assert not check_sizes(sources("core", root=tmp_path))


@pytest.mark.parametrize(
    ("line", "fine"),
    [
        ("import json", True),
        ("from flask import Blueprint", True),
        ("import parlour", True),
        ("from . import service", True),
        ("from parlour_plugins.shop import models", True),
        ("import peewee", True),
        ("import babel", False),
        ("import yaml", True),
        ("from core.data import db", False),
        ("from parlour.testing import portal", False),
        ("import parlour_plugins.tickets", False),
        ("def f():\n    import core.host", False),
    ],
)
def test_a_plugin_sees_only_what_it_may(line, fine, tmp_path):
    for name, text in (
        ("plugins/shop/__init__.py", f"{line}\n"), ("plugins/shop/plugin.yaml", "requires: [PyYAML>=6]\n"),
        ("plugins/shop/service.py", ""), ("parlour/testing.py", ""), ("parlour/__init__.py", ""),
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    (plugin,) = plugin_folders(tmp_path)
    found = check_plugin(plugin, sources("plugins", root=tmp_path))
    assert bool(found) is not fine


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ('<p class="x">{{ badge(style="soft") }}</p>', 0),
        ('{% set style = "x" %}<a href="/" hx-get="/x">once = more</a>', 0),
        ('<script src="/static/app.js" defer></script>', 0),
        ('<p style="color:red">', 1),
        ('<p\n  style="{{ x }}">', 1),
        ("<style>p {}</style>", 1),
        ('<button onclick="x()">', 1),
        ('<button hx-on:click="x()">', 1),
        ("<script>x()</script>", 1),
        ('<script type="module">x()</script>', 1),
        ('<a href="javascript:x()">', 1),
    ],
)
def test_templates_are_read_as_a_browser_would(text, faults):
    assert len(check_template("x.html", text, mail=False)) == faults
    assert len(check_template("x.html", text, mail=True)) == (0 if "style" in text else faults)
