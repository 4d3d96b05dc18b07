"""Beside posts: following a record or hearing nothing of it, and texts that somebody has not sent yet."""

import re
from typing import Any

from flask import Blueprint, Response, make_response, request

from parlour import (
    FieldError,
    Invalid,
    NotFound,
    ParlourError,
    begin,
    current,
    find,
    links,
    redirect,
    render,
    requires,
    unsent,
    watching,
)
from parlour import gettext as _

blueprint = Blueprint("talk_beside", __name__)
_PLACE = re.compile(r"posts/[a-z0-9_]{1,40}/(new|[1-9][0-9]{0,17})\Z")
FIELDS = ("title", "body", "place", "to")


@blueprint.post("/watch/<number>")
@requires("talk.use")
def watch(number: str) -> Response:
    """Follow a record, hear nothing of it, or leave that as it usually is. Raises NotFound."""
    how, record = request.form.get("how", ""), begin.find(number)
    if record is None:
        raise NotFound
    if how not in (watching.WATCH, watching.MUTE, ""):
        raise Invalid([FieldError("how", _("Choose one of these."), "enum")])
    watching.wish(record, how)
    return redirect(links.of(record), stay=True)


@blueprint.post("/unsent")
@requires("talk.use")
def keep() -> Response:
    """Keep what is being written, as it is typed or because somebody asked for it; empty texts are forgotten."""
    place = request.form.get("draft", "")
    if not _PLACE.match(place):
        raise Invalid([FieldError("draft", _("Choose one of these."), "enum")])
    unsent.keep(place, {name: request.form.get(name, "") for name in FIELDS})
    if request.form.get("act"):
        return redirect("/unsent", message=_("Kept. You find it here whenever you go on."))
    return make_response("", 204)


@blueprint.post("/unsent/drop")
@requires("talk.use")
def drop() -> Response:
    """Throw a text away that was not sent."""
    unsent.drop(request.form.get("draft", "")[:200])
    return redirect("/unsent", message=_("It is gone."))


@blueprint.get("/unsent")
@requires("talk.use")
def listing() -> Response:
    """Show what somebody has written and not sent, the latest first."""
    rows = [(row, *where) for row in unsent.mine("posts/") if (where := _leads(row)) is not None]
    return render("talk/unsent.html", rows=rows)


def _leads(row: Any) -> tuple[str, str] | None:
    """Give title and address of where an unsent text belongs; None where that is not theirs any more."""
    _posts, name, number = row.place.split("/")
    kind = current().registry.kinds.get(name)
    if kind is None:
        return None
    if number == "new":
        return row.values.get("title") or _("Something new"), kind.new
    try:
        record = find(name, number)
    except ParlourError:
        return None
    return record.title, f"{links.of(record)}#composer"
