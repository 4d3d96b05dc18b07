"""Lists of invoices: their shelves, what they come to, and how long it has been due."""

from datetime import date

from flask import g
from peewee import Case, fn

from parlour import (
    Record,
    conversation,
    counted,
    current,
    fetch,
    late,
    listed,
    paging,
    people,
    search,
    sees_notes,
    visible,
)
from parlour import gettext as _

from . import papers, service
from .models import INVOICE, NOTE, Draft, Invoice

COLUMNS = (Record.id, Record.kind, Record.number, Record.title, Record.company, Record.person, Record.state,
            Record.category, Record.touched, Record.created, Invoice.sort, Invoice.currency, Invoice.total,
            Invoice.open, Invoice.issued, Invoice.due, Invoice.settled)
AGES = (0, 30, 60, 90)
"""Days overdue at which the next column of the ageing begins."""


def today():
    """Give the condition's value of the day at hand."""
    return late("today", papers.today())


def shelves():
    """Give the shelves: key -> (words, condition)."""
    owed = Invoice.open > 0
    return {"open": (_("To pay"), owed), "overdue": (_("Overdue"), owed & (Invoice.due < today())),
            "paid": (_("Paid"), (Invoice.sort == INVOICE) & (Invoice.open == 0)),
            "credit": (_("Credit notes"), Invoice.sort == NOTE), "all": (_("All"), Record.id.is_null(False))}


def _unread():
    kind = current().registry.kinds["invoice"]
    return conversation.unread_here(current().me.id, internal=sees_notes(kind))


def columns():
    """Give what a row shows: for staff with the customer's name."""
    return (*COLUMNS, people.name_of(Record.person).alias("requester"), _unread().alias("unread"))


def page(shelf):
    """Give the page of a shelf, its SQL kept."""
    seen = sees_notes(current().registry.kinds["invoice"])
    return paging.page("invoice", ("list", shelf, seen), lambda query: query.where(shelves()[shelf][1]),
                       columns=columns, today=papers.today(), reader=current().me.id)


def found(text, *terms):
    """Give the page of what search finds, or for staff of a customer's name."""
    return paging.page_of(visible("invoice", "view", *columns()).where(says(text), *terms))


def says(text):
    """Give the condition that search finds a text, or for staff that a customer's name has it."""
    match = search.matches("invoice", text)
    return match | people.name_of(Record.person).contains(text) if text and current().is_staff else match


def narrow(asked):
    """Give the conditions of a list whose address has these parameters: exports and acts mean the same."""
    known = shelves()
    terms = (known[asked["show"]][1],) if asked.get("show") in known else ()
    text = "".join(str(asked.get("q", "")).split("\0")).strip()[:200]
    return (*terms, says(text)) if text else terms


def counts():
    """Count what the shelves hold, in one query, once per request; 1000 means more than 999."""
    if "invoices_counts" not in g:
        g.invoices_counts = counted("invoice", ("shelves",), lambda: {
            key: shelves()[key][1] for key in ("open", "overdue")}, today=papers.today())
    return g.invoices_counts


def owed(limit=5):
    """Give the invoices that are due first, for the home page."""
    return listed("invoice", ("owed",), lambda query: query.where(Invoice.open > 0).order_by(
        Invoice.due, Record.number).limit(limit), columns=COLUMNS)


def _age(first, after):
    """Give the sum of what has been due for some days, as a column."""
    day = papers.today()
    end = Invoice.due < papers.later(day, -first) if first >= 0 else Invoice.due >= day
    begins = (Invoice.due >= papers.later(day, -after)) if after is not None else None
    return fn.SUM(Case(None, (((end & begins) if begins is not None else end, Invoice.open),), 0))


def balance(*terms):
    """Say what whoever asks owes, by currency: open, overdue, ageing, credit that is left.

    Gives rows of (currency, due, overdue, ages, credit); `due` is open less credit.
    """
    ages = [_age(-1, None), *(_age(first, after) for first, after in zip(AGES, (*AGES[1:], None), strict=True))]
    query = visible("invoice", "view", Invoice.currency, *(
        part.alias(f"age{place}") for place, part in enumerate(ages)),
        fn.SUM(Case(None, ((Invoice.open < 0, 0 - Invoice.open),), 0)).alias("credit")).where(
        Invoice.open != 0, *terms).group_by(Invoice.currency).order_by(Invoice.currency)
    spare = _spare(*terms)
    found = {}
    for row in fetch(query):
        aged = [int(getattr(row, f"age{place}") or 0) for place in range(len(ages))]
        found[row.currency] = [aged, int(row.credit or 0)]
    for currency, amount in spare.items():
        found.setdefault(currency, [[0] * len(ages), 0])[1] += amount
    return [(currency, sum(aged) - credit, sum(aged[1:]), aged, credit)
            for currency, (aged, credit) in sorted(found.items())]


def _spare(*terms):
    """Give what payments hold that no invoice has taken, by currency."""
    kind = service.purse()
    own = kind.account
    rows = fetch(visible(kind.name, "view", own.currency.alias("currency"), fn.SUM(own.left).alias("left")).where(
        own.left > 0, *terms).group_by(own.currency))
    return {row.currency: int(row.left) for row in rows}


def age_words():
    """Name the columns of the ageing."""
    return [_("Not due yet"), _("1 to 30 days"), _("31 to 60 days"), _("61 to 90 days"), _("Longer")]


def drafts():
    """Give the drafts, the last changed first (staff)."""
    return paging.page("invoice_draft", ("drafts",), lambda query: query, columns=(
        Record.id, Record.kind, Record.number, Record.title, Record.company, Record.person, Record.touched,
        Draft.currency, Draft.total))


def of_customer(row):
    """Give the condition that a record is of the same customer as a row."""
    return Record.company == row.company_id if row.company_id else Record.company.is_null() & (
        Record.person == row.person_id)


def overdue_days(due):
    """Give for how many days an invoice has been overdue, 0 for none."""
    return max(0, (date.fromisoformat(papers.today()) - date.fromisoformat(due)).days) if due else 0

