"""The tenant's own words: statuses, priorities, categories, teams and rules, read once per configuration."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass

from parlour import N_, current
from parlour import gettext as _

log = logging.getLogger("parlour.tickets")

UNDONE = ("open", "in_progress", "waiting")
DONE = ("resolved", "closed")
STATUSES = {
    "new": {"label": N_("New"), "category": "open"},
    "in_progress": {"label": N_("In progress"), "category": "in_progress"},
    "waiting": {"label": N_("Waiting for you"), "category": "waiting"},
    "resolved": {"label": N_("Resolved"), "category": "resolved"},
    "closed": {"label": N_("Closed"), "category": "closed"},
}
PRIORITIES = {"low": N_("Low"), "normal": N_("Normal"), "high": N_("High"), "urgent": N_("Urgent")}
CATEGORIES = {
    "question": {"label": N_("A question")}, "problem": {"label": N_("Something is broken")},
    "order": {"label": N_("An order")}, "other": {"label": N_("Something else")},
}
ORIGINS = {"portal": N_("Portal"), "staff": N_("Our team"), "api": N_("API"), "mail": N_("E-mail")}
LINES = {
    "status": N_("%(who)s set this to “%(to)s”"), "taken": N_("%(who)s takes care of this"),
    "assignee": N_("%(who)s gave this to %(to)s"), "unassigned": N_("%(who)s put this back into the queue"),
    "team": N_("%(who)s handed this to the team %(to)s"), "no_team": N_("%(who)s took this out of its team"),
    "priority": N_("%(who)s set the priority to %(to)s"), "category": N_("%(who)s filed this under %(to)s"),
    "deadline": N_("%(who)s set the deadline to %(to)s"), "no_deadline": N_("%(who)s took the deadline away"),
    "subject": N_("%(who)s changed the subject"), "details": N_("%(who)s changed the details"),
    "resolved": N_("%(who)s marked this as resolved"), "reopened": N_("%(who)s opened this again"),
    "merged": N_("%(who)s merged %(to)s into this"),
    "merged_into": N_("%(who)s put this together with another request"),
    "rule": N_("A rule gave this to %(to)s"),
}
"""What a soft line in the conversation says; `to` is a word of the tenant's, looked up when it is shown."""


@dataclass(frozen=True, eq=False)
class Policy:
    """What one version of a tenant's configuration says about tickets; `internal` names fields for staff only."""

    statuses: Mapping
    priorities: Mapping
    categories: Mapping
    teams: Mapping
    former: Mapping
    deadlines: Mapping
    rules: tuple
    answer: Mapping
    mode: str
    days: int
    editable: tuple
    shown: tuple
    fields: Mapping
    internal: frozenset
    form: dict

    def status(self, state, category="open"):
        """Say a status in the tenant's words; one the tenant has dropped, in the words of where it goes."""
        return _(self.statuses[self.lasting(state, category)]["label"])

    def lasting(self, state, category="open"):
        """Give the status itself, or of one that the tenant has dropped where its requests go."""
        if state in self.statuses:
            return state
        wanted = self.former.get(state)
        return wanted if wanted in self.statuses else self.first(category)

    def first(self, category):
        """Give the tenant's first status of a category, or the nearest there is."""
        near = {"in_progress": "open", "waiting": "in_progress", "resolved": "closed", "closed": "resolved"}
        while category:
            for key, status in self.statuses.items():
                if status["category"] == category:
                    return key
            category = near.pop(category, "")
        return next(iter(self.statuses))

    def answered(self, state):
        """Give the status a reply of the team brings to a request that stands at `state`."""
        wanted = self.answer.get("status", True)
        wanted = self.first("waiting") if wanted is True else wanted
        return wanted if wanted in self.statuses else state

    def meaning(self, state):
        """Give the category a status stands for."""
        return self.statuses[state]["category"]

    def priority(self, key):
        """Say a priority in the tenant's words."""
        return _(self.priorities[key]) if key in self.priorities else key

    def usual(self):
        """Give the priority of those who choose none."""
        keys = list(self.priorities)
        return "normal" if "normal" in keys else keys[len(keys) // 2]

    def topic(self, key):
        """Say a category in the tenant's words."""
        return _(self.categories[key]["label"]) if key in self.categories else key

    def choices(self, what):
        """Give statuses, priorities or categories as (key, words), in the tenant's order."""
        say = {"statuses": self.status, "priorities": self.priority, "categories": self.topic}[what]
        return [(key, say(key)) for key in getattr(self, what)]

    def line(self, entry):
        """Say what happened, from an event of the conversation, in the reader's language."""
        what, to = entry.data.get("what", ""), str(entry.data.get("to", ""))
        say = {"status": self.status, "priority": self.priority, "category": self.topic}.get(what, str)
        if what not in LINES:
            return entry.body
        return _(LINES[what], who=entry.author_name or _("The portal"), to=say(to))


def policy():
    """Give what the tenant at hand has configured."""
    return current().settings.once(read)


def read(settings):
    """Read a tenant's settings of one version; what does not fit together is named in the log and left out."""
    given = settings.features["tickets"].settings
    reopen, internal = given.get("reopen") or {}, set()
    categories = {}
    for key, one in (given.get("categories") or CATEGORIES).items():
        form = one.get("form") or {}
        categories[key] = {**one, "form": {**form, "fields": _open(form.get("fields"), internal)}}
    found = Policy(
        statuses=given.get("statuses") or STATUSES, priorities=given.get("priorities") or PRIORITIES,
        categories=categories, teams=given.get("teams") or {}, former=given.get("former") or {},
        deadlines=given.get("deadlines") or {}, rules=tuple(given.get("rules") or ()),
        answer=given.get("answer") or {}, mode=reopen.get("mode", "reopen"), days=reopen.get("days", 14),
        editable=tuple(given.get("editable", ("subject",))), shown=tuple(given.get("shown") or ()),
        fields=_open(given.get("fields"), internal), form=given.get("form") or {}, internal=frozenset(internal))
    for mistake in contradictions(found):
        log.warning("%s: features.tickets.%s", settings.slug, mistake)
    return found


def _open(fields, internal):
    """Give fields as forms know them, and collect the names of those that only staff sees."""
    plain = {name: {"label": field} if isinstance(field, str) else dict(field)
             for name, field in (fields or {}).items()}
    internal.update(name for name, field in plain.items() if field.get("internal"))
    return plain


def contradictions(found):
    """Find meanings that no status of the tenant has."""
    missing = {"open", "closed"} - {status["category"] for status in found.statuses.values()}
    return [f"statuses: none of them means '{wanted}'; the nearest is taken." for wanted in sorted(missing)]


def listed(value):
    """Give one value, or several, as a list."""
    return [] if value is None else [value] if isinstance(value, str | int | float) else list(value)


def open_fields(policy, ticket):
    """Give what a ticket's customers see of its own fields: what is asked of them now, and nothing else."""
    shown = {name for name, field in asked(policy, ticket.topic).items() if not field.get("hidden")}
    return {name: value for name, value in (ticket.fields or {}).items()
            if name in shown and name not in policy.internal}


def asked(policy, topic):
    """Give the tenant's own fields on tickets of a category."""
    form = (policy.categories.get(topic) or {}).get("form") or {}
    return {**policy.fields, **form.get("fields", {})}


def values(ticket):
    """Give what a ticket holds as its forms name it."""
    return {**(ticket.fields or {}), "subject": ticket.title, "priority": ticket.priority,
            "category": ticket.topic}


def done(ticket):
    """Say whether a ticket stands in the closed list."""
    return ticket.category in DONE
