"""Somebody's own passkeys: made, named, taken away."""

from typing import Any

from flask import Blueprint, Response, jsonify, request

from parlour import (
    Conflict,
    FieldError,
    Invalid,
    NotFound,
    current,
    entrance,
    factors,
    identity,
    passkeys,
    people,
    record_act,
    redirect,
    render,
    requires,
    transaction,
)
from parlour import gettext as _

from .second import told

blueprint = Blueprint("account_passkeys", __name__)
HOME = "/account/passkeys"


@blueprint.get("/account/passkeys")
@requires("account.view")
@entrance.confirmed
def show() -> Response:
    """List somebody's passkeys, and offer to make one."""
    _mine()
    return _show()


def _mine() -> None:
    """Raise NotFound where none are offered, but to whoever has some from before: they are still a second step."""
    if not passkeys.offered() and not factors.passkeys(current().me.id):
        raise NotFound


def _show(errors: Any = (), status: int = 200, notice: str = "") -> Response:
    who = current()
    have = factors.of(who.me.id)
    return render("account/passkeys.html", status=status, rows=have.passkeys, codes=have.codes, notice=notice,
                  errors=[(e.path, e.message) for e in errors], most=factors.MOST_PASSKEYS,
                  alone=not entrance.with_password(), offered=passkeys.offered(),
                  name=request.form.get("name", _suggested()))


def _suggested() -> str:
    return entrance.device(request.headers.get("User-Agent", ""))


@blueprint.post("/account/passkeys/options")
@requires("account.view")
@entrance.confirmed
def options() -> Response:
    """Give what the browser is to ask the device for a new passkey."""
    passkeys.need()
    return jsonify(passkeys.ask_new(people.person(current().me.id)))


@blueprint.post("/account/passkeys")
@requires("account.view")
@entrance.confirmed
def add() -> Response:
    """Keep what the device has made."""
    passkeys.need()
    me = current().me
    try:
        name = identity.name(request.form.get("name", "") or _suggested())[:80]
        made = passkeys.read_new(people.person(me.id), request.form.get("credential", ""))
        with transaction():
            factors.add_passkey(me.id, name=name, **made)
            told("person.passkey_added", "passkey-added", name=name)
    except Invalid as error:
        return _show(error.errors, 422)
    except Conflict:
        return _show(status=422, notice=_("You have this one already, or twenty of them."))
    return redirect(HOME, message=_("You can sign in with it from now on."))


@blueprint.post("/account/passkeys/<public_id>/name")
@requires("account.view")
@entrance.confirmed
def rename(public_id: str) -> Response:
    """Call a passkey something else."""
    _mine()
    try:
        name = identity.name(request.form.get("name", ""))[:80]
    except Invalid as error:
        return _show([FieldError(f"name-{public_id}", error.errors[0].message)], 422)
    with transaction():
        factors.rename_passkey(current().me.id, public_id, name)
        record_act("person.passkey_renamed", current().me.public_id)
    return redirect(HOME, message=_("It is called %(name)s now.", name=name))


@blueprint.post("/account/passkeys/<public_id>/remove")
@requires("account.view")
@entrance.confirmed
def remove(public_id: str) -> Response:
    """Take a passkey away, unless it is the last thing that lets this person in."""
    _mine()
    who = current()
    have = factors.of(who.me.id)
    last = len(have.passkeys) == 1 and have.passkeys[0].public_id == public_id
    if last and (not entrance.with_password() or (have.app is None and entrance.needs_second(who, who.me))):
        return _show(status=422, notice=_("You need it to come in. Make another one first."))
    name = next((one.name for one in have.passkeys if one.public_id == public_id), "")
    with transaction():
        factors.drop_passkey(who.me.id, public_id)
        told("person.passkey_removed", "passkey-removed", name=name)
    return redirect(HOME, message=_("It lets nobody in any more. Delete it on your device, too."))
