"""Lists of orders: rows with what they need in one statement, filters, the team's choice of many."""

from parlour import (
    N_,
    Act,
    Record,
    conversation,
    current,
    find,
    forms,
    listed,
    paging,
    people,
    sees_notes,
    visible,
)
from parlour import gettext as _
from parlour import search as words

from . import service
from .models import Order
from .terms import DONE, PAYMENTS, UNDONE, terms

OPEN, CLOSED = Record.category.not_in(DONE), Record.category.not_in(UNDONE)
"""Conditions of lists: said like this, an engine goes along the order of the list and stops when it is full."""


def columns():
    """Give what one row of a list shows."""
    noted = sees_notes(current().registry.kinds["order"])
    return (Record.id, Record.kind, Record.number, Record.title, Record.company, Record.person, Record.state,
            Record.category, Record.created, Record.touched, Order.total, Order.currency, Order.carrier,
            Order.tracking, Order.payment, Order.reference, Order.credit,
            people.name_of(Record.person).alias("requester"),
            conversation.unread_here(current().me.id, internal=noted).alias("unread"))


def page(shape, *terms_):
    """Give a page of orders, the newest first, its SQL kept by `shape`."""
    return paging.page("order", (shape, current().is_staff), lambda query: query.where(*terms_), columns=columns,
                       by="created", reader=current().me.id)


def search(text, *terms_):
    """Give the page of what the search index finds, under conditions."""
    return paging.page_of(visible("order", "view", *columns()).where(found(text), *terms_), by="created")


def found(text):
    """Give the condition that an order fits a text: its words, its purchase order or parcel number."""
    clean = "".join(text.split("\0")).strip()[:200]
    return words.matches("order", clean)


def newest(most=5):
    """Give the rows that are the newest."""
    return listed("order", ("newest", most), lambda query: query.order_by(
        Record.created.desc(), Record.number.desc()).limit(most), columns=columns, limited=True,
        reader=current().me.id)


def filters():
    """Give the filters: name -> (words, {value: (words, condition)})."""
    policy = terms()
    return {"status": (_("Status"), {key: (word, Record.state == key) for key, word in policy.choices()}),
            "payment": (_("Payment"), {key: (_(word), Order.payment == key) for key, word in PAYMENTS.items()})}


def chosen(asked):
    """Give (text, view, words of the filters, conditions) of a list whose address has these parameters."""
    text, view = str(asked.get("q", "")).strip()[:200], asked.get("show", "")
    wanted = {name: values[asked[name]] for name, (_words, values) in filters().items()
              if asked.get(name) in values}
    shelf = {"open": OPEN, "closed": CLOSED}.get(view)
    return text, view, wanted, [term for _word, term in wanted.values()] + ([shelf] if shelf is not None else [])


def narrow(asked):
    """Give the conditions of a list whose address has these parameters, for exports and acts."""
    text, _view, _wanted, terms_ = chosen(asked)
    return (*terms_, *((found(text),) if text else ()))


def _same(row, values):
    """Say why a change would change nothing, or cannot be."""
    policy = terms()
    if values["status"] == row.state:
        return _("Is that already.")
    return "" if values["status"] in dict(policy.next(row)) else _("It cannot become that any more.")


def _turn(row, values):
    order = find("order", row.number, "work")
    if service.work(order, dict(values)).state == order.state:
        return None
    return {"before": order.state}


def acts():
    """Give what the team does to many orders at once."""
    def form():
        return forms.load({"type": "object", "properties": forms.custom({"status": {
            "type": "choice", "label": _("Status"), "required": True, "options": dict(terms().choices())}})},
            id="orders.many")
    return [Act("orders.status", N_("Set the status"), "order", "orders.work", _turn, lambda values: _(
        "They become “%(status)s”; who waits for them is told as ever.",
        status=terms().status(values["status"])), form=form, check=_same)]


def waiting(most=5):
    """Give the rows that wait to be confirmed, the oldest first."""
    return listed("order", ("waiting", most), lambda query: query.where(Record.category == "open").order_by(
        Record.created, Record.number).limit(most), columns=columns, limited=True, reader=current().me.id)
