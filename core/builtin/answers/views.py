"""Canned answers as staff meets them: the list, the editor with its preview, and choosing one for a reply."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from flask import Blueprint, Response, request

from parlour import (
    Conflict,
    FieldError,
    Invalid,
    NotFound,
    Refused,
    answers,
    current,
    find,
    forms,
    label,
    language,
    links,
    people,
    redirect,
    render,
    requires,
)
from parlour import gettext as _

blueprint = Blueprint("answers", __name__)
FORM = forms.load(Path(__file__).parent / "forms" / "answer.yaml", id="answers.answer")

KEPT = "-"
"""Stands for no status in the editor."""


def _form() -> Any:
    """Make the editor's form: for whom, other languages that are offered, and statuses that may be set."""
    extra: dict[str, Any] = {}
    if answers.manages():
        teams = {f"team:{row.key}": _("Team %(name)s", name=row.name) for row in people.teams()}
        extra["shared"] = {"type": "choice", "label": _("For whom"), "required": True, "default": "all",
                           "options": {"all": _("The whole team"), "me": _("Only me"), **teams}}
    others = _languages()[1:]
    for one in others:
        said = _("Text in %(language)s", language=language.LANGUAGES.get(one, one))
        extra[_named(one)] = {"type": "longtext", "label": said,
                                   "help": _("For customers who read it. Empty: the text above."),
                                   "max_length": 20_000}
    states = _states()
    if states:
        extra["state"] = {"type": "choice", "label": _("Sending it sets the status"), "required": True,
                          "options": {KEPT: _("It stays as it is"), **states}, "default": KEPT,
                          "help": _("Whoever sends it can leave that out.")}
    order = ["title", "body", *map(_named, others), "tags", "shared", "state"]
    return FORM.adjusted(extra=forms.custom(extra), order=[
        name for name in order if name in extra or name in FORM.names])


def _named(code: str) -> str:
    """Name the field for the text in a language; a tag such as pt-BR has signs that names have not."""
    return f"in_{code.replace('-', '_').lower()}"


def _languages() -> list[str]:
    settings = current().settings
    first = str(settings.value("languages.default"))
    return [first, *(one for one in settings.value("languages.offered") if one != first)]


def _states() -> dict[str, str]:
    """Give the statuses of all kinds that have words of their own for them."""
    found: dict[str, str] = {}
    for kind in current().registry.kinds.values():
        setting = current().settings.features.get(kind.plugin)
        if kind.states is not None and kind.reply is not None and setting is not None and setting.enabled:
            found |= dict(kind.states())
    return found


@blueprint.get("/answers")
@requires("answers.use")
def listing() -> Response:
    """Show those that whoever asks may use."""
    text = request.args.get("q", "").strip()[:200]
    teams = {row.id: row.name for row in people.teams()}
    return render("answers/list.html", block="results", rows=answers.offered(text), text=text, teams=teams,
                  manages=answers.manages())


@blueprint.route("/answers/new", methods=["GET", "POST"])
@requires("answers.use")
def new() -> Response:
    """Write one."""
    return _edit(None)


@blueprint.route("/answers/<identity>", methods=["GET", "POST"])
@requires("answers.use")
def one(identity: str) -> Response:
    """Show or change one. Raises NotFound; whoever may only use it reads it."""
    row = answers.find(identity)
    if request.method == "POST" and not answers.may_change(row):
        raise Refused
    return _edit(row)


def _edit(row: Any) -> Response:
    form = _form()
    if request.method == "GET":
        return _draw(form.bind(_bound(row)), row)
    if request.form.get("do") == "preview":
        return _draw(form.bind(request.form), row)
    try:
        values = form.clean(request.form)
        made = answers.keep(_values(values), row, request.form.get("version", 0, type=int))
    except Invalid as error:
        return _draw(form.bind(request.form, error.errors), row, 422)
    except Conflict as error:
        return _draw(form.bind(request.form), row, 409, str(error))
    return redirect("/answers", message=_("“%(title)s” is ready to use.", title=made.title))


def _bound(row: Any) -> dict[str, Any]:
    if row is None:
        return {}
    teams = {team.id: team.key for team in people.teams()}
    shared = f"team:{teams.get(row.team_id, '')}" if row.shared == "team" else row.shared
    return {"title": row.title, "body": row.body, "tags": row.tags, "shared": shared,
            "state": row.state or KEPT,
            **{_named(one): text for one, text in (row.texts or {}).items()}}


def _values(values: dict[str, Any]) -> dict[str, Any]:
    """Turn what the form said into columns. Raises Invalid for placeholders that stand for nothing."""
    texts = {one: values[_named(one)] for one in _languages()[1:] if values.get(_named(one))}
    wrong = [FieldError(name, _("{%(name)s} stands for nothing. Use one of the names below the text.",
                                name=unknown[0]), "placeholder")
             for name in ("body", *map(_named, texts))
             if (unknown := answers.unknown(values[name]))]
    shared, _colon, key = values.get("shared", "me").partition(":")
    team = next((row.id for row in people.teams() if row.key == key), None) if key else None
    if key and team is None:
        wrong.append(FieldError("shared", _("Choose one of the teams."), "unknown"))
    if wrong:
        raise Invalid(wrong)
    return {"title": values["title"], "body": values["body"], "texts": texts, "tags": values.get("tags", ""),
            "shared": shared, "team": team, "state": values.get("state", KEPT).removeprefix(KEPT)}


def _draw(bound: Any, row: Any, status: int = 200, wrong: str = "") -> Response:
    typed = {one.name: one.value for one in bound.fields}
    first, *others = _languages()
    names = [(first, "body"), *((one, _named(one)) for one in others)]
    shown = [(tag, answers.filled(str(typed.get(name) or ""), answers.sample())) for tag, name in names]
    return render("answers/edit.html", block="preview", status=status, form=bound, row=row, wrong=wrong,
                  shown=[pair for pair in shown if pair[1].strip()],
                  may=row is None or answers.may_change(row))


@blueprint.post("/answers/<identity>/remove")
@requires("answers.use")
def remove(identity: str) -> Response:
    """Take one away. Raises NotFound, Refused."""
    row = answers.find(identity)
    answers.remove(row)
    return redirect("/answers", message=_("“%(title)s” is gone. What was sent with it stays.", title=row.title))


def _record(kind: str, number: str) -> Any:
    """Give the record an answer is chosen for, through its own door. Raises NotFound."""
    if kind not in current().registry.kinds:
        raise NotFound
    return find(kind, number)


@blueprint.get("/answers/for/<kind>/<number>")
@requires("answers.use")
def choose(kind: str, number: str) -> Response:
    """Offer answers for a reply on one record."""
    record, text = _record(kind, number), request.args.get("q", "").strip()[:200]
    found = answers.offered(text)[:30]
    rows = list(zip(found, answers.texts_for(found, record), strict=True))
    return render("answers/choose.html", block="choice", rows=rows, text=text, record=record,
                  back=links.of(record), number=label(current().registry.kinds[kind], record.number))


@blueprint.post("/answers/<identity>/use")
@requires("answers.use")
def use(identity: str) -> Response:
    """Put one into the reply on a record: into the field for htmx, else on the record's page."""
    answer = answers.find(identity)
    record = _record(request.form.get("kind", ""), request.form.get("number", ""))
    answers.count_use(answer)
    if "HX-Request" not in request.headers:
        return redirect(f"{links.of(record)}?answer={answer.public_id}#composer")
    before = request.form.get("body", "").rstrip()
    (text,) = answers.texts_for([answer], record)
    made = SimpleNamespace(text=f"{before}\n\n{text}" if before else text,
                           status=answers.status_of(answer, record))
    return render("answers/field.html", block="field", made=made)
