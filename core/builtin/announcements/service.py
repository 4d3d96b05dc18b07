"""The verbs of announcements: write, publish, change, take away, turn with time. Only what is shown has readers.

What is not shown yet, or no more, is a record for staff alone: no list, address, search or API can tell of it.
"""

from collections.abc import Mapping
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from parlour import (
    FieldError,
    Invalid,
    NotFound,
    Record,
    add,
    change,
    current,
    fetch,
    language,
    now,
    people,
    publish,
    record_act,
    remove,
    richtext,
    transaction,
    visible,
)
from parlour import gettext as _
from parlour import today as local_day

from . import mailing

DRAFT, WAITING, SHOWN, OVER = "draft", "waiting", "shown", "over"
CATEGORY = {DRAFT: "waiting", WAITING: "in_progress", SHOWN: "open", OVER: "closed"}
CHOSEN = ("roles", "people")
"""Audiences that no list knows: they are reached by mail and in the bell."""

STAY = ("event", "run", "author", "draft")
KEPT = ("text", "begins", "at", "ends", "audience")


def words() -> dict[str, str]:
    """Say what the states are called."""
    return {DRAFT: _("Draft"), WAITING: _("Planned"), SHOWN: _("Shown"), OVER: _("Over")}


def said(row: Any, code: str = "") -> tuple[str, str]:
    """Give title and text of one in a language, as far as it is written in it: else as it was written first."""
    other = (row.fields or {}).get("texts", {}).get(code or language.current(), {})
    return other.get("title") or row.title, other.get("text") or (row.fields or {}).get("text", "")


def shown(row: Any) -> tuple[str, str]:
    """Give title and plain text for lists and search."""
    title, text = said(row)
    return title, richtext.render(text).text


def searched(row: Any) -> tuple[str, str]:
    """Give what search finds one by: its words in every language."""
    texts = (row.fields or {}).get("texts", {}).values()
    return " ".join([(row.fields or {}).get("text", ""), *(
        f"{one.get('title', '')} {one.get('text', '')}" for one in texts)]), ""


def shape(row: Any) -> dict[str, Any]:
    """Give what the API says of one: to readers its words, to staff for whom and when it is, too."""
    fields, (title, text) = row.fields or {}, said(row)
    return {"title": title, "fields": fields if current().is_staff else {"text": text}}


def _zone() -> ZoneInfo:
    return ZoneInfo(str(current().settings.value("time_zone")))


def today() -> str:
    """Give the day it is for the tenant, as 2026-12-31."""
    return local_day().isoformat()


def moment_of(fields: Mapping[str, Any]) -> datetime | None:
    """Give when one begins, in the tenant's time zone; a time that the clock skips comes after the gap."""
    if not fields.get("begins"):
        return None
    at = time.fromisoformat(fields.get("at") or "00:00")
    return datetime.combine(datetime.fromisoformat(fields["begins"]).date(), at, _zone())


def state_of(fields: Mapping[str, Any]) -> str:
    """Say where an announcement stands at this moment."""
    if fields.get("draft"):
        return DRAFT
    day, begins = today(), fields.get("begins")
    later = fields.get("at") and day == begins and now() < (moment_of(fields) or now())
    if begins and (day < begins or later):
        return WAITING
    return OVER if fields.get("ends") and day > fields["ends"] else SHOWN


def _standing(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Give the columns of the record that follow from its fields and the moment."""
    state = state_of(fields)
    listed = state == SHOWN and fields.get("where", "portal") != "mail" and fields["audience"] not in CHOSEN
    known = {row.identifier: row.id for row in people.companies()} if fields["audience"] == "company" else {}
    return {"state": state, "category": CATEGORY[state], "audience": fields["audience"] if listed else "staff",
            "shared": [known[name] for name in fields["companies"] if name in known] if listed else []}


def _fields(values: Mapping[str, Any], before: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Give what is kept of a form. Raises Invalid."""
    fields = {name: values.get(name) or "" for name in KEPT}
    fields["companies"] = list(values.get("companies") or ()) if fields["audience"] == "company" else []
    fields["roles"] = list(values.get("roles") or ()) if fields["audience"] == "roles" else []
    fields["people"] = mailing.addressed(values.get("people") or "") if fields["audience"] == "people" else []
    fields["where"] = "mail" if fields["audience"] in CHOSEN else values.get("where") or "portal"
    fields["sort"] = values.get("sort") or "notice"
    fields["texts"] = {code: one for code, one in (values.get("texts") or {}).items() if any(one.values())}
    needed = {"company": ("companies", _("Choose at least one company.")),
              "roles": ("roles", _("Choose at least one role.")),
              "people": ("people", _("Name at least one address."))}.get(fields["audience"])
    if needed and not fields[needed[0]]:
        raise Invalid([FieldError(*needed, "required")])
    if fields["audience"] in CHOSEN and values.get("where") not in (None, "", "mail"):
        raise Invalid([FieldError("where", _("Choose “By mail alone”: pages cannot be shown to chosen roles or "
                                             "chosen people alone."), "audience")])
    if fields["begins"] and fields["ends"] and fields["ends"] < fields["begins"]:
        raise Invalid([FieldError("ends", _("It ends before it begins."), "range")])
    if fields["at"] and not fields["begins"]:
        raise Invalid([FieldError("begins", _("Say the day, too."), "required")])
    return {**{name: one for name, one in (before or {}).items() if name in STAY}, **fields}


def mails(fields: Mapping[str, Any]) -> bool:
    """Say whether letters go out with it."""
    return bool(fields.get("where", "portal") != "portal")


def write(values: Mapping[str, Any]) -> Any:
    """Make an announcement; one that is mailed waits as a draft for a yes. Raises Invalid, Refused."""
    fields = _fields(values)
    me = current().person
    fields |= {"draft": bool(values.get("draft")) or mails(fields), "author": me.public_id if me else ""}
    with transaction():
        row = add("announcement", title=values["title"], fields=fields, **_standing(fields))
        _tell(None, row)
        return row


def rewrite(row: Any, values: Mapping[str, Any]) -> Any:
    """Change an announcement, and give its row. Raises Invalid, Refused."""
    fields = _fields(values, row.fields)
    if mails(fields) and not fields.get("event"):
        fields["draft"] = True  # who gets letters is looked at anew
    with transaction():
        made = change("announcement", row.id, "edit", title=values["title"], fields=fields, **_standing(fields))
        _tell(row, made)
        return made


def release(row: Any) -> Any:
    """Say yes to a draft: it is shown and sent now, or when its time comes. Raises NotFound."""
    fields = {**row.fields, "draft": False, "author": current().me.public_id}
    with transaction():
        made = change("announcement", row.id, "edit", fields=fields, **_standing(fields))
        _tell(row, made)
        record_act("announcement.published", title=row.title, audience=fields["audience"], where=fields["where"])
        return made


def take_away(row: Any) -> None:
    """Remove an announcement for good."""
    with transaction():
        remove("announcement", row.id)
        record_act("announcement.removed", title=row.title)


def turn() -> None:
    """Show what begins now and hide what is over, for the tenant at hand."""
    for row in fetch(visible("announcement", "view").where(Record.state.in_([WAITING, SHOWN])).limit(1000)):
        if state_of(row.fields) != row.state:
            with transaction():
                _tell(row, change("announcement", row.id, "edit", **_standing(row.fields)))


def _tell(before: Any, row: Any) -> None:
    if row.state != SHOWN or (before is not None and before.state == SHOWN):
        return
    publish("announcements.shown", row)
    if mails(row.fields) and not row.fields.get("run"):
        try:
            mailing.begin(row)
        except (NotFound, Invalid) as error:
            record_act("announcement.unsent", title=row.title, reason=str(error))


def demo(slug: str) -> None:
    """Announce something in the first demo portal."""
    if slug == "acme":
        write({"title": "Our service is back in the office on Monday", "audience": "customers",
               "text": "We take stock on **Friday and Saturday**. Urgent requests are answered as ever; all "
                       "others on Monday morning."})
