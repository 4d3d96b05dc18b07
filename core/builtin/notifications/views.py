"""The pages around the bell: the list, the count, and stopping a kind of mail."""

from flask import Blueprint, Response, current_app, make_response, request

from parlour import ANYONE, current, notify, redirect, render, requires, session
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


@blueprint.get("/stop/<mark>")
@requires(ANYONE)
def ask(mark: str) -> Response:
    """Ask whether a kind of mail shall stop: opening the link alone changes nothing, programs open links too."""
    return _page(mark)


@blueprint.post("/stop/<mark>")
@requires(ANYONE)
def stop(mark: str) -> Response:
    """Stop a kind of mail, by the page's button or by a mail program at once (RFC 8058), without signing in.

    With `all`, every mail of its sort.
    """
    notify.stop(_secret(), mark, everything=request.form.get("all") == "yes", address=session.address())
    return _page(mark, stopped=True)


def _page(mark: str, *, stopped: bool = False) -> Response:
    person, notice = notify.stoppable(_secret(), mark)
    return render("notifications/stop.html", mark=mark, address=person.email or "", label=notify.label(notice),
                  news=notice.kind == "marketing", single=notice.event != notify.SUMMARY,
                  stopped=stopped or notify.stopped(person, notice),
                  all_over=notice.event == notify.SUMMARY or notify.all_stopped(person, notice))


def _secret() -> str:
    return str(current_app.secret_key)
