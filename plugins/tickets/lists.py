"""Lists of tickets: one query for rows with names and unread marks, one for all counts."""

from types import SimpleNamespace

from flask import g

from parlour import Record, conversation, counted, current, late, listed, paging, people, sees_notes, visible
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
    found = words.matches("ticket", text)
    if text and current().is_staff:
        found = found | people.name_of(Record.person).contains(text)
    return paging.page_of(visible("ticket", "view", *columns()).where(found, *terms))


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


def is_mine():
    """Give the condition that whoever asks has a ticket."""
    return Ticket.assignee == late("reader", current().me.id)


def queue():
    """Count the open tickets that nobody has taken."""
    return counts().unassigned if "tickets_counts" in g else counted("ticket", ("queue",), lambda: {
        "n": Record.category.in_(UNDONE) & Ticket.assignee.is_null()}, most=99)["n"]


def names():
    """Give the team's people and the teams, each read once per request: (people, teams)."""
    if "tickets_names" not in g:
        g.tickets_names = (people.people(staff=True, active=True), people.teams())
    return g.tickets_names
