"""Password and sessions: what is never switched off."""

from pathlib import Path
from typing import Any

from flask import Blueprint, Response, g, request

from parlour import (
    FieldError,
    Invalid,
    arrivals,
    credentials,
    current,
    doorman,
    forms,
    identity,
    letters,
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

BROWSERS = (("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"),
            ("Safari/", "Safari"))
SYSTEMS = (("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"),
           ("Mac OS X", "macOS"), ("Linux", "Linux"))


@blueprint.get("/account/security")
@requires("account.view")
def show() -> Response:
    """Show where you are signed in, and who tried."""
    me = current().me
    return render("account/security.html", sessions=credentials.sessions(me.id),
                  tries=arrivals.history(me.id), here=g.get("session_public_id", ""), device=device)


def device(agent: str) -> str:
    """Name browser and system as their owner would, from what the browser says of itself."""
    browser = next((name for mark, name in BROWSERS if mark in agent), "")
    where = next((name for mark, name in SYSTEMS if mark in agent), "")
    if browser and where:
        return _("%(browser)s on %(system)s", browser=browser, system=where)
    return browser or where or agent.partition("/")[0][:40] or _("Unknown device")


@blueprint.get("/account/password")
@requires("account.view")
def password() -> Response:
    """Ask for the old and the new password."""
    return _page(FORM.bind())


def _page(form: Any, status: int = 200) -> Response:
    return render("account/password.html", status=status, form=form, must=current().me.must_change)


@blueprint.post("/account/password")
@requires("account.view")
def change() -> Response:
    """Set the new password: all other sessions end, links sent before die, a letter says so."""
    me = current().me
    row = people.person(me.id)
    try:
        hashed = _checked(row)
    except Invalid as error:
        return _page(FORM.bind({}, error.errors), 422)
    with transaction():
        people.change_person(me.id, password=hashed, must_change=False)
        credentials.end_sessions(me.id)
        credentials.revoke_all(me.id, "reset", "email")
        record_act("person.password_changed", me.public_id)
        letters.send("signin/mail/password-changed", person=me.id, link=letters.Link("/reset"))
        session.start(me.id)
    return redirect("/account/security", message=_("Your new password is set; every other session has ended."))


def _checked(row: Any) -> str:
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
        record_act("person.sessions_ended", me.public_id)
    return redirect("/account/security", message=_("You are signed out everywhere else."))
