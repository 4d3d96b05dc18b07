"""A customer's statement: what was owed on a day, each document and payment since, what is owed after."""

import csv
import io
from datetime import date
from types import SimpleNamespace

from peewee import fn

import parlour
from parlour import Record, fetch, money, people, visible
from parlour import gettext as _

from . import papers, service
from .models import NOTE, Invoice

MOST = 5_000
"""Rows of a statement; a longer one is asked for in parts."""


def period(asked):
    """Give the days that an address asks for, the first of the year until today without one. Raises Invalid."""
    today = papers.today()
    try:
        first, last = (date.fromisoformat(asked.get(name) or usual).isoformat()
                       for name, usual in (("from", f"{today[:4]}-01-01"), ("to", today)))
    except ValueError as error:
        raise _wrong("from", _("Write a day, such as 2026-12-31."), "format") from error
    if first > last:
        raise _wrong("to", _("The last day is before the first."), "range")
    return first, last


def _wrong(path, message, code):
    return parlour.Invalid([parlour.FieldError(path, message, code)])


def customer(asked):
    """Give whose statement is asked for by staff: (condition, name, their row); raises NotFound for nobody."""
    if asked.get("company"):
        row = people.company(asked["company"])
        return Record.company == row.id, row.name, row
    if asked.get("person"):
        row = people.person(asked["person"])
        return Record.company.is_null() & (Record.person == row.id), row.name, row
    return None, "", None


def currencies(*terms):
    """Give the currencies there are invoices in."""
    rows = fetch(visible("invoice", "view", Invoice.currency).where(*terms).distinct())
    return sorted(row.currency for row in rows)


def drawn_up(currency, first, last, *terms):
    """Give the statement in a currency: opening, rows (day, number, path, words, amount, balance), closing."""
    kind = service.purse()
    came = kind.account
    paid = came.counts, came.currency == currency
    opening = _sum("invoice", Invoice.total, Invoice.issued < first, Invoice.currency == currency, *terms) \
        - _sum(kind.name, came.amount, came.day < first, *paid, *terms)
    rows = [(row.issued, 0, row, row.total) for row in _rows(
        "invoice", (Invoice.issued, Invoice.total, Invoice.sort), Invoice.currency == currency, *terms,
        Invoice.issued.between(first, last))]
    rows += [(row.day, 1, row, -row.amount) for row in _rows(
        kind.name, (came.day.alias("day"), came.amount.alias("amount")), *paid, *terms,
        came.day.between(first, last))]
    if len(rows) > MOST:
        raise _wrong("from", _("That is too much for one page. Choose fewer days."), "range")
    balance, told = opening, []
    for day, _place, row, amount in sorted(rows, key=lambda one: (one[0], one[1], one[2].number)):
        balance += amount
        told.append(SimpleNamespace(
            day=papers.day(day), number=service.label(row.number, row.kind), path=service.path(row),
            words=_words(row), amount=amount, balance=balance))
    return SimpleNamespace(currency=currency, first=papers.day(first), last=papers.day(last), opening=opening,
                           rows=told, closing=balance)


def _sum(kind, column, *terms):
    row = parlour.first(visible(kind, "view", fn.SUM(column).alias("n")).where(*terms))
    return int(row.n or 0)


def _rows(kind, columns, *terms):
    return fetch(visible(kind, "view", Record.kind, Record.number, *columns).where(*terms).limit(MOST + 1))


def _words(row):
    if row.kind != "invoice":
        return _("Payment") if row.amount >= 0 else _("Paid back")
    return _("Credit note") if row.sort == NOTE else _("Invoice")


def table(drawn):
    """Write a statement as CSV, amounts with a point; nothing in it is what a customer typed."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([_("Day"), _("Number"), _("What"), _("Amount"), _("Balance"), _("Currency")])
    shown = [(drawn.first, "", _("Balance before"), None, drawn.opening), *(
        (row.day, row.number, row.words, row.amount, row.balance) for row in drawn.rows),
        (drawn.last, "", _("Balance"), None, drawn.closing)]
    for day, number, words, amount, balance in shown:
        said = ("" if one is None else money.plain(one, drawn.currency) for one in (amount, balance))
        writer.writerow([day.isoformat(), number, words, *said, drawn.currency])
    return "\ufeff" + out.getvalue()
