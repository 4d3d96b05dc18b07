"""Answers before the question is asked: records offered beside a subject, and what settled it is counted."""

from flask import Blueprint, Response, request

from parlour import NotFound, current, label, links, redirect, render, requires, search, tally
from parlour import find as find_record
from parlour import gettext as _

answers = Blueprint("search_answers", __name__)


@answers.get("/search/answers")
@requires("search.view")
def offered() -> Response:
    """Offer what may answer a subject."""
    text = (request.args.get("subject") or request.args.get("title") or "")[:200]
    return render("search/answers.html", hits=search.answers(text) if text.strip() else [], label=label,
                  kinds=current().registry.kinds, path=links.of)


@answers.post("/search/answered")
@requires("search.view")
def answered() -> Response:
    """Take note that a record answered the question somebody was about to ask. Raises NotFound."""
    name, _slash, number = request.form.get("answer", "").partition("/")
    kind = current().registry.kinds.get(name)
    if kind is None or not kind.answers:
        raise NotFound
    record = find_record(name, number)
    tally.note("search.answered", f"{name}/{record.number}")
    tally.flush()  # rare, and looked for: it waits in no process that nobody asks any more
    return redirect("/", message=_("Glad that helped. We are here when you need us."))
