"""One ticket's page: its conversation, its facts, and for staff the desk beside it."""

from datetime import timedelta
from types import SimpleNamespace

from flask import request

import parlour
from parlour import Record, conversation, current, fetch, granted, label, late, people, render, visible
from parlour import gettext as _

from . import asking, changes, lists, service, states
from .models import Ticket, moment

HIDABLE = ("assignee", "priority", "origin", "deadline", "time_taken", "messages", "cause", "solution")
"""Facts that a tenant may keep from customers (the setting `shown`)."""


def kind():
    """Give the registered kind."""
    return current().registry.kinds["ticket"]


def path(ticket):
    """Give a ticket's address."""
    return parlour.links.record_path(kind(), ticket.number)


def common():
    """Give what every template of tickets asks for: the tenant's words, numbers and addresses."""
    return {"policy": states.policy(), "kind": kind(), "label": label, "path": path}


def show(ticket, *, status=200, **typed):
    """Draw a ticket; `typed` is what stays in a form that was refused: body, note, error, note_error, wrong."""
    who, policy = current(), states.policy()
    staff, done, noted = who.is_staff, states.done(ticket), parlour.sees_notes(kind())
    works = staff and granted(who, "tickets.assign") != "none"
    entries = conversation.entries(ticket, internal=noted)
    if request.method == "GET":
        parlour.notify.opened(ticket, entries)
    before, later = _linked(ticket)
    form = asking.change_form(policy, ticket.topic, staff=staff)
    return render(
        "tickets/ticket.html", block="ticket", status=status, ticket=ticket, entries=entries, works=works,
        noted=noted, done=done, number=label(kind(), ticket.number), **common(), before=before, later=later,
        word=policy.status(ticket.state, ticket.category), facts=_facts(policy, ticket, entries, staff),
        may_edit=bool(form.names) and not done and granted(who, "tickets.edit") != "none",
        may_merge=works and not ticket.merged and "none" not in (
            granted(who, "tickets.merge"), granted(who, "merging.use")),
        may_resolve=not staff and not done and granted(who, "tickets.resolve") != "none",
        after_close=service.after_close(ticket), desk=_desk(ticket) if works else None,
        typed={"body": "", "note": "", "error": "", "note_error": "", "wrong": ""} | typed)


def _linked(ticket):
    """Give the ticket this one follows, and those that follow it or took it in, as far as one may see them."""
    if not ticket.follows and not states.done(ticket):
        return None, []
    columns = (Record.id, Record.number, Record.title, Ticket.follows)
    rows = fetch(visible("ticket", "view", *columns, anywhere=True).where(
        (Ticket.follows == ticket.id) | (Record.id == (ticket.follows or 0))
        | (Record.number == (ticket.merged or 0))).order_by(Record.number).limit(10))
    return next((row for row in rows if row.id == ticket.follows), None), \
        [row for row in rows if row.follows == ticket.id or row.number == ticket.merged]


def taken(ticket):
    """Give how long it took until a ticket was resolved, None while it is open."""
    return max(moment(ticket.settled) - ticket.created, timedelta(0)) if ticket.settled else None


def _facts(policy, ticket, entries, staff):
    """Give the facts beside the conversation; customers get those the tenant shows them."""
    found = {entry.author_id: entry.author_name for entry in entries}
    found |= people.names({ticket.person_id, ticket.assignee} - set(found))
    teams = lists.names()[1] if staff else people.teams() if ticket.team else ()
    team = next((row.name for row in teams if row.id == ticket.team), "")
    handler = " · ".join(name for name in (found.get(ticket.assignee), team) if name)
    facts = {
        "requester": (_("From"), found.get(ticket.person_id, "")),
        "assignee": (_("Handled by"), handler or _("Nobody yet")),
        "opened": (_("Opened"), ticket.created),
        "deadline": (_("Answer due"), moment(None if states.done(ticket) else ticket.deadline)),
        "time_taken": (_("Time taken"), taken(ticket)), "topic": (_("About"), policy.topic(ticket.topic)),
        "priority": (_("Priority"), policy.priority(ticket.priority)),
        "origin": (_("Came by"), _(states.ORIGINS.get(ticket.origin, ticket.origin))),
        "messages": (_("Messages"), sum(entry.kind == "message" and not entry.internal for entry in entries)),
        "cause": (_("Cause"), ticket.cause), "solution": (_("Solution"), ticket.solution)}
    shown = [pair for name, pair in facts.items() if staff or name in policy.shown or name not in HIDABLE]
    form, own = asking.change_form(policy, ticket.topic, staff=True), asking.own_fields(
        policy, ticket.topic, staff=staff)
    return shown + parlour.forms.told(form, states.values(ticket), own) + (
        parlour.forms.kept(form, states.values(ticket), ticket.fields or {}) if staff else [])


def _desk(ticket):
    """Give what the desk beside a ticket needs: people, teams, the customer and their other tickets."""
    staff, teams = lists.names()
    owner = Record.person if ticket.person_id else Record.company
    others = parlour.listed("ticket", ("others", owner.name), lambda query: lists.latest(query.where(
        owner == late("owner", 0), Record.id != late("this", 0))), this=ticket.id,
        owner=ticket.person_id or ticket.company_id,
        columns=(Record.id, Record.number, Record.title, Record.state, Record.category))
    return SimpleNamespace(
        staff=[(row.public_id, row.name) for row in staff], teams=[(row.key, row.name) for row in teams],
        owner=next((row.public_id for row in staff if row.id == ticket.assignee), ""),
        team=next((row.key for row in teams if row.id == ticket.team), ""), day=changes.day(ticket.deadline),
        requester=people.person(ticket.person_id) if ticket.person_id else None,
        company=next(iter(people.companies([ticket.company_id])), None) if ticket.company_id else None,
        others=others, me=current().me.public_id, mine=ticket.assignee == current().me.id)


def shape(ticket):
    """Give what the API says about a ticket beyond its record: to customers, what the tenant shows them."""
    policy, staff, length = states.policy(), current().is_staff, taken(ticket)
    facts = {"priority": ticket.priority, "origin": ticket.origin, "cause": ticket.cause,
             "assignee": next((row.name for row in lists.names()[0] if row.id == ticket.assignee), None),
             "deadline": _stamp(ticket.deadline), "solution": ticket.solution,
             "time_taken": int(length.total_seconds() // 60) if length is not None else None}
    told = {"status": policy.status(ticket.state, ticket.category), "topic": ticket.topic,
            "settled": _stamp(ticket.settled)}
    told |= {name: value for name, value in facts.items() if staff or name in policy.shown}
    if not staff:
        return told | {"fields": states.open_fields(policy, ticket)}
    team = next((row.key for row in lists.names()[1] if row.id == ticket.team), None)
    return told | {"team": team, "version": ticket.staff_version,
                   "merged_into": label(kind(), ticket.merged) if ticket.merged else None}


def words(ticket):
    """Give what search finds a ticket by beside subject and conversation: for everybody, and for staff."""
    policy = states.policy()
    told = [getattr(ticket, name) for name in ("cause", "solution") if name in policy.shown]
    told += map(str, states.open_fields(policy, ticket).values())
    return " ".join(told), " ".join([ticket.cause, ticket.solution, *map(str, (ticket.fields or {}).values())])


def _stamp(value):
    return moment(value).strftime("%Y-%m-%dT%H:%M:%SZ") if value else None
