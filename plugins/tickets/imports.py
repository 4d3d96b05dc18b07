"""Tickets from elsewhere: each with its conversation, in one transaction, at its own time; nobody is told."""

from parlour import FieldError, Import, Invalid, NotFound, add, by_id, change, conversation, forms, people

from . import states
from .models import seconds

_PLAIN = {"type": "string"}
_LONG = {"type": "string", "maxLength": 500_000, "x-lines": True}
_MOMENT = {"type": "string", "format": "date-time"}
_PERSON = {**_PLAIN, "description": "An imported person."}
_ENTRY = {"type": "object", "required": ["body"], "properties": {
    "body": _LONG, "author": _PERSON, "created": _MOMENT, "internal": {"type": "boolean"}}}


def fields():
    """Give what a row of a ticket may hold, in the words of the tenant."""
    policy = states.policy()
    return {"type": "object", "required": ["subject", "body"], "properties": {
        "subject": {"type": "string", "minLength": 1, "maxLength": 500}, "body": _LONG,
        "requester": _PERSON, "assignee": _PERSON, "company": _PLAIN, "cause": _LONG, "solution": _LONG,
        "created": _MOMENT, "settled": _MOMENT, "entries": {"type": "array", "items": _ENTRY},
        "category": {"enum": list(policy.categories)}, "priority": {"enum": list(policy.priorities)},
        "status": {"enum": list(policy.statuses)}, "origin": {"enum": list(states.ORIGINS)},
        "fields": {"type": "object", "properties": forms.custom(policy.fields), "description":
                   "Declare it in portal.yaml under features.tickets.fields, or take it out of the mapping."}}}


def taken():
    """Give what `parlour import` can take."""
    return [Import("ticket", fields, take)]


def take(row):
    """Make a ticket, or change the one it became before. Raises NotFound where that one was removed here."""
    known = _people(row)
    facts = _facts(row, known)
    if row["known"]:
        ticket = by_id("ticket", int(row["known"]))
        if ticket is None:
            raise NotFound("It was removed here since; an import does not bring it back.")
        if row["changed"]:
            change("ticket", ticket.id, "edit",
                   **{name: value for name, value in facts.items() if name not in ("person", "created")})
    else:
        ticket = add("ticket", **facts)
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
