"""Who somebody is here: their address, company and role, with the way to change it."""

from typing import Any

from parlour import current, people, piece


def _internal(field: Any) -> bool:
    return isinstance(field, dict) and bool(field.get("internal"))


def draw() -> Any:
    """Draw the card: contact details of a customer, as the portal knows them."""
    who = current()
    if who.is_staff:
        return None
    row = people.person(who.me.id)
    fields = row.fields or {}
    own = who.settings.value("fields.people") or {}
    more = [((own[name].get("label") if isinstance(own[name], dict) else own[name]) or name, fields[name])
            for name in own if name != "phone" and not _internal(own[name])
            and isinstance(fields.get(name), str) and fields[name]]
    return piece("home/profile.html", person=who.me, phone=fields.get("phone", ""), more=more)
