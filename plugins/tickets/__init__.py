"""Tickets: a customer asks, the team answers, notes stay inside."""

from parlour import N_, Begin, Demo, Job, Kind, Nav, Notice, Panel, hook, notify

from . import asking, changes, demo_content, desk, detail, lists, many, merging, rule_views, service, states, views
from .imports import taken
from .models import Ticket


@hook
def kinds():
    """Give the record kind `ticket`."""
    return [Kind(name="ticket", plural="tickets", prefix="TKT", title="Ticket", titles=N_("Tickets"),
                 body=Ticket, icon="message-circle", create=service.open_from, update=changes.update_from,
                 reply=service.reply_from, shape=detail.shape, words=detail.words, narrow=many.narrow,
                 merge=merging.write, fields=asking.SHAPE,
                 states=lambda: dict(states.policy().choices("statuses")))]


@hook
def routes():
    """Give the pages of customers and of staff."""
    return [views.blueprint, desk.blueprint, rule_views.blueprint]


@hook
def navigation():
    """Give the entries with what waits behind them: news for customers, the unassigned queue for staff."""
    return [Nav("Tickets", "/tickets", "tickets.view", "message-circle", order=10,
                badge=lambda: notify.news("ticket")),
            Nav("Inbox", "/inbox", "tickets.assign", "inbox", area="staff", order=10, badge=lists.queue)]


@hook
def begins():
    """Let people ask about any other record, whatever it is."""
    return [Begin("tickets.ask", "ticket", N_("Ask about this"), "tickets.create", form="/tickets/new",
                  icon="message-circle", order=90)]


@hook
def panels():
    """Give the cards of the home page."""
    return [Panel("tickets.recent", N_("Tickets"), "tickets.view", views.recent, order=10),
            Panel("tickets.waiting", N_("Inbox"), "tickets.assign", desk.waiting, order=10)]


@hook
def notices():
    """Say who is told of what."""
    def tell(event, label, title, *to, template="", staff_only=False):
        return Notice(f"tickets.{event}", title, to, template=f"tickets/mail/{template or event}", label=label,
                      staff_only=staff_only)
    return [
        tell("opened", N_("A request arrives for you or your team"), N_("New request %(number)s: %(title)s"),
             "assignee", "team"),
        tell("queued", N_("A request arrives that nobody has"), N_("New request %(number)s: %(title)s"), "staff",
             template="opened"),
        tell("received", N_("Your request has arrived"), N_("We have your request %(number)s"), "actor"),
        tell("opened_for", N_("We open a request for you"), N_("%(actor)s opened %(number)s for you: %(title)s"),
             "requester"),
        tell("replied", N_("Somebody answers"), N_("%(actor)s answered %(number)s: %(title)s"),
             "followers", "people"),
        tell("noted", N_("A colleague writes a note"), N_("%(actor)s left a note on %(number)s"), "people",
             staff_only=True),
        tell("assigned", N_("A request becomes yours"), N_("%(number)s is yours now: %(title)s"), "assignee"),
        tell("handed", N_("Your team gets a request"), N_("%(number)s came to your team: %(title)s"), "team"),
        Notice("tickets.merged", N_("%(actor)s put two of your requests together in %(number)s"), ("people",),
               label=N_("Your request is merged with another")),
        tell("resolved", N_("Your request is resolved"), N_("%(number)s is resolved: %(title)s"),
             "requester", "people")]


@hook
def jobs():
    """Bring the teams of the configuration into being; move what stands at a status that is gone."""
    return [Job("teams", every=300, call=service.align_teams),
            Job("statuses", every=60, call=service.align_statuses)]


@hook
def demo():
    """Give the demo content."""
    return [Demo(demo_content.fill, order=20)]


@hook
def acts():
    """Give what is done to many tickets at once."""
    return many.acts()


@hook
def imports():
    """Give what an import can make."""
    return taken()
