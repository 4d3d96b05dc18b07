"""Payments: several things paid at once, in parts, by any way to pay; each report counts once."""

from parlour import N_, Account, Job, Kind, Mail, Nav, Notice, Record, hook

from . import models, paying, views

_TEXT, _MINOR = {"type": "string"}, {"type": "integer", "description": "In the currency's smallest unit: cents."}
SHAPE = {"type": "object", "additionalProperties": False, "properties": {
    "amount": {**_MINOR, "description": "Less than 0: paid back."}, "currency": _TEXT,
    "day": {**_TEXT, "format": "date"}, "provider": _TEXT,
    "parts": {"type": "array", "items": {"type": "object", "additionalProperties": False, "properties": {
        "number": _TEXT, "amount": _MINOR}}},
    "left": {**_MINOR, "description": "What nothing has taken yet."},
    "reference": {**_TEXT, "description": "On the bank statement; for staff.", "x-internal": True}}}


def shape(row):
    """Give what the API says about a payment."""
    told = {"amount": row.amount, "currency": row.currency, "day": row.day or None, "provider": row.provider,
            "left": row.left, "parts": [{"number": number, "amount": amount} for number, amount in row.wanted]}
    return told | ({"reference": row.reference} if views.current().is_staff else {})


@hook
def kinds():
    """Give the kind `payment`."""
    return Kind(name="payment", plural="payments", prefix="PAY", title="Payment", titles=N_("Payments"),
                body=models.Payment, icon="banknote", fields=SHAPE, shape=shape, states=lambda: models.STATES,
                words=lambda row: ("", row.reference), account=account())


def account():
    """Say how payments count for whoever says what was paid."""
    table, counts = models.Payment, Record.state.in_((models.RECEIVED, models.REFUNDED))
    return Account(table.day, table.amount, table.left, table.currency, counts, paying.begun, paying.book)


@hook
def routes():
    """Give the pages."""
    return views.blueprint


@hook
def navigation():
    """Give the entry of staff."""
    return Nav(N_("Payments"), "/payments", "payments.create", "banknote", area="staff", order=31)


@hook
def notices():
    """Say who is told of what."""
    return Notice("payments.review", N_("Have a look at %(number)s: %(why)s"), ("staff",),
                  label=N_("A payment needs a look"))


@hook
def mails():
    """Give the letter that no event brings: the receipt."""
    return Mail("payments.receipt", "payments/mail/receipt", N_("Your payment has arrived"), values={
        "number": "PAY-014", "records": "INV-007, INV-009"})


@hook
def jobs():
    """Ask providers about payments that nothing was heard of."""
    return Job("pending", every=60, call=paying.look_after)
