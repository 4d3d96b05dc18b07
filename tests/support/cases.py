"""A plugin for tests: cases that customers open, with files, answers, notes and mail."""

from __future__ import annotations

from pathlib import Path

MANIFEST = """
id: cases
title: Cases
default: true
permissions:
  view: {user: own, company_user: company, company_admin: company, agent: all, admin: all}
  create: {user: own, company_user: company, company_admin: company, agent: all, admin: all}
  reply: {user: own, company_user: company, company_admin: company, agent: all, admin: all}
  note: staff
"""

CODE = '''
from flask import Blueprint, request
from parlour import (Invalid, Kind, Notice, Reader, add, attach, conversation, current, find, forms, granted, hook,
                     links, notify, publish, redirect, render, requires, transaction)

FORM = forms.load({"type": "object", "required": ["body"], "properties": {
    "subject": {"type": "string", "title": "Subject"},
    "body": {"type": "string", "title": "Message", "x-widget": "longtext"},
    "attachments": {"type": "array", "title": "Files", "x-widget": "files"}}}, id="cases.new")
blueprint = Blueprint("cases", __name__)
HEARD = []
FAIL = []


@hook
def kinds():
    return [Kind(name="case", plural="cases", prefix="CAS", title="Case")]


@hook
def notices():
    return [
        Notice("cases.opened", "New case %(number)s: %(title)s", ("staff",), template="cases/mail/told",
               label="A case is opened"),
        Notice("cases.opened", "Your case %(number)s", ("actor",), template="cases/mail/thanks"),
        Notice("cases.answered", "%(actor)s answered %(number)s: %(title)s", ("followers",),
               template="cases/mail/told", label="Somebody answers"),
        Notice("cases.noted", "Note on %(number)s by %(actor)s", ("staff",), template="cases/mail/noted",
               staff_only=True, label="Somebody writes a note"),
        Notice("cases.signed", "New sign-in", ("person",), template="cases/mail/told", kind="security"),
    ]


@hook
def readers():
    return [Reader("cases.opened", "hear", hear)]


def hear(event):
    HEARD.append(event.id)
    if FAIL:
        raise FAIL[0]


@hook
def routes():
    return blueprint


def draw(record, status=200, form=None):
    internal = granted(current(), "cases.note") == "all"
    entries = conversation.entries(record, internal=internal) if record else []
    if record and request.method == "GET":
        notify.opened(record, entries)
    return render("cases/case.html", status=status, form=form or FORM.bind(), record=record, entries=entries,
                  unread=conversation.unread([record.id], current().me.id, internal=internal) if record else {},
                  count=conversation.how_many(record, internal=internal) if record else 0)


def write(record, verb):
    try:
        values = FORM.clean(request.form, request.files)
        files = attach.receive(values["attachments"])
    except Invalid as error:
        return draw(record, 422, FORM.bind(request.form, error.errors))
    with transaction():
        new = record is None
        if new:
            me = current().me
            record = add("case", title=values["subject"], person=me.id,
                         company=me.memberships[0].company_id if me.memberships else None)
        message = conversation.add_entry(record, values["body"], internal=verb == "noted")
        attach.keep(record, files, message=message)
        publish("cases." + verb, record, message=message.public_id)
        if values["body"] == "fail at last":
            raise Invalid([])
    return redirect(links.of(record))


@blueprint.post("/cases/new")
@requires("cases.create")
def new():
    return write(None, "opened")


@blueprint.get("/cases/<number>")
@requires("cases.view")
def show(number):
    return draw(find("case", number))


@blueprint.post("/cases/<number>/reply")
@requires("cases.reply")
def reply(number):
    return write(find("case", number, "reply"), "answered")


@blueprint.post("/cases/<number>/note")
@requires("cases.note")
def note(number):
    return write(find("case", number, "note"), "noted")
'''

PAGE = """{% extends "base.html" %}
{% import "forms.html" as forms %}
{% block title %}{{ record.title if record else "New case" }}{% endblock %}
{% block content %}
<p id="figures">{{ count }} messages, {{ unread }} unread, version {{ record.version if record }}</p>
{% for entry in entries %}<article id="{{ entry.public_id }}">{{ entry.author_name }}: {{ entry.body }}
{% for f in entry.files %}<a href="/files/{{ f.public_id }}">{{ f.name }}</a>{% endfor %}</article>{% endfor %}
{{ forms.whole(form, "/cases/new", "Send") }}
{% endblock %}
"""

MAILS = {
    "told": "{{ actor }} wrote: {{ body }}", "thanks": "Thank you, {{ person.name }}. You wrote: {{ body }}",
    "noted": "{{ actor }} wrote a note. {{ body }}",
}


def install(folder: Path) -> None:
    """Write the plugin into a folder of plugins."""
    home = folder / "cases"
    mails = home / "templates" / "cases" / "mail"
    mails.mkdir(parents=True, exist_ok=True)
    (home / "plugin.yaml").write_text(MANIFEST)
    (home / "__init__.py").write_text(CODE)
    (mails.parent / "case.html").write_text(PAGE)
    for name, text in MAILS.items():
        (mails / f"{name}.txt").write_text(
            '{% extends "mail/base.txt" %}'
            '{% block subject %}{{ record.title if record else "Hello" }}{% endblock %}'
            "{% block content %}\n" + text + "\n{% endblock %}")
        (mails / f"{name}.html").write_text(
            '{% extends "mail/base.html" %}{% block content %}<p>' + text + "</p>{% endblock %}")
