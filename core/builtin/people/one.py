"""Two people who are one: choosing the other, what would move and who wins, and then for good."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, request

from parlour import Conflict, NotFound, care, current, ngettext, people, redirect, render, requires, transaction
from parlour import gettext as _

from . import service, words

blueprint = Blueprint("people_one", __name__)
FOUND = 20


def _row(public_id: str) -> Any:
    row = people.person(public_id)
    if row.removed:
        raise NotFound
    return row


def _chosen(given: Mapping[str, str]) -> dict[str, str]:
    return {name.removeprefix("choose."): value for name, value in given.items() if name.startswith("choose.")}


@blueprint.get("/people/<public_id>/merge")
@requires("people.manage")
def show(public_id: str) -> Response:
    """Ask who the other is; then show what merging the two would do."""
    row, other = _row(public_id), request.args.get("with", "")[:64]
    if other:
        return _preview(row, _row(other), _chosen(request.args))
    words_given = request.args.get("q", row.name)[:200]
    found = care.roster.page(care.roster.Filters(q=words_given), limit=FOUND + 1).rows
    members = people.memberships([one.id for one in found]) if found else {}
    return render("people/merge-find.html", block="results", row=row, q=words_given, members=members,
                  rows=[one for one in found if not care.same_person.may_merge(row, one)][:FOUND],
                  others=[one for one in found if one.id != row.id and care.same_person.may_merge(row, one)])


def _preview(kept: Any, gone: Any, chosen: Mapping[str, str], status: int = 200, error: str = "") -> Response:
    same = care.same_person
    if same.may_merge(kept, gone):
        return render("people/merge.html", status=422, stays=kept, goes=gone, refused=_refusal(kept, gone),
                      choices=[], chosen={}, preview=None, error="", moves=[], wider=[], keep_address=True)
    found = same.choices(kept, gone)
    seen = same.preview(kept, gone, same.values(kept, gone, chosen))
    return render("people/merge.html", status=status, stays=kept, goes=gone, refused="", error=error, preview=seen,
                  choices=[(name, _label(name), _told(name, ours), _told(name, theirs))
                           for name, (ours, theirs, _usual) in found.items()],
                  chosen={name: chosen.get(name) or usual for name, (_ours, _theirs, usual) in found.items()},
                  moves=_moves(seen), wider=_wider(seen), roles=words.customer_roles(),
                  keep_address=request.form.get("keep_address", "true" if not request.form else "") == "true")


def _refusal(kept: Any, gone: Any) -> str:
    return {
        "self": _("Choose somebody else: you cannot be merged away, nor anybody with themselves."),
        "removed": _("One of them is removed from the portal."),
        "team": _("One is of your team, the other a customer: they cannot become one."),
        "rank": _("The one who stays has fewer rights in your team. Merge the other way round."),
    }[care.same_person.may_merge(kept, gone)]


def _label(name: str) -> str:
    if name.startswith("field_"):
        own = (current().settings.value("fields.people") or {}).get(name.removeprefix("field_")) or {}
        label = own.get("label") if isinstance(own, Mapping) else own
        return str(label) if isinstance(label, str) else name.removeprefix("field_")
    return {"name": _("Name"), "email": _("E-mail address"), "login": _("Sign-in name"),
            "language": _("Language"), "time_zone": _("Time zone"), "own_only": _("Only own records"),
            "visible_since": _("Sees records from"), "features": _("Features of their own")}[name]


def _told(name: str, value: Any) -> str:
    """Write a value of one of the two."""
    if isinstance(value, datetime):
        return value.date().isoformat()
    if name == "own_only":
        return _("yes") if value else _("no")
    if name == "visible_since":
        return _("everything")
    if name == "features":
        return ", ".join(f"{key}: {_('on') if on else _('off')}" for key, on in (value or {}).items()) or _("none")
    return words.plain(value) or _("nothing")


def _moves(seen: Any) -> list[str]:
    """Say what moves and what ends, in words."""
    number = seen.moves.get
    told = [ngettext("%(num)s record", "%(num)s records", seen.records),
            ngettext("%(num)s message or note", "%(num)s messages and notes", number("message", 0)),
            ngettext("%(num)s file", "%(num)s files", number("file", 0)),
            ngettext("%(num)s done task", "%(num)s done tasks", number("record_task", 0)),
            ngettext("%(num)s line of the bell", "%(num)s lines of the bell", number("notification", 0))]
    counts = [seen.records, *(number(name, 0) for name in ("message", "file", "record_task", "notification"))]
    return [text for text, count in zip(told, counts, strict=True) if count]


def _wider(seen: Any) -> list[str]:
    """Say what the one who stays would see more."""
    known = {"own_only": _("No longer only their own records: also what their role reaches."),
             "history": _("Records from before the day that limits them now.")}
    return [known.get(one) or _("The feature %(name)s, which they do not have now.", name=_(one))
            for one in seen.wider]


@blueprint.post("/people/<public_id>/merge")
@requires("people.manage")
def merge(public_id: str) -> Response:
    """Make the two one, if what they would see more is what was shown."""
    kept, gone = _row(public_id), _row(request.form.get("with", "")[:64])
    chosen, same = _chosen(request.form), care.same_person
    if same.may_merge(kept, gone):
        return _preview(kept, gone, chosen)
    seen = same.preview(kept, gone, same.values(kept, gone, chosen))
    if request.form.get("seen") != seen.mark:
        return _preview(kept, gone, chosen, 422,
                        _("What they would see more has changed. Look at it, then merge."))
    try:
        with transaction():
            same.merge(kept, gone, chosen, keep_address=request.form.get("keep_address") == "true")
            email = people.person(kept.id).email
            service.new_address(kept, {"email": email} if email != kept.email else {})
    except Conflict as error:
        return _preview(kept, gone, chosen, 422, str(error))
    return redirect(f"/people/{kept.public_id}", message=_("%(name)s is merged into this person.", name=gone.name))


@blueprint.post("/people/<public_id>/addresses/forget")
@requires("people.manage")
def forget(public_id: str) -> Response:
    """Let a former address of somebody lead to nobody."""
    row = _row(public_id)
    care.same_person.forget_address(row.id, request.form.get("address", "")[:254])
    return redirect(f"/people/{row.public_id}", message=_("That address leads to nobody any more."))
