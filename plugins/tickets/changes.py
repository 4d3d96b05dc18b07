"""Changes to a ticket's facts: what the desk turns, what customers may edit, each leaving a line and an event."""

from dataclasses import dataclass, field
from datetime import datetime, time
from zoneinfo import ZoneInfo

import parlour
from parlour import Conflict, FieldError, Invalid, conversation, current, find, people
from parlour import gettext as _
from parlour import now as moment_now

from . import asking, service, states
from .models import moment, seconds


@dataclass
class Turn:
    """What one change comes to: columns, soft lines (what, to, internal), and news (event, data)."""

    record: dict = field(default_factory=dict)
    body: dict = field(default_factory=dict)
    lines: list = field(default_factory=list)
    news: list = field(default_factory=list)


def work(ticket, values, *, action="assign"):
    """Change facts of a ticket as staff; what stays the same leaves no trace. Raises Conflict, Invalid.

    `values` holds any of status, assignee, team, priority, category, deadline, cause, solution, subject, the
    tenant's own fields, and `version`: the one the change was made on.
    """
    policy, version = states.policy(), values.pop("version", None)
    with parlour.transaction():
        ticket = find("ticket", ticket.number, action)
        if ticket.merged:
            raise Conflict(_("This was merged into another request. Work on that one."))
        if version is not None and ticket.staff_version != version:
            raise Conflict(_("Somebody worked on this since you opened it. Have a look, then try again."))
        turn = Turn()
        for name in (name for name in STEPS if name in values):
            STEPS[name](policy, ticket, values[name], turn)
        _own_fields(policy, ticket, values, turn)
        return _write(ticket, action, turn, version)


def _write(ticket, action, turn, version):
    if not (turn.record or turn.body):
        return ticket
    customer = not current().is_staff
    shown = customer or any(not internal for *_, internal in turn.lines) \
        or bool({"cause", "solution"} & set(turn.body))
    changed = parlour.change("ticket", ticket.id, action, body=turn.body, public=shown, version=version,
                             **turn.record)
    for what, to, internal in turn.lines:
        conversation.add_entry(ticket, "", kind="event", internal=internal and not customer,
                               data={"what": what, "to": to})
    for event, data in turn.news:
        parlour.publish(event, changed, **data)
    if turn.lines or not turn.news:
        parlour.publish("tickets.changed", changed, fields=sorted({*turn.record, *turn.body}))
    return find("ticket", ticket.number)


def _status(policy, ticket, state, turn):
    if not state or state == ticket.state:
        return
    meaning = policy.meaning(state)
    turn.record |= {"state": state, "category": meaning}
    turn.lines.append(("status", state, False))
    turn.news.append(("tickets.status", {"from": ticket.state, "to": state}))
    if meaning in states.DONE and not states.done(ticket):
        turn.body["settled"] = seconds(moment_now())
        turn.news.append(("tickets.resolved", {"to": state, "people": []}))
    elif meaning not in states.DONE and states.done(ticket):
        turn.body["settled"] = None
        turn.news.append(("tickets.reopened", {}))


def _assignee(policy, ticket, address, turn):
    row = _colleague(address)
    if (row.id if row else None) == ticket.assignee:
        return
    turn.body["assignee"] = row.id if row else None
    if row is None:
        turn.lines.append(("unassigned", "", True))
        return
    what = "taken" if row.id == current().me.id else "assignee"
    turn.lines.append((what, row.name, "assignee" not in policy.shown))
    turn.news.append(("tickets.assigned", {"person": row.id}))


def _colleague(address):
    """Give the person of the team with this address or public identifier, None for nobody. Raises Invalid."""
    if not address:
        return None
    try:
        row = people.by_address(address) if "@" in address else people.person(address)
    except parlour.NotFound:
        row = None
    if row is None or not row.role or not row.active:
        raise Invalid([FieldError("assignee", _("Choose somebody of the team."), "unknown")])
    return row


def _team(_policy, ticket, key, turn):
    known = {team.key: team for team in people.teams()}
    if key and key not in known:
        raise Invalid([FieldError("team", _("Choose one of the teams."), "unknown")])
    team = known.get(key)
    if (team.id if team else None) == ticket.team:
        return
    turn.body["team"] = team.id if team else None
    turn.lines.append(("team" if team else "no_team", team.name if team else "", True))
    if team:
        turn.news.append(("tickets.handed", {"team": key}))


def _priority(policy, ticket, key, turn):
    if not key or key == ticket.priority:
        return
    turn.body["priority"] = key
    if ticket.deadline == service.due(policy, ticket.priority, ticket.created):
        turn.body.setdefault("deadline", service.due(policy, key, ticket.created))
    turn.lines.append(("priority", key, True))
    turn.news.append(("tickets.priority", {"from": ticket.priority, "to": key}))


def _topic(_policy, ticket, key, turn):
    if key and key != ticket.topic:
        turn.body["topic"] = key
        turn.lines.append(("category", key, True))


def zone():
    """Give the time zone of whoever asks."""
    return ZoneInfo(current().time_zone)


def day(value):
    """Give the day a deadline falls on for whoever asks, "" for none."""
    return moment(value).astimezone(zone()).date().isoformat() if value else ""


def _deadline(_policy, ticket, text, turn):
    if (text or "") == day(ticket.deadline):
        return
    end = datetime.combine(datetime.fromisoformat(text), time(23, 59, 59), zone()) if text else None
    turn.body["deadline"] = seconds(end)
    turn.lines.append(("deadline" if text else "no_deadline", text or "", True))


def _words(name):
    def step(_policy, ticket, text, turn):
        if text != getattr(ticket, name):
            turn.body[name] = text
    return step


def _subject(_policy, ticket, text, turn):
    if not text:
        raise Invalid([FieldError("subject", _("Write a few words."), "required")])
    if text != ticket.title:
        turn.record["title"] = text
        turn.lines.append(("subject", "", False))


STEPS = {"status": _status, "assignee": _assignee, "team": _team, "priority": _priority, "category": _topic,
         "deadline": _deadline, "cause": _words("cause"), "solution": _words("solution"), "subject": _subject}


def _own_fields(policy, ticket, values, turn):
    own = {name: values[name] for name in asking.own_fields(policy, ticket.topic, staff=current().is_staff)
           if name in values}
    if any((ticket.fields or {}).get(name) != value for name, value in own.items()):
        turn.record["fields"] = {**(ticket.fields or {}), **own}
        turn.lines.append(("details", "", not set(own) - policy.internal))


def edit(ticket, values):
    """Let customers change their own open request, as far as `values` were cleaned by their form."""
    if states.done(find("ticket", ticket.number, "edit")):
        raise Conflict(_("This request is closed. Write a reply if something is missing."))
    return work(ticket, values, action="edit")


def update_from(ticket, source):
    """Change a ticket as a program asks: staff all of it, customers what they may. Raises Invalid, Conflict."""
    policy, staff = states.policy(), current().is_staff
    wanted = dict(source)
    if "state" in wanted:
        wanted.setdefault("status", wanted.pop("state"))
    form = asking.change_form(policy, ticket.topic, staff=staff)
    stored = states.values(ticket)
    if staff:
        return work(ticket, form.clean(wanted, partial=True, stored=stored))
    status = wanted.pop("status", None)
    values = form.clean(wanted, partial=True, stored=stored)
    if status is not None and (status not in policy.statuses or policy.meaning(status) != "resolved") \
            and status != "resolved":
        raise Invalid([FieldError("status", _("You can only mark a request as resolved."), "choice")])
    with parlour.transaction():
        if values:
            ticket = edit(ticket, values)
        return service.resolve(ticket) if status is not None else find("ticket", ticket.number)
