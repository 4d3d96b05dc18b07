"""Another e-mail address: it counts once whoever reads the new one and whoever reads the old one have said yes."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, request

from parlour import (
    ANYONE,
    Conflict,
    FieldError,
    Gone,
    Invalid,
    Refused,
    credentials,
    current,
    doorman,
    entrance,
    forms,
    identity,
    letters,
    now,
    people,
    record_act,
    redirect,
    render,
    requires,
    system,
    transaction,
)
from parlour import gettext as _

from . import views

blueprint = Blueprint("account_address", __name__)
EMAIL = forms.load(Path(__file__).parent / "forms" / "email.yaml", id="account.email")
WITHOUT = EMAIL.adjusted(hidden=["password"])
"""For somebody without a password, who gives another proof first."""

NEW, OLD = entrance.NEW_ADDRESS
"""The purposes of the two links of a change; both tokens bear the name of the change."""

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Pending:
    """A change that waits: for which address, who has said yes already, and until when it can be."""

    email: str
    new: bool
    old: bool
    until: datetime


def pending(person_id: int) -> Pending | None:
    """Give the change of somebody's address that waits, or None."""
    live = credentials.tokens(NEW, person_id, live=True, limit=1) + credentials.tokens(OLD, person_id, live=True,
                                                                                       limit=1)
    if not live:
        return None
    waits = {row.purpose for row in live}
    return Pending(live[0].data["email"], NEW not in waits, OLD not in waits, live[0].expires)


def email_form(row: Any) -> Any:
    """Give the form that asks for another address."""
    return EMAIL if row.password else WITHOUT


@blueprint.get("/account/email")
@requires("account.view")
def ask() -> Response:
    """Ask for another address, or show how far the change has come."""
    views.managed()
    return _page()


def _page(form: Any = None, status: int = 200) -> Response:
    row = people.person(current().me.id)
    return render("account/email.html", status=status, row=row, form=form or email_form(row).bind(),
                  pending=pending(row.id))


@blueprint.post("/account/email")
@requires("account.view")
def begin() -> Response:
    """Have letters written to both addresses; nothing changes before both have said yes."""
    views.managed()
    me = current().me
    row = people.person(me.id)
    mine = email_form(row)
    asked = None if row.password else entrance.proof()
    if asked:
        return asked
    try:
        values = mine.clean(request.form)
        if row.password:
            doorman.check_own(me.id, row.password, values["password"])
        email = _another(values["email"], row)
    except Invalid as error:
        return _page(mine.bind(request.form, error.errors), 422)
    with transaction():
        _write(row, email)
        record_act("person.email_asked", row.public_id)
    return redirect("/account/email")


def _another(address: str, row: Any) -> str:
    email = identity.email(address)
    if row.email and identity.email_key(email) == identity.email_key(row.email):
        raise Invalid([FieldError("email", _("That is your address already."), "same")])
    return email


def _write(row: Any, email: str) -> None:
    """Make both links and have both letters written; an earlier change is given up."""
    change, data = secrets.token_urlsafe(16), {"email": email}
    credentials.revoke_all(row.id, *entrance.NEW_ADDRESS)
    new = credentials.token(NEW, credentials.make_token(NEW, row.id, lasts=DAY, name=change, data=data))
    letters.send("signin/mail/account-exists", find=email, link=letters.Link("/sign-in"), otherwise={
        "template": "account/mail/confirm-email", "address": email, "language": row.language,
        "link": letters.Link("/account/email/{token}", token=new.id)})
    if row.email:
        old = credentials.token(OLD, credentials.make_token(OLD, row.id, lasts=DAY, name=change, data=data))
        letters.send("account/mail/confirm-old", person=row.id, address=row.email, new=email,
                     link=letters.Link("/account/email/old/{token}", token=old.id))


@blueprint.post("/account/email/withdraw")
@requires("account.view")
def withdraw() -> Response:
    """Leave the address as it is: both links die."""
    me = current().me
    with transaction():
        credentials.revoke_all(me.id, *entrance.NEW_ADDRESS)
        record_act("person.email_withdrawn", me.public_id)
    return redirect("/account", message=_("Your address stays as it is."))


def _live(purpose: str, secret: str) -> Any:
    """Give the live link, unless somebody else is signed in on this browser. Raises NotFound, Gone, Refused."""
    try:
        token = doorman.known(purpose, secret)
    except Gone as error:
        raise Gone(_("This link has been used or is too old. Ask for a new one on your account's page.")) \
            from error
    me = current().person
    if me is not None and me.id != token.person_id:
        raise Refused(_("This link is for another account. Sign out, then follow it again."))
    return token


def _answer(state: str, email: str = "", **values: Any) -> Response:
    return render("account/new-email.html", state=state, email=email, **values)


@blueprint.get("/account/email/<secret>")
@requires(ANYONE)
def confirm(secret: str) -> Response:
    """Ask whoever reads the new address."""
    return _answer("new", _live(NEW, secret).data["email"], action=f"/account/email/{secret}")


@blueprint.get("/account/email/old/<secret>")
@requires(ANYONE)
def confirm_old(secret: str) -> Response:
    """Ask whoever reads the address so far."""
    return _answer("old", _live(OLD, secret).data["email"], action=f"/account/email/old/{secret}")


@blueprint.post("/account/email/<secret>")
@requires(ANYONE)
def confirmed(secret: str) -> Response:
    """Take the yes of the new address."""
    return _yes(NEW, OLD, secret)


@blueprint.post("/account/email/old/<secret>")
@requires(ANYONE)
def confirmed_old(secret: str) -> Response:
    """Take the yes of the address so far, or its no: then the change is over and every session ends."""
    if request.form.get("answer") != "no":
        return _yes(OLD, NEW, secret)
    _live(OLD, secret)
    with system("email"), transaction():
        token = credentials.use_token(OLD, secret)
        row = people.person(token.person_id)
        entrance.close(row.id)
        record_act("person.email_refused", row.public_id)
    return _answer("refused")


def _yes(purpose: str, other: str, secret: str) -> Response:
    """Take one yes; with the second one the new address counts. Answers at once take turns."""
    token = _live(purpose, secret)
    with system("email"), transaction():
        credentials.in_turn(token.person_id)
        credentials.use_token(purpose, secret)
        rest = next((one for one in credentials.tokens(other, token.person_id, limit=5) if one.name == token.name),
                    None)
        if rest is not None and rest.used is None:
            if rest.revoked or rest.expires <= now():
                raise Gone
            return _answer("half", token.data["email"], by_new=purpose == NEW)
        _take(people.person(token.person_id), token.data["email"])
    return _answer("done", token.data["email"])


def _take(row: Any, email: str) -> None:
    """Let the new address count; what was sent to the old one is worth nothing, and it is told. Raises Gone."""
    taken = Gone(_("That address cannot be used any more. Ask for another one on your account's page."))
    if not row.active or people.by_address(email) is not None:
        raise taken
    try:
        people.change_person(row.id, email=email, verified=True)
    except Conflict as error:
        raise taken from error
    credentials.end_mailed(row.id)
    record_act("person.email_changed", row.public_id)
    if row.email:
        letters.send("account/mail/email-changed", person=row.id, address=row.email, new=email)
