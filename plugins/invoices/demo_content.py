"""Demo content: some months of invoices, paid, open and overdue, as customers would have them."""

import json
from pathlib import Path

import parlour
from parlour import people

from . import imports, papers

CONTENT = Path(__file__).parent / "demo.json"


def fill(slug):
    """Write a tenant's demo invoices, unless it has some already."""
    if parlour.count(parlour.visible("invoice"), 1):
        return
    today = papers.today()
    for one in sorted(json.loads(CONTENT.read_text("utf-8")).get(slug, ()), key=lambda one: -one["ago"]):
        person = people.by_address(one["for"])
        firm = people.company(one["company"]) if one.get("company") else None
        issued = papers.later(today, -one["ago"])
        row = {"known": None, "changed": False, "issued": issued, "subject": one["subject"], "lines": one["lines"],
               "requester": str(person.id) if person else "", "company": str(firm.id) if firm else ""}
        row |= {"paid": papers.later(issued, one["paid"])} if "paid" in one else {}
        imports.take(row | {name: one[name] for name in ("reference", "note") if name in one})

