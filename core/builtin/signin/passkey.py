"""Signing in with a passkey alone: whose it is, it says itself."""

from flask import Blueprint, Response, jsonify, request

from parlour import (
    ANYONE,
    FieldError,
    Invalid,
    TooMany,
    arrivals,
    doorman,
    entrance,
    links,
    passkeys,
    redirect,
    requires,
)

from . import entry
from .views import page, wait

blueprint = Blueprint("signin_passkey", __name__)


@blueprint.post("/sign-in/passkey/options")
@requires(ANYONE)
def options() -> Response:
    """Give what the browser is to ask any passkey of this portal."""
    passkeys.need()
    doorman.admit("passkey")
    return jsonify(passkeys.ask_known("sign-in"))


@blueprint.post("/sign-in/passkey")
@requires(ANYONE)
def enter() -> Response:
    """Sign in with what a passkey answered; whatever is wrong with it, the answer is the same."""
    passkeys.need()
    target = links.local(request.form.get("next"))
    try:
        doorman.admit("sign-in")
        row = passkeys.prove("sign-in", request.form.get("credential", ""))
    except Invalid as error:
        arrivals.note(None, ok=False, how="passkey", **entrance.trace())
        return page(target, [FieldError("", error.errors[0].message)], 422)
    except TooMany as error:
        return wait(error, target)
    doorman.succeed("sign-in", "")
    return redirect(entry.enter(row, "passkey", target, strong=True))
