"""Lists of tickets: one query for rows with names and unread marks, one for all counts."""

from types import SimpleNamespace

from flask import g, has_app_context

from parlour import Record, conversation, counted, current, late, listed, paging, people, sees_notes, visible
from parlour import gettext as _
from parlour import search as words

from .models import Ticket
from .states import DONE, UNDONE

_COLUMNS = (Record.id, Record.kind, Record.number, Record.title, Record.company, Record.person, Record.state,
            Record.category, Record.created, Record.touched, Ticket.priority, Ticket.topic, Ticket.deadline)
OPEN, CLOSED = Record.category.not_in(DONE), Record.category.not_in(UNDONE)
"""Conditions of lists: said like this, an engine goes along the order of the list and stops when it is full."""


def unread():
    """Give the condition that others wrote what whoever asks has not read."""
    return conversation.unread_here(current().me.id, internal=_noted())


def _noted():
    """Say whether whoever asks may see notes."""
    return sees_notes(current().registry.kinds["ticket"])


def columns():
    """Give what one row of a list shows, names and unread mark included."""
    return (*_COLUMNS, people.name_of(Record.person).alias("requester"),
            people.name_of(Ticket.assignee).alias("handler"), unread().alias("unread"))


def page(shape, *terms):
    """Give the page of the tickets under some conditions, its SQL kept by `shape`."""
    return paging.page("ticket", (shape, _noted()), lambda query: query.where(*terms), columns=columns,
                       reader=current().me.id)


def newest(shape, *terms):
    """Give the rows of such a list that moved last."""
    return listed("ticket", (shape, _noted()), lambda query: latest(query).where(*terms),
                  columns=columns, limited=True, reader=current().me.id)


def search(text, *terms):
    """Give the page of what the search index finds, and for staff of a customer's name, under conditions."""
    text = "".join(text.split("\0")).strip()[:200]
    return paging.page_of(visible("ticket", "view", *columns()).where(found(text), *terms))


def found(text):
    """Give the condition that the search index finds a text, or for staff a customer's name has it."""
    match = words.matches("ticket", text)
    return match | people.name_of(Record.person).contains(text) if text and current().is_staff else match


def latest(query, most=5):
    """Give the rows of a list that moved last."""
    return query.order_by(Record.touched.desc(), Record.number.desc()).limit(most)


def counts(mine=()):
    """Count what the lists hold for whoever asks, in one query, once per request; 1000 means more than 999.

    `open`; for customers `closed`; for staff `unread`, `unassigned`, `mine` and `team` (`mine` are the keys of
    their teams), all of them open.
    """
    if "tickets_counts" not in g:
        staff = current().is_staff
        g.tickets_counts = SimpleNamespace(**counted(
            "ticket", (staff, _noted(), tuple(mine)), lambda: _shelves(mine), body=staff, reader=current().me.id))
    return g.tickets_counts


def _shelves(mine):
    still = Record.category.in_(UNDONE)
    if not current().is_staff:
        return {"open": still, "closed": CLOSED}
    return {"open": still, "unread": still & unread(), "unassigned": still & Ticket.assignee.is_null(),
            "mine": still & is_mine(), "team": still & in_teams(mine)}


def in_teams(mine):
    """Give the condition that one of some teams has a ticket."""
    return Ticket.team.in_(list(mine) or [0])


def nobodys():
    """Give the condition that nobody has taken a ticket."""
    return Ticket.assignee.is_null()


def is_mine():
    """Give the condition that whoever asks has a ticket."""
    return Ticket.assignee == late("reader", current().me.id)


def queue():
    """Count the open tickets that nobody has taken."""
    return counts().unassigned if "tickets_counts" in g else counted("ticket", ("queue",), lambda: {
        "n": Record.category.in_(UNDONE) & Ticket.assignee.is_null()}, most=99)["n"]


def names():
    """Give the team's people and the teams, each read once per request: (people, teams)."""
    if not has_app_context():  # the worker: once per row is often enough
        return people.people(staff=True, active=True), people.teams()
    if "tickets_names" not in g:
        g.tickets_names = (people.people(staff=True, active=True), people.teams())
    return g.tickets_names


def queues(mine):
    """Give the queues: key -> (words, condition on tickets)."""
    return {"unassigned": (_("Unassigned"), OPEN & Ticket.assignee.is_null()),
            "mine": (_("Mine"), OPEN & is_mine()),
            "team": (_("My teams"), OPEN & in_teams(mine)),
            "open": (_("All open"), OPEN), "unread": (_("Unread"), OPEN & unread()),
            "closed": (_("Closed"), CLOSED)}


def filters(policy):
    """Give the filters: name -> (words, {value: (words, condition)})."""
    staff, teams = names()
    return {
        "status": (_("Status"), {key: (policy.status(key), Record.state == key) for key in policy.statuses}),
        "assignee": (_("Assigned to"), {r.public_id: (r.name, Ticket.assignee == r.id) for r in staff}),
        "team": (_("Team"), {row.key: (row.name, Ticket.team == row.id) for row in teams}),
        "category": (_("Category"), {key: (policy.topic(key), Ticket.topic == key) for key in policy.categories}),
        "priority": (_("Priority"), {key: (policy.priority(key), Ticket.priority == key)
                                     for key in policy.priorities})}
