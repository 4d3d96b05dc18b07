"""Plugins that are bad on purpose: a good one, and one fault in each, by the rule that has to catch it."""

from __future__ import annotations

from pathlib import Path

MANIFEST = """id: {id}
title: Animal
permissions:
  view: {{user: own, company_user: company, company_admin: company, agent: all, admin: all}}
  create: {{user: own, company_user: company, company_admin: company, agent: all, admin: all}}
  note: staff
  feed: {{user: own, company_user: company, company_admin: company, agent: all, admin: all}}
events:
  {id}.fed: {{title: An animal is fed}}
navigation:
  - {{title: Animal, path: /{id}, permission: view}}
"""

CODE = '''"""An animal."""

from flask import Blueprint, request
from peewee import CharField
from parlour import (Kind, Panel, Record, Table, add, change, conversation, current, fetch, find, forms,
                     hook, label, people, piece, publish, redirect, render, requires, system, transaction,
                     visible)

NEW = forms.load({{"type": "object", "required": ["name"], "properties": {{
    "name": {{"type": "string", "title": "Name", "maxLength": 100}}}}}}, id="{id}.new")
blueprint = Blueprint("{id}", __name__)


class Animal(Table):
    food = CharField(default="")

    class Meta:
        table_name = "{id}_animal"


def make(source):
    values = NEW.clean(source)
    person = current().me
    row = add("{id}", title=values["name"], person=person.id, state="hungry",
              company=person.memberships[0].company_id if person.memberships else None)
    return find("{id}", row.number)


def number(row):
    return label(current().registry.kinds["{id}"], row.number)


def rows_of():
    return fetch(visible("{id}").order_by(Record.touched.desc()).limit(30))


@blueprint.get("/{id}")
@requires("{id}.view")
def listing():
    return render("{id}/list.html", rows=rows_of(), number=number)


@blueprint.get("/{id}/<number>")
@requires("{id}.view")
def show(number):
    row = find("{id}", number)
    return render("{id}/one.html", row=row, entries=conversation.entries(row, internal=False))


@blueprint.post("/{id}/<number>/feed")
@requires("{id}.feed")
def feed(number):
    row = find("{id}", number, "feed")
    with transaction():
        change("{id}", row.id, "feed", state="fed", body={{"food": "hay"}})
        publish("{id}.fed", row)
    return redirect("/{id}")


def card():
    rows = rows_of()
    return piece("{id}/card.html", rows=rows) if rows else None


@hook
def kinds():
    return [Kind("{id}", "{id}", "{prefix}", "Animal", body=Animal, create=make)]


@hook
def routes():
    return blueprint


@hook
def panels():
    return [Panel("{id}.all", "Animals", "{id}.view", card)]
'''

LIST = """{{% extends "base.html" %}}
{{% block title %}}{{{{ _("Animals") }}}}{{% endblock %}}
{{% block head %}}<link rel="stylesheet" href="/static/plugins/{id}/{id}.css">{{% endblock %}}
{{% block content %}}
<ul>{{% for row in rows %}}
<li><a href="/{id}/{{{{ number(row) }}}}"><bdi>{{{{ row.title }}}}</bdi></a></li>
{{% endfor %}}</ul>
{{% endblock %}}
"""
ONE = """{{% extends "base.html" %}}
{{% block title %}}{{{{ row.title }}}}{{% endblock %}}
{{% block content %}}
{{% for entry in entries %}}<p><bdi>{{{{ entry.body }}}}</bdi></p>{{% endfor %}}
<form method="post" action="/{id}/{{{{ row.number }}}}/feed">{{{{ once() }}}}
<button class="button">{{{{ _("Feed") }}}}</button></form>
{{% endblock %}}
"""
CARD = """<ul>{{% for row in rows %}}<li><bdi>{{{{ row.title }}}}</bdi></li>{{% endfor %}}</ul>
"""
STYLE = ".animal {{ margin-inline-start: 1rem; color: var(--text); }}\n"
MIGRATION = '''"""Make the table."""

from parlour_plugins.{id} import Animal


def up(migrator, db):
    db.create_tables([Animal])


def down(migrator, db):
    db.drop_tables([Animal])
'''
FILES = {"plugin.yaml": MANIFEST, "__init__.py": CODE, "templates/{id}/list.html": LIST,
         "templates/{id}/one.html": ONE, "templates/{id}/card.html": CARD, "static/{id}.css": STYLE,
         "migrations/0001_animal.py": MIGRATION}

INIT, LISTED, SHOWN = "__init__.py", "templates/{id}/list.html", "templates/{id}/one.html"
ROWS = 'return fetch(visible("{id}").order_by(Record.touched.desc()).limit(30))'
BLOCK = "{{% block content %}}"

Fault = tuple[str, str, str]

ANIMALS: dict[str, tuple[str, list[Fault]]] = {
    "adder": ("PC01", [("plugin.yaml", "title: Animal\nper", "titel: Animal\nper")]),
    "ancient": ("PC01", [("plugin.yaml", "title: Animal\nper", "title: Animal\nface: 99\nper")]),
    "bat": ("PC02", [(INIT, "def panels()", "def pannels()")]),
    "beetle": ("PC02", [(INIT, 'return [Panel("{id}.all", "Animals", "{id}.view", card)]', 'return ["card"]')]),
    "camel": ("PC03", [(INIT, "from peewee import CharField\n", "from peewee import CharField\n"
                                                                "from core.data import db\n")]),
    "cat": ("PC03", [(INIT, "from peewee import CharField\n", "from peewee import CharField\nimport yaml\n")]),
    "dingo": ("PC04", [(INIT, 'publish("{id}.fed", row)', 'publish("tickets.opened", row)')]),
    "dog": ("PC04", [(INIT, 'Kind("{id}", "{id}", "{prefix}"', 'Kind("{id}", "{id}", "TKT"')]),
    "eagle": ("PC05", [(INIT, '@requires("{id}.view")\ndef listing', "def listing")]),
    "eel": ("PC05", [(INIT, '@requires("{id}.feed")', '@requires("{id}.fodder")')]),
    "emu": ("PC05", [(INIT, '@blueprint.get("/{id}")', '@blueprint.get("/tickets")')]),
    "fly": ("PC06", [(INIT, ROWS, "return fetch(Record.select(Record.id, Record.title, Record.number))")]),
    "fox": ("PC06", [(INIT, "def card():\n", 'def older(db):\n    return db.execute_sql("SELECT 1")\n\n\n'
                                             "def card():\n")]),
    "gecko": ("PC07", [(INIT, ROWS, 'with system("lists"):\n        ' + ROWS)]),
    "goat": ("PC07", [(INIT, '    row = find("{id}", number)\n', '    with system("looks"):\n'
                             '        row = find("{id}", number)\n')]),
    "goose": ("PC07", [(INIT, '    row = find("{id}", number, "feed")\n    with transaction():',
                              '    with system("feeds"):\n        row = find("{id}", number, "feed")\n'
                              '    with system("feeds"), transaction():')]),
    "hare": ("PC08", [(INIT, '"Animals", "{id}.view", card', '"Animals", "tickets.view", card'),
                      (INIT, "    rows = rows_of()\n", "    rows = []\n")]),
    "heron": ("PC08", [(INIT, "blueprint = Blueprint", "SEEN = []\nblueprint = Blueprint"),
                       (INIT, "def listing():\n", "def listing():\n    SEEN.append(1)\n")]),
    "ibis": ("PC09", [(LISTED, "<ul>", '<ul style="color: red">')]),
    "ibex": ("PC09", [(LISTED, "<ul>", "<script>alert(1)</script><ul>")]),
    "jackal": ("PC10", [(LISTED, "<ul>", '<button hx-get="/{id}">{{{{ _("More") }}}}</button><ul>')]),
    "kiwi": ("PC11", [(SHOWN, "{{{{ once() }}}}", '{{{{ once() }}}}<input name="food">')]),
    "koala": ("PC11", [("static/{id}.css", "var(--text)", "#767676")]),
    "lion": ("PC12", [(LISTED, "<ul>", "<p>All our animals</p><ul>")]),
    "mole": ("PC13", [("static/{id}.css", "margin-inline-start", "margin-left")]),
    "newt": ("PC14", [(LISTED, "<bdi>{{{{ row.title }}}}", "<bdi>{{{{ owner(row) }}}}"),
                      (INIT, "number=number)\n\n\n@blueprint.get(\"/{id}/<number>\")",
                       "number=number, owner=lambda row: people.person(row.person_id).name)\n\n\n"
                       "@blueprint.get(\"/{id}/<number>\")")]),
    "otter": ("PC15", [("migrations/0001_animal.py", "db.drop_tables([Animal])", "pass")]),
    "owl": ("PC15", [(INIT, "def make(source):", 'class Nest(Table):\n    class Meta:\n'
                            '        table_name = "{id}_nest"\n\n\ndef make(source):')]),
    "panda": ("PC16", [(INIT, "    rows = rows_of()\n", '    raise ValueError("hungry")\n')]),
    "pig": ("PC16", [(INIT, '    row = find("{id}", number)\n', '    row = find("{id}", int(number))\n')]),
    "quail": ("PC17", [(SHOWN, "{{{{ once() }}}}", "")]),
    "rat": ("PC18", [(INIT, "blueprint = Blueprint", "people.how_many = lambda staff: 0\nblueprint = Blueprint")]),
    "seal": ("PC19", [(INIT, "from flask", "import contextlib\nimport urllib.request\n\nfrom flask"),
                      (INIT, "@hook\ndef routes():\n", "@hook\ndef routes():\n"
                       "    with contextlib.suppress(OSError):\n"
                       '        urllib.request.urlopen("http://weather.example/")\n')]),
    "viper": ("PC02", [(INIT, 'return [Panel("{id}.all", "Animals", "{id}.view", card)]',
                        "import os\n    os._exit(3)")]),
}
"""By name: the rule that has to catch it, and its fault: in which file, instead of what, what."""

READ = frozenset({"adder", "ancient", "camel", "cat", "dingo", "fox", "heron", "ibis", "ibex", "koala", "mole"})
"""Those that are caught by reading them, before anything of theirs runs."""


def write(folder: Path, name: str, faults: list[Fault]) -> Path:
    """Write a plugin, good but for its faults."""
    prefix = f"Z{name.upper()[:3]}"
    files = dict(FILES)
    for file, old, new in faults:
        assert old in files[file], (name, old)
        files[file] = files[file].replace(old, new, 1)
    home = folder / name
    for file, text in files.items():
        path = home / file.format(id=name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.format(id=name, prefix=prefix), encoding="utf-8")
    return home
