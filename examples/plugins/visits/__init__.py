"""Visits: a customer asks for one, the team plans it, both talk about it."""

from parlour import N_, Kind, Notice, Panel, hook

from . import service, views
from .models import Visit


@hook
def kinds():
    """Give the record kind `visit`: with it come search, files, the API and the customer's rights."""
    return [Kind(name="visit", plural="visits", prefix="VIS", title="Visit", body=Visit, icon="calendar",
                 create=service.ask_from, reply=service.reply_from, shape=service.shape)]


@hook
def routes():
    """Give the pages."""
    return views.blueprint


@hook
def panels():
    """Give the card of the home page: visits to come."""
    return [Panel("visits.next", "Visits", "visits.view", views.card, order=60)]


@hook
def notices():
    """Say who is told of what."""
    return [Notice("visits.asked", N_("%(actor)s asks for a visit: %(title)s"), ("staff",), staff_only=True,
                   label=N_("Somebody asks for a visit")),
            Notice("visits.planned", N_("Your visit %(number)s is planned"), ("requester",),
                   template="visits/mail/planned", label=N_("A visit of yours is planned")),
            Notice("visits.replied", N_("%(actor)s wrote about %(number)s: %(title)s"), ("followers",),
                   template="visits/mail/replied", label=N_("Somebody writes about a visit"))]
