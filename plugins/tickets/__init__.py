"""Tickets: a customer asks, the team answers, notes stay inside."""

from parlour import Kind, Notice, hook

from . import service, views
from .models import Ticket


@hook
def kinds():
    """Give the record kind `ticket`."""
    return [Kind(name="ticket", plural="tickets", prefix="TKT", title="Ticket", body=Ticket, icon="message-circle",
                 create=service.open_from, reply=service.reply_from, shape=service.shape)]


@hook
def routes():
    """Give the pages of tickets."""
    return views.blueprint


@hook
def notices():
    """Say who is told of what."""
    return [
        Notice("tickets.opened", "New ticket %(number)s: %(title)s", ("staff", "requester"),
               template="tickets/mail/opened"),
        Notice("tickets.replied", "New reply on %(number)s: %(title)s", ("followers", "assignee"),
               template="tickets/mail/replied"),
        Notice("tickets.noted", "New note on %(number)s: %(title)s", ("assignee",), staff_only=True),
    ]
