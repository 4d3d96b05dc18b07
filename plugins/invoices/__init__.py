"""Invoices: what customers owe, how they pay, and what they have paid."""

from parlour import N_, Begin, Demo, Job, Kind, Nav, Notice, Panel, hook

from . import api, demo_content, desk, lists, many, models, papers, reminders, service, transfer, views
from .imports import taken


@hook
def kinds():
    """Give the kinds `invoice` and `invoice_draft`."""
    return [Kind(name="invoice", plural="invoices", prefix="INV", title="Invoice", titles=N_("Invoices"),
                 body=models.Invoice, icon="receipt", fields=api.SHAPE, shape=api.shape, create=api.create,
                 reply=api.reply, words=api.words, narrow=lists.narrow, gives=api.gives,
                 document="/invoices/{number}/pdf", states=lambda: papers.STATES, owes=api.owes, take=api.take),
            Kind(name="invoice_draft", plural="invoice-drafts", prefix="DRF", title="Draft of an invoice",
                 titles=N_("Drafts of invoices"), body=models.Draft, href="/invoices/drafts/{number}",
                 icon="file-pen", fields=api.DRAFT, shape=api.draft, states=lambda: papers.STATES)]


@hook
def routes():
    """Give the pages of customers and of staff."""
    return [views.blueprint, desk.blueprint]


@hook
def navigation():
    """Give the entries: invoices, and for staff their drafts."""
    return [Nav(N_("Invoices"), "/invoices", "invoices.view", "receipt", order=40),
            Nav(N_("Drafts of invoices"), "/invoices/drafts", "invoices.create", "file-pen", area="staff",
                order=30)]


@hook
def begins():
    """Bill what has lines and a currency: an order, an accepted quote."""
    return [Begin("invoices.bill", "invoice_draft", N_("Write the invoice"), "invoices.create", call=service.bill,
                  needs=("lines", "currency"), once=True, icon="receipt", order=20)]


@hook
def panels():
    """Give the card of the home page."""
    return Panel("invoices.owed", N_("Invoices"), "invoices.view", views.panel, order=15)


@hook
def payments():
    """Give the way to pay that needs nobody else: a bank transfer."""
    return transfer.given()


@hook
def notices():
    """Say who is told of what."""
    def tell(event, label, title, *to, template="", staff_only=False):
        return Notice(f"invoices.{event}", title, to, template=f"invoices/mail/{template}" if template else "",
                      label=label, staff_only=staff_only)
    return [
        tell("issued", N_("You get an invoice"), N_("Your invoice %(number)s: %(title)s"), "requester", "company",
             template="issued"),
        tell("credited", N_("You get a credit note"), N_("Your credit note %(number)s: %(title)s"), "requester",
             "company", template="issued"),
        tell("reminded", N_("An invoice is due"), N_("%(number)s is waiting to be paid"), "requester", "company",
             template="reminded"),
        tell("paid", N_("An invoice is paid"), N_("%(number)s is paid"), "staff"),
        tell("replied", N_("Somebody writes about an invoice"), N_("%(actor)s wrote about %(number)s"),
             "followers", "requester", "staff", template="replied"),
        tell("noted", N_("A colleague writes a note"), N_("%(actor)s left a note on %(number)s"), "staff",
             staff_only=True)]


@hook
def jobs():
    """Remind of what is due."""
    return [Job("remind", every=3600, call=reminders.send)]


@hook
def acts():
    """Give what is done to many invoices at once."""
    return many.acts()


@hook
def imports():
    """Give what an import can make."""
    return taken()


@hook
def demo():
    """Give the demo content."""
    return Demo(demo_content.fill, order=50)
