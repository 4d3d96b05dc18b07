"""The pages of signing in and out."""

from pathlib import Path
from typing import Any

from flask import Blueprint, Response, request

from parlour import (
    ANYONE,
    FieldError,
    Invalid,
    TooMany,
    arrivals,
    credentials,
    current,
    directory,
    doorman,
    forms,
    letters,
    links,
    ngettext,
    people,
    redirect,
    render,
    requires,
    session,
    transaction,
)
from parlour import gettext as _

blueprint = Blueprint("signin", __name__)
FORM = forms.load(Path(__file__).parent / "forms" / "sign-in.yaml", id="signin.sign-in")


@blueprint.get("/sign-in")
@requires(ANYONE)
def sign_in() -> Response:
    """Show the form; somebody who is signed in goes on."""
    target = links.local(request.args.get("next"))
    if current().person is not None:
        return redirect(target)
    return _page(FORM.bind(), target)


def _page(form: Any, target: str, status: int = 200) -> Response:
    return render("signin/sign-in.html", status=status, form=form, next=target,
                  open=current().settings.value("access.registration.mode") == "open")


@blueprint.post("/sign-in")
@requires(ANYONE)
def enter() -> Response:
    """Check name and password; known and unknown names take the same way."""
    target = links.local(request.form.get("next"))
    try:
        values = FORM.clean(request.form)
        person = check(values["email"], values["password"])
    except Invalid as error:
        return _page(FORM.bind(request.form, error.errors), target, 422)
    except TooMany as error:
        return _wait(error, target)
    session.start(person.id)
    return redirect(target)


def _wait(error: TooMany, target: str) -> Response:
    """Say when to try again, on the form: the way to a new password stands below it."""
    text = str(error) or ngettext("Too many tries. Try again in %(number)s minute, or reset your password.",
                                  "Too many tries. Try again in %(number)s minutes, or reset your password.",
                                  error.minutes, number=error.minutes)
    answer = _page(FORM.bind(request.form, [FieldError("password", text, "too_many")]), target, 429)
    answer.headers["Retry-After"] = str(error.retry_after)
    return answer


def check(name: str, password: str) -> Any:
    """Give the person, or raise Invalid or TooMany; one row is written either way."""
    doorman.admit("sign-in", name)
    here, agent = session.address(), request.headers.get("User-Agent", "")
    row = people.by_address(name)
    good = credentials.check_password(row.password if row else None, password) and bool(row and row.active) \
        and directory.admitted(current(), people.who(row))
    if good and row is not None and not arrivals.known_device(row.id, here, agent, ""):
        letters.send("signin/mail/new-place", person=row.id, link=letters.Link("/account/security"), address="",
                     place=here, device=agent[:200])
    arrivals.note(row.id if row else None, ok=good, how="password", address=here, agent=agent)
    if row is None or not good:
        raise Invalid([FieldError("password", _("That name and password don't match. Try again."), "wrong")])
    doorman.succeed("sign-in", name)
    with transaction():
        credentials.revoke_all(row.id, "reset")
    return row


@blueprint.post("/sign-out")
@requires(ANYONE)
def sign_out() -> Response:
    """End this browser's session."""
    session.end()
    return redirect("/sign-in", message=_("You are signed out."))
