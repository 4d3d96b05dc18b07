"""The pages of signing in and out."""

from pathlib import Path
from typing import Any

from flask import Blueprint, Response, request

from parlour import (
    ANYONE,
    FieldError,
    Invalid,
    credentials,
    current,
    forms,
    links,
    people,
    redirect,
    render,
    requires,
    session,
)
from parlour import gettext as _

blueprint = Blueprint("signin", __name__)
FORM = forms.load(Path(__file__).parent / "forms" / "sign-in.yaml", id="signin.sign-in")
WINDOW = 15 * 60


@blueprint.get("/sign-in")
@requires(ANYONE)
def sign_in() -> Response:
    """Show the form; somebody who is signed in goes on."""
    target = links.local(request.args.get("next"))
    if current().person is not None:
        return redirect(target)
    return render("signin/sign-in.html", form=FORM.bind(), next=target)


@blueprint.post("/sign-in")
@requires(ANYONE)
def enter() -> Response:
    """Check name and password; known and unknown names take the same way."""
    target = links.local(request.form.get("next"))
    try:
        values = FORM.clean(request.form)
        person = check(values["email"], values["password"])
    except Invalid as error:
        return render("signin/sign-in.html", status=422, form=FORM.bind(request.form, error.errors), next=target)
    session.start(person.id)
    return redirect(target)


def check(name: str, password: str) -> Any:
    """Give the person, or raise Invalid or TooMany; one row is written either way."""
    who, here = current(), session.address()
    tried = people.email_key(name)
    credentials.limit(f"sign-in:{who.tenant_id}:{tried}", 10, WINDOW)
    credentials.limit(f"sign-in-from:{who.tenant_id}:{here}", 50, WINDOW)
    row = people.by_address(name)
    good = credentials.check_password(row.password if row else None, password) and bool(row and row.active)
    credentials.note_sign_in(row.id if row else None, ok=good, address=here,
                             agent=request.headers.get("User-Agent", ""))
    if row is None or not good:
        raise Invalid([FieldError("password", _("That name and password don't match. Try again."), "wrong")])
    credentials.forget_tries(f"sign-in:{who.tenant_id}:{tried}")
    return row


@blueprint.post("/sign-out")
@requires(ANYONE)
def sign_out() -> Response:
    """End this browser's session."""
    session.end()
    return redirect("/sign-in", message=_("You are signed out."))
