"""Demo content: some weeks of orders in every state, as a wholesaler would have them."""

import json
from datetime import timedelta
from pathlib import Path

import parlour
from parlour import conversation, lines, people

from . import reckoning, terms
from .models import OrderLine

CONTENT = Path(__file__).parent / "demo.json"


def fill(slug):
    """Write a tenant's demo orders, unless it has orders already."""
    if parlour.count(parlour.visible("order"), 1):
        return
    with parlour.transaction():
        for one in sorted(json.loads(CONTENT.read_text("utf-8")).get(slug, ()), key=lambda one: -one["ago"]):
            _write(one, terms.terms())


def _write(one, policy):
    """Write one order; `ago` is in hours before now."""
    placed = parlour.now() - timedelta(hours=one["ago"])
    person = people.by_address(one["from"])
    if person is None:
        return
    member = people.memberships([person.id]).get(person.id, ())
    state = one["status"] if one["status"] in policy.statuses else policy.first("open")
    whole, sums = reckoning.reckon([reckoning.plain(line) for line in one["lines"]],
                                   shipping=one.get("shipping", 0), per=policy.rounding,
                                   shipping_tax=one["lines"][0].get("tax", "0"), included=policy.included)
    sent = (placed + timedelta(hours=20)).date().isoformat() if one.get("tracking") else ""
    order = parlour.add(
        "order", title=reckoning.title(whole), company=member[0].company_id if member else None, person=person.id,
        state=state, category=policy.meaning(state), created=placed, body={
            **sums, "currency": policy.currency, "reference": one.get("reference", ""), "sent": sent,
            "payment": one.get("payment", "open"), "carrier": one.get("carrier", ""),
            "tracking": one.get("tracking", ""), "deliver": one.get("deliver", "")})
    lines.add_all("order", order.id, OrderLine, "create", whole)
    for address, after, body in one.get("say", ()):
        conversation.add_entry(order, body, author=people.by_address(address),
                               created=placed + timedelta(hours=after))
    for row in [person, *people.people(staff=True)]:
        conversation.mark_read(order, row.id)
