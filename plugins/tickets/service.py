"""The verbs of tickets: the only place that writes them, each publishing what happened."""

from datetime import timedelta

import parlour
from parlour import conversation, current, find, people, publish, transaction
from parlour import gettext as _

from . import asking, merging, rules, states
from .models import moment, seconds


def origin():
    """Say how the work at hand came in: portal, api or mail."""
    return "portal" if current().channel == "page" else current().channel


def open_ticket(values, files=()):
    """Open a ticket with its first message, find who handles it, and say so. Raises Invalid."""
    policy, topic = states.policy(), values["category"]
    own = asking.own_fields(policy, topic, staff=True)
    party = parlour.behalf.chosen(values, "tickets.create")
    facts = {"category": topic, "company": party.identifier,
             "subject": values.get("subject") or policy.topic(topic),
             "priority": values.get("priority") or asking.usual(policy, topic),
             "origin": "staff" if current().is_staff and origin() == "portal" else origin(),
             "fields": {name: values[name] for name in own if name in values}}
    return create(policy, facts, values["body"], party, files)


def create(policy, facts, body, party, files=(), follows=None):
    """Write a new ticket from its facts, assigned by the rules, and tell everybody."""
    rule = rules.decide(policy, facts) or {}
    if rule.get("priority") in policy.priorities:
        facts["priority"] = rule["priority"]
    assignee, team = target(policy, rule.get("assign"))
    if not assignee and not team:
        team = target(policy, asking.category(policy, facts["category"]).get("team"))[1]
    state = policy.first("open")
    with transaction():
        ticket = parlour.add(
            "ticket", title=facts["subject"], company=party.company, person=party.person,
            state=state, category=policy.meaning(state), fields=facts["fields"],
            body={"topic": facts["category"], "priority": facts["priority"], "origin": facts["origin"],
                  "assignee": assignee, "team": team, "follows": follows,
                  "deadline": due(policy, facts["priority"], parlour.now())})
        message = conversation.add_entry(ticket, body, origin=facts["origin"])
        parlour.attach.keep(ticket, files, message=message)
        publish("tickets.opened", ticket, origin=facts["origin"], topic=facts["category"])
        if not ticket.assignee and not (ticket.team and people.team_members(ticket.team)):
            publish("tickets.queued", ticket)
        mine = current().person is not None and party.person == current().me.id
        publish("tickets.received" if mine else "tickets.opened_for", ticket)
        return ticket


def due(policy, priority, since):
    """Give the deadline a priority brings, as seconds since 1970, or None."""
    hours = policy.deadlines.get(priority)
    return seconds(since + timedelta(hours=float(hours))) if hours else None


def target(policy, name):
    """Give (person, team) a rule or category means; one that is not there is nobody."""
    if name and "@" in name:
        row = people.by_address(name)
        if row is not None and row.role and row.active:
            return row.id, None
        states.log.warning("features.tickets.rules: nobody on the team has the address %s", name)
    elif name:
        known = {team.key: team.id for team in people.teams()}
        if name in known or name in policy.teams:
            return None, known.get(name) or people.ensure_team(name, policy.teams[name]["name"])
        states.log.warning("features.tickets: there is no team '%s'", name)
    return None, None


def desk_of(ticket):
    """Give the people who have to know of a ticket on our side: its owner, else its team, else all staff."""
    ours = [ticket.assignee] if ticket.assignee else people.team_members(ticket.team) if ticket.team else []
    return ours or [row.id for row in people.people(staff=True, active=True)]


def align_teams():
    """Bring teams and members that the configuration lists into being; those made elsewhere stay."""
    for key, team in states.policy().teams.items():
        team_id = people.ensure_team(key, team["name"])
        rows = [people.by_address(address) for address in team.get("members") or ()]
        wanted = sorted(row.id for row in rows if row is not None and row.role and row.active)
        if "members" in team and wanted != sorted(people.team_members(team_id)):
            people.set_team(team_id, wanted)


def align_statuses(most=200):
    """Move requests whose status the tenant has dropped to where they go; nobody is told, nothing looks newer."""
    policy = states.policy()
    for gone in parlour.facets("ticket", parlour.Record.state).keys() - policy.statuses.keys():
        for row in parlour.fetch(parlour.visible("ticket").where(parlour.Record.state == gone).limit(most)):
            state = policy.lasting(gone, row.category)
            meaning = policy.meaning(state)
            settled = row.settled or seconds(row.touched) if meaning in states.DONE else None
            parlour.change("ticket", row.id, "assign", public=False, state=state, category=meaning,
                           body={"settled": settled})


def after_close(ticket):
    """Say what a customer's reply does now: "" (nothing special), "reopen", "refuse" or "follow-up"."""
    policy = states.policy()
    if ticket.merged:
        return "" if merging.lead(ticket, "reply") else "refuse" if current().is_staff else "follow-up"
    if not states.done(ticket) or current().is_staff or policy.mode != "reopen":
        return policy.mode if states.done(ticket) and not current().is_staff else ""
    rested = parlour.now() - (moment(ticket.settled) or ticket.touched)
    return "reopen" if rested <= timedelta(days=policy.days) else "follow-up"


def reply(ticket, body, files=()):
    """Answer publicly and give the ticket the answer landed in. Raises Conflict where it is closed for good."""
    policy, staff = states.policy(), current().is_staff
    with transaction():
        ticket = find("ticket", ticket.number, "reply", hold=True)
        if ticket.merged and merging.lead(ticket, "reply"):
            return reply(merging.lead(ticket, "reply"), body, files)
        effect = after_close(ticket)
        if effect == "refuse":
            raise parlour.Conflict(_("This request is closed and takes no more replies. Please start a new one."))
        if effect == "follow-up":
            return _follow_up(policy, ticket, body, files)
        message = conversation.add_entry(ticket, body)
        parlour.attach.keep(ticket, files, message=message)
        if effect == "reopen":
            _move(policy, ticket, "open", "reopened")
            publish("tickets.reopened", ticket)
        elif staff:
            _answered(policy, ticket)
        elif ticket.category == "waiting":
            _move(policy, ticket, "in_progress" if ticket.assignee else "open", "status")
        told = desk_of(ticket) if ticket.assignee or not staff else []
        publish("tickets.replied", ticket, message=message.public_id, people=told)
        return ticket


def _follow_up(policy, ticket, body, files):
    """Begin a new ticket that follows a closed one, in the same company if that is still theirs."""
    here = next((m.identifier for m in current().me.memberships if m.company_id == ticket.company_id), "")
    party = parlour.behalf.chosen({"company": here}, "tickets.create")
    facts = {"category": ticket.topic, "company": party.identifier, "subject": ticket.title,
             "priority": policy.usual(), "origin": origin(), "fields": states.open_fields(policy, ticket)}
    return create(policy, facts, body, party, files, follows=ticket.id)


def _answered(policy, ticket):
    """Let the team's reply do what was due, move the status and take what nobody has, as the tenant wants it."""
    me, state = current().me, policy.answered(ticket.state)
    if states.done(ticket) or ticket.person_id == me.id:
        return
    takes = policy.answer.get("assign", True) and not ticket.assignee
    meaning = ticket.category if state == ticket.state else policy.meaning(state)
    parlour.change("ticket", ticket.id, "reply", state=state, category=meaning, body={
        "deadline": None, "assignee": me.id if takes else ticket.assignee})
    if takes:
        conversation.add_entry(ticket, "", kind="event", internal="assignee" not in policy.shown,
                               data={"what": "taken", "to": me.name})


def _move(policy, ticket, category, what):
    """Let a customer's reply move the status on; from here on an answer is due again."""
    state = policy.first(category)
    parlour.change("ticket", ticket.id, "reply", state=state, category=policy.meaning(state), body={
        "settled": None, "deadline": ticket.deadline or due(policy, ticket.priority, parlour.now())})
    conversation.add_entry(ticket, "", kind="event", data={"what": what, "to": state})


def note(ticket, body, files=()):
    """Write an internal note: only staff ever sees it or hears of it."""
    with transaction():
        ticket = find("ticket", ticket.number, "note")
        ticket = merging.lead(ticket, "note") or ticket
        message = conversation.add_entry(ticket, body, internal=True)
        parlour.attach.keep(ticket, files, message=message, internal=True)
        publish("tickets.noted", ticket, people=desk_of(ticket) if ticket.assignee or ticket.team else [])
        return ticket


def resolve(ticket):
    """Let a customer mark their request as resolved. Raises Conflict where it is closed already."""
    policy = states.policy()
    with transaction():
        ticket = find("ticket", ticket.number, "resolve", hold=True)
        if states.done(ticket):
            raise parlour.Conflict(_("This request is closed already."))
        state = policy.first("resolved")
        parlour.change("ticket", ticket.id, "resolve", state=state, category=policy.meaning(state),
                       version=ticket.staff_version, body={"settled": seconds(parlour.now())})
        conversation.add_entry(ticket, "", kind="event", data={"what": "resolved", "to": state})
        publish("tickets.resolved", ticket, to=state, people=[ticket.assignee] if ticket.assignee else [])
        return find("ticket", ticket.number)


def open_from(source):
    """Open a ticket from what a program sent. Raises Invalid."""
    policy, topic = states.policy(), source.get("category")
    topic = topic if topic in list(policy.categories) else next(iter(policy.categories))
    form = asking.new_form(policy, topic, staff=current().is_staff,
                           companies=parlour.behalf.companies("tickets.create"))
    return open_ticket(form.clean(source))


def reply_from(ticket, source):
    """Answer with what a program sent; staff may send `internal`. Raises Invalid, Conflict."""
    wanted = dict(source)
    internal = wanted.pop("internal", False) if current().is_staff else False
    if not isinstance(internal, bool):
        raise parlour.Invalid([parlour.FieldError("internal", _("Send true or false."), "type")])
    body = asking.REPLY.clean(wanted)["body"]
    return note(ticket, body) if internal else reply(ticket, body)
