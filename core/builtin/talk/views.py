"""One post at its own address: vote, react, report, change, take back, what it said before; and the queue."""

from itertools import pairwise
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, request

from parlour import (
    ANYONE,
    FieldError,
    Invalid,
    NotFound,
    Refused,
    TooMany,
    concerns,
    credentials,
    current,
    difference,
    forms,
    label,
    links,
    paging,
    people,
    posts,
    redirect,
    render,
    requires,
    talking,
)
from parlour import gettext as _

blueprint = Blueprint("talk", __name__)
FOLDER = Path(__file__).parent / "forms"
REPORT = forms.load(FOLDER / "report.yaml", id="talk.report")
POST = forms.load(FOLDER / "post.yaml", id="talk.post")


def _back(record: Any, identity: str) -> Response:
    return redirect(posts.at(record, identity), stay=True)


def _limit(act: str, most: int) -> None:
    """Count what somebody clicks in a quarter of an hour. Raises TooMany."""
    who = current()
    credentials.limit(f"posts-{act}:{who.tenant_id}:{who.me.id}", most, 15 * 60)


def _around(record: Any, identity: str) -> dict[str, Any]:
    kind = current().registry.kinds[record.kind]
    return {"record": record, "here": links.of(record), "at": f"/posts/{identity}",
            "number": label(kind, record.number)}


@blueprint.get("/posts/<identity>")
@requires(ANYONE)
def post(identity: str) -> Response:
    """Lead to a post on the page it stands on. Raises NotFound."""
    _kind, record, _row = talking.find(identity)
    return redirect(posts.at(record, identity))


@blueprint.post("/posts/<identity>/vote")
@requires("talk.use")
def vote(identity: str) -> Response:
    """Vote for a post, against it, or take that back. Raises NotFound."""
    talking.find(identity, "react")
    _limit("react", 200)
    value = request.form.get("vote", "")
    return _back(talking.vote(identity, int(value) if value in ("1", "0", "-1") else 9), identity)


@blueprint.post("/posts/<identity>/react")
@requires("talk.use")
def react(identity: str) -> Response:
    """Answer a post with a reaction, or (`-like`) take it back. Raises NotFound."""
    talking.find(identity, "react")
    _limit("react", 200)
    word = request.form.get("react", "")
    return _back(talking.react(identity, word.removeprefix("-"), on=not word.startswith("-")), identity)


def _report_form() -> Any:
    return REPORT.adjusted(extra=forms.custom({"reason": {
        "type": "choice", "label": _("What is wrong with it?"), "required": True,
        "options": {key: _(text) for key, text in talking.REASONS.items()}}}), order=["reason", "note"])


@blueprint.route("/posts/<identity>/report", methods=["GET", "POST"])
@requires("talk.use")
def report(identity: str) -> Response:
    """Ask the team to look at a post. Raises NotFound."""
    _kind, record, row = talking.find(identity, "react")
    form, status = _report_form(), 200
    bound = form.bind()
    if request.method == "POST":
        try:
            values = form.clean(request.form)
            _limit("report", 20)
            talking.report(identity, values["reason"], values["note"])
            return redirect(links.of(record), message=_("Thank you. Our team has a look at it."))
        except Invalid as error:
            bound, status = form.bind(request.form, error.errors), 422
    return render("talk/report.html", status=status, row=row, html=posts.shown(row), form=bound,
                  **_around(record, identity))


@blueprint.route("/posts/<identity>/edit", methods=["GET", "POST"])
@requires("talk.use")
def edit(identity: str) -> Response:
    """Change what a post says; what is too much at once stays on the form. Raises NotFound, Refused."""
    _kind, record, row = talking.find(identity, "reply")
    if not posts.may_change(record, row):
        raise Refused(_("This can't be changed any more. Write another post instead."))
    bound, status, wait = POST.bind({"body": row.body}), 200, 0
    if request.method == "POST":
        try:
            talking.edit(identity, POST.clean(request.form)["body"])
            return redirect(posts.at(record, identity), message=_("Saved."))
        except Invalid as error:
            bound, status = POST.bind(request.form, error.errors), 422
        except TooMany as error:
            bound = POST.bind(request.form, [FieldError("body", str(error), "too_many")])
            status, wait = 429, error.retry_after
    answer = render("talk/edit.html", status=status, row=row, form=bound, back=posts.at(record, identity),
                    **_around(record, identity))
    if wait:
        answer.headers["Retry-After"] = str(wait)
    return answer


@blueprint.post("/posts/<identity>/withdraw")
@requires("talk.use")
def withdraw(identity: str) -> Response:
    """Take back a post of one's own. Raises NotFound, Refused."""
    record = talking.withdraw(identity)
    try:
        talking.find(identity)
    except NotFound:
        return redirect("/", message=_("What you wrote is gone."))
    return redirect(links.of(record), message=_("What you wrote is gone."))


@blueprint.get("/posts/<identity>/history")
@requires(ANYONE)
def history(identity: str) -> Response:
    """Show what a post said before, each time with what changed. Raises NotFound."""
    record, row, before = talking.wordings(identity)
    said = [*before, row]
    editor = ((row.data or {}).get("editor") or [0, row.author_name])[1]
    steps = [(editor if newer is row else newer.author_name, row.edited if newer is row else newer.created,
              difference.compare(older.body, newer.body), older.id) for older, newer in pairwise(said)]
    kinds = {kind.name for kind in talking.moderated()} if current().person is not None else set()
    return render("talk/history.html", row=row, steps=list(reversed(steps)), first=said[0],
                  may_forget=record.kind in kinds, back=posts.at(record, identity), **_around(record, identity))


@blueprint.post("/posts/<identity>/history")
@requires("talk.look")
def forget(identity: str) -> Response:
    """Remove an earlier wording: something private stood there. Raises NotFound."""
    word = request.form.get("wording", "")
    if not word.isdecimal() or len(word) > 15:
        raise Invalid([FieldError("wording", _("Choose one of these."), "enum")])
    talking.forget_wording(identity, int(word))
    return redirect(f"/posts/{identity}/history", message=_("That wording is gone."))


@blueprint.post("/posts/<identity>/judge")
@requires("talk.look")
def judge(identity: str) -> Response:
    """Approve a post, hide it, or leave it as it is. Raises NotFound."""
    record = talking.judge(identity, request.form.get("verdict", ""))
    return redirect("/moderation", stay=True) if request.form.get("back") == "queue" else _back(record, identity)


@blueprint.get("/moderation")
@requires("talk.look")
def queue() -> Response:
    """Show what waits for a decision, the oldest first. Raises NotFound where there is nothing to look after."""
    kinds, asked = talking.moderated(), request.args.get("after", "")
    if not kinds:
        raise NotFound
    wanted = next((kind for kind in kinds if kind.name == request.args.get("kind", "")), kinds[0])
    after = int(asked) if asked.isdecimal() and len(asked) < 16 else 0
    found, more = concerns.queue(wanted.name, "view", after=after)
    names = people.names({one.raiser for group in found for one in group})
    return render("talk/queue.html", block="results", found=[(group[0], group) for group in found], names=names,
                  reasons={**talking.REASONS, **talking.OUR_REASONS}, html=posts.shown, label=label, path=links.of,
                  kinds=kinds, kind=wanted, next=paging.address(after=str(more)) if more else "",
                  address=paging.address)
