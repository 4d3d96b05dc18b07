"""Assignment rules: read from the top, the first that fits decides, none means nobody."""

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
