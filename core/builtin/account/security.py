"""Password and sessions: what is never switched off."""

from pathlib import Path
from typing import Any

from flask import Blueprint, Response, g, request

from parlour import (
    FieldError,
    Invalid,
    NotFound,
    arrivals,
    credentials,
    current,
    doorman,
    entrance,
    factors,
    forms,
    identity,
    letters,
    passkeys,
    people,
    record_act,
    redirect,
    render,
    requires,
    session,
    transaction,
)
from parlour import gettext as _

blueprint = Blueprint("account_security", __name__)
FORM = forms.load(Path(__file__).parent / "forms" / "password.yaml", id="account.password")
WITHOUT = FORM.adjusted(hidden=["old"])
"""For somebody who has no password yet; another proof was given a moment ago."""


@blueprint.get("/account/security")
@requires("account.view")
def show() -> Response:
    """Show what lets you in, where you are signed in, and who tried."""
    who = current()
    return render("account/security.html", sessions=credentials.sessions(who.me.id),
                  here=g.get("session_public_id", ""), tries=arrivals.history(who.me.id),
                  device=entrance.device, outcome=entrance.outcome, network=arrivals.shortened,
                  have=factors.of(who.me.id) if who.me.two_factor else factors.NONE,
                  needed=entrance.needs_second(who, who.me), passkey=passkeys.offered(),
                  password=entrance.with_password(), has_password=bool(people.person(who.me.id).password))


@blueprint.get("/account/password")
@requires("account.view")
def password() -> Response:
    """Ask for the old and the new password."""
    if not entrance.with_password():
        raise NotFound
    row = people.person(current().me.id)
    asked = None if row.password else entrance.proof()
    return asked or _page(row)


def _page(row: Any, errors: Any = (), status: int = 200) -> Response:
    form = FORM if row.password else WITHOUT
    return render("account/password.html", status=status, form=doorman.hint(form.bind({}, errors)),
                  must=current().me.must_change, first=not row.password)


@blueprint.post("/account/password")
@requires("account.view")
def change() -> Response:
    """Set the new password: all other sessions end, links sent before die, a letter says so."""
    if not entrance.with_password():
        raise NotFound
    me = current().me
    row = people.person(me.id)
    asked = None if row.password else entrance.proof()
    if asked:
        return asked
    try:
        hashed = _checked(row)
    except Invalid as error:
        return _page(row, error.errors, 422)
    with transaction():
        people.change_person(me.id, password=hashed, must_change=False)
        entrance.close(me.id)
        record_act("person.password_changed", me.public_id)
        letters.send("signin/mail/password-changed", person=me.id, link=letters.Link("/reset"))
        session.start(me.id)
    return redirect("/account/security", message=_("Your new password is set; every other session has ended."))


def _checked(row: Any) -> str:
    if not row.password:
        return doorman.new_password(WITHOUT.clean(request.form)["password"], row.email, row.login, row.name)
    values = FORM.clean(request.form)
    doorman.check_own(row.id, row.password, values["old"], "old")
    if identity.key(values["old"]) == identity.key(values["password"]):
        raise Invalid([FieldError("password", _("Choose another one than before."), "same")])
    return doorman.new_password(values["password"], row.email, row.login, row.name)


@blueprint.post("/account/sessions/<public_id>/end")
@requires("account.view")
def end(public_id: str) -> Response:
    """End one session of yours."""
    me = current().me
    with transaction():
        if credentials.end_sessions(me.id, public_id=public_id):
            record_act("person.session_ended", me.public_id)
    return redirect("/account/security", message=_("That session has ended."))


@blueprint.post("/account/sessions/end")
@requires("account.view")
def end_others() -> Response:
    """End every session of yours but this one."""
    me = current().me
    with transaction():
        credentials.end_sessions(me.id, but=g.get("session_public_id", ""))
        entrance.forget_devices(me.id)
        record_act("person.sessions_ended", me.public_id)
    return redirect("/account/security", message=_("You are signed out everywhere else."))
