"""What the settings say in words: each rule, what removing an entry means; and the page where rules are tried."""

from flask import Blueprint, request

from parlour import Record, configuration, count, ngettext, people, render, requires, visible

from . import asking, detail, rules, states
from .models import Ticket

blueprint = Blueprint("tickets_rules", __name__)
entries, drafting = configuration.entries, configuration.drafting


@blueprint.get("/tickets/rules")
@requires("tickets.assign")
def trying():
    """Show the rules in their order, with changes that are not saved yet, and which decides about an example."""
    policy, asked = states.read(drafting.wanted()), request.args
    companies = {row.identifier: row.name for row in people.companies()}
    topic = asked.get("category", "")
    facts = {"subject": asked.get("subject", "")[:500], "category": topic, "company": asked.get("company", ""),
             "priority": asked.get("priority", "") or asking.usual(policy, topic),
             "origin": asked.get("origin", "") or "portal", "fields": {}}
    judged = rules.judged(policy, facts)
    team = asking.category(policy, topic).get("team", "")
    return render("tickets/rules.html", block="verdict", facts=facts, tried="subject" in asked,
                  companies=companies,
                  rules=[(rules.sentence(rule, drafting.wanted()), verdict, missed)
                         for rule, verdict, missed in judged],
                  decided=any(verdict for _rule, verdict, _missed in judged),
                  team=policy.teams.get(team, {}).get("name", team), origins=states.ORIGINS,
                  unsaved=bool(drafting.draft().changes), may_change=configuration.may_change(),
                  **detail.common() | {"policy": policy})


def _number(condition):
    return count(visible("ticket", "view", Record.id).where(condition))


def _status(key, before, after):
    old, new, number = states.read(before), states.read(after), _number(Record.state == key)
    category = old.statuses[key]["category"] if key in old.statuses else "open"
    return ngettext(
        "%(num)s request has the status “%(old)s”. It goes to “%(new)s”; say otherwise under “Former statuses”.",
        "%(num)s requests have the status “%(old)s”. They go to “%(new)s”; say otherwise under “Former statuses”.",
        number, old=old.status(key), new=new.status(key, category)) if number else ""


def _category(key, before, _after):
    number = _number(Ticket.topic == key)
    return ngettext(
        "%(num)s request is about “%(old)s”. It stays as it is, and your team can file it anew.",
        "%(num)s requests are about “%(old)s”. They stay as they are, and your team can file them anew.",
        number, old=states.read(before).topic(key)) if number else ""


def _priority(key, before, _after):
    number = _number(Ticket.priority == key)
    return ngettext("%(num)s request has the priority “%(old)s”. It keeps it until somebody sets another.",
                    "%(num)s requests have the priority “%(old)s”. They keep it until somebody sets another.",
                    number, old=states.read(before).priority(key)) if number else ""


def _team(key, _before, _after):
    row = next((one for one in people.teams() if one.key == key), None)
    number = _number((Ticket.team == row.id) & Record.category.in_(states.UNDONE)) if row else 0
    return ngettext("%(num)s open request is with the team “%(old)s”. It stays there; nothing new arrives.",
                    "%(num)s open requests are with the team “%(old)s”. They stay there; nothing new arrives.",
                    number, old=row.name) if number else ""


entries.SAYS["tickets.rule"] = rules.sentence
entries.GONE |= {"tickets.statuses": _status, "tickets.categories": _category, "tickets.priorities": _priority,
                 "tickets.teams": _team}
