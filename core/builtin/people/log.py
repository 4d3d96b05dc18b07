"""The audit log: who did what, newest first, found and exported; it can be read and nothing else."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, request

from parlour import NotFound, acts, care, current, directory, paging, record_act, redirect, render, requires
from parlour import gettext as _

from . import sentences, words

blueprint = Blueprint("people_log", __name__)
PER_PAGE = 50
FORMS = {"csv": "text/csv; charset=utf-8", "jsonl": "application/x-ndjson; charset=utf-8"}
ASKED = ("q", "about", "actor", "subject", "channel", "since", "until")


def _place(name: str) -> int | None:
    given = request.args.get(name, "")
    return int(given) if given.isdecimal() and given.isascii() and len(given) < 10 else None


def _asked(given: Mapping[str, str]) -> dict[str, str]:
    return {name: given.get(name, "").strip()[:200] for name in ASKED}


def _groups() -> dict[str, str]:
    """Say what acts can be about, by how their names begin."""
    return {"": _("Everything"), "person": _("People"), "company": _("Companies"), "config": _("Settings"),
            "person.view": _("Views as somebody"), "audit": _("This log")}


def _sought(asked: Mapping[str, str]) -> Any:
    """Turn what stands in the address into what is looked for; what cannot be read looks for nothing special."""
    chosen = tuple(act for act in sentences.phrases() if asked["about"] and act.startswith(asked["about"]))
    until = _day(asked["until"])
    return care.audit.Sought(
        text=asked["q"], said=sentences.meaning(asked["q"]),
        acts=chosen or ((asked["about"],) if asked["about"] else ()),
        actor=asked["actor"], subject=asked["subject"], channel=asked["channel"], since=_day(asked["since"]),
        until=until + timedelta(days=1) if until else None)


def _day(text: str) -> datetime | None:
    """Read a day as its first moment where whoever asks is."""
    try:
        return datetime.fromisoformat(text[:10]).replace(tzinfo=ZoneInfo(current().time_zone)) if text else None
    except ValueError:
        return None


@blueprint.get("/audit")
@requires("people.audit")
def show() -> Response:
    """Show what was done, newest first."""
    asked, before, after = _asked(request.args), _place("before"), _place("after")
    found = acts(PER_PAGE + 1, before=before, after=after, sought=_sought(asked))
    back = after is not None
    more = len(found) > PER_PAGE
    rows = found[-PER_PAGE:] if back else found[:PER_PAGE]
    older = paging.address(before=str(rows[-1].place)) if rows and (more or back) else ""
    newer = paging.address(after=str(rows[0].place)) if rows and ((more and back) or before is not None) else ""
    names = directory.names_of([*(row.subject for row in rows), asked["actor"], asked["subject"]])
    return render("people/audit.html", block="results", asked=asked, older=older, newer=newer, names=names,
                  rows=[(row, sentences.said(row, names)) for row in rows], channels=words.channels(),
                  details=details, state=care.proof.state(), groups=_groups(), address=paging.address,
                  narrowed=any(asked.values()))


def details(row: Any) -> list[tuple[str, str]]:
    """Give an act's details as they stand in the log, for whoever wants to know exactly."""
    given = [(key, words.plain(value)) for key, value in (row.details or {}).items()]
    return [(_("Act"), row.act), (_("Number"), str(row.place)), *given, (_("Subject"), row.subject),
            (_("Chain"), row.chain)]


@blueprint.post("/audit/export")
@requires("people.audit")
def export() -> Response:
    """Give the acts that fit as a file, a piece at a time; that, too, is written down."""
    form, asked = request.form.get("form", ""), _asked(request.form)
    if form not in FORMS:
        raise NotFound
    record_act("audit.exported", form=form, **{key: value for key, value in asked.items() if value})
    response = Response(care.telling.pieces(_sought(asked), form), mimetype=FORMS[form].partition(";")[0])
    response.headers["Content-Type"] = FORMS[form]
    name = f"audit-{current().slug}-{datetime.now(ZoneInfo(current().time_zone)):%Y-%m-%d}.{form}"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@blueprint.post("/audit/check")
@requires("people.audit")
def check() -> Response:
    """Verify the whole log now."""
    found = care.proof.check()
    if found.broken:
        return redirect("/audit", message=_("The log is broken. Ask who runs the portal."), kind="bad")
    return redirect("/audit", message=_("Every act is as it was written."))
