"""What stands in braces in the lines of invoices and payments: one of each for its owner's company and person."""

from __future__ import annotations

from typing import Any

from core.data import access, people

LINE = {"text": "Contract", "quantity": "1", "price": 10_000, "tax": "0", "discount": "0", "net": 10_000, "vat": 0,
        "total": 10_000}
CONTENT = {"lines": [LINE], "rates": [["0", 10_000, 0]], "to": ["Contract"], "from": ["Acme"], "tax_id": "",
           "footer": "", "note": "", "reference": "", "included": False, "bank": {}}


def _add(things: Any, kind: str, slug: str, person: str, company: str, **more: Any) -> str:
    """Make a record; numbers never meet between tenants, nor with those that are given in between."""
    things._next += 10
    with things.inside.scope(slug):
        return str(access.add(kind, title="Contract", number=things._next, company=people.company(company).id,
                              person=things.inside.person(person).id, **more).number)


def invoice(things: Any, slug: str, person: str, company: str) -> str:
    """Make an open invoice."""
    return _add(things, "invoice", slug, person, company, state="open", body={
        "currency": "EUR", "net": 10_000, "tax": 0, "total": 10_000, "open": 10_000, "issued": "2026-01-02",
        "due": "2026-01-16", "content": CONTENT})


def draft(things: Any, slug: str, person: str, company: str) -> str:
    """Make a draft."""
    return _add(things, "invoice_draft", slug, person, company, audience="staff", state="draft", body={
        "currency": "EUR", "total": 10_000, "content": {"subject": "Contract", "lines": [LINE]}})


def payment(things: Any, slug: str, person: str, company: str) -> str:
    """Make a payment that has come."""
    return _add(things, "payment", slug, person, company, state="received", body={
        "provider": "hand", "key": f"contract{things._next}", "currency": "EUR", "amount": 100,
        "day": "2026-01-20"})


MAKERS = {"invoice": invoice, "draft": draft, "payment": payment}
NOBODYS = {"invoice": "99999", "draft": "99999", "payment": "99999"}
