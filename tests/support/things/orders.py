"""Orders and products for the matrix; numbers never meet between tenants."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import count
from typing import Any

from core.data import access, people

_numbers = count(700)


def _order(things: Any, slug: str, person: str, company: str) -> str:
    with things.inside.scope(slug):
        return str(access.add("order", title="Contract", number=next(_numbers), state="placed", category="open",
                              company=people.company(company).id, person=things.inside.person(person).id,
                              body={"currency": "EUR"}).number)


def _product(things: Any, slug: str, _person: str, _company: str) -> str:
    with things.inside.scope(slug):
        return str(access.add("product", title="Contract", number=next(_numbers), state="offered",
                              audience="customers", body={"currency": "EUR", "sku": "C", "price": "100"}).number)


MAKERS: Mapping[str, Callable[..., str]] = {"order": _order, "product": _product}
NOBODYS = {"order": "99999", "product": "99999"}
