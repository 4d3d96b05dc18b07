"""Payments: one for several records, in parts, by any provider; what a provider reports counts once."""

import secrets
from datetime import UTC, datetime, timedelta

import parlour
from parlour import (
    Charge,
    Conflict,
    FieldError,
    Invalid,
    NotFound,
    Record,
    begin,
    current,
    find,
    lines,
    money,
    people,
)
from parlour import gettext as _

from .models import FAILED, MEANING, PENDING, RECEIVED, REFUNDED, REVIEW, Heard, Payment

MOST = 50
"""Records that are paid at once."""

PATIENCE = timedelta(hours=25)
"""How long a payment that nothing is heard of is asked after."""

PAUSE = 5
"""Seconds before a provider is asked after the same payment again, by whomever and however often."""


def today():
    """Give the day it is for the tenant, as text."""
    return parlour.today().isoformat()


def partial():
    """Say whether customers may pay a part of what is open."""
    return current().settings.features["payments"].settings.get("partial", True)


def label(row):
    """Write a record's number as people read it."""
    return begin.number(row)


def path(row):
    """Give the address of a record."""
    return parlour.links.of(row)


def providers(amount, currency):
    """Give the ways to pay that can be used now, in their order, and those that cannot take just this amount."""
    ready = [one for one in current().registry.providers.values() if one.ready(currency)]
    unfit = [one for one in ready if one.takes is not None and not one.takes(amount, currency)]
    return [one for one in ready if one not in unfit], unfit


def cannot(way, amount, currency):
    """Say that a way to pay does not take an amount."""
    return _("%(way)s cannot take %(amount)s. Choose another way, or another amount.", way=_(way.label),
             amount=money.show(amount, currency))


def provider(name):
    """Give a way to pay; what is asked of one that is switched off is not there either. Raises NotFound."""
    one = current().registry.providers.get(name)
    if one is None:
        raise NotFound
    return one


def owing(number, action, *, hold=False):
    """Give (row, what it owes) of a record of any kind that can be paid. Raises NotFound, Refused."""
    seen = begin.find(number)
    if seen is None or current().registry.kinds[seen.kind].owes is None:
        raise NotFound
    return standing(find(seen.kind, seen.number, action, hold=hold))


def standing(row):
    """Give a record with what it owes. Raises NotFound where its kind cannot be paid."""
    owes = current().registry.kinds[row.kind].owes
    if owes is None:
        raise NotFound
    return row, owes(row)


def several(numbers, action):
    """Give that of many, each record once, with one question for each kind of them. Raises NotFound, Refused."""
    wanted = list(dict.fromkeys(numbers))[:MOST]
    known = begin.find_many(wanted, action)
    found = [standing(known[one]) if one in known else owing(one, action) for one in wanted]
    return list({row.id: (row, owed) for row, owed in found}.values())


def chosen(numbers):
    """Give what somebody wants to pay as [(row, owed, amount)], as far as it is theirs to pay. Raises Conflict."""
    found = [(row, owed, owed.amount) for row, owed in several(numbers, "pay") if owed.amount > 0]
    if not found:
        raise Conflict(_("There is nothing to pay: all of this is settled."))
    _together(found)
    return found


def parted(found, amounts):
    """Give what was chosen with other amounts: number -> minor units. Raises Invalid."""
    found = [(row, owed, amounts.get(label(row), owed.amount)) for row, owed, _all in found]
    wrong = [FieldError(field(row), _("Write an amount up to %(most)s.", most=money.show(
        owed.amount, owed.currency)), "range") for row, owed, amount in found
        if not 0 < amount <= owed.amount or (amount < owed.amount and not partial())]
    if wrong:
        raise Invalid(wrong)
    return found


def field(row):
    """Name the field of a form that holds the amount for a record."""
    return f"amount_{label(row).replace('-', '_')}"


def _together(found):
    """Refuse to pay in one go what is not of one customer and in one currency. Raises Conflict."""
    if len({(owed.currency, row.company_id, row.company_id is None and row.person_id)
            for row, owed, _amount in found}) > 1:
        raise Conflict(_("Pay what is in one currency and of one customer at a time."))


def charge(payment):
    """Give what a provider is asked to collect for a payment."""
    back = parlour.links.absolute(path(payment))
    row = people.person(payment.person_id) if payment.person_id else None
    return Charge(payment.key, current().slug, payment.amount, payment.currency, payment.title, payment.title,
                  (row.email if row else "") or "", parlour.language.current(), f"{back}?back=1", f"{back}?back=0")


def start(found, name):
    """Keep that somebody sets out to pay; give the payment, still without a way. Raises NotFound, Invalid."""
    way, currency, person = provider(name), found[0][1].currency, current().me.id
    if not way.away or not way.ready(currency):
        raise NotFound
    amount = sum(part for _row, _owed, part in found)
    if way.takes is not None and not way.takes(amount, currency):
        raise Invalid([FieldError("provider", cannot(way, amount, currency), "range")])
    with parlour.system("payment"), parlour.transaction():
        wanted = [[label(row), amount] for row, _owed, amount in found]
        return write(found[0][0], wanted, currency, PENDING, person, provider=name)


def begun(row):
    """Give the payment that somebody has begun for a record and that nothing was heard of yet, or None."""
    named = Payment.wanted.cast("TEXT").contains(f'"{label(row)}"')
    whose = Record.company == row.company_id if row.company_id else Record.company.is_null()
    return parlour.first(parlour.visible("payment", "view", anywhere=True).where(
        Record.state == PENDING, whose, named).order_by(Record.touched.desc()))


def book(row, amount, day):
    """Keep money that came elsewhere for a record, all of it taken by the record; give the payment."""
    taken = [[label(row), amount]]
    return write(row, taken, standing(row)[1].currency, RECEIVED, row.person_id, provider="import", took=taken,
                 day=day, created=datetime.fromisoformat(day).replace(hour=12, tzinfo=UTC))


def write(whose, wanted, currency, state, person, **body):
    """Write a payment for records of one customer."""
    moment = {"created": body.pop("created")} if "created" in body else {}
    amount = body.pop("amount", None) or sum(part for _number, part in wanted)
    other = body.pop("title", "")
    title = ", ".join(number for number, _amount in wanted) or other
    return parlour.add("payment", title=title[:200], company=whose.company_id, person=person, state=state,
                       category=MEANING[state], **moment, body={
                           "currency": currency, "amount": amount, "wanted": wanted,
                           "key": secrets.token_urlsafe(18), **body})


def lead(payment):
    """Give where a payer goes on to pay, asking the provider where that is not known yet. Raises Unavailable."""
    if payment.state != PENDING or payment.url:
        return payment.url
    way = provider(payment.provider).begin(charge(payment))  # never inside a transaction: it may take seconds
    with parlour.system("payment"):
        parlour.change("payment", payment.id, "create", body={"url": way.url, "reference": way.reference})
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
    if report.what not in STEPS or not report.key or report.tenant != current().slug:
        return
    with parlour.system("payment"), parlour.transaction():
        known = parlour.first(parlour.visible("payment", "create", Record.number).where(
            Payment.key == report.key, Payment.provider == name))
        if known is None:
            return
        payment = find("payment", known.number, "create", hold=True)
        heard = lines.visible("payment", Heard, "create", Heard.id).where(Record.id == payment.id)
        if parlour.first(heard.where(Heard.provider == name, Heard.event == report.event)):
            return
        lines.add("payment", payment.id, Heard, "create", provider=name, event=report.event)
        STEPS[report.what](payment, report)


def _paid(payment, report):
    if payment.state in (RECEIVED, REFUNDED):
        return
    if (report.amount, report.currency) != (payment.amount, payment.currency):
        _look(payment, report, _("It says %(amount)s were paid.", amount=money.show(
            report.amount, report.currency)))
        return
    back = payment.refunded  # it was told before that the money had come
    made = allot(_turn(payment, RECEIVED, day=today(), reference=report.reference or payment.reference))
    if back:
        _back(made, back)


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


def _look(payment, report, why=""):
    why = (why or report.text or _("The payer's bank disputes it."))[:500]
    made = _turn(payment, payment.state if payment.state in (RECEIVED, REFUNDED) else REVIEW, words=why)
    parlour.publish("payments.review", made, why=why)


STEPS = {"paid": _paid, "failed": _failed, "refunded": _refunded, "disputed": _look}


def _turn(payment, state, **body):
    return parlour.change("payment", payment.id, "create", state=state, category=MEANING[state], body=body)


def _order(pair):
    prefix, _dash, number = pair[0].rpartition("-")
    return prefix, int(number)


def allot(payment):
    """Let a payment that came pay for its records, credit first, then by number; send the receipt. It is held."""
    left, took = payment.amount, []
    for number, amount in sorted(payment.wanted, key=lambda pair: (pair[1] > 0, _order(pair))):
        row, owed = owing(number, "view", hold=True)
        part = max(0, min(amount, owed.amount, left)) if amount > 0 else min(0, max(amount, owed.amount))
        if part:
            current().registry.kinds[row.kind].take(row, part, payment)
            left -= part
            took.append([number, part])
    made = parlour.change("payment", payment.id, "create", body={"left": left, "took": took})
    parlour.publish("payments.received", made)
    _thank(made)
    return made


def _thank(payment):
    """Send the receipt: to who paid, else to the company's people with an address."""
    ids = [payment.person_id] if payment.person_id else [
        row.id for row in people.members(payment.company_id) if row.email] if payment.company_id else []
    for key in ids[:20] if payment.amount > 0 else ():
        parlour.letters.send("payments/mail/receipt", person=key, link=parlour.letters.Link(path(payment)),
                             number=label(payment), records=payment.title, amount=payment.amount,
                             currency=payment.currency)


def _back(payment, amount):
    """Keep that a part went back, as a payment of its own: what took of it, the last first, is open again."""
    spare = min(payment.left, amount)
    rest, wanted, took = amount - spare, [], []
    for number, part in sorted(payment.took, key=_order, reverse=True):
        taken = max(0, min(part, rest))
        rest -= taken
        wanted += [[number, -taken]] if taken else []
        took += [[number, part - taken]] if part != taken else []
    refund = write(payment, wanted, payment.currency, REFUNDED, payment.person_id, provider=payment.provider,
                   amount=-amount, day=today(), title=payment.title)
    begin.link(refund, payment, "payments.refund")
    for number, taken in sorted(wanted, key=_order):  # held in the order in which every payment holds them
        row, _owed = owing(number, "view", hold=True)
        current().registry.kinds[row.kind].take(row, taken, refund)
    _turn(payment, payment.state, left=payment.left - spare, took=took)


def record(numbers, amounts, values):
    """Write down money that came another way, or went back (staff); give the payment. Raises Invalid, Conflict.

    More than is open stays with the payment, as the customer's credit.
    """
    with parlour.transaction():
        known = [row for row, _open in several(numbers, "record")]
        held = [standing(find(row.kind, row.number, "record", hold=True)) for row in sorted(
            known, key=lambda row: _order([label(row)]))]
        found = [(row, owed, amounts.get(label(row), owed.amount)) for row, owed in held if owed.amount]
        if not found:
            raise Conflict(_("All of this is settled."))
        _together(found)
        wrong = [FieldError(field(row), _("Write an amount greater than 0."), "range")
                 for row, owed, amount in found
                 if amount * owed.amount <= 0 or (owed.amount < 0 and amount < owed.amount)]
        if wrong:
            raise Invalid(wrong)
        first, currency = found[0][0], found[0][1].currency
        payer = first.person_id if len({row.person_id for row, _owed, _amount in found}) == 1 else None
        wanted = [[label(row), amount] for row, _owed, amount in found]
        with parlour.system("payment"):
            return allot(write(first, wanted, currency, RECEIVED, payer, provider="hand",
                               day=values["day"] or today(), reference=values["reference"]))


def use(number, other):
    """Let what a payment still holds pay for one more record of the same customer. Raises Invalid, Conflict."""
    with parlour.transaction():
        payment = find("payment", number, "create", hold=True)
        row, owed = owing(other, "record", hold=True)
        same = (payment.company_id, payment.currency) == (row.company_id, owed.currency) and (
            row.company_id is not None or row.person_id == payment.person_id)
        if not same:
            raise Invalid([FieldError("pick", _("Choose something of the same customer."), "choice")])
        part = min(payment.left, owed.amount)
        if part <= 0:
            raise Conflict(_("There is nothing left to use."))
        current().registry.kinds[row.kind].take(row, part, payment)
        return parlour.change("payment", payment.id, "create", body={
            "left": payment.left - part, "wanted": [*payment.wanted, [label(row), part]],
            "took": [*payment.took, [label(row), part]]})


def look_after():
    """Ask providers about payments that nothing was heard of; give up those that are too old (a job)."""
    moment = parlour.now()
    rows = parlour.fetch(parlour.visible("payment", "create").where(
        Record.state == PENDING, Record.touched < moment - timedelta(minutes=2)).order_by(Record.touched).limit(5))
    for payment in rows:
        ask(payment)
        with parlour.transaction():
            held = find("payment", payment.number, "create", hold=True)
            if moment - held.created > PATIENCE:
                _failed(held, parlour.Report("failed", ""))
            elif held.state == PENDING:  # the others get their turn before it is asked after again
                parlour.change("payment", held.id, "create", public=False, touched=moment)


def _turn_to_ask(number):
    """Say whether nobody has asked after a payment just now; whoever hears so asks."""
    moment = int(parlour.now().timestamp())
    with parlour.system("payment"), parlour.transaction():
        held = find("payment", number, "create", hold=True)
        if moment - held.asked < PAUSE:
            return False
        parlour.change("payment", held.id, "create", public=False, body={"asked": moment})
        return True


def ask(payment):
    """Ask the provider how a payment stands, and do what it says; nothing where it does not answer."""
    try:
        way = provider(payment.provider)
        if way.ask is None or not _turn_to_ask(payment.number):
            return
        if not payment.reference:
            lead(payment)
            payment = find("payment", payment.number)
        report = way.ask(charge(payment), payment.reference)
    except parlour.ParlourError:
        return
    if report is not None:
        settle(payment.provider, report)
