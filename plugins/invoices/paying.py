"""Payments: one for several invoices, in parts, by any provider; what a provider reports counts once."""

import secrets
from datetime import timedelta

import parlour
from parlour import (
    Charge,
    Conflict,
    FieldError,
    Invalid,
    NotFound,
    Record,
    begin,
    conversation,
    current,
    find,
    letters,
    lines,
    links,
    money,
    people,
    publish,
    system,
    transaction,
    visible,
)
from parlour import gettext as _

from . import papers, service
from .models import FAILED, INVOICE, MEANING, PENDING, RECEIVED, REFUNDED, REVIEW, Heard, Payment

STATES = {PENDING: parlour.N_("Under way"), RECEIVED: parlour.N_("Received"), FAILED: parlour.N_("Not paid"),
          REVIEW: parlour.N_("Needs a look"), REFUNDED: parlour.N_("Paid back")}
MOST = 50
"""Invoices that are paid at once."""


def providers(currency):
    """Give the ways to pay that can be used now for a currency, in their order."""
    return [one for one in current().registry.providers.values() if one.ready(currency)]


def provider(name):
    """Give a way to pay; what is asked of one that is switched off is not there either. Raises NotFound."""
    one = current().registry.providers.get(name)
    if one is None:
        raise NotFound
    return one


def chosen(numbers, amounts=None):
    """Give what somebody wants to pay as [(invoice, amount)], as far as it is theirs and open. Raises Invalid.

    `amounts` maps numbers to minor units; without one, all that is open is meant.
    """
    found = []
    for number in list(dict.fromkeys(numbers))[:MOST]:
        invoice = find("invoice", number, "pay")
        if invoice.sort == INVOICE and invoice.open > 0:
            found.append((invoice, invoice.open if amounts is None else amounts.get(invoice.number, invoice.open)))
    if not found:
        raise Conflict(_("There is nothing to pay: these invoices are settled."))
    if len({(one.currency, one.company_id, one.company_id is None and one.person_id) for one, _ in found}) > 1:
        raise Conflict(_("Pay invoices in one currency and of one customer at a time."))
    wrong = [FieldError(f"amount_{one.number}", _("Write an amount up to %(most)s.", most=money.show(
        one.open, one.currency)), "range") for one, amount in found
        if not 0 < amount <= one.open or (amount < one.open and not papers.settings().partial)]
    if wrong:
        raise Invalid(wrong)
    return found


def charge(payment):
    """Give what a provider is asked to collect for a payment."""
    back = links.absolute(service.path(payment))
    row = people.person(payment.person_id) if payment.person_id else None
    numbers = ", ".join(service.label(number) for number, _amount in payment.wanted)
    return Charge(payment.key, current().slug, payment.amount, payment.currency, payment.title, numbers,
                  (row.email if row else "") or "", parlour.language.current(), f"{back}?back=1", f"{back}?back=0")


def start(wanted, name):
    """Keep that somebody sets out to pay; give the payment, still without a way. Raises NotFound, Invalid."""
    first = wanted[0][0]
    way = provider(name)
    if not way.away or not way.ready(first.currency):
        raise NotFound
    person = current().me.id
    with system("payment"), transaction():
        return _write(first, [[one.number, amount] for one, amount in wanted], person=person, provider=name,
                      state=PENDING, key=secrets.token_urlsafe(18))


def _write(first, wanted, *, person, state, **body):
    """Write a payment for invoices of one customer."""
    numbers = ", ".join(service.label(number) for number, _amount in wanted)
    amount = body.pop("amount", None) or sum(amount for _number, amount in wanted)
    return parlour.add("payment", title=numbers[:200], company=first.company_id,
                       person=person, state=state, category=MEANING[state],
                       body={"currency": first.currency, "amount": amount, "wanted": wanted, **body})


def lead(payment):
    """Give where a payer goes on to pay, asking the provider where that is not known yet. Raises Unavailable."""
    if payment.state != PENDING:
        return ""
    if payment.url:
        return payment.url
    way = provider(payment.provider).begin(charge(payment))  # never inside a transaction: it may take seconds
    with system("payment"):
        parlour.change("payment", payment.id, "record", body={"url": way.url, "reference": way.reference})
    return way.url


def hear(name, body, headers):
    """Take what a provider sends: checked by it, then each report once. Raises NotFound, Refused."""
    way = provider(name)
    if way.hear is None:
        raise NotFound
    for report in way.hear(body, headers):
        settle(name, report)


def settle(name, report):
    """Do what a provider's report says, once: whatever order, number and worker the same one comes on."""
    if not report.what or not report.key or report.tenant != current().slug:
        return
    with system("payment"), transaction():
        known = parlour.first(visible("payment", "record", Record.number).where(
            Payment.key == report.key, Payment.provider == name))
        if known is None:
            return
        payment = find("payment", known.number, "record", hold=True)
        heard = lines.visible("payment", Heard, "record", Heard.id).where(
            Heard.provider == name, Heard.event == report.event)
        if parlour.first(heard):
            return
        lines.add("payment", payment.id, Heard, "record", provider=name, event=report.event)
        STEPS[report.what](payment, report)


def _paid(payment, report):
    if payment.state in (RECEIVED, REFUNDED):
        return
    if (report.amount, report.currency) != (payment.amount, payment.currency):
        _look(payment, _("It says %(amount)s were paid.", amount=money.show(report.amount, report.currency)))
        return
    allot(_turn(payment, RECEIVED, day=papers.today(), reference=report.reference or payment.reference))
    if payment.refunded:
        _back(find("payment", payment.number, "record"), payment.refunded)


def _failed(payment, report):
    if payment.state == PENDING:
        _turn(payment, FAILED, words=report.text[:500])


def _refunded(payment, report):
    amount = min(report.amount, payment.amount)
    if report.currency != payment.currency or amount <= payment.refunded:
        return
    more = amount - payment.refunded
    payment = _turn(payment, payment.state, refunded=amount)
    if payment.state == RECEIVED:
        _back(payment, more)


def _look(payment, report):
    why = report if isinstance(report, str) else report.text or _("The payer's bank disputes it.")
    state = REVIEW if payment.state in (PENDING, FAILED, REVIEW) else payment.state
    made = _turn(payment, state, words=why[:500])
    publish("invoices.review", made, why=why[:500])


STEPS = {"paid": _paid, "failed": _failed, "refunded": _refunded, "disputed": _look}


def _turn(payment, state, **body):
    return parlour.change("payment", payment.id, "record", state=state, category=MEANING[state], body=body)


def allot(payment):
    """Let a payment that came pay for its invoices, the lowest number first; say thanks. It is held."""
    left, taken = payment.amount, []
    for number, amount in sorted(payment.wanted):
        invoice = find("invoice", number, "record", hold=True)
        part = min(amount, invoice.open, left)
        if part > 0:
            service.book(invoice, "payment", payment.number, part, payment.day)
            taken.append((invoice, part))
            left -= part
    made = parlour.change("payment", payment.id, "record", body={"left": left})
    publish("invoices.received", made)
    _thank(made, taken)
    return made


def _thank(payment, taken):
    """Send the receipt: to who paid, else to those who look after the company."""
    ids = [payment.person_id] if payment.person_id else [
        row.id for row in people.members(payment.company_id) if row.email] if payment.company_id else []
    numbers = ", ".join(service.label(invoice.number) for invoice, _part in taken)
    for key in ids[:20]:
        letters.send("invoices/mail/receipt", person=key, link=letters.Link(service.path(payment)),
                     number=service.label(payment.number, "payment"), invoices=numbers,
                     amount=payment.amount, currency=payment.currency, day=payment.day)


def _back(payment, amount):
    """Keep that a part went back to the payer: what it paid for, the highest number first, is open again."""
    spare = min(payment.left, amount)
    rest, today, wanted = amount - spare, papers.today(), []
    held = [find("invoice", number, "record", hold=True) for number, _wanted in sorted(payment.wanted)]
    for invoice in reversed(held):
        paid = sum(one.amount for one in service.entries(invoice)
                   if one.what == "payment" and one.source == payment.number)
        part = min(paid, rest)
        if part > 0:
            wanted.append((invoice, part))
            rest -= part
    refund = parlour.add("payment", title=payment.title, company=payment.company_id, person=payment.person_id,
                         state=REFUNDED, category=MEANING[REFUNDED], body={
                             "provider": payment.provider, "key": secrets.token_urlsafe(18), "day": today,
                             "currency": payment.currency, "amount": -amount,
                             "wanted": [[invoice.number, -part] for invoice, part in wanted]})
    begin.link(refund, payment, "invoices.refund")
    for invoice, part in wanted:
        service.book(invoice, "payment", refund.number, -part, today)
    _turn(payment, payment.state, left=payment.left - spare)


def record(numbers, amounts, values):
    """Write down money that came another way (staff); give the payment. Raises Invalid, Conflict.

    More than is open stays with the payment; the customer's statement shows it.
    """
    with transaction():
        held = [find("invoice", number, "record", hold=True) for number in sorted(set(numbers))]
        held = [one for one in held if one.sort == INVOICE]
        if not held or len({(one.currency, one.company_id) for one in held}) > 1:
            raise Conflict(_("Choose open invoices in one currency and of one customer."))
        wanted = [[one.number, amounts.get(one.number, one.open)] for one in held]
        wrong = [FieldError(f"amount_{number}", _("Write an amount greater than 0."), "range")
                 for number, amount in wanted if amount <= 0]
        if wrong:
            raise Invalid(wrong)
        payer = held[0].person_id if len({one.person_id for one in held}) == 1 else None
        made = _write(held[0], wanted, person=payer, state=RECEIVED, provider="hand",
                      key=secrets.token_urlsafe(18), day=values["day"] or papers.today(),
                      reference=values["reference"])
        return allot(made)


def pay_out(number, values):
    """Write down that what a credit note still holds was paid back to the customer."""
    with transaction():
        note = find("invoice", number, "record", hold=True)
        if note.open >= 0:
            raise Conflict(_("There is nothing left to pay back."))
        made = _write(note, [[note.number, note.open]], person=note.person_id, state=RECEIVED, provider="hand",
                      key=secrets.token_urlsafe(18), day=values["day"] or papers.today(),
                      reference=values["reference"])
        service.book(note, "payment", made.number, note.open, made.day)
        conversation.add_entry(note, "", kind="event", data={"what": "paid_out"})
        return made


def look_after():
    """Ask providers about payments that nothing was heard of; give up those that are too old (a job)."""
    moment = parlour.now()
    rows = parlour.fetch(visible("payment", "record").where(
        Record.state == PENDING, Record.touched < moment - timedelta(minutes=2)).order_by(
        Record.touched).limit(5))
    for payment in rows:
        ask(payment)
        if moment - payment.created > timedelta(hours=25):
            with transaction():
                _failed(find("payment", payment.number, "record", hold=True), parlour.Report("failed", ""))


def ask(payment):
    """Ask the provider how a payment stands, and do what it says; nothing where it does not answer."""
    try:
        way = provider(payment.provider)
        if way.ask is None:
            return
        if not payment.reference:
            lead(payment)
            payment = find("payment", payment.number)
        report = way.ask(charge(payment), payment.reference)
    except parlour.ParlourError:
        return
    if report is not None:
        settle(payment.provider, report)
