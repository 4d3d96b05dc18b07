"""The verbs of invoices: write a draft, issue it, credit it, set off what a credit note still holds."""

import parlour
from parlour import (
    Conflict,
    FieldError,
    Invalid,
    NotFound,
    Record,
    begin,
    behalf,
    conversation,
    current,
    find,
    language,
    lines,
    money,
    publish,
    transaction,
)
from parlour import gettext as _

from . import papers
from .models import CREDIT, CREDITED, INVOICE, MEANING, NOTE, OPEN, PAID, PARTLY, USED, Entry

TOLD = ("included", "rounding", "address")
"""What a draft took over from another record and its form does not ask."""


def reckoned(said):
    """Give what a draft comes to, and its lines as an invoice keeps them. Raises Invalid."""
    return papers.reckon(said["lines"], included=said.get("included", False), per=said.get("rounding", ""))


def write(values, currency, *, draft=None, about=None, party=None):
    """Keep a draft from cleaned values; give its row. Raises Invalid, Refused."""
    party = party or behalf.chosen(values, "invoices.create")
    before = draft.content if draft is not None else {}
    kept = {name: before[name] for name in TOLD if name in before} | {
        name: value for name, value in values.items() if name not in ("requester", "company")}
    title = kept.get("subject") or kept["lines"][0]["text"]
    body = {"currency": currency, "total": reckoned(kept)[0].sum.total, "content": kept}
    facts = {"title": title[:200], "company": party.company, "person": party.person, "body": body}
    with transaction():
        if draft is not None:
            return parlour.change("invoice_draft", draft.id, "create", **facts)
        made = parlour.add("invoice_draft", state="draft", category="open", audience="staff", **facts)
        if about is not None:
            begin.link(made, about)
        return made


def throw_away(number):
    """Remove a draft."""
    with transaction():
        parlour.remove("invoice_draft", find("invoice_draft", number, "remove", hold=True).id)


def issue(number):
    """Make an invoice of a draft, with the next number and what it says for ever. Raises Invalid, NotFound."""
    with transaction():
        draft = find("invoice_draft", number, "create", hold=True)
        said = draft.content
        totals, kept = reckoned(said)
        if totals.sum.total < 0:
            raise Invalid([FieldError("lines", _(
                "An invoice comes to 0 or more. Write a credit note instead."), "range")])
        to = papers.recipient(draft.company_id, draft.person_id, said.get("address") or ())
        given = papers.content(totals, kept, to=to, given=said, included=said.get("included", False))
        made = put(draft, given, totals.sum, draft.currency, due=said.get("due") or "")
        for one in begin.related(draft):
            begin.link(made, one.row, "invoices.bill")
        parlour.remove("invoice_draft", draft.id)
        return made


def put(whose, content, sums, currency, *, due="", sort=INVOICE, **more):
    """Write an issued invoice or credit note, with the next number; tell about it."""
    today = more.pop("day", "") or papers.today()
    due = "" if sort == NOTE else max(due, today) if due else papers.later(today, papers.settings().due_days)
    state = CREDIT if sort == NOTE else OPEN if sums.total else PAID
    made = parlour.add(
        "invoice", title=whose.title, company=whose.company_id, person=whose.person_id, state=state,
        category=MEANING[state], body={
            "sort": sort, "currency": currency, "net": sums.net, "tax": sums.tax, "total": sums.total,
            "issued": today, "due": due, "content": content, "open": sums.total,
            "settled": "" if sums.total else today, **more})
    publish("invoices.credited" if sort == NOTE else "invoices.issued", made)
    return made


def state_of(invoice, left):
    """Give where an invoice stands that has so much left to pay."""
    if invoice.sort == NOTE:
        return CREDIT if left else USED
    if left:
        return OPEN if left == invoice.total else PARTLY
    return CREDITED if invoice.credited >= invoice.total > 0 else PAID


def book(invoice, what, source, amount, day, action="record", *, tell=True):
    """Take so much off what an invoice still asks for; it is held by the transaction. Give it as it is now.

    A negative amount takes back what was booked before. `tell`: it is news, not something from elsewhere.
    """
    left = invoice.open - amount
    state = state_of(invoice, left)
    lines.add("invoice", invoice.id, Entry, action, what=what, source=source, amount=amount, day=day)
    made = parlour.change("invoice", invoice.id, action, state=state, category=MEANING[state],
                          body={"open": left, "settled": "" if left else day})
    if not tell:
        return made
    if state == PAID and invoice.state != PAID:
        publish("invoices.paid", made)
    elif left > 0 >= invoice.open:
        publish("invoices.reopened", made)
    else:
        publish("invoices.booked", made)
    return made


def creditable(invoice):
    """Give how much of an invoice no credit note has taken back yet."""
    return invoice.total - invoice.credited if invoice.sort == INVOICE else 0


def credit(number, amount, reason):
    """Issue a credit note for so much of an invoice (None: all that is left of it); give it.

    It first takes off what the invoice still asks for; what then remains is the customer's, to be set off or paid
    back. Raises Invalid, Conflict.
    """
    with transaction():
        invoice = find("invoice", number, "create", hold=True)
        most = creditable(invoice)
        if most <= 0:
            raise Conflict(_("There is nothing left to credit on this one."))
        amount = most if amount is None else amount
        if not 0 < amount <= most:
            raise Invalid([FieldError("amount", _("Write an amount up to %(most)s.", most=money.show(
                most, invoice.currency)), "range")])
        with language.using(papers.speaks(invoice)):
            text = _("Credit for %(number)s", number=label(invoice.number))
        totals, kept = _mirrored(invoice) if amount == invoice.total else _shares(invoice, amount, text)
        content = {**invoice.content, "lines": kept, "note": reason, "included": False,
                   "rates": [[rate, one.net, one.tax] for rate, one in totals.rates.items()]}
        note = put(invoice, content, totals.sum, invoice.currency, sort=NOTE, credits=invoice.number)
        begin.link(note, invoice, "invoices.credit")
        held = parlour.change("invoice", invoice.id, "create", body={"credited": invoice.credited + amount})
        _set_off(note, held, min(amount, held.open), "create")
        return find("invoice", note.number)


def _mirrored(invoice):
    """Give all lines of an invoice with their amounts turned round, to the unit."""
    turned = [{**line, "quantity": _negative(line["quantity"]), "net": -line["net"], "vat": -line["vat"],
               "total": -line["total"]} for line in invoice.content["lines"]]
    rates = {rate: money.Sum(-net, -tax, -net - tax) for rate, net, tax in invoice.content["rates"]}
    return money.Totals(money.Sum(-invoice.net, -invoice.tax, -invoice.total), (), rates), turned


def _negative(quantity):
    return quantity[1:] if quantity.startswith("-") else f"-{quantity}"


def _shares(invoice, amount, text):
    """Give a line per tax rate that together come to an amount, tax included, as the invoice's rates share it."""
    rates = [(rate, net + tax) for rate, net, tax in invoice.content["rates"] if net + tax > 0]
    parts = money.split(amount, [part for _rate, part in rates])
    return papers.reckon(
        [{"text": text, "quantity": "-1", "price": part, "tax": rate}
         for (rate, _all), part in zip(rates, parts, strict=True) if part], included=True, per="line")


def _set_off(note, invoice, amount, action):
    """Let what a credit note holds pay for an invoice; both are held."""
    if amount <= 0:
        return
    today = papers.today()
    book(invoice, "credit", note.number, amount, today, action)
    book(note, "credit", invoice.number, -amount, today, action)


def _other(number):
    """Give the number of the invoice that somebody named. Raises Invalid where there is none for them."""
    try:
        return find("invoice", number).number
    except NotFound as error:
        wrong = FieldError("invoice", _("Choose an open invoice of the same customer."), "choice")
        raise Invalid([wrong]) from error


def set_off(note_number, invoice_number):
    """Use what a credit note still holds for an open invoice of the same customer. Raises Invalid, Conflict."""
    with transaction():
        numbers = find("invoice", note_number).number, _other(invoice_number)
        held = {one.number: one for one in (find("invoice", str(n), "record", hold=True) for n in sorted(numbers))}
        note, invoice = (held[number] for number in numbers)
        same = (note.company_id, note.currency) == (invoice.company_id, invoice.currency) and (
            note.company_id is not None or note.person_id == invoice.person_id)
        if note.sort != NOTE or invoice.sort != INVOICE or not same:
            raise Invalid([FieldError("invoice", _("Choose an open invoice of the same customer."), "choice")])
        amount = min(-note.open, invoice.open)
        if amount <= 0:
            raise Conflict(_("There is nothing left to set off."))
        _set_off(note, invoice, amount, "record")
        return find("invoice", note.number)


def bill(row, told):
    """Write a draft from what another record tells: its lines, its customer, its reference."""
    currency = told["currency"]
    kept = [{"text": str(line.get("text") or ""), "quantity": str(line.get("quantity") or "1"),
             "price": int(line["price"]), "tax": str(line.get("tax") or "0"),
             "discount": str(line.get("discount") or "0")} for line in told["lines"]]
    rounding = told.get("rounding") if told.get("rounding") in ("line", "total") else ""
    values = {"subject": str(told.get("subject") or "")[:200], "lines": kept, "due": None, "note": "",
              "reference": str(told.get("reference") or "")[:100], "included": bool(told.get("included")),
              "rounding": rounding, "address": _lines(told.get("address"))}
    return write(values, currency, party=behalf.Party(row.person_id, row.company_id))


def _lines(address):
    return [str(line) for line in address] if isinstance(address, list | tuple) else \
        [line for line in str(address or "").splitlines() if line.strip()]


def purse():
    """Give the kind that keeps the money that came, whichever plugin's it is."""
    return next(one for one in current().registry.kinds.values() if one.account is not None)


def kind(name="invoice"):
    """Give a registered kind."""
    return current().registry.kinds[name]


def label(number, name="invoice"):
    """Write a number as people read it."""
    return parlour.label(kind(name), number)


def path(row):
    """Give the address of an invoice, a draft or a payment."""
    return parlour.links.of(row)


def say(number, body, files=(), *, inside=False):
    """Write about an invoice; inside, for the team alone."""
    with transaction():
        invoice = find("invoice", number, "note" if inside else "reply")
        message = conversation.add_entry(invoice, body, internal=inside)
        parlour.attach.keep(invoice, files, message=message, internal=inside)
        publish("invoices.noted" if inside else "invoices.replied", invoice, message=message.public_id)
        return invoice


def entries(invoice):
    """Give what was booked on an invoice, in its order."""
    query = lines.visible("invoice", Entry, "view", Entry.id, Entry.what, Entry.source, Entry.amount, Entry.day,
                          anywhere=True)
    return parlour.fetch(query.where(Record.id == invoice.id).order_by(Entry.id))

