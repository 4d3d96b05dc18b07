"""The forms of tickets, as the tenant wants them: one per category, for customers and for staff."""

from functools import lru_cache
from pathlib import Path

from parlour import N_, ParlourError, behalf, configuration, forms

from . import states
from .states import ORIGINS, PRIORITIES, log

FOLDER = Path(__file__).parent / "forms"
NEW = forms.load(FOLDER / "new.yaml", id="tickets.new")
REPLY = forms.load(FOLDER / "reply.yaml", id="tickets.reply")
DESK = forms.load(FOLDER / "desk.yaml", id="tickets.desk")
FIRST = ("category", "requester", "company")
"""What stands on top and no configuration hides."""

_TEXT = {"type": "string"}
SHAPE = {
    "type": "object", "additionalProperties": False, "properties": {
        "status": {**_TEXT, "description": "In the tenant's own words."},
        "topic": {**_TEXT, "description": "The key of the category in the form."},
        "priority": {**_TEXT, "examples": list(PRIORITIES)}, "origin": {**_TEXT, "enum": list(ORIGINS)},
        "assignee": {**_TEXT, "description": "Who handles it."}, "cause": _TEXT, "solution": _TEXT,
        "deadline": {**_TEXT, "format": "date-time"}, "settled": {**_TEXT, "format": "date-time"},
        "time_taken": {"type": "integer", "description": "Minutes from opening until it was resolved."},
        "merged_into": {**_TEXT, "description": "The number of the request it became part of; for staff.",
                        "x-internal": True},
        "team": {**_TEXT, "description": "Its key; for staff.", "x-internal": True},
        "version": {"type": "integer", "description": "To send with a change; for staff.", "x-internal": True}}}
"""What the API says about a ticket beyond its record; facts that are not shown to customers are absent."""


def _choice(label, words, *, required=False):
    return {"type": "choice", "label": label, "required": required, "options": dict(words)}


def usual(policy, topic):
    """Give the priority of those who choose none in a category."""
    found = category(policy, topic).get("priority")
    return found if found in policy.priorities else policy.usual()


def _topics(policy):
    return {key: one["label"] for key, one in policy.categories.items()}


def category(policy, key):
    """Give the settings of a category; of one the tenant does not have, none."""
    return policy.categories.get(key) or {}


def own_fields(policy, topic, *, staff):
    """Give the tenant's own fields on tickets of a category; those marked internal only to staff."""
    return {name: field for name, field in states.asked(policy, topic).items()
            if staff or name not in policy.internal}


@lru_cache(maxsize=1024)
def new_form(policy, topic, *, staff=False, companies=()):
    """Make the form of a new request in a category; `companies` are (identifier, name) to choose from.

    A category whose settings do not fit the form gets the form without them, and a line in the log.
    """
    extra = {"category": _choice(N_("What is it about?"), _topics(policy), required=True) | {"default": topic},
             **behalf.fields(companies, staff=staff),
             "priority": _choice(N_("Priority"), policy.priorities, required=True)
             | {"default": usual(policy, topic)}}
    base = NEW.adjusted(extra=forms.custom(extra))
    top = [name for name in FIRST if name in extra]
    try:
        return _fitted(base, policy, topic, top, staff=staff)
    except ParlourError as error:
        log.warning("features.tickets.categories.%s.form is left out: %s", topic, error)
        return base.adjusted(order=[*top, "subject", "body", "priority", "attachments"])


def _own(policy, topic, *, staff):
    """Give the tenant's own fields as properties of a form, in the order they say."""
    own = forms.custom(states.asked(policy, topic), staff=staff)
    return dict(sorted(own.items(), key=lambda pair: pair[1].get("x-order", 50)))


def _fitted(base, policy, topic, top, *, staff):
    every, asked = policy.form, category(policy, topic).get("form") or {}
    own = _own(policy, topic, staff=staff)
    hidden = [name for name in dict.fromkeys([*every.get("hidden", ()), *asked.get("hidden", ())])
              if name not in (*FIRST, "body")]
    required = [*every.get("required", ()), *asked.get("required", ())]
    order = [*top, *_placed(asked.get("order") or every.get("order") or (),
                            ["subject", "body", *own, "priority", "attachments"])]
    return base.adjusted(extra=own, hidden=hidden, known=dict.fromkeys(FIRST),
                         labels={**every.get("labels", {}), **asked.get("labels", {})},
                         required=[name for name in dict.fromkeys(required) if name not in hidden],
                         order=[name for name in order if name not in hidden])


def _placed(listed, usual):
    """Give every name in its order: those listed as they are, any other after what usually stands before it."""
    placed = [name for name in dict.fromkeys(listed) if name not in FIRST]
    for place, name in enumerate(usual):
        if name not in placed:
            placed.insert(placed.index(usual[place - 1]) + 1 if place else 0, name)
    return placed


def mistakes(policy):
    """Say everything that does not fit in the tenant's settings: what they name, statuses, forms."""
    wrong = [*configuration.loose_ends("tickets"), *states.contradictions(policy)]
    base = NEW.adjusted(extra=forms.custom({"priority": {}, "category": {}}))
    for key in policy.categories:
        try:
            _fitted(base, policy, key, (), staff=True)
        except ParlourError as error:
            wrong.append(f"categories.{key}.form: {error}")
    return wrong


@lru_cache(maxsize=512)
def change_form(policy, topic, *, staff):
    """Make the form that changes a request: staff all of it, customers what the tenant lets them."""
    extra = {"status": _choice(N_("Status"), {key: one["label"] for key, one in policy.statuses.items()}),
             "category": _choice(N_("Category"), _topics(policy)),
             "priority": _choice(N_("Priority"), policy.priorities)}
    form = DESK.adjusted(extra=forms.custom(extra))
    try:
        form = form.adjusted(extra=_own(policy, topic, staff=staff),
                             known=dict.fromkeys([*FIRST, "body", "attachments"]))
    except ParlourError as error:
        log.warning("features.tickets.fields are left out: %s", error)
    return form if staff else form.adjusted(
        known={"category": topic},
        hidden=[one.name for one in form.fields if one.name not in policy.editable])


@lru_cache(maxsize=512)
def details_form(policy, topic, *, staff):
    """Make the form of the page that changes a request: without what the desk has controls of its own for."""
    form = change_form(policy, topic, staff=staff)
    beside = {"status", *DESK.names} - {"subject"}
    return form.adjusted(required=[name for name in form.names if name == "subject"],
                         hidden=[one.name for one in form.fields if one.name in beside])
