"""The forms of orders: what the team writes, what programs send, messages."""

from collections.abc import Mapping
from functools import lru_cache

from parlour import N_, FieldError, Invalid, behalf, configuration, forms, money
from parlour import gettext as _

from . import reckoning
from .terms import PAYMENTS

REPLY = forms.load({"type": "object", "required": ["body"], "properties": {
    "body": {"type": "string", "title": N_("Your message"), "x-widget": "longtext", "maxLength": 50000},
    "attachments": {"type": "array", "title": N_("Attachments"), "x-widget": "files"}}}, id="orders.reply")

WANTED = forms.load({"type": "object", "properties": forms.custom({
    "lines": {"type": "rows", "label": N_("Lines"), "min_rows": 1, "max_rows": 100, "fields": {
        "product": {"label": N_("Product"), "required": True, "max_length": 40},
        "quantity": {"type": "quantity", "label": N_("Quantity"), "required": True, "min": 0.000001,
                     "max": 1_000_000}}},
    "reference": {"label": N_("Purchase order number"), "max_length": 80},
    "message": {"type": "longtext", "label": N_("Message"), "max_length": 5000},
    "company": {"label": N_("Company"), "max_length": 80}})}, id="orders.wanted")
"""What a customer's program sends: what and how many. Prices are not asked."""

OPTIONS = forms.load({"type": "object", "properties": forms.custom({"options": {
    "type": "rows", "label": N_("Options"), "max_rows": 20, "fields": {
        "name": {"label": N_("Option"), "required": True, "max_length": 60},
        "choice": {"label": N_("Choice"), "required": True, "max_length": 60}}}})}, id="orders.options")
"""What it says of a line of a product with options: rows do not stand in rows."""

_TEXTS, _COSTS = ("reference", "due", "deliver", "bill"), ("shipping", "shipping_tax")
_LINE = {
    "sku": {"label": N_("Article number"), "max_length": 80},
    "text": {"label": N_("What"), "required": True, "max_length": 500},
    "quantity": {"type": "quantity", "label": N_("Quantity"), "required": True, "default": "1", "decimals": 3,
                 "min": -1_000_000, "max": 1_000_000},
    "price": {"type": "quantity", "label": N_("Price of one"), "required": True, "decimals": 6, "min": -10_000_000,
              "max": 10_000_000},
    "discount": {"type": "quantity", "label": N_("Discount in percent"), "min": 0, "max": 100},
    "tax": {"type": "quantity", "label": N_("Tax in percent"), "min": 0, "max": 100}}


def _spec(policy):
    return {
        "lines": {"type": "rows", "label": N_("Lines"), "required": True, "max_rows": 100, "fields": _LINE},
        "shipping": {"type": "money", "label": N_("Shipping"), "currency": policy.currency, "min": 0},
        "shipping_tax": {"type": "quantity", "label": N_("Tax on shipping in percent"), "min": 0, "max": 100},
        "reference": {"label": N_("Purchase order number"), "max_length": 80},
        "due": {"type": "date", "label": N_("Wanted by")},
        "deliver": {"type": "longtext", "label": N_("Deliver to"), "max_length": 1000},
        "bill": {"type": "longtext", "label": N_("Bill to"), "max_length": 1000,
                 "help": N_("Leave it empty if it is the same.")}, **policy.fields}


@lru_cache(maxsize=256)
def new_form(policy, *, staff, companies):
    """Make the form of a new order that the team writes."""
    spec = {**behalf.fields(companies, staff=staff), **_spec(policy),
            "message": {"type": "longtext", "label": N_("Message to the customer"), "max_length": 5000}}
    return forms.load({"type": "object", "properties": forms.custom(spec)}, id="orders.new")


@lru_cache(maxsize=256)
def edit_form(policy, currency):
    """Make the form that changes an order in some currency."""
    spec = {**_spec(policy), "version": {"type": "hidden"}}
    spec["shipping"] = {**spec["shipping"], "currency": currency}
    return forms.load({"type": "object", "properties": forms.custom(spec)}, id="orders.edit")


@lru_cache(maxsize=256)
def work_form(policy):
    """Make the form of status, payment and shipment."""
    return forms.load({"type": "object", "properties": forms.custom({
        "status": {"type": "choice", "label": N_("Status"), "options": {
            key: one["label"] for key, one in policy.statuses.items()}},
        "payment": {"type": "choice", "label": N_("Payment"), "options": dict(PAYMENTS)},
        "carrier": {"type": "choice", "label": N_("Carrier"), "options": {
            key: one["label"] for key, one in policy.carriers.items()}},
        "tracking": {"label": N_("Parcel number"), "max_length": 80, "pattern": r"^[^\s<>\"']*$",
                     "pattern_message": N_("Write the parcel number without spaces, quotation marks, < and >.")},
        "sent": {"type": "date", "label": N_("Left on")}})}, id="orders.work")


def wanted(source):
    """Clean what a customer's program sends, with the options of each line. Raises Invalid."""
    sent = source.get("lines")
    fits = isinstance(sent, list) and all(isinstance(one, Mapping) for one in sent)
    rows = [dict(one) for one in sent] if fits else []
    chosen = []
    for at, one in enumerate(rows):
        try:
            chosen.append(OPTIONS.clean({"options": one.pop("options", [])})["options"])
        except Invalid as error:
            raise Invalid([FieldError(f"lines.{at}.{wrong.path}", wrong.message, wrong.code)
                           for wrong in error.errors]) from error
    values = WANTED.clean({**source, "lines": rows} if rows else source)
    if len(values["lines"]) < len(rows):
        raise Invalid([FieldError("lines", _("Say of each line what is ordered."), "required")])
    return {**values, "lines": [{**one, "options": options} for one, options in zip(
        values["lines"], chosen, strict=True)]}


def taken(values, currency):
    """Give (lines, what else is said) of a cleaned form of the team. Raises Invalid."""
    given = []
    for at, one in enumerate(values["lines"]):
        try:
            given.append(reckoning.plain({**one, "price": money.fine(one["price"], currency)}))
        except money.figures.Unfit as error:
            wrong = FieldError(f"lines.{at}.price", _("Write a price such as 12.50."), "format")
            raise Invalid([wrong]) from error
    kept = {name: values.get(name) or "" for name in _TEXTS}
    known = {"lines", *_COSTS, "message", "requester", "company", "version", *kept}
    return given, {**kept, "shipping": values.get("shipping") or 0,
                   "shipping_tax": values.get("shipping_tax") or "0",
                   "fields": {name: value for name, value in values.items() if name not in known}}


def values(order):
    """Give what an order holds as the team's form names it."""
    rows = [{"sku": one.sku, "text": one.text, "quantity": one.quantity, "discount": one.discount, "tax": one.tax,
             "price": money.plain(one.price, order.currency)}
            for one in reckoning.of(order)]
    return {**(order.fields or {}), "lines": rows, "version": str(order.staff_version), **{
        name: getattr(order, name) for name in (*_COSTS, *_TEXTS)}}


def mistakes():
    """Say what does not fit in the tenant's settings."""
    return configuration.loose_ends("orders")
