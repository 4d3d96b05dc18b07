"""What somebody wants to be told, how and how often; and the consents they give and take back."""

from typing import Any

from flask import Blueprint, Response, jsonify, request

from parlour import FieldError, Invalid, current, notify, people, record_act, redirect, render, requires, session
from parlour import gettext as _

choosing = Blueprint("notifications_choosing", __name__)


def _page(status: int = 200, errors: Any = (), typed: Any = None) -> Response:
    me = current().me
    row, wish = people.person(me.id), notify.rhythm()
    columns = [(one.name, _(one.label)) for one in notify.channels()]
    return render(
        "notifications/preferences.html", status=status, choices=notify.choices(), columns=columns,
        address=row.email or "", zone=current().time_zone,
        **{name: typed.get(name, "") if typed else str(getattr(wish, name)) for name in ("how", "at", "day")},
        days=[(str(number), name) for number, name in enumerate(notify.weekdays())],
        wrong={"at": ""} | {error.path: error.message for error in errors},
        errors=[(error.path, error.message) for error in errors], hows=_hows(),
        asked=[(purpose, said, notify.agreed(row, purpose)) for purpose, said in notify.asked()],
        agreements=notify.agreements(me.id), purposes=_purposes(),
        phone=str((row.fields or {}).get("phone") or ""))


def _hows() -> list[tuple[str, str]]:
    return [("now", _("Each at once")), ("hourly", _("A summary every hour, if there is something")),
            ("daily", _("A summary every day")), ("weekly", _("A summary every week")),
            ("never", _("No mail about what happens here"))]


def _purposes() -> dict[str, str]:
    return {"mail": _("News by e-mail"), "sms": _("Messages by SMS")}


@choosing.get("/account/notifications")
@requires("notifications.view")
def preferences() -> Response:
    """Show which events come on which channel, how often mail comes, and what was agreed to."""
    return _page()


@choosing.post("/account/notifications")
@requires("notifications.view")
def save() -> Response:
    """Keep what somebody chose, for the events that were on the page."""
    ticked, shown = set(request.form.getlist("on")), set(request.form.getlist("shown"))
    mine = [one for one in notify.choices() if not one.fixed and one.event in shown]
    try:
        rhythm = _rhythm() if "how" in request.form else None
    except Invalid as error:
        return _page(422, error.errors, request.form)
    soon = {one.event: one.event in request.form.getlist("soon") for one in mine if one.soon is not None}
    notify.prefer(current().me.id, {
        one.event: {channel: f"{one.event}:{channel}" in ticked for channel in one.channels} for one in mine},
        rhythm=rhythm, soon=soon if rhythm else None)
    return redirect("/account/notifications", message=_("Saved. It counts from now on."))


def _rhythm() -> notify.Rhythm:
    """Read how often mail shall come. Raises Invalid."""
    how, at, day = (request.form.get(name, "") for name in ("how", "at", "day"))
    usual = notify.rhythm()
    if how not in dict(_hows()):
        raise Invalid([FieldError("how", _("Choose how often."), "choice")])
    if how in ("daily", "weekly") and notify.moment_of(at) is None:
        raise Invalid([FieldError("at", _("Enter a time of day such as 08:00."), "format")])
    return notify.Rhythm(how, at if notify.moment_of(at) else usual.at,
                         int(day) if day in set("0123456") else usual.day)


@choosing.post("/account/consents")
@requires("notifications.view")
def agree() -> Response:
    """Keep what somebody agrees to as of now; each yes and no is written down."""
    me, ticked = current().me, request.form.getlist("agree")
    changed = [purpose for purpose, said in notify.asked()
               if notify.agree(me.id, purpose, yes=purpose in ticked, source="account", said=said,
                               address=session.address())]
    if changed:
        record_act("person.consents_changed", me.public_id, changed=changed)
    return redirect("/account/notifications#consents", message=_("Saved. It counts from now on."))


@choosing.get("/account/consents.json")
@requires("notifications.view")
def download() -> Response:
    """Give what somebody agreed to and took back as a file of their own."""
    rows = [{"purpose": one.purpose, "given": one.given, "source": one.source, "wording": one.wording,
             "version": one.version, "network": one.network, "at": one.created.isoformat()}
            for one in notify.agreements(current().me.id)]
    answer = jsonify(rows)
    answer.headers["Content-Disposition"] = 'attachment; filename="consents.json"'
    answer.headers["Cache-Control"] = "private, no-store"
    return answer
