"""Registering: a form from the configuration, a letter to the address, an account once its owner said yes.

Until the letter's link is followed there is no account, only a token that holds what was filled in: nobody can
take an address that is not theirs, and a known address leaves the same rows as an unknown one.
"""

from datetime import timedelta
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, request

from parlour import (
    ANYONE,
    FieldError,
    Gone,
    Invalid,
    NotFound,
    Refused,
    arrivals,
    credentials,
    current,
    doorman,
    entrance,
    forms,
    identity,
    letters,
    notify,
    people,
    record_act,
    redirect,
    render,
    requires,
    session,
    system,
    transaction,
)
from parlour import gettext as _

from . import entry

blueprint = Blueprint("signin_register", __name__)
BASE = forms.load(Path(__file__).parent / "forms" / "register.yaml", id="signin.register")
PURPOSE = "register"
LASTS = timedelta(hours=24)
ALWAYS = ("name", "email", "password")


def _form(settings: Any, password: bool) -> Any:
    """Give a tenant's form in one version of its configuration: what it lists, else company and phone."""
    listed = settings.value("access.registration.form.fields")
    fields = dict(listed) if listed else {"company": {}, "phone": {}}
    hidden = [name for name in ("company", "phone") if name not in fields] + ([] if password else ["password"])
    form = BASE.adjusted(hidden=hidden)
    own = {name: field for name, field in fields.items() if name not in BASE.names}
    given = {name: field if isinstance(field, dict) else {"label": field}
             for name, field in fields.items() if name in BASE.names}
    return form.adjusted(
        required={name: bool(field["required"]) for name, field in given.items()
                  if "required" in field and name not in ALWAYS},
        labels={name: field["label"] for name, field in given.items() if "label" in field},
        extra=forms.custom(own, file="access.registration.form.fields", staff=False))


def form() -> Any:
    """Give the form people register with here."""
    return current().settings.once(_form, entrance.with_password())


def _bound(values: Any = None, errors: Any = ()) -> Any:
    found = form().bind(values, errors)
    return doorman.hint(found) if entrance.with_password() else found


def _mode() -> str:
    mode = str(current().settings.value("access.registration.mode"))
    if mode == "off":
        raise NotFound
    return mode


@blueprint.get("/register")
@requires(ANYONE)
def show() -> Response:
    """Show the form, or say that accounts are by invitation here."""
    if current().person is not None:
        return redirect("/")
    if _mode() == "invitation":
        return render("signin/sent.html", title=_("Accounts are by invitation"), text=_(
            "Somebody who looks after your company here can invite you, or we can: just ask."))
    return render("signin/register.html", form=_bound(), asked=_asked(), ticked=())


@blueprint.post("/register")
@requires(ANYONE)
def post() -> Response:
    """Take what was filled in and write to the address; known and unknown ones take the same way."""
    if _mode() != "open":
        raise Refused
    mine = form()
    try:
        values = mine.clean(request.form, request.files)
        email, name = _allowed(values["email"]), identity.name(values["name"])
        hashed = doorman.new_password(values["password"], email, name) if entrance.with_password() else None
    except Invalid as error:
        return render("signin/register.html", status=422, form=_bound(request.form, error.errors), asked=_asked(),
                      ticked=request.form.getlist("agree"))
    doorman.admit("register", email)
    fields = {key: value for key, value in values.items() if key not in ALWAYS and value not in ("", None)}
    with transaction():
        token = credentials.token(PURPOSE, credentials.make_token(PURPOSE, None, lasts=LASTS, alone=False, data={
            "email": email, "name": name, "password": hashed, "fields": fields, **_agreed()}))
        letters.send("signin/mail/account-exists", find=email, link=letters.Link("/sign-in"), otherwise={
            "template": "signin/mail/confirm", "address": email, "name": name,
            "link": letters.Link("/verify/{token}", token=token.id)})
    return redirect("/register/sent")


def _asked() -> list[tuple[str, str]]:
    """Give what people may agree to while they register, each with its sentence."""
    return notify.asked() if current().settings.value("features.notifications.at_registration") else []


def _agreed() -> dict[str, Any]:
    """Give what was ticked, with the sentences as they were read, and from which network."""
    ticked = request.form.getlist("agree")
    return {"agreed": {purpose: said for purpose, said in _asked() if purpose in ticked},
            "network": arrivals.shortened(session.address())}


def _allowed(address: str) -> str:
    email = identity.email(address)
    domains = [identity.key(domain) for domain in current().settings.value("access.registration.domains") or ()]
    if domains and identity.email_key(email).rpartition("@")[2] not in domains:
        raise Invalid([FieldError("email", _("Only addresses of these domains can register here: %(domains)s.",
                                             domains=", ".join(domains)), "domain")])
    return email


@blueprint.get("/register/sent")
@requires(ANYONE)
def sent() -> Response:
    """Say where to look now."""
    return render("signin/sent.html", title=_("Look in your mail"), text=_(
        "We have written to you. Follow the link in our letter, and you are in. It works for one day."))


@blueprint.get("/verify/<secret>")
@requires(ANYONE)
def verify(secret: str) -> Response:
    """Ask for the last yes: following a link alone, as mail programs do, changes nothing."""
    return render("signin/verify.html", data=_live(secret).data, secret=secret)


def _live(secret: str) -> Any:
    """Give the live token, as far as the portal still takes people who register, and this address."""
    mode = _mode()
    try:
        row = doorman.known(PURPOSE, secret)
        email = row.data.get("email")
        if email:
            _allowed(email)
    except Invalid as error:
        raise Gone(error.errors[0].message) from error
    except Gone:
        email = None
    if mode != "open":
        raise Gone(_("Accounts are by invitation here by now. Ask for one."))
    if not email:
        raise Gone(_("This link has been used or is too old. Register again to get a new one."))
    return row


@blueprint.post("/verify/<secret>")
@requires(ANYONE)
def confirm(secret: str) -> Response:
    """Make the account: of two links for one address the first counts."""
    data = _live(secret).data
    with system("register"), transaction():
        credentials.use_token(PURPOSE, secret)
        if people.by_address(data["email"]) is not None:
            raise Gone(_("You have an account already. Sign in, or choose a new password."))
        row = people.add_person(data["name"], email=data["email"], password=data["password"], verified=True,
                                fields=data["fields"])
        for purpose, said in (data.get("agreed") or {}).items():
            notify.agree(row.id, purpose, yes=True, source="registration", said=said, address=data["network"])
        record_act("person.registered", row.public_id)
    if not entrance.with_password():
        return redirect(entry.enter(row, "link", "/"))
    return redirect("/sign-in", message=_("Welcome, %(name)s. Your account is ready: sign in.", name=row.name))
