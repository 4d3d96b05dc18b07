"""Tickets from elsewhere: each with its conversation, in one transaction, at its own time; nobody is told."""

import parlour
from parlour import N_, FieldError, Import, Invalid, NotFound, conversation, find, forms, people
from parlour import gettext as _

from . import states
from .models import moment, seconds

_PLAIN = {"type": "string"}
_LONG = {"type": "string", "maxLength": 500_000, "x-lines": True}
_MOMENT = {"type": "string", "format": "date-time"}
_PERSON = {**_PLAIN, "description": "An imported person.", "x-find": "person"}
_ENTRY = {"type": "object", "required": ["body"], "properties": {
    "body": _LONG, "author": _PERSON, "created": _MOMENT, "internal": {"type": "boolean"}}}


def fields():
    """Give what a row of a ticket may hold, in the words of the tenant."""
    policy = states.policy()
    return {"type": "object", "required": ["subject", "body"], "properties": {
        "number": {**_PLAIN, "title": _("Number"), "pattern": "^([A-Za-z]{1,12}-)?[0-9]{1,15}$"},
        "subject": {"type": "string", "title": _("Subject"), "minLength": 1, "maxLength": 500},
        "body": {**_LONG, "title": _("First message")}, "requester": {**_PERSON, "title": _("Requester")},
        "assignee": {**_PERSON, "title": _("Assigned to")},
        "company": {**_PLAIN, "title": _("Company"), "x-find": "company"},
        "status": _words(_("Status"), policy.choices("statuses")),
        "priority": _words(_("Priority"), policy.choices("priorities")),
        "category": _words(_("Category"), policy.choices("categories")),
        "cause": {**_LONG, "title": _("Cause")}, "solution": {**_LONG, "title": _("Solution")},
        "created": {**_MOMENT, "title": _("Created")}, "settled": {**_MOMENT, "title": _("Resolved")},
        "entries": {"type": "array", "items": _ENTRY},
        "origin": {"enum": list(states.ORIGINS), "title": _("Origin")},
        "fields": {"type": "object", "properties": forms.custom(policy.fields), "description":
                   "Declare it in portal.yaml under features.tickets.fields, or take it out of the mapping."}}}


def _words(title, choices):
    named = dict(choices)
    return {"enum": list(named), "title": title, "x-labels": {key: str(word) for key, word in named.items()}}


def taken():
    """Give what `parlour import` can take."""
    return [Import("ticket", fields, take, match={"number": by_number}, give=give, title=N_("Tickets"))]


def by_number(text):
    """Find a ticket by its number."""
    try:
        return find("ticket", text).id
    except NotFound:
        return None


def give(ticket):
    """Give a ticket as a row that `take` takes: its first message stands for the conversation."""
    said = conversation.entries(ticket, internal=False)
    named = {row.id: row.email or row.login or "" for row in people.people(
        {key for key in (ticket.person_id, ticket.assignee) if key})}
    company = people.companies([ticket.company_id]) if ticket.company_id else ()
    settled = moment(ticket.settled)
    return {"number": str(ticket.number), "subject": ticket.title,
            "body": next((one.body for one in said if one.kind == "message"), ""),
            "requester": named.get(ticket.person_id, ""), "assignee": named.get(ticket.assignee, ""),
            "company": company[0].identifier if company else "", "status": ticket.state,
            "priority": ticket.priority, "category": ticket.topic, "cause": ticket.cause,
            "solution": ticket.solution, "created": ticket.created, "settled": settled, "origin": ticket.origin,
            "fields": ticket.fields or {}}


def take(row):
    """Make a ticket, or change the one it became before. Raises NotFound where that one was removed here."""
    known = _people(row)
    facts = _facts(row, known)
    if row["known"]:
        ticket = parlour.by_id("ticket", int(row["known"]))
        if ticket is None:
            raise NotFound(_("It was removed here since; an import does not bring it back."))
        if row["changed"]:
            parlour.change("ticket", ticket.id, "edit",
                   **{name: value for name, value in facts.items() if name not in ("person", "created")})
    else:
        number = {"number": int(row["number"].rpartition("-")[2])} if row.get("number") else {}
        ticket = parlour.add("ticket", **facts, **number)
        _say(ticket, row, known.get(row.get("requester")))
    entries = [_entry(ticket, entry, known) for entry in row.get("entries", ())]
    return "updated" if row["known"] else "created", ticket.id, {"entries": entries}


def _people(row):
    """Give everybody a row names, by the key the look-up gave. Raises Invalid where one is gone."""
    wanted = [(name, row[name]) for name in ("requester", "assignee") if row.get(name)]
    wanted += [("entries", entry["author"]) for entry in row.get("entries", ()) if entry.get("author")]
    found = {str(one.id): one for one in people.people({int(key) for _name, key in wanted})} if wanted else {}
    gone = [FieldError(name, "This person is not here any more. Import people first.", "unknown")
            for name, key in wanted if key not in found]
    if gone:
        raise Invalid(gone)
    return found


def _facts(row, known):
    """Give a row as a record and its body."""
    policy = states.policy()
    person, assignee = known.get(row.get("requester")), known.get(row.get("assignee"))
    state = row.get("status") or policy.first("open")
    moments = [one["created"] for one in (row, *row.get("entries", ())) if "created" in one]
    settled = row.get("settled") or max(moments, default=None)
    done = policy.meaning(state) in states.DONE
    facts = {
        "title": row["subject"], "company": _company(row, person), "person": person.id if person else None,
        "state": state, "category": policy.meaning(state), "fields": row.get("fields", {}),
        "body": {"topic": row.get("category") or next(iter(policy.categories), ""),
                 "priority": row.get("priority") or policy.usual(), "origin": row.get("origin", "portal"),
                 "assignee": assignee.id if assignee else None, "settled": seconds(settled) if done else None,
                 "cause": row.get("cause", ""), "solution": row.get("solution", "")}}
    if "created" in row:
        facts["created"] = row["created"]
    return facts


def _company(row, person):
    if row.get("company"):
        return int(row["company"])
    theirs = people.memberships([person.id]).get(person.id, ()) if person and not person.role else ()
    return theirs[0].company_id if theirs else None


def _say(ticket, said, author):
    return conversation.add_entry(ticket, said["body"], author=author, created=said.get("created"),
                                  internal=said.get("internal", False), origin="import")


def _entry(ticket, entry, known):
    """Write one entry of the conversation; what stands there already stays as it was said."""
    return ("skipped", entry["known"]) if entry["known"] else (
        "created", _say(ticket, entry, known.get(entry.get("author"))).public_id)
