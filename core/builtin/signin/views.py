"""The pages of signing in and out."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, request

from parlour import (
    ANYONE,
    FieldError,
    Invalid,
    NotFound,
    TooMany,
    arrivals,
    credentials,
    current,
    doorman,
    entrance,
    forms,
    links,
    ngettext,
    passkeys,
    people,
    redirect,
    render,
    requires,
    session,
)
from parlour import gettext as _

from . import entry

blueprint = Blueprint("signin", __name__)
FORM = forms.load(Path(__file__).parent / "forms" / "sign-in.yaml", id="signin.sign-in")


@blueprint.get("/sign-in")
@requires(ANYONE)
def sign_in() -> Response:
    """Show the form; somebody who is signed in goes on."""
    target = links.local(request.args.get("next"))
    if current().person is not None:
        return redirect(target)
    return page(target)


def page(target: str, errors: Sequence[FieldError] = (), status: int = 200) -> Response:
    """Draw the ways to sign in that are open here."""
    return render("signin/sign-in.html", status=status, next=target, password=entrance.with_password(),
                  form=FORM.bind(request.form, errors) if errors else FORM.bind(), passkey=passkeys.offered(),
                  open=current().settings.value("access.registration.mode") == "open")


@blueprint.post("/sign-in")
@requires(ANYONE)
def enter() -> Response:
    """Check name and password; known and unknown names take the same way."""
    if not entrance.with_password():
        raise NotFound
    target = links.local(request.form.get("next"))
    try:
        values = FORM.clean(request.form)
        person = check(values["email"], values["password"])
    except Invalid as error:
        return page(target, error.errors, 422)
    except TooMany as error:
        return wait(error, target)
    return redirect(entry.enter(person, "password", target))


def wait(error: TooMany, target: str) -> Response:
    """Say when to try again, on the form: the way to a new password stands below it."""
    text = str(error) or ngettext("Too many tries. Try again in %(number)s minute, or reset your password.",
                                  "Too many tries. Try again in %(number)s minutes, or reset your password.",
                                  error.minutes, number=error.minutes)
    answer = page(target, [FieldError("password", text, "too_many")], 429)
    answer.headers["Retry-After"] = str(error.retry_after)
    return answer


def check(name: str, password: str) -> Any:
    """Give the person, or raise Invalid or TooMany; one row is written of a wrong try, whoever it names."""
    doorman.admit("sign-in", name)
    row = people.by_address(name)
    right = credentials.check_password(row.password if row else None, password) and bool(row and row.active)
    if row is None or not right or not entrance.admitted(row):
        arrivals.note(row.id if row else None, ok=False, how="network" if row and right else "password",
                      **entrance.trace())
        raise Invalid([FieldError("password", _("That name and password don't match. Try again."), "wrong")])
    doorman.succeed("sign-in", name)
    return row


@blueprint.post("/sign-out")
@requires(ANYONE)
def sign_out() -> Response:
    """End this browser's session."""
    session.end()
    return redirect("/sign-in", message=_("You are signed out."))
