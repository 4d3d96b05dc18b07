"""The floor: Flask, Jinja2 and peewee on SQLite, one cookie look-up, one list query, the same rows and weight.

No tenant, no access rule, no theme, no plugins. It stays honest: same durability (synchronous=FULL), same
server, same number of rows, the same frame around the page, and what it shows is escaped.
"""

from __future__ import annotations

import os
import time

from flask import Flask, g, redirect, request, url_for
from jinja2 import DictLoader
from peewee import CharField, ForeignKeyField, IntegerField, Model, SqliteDatabase, TextField, fn

PRAGMAS = {"journal_mode": "wal", "synchronous": "full", "foreign_keys": 1, "busy_timeout": 15000}
db = SqliteDatabase(os.environ["BENCH_FLOOR_DB"], pragmas=PRAGMAS)


class Base(Model):
    class Meta:
        database = db


class Person(Base):
    name = CharField()


class Session(Base):
    secret = CharField(unique=True)
    person = ForeignKeyField(Person)


class Ticket(Base):
    number = IntegerField(unique=True)
    person = ForeignKeyField(Person)
    title = TextField()
    state = CharField()
    touched = IntegerField()

    class Meta:
        indexes = ((("person", "touched"), False),)


class Message(Base):
    ticket = ForeignKeyField(Ticket)
    author = CharField()
    body = TextField()
    created = IntegerField()


TABLES = [Person, Session, Ticket, Message]
FRAME = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{{ title }}</title>
<link rel="stylesheet" href="/static/a.css"><script src="/static/a.js" defer></script></head><body>
<header class="top"><div class="bar"><a class="brand" href="{{ url_for('home') }}">Support</a><nav>
<a href="{{ url_for('tickets') }}">Tickets</a></nav><form action="/search"><input name="q"></form>
<details><summary>{{ me.name if me else "" }}</summary><form method="post" action="/sign-out"><button>Sign out
</button></form></details></div></header><main id="main"><h1>{{ title }}</h1>{% block content %}{% endblock %}</main>
<footer><p>Support</p></footer><!--{{ pad }}--></body></html>"""
LIST = """{% extends "frame" %}{% block content %}{% block results %}<ul id="results">{% for t in tickets %}
<li data-record="ticket/{{ t.number }}"><a href="{{ url_for('ticket', number=t.number) }}"><b>{{ t.title }}</b>
<span>TKT-{{ t.number }} · {{ me.name }}</span><span class="badge {{ t.state }}">{{ t.state }}</span>
<time datetime="{{ t.touched }}">{{ t.touched|when }}</time></a></li>{% endfor %}</ul>
<p>{{ counts.open }} open, {{ counts.closed }} closed</p>{% endblock %}{% endblock %}"""
TICKET = """{% extends "frame" %}{% block content %}{% for m in messages %}<article><b>{{ m.author }}</b>
<time datetime="{{ m.created }}">{{ m.created|when }}</time><div>{{ m.body }}</div></article>{% endfor %}
<form method="post" action="{{ url_for('ticket', number=ticket.number) }}"><textarea name="body"></textarea>
<button>Send reply</button></form><dl><dt>Number</dt><dd>TKT-{{ ticket.number }}</dd><dt>Status</dt>
<dd>{{ ticket.state }}</dd><dt>From</dt><dd>{{ me.name }}</dd></dl>{% endblock %}"""
SIGN_IN = """{% extends "frame" %}{% block content %}<form method="post"><label for="e">E-mail</label>
<input id="e" name="email"><label for="p">Password</label><input id="p" type="password" name="password">
<button>Sign in</button></form>{% endblock %}"""
HOME = """{% extends "frame" %}{% block content %}<p>Hello, {{ me.name }}</p><ul>{% for t in tickets %}
<li><a href="{{ url_for('ticket', number=t.number) }}">{{ t.title }}</a> {{ t.state }}</li>{% endfor %}</ul>
{% endblock %}"""

app = Flask(__name__)
app.jinja_env.loader = DictLoader({"frame": FRAME, "list": LIST, "ticket": TICKET, "home": HOME,
                                   "sign-in": SIGN_IN})
app.jinja_env.autoescape = True
app.jinja_env.filters["when"] = lambda stamp: time.strftime("%d %b %Y, %H:%M", time.gmtime(stamp))


def pad(page: str) -> str:
    """Give what brings a page to the weight of the portal's: told by the bench after it has looked."""
    return "x" * int(os.environ.get(f"BENCH_PAD_{page}", "0"))


@app.before_request
def begin():
    db.connect()
    session = Session.get_or_none(Session.secret == request.cookies.get("floor", ""))
    g.me = Person.get_by_id(session.person_id) if session else None


@app.teardown_request
def end(_error):
    if not db.is_closed():
        db.close()


def show(template: str, title: str, **values):
    page = app.jinja_env.get_template(template)
    key = request.args.get("as", template).upper().replace("-", "_")
    return page.render(title=title, me=g.me, url_for=url_for, pad=pad(key), **values)


def latest(limit: int):
    return list(Ticket.select().where(Ticket.person == g.me).order_by(Ticket.touched.desc()).limit(limit))


@app.get("/sign-in")
def sign_in():
    return show("sign-in", "Sign in")


@app.get("/")
def home():
    return show("home", "Home", tickets=latest(5))


@app.get("/tickets")
def tickets():
    counts = dict(Ticket.select(Ticket.state, fn.COUNT(Ticket.id)).where(Ticket.person == g.me).group_by(
        Ticket.state).tuples())
    counts = {"open": counts.get("open", 0), "closed": counts.get("closed", 0)}
    values = {"tickets": latest(25), "counts": counts}
    if request.headers.get("HX-Request"):
        template = app.jinja_env.get_template("list")
        context = template.new_context({"me": g.me, "url_for": url_for, **values})
        return "".join(template.blocks["results"](context))
    return show("list", "Tickets", **values)


@app.get("/tickets/<int:number>")
def ticket(number: int):
    found = Ticket.get_or_none(Ticket.number == number, Ticket.person == g.me)
    if found is None:
        return "not found", 404
    entries = list(Message.select().where(Message.ticket == found).order_by(Message.created))
    return show("ticket", found.title, ticket=found, messages=entries)


@app.post("/tickets/new")
def create():
    stamp = int(time.time())
    with db.atomic("IMMEDIATE"):
        number = (Ticket.select(fn.MAX(Ticket.number)).scalar() or 0) + 1
        made = Ticket.create(number=number, person=g.me, title=request.form["subject"], state="open", touched=stamp)
        Message.create(ticket=made, author=g.me.name, body=request.form["body"], created=stamp)
    return redirect(url_for("ticket", number=number), 303)
