"""Proving once more who sits there, before anything of somebody's security opens."""

from pathlib import Path
from typing import Any

from flask import Blueprint, Response, jsonify, request

from parlour import (
    FieldError,
    Invalid,
    TooMany,
    current,
    doorman,
    entrance,
    factors,
    forms,
    links,
    ngettext,
    passkeys,
    people,
    record_act,
    redirect,
    render,
    requires,
)

blueprint = Blueprint("account_confirm", __name__)
FORM = forms.load(Path(__file__).parent / "forms" / "confirm.yaml", id="account.confirm")
PASSWORD, CODE = FORM.adjusted(hidden=["code"]), FORM.adjusted(hidden=["password"])


@blueprint.get("/account/confirm")
@requires("account.view")
def ask() -> Response:
    """Ask for the password, or for what somebody has in its place."""
    return _page()


def _page(errors: Any = (), status: int = 200) -> Response:
    row = people.person(current().me.id)
    return render("account/confirm.html", status=status, form=_form(row).bind({}, errors), next=_next(),
                  passkey=passkeys.possible() and bool(factors.passkeys(row.id)))


def _form(row: Any) -> Any:
    return PASSWORD if row.password and entrance.with_password() else CODE


def _next() -> str:
    return links.local(request.values.get("next"), "/account/security")


@blueprint.post("/account/confirm")
@requires("account.view")
def check() -> Response:
    """Take a password, or a code where there is no password."""
    row = people.person(current().me.id)
    form = _form(row)
    try:
        values = form.clean(request.form)
        if form is PASSWORD:
            doorman.check_own(row.id, row.password, values["password"])
        else:
            entrance.prove_code(row, values["code"])
    except Invalid as error:
        return _page(error.errors, 422)
    except TooMany as error:
        text = ngettext("Too many tries. Try again in %(number)s minute.",
                        "Too many tries. Try again in %(number)s minutes.", error.minutes, number=error.minutes)
        answer = _page([FieldError(form.names[0], text, "too_many")], 429)
        answer.headers["Retry-After"] = str(error.retry_after)
        return answer
    return _done()


def _done() -> Response:
    entrance.confirm()
    record_act("person.confirmed", current().me.public_id)
    return redirect(_next())


@blueprint.post("/account/confirm/options")
@requires("account.view")
def options() -> Response:
    """Give what the browser is to ask a passkey of whoever is signed in."""
    passkeys.need(alone=False)
    return jsonify(passkeys.ask_known("confirm", current().me.id))


@blueprint.post("/account/confirm/passkey")
@requires("account.view")
def check_passkey() -> Response:
    """Take a passkey of whoever is signed in."""
    passkeys.need(alone=False)
    try:
        passkeys.prove("confirm", request.form.get("credential", ""), current().me.id)
    except Invalid as error:
        return _page([FieldError("", error.errors[0].message)], 422)
    return _done()
