"""What the tests of invoices and payments stand on."""

from __future__ import annotations

import pytest

from support import stripe_fake

ONLY = {"installation": {"plugins": {"available": ["invoices", "payments", "stripe", "tickets"]}}}
OWN = {"enabled": True, "tax": "19",
       "seller": {"name": "Acme GmbH", "address": "Str. 1\n10115 Berlin", "tax_id": "DE123"},
       "bank": {"iban": "DE89 3704 0044 0532 0130 00", "bic": "COBADEFFXXX"}}


class Shop:
    """A portal with invoices, and what staff does there most."""

    def __init__(self, portal):
        self.portal, self.agent = portal, portal.client("agent")

    def issue(self, company="alfreds", requester="", price="100.00", quantity="1", tax="19", **more):
        """Issue an invoice over one line; give its number."""
        answer = self.agent.post("/invoices/new", {
            "company": company, "requester": requester, "subject": "Beans", "lines": "0", "lines.0.text": "Beans",
            "lines.0.quantity": quantity, "lines.0.price": price, "lines.0.tax": tax, "act": "issue", **more})
        assert answer.status == 303, answer.text
        return answer.location.rpartition("/")[2]

    def facts(self, number, kind="invoices"):
        """Give what the API tells staff."""
        return self.portal.client("admin", token=True).get(f"/api/v1/{kind}/{number}").json

    def record(self, *numbers, **amounts):
        """Write down that money came."""
        rows = "&".join(f"pick={number}" for number in numbers)
        form = {f"amount_{number.replace('-', '_')}": amounts.get(number.replace("-", "_"), "")
                for number in numbers}
        return self.agent.post(f"/payments/record?{rows}", {"day": "2026-11-20", "reference": "stmt 7", **form})


@pytest.fixture
def shop(portal_inside):
    def make(**own):
        return Shop(portal_inside({**ONLY, "tenants": {"acme": {"features": {"invoices": {**OWN, **own}}}}}))
    return make


@pytest.fixture
def stripe(monkeypatch):
    with stripe_fake.serving() as fake:
        monkeypatch.setenv("PARLOUR_STRIPE", fake.url)
        yield fake


@pytest.fixture
def cards(portal_inside, stripe):
    def make(**own):
        features = {"invoices": OWN, "stripe": {"key": stripe_fake.KEY, "webhook": stripe_fake.SECRET, **own}}
        return Shop(portal_inside({**ONLY, "tenants": {
            "acme": {"features": features}, "globex": {"features": features}}}))
    return make
