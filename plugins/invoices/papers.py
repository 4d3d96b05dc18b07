"""What an invoice says: the tenant's settings, its form, its lines reckoned up, and the day it is due."""

from datetime import date, timedelta
from functools import lru_cache
from types import SimpleNamespace

import parlour
from parlour import N_, addresses, behalf, current, forms, money, people
from parlour import gettext as _

MOST_LINES = 100
STATES = {"draft": N_("Draft"), "open": N_("Open"), "partly": N_("Partly paid"), "paid": N_("Paid"),
          "credited": N_("Credited"), "credit": N_("Credit"), "used": N_("Used up")}
"""What the states of invoices and credit notes are called."""


def settings():
    """Give what the tenant at hand has set for invoices."""
    return current().settings.once(_read)


def _read(given):
    own = given.features["invoices"].settings
    seller, bank = own.get("seller") or {}, own.get("bank") or {}
    name = seller.get("name") or given.name
    return SimpleNamespace(
        name=name, address=[line for line in (seller.get("address") or "").splitlines() if line.strip()],
        tax_id=seller.get("tax_id") or "", footer=seller.get("footer") or "", due_days=own.get("due_days", 14),
        rate=str(own.get("tax", "0")), per=own.get("tax_per", "line"), note=own.get("note") or "",
        reminders=tuple(sorted(set(own.get("reminders", ())))),
        currencies=tuple(own.get("currencies") or ()) or (str(given.value("currency")),),
        holder=(bank.get("name") or name)[:70], iban=(bank.get("iban") or "").replace(" ", "").upper(),
        bic=(bank.get("bic") or "").upper(), other=bank.get("other") or "")


def today():
    """Give the day it is for the tenant, as text."""
    return parlour.today().isoformat()


def later(day, days):
    """Give the day so many days after another."""
    return (date.fromisoformat(day) + timedelta(days=days)).isoformat()


def day(text):
    """Give a day as templates and PDF show it."""
    return date.fromisoformat(text) if text else None


def form(currency, *, companies=()):
    """Give the form of a draft in a currency."""
    return _form(currency, settings().rate, tuple(companies))


@lru_cache(maxsize=256)
def _form(currency, rate, companies):
    line = {
        "text": {"type": "text", "label": N_("What"), "required": True, "max_length": 500},
        "quantity": {"type": "quantity", "label": N_("Quantity"), "default": "1", "required": True, "decimals": 6},
        "price": {"type": "money", "label": N_("Price of one"), "currency": currency, "required": True},
        "tax": {"type": "quantity", "label": N_("Tax in percent"), "default": rate, "decimals": 3},
        "discount": {"type": "quantity", "label": N_("Discount in percent"), "decimals": 3}}
    return forms.load({"type": "object", "properties": forms.custom({
        **behalf.fields(companies, staff=True),
        "subject": {"type": "text", "label": N_("Subject"), "max_length": 200, "help": N_(
            "What it is for, in a few words.")},
        "lines": {"type": "rows", "label": N_("Lines"), "fields": line, "required": True, "min_rows": 1,
                  "max_rows": MOST_LINES},
        "due": {"type": "date", "label": N_("Due on"), "help": N_("Left empty, the usual days after its issue.")},
        "reference": {"type": "text", "label": N_("Customer's order number"), "max_length": 100},
        "note": {"type": "longtext", "label": N_("Note"), "max_length": 2000}})}, id="invoices.draft")


def reckon(lines, *, included=False, per=""):
    """Add up lines as they are typed: the totals, and the lines as an invoice keeps them. Raises Invalid."""
    wrong = [parlour.FieldError(f"lines.{place}.{name}", message, "range") for place, line in enumerate(lines)
             for name, message in _unfit(line)]
    if wrong:
        raise parlour.Invalid(wrong)
    totals = money.totals((money.Item(line["price"], line["quantity"], line.get("tax") or "0",
                                      line.get("discount") or "0") for line in lines),
                          per=per or settings().per, included=included)
    kept = [{"text": line["text"], "quantity": line["quantity"], "price": line["price"],
             "tax": line.get("tax") or "0", "discount": line.get("discount") or "0", "net": one.net,
             "vat": one.tax, "total": one.total} for line, one in zip(lines, totals.lines, strict=True)]
    return totals, kept


def _unfit(line):
    for name in ("tax", "discount"):
        if not 0 <= money.exact(line.get(name) or "0") <= 100:
            yield name, _("Write a percentage from 0 to 100.")
    if money.exact(line["quantity"]) == 0:
        yield "quantity", _("Write how many.")


def content(totals, lines, *, to, given, included=False):
    """Give what an invoice will say for ever: everything that stands on it beside its number and its days."""
    own = settings()
    return {"lines": lines, "rates": [[rate, one.net, one.tax] for rate, one in totals.rates.items()],
            "to": to, "from": [own.name, *own.address], "tax_id": own.tax_id, "footer": own.footer,
            "note": "\n\n".join(filter(None, (given.get("note") or "", own.note))),
            "reference": given.get("reference") or "", "included": included,
            "bank": {"holder": own.holder, "iban": own.iban, "bic": own.bic, "other": own.other}}


def recipient(company, person, address=()):
    """Give the lines of an address: the company's usual one for invoices, or the person alone."""
    row = people.person(person) if person else None
    firm = next(iter(people.companies([company])), None) if company else None
    lines = [firm.name] if firm else []
    lines += [row.name] if row else []
    book = addresses.of(company) if company and not address else []
    usual = next((one for one in book if getattr(one, "billing", False)), book[0] if book else None)
    return [*lines, *(address or (addresses.written(usual) if usual else ()))]


def speaks(invoice):
    """Give the language of whoever gets an invoice: the person's own, else the tenant's."""
    row = people.person(invoice.person_id) if invoice.person_id else None
    return (row.language if row else "") or str(current().settings.value("languages.default"))
