"""One order's page and what programs are told of it."""

from datetime import date

from flask import request

import parlour
from parlour import behalf, conversation, current, granted, label, money, people, render
from parlour import gettext as _

from . import forms, reckoning, terms
from .terms import PAID, UNDONE

_TEXT, _WHOLE = {"type": "string"}, {"type": "integer"}
_MONEY = {"type": "integer", "description": "In the smallest unit of the currency."}
SHAPE = {
    "type": "object", "additionalProperties": False, "properties": {
        "status": {**_TEXT, "description": "In the tenant's own words."}, "reference": _TEXT, "currency": _TEXT,
        "goods": _MONEY, "shipping": _MONEY, "tax": _MONEY, "total": _MONEY,
        "included": {"type": "boolean", "description": "Whether prices hold tax."},
        "payment": {**_TEXT, "enum": list(PAID)}, "carrier": _TEXT, "tracking": _TEXT,
        "follow": {**_TEXT, "description": "Where the parcel can be followed."}, "sent": _TEXT, "due": _TEXT,
        "way": {**_TEXT, "description": "How it comes."},
        "deliver": _TEXT, "bill": _TEXT, "credit": {"type": "boolean"},
        "lines": {"type": "array", "description": "Of one order; lists leave them out.", "items": {
            "type": "object", "properties": {
            "sku": _TEXT, "text": _TEXT, "options": {"type": "array", "items": {
                "type": "object", "properties": {"name": _TEXT, "choice": _TEXT}}},
            "quantity": {**_TEXT, "description": "An exact decimal."},
            "price": {**_TEXT, "description": "Of one, in the currency, as an exact decimal."},
            "discount": {**_TEXT, "description": "In percent."}, "tax": {**_TEXT, "description": "In percent."},
            "net": _MONEY, "taxed": _MONEY, "total": _MONEY}}},
        "version": {**_WHOLE, "description": "For staff.", "x-internal": True}}}
"""What the API says about an order beyond its record; what customers are not shown is absent."""

_FACTS = {"reference": ("reference",), "due": ("due",), "payment": ("payment",), "shipping": ("shipping", "way"),
          "tracking": ("carrier", "tracking", "follow", "sent"), "addresses": ("deliver", "bill"), "tax": ("tax",)}
"""The parts of an order that a tenant may keep from customers, and the words of the API they stand for."""


def kind():
    """Give the registered kind."""
    return current().registry.kinds["order"]


def path(order):
    """Give an order's address."""
    return parlour.links.record_path(kind(), order.number)


def common():
    """Give what every template of orders asks for."""
    return {"policy": terms.terms(), "kind": kind(), "label": label, "path": path, "paid": PAID,
            "day": date.fromisoformat}


def show(order, *, status=200, work=None, **typed):
    """Draw an order; `work` is a form that was refused, `typed` what stays of others: body, error, wrong."""
    who, policy = current(), terms.terms()
    noted, works = parlour.sees_notes(kind()), who.is_staff and granted(who, "orders.work") != "none"
    entries = conversation.entries(order, internal=noted)
    if request.method == "GET":
        parlour.notify.opened(order, entries)
    still = order.category == "open"
    return render(
        "orders/order.html", block="order", status=status, order=order, entries=entries, works=works, noted=noted,
        number=label(kind(), order.number), **common(), lines=reckoning.of(order), facts=_facts(order),
        follow=policy.follow(order), files=[file for entry in entries for file in entry.files],
        may_edit=still and who.is_staff and granted(who, "orders.edit") != "none",
        may_cancel=still and not who.is_staff and parlour.by_id("order", order.id, "cancel") is not None,
        confirm=next((key for key, _word in policy.next(order) if policy.meaning(key) == "in_progress"), "")
        if still and works else "", runs=order.category in UNDONE,
        work=work or (works and forms.work_form(policy).bind({"status": order.state, "payment": order.payment})),
        typed={"body": "", "error": "", "wrong": ""} | typed)


def _facts(order):
    """Give the facts beside the lines, as (term, value)."""
    policy, staff = terms.terms(), current().is_staff
    company = people.companies([order.company_id]) if order.company_id else ()
    facts = [("requester", _("Ordered by"), people.names({order.person_id}).get(order.person_id, "")
              if order.person_id else ""),
             ("requester", _("Company"), company[0].name if company else ""),
             ("", _("Ordered on"), order.created), ("reference", _("Purchase order number"), order.reference),
             ("due", _("Wanted by"), order.due)]
    told = [(term, value) for name, term, value in facts if value and (not name or policy.shows(name))]
    form = forms.edit_form(policy, order.currency)
    own = {name: field for name, field in policy.fields.items() if staff or name not in policy.internal}
    return told + parlour.forms.told(form, order.fields or {}, own)


def shape(order):
    """Give what the API says about one order beyond its record."""
    policy = terms.terms()
    return brief(order) | {"lines": [_line(one, order, policy) for one in reckoning.of(order)]}


def brief(order):
    """Give that without the lines, as lists say it: to customers, what the tenant shows them."""
    policy, staff = terms.terms(), current().is_staff
    told = {name: getattr(order, name) for name in (
        "reference", "currency", "goods", "shipping", "tax", "total", "included", "payment", "carrier", "tracking",
        "sent", "due", "way", "deliver", "bill", "credit")}
    told |= {"status": policy.status(order.state, order.category), "follow": policy.follow(order)}
    for part, names in _FACTS.items():
        if not policy.shows(part):
            told = {name: value for name, value in told.items() if name not in names}
    return told | ({"version": order.staff_version} if staff else {"fields": terms.open_fields(order)})


def _line(one, order, policy):
    told = {"sku": one.sku, "text": one.text, "quantity": one.quantity, "discount": one.discount, "tax": one.tax,
            "options": [{"name": name, "choice": choice} for name, choice in one.options],
            "price": money.plain(one.price, order.currency), "net": one.net, "taxed": one.taxed,
            "total": one.total}
    hidden = {name for part, names in {"sku": ("sku",), "discount": ("discount",), "tax": ("tax", "taxed")}.items()
              if not policy.shows(part) for name in names}
    return {name: value for name, value in told.items() if name not in hidden}


def words(order):
    """Give what search finds an order by beside its title and conversation: for everybody, and for staff."""
    policy, rows = terms.terms(), reckoning.of(order)
    told = [order.reference if "reference" in policy.shown else "",
            order.tracking if "tracking" in policy.shown else "", *(one.text for one in rows)]
    told += [one.sku for one in rows] if "sku" in policy.shown else []
    told += map(str, terms.open_fields(order).values())
    every = [order.reference, order.tracking, *(f"{one.sku} {one.text}" for one in rows),
             *map(str, (order.fields or {}).values())]
    return " ".join(filter(None, dict.fromkeys(told))), " ".join(filter(None, dict.fromkeys(every)))


def companies():
    """Give the companies an order can be written for."""
    return behalf.companies("orders.create")
