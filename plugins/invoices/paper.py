"""Invoices and statements on paper, in the recipient's language and the look they know."""

from datetime import UTC, datetime

from parlour import current, language, money, pdf, people
from parlour import gettext as _

from . import papers, service, transfer
from .models import NOTE


def _seconds(day):
    return int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp())


def _look(row):
    """Give the identifier of the company whose look a paper has."""
    found = people.companies([row.company_id]) if row.company_id else ()
    return found[0].identifier if found else ""


def title(invoice):
    """Say what a paper is called."""
    number = service.label(invoice.number)
    if invoice.sort == NOTE:
        return _("Credit note %(number)s", number=number)
    return _("Invoice %(number)s", number=number)


def invoice(row):
    """Answer with an invoice or credit note as PDF. Raises Refused where the extra is missing."""
    code = papers.speaks(row)
    with language.using(code):
        document = written(row)
    return pdf.answer(document, f"{service.label(row.number)}.pdf", speaks=code, company=_look(row))


def written(row):
    """Write an invoice as a document in the language of the moment: what it said at issue, and how to pay it."""
    said, show = row.content, lambda amount: money.show(amount, row.currency)
    facts = [(_("Number"), service.label(row.number)), (_("Date"), pdf.day(papers.day(row.issued)))]
    facts += [(_("Due on"), pdf.day(papers.day(row.due)))] if row.due else []
    facts += [(_("Your order number"), said["reference"])] if said.get("reference") else []
    facts += [(_("Corrects"), service.label(row.credits))] if row.credits else []
    foot = [said.get("footer") or "", " · ".join(filter(None, (
        ", ".join(said["from"]), said.get("tax_id") and _("Tax number: %(number)s", number=said["tax_id"]))))]
    return pdf.Document(
        title(row), [_lines(row, show), *_notes(row), *_pay(row)], sender=said["from"], recipient=said["to"],
        facts=facts, footer=[line for line in foot if line], made=_seconds(row.issued))


def _lines(row, show):
    said = row.content
    discounts = any(line["discount"] != "0" for line in said["lines"])
    gross = said.get("included")
    columns = [pdf.Column(_("What"), wide=True), pdf.Column(_("Quantity"), end=True),
               pdf.Column(_("Price of one"), end=True)]
    columns += [pdf.Column(_("Discount"), end=True)] if discounts else []
    columns += [pdf.Column(_("Tax"), end=True), pdf.Column(_("Amount"), end=True)]
    rows = [[line["text"], line["quantity"], show(line["price"])] + (
        [f"{line['discount']} %" if line["discount"] != "0" else ""] if discounts else [])
        + [f"{line['tax']} %", show(line["total"] if gross else line["net"])] for line in said["lines"]]
    totals = [(_("Net"), show(row.net), False)] + [
        (_("%(rate)s %% tax on %(net)s", rate=rate, net=show(net)), show(tax), False)
        for rate, net, tax in said["rates"] if tax]
    return pdf.Table(columns, rows, [*totals, (_("Total"), show(row.total), True)])


def _notes(row):
    return [pdf.Text(row.content["note"])] if row.content.get("note") else []


def _pay(row):
    """Say how to pay by transfer what the invoice came to at issue: its paper never changes."""
    account, number = row.content.get("bank") or {}, service.label(row.number)
    facts = transfer.facts(account, row.total, row.currency, number) if account and row.total > 0 else []
    if not facts:
        return []
    heading = pdf.Heading(_("Payment by %(day)s", day=pdf.day(papers.day(row.due))))
    code = transfer.code(account, row.total, row.currency, number)
    if not code:
        return [heading, pdf.Facts(facts)]
    return [heading, pdf.Picture(code, _("A code for your banking app"), pairs=facts)]


def statement(drawn, name, whose):
    """Answer with a statement as PDF, in the language of whoever asks."""
    show = lambda amount: money.show(amount, drawn.currency)  # noqa: E731
    rows = [["", "", _("Balance before"), "", show(drawn.opening)]] + [
        [pdf.day(row.day), row.number, row.words, show(row.amount), show(row.balance)] for row in drawn.rows]
    table = pdf.Table([pdf.Column(_("Day")), pdf.Column(_("Number")), pdf.Column(_("What"), wide=True),
                       pdf.Column(_("Amount"), end=True), pdf.Column(_("Balance"), end=True)], rows,
                      [(_("Balance on %(day)s", day=pdf.day(drawn.last)), show(drawn.closing), True)])
    own = papers.settings()
    document = pdf.Document(
        _("Statement"), [table], sender=[own.name, *own.address], recipient=whose,
        facts=[(_("From"), pdf.day(drawn.first)), (_("Until"), pdf.day(drawn.last))],
        footer=[own.footer] if own.footer else [], made=_seconds(drawn.last.isoformat()))
    return pdf.answer(document, name, company=_mine())


def _mine():
    who = current()
    member = who.person.among(who.company) if who.person else None
    return member.identifier if member else ""
