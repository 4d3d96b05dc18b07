"""Two requests made one: what it does to people, the merge itself, and where a merged one leads."""

from dataclasses import dataclass

import parlour
from parlour import Conflict, conversation, current, find, joining, label, publish, transaction
from parlour import gettext as _

from . import states
from .models import Ticket, seconds


@dataclass(frozen=True)
class Plan:
    """One request (`source`) going into another, and what that does to those who read them."""

    source: object
    target: object
    readers: object
    versions: tuple

    @property
    def mark(self):
        """Name what somebody looked at."""
        return f"{self.readers.mark}-{self.source.id}-{self.target.id}"


def number(ticket):
    """Give a request's number as people read it."""
    return label(current().registry.kinds["ticket"], ticket.number)


def lead(ticket, action="view"):
    """Give the request a merged one ended up in, if whoever asks may do `action` there, else None."""
    ways = [ticket.number]
    while ticket.merged and ticket.merged not in ways:
        ways.append(ticket.merged)
        try:
            ticket = find("ticket", ticket.merged, action)
        except (parlour.NotFound, parlour.Refused):
            return None
    return None if ticket.merged else ticket


def plan(target, source):
    """Work out what merging does. Raises Conflict where the two are one already."""
    if source.id == target.id:
        raise Conflict(_("That is this request itself. Choose another one."))
    if source.merged:
        raise Conflict(_("%(number)s was merged before. Choose another one.", number=number(source)))
    return Plan(source, target, joining.readers(source, target), (source.staff_version, target.staff_version))


def merge(target, source, mark, *, show=False):
    """Let one request go into another and give that. Raises Conflict where it is not as somebody looked at it.

    Where people would read what they do not see now, it goes in as notes for the team alone, unless `show` says
    that they shall. `mark` is that of the plan that was looked at. Sending it again changes nothing.
    """
    with transaction():
        first, second = (find("ticket", one, "merge", hold=True) for one in sorted((source.number, target.number)))
        source, target = (first, second) if first.id == source.id else (second, first)
        if source.merged and source.merged == target.number:
            return target
        target = _end(target)
        made = plan(target, source)
        if made.mark != mark:
            raise Conflict(_("Somebody worked on one of them since you looked. Have a look, then merge again."))
        inside = not made.readers.harmless and not show
        if inside:
            joining.tell_inside(source, target, number(source))
        else:
            joining.move(source, target)
        return _write(source, target, inside=inside, readers=made.readers)


def _end(target):
    """Give the end of the way a request leads to, held. Raises Conflict where it cannot be reached."""
    if not target.merged:
        return target
    end = lead(target, "merge")
    if end is None:
        raise Conflict(_("%(number)s was merged itself. Choose another one.", number=number(target)))
    return find("ticket", end.number, "merge", hold=True)


def _write(source, target, *, inside, readers):
    policy = states.policy()
    state = policy.first("closed")
    parlour.change("ticket", source.id, "merge", state=state, category=policy.meaning(state), body={
        "merged": target.number, "settled": source.settled or seconds(parlour.now()), "deadline": None})
    changed = parlour.change("ticket", target.id, "merge", public=not inside)
    for row in parlour.fetch(parlour.visible("ticket", "merge", parlour.Record.id).where(
            Ticket.follows == source.id, parlour.Record.id != target.id)):
        parlour.change("ticket", row.id, "merge", public=False, body={"follows": target.id})
    conversation.add_entry(source, "", kind="event", data={"what": "merged_into", "to": ""})
    conversation.add_entry(target, "", kind="event", internal=inside,
                           data={"what": "merged", "to": number(source)})
    parlour.record_act("ticket.merged", number(target), source=number(source), inside=inside,
                       gained=list(readers.gained) if not inside else [], lost=list(readers.lost))
    publish("tickets.merged", changed, source=number(source),
            people=[source.person_id] if source.person_id else [])
    return find("ticket", target.number, "merge")
