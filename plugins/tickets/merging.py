"""What becomes of two requests that are made one: the source closes and leads on, each says what happened."""

import parlour
from parlour import conversation, current, joining, label, publish
from parlour import gettext as _

from . import states
from .models import Ticket, seconds

lead = joining.lead


def told(ticket):
    """Say of a request that it became part of another."""
    return _("%(number)s is part of this request now.", number=_number(ticket))


def _number(ticket):
    return label(current().registry.kinds["ticket"], ticket.number)


def write(source, target, inside):
    """Close one that became part of another, and say so on both; `inside`: its customers are not the target's."""
    policy = states.policy()
    state = policy.first("closed")
    parlour.change("ticket", source.id, "merge", state=state, category=policy.meaning(state), body={
        "merged": target.number, "settled": source.settled or seconds(parlour.now()), "deadline": None})
    changed = parlour.change("ticket", target.id, "merge", public=not inside)
    for row in parlour.fetch(parlour.visible("ticket", "merge", parlour.Record.id).where(
            Ticket.follows == source.id, parlour.Record.id != target.id)):
        parlour.change("ticket", row.id, "merge", public=False, body={"follows": target.id})
    conversation.add_entry(source, "", kind="event", data={"what": "merged_into", "to": ""})
    came, theirs = _number(source), [source.person_id] if source.person_id else []
    conversation.add_entry(target, "", kind="event", internal=inside, data={"what": "merged", "to": came})
    publish("tickets.merged", changed, source=came, people=theirs)
