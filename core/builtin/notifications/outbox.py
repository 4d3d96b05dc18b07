"""What the outbox could not do yet, for admins: each letter or piece of work with its reason, and a second try."""

from flask import Blueprint, Response, request

from parlour import gettext as _
from parlour import notify, record_act, redirect, render, requires

outbox = Blueprint("notifications_outbox", __name__)
PER_PAGE = 50


@outbox.get("/settings/mail/waiting")
@requires("notifications.outbox")
def listing() -> Response:
    """Show letters and work that were given up or wait for another try, newest first."""
    before = request.args.get("before", "")
    rows = notify.troubles(PER_PAGE + 1, int(before) if before.isdecimal() and len(before) < 19 else None)
    older = f"/settings/mail/waiting?before={rows[PER_PAGE - 1].id}" if len(rows) > PER_PAGE else ""
    return render("notifications/outbox.html", rows=rows[:PER_PAGE], older=older,
                  newer="/settings/mail/waiting" if before else "")


@outbox.post("/settings/mail/waiting/<int:key>/again")
@requires("notifications.outbox")
def again(key: int) -> Response:
    """Try one of them again now."""
    return _done(key, notify.try_again(key), "mail.tried_again", _("It is tried again now."))


@outbox.post("/settings/mail/waiting/<int:key>/drop")
@requires("notifications.outbox")
def drop(key: int) -> Response:
    """Take one that was given up off the list."""
    return _done(key, notify.give_up(key), "mail.dropped", _("It is off the list."))


def _done(key: int, happened: bool, act: str, message: str) -> Response:
    if happened:
        record_act(act, str(key))
    return redirect("/settings/mail/waiting", message=message if happened else
                    _("It is done already, or being done right now."), kind="good" if happened else "info")
