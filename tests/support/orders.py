"""Orders for tests, written through the plugin's own verbs."""

from __future__ import annotations

import sys
from typing import Any

from core.data import people

LINES = [{"sku": "A-1", "text": "Counting scale", "quantity": "2", "price": "24900", "tax": "19"},
         {"sku": "A-2", "text": "Weight", "quantity": "1", "price": "4950", "tax": "19", "discount": "10"}]
"""49,800 and 4,455 cents, 54,255 together; tax 9,462 and 846; 64,563 in all."""


def plugin(module: str = "service") -> Any:
    """Give a module of the loaded plugin."""
    return sys.modules[f"parlour_plugins.orders.{module}"]


def order_of(inside: Any, person: str = "own", company: str = "alfreds", *, slug: str = "acme",
             lines: Any = None, **said: Any) -> Any:
    """Place an order of somebody's."""
    service = plugin()
    with inside.scope(slug):
        row = inside.person(person)
        party = service.behalf.Party(row.id, people.company(company).id if company else None)
        given = [service.reckoning.plain(one) for one in (lines or LINES)]
        return service.write(party, given, currency="EUR", said={"per": "line", "included": False, **said})
