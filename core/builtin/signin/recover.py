"""A forgotten password: ask for a letter, follow its link, choose a new one."""

from pathlib import Path
from typing import Any

from flask import Blueprint, Response, request

from parlour import (
    ANYONE,
    Gone,
    Invalid,
    credentials,
    doorman,
    entrance,
    forms,
    letters,
    people,
    record_act,
    redirect,
    render,
    requires,
    system,
    transaction,
)
from parlour import gettext as _

from . import entry

blueprint = Blueprint("signin_recover", __name__)
FOLDER = Path(__file__).parent / "forms"
ASK = forms.load(FOLDER / "reset.yaml", id="signin.reset")
CHOOSE = forms.load(FOLDER / "choose.yaml", id="signin.choose")
WITHOUT = CHOOSE.adjusted(hidden=["password"])
"""Where people sign in with passkeys alone, the link itself lets them in to make a new one."""

PURPOSE = "reset"
MINUTES = 60


@blueprint.get("/reset")
@requires(ANYONE)
def ask() -> Response:
    """Ask for the address."""
    return render("signin/reset.html", form=ASK.bind())


@blueprint.post("/reset")
@requires(ANYONE)
def post() -> Response:
    """Have a letter written; whether the address is known, only its owner learns."""
    try:
        values = ASK.clean(request.form)
    except Invalid as error:
        return render("signin/reset.html", status=422, form=ASK.bind(request.form, error.errors))
    doorman.admit("reset", values["email"])
    with transaction():
        letters.send("signin/mail/reset", find=values["email"], password=entrance.with_password(),
                     link=letters.Link("/reset/{token}", purpose=PURPOSE, minutes=MINUTES))
    return redirect("/reset/sent")


@blueprint.get("/reset/sent")
@requires(ANYONE)
def sent() -> Response:
    """Say where to look now."""
    return render("signin/sent.html", title=_("Look in your mail"), text=_(
        "If we know that address, a letter with a link is on its way. The link works once, for one hour."))


@blueprint.get("/reset/<secret>")
@requires(ANYONE)
def choose(secret: str) -> Response:
    """Ask for the new password."""
    _live(secret)
    return _page(secret)


def _page(secret: str, errors: Any = (), status: int = 200) -> Response:
    password = entrance.with_password()
    form = doorman.hint(CHOOSE.bind({}, errors)) if password else WITHOUT.bind()
    return render("signin/choose.html", status=status, form=form, secret=secret, password=password)


def _live(secret: str) -> object:
    try:
        return doorman.known(PURPOSE, secret)
    except Gone as error:
        raise Gone(_("This link has been used, is too old, or a newer one was sent. Ask for a new one on the "
                     "sign-in page.")) from error


@blueprint.post("/reset/<secret>")
@requires(ANYONE)
def change(secret: str) -> Response:
    """Set the new password: every session and API key ends, every older link dies, and the owner is told."""
    _live(secret)
    if not entrance.with_password():
        return _let_in(secret)
    with system("reset"):
        row = people.person(doorman.known(PURPOSE, secret).person_id)
        try:
            hashed = doorman.new_password(CHOOSE.clean(request.form)["password"], row.email, row.login, row.name)
        except Invalid as error:
            return _page(secret, error.errors, 422)
        with transaction():
            credentials.use_token(PURPOSE, secret)
            if not row.active:
                raise Gone
            people.change_person(row.id, password=hashed, must_change=False, verified=True)
            entrance.close(row.id, "api")
            record_act("person.password_reset", row.public_id)
            letters.send("signin/mail/password-changed", person=row.id, link=letters.Link("/reset"))
        for name in filter(None, (row.email, row.login)):
            doorman.forgive("sign-in", name)  # whoever tried too often comes in with the new password at once
    return redirect("/sign-in", message=_("Your new password is set. Sign in with it."))


def _let_in(secret: str) -> Response:
    """Let the link be the first proof; what else the person has is still asked for."""
    with system("reset"), transaction():
        row = people.person(credentials.use_token(PURPOSE, secret).person_id)
        if not row.active or not entrance.admitted(row):
            raise Gone
        credentials.end_sessions(row.id)
        record_act("person.let_in_by_link", row.public_id)
    return redirect(entry.enter(row, "link", "/account/passkeys"))
