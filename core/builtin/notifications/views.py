"""The pages around the bell: the list, the count, the preferences, and stopping a kind of mail."""

from typing import Any

from flask import Blueprint, Response, current_app, make_response, request

from parlour import ANYONE, current, notify, redirect, render, requires
from parlour import gettext as _

blueprint = Blueprint("notifications", __name__)
PER_PAGE = 30


@blueprint.get("/notifications")
@requires("notifications.view")
def listing() -> Response:
    """Show what somebody was told, newest first."""
    before = request.args.get("before", "")
    found = notify.lines(PER_PAGE + 1, int(before) if before.isdecimal() and len(before) < 19 else None)
    lines = found[:PER_PAGE]
    older = f"/notifications?before={notify.cursor(lines[-1])}" if len(found) > PER_PAGE else ""
    return render("notifications/list.html", block="list", lines=lines, older=older,
                  newer="/notifications" if before else "")


@blueprint.post("/notifications/read")
@requires("notifications.view")
def read() -> Response:
    """Mark everything as read."""
    notify.mark_read()
    return redirect("/notifications", message=_("Everything is marked as read."))


@blueprint.get("/notifications/bell")
@requires(ANYONE)
def bell() -> Response:
    """Give the bell with its count to a page that stays open; nothing at all where nobody is signed in."""
    if current().person is None:
        return make_response("", 204)
    if "HX-Request" not in request.headers:
        return redirect("/notifications")
    return render("notifications/list.html", block="bell", lines=[], older="", newer="")


@blueprint.get("/account/notifications")
@requires("notifications.view")
def preferences() -> Response:
    """Show which events come on which channel."""
    return render("notifications/preferences.html", choices=notify.choices(), address=current().me.email or "")


@blueprint.post("/account/notifications")
@requires("notifications.view")
def save() -> Response:
    """Keep what somebody chose, for the events that were on the page."""
    ticked = set(request.form.getlist("on"))
    notify.prefer(current().me.id, {
        choice.event: {channel: f"{choice.event}:{channel}" in ticked for channel in choice.channels}
        for choice in notify.choices() if not choice.fixed and choice.event in request.form.getlist("shown")})
    return redirect("/account/notifications", message=_("Saved. It counts from now on."))


@blueprint.get("/stop/<mark>")
@requires(ANYONE)
def ask(mark: str) -> Response:
    """Ask whether a kind of mail shall stop: opening the link alone changes nothing, programs open links too."""
    person, notice = notify.stoppable(_secret(), mark)
    return _page(mark, person, notice, stopped=not notify.wants(person, notice, "mail"))


@blueprint.post("/stop/<mark>")
@requires(ANYONE)
def stop(mark: str) -> Response:
    """Stop a kind of mail, by the page's button or by a mail program at once (RFC 8058), without signing in."""
    notify.stop(_secret(), mark)
    person, notice = notify.stoppable(_secret(), mark)
    return _page(mark, person, notice, stopped=True)


def _page(mark: str, person: Any, notice: Any, *, stopped: bool) -> Response:
    return render("notifications/stop.html", mark=mark, address=person.email or "", label=notify.label(notice),
                  stopped=stopped)


def _secret() -> str:
    return str(current_app.secret_key)
