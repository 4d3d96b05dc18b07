"""What staff does to many tickets at once, and which tickets a list with filters means."""

from parlour import N_, Act, current, find, forms, people, search
from parlour import gettext as _

from . import changes, lists, states

LONGEST = 20_000


def narrow(asked):
    """Give the conditions of the inbox, or of a customer's list, whose address has these parameters."""
    text = str(asked.get("q", "")).strip()[:200]
    if not current().is_staff:
        shelf = {"open": (lists.OPEN,), "closed": (lists.CLOSED,)}.get(asked.get("view", ""), ())
        return (search.matches("ticket", text), *shelf)
    mine = people.my_teams(current().me.id)
    queues, filters = lists.queues(mine), lists.filters(states.policy())
    view = asked.get("view", "")
    view = view if view in queues else "open" if text else "unassigned"
    terms = [values[asked[name]][1] for name, (_words, values) in filters.items() if asked.get(name) in values]
    terms += [queues[view][1]] if not text or "view" in asked else []
    if text:
        terms.append(lists.found(text))
    return tuple(terms)


def _same(row, values):
    """Say why a change would change nothing."""
    (name, wanted), = values.items()
    now = {"status": row.state, "priority": row.priority}.get(name)
    return _("Is that already.") if wanted == now else ""


def _turn(row, values):
    ticket = find("ticket", row.number, "assign")
    before = {"status": ticket.state, "priority": ticket.priority}
    made = changes.work(ticket, dict(values))
    if made.staff_version == ticket.staff_version:
        return None
    return {name: before[name] for name in values if name in before}


def _back(row, before):
    changes.work(find("ticket", row.number, "assign"), dict(before))


def _give(row, values):
    ticket = find("ticket", row.number, "assign")
    person, team = people.person(ticket.assignee) if ticket.assignee else None, _team_of(ticket)
    made = changes.work(ticket, {name: value for name, value in values.items() if value})
    if made.staff_version == ticket.staff_version:
        return None
    return {"assignee": person.public_id if person else "", "team": team}


def _team_of(ticket):
    return next((team.key for team in people.teams() if team.id == ticket.team), "")


def _form(**fields):
    return forms.load({"type": "object", "properties": forms.custom(fields)}, id="tickets.many")


def _choice(label, options):
    return {"type": "choice", "label": label, "options": options, "required": True}


def status_form():
    """Ask for a status."""
    return _form(status=_choice(_("Status"), dict(states.policy().choices("statuses"))))


def priority_form():
    """Ask for a priority."""
    return _form(priority=_choice(_("Priority"), dict(states.policy().choices("priorities"))))


def owner_form():
    """Ask for a person, a team or both."""
    staff, teams = lists.names()
    named = {team.key: team.name for team in teams}
    people_of = {row.public_id: row.name for row in staff}
    return _form(assignee={"type": "choice", "label": _("Person"), "options": people_of},
                 **({"team": {"type": "choice", "label": _("Team"), "options": named}} if named else {}))


def _owner_says(values):
    person = people.person(values["assignee"]).name if values.get("assignee") else ""
    team = next((one.name for one in people.teams() if one.key == values.get("team")), "")
    return _("They go to %(who)s.", who=", ".join(filter(None, (person, team))) or _("nobody"))


def acts():
    """Give the acts of the inbox."""
    return [
        Act("tickets.status", N_("Set the status"), "ticket", "tickets.assign", _turn, lambda values: _(
            "They become “%(status)s”; who waits for them is told as ever.",
            status=states.policy().status(values["status"])), form=status_form, check=_same, undo=_back, order=10),
        Act("tickets.owner", N_("Give to a person or a team"), "ticket", "tickets.assign", _give, _owner_says,
            form=owner_form, undo=_back, order=20),
        Act("tickets.priority", N_("Set the priority"), "ticket", "tickets.assign", _turn, lambda values: _(
            "Their priority becomes %(priority)s.", priority=states.policy().priority(values["priority"])),
            form=priority_form, check=_same, undo=_back, order=30)]
