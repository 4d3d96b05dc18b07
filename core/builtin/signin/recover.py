"""A forgotten password: ask for a letter, follow its link, choose a new one."""

from pathlib import Path

from flask import Blueprint, Response, request

from parlour import (
    ANYONE,
    Gone,
    Invalid,
    credentials,
    doorman,
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

blueprint = Blueprint("signin_recover", __name__)
FOLDER = Path(__file__).parent / "forms"
ASK = forms.load(FOLDER / "reset.yaml", id="signin.reset")
CHOOSE = forms.load(FOLDER / "choose.yaml", id="signin.choose")
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
        letters.send("signin/mail/reset", find=values["email"],
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
    return render("signin/choose.html", form=CHOOSE.bind(), secret=secret)


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
    with system("reset"):
        row = people.person(doorman.known(PURPOSE, secret).person_id)
        try:
            hashed = doorman.new_password(CHOOSE.clean(request.form)["password"], row.email, row.login, row.name)
        except Invalid as error:
            return render("signin/choose.html", status=422, form=CHOOSE.bind({}, error.errors), secret=secret)
        with transaction():
            credentials.use_token(PURPOSE, secret)
            if not row.active:
                raise Gone
            people.change_person(row.id, password=hashed, must_change=False, verified=True)
            credentials.end_sessions(row.id)
            credentials.revoke_all(row.id, PURPOSE, "email", "api")
            record_act("person.password_reset", row.public_id)
            letters.send("signin/mail/password-changed", person=row.id, link=letters.Link("/reset"))
        for name in filter(None, (row.email, row.login)):
            doorman.forgive("sign-in", name)  # whoever tried too often comes in with the new password at once
    return redirect("/sign-in", message=_("Your new password is set. Sign in with it."))
