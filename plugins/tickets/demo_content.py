"""Demo content: some weeks of requests with their conversations, as a support team would have them."""

import json
from datetime import timedelta
from pathlib import Path

import parlour
from parlour import conversation, people

from . import service, states
from .models import seconds

CONTENT = Path(__file__).parent / "demo.json"


def fill(slug):
    """Write a tenant's demo tickets, unless it has tickets already."""
    if parlour.count(parlour.visible("ticket"), 1):
        return
    service.align_teams()
    with parlour.transaction():
        for one in sorted(json.loads(CONTENT.read_text("utf-8")).get(slug, ()), key=lambda one: -one["ago"]):
            _write(one)


def _write(one):
    """Write one ticket; `ago` is in hours before now, in its entries in hours after it was opened."""
    policy, opened = states.policy(), parlour.now() - timedelta(hours=one["ago"])
    requester, status = people.by_address(one["from"]), one.get("status", "new")
    state = status if status in policy.statuses else policy.first("open")
    meaning, member = policy.meaning(state), people.memberships([requester.id]).get(requester.id, ())
    last = opened + timedelta(hours=max([entry[1] for entry in one.get("say", ())], default=0))
    assignee, team = (service.target(policy, one.get(name)) for name in ("assignee", "team"))
    priority = one.get("priority", policy.usual())
    ticket = parlour.add(
        "ticket", title=one["subject"], company=member[0].company_id if member else None, person=requester.id,
        state=state, category=meaning, created=opened, fields=one.get("fields", {}),
        body={"topic": one["topic"], "priority": priority, "origin": one.get("origin", "portal"),
              "assignee": assignee[0], "team": team[1], "deadline": service.due(policy, priority, opened),
              "settled": seconds(last) if meaning in states.DONE else None,
              "cause": one.get("cause", ""), "solution": one.get("solution", "")})
    conversation.add_entry(ticket, one["body"], author=requester, created=opened)
    for address, after, body, *kinds in one.get("say", ()):
        at, author = opened + timedelta(hours=after), people.by_address(address)
        conversation.add_entry(ticket, body, author=author, created=at, internal="note" in kinds)
    if meaning in states.DONE:
        for person in [*people.people(staff=True), *(people.members(ticket.company_id) if member else [])]:
            conversation.mark_read(ticket, person.id)
        conversation.add_entry(ticket, "", kind="event", author=people.by_address(one.get("closer", one["from"])),
                               created=last, data={"what": "resolved" if "closer" not in one else "status",
                                                   "to": state})
