"""Lists of tickets: one query for rows with names and unread marks, one for all counts."""

from flask import g
from peewee import Case, fn

from parlour import Record, conversation, count, current, first, people, visible
from parlour import search as words

from .models import Ticket
from .states import DONE

_COLUMNS = (Record.id, Record.kind, Record.number, Record.title, Record.company, Record.person, Record.state,
            Record.category, Record.created, Record.touched, Ticket.priority, Ticket.topic, Ticket.deadline)
OPEN, CLOSED = Record.category.not_in(DONE), Record.category.in_(DONE)


def unread():
    """Give the condition that others wrote what whoever asks has not read."""
    return conversation.unread_here(current().me.id, internal=current().is_staff)


def tickets():
    """Give the query of a list: what one row shows, names and unread mark included."""
    return visible("ticket", "view", *_COLUMNS, people.name_of(Record.person).alias("requester"),
                   people.name_of(Ticket.assignee).alias("handler"), unread().alias("unread"))


def search(query, text):
    """Narrow a list to what the search index finds, or (for staff) to a customer's name."""
    text = "".join(text.split("\0")).strip()[:200]
    terms = words.matches("ticket", text)
    if text and current().is_staff:
        terms = terms | people.name_of(Record.person).contains(text)
    return query.where(terms)


def latest(query, most=5):
    """Give the rows of a list that moved last."""
    return query.order_by(Record.touched.desc(), Record.number.desc()).limit(most)


def counts(mine=()):
    """Count what the lists hold for whoever asks, in one query, once per request.

    `open`, `unread`; for customers `closed`; for staff `unassigned`, `mine` and `team` (`mine` are the keys of
    their teams), all of them open.
    """
    if "tickets_counts" not in g:
        columns = {"open": OPEN, "unread": unread()}
        if current().is_staff:
            columns |= {"unassigned": Ticket.assignee.is_null(), "mine": Ticket.assignee == current().me.id,
                        "team": Ticket.team.in_(list(mine) or [0])}
        else:
            columns["closed"] = CLOSED
        query = visible("ticket", "view", *(
            fn.COALESCE(fn.SUM(Case(None, ((term, 1),), 0)), 0).alias(name) for name, term in columns.items()))
        g.tickets_counts = first(query.where(OPEN) if current().is_staff else query)
    return g.tickets_counts


def news():
    """Count the tickets in which somebody else wrote what a customer has not read; staff have the inbox."""
    if current().is_staff:
        return 0
    return int(counts().unread) if "tickets_counts" in g else count(
        visible("ticket", "view", Record.id).where(unread()), most=99)


def queue():
    """Count the open tickets that nobody has taken."""
    return int(counts().unassigned) if "tickets_counts" in g else count(
        visible("ticket", "view", Record.id).where(OPEN, Ticket.assignee.is_null()), most=99)


def names():
    """Give the team's people and the teams, each read once per request: (people, teams)."""
    if "tickets_names" not in g:
        g.tickets_names = (people.people(staff=True, active=True), people.teams())
    return g.tickets_names
