"""The second step of signing in: a code of an app, a recovery code, or a passkey."""

from typing import Any

from flask import Blueprint, Response, jsonify, request

from parlour import (
    ANYONE,
    FieldError,
    Gone,
    Invalid,
    NotFound,
    TooMany,
    arrivals,
    current,
    entrance,
    factors,
    ngettext,
    passkeys,
    redirect,
    render,
    requires,
)
from parlour import gettext as _

from . import entry

blueprint = Blueprint("signin_second", __name__)


@blueprint.get("/sign-in/code")
@requires(ANYONE)
def ask() -> Response:
    """Ask for the second step."""
    if current().person is not None:
        return redirect("/")
    try:
        return _page(entrance.halfway())
    except Gone:
        return _again()


def _again() -> Response:
    text = _("That took too long, or was done already. Sign in once more.")
    return redirect("/sign-in", message=text, kind="info")


def _page(row: Any, errors: Any = (), status: int = 200) -> Response:
    have = factors.of(row.id)
    answer = render("signin/second.html", status=status, errors=[(e.path, e.message) for e in errors],
                    recovery=not have.app or "recovery" in request.values, app=bool(have.app), left=have.codes,
                    passkey=bool(have.passkeys) and passkeys.possible(), days=entrance.days())
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


@blueprint.post("/sign-in/code")
@requires(ANYONE)
def take() -> Response:
    """Take a code: each counts once, and few are tried."""
    return _step(lambda row: entrance.prove_code(row, request.form.get("code", "")[:40]))


@blueprint.post("/sign-in/code/passkey")
@requires(ANYONE)
def take_passkey() -> Response:
    """Take a passkey of whoever gave the password."""
    passkeys.need(alone=False)

    def prove(row: Any) -> str:
        passkeys.prove("step", request.form.get("credential", ""), row.id)
        return "passkey"

    return _step(prove)


def _step(prove: Any) -> Response:
    if current().person is not None:
        return redirect("/")
    try:
        row = entrance.halfway()
        try:
            how = prove(row)
        except Invalid as error:
            kind = error.errors[0].path
            arrivals.note(row.id, ok=False, how=kind, **entrance.trace())
            return _page(row, error.errors, 422)
        except TooMany as error:
            return _wait(row, error)
        return redirect(entry.finish(row, how, remember=request.form.get("remember") == "true"))
    except Gone:
        return _again()


def _wait(row: Any, error: TooMany) -> Response:
    """Say when to try again; the account's owner learns once a day that somebody guesses."""
    if entrance.first_time_today(row.id):
        trace = entrance.trace()
        entry.tell(row.id, "guessed", place=trace["address"], device=entrance.device(trace["agent"]))
    text = ngettext("Too many wrong codes. Try again in %(number)s minute.",
                    "Too many wrong codes. Try again in %(number)s minutes.", error.minutes, number=error.minutes)
    answer = _page(row, [FieldError("code", text, "too_many")], 429)
    answer.headers["Retry-After"] = str(error.retry_after)
    return answer


@blueprint.post("/sign-in/code/options")
@requires(ANYONE)
def step_options() -> Response:
    """Give what the browser is to ask a passkey of whoever gave the password."""
    passkeys.need(alone=False)
    try:
        row = entrance.halfway()
    except Gone as error:
        raise NotFound from error
    return jsonify(passkeys.ask_known("step", row.id))
