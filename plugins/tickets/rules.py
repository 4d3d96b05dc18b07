"""Assignment rules: read from the top, the first that fits decides, none means nobody; each said in a sentence."""

from parlour import gettext as _
from parlour import people

from . import states
from .states import listed


def decide(policy, facts):
    """Give the first rule that fits, or None.

    `facts` are category, priority, company (an identifier), origin, subject and fields (custom ones by name).
    """
    return next((rule for rule in policy.rules if fits(rule.get("when") or {}, facts)), None)


def fits(when, facts):
    """Say whether all conditions of a rule hold; a rule without conditions always does."""
    return all(_holds(key, wanted, facts) for key, wanted in when.items())


def _holds(key, wanted, facts):
    if key == "subject_contains":
        subject = facts["subject"].casefold()
        return any(str(word).casefold() in subject for word in listed(wanted))
    if key == "field":
        return all(_same(facts["fields"].get(name), value) for name, value in wanted.items())
    return str(facts.get(key) or "") in [str(word) for word in listed(wanted)]


def _same(found, wanted):
    """Compare a custom field with what a rule asks for; of several values, one is enough."""
    values = [str(value).casefold() for value in listed(found)]
    return any(str(value).casefold() in values for value in listed(wanted))


def sentence(rule, settings):
    """Say a rule in one sentence, in the words of a tenant's settings."""
    policy, when = settings.once(states.read), rule.get("when") or {}
    held = [part(policy, key, wanted) for key, wanted in when.items()]
    then = _then(policy, rule)
    return _("When %(when)s, %(then)s.", when=_(" and ").join(held), then=then) if held else \
        _("Always: %(then)s.", then=then)


def _then(policy, rule):
    who, priority = _who(policy, rule.get("assign", "")), rule.get("priority", "")
    if who and priority:
        return _("it goes to %(who)s with priority %(priority)s", who=who, priority=policy.priority(priority))
    if who:
        return _("it goes to %(who)s", who=who)
    if priority:
        return _("it gets the priority %(priority)s", priority=policy.priority(priority))
    return _("it goes to nobody in particular")


def _who(policy, name):
    if "@" in name:
        row = people.by_address(name)
        return row.name if row is not None else name
    return policy.teams[name]["name"] if name in policy.teams else name


def part(policy, key, wanted):
    """Say one condition."""
    if key == "field":
        return _(" and ").join(_("%(field)s is %(words)s", field=name, words=_any(listed(value)))
                               for name, value in wanted.items())
    companies = {row.identifier: row.name for row in people.companies()} if key == "company" else {}
    say = {"company": lambda one: companies.get(one, one), "category": policy.topic, "priority": policy.priority,
           "origin": lambda one: _(states.ORIGINS.get(one, one))}.get(key, str)
    words = _any([say(one) for one in listed(wanted)])
    said = {"category": _("it is about %(words)s", words=words),
            "company": _("it comes from %(words)s", words=words),
            "priority": _("its priority is %(words)s", words=words),
            "origin": _("it comes by %(words)s", words=words),
            "subject_contains": _("the subject contains %(words)s", words=words)}
    return said.get(key, f"{key}: {words}")


def _any(words):
    return _(" or ").join(f"“{word}”" for word in words)


def judged(policy, facts):
    """Say of every rule what becomes of it: (rule, "decides", "fits" too late or "", what does not hold)."""
    found, decided = [], False
    for rule in policy.rules:
        missed = [part(policy, key, wanted) for key, wanted in (rule.get("when") or {}).items()
                  if not _holds(key, wanted, facts)]
        found.append((rule, "" if missed else "fits" if decided else "decides", missed))
        decided = decided or not missed
    return found
