"""The second step of somebody's own: an authenticator app, recovery codes, remembered devices."""

from typing import Any

from flask import Blueprint, Response, make_response, request

from parlour import (
    FieldError,
    NotFound,
    current,
    entrance,
    factors,
    letters,
    passkeys,
    people,
    record_act,
    redirect,
    render,
    requires,
    transaction,
)
from parlour import gettext as _

blueprint = Blueprint("account_second", __name__)
HOME, APP = "/account/two-factor", "/account/two-factor/app"


def told(act: str, what: str, **about: Any) -> None:
    """Write down what was changed of somebody's own security, and tell them; within the change's transaction."""
    me = current().me
    record_act(act, me.public_id)
    letters.send("account/mail/security", person=me.id, link=letters.Link("/account/security"), what=what, **about)


@blueprint.get("/account/two-factor")
@requires("account.view")
@entrance.confirmed
def show() -> Response:
    """Show what somebody has beside a password."""
    return _show()


def _show(status: int = 200, notice: str = "") -> Response:
    who = current()
    return render("account/two-factor.html", status=status, have=factors.of(who.me.id), notice=notice,
                  offers_passkey=passkeys.offered() or bool(factors.passkeys(who.me.id)),
                  needed=entrance.needs_second(who, who.me), remembered=entrance.remembered(who.me.id))


@blueprint.post("/account/two-factor/app")
@requires("account.view")
@entrance.confirmed
def begin() -> Response:
    """Begin to set an app up."""
    factors.begin_app(current().me.id)
    return redirect(APP)


@blueprint.get("/account/two-factor/app")
@requires("account.view")
@entrance.confirmed
def set_up() -> Response:
    """Show what the app has to know, as a picture and as text, and ask for its first code."""
    return _set_up()


def _set_up(errors: Any = (), status: int = 200) -> Response:
    try:
        shared = factors.app_secret(current().me.id, entrance.secret())
    except NotFound:
        return redirect(HOME)
    grouped = " ".join(shared[place:place + 4] for place in range(0, len(shared), 4))
    answer = render("account/app.html", status=status, shared=grouped, name=_name(),
                    errors=[(e.path, e.message) for e in errors])
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def _name() -> str:
    row = people.person(current().me.id)
    return str(row.email or row.login)


@blueprint.get("/account/two-factor/app/code.svg")
@requires("account.view")
@entrance.confirmed
def picture() -> Response:
    """Give what the app has to know as a QR code."""
    drawn = entrance.app_picture(current().me.id, _name())
    return make_response(drawn, 200, {"Content-Type": "image/svg+xml", "Cache-Control": "private, no-store"})


@blueprint.post("/account/two-factor/app/confirm")
@requires("account.view")
@entrance.confirmed
def finish() -> Response:
    """Let the app count once it has shown a right code; with the first second step come recovery codes."""
    me = current().me
    entrance.slow_down(me.id)
    with transaction():
        right = factors.finish_app(me.id, request.form.get("code", "")[:40], entrance.secret())
        if right:
            entrance.forget_devices(me.id)
            told("person.app_set_up", "app-on")
    if not right:
        text = _("That is not what the app shows now. Check that its clock is right, then type the newest code.")
        return _set_up([FieldError("code", text, "wrong")], 422)
    entrance.start_anew(me.id)
    if factors.of(me.id).codes:
        return redirect(HOME, message=_("From now on the codes of this app count."))
    return _new_codes(first=True)


@blueprint.post("/account/two-factor/codes")
@requires("account.view")
@entrance.confirmed
def codes() -> Response:
    """Make new recovery codes; the earlier ones are worth nothing any more."""
    if not factors.of(current().me.id):
        raise NotFound
    return _new_codes(first=False)


def _new_codes(*, first: bool) -> Response:
    made = factors.make_codes()
    with transaction():
        factors.store_codes(current().me.id, made)
        if first:
            record_act("person.codes_made", current().me.public_id)
        else:
            told("person.codes_made", "codes-new")
    answer = render("account/codes.html", codes=made.shown, first=first)
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


@blueprint.post("/account/two-factor/app/remove")
@requires("account.view")
@entrance.confirmed
def remove() -> Response:
    """Take the app away, unless the second step it stands for is asked of this person."""
    who = current()
    have = factors.of(who.me.id)
    if have.app is None:
        return redirect(HOME)
    if not have.passkeys and entrance.needs_second(who, who.me):
        return _show(422, _("A second step is asked of you here. Set up another one first."))
    with transaction():
        factors.drop_app(who.me.id)
        entrance.forget_devices(who.me.id)
        told("person.app_removed", "app-off")
    return redirect(HOME, message=_("The app is taken away; its codes count no more."))


@blueprint.post("/account/two-factor/devices/forget")
@requires("account.view")
@entrance.confirmed
def forget() -> Response:
    """Ask for the second step on every device again."""
    with transaction():
        entrance.forget_devices(current().me.id)
        record_act("person.devices_forgotten", current().me.public_id)
    return redirect(HOME, message=_("Every device is asked for the second step again."))
