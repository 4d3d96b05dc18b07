"""The verbs of announcements: write, change, take away, and turn with the days. Only what is shown has readers.

What is not shown yet, or no more, is a record for staff alone: no list, address, search or API can tell of it.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from parlour import (
    FieldError,
    Invalid,
    Record,
    add,
    change,
    current,
    fetch,
    now,
    people,
    publish,
    record_act,
    remove,
    transaction,
    visible,
)
from parlour import gettext as _

WAITING, SHOWN, OVER = "waiting", "shown", "over"
CATEGORY = {WAITING: "in_progress", SHOWN: "open", OVER: "closed"}


def words() -> dict[str, str]:
    """Say what the states are called."""
    return {WAITING: _("Planned"), SHOWN: _("Shown"), OVER: _("Over")}


def shape(row: Any) -> dict[str, Any]:
    """Give what the API says of one: to readers its text, to staff for whom and when it is, too."""
    fields = row.fields or {}
    return {"fields": fields if current().is_staff else {"text": fields.get("text", "")}}


def today() -> str:
    """Give the day it is for the tenant, as 2026-12-31."""
    moment: datetime = now().astimezone(ZoneInfo(str(current().settings.value("time_zone"))))
    return moment.date().isoformat()


def state_of(fields: Mapping[str, Any]) -> str:
    """Say where an announcement stands today."""
    day = today()
    if fields.get("begins") and day < fields["begins"]:
        return WAITING
    return OVER if fields.get("ends") and day > fields["ends"] else SHOWN


def _standing(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Give the columns of the record that follow from its fields and the day."""
    state = state_of(fields)
    shown = state == SHOWN
    known = {row.identifier: row.id for row in people.companies()} if fields["audience"] == "company" else {}
    return {"state": state, "category": CATEGORY[state], "audience": fields["audience"] if shown else "staff",
            "shared": [known[name] for name in fields["companies"] if name in known] if shown else []}


def _fields(values: Mapping[str, Any]) -> dict[str, Any]:
    """Give what is kept of a form. Raises Invalid."""
    fields = {name: values.get(name) or "" for name in ("text", "begins", "ends", "audience")}
    fields["companies"] = list(values.get("companies") or ()) if fields["audience"] == "company" else []
    if fields["begins"] and fields["ends"] and fields["ends"] < fields["begins"]:
        raise Invalid([FieldError("ends", _("It ends before it begins."), "range")])
    if fields["audience"] == "company" and not fields["companies"]:
        raise Invalid([FieldError("companies", _("Choose at least one company."), "required")])
    return fields


def write(values: Mapping[str, Any]) -> Any:
    """Make an announcement, and give its row. Raises Invalid, Refused."""
    fields = _fields(values)
    with transaction():
        row = add("announcement", title=values["title"], fields=fields, **_standing(fields))
        _tell(None, row)
        return row


def rewrite(row: Any, values: Mapping[str, Any]) -> Any:
    """Change an announcement, and give its row. Raises Invalid, Refused."""
    fields = _fields(values)
    with transaction():
        made = change("announcement", row.id, "edit", title=values["title"], fields=fields, **_standing(fields))
        _tell(row, made)
        return made


def take_away(row: Any) -> None:
    """Remove an announcement for good."""
    with transaction():
        remove("announcement", row.id)
        record_act("announcement.removed", title=row.title)


def turn() -> None:
    """Show what begins today and hide what is over, for the tenant at hand."""
    for row in fetch(visible("announcement", "view").where(Record.state.in_([WAITING, SHOWN])).limit(1000)):
        if state_of(row.fields) != row.state:
            with transaction():
                _tell(row, change("announcement", row.id, "edit", **_standing(row.fields)))


def _tell(before: Any, row: Any) -> None:
    if row.state == SHOWN and (before is None or before.state != SHOWN):
        publish("announcements.shown", row)


def demo(slug: str) -> None:
    """Announce something in the first demo portal."""
    if slug == "acme":
        write({"title": "Our service is back in the office on Monday", "audience": "customers",
               "text": "We take stock on **Friday and Saturday**. Urgent requests are answered as ever; all "
                       "others on Monday morning."})
