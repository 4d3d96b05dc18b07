"""Orders: what customers ordered, where it is and what it costs, with a conversation of their own."""

from parlour import N_, Begin, Demo, Kind, Nav, Notice, Panel, Reader, hook

from . import demo_content, detail, lists, payments, service, terms, views
from .imports import taken
from .models import Order


@hook
def kinds():
    """Give the record kind `order`."""
    return [Kind(name="order", plural="orders", prefix="ORD", title="Order", titles=N_("Orders"), body=Order,
                 icon="package", create=service.open_from, update=service.update_from, reply=service.reply_from,
                 shape=detail.shape, brief=detail.brief, fields=detail.SHAPE, words=detail.words,
                 narrow=lists.narrow, gives=service.told, states=lambda: dict(terms.terms().choices()))]


@hook
def routes():
    """Give the pages."""
    return [views.blueprint]


@hook
def navigation():
    """Give the entry. News stand in the bell and in the list: a number here would be counted on every page."""
    return [Nav(N_("Orders"), "/orders", "orders.view", "package", order=30)]


@hook
def begins():
    """Let an order begin from whatever tells lines and a currency: an accepted quote, a cart."""
    return [Begin("orders.place", "order", N_("Order this"), "orders.create", call=service.place,
                  needs=("lines", "currency"), once=True, icon="package", order=10)]


@hook
def panels():
    """Give the card of the home page."""
    return [Panel("orders.recent", N_("Orders"), "orders.view", views.recent, order=20)]


@hook
def readers():
    """Follow what other features say about payments of an order's documents."""
    return [Reader("invoices.paid", "payments", payments.follow),
            Reader("invoices.booked", "booked", payments.follow),
            Reader("invoices.reopened", "reopened", payments.follow)]


@hook
def notices():
    """Say who is told of what."""
    def tell(event, label, title, *to, template="", **values):
        return Notice(f"orders.{event}", title, to, template=f"orders/mail/{template or event}", label=label,
                      values=values)
    total = {"total": "€42.00"}
    return [
        tell("placed", N_("Your order has arrived"), N_("We have your order %(number)s: %(title)s"), "actor",
             **total),
        tell("arrived", N_("An order arrives"), N_("New order %(number)s: %(title)s"), "staff", **total),
        tell("placed_for", N_("We write an order for you"), N_("%(actor)s placed order %(number)s for you"),
             "requester", **total),
        tell("changed", N_("We change your order"), N_("%(number)s has changed: %(title)s"), "requester", **total),
        tell("status", N_("Your order moves on"), N_("%(number)s is now: %(word)s"), "requester",
             word=N_("Confirmed")),
        tell("shipped", N_("Your order is shipped"), N_("%(number)s is on its way"), "requester",
             parcel="DHL 00340434161094"),
        tell("cancelled", N_("An order is cancelled"), N_("%(number)s is cancelled: %(title)s"), "requester",
             "people"),
        tell("replied", N_("Somebody writes about an order"), N_("%(actor)s wrote about %(number)s: %(title)s"),
             "followers", "people"),
        Notice("orders.noted", N_("%(actor)s left a note on %(number)s"), ("people",), staff_only=True,
               template="orders/mail/noted", label=N_("A colleague writes a note on an order"))]


@hook
def acts():
    """Give what is done to many orders at once."""
    return lists.acts()


@hook
def imports():
    """Give what an import can make."""
    return taken()


@hook
def demo():
    """Give the demo content."""
    return [Demo(demo_content.fill, order=40)]
