"""What the settings say in words: each rule, what removing an entry means; and the page where rules are tried."""

from flask import Blueprint, request

from parlour import Record, configuration, count, ngettext, people, render, requires, visible

from . import asking, detail, rules, states

blueprint = Blueprint("tickets_rules", __name__)
entries, drafting = configuration.entries, configuration.drafting


@blueprint.get("/tickets/rules")
@requires("tickets.assign")
def trying():
    """Show the rules in their order, with changes that are not saved yet, and which decides about an example."""
    policy, asked = drafting.wanted().once(states.read), request.args
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


def _status(key, before, after):
    """Say where the requests of a status go that is taken away."""
    old, new = before.once(states.read), after.once(states.read)
    number = count(visible("ticket", "view", Record.id).where(Record.state == key))
    category = old.statuses[key]["category"] if key in old.statuses else "open"
    return ngettext(
        "%(num)s request has the status “%(old)s”. It goes to “%(new)s”; say otherwise under “Former statuses”.",
        "%(num)s requests have the status “%(old)s”. They go to “%(new)s”; say otherwise under “Former statuses”.",
        number, old=old.status(key), new=new.status(key, category)) if number else ""


entries.SAYS["tickets.rule"] = rules.sentence
entries.GONE["tickets.statuses"] = _status
