"""Quotes and jobs for the lines of the matrix: one of each state that a step begins from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any

from core.data import access, people

LINES = [{"item": "Contract", "quantity": "1", "price": 10_000, "tax": "19", "optional": False, "chosen": False,
          "amount": 10_000}]


def _made(kind: str, state: str) -> Callable[..., str]:
    """Give what makes one more record of a kind in a state; numbers never meet between tenants."""
    def make(things: Any, slug: str, person: str, company: str) -> str:
        begun = vars(things).setdefault("begun", set())
        first = None if (slug, kind) in begun else 50_001 if slug == "globex" else 501
        begun.add((slug, kind))
        subject = "subject" if kind == "quote" else "work"
        with things.inside.scope(slug):
            row = access.add(kind, title="Contract", number=first, state=state, category="open",
                             company=people.company(company).id, person=things.inside.person(person).id,
                             fields={subject: "Contract", "lines": LINES, "net": 10_000, "tax": 1_900,
                                     "total": 11_900, "report": "Contract",
                                     "valid_until": (date.today() + timedelta(days=9)).isoformat()})
            return str(row.number)
    return make


MAKERS: Mapping[str, Callable[..., str]] = {
    **{f"quote_{state}": _made("quote", state)
       for state in ("requested", "draft", "sent", "accepted", "rejected")},
    **{f"job_{state}": _made("job", state) for state in ("requested", "scheduled", "in_progress", "done")}}
NOBODYS = dict.fromkeys(MAKERS, "99999")
