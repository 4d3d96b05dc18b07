"""Announcements as letters: who gets one, what it says in each language, each once, and what became of them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from parlour import (
    N_,
    Act,
    FieldError,
    Invalid,
    NotFound,
    Record,
    Refused,
    change,
    current,
    fetch,
    find,
    forms,
    links,
    notify,
    people,
    publish,
    richtext,
    system,
    transfers,
    visible,
)
from parlour import gettext as _

ACT = "announcements.send"
PIECE = 1000
EVENTS = {"notice": "announcements.notice", "news": "announcements.news"}


def addressed(text: str) -> list[str]:
    """Give the public identifiers of those whose addresses a text names. Raises Invalid, naming strangers."""
    wanted = [one for one in re.split(r"[\s,;]+", text) if one]
    found, unknown = [], []
    for one in dict.fromkeys(wanted):
        row = people.by_address(one)
        (found.append(row.public_id) if row is not None else unknown.append(one))
    if unknown:
        raise Invalid([FieldError("people", _("Nobody here has the address %(address)s.",
                                              address=", ".join(unknown[:5])), "unknown")])
    return found


def recipients(fields: Mapping[str, Any]) -> list[int]:
    """Give the internal keys of those an announcement is meant for, as they are at this moment."""
    audience, keys = fields["audience"], transfers.exports.keys
    if audience == "people":
        return list(transfers.exports.people_chosen(fields["people"]))
    if audience == "roles":
        return list(transfers.people_with(fields["roles"]))
    if audience == "company":
        known = {row.identifier: row.id for row in people.companies() if row.active}
        return sorted({one.id for name in fields["companies"] if name in known
                       for one in people.members(known[name])})
    return list(keys("person", {"public": {}, "staff": {"who": "staff"}}.get(audience, {"who": "customers"})))


@dataclass(frozen=True)
class Reach:
    """How many an announcement is meant for, how many of them get a letter, and why the others do not."""

    everybody: int
    letters: int
    without: Mapping[str, int]


def reach(fields: Mapping[str, Any]) -> Reach:
    """Count whom an announcement would reach by mail at this moment."""
    keys, letters, without = recipients(fields), 0, dict[str, int]()
    notice = notify.notice_of(EVENTS[fields.get("sort", "notice")])
    for start in range(0, len(keys), PIECE):
        for row in people.people(keys[start:start + PIECE], limit=PIECE):
            why = why_not(row, notice)
            if why:
                without[why] = without.get(why, 0) + 1
            else:
                letters += 1
    return Reach(len(keys), letters, without)


def why_not(row: Any, notice: Any) -> str:
    """Say why somebody gets no letter of a kind, "" where they do."""
    if row.removed or not row.active:
        return _("Locked out")
    if not row.email:
        return _("No e-mail address")
    if notify.wants(row, notice, "mail"):
        return ""
    chosen = ((row.preferences or {}).get("channels") or {}).get(notice.event) or {}
    stopped = notice.kind != "marketing" or chosen.get("mail") is False
    return _("Has opted out") if stopped else _("Has not asked for news")


def told(row: Any) -> dict[str, Any]:
    """Give what a letter about an announcement needs: its words in each language, and where it stands."""
    offered = list(current().settings.value("languages.offered"))
    first = str(current().settings.value("languages.default"))
    texts = {}
    for code in dict.fromkeys([first, *offered]):
        other = row.fields.get("texts", {}).get(code, {})
        if code == first or any(other.values()):
            drawn = richtext.render(other.get("text") or row.fields.get("text", ""))
            texts[code] = {"title": other.get("title") or row.title, "html": drawn.html, "text": drawn.text}
    listed = row.fields.get("where") == "both"
    return {"texts": texts, "first": first, "path": links.of(row) if listed else "/"}


def event_of(row: Any) -> int:
    """Give the event that stands for an announcement's letters, made with the first of them."""
    if row.fields.get("event"):
        return int(row.fields["event"])
    event = publish(EVENTS[row.fields.get("sort", "notice")], None, **told(row))
    change("announcement", row.id, "edit", public=False, fields={**row.fields, "event": event})
    return event


def begin(row: Any) -> None:
    """Begin to send an announcement, in the name of whoever said yes to it. Raises NotFound where they left."""
    author = people.person(row.fields.get("author") or "")
    keys = recipients(row.fields)
    with transfers.acting(people.who(author)):
        made = transfers.bulk.prepare(transfers.bulk.named(ACT), keys, {"announcement": row.number})
        transfers.errands.start(made, transfers.errands.RUNNING)
    change("announcement", row.id, "edit", public=False, fields={**row.fields, "run": made.public_id})


def progress(row: Any) -> dict[str, Any]:
    """Say how far the letters of an announcement are: found, queued, sent, waiting, refused, left out."""
    run = transfers.stands(row.fields.get("run") or "") if row.fields.get("run") else None
    letters = notify.letters_of(int(row.fields["event"])) if row.fields.get("event") else {}
    counts = (run.counts or {}) if run else {}
    return {"run": run, "total": run.total if run else 0, "place": run.place if run else 0,
            "busy": bool(run and run.state in transfers.errands.AT_WORK) or bool(letters.get("waiting")),
            "sent": letters.get("done", 0), "waiting": letters.get("waiting", 0),
            "refused": letters.get("failed", 0), "left_out": counts.get("left_out", 0),
            "failed": counts.get("failed", 0)}


# --- the act: one letter and one line in the bell for each person ---

def _announcement(values: Mapping[str, Any]) -> Any:
    return find("announcement", int(values["announcement"]), "edit")


def check(row: Any, values: Mapping[str, Any]) -> str:
    """Say why somebody is left out."""
    try:
        fields = _announcement(values).fields
    except NotFound:
        return _("The announcement is gone.")
    return why_not(row, notify.notice_of(EVENTS[fields.get("sort", "notice")]))


def send(row: Any, values: Mapping[str, Any]) -> Mapping[str, Any]:
    """Tell one person. Raises Refused where they get no letter."""
    announcement = _announcement(values)
    why = check(row, values)
    if why:
        raise Refused(why)
    event = event_of(announcement)
    data = told(announcement)["texts"]
    words = data.get(row.language) or data.get(str(current().settings.value("languages.default"))) or {}
    with system("announcement"):
        notify.tell_one(event, row, headline=words.get("title", announcement.title))
    return {}


def choose() -> Any:
    """Ask which announcement is sent."""
    query = visible("announcement", "edit").where(Record.state != "over")
    rows = fetch(query.order_by(Record.id.desc()).limit(50))
    found = {str(row.number): row.title for row in rows} or {"0": _("There is none yet. Write it first.")}
    one = {"type": "choice", "label": _("Announcement"), "options": found, "required": True}
    return forms.load({"type": "object", "properties": forms.custom({"announcement": one})},
                      id="announcements.choose")


def says(values: Mapping[str, Any]) -> str:
    """Say what will happen."""
    try:
        return _("Each gets “%(title)s” by mail and in the bell, once.", title=_announcement(values).title)
    except NotFound:
        return _("The announcement is gone.")


def acts() -> Sequence[Act]:
    """Give the act."""
    return [Act(ACT, N_("Send them an announcement"), "person", "announcements.create", send, says, form=choose,
                check=check, order=90)]
