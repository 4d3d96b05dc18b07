"""Accepting an invitation: name and password for somebody new, one yes for somebody who is here already."""

from pathlib import Path
from typing import Any

from flask import Blueprint, Response, request

from parlour import (
    ANYONE,
    Gone,
    Invalid,
    NotFound,
    current,
    doorman,
    entrance,
    forms,
    identity,
    invitations,
    redirect,
    render,
    requires,
    system,
)
from parlour import gettext as _

from . import entry

blueprint = Blueprint("signin_invite", __name__)
FORM = forms.load(Path(__file__).parent / "forms" / "invite.yaml", id="signin.invite")
WITHOUT = FORM.adjusted(hidden=["password"])
"""Where people sign in with passkeys alone; they make theirs as soon as they are in."""



def _read(secret: str) -> Any:
    if current().settings.value("access.registration.mode") == "off":
        raise Gone(_over())
    try:
        return invitations.read(secret)
    except NotFound:
        doorman.admit("link")
        raise
    except Gone as error:
        raise Gone(_over()) from error


def _over() -> str:
    return _("This invitation has been used, has run out or was withdrawn. Ask for a new one.")


def _form() -> Any:
    return FORM if entrance.with_password() else WITHOUT


def _page(row: Any, form: Any, secret: str, status: int = 200) -> Response:
    return render("signin/invite.html", status=status, data=row.data, secret=secret,
                  form=doorman.hint(form) if entrance.with_password() else form,
                  new=invitations.needs_password(row))


@blueprint.get("/invite/<secret>")
@requires(ANYONE)
def show(secret: str) -> Response:
    """Say who invites whom, and ask for what is missing."""
    row = _read(secret)
    return _page(row, _form().bind({"name": row.data["name"]}), secret)


@blueprint.post("/invite/<secret>")
@requires(ANYONE)
def accept(secret: str) -> Response:
    """Take the invitation: of many tries at once, one gets through; the others learn it is used."""
    row = _read(secret)
    new, name, hashed = invitations.needs_password(row), "", ""
    if new:
        try:
            values = _form().clean(request.form)
            name = identity.name(values["name"])
            if entrance.with_password():
                hashed = doorman.new_password(values["password"], row.data["email"], name)
        except Invalid as error:
            return _page(row, _form().bind(request.form, error.errors), secret, 422)
    try:
        with system("invitation"):
            person = invitations.accept(secret, name=name, hashed=hashed)
    except Gone as error:
        raise Gone(_over()) from error
    if not new:
        return redirect("/sign-in", message=_("You now belong to %(company)s, too. Sign in to see it.",
                                              company=row.data["company_name"] or current().settings.name))
    return redirect(entry.enter(person, "invitation", "/"), message=_("Welcome, %(name)s.", name=person.name))
