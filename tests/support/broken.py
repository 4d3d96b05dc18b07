"""Plugins made to fail: one point of the contract, one way of failing, written as a plugin folder."""

from __future__ import annotations

from pathlib import Path

WAYS = {
    "exception": 'raise ValueError("broken on purpose")',
    "exit": 'raise SystemExit("broken on purpose")',
    "recursion": "deep()",
    "interrupt": 'raise KeyboardInterrupt("broken on purpose")',
    "type": "return 42",
    "generator": "return late()",
}
"""How something fails, as the last line of a function. `late()` yields once and raises then."""

POINTS = ("import", "kinds", "navigation", "panel", "route", "template", "before_request", "reader", "job")
"""Where it fails; a migration is tried apart, because it needs a database of its own."""

START = '''"""A plugin that fails at {point}: {way}."""

from flask import Blueprint, Response
from markupsafe import Markup

from parlour import Job, Kind, Nav, Panel, Reader, hook, publish, render, requires


def deep():
    return deep()


def late():
    yield None
    raise ValueError("broken on purpose")


def fail():
    {failing}


blueprint = Blueprint("{id}", __name__)


@blueprint.get("/{id}/fine")
@requires("{id}.view")
def fine():
    return Response("fine")


@blueprint.post("/{id}/tell")
@requires("{id}.view")
def tell():
    publish("{id}.told")
    return Response("told")


@hook
def routes():
    return blueprint
'''

PARTS = {
    "import": "\n\nif isinstance(fail(), int):\n    hook(42)\n\n\nlist(fail() or ())\n",
    "kinds": "\n\n@hook\ndef kinds():\n    return fail()\n",
    "navigation": "\n\n@hook\ndef navigation():\n    return fail()\n",
    "panel": "\n\n@hook\ndef panels():\n    return [Panel('{id}.card', 'Card of {id}', '{id}.view', fail)]\n",
    "route": "\n\n@blueprint.get('/{id}/broken')\n@requires('{id}.view')\ndef broken():\n    return fail()\n",
    "template": "\n\n@blueprint.get('/{id}/broken')\n@requires('{id}.view')\ndef broken():\n"
                "    return render('{id}/broken.html', fail=fail)\n",
    "before_request": "\n\ninner = Blueprint('{id}_inner', __name__)\n\n\n@inner.before_request\ndef before():\n"
                      "    return fail()\n\n\n@inner.get('/{id}/broken')\n@requires('{id}.view')\n"
                      "def broken():\n    return Response('reached')\n",
    "reader": "\n\n@hook\ndef readers():\n"
              "    return [Reader('{id}.told', 'listener', lambda event: fail())]\n",
    "job": "\n\n@hook\ndef jobs():\n    return [Job('chore', 1, fail)]\n",
}

TEMPLATE = "{% extends 'base.html' %}{% block content %}{% for x in [fail()] %}{{ x.nothing.at_all }}" \
           "{% for y in x %}{% endfor %}{% endfor %}{% endblock %}"


def write(folder: Path, identity: str, code: str, manifest: str = "") -> Path:
    """Write a plugin folder with everything on by default."""
    home = folder / identity
    (home / "templates" / identity).mkdir(parents=True)
    (home / "plugin.yaml").write_text(
        f"id: {identity}\ntitle: The {identity}\ndefault: on\npermissions: {{view: everyone}}\n{manifest}")
    (home / "__init__.py").write_text(code)
    return home


def failing(folder: Path, identity: str, point: str, way: str) -> None:
    """Write a plugin that fails at one point, in one way."""
    code = START.format(point=point, way=way, failing=WAYS[way], id=identity) + PARTS[point].format(id=identity)
    if point == "before_request":
        code = code.replace("    return blueprint\n", "    return [blueprint, inner]\n", 1)
    home = write(folder, identity, code)
    (home / "templates" / identity / "broken.html").write_text(TEMPLATE)
