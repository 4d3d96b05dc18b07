"""Reminders: by the tenant's schedule, each once, and never about what is paid."""

from datetime import date
from functools import reduce
from operator import or_

import parlour
from parlour import Record, fetch, publish, transaction, visible
from parlour import gettext as _

from . import papers
from .models import INVOICE, Invoice

MOST = 500
"""Reminders of one turn; the next turn sends the rest."""


def stage(due, today, days):
    """Say how many reminders of a schedule have come due: the last of them counts, the ones before are past."""
    since = (date.fromisoformat(today) - date.fromisoformat(due)).days
    return sum(since >= one for one in days)


def send():
    """Remind of every open invoice whose next day has come (a job); after a pause only the last one is sent."""
    days, today = papers.settings().reminders, papers.today()
    if not days:
        return
    reached = reduce(or_, ((Invoice.due <= papers.later(today, -day)) & (Invoice.reminded <= before)
                           for before, day in enumerate(days)))  # those that wait for a later stage starve none
    for row in fetch(visible("invoice", "create", Record.id, Record.number, Invoice.due).where(
            Invoice.open > 0, Invoice.sort == INVOICE, reached).order_by(Record.number).limit(MOST)):
        remind(row.number, stage(row.due, today, days))


def remind(number, reached=None):
    """Remind of one invoice; without `reached`, now and beside the schedule. Raises Conflict where it is paid."""
    with transaction():
        invoice = parlour.find("invoice", number, "create", hold=True)
        if invoice.open <= 0 or invoice.sort != INVOICE:
            raise parlour.Conflict(_("It is paid."))
        if reached is not None and invoice.reminded >= reached:
            return None
        since = (date.fromisoformat(papers.today()) - date.fromisoformat(invoice.due)).days
        made = parlour.change("invoice", invoice.id, "create", public=False,
                              body={"reminded": max(invoice.reminded, reached or 0)})
        publish("invoices.reminded", made, days=since)
        return made
