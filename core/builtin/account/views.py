"""Your details: name, language, the tenant's own fields, and another e-mail address."""

from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, request

from parlour import (
    ANYONE,
    FieldError,
    Gone,
    Invalid,
    NotFound,
    credentials,
    current,
    doorman,
    entrance,
    forms,
    identity,
    letters,
    links,
    people,
    record_act,
    redirect,
    render,
    requires,
    system,
    transaction,
)
from parlour import gettext as _

blueprint = Blueprint("account", __name__)
FOLDER = Path(__file__).parent / "forms"
BASE = forms.load(FOLDER / "details.yaml", id="account.details")
EMAIL = forms.load(FOLDER / "email.yaml", id="account.email")
WITHOUT = EMAIL.adjusted(hidden=["password"])
"""For somebody without a password, who gives another proof first."""

PURPOSE = "email"
HOUR = timedelta(hours=1)


@lru_cache(maxsize=64)
def _details(settings: Any) -> Any:
    """Give the form of a tenant's people: what everybody has, and the fields of its own."""
    return BASE.adjusted(extra=forms.custom(settings.value("fields.people") or {}, file="fields.people",
                                              staff=False))


def details() -> Any:
    """Give the form of the tenant at hand."""
    return _details(current().settings)


def managed() -> None:
    """Raise NotFound where the tenant has switched account management off."""
    if not current().settings.value("features.account.management", True):
        raise NotFound


def _page(form: Any, email: Any = None, status: int = 200) -> Response:
    row = people.person(current().me.id)
    if email is None:
        email = (EMAIL if row.password else WITHOUT).bind()
    return render("account/details.html", status=status, form=form, email=email, row=row,
                  managed=bool(current().settings.value("features.account.management", True)))


@blueprint.get("/account")
@requires("account.view")
def show() -> Response:
    """Show your own details."""
    row = people.person(current().me.id)
    return _page(details().bind({"name": row.name, **(row.fields or {})}))


@blueprint.post("/account")
@requires("account.view")
def change() -> Response:
    """Keep your own details."""
    managed()
    form, me = details(), current().me
    try:
        values = form.clean(request.form)
        values["language"] = _language(request.form.get("language", ""))
        fields = dict(people.person(me.id).fields or {}) | {
            key: values.pop(key) for key in form.extras if key in values}
        with transaction():
            people.change_person(me.id, fields=fields, **values)
            record_act("person.changed", me.public_id, changed=sorted([*values, *form.extras]))
    except Invalid as error:
        return _page(form.bind(request.form, error.errors), status=422)
    return redirect("/account", message=_("Your details are saved."))


def _language(chosen: str) -> str:
    if chosen not in ("", *current().settings.value("languages.offered")):
        raise Invalid([FieldError("language", _("Choose one of the languages offered."), "choice")])
    return chosen


@blueprint.post("/account/language")
@requires("account.view")
def choose_language() -> Response:
    """Read and get mail in another language from here on; back to the page the choice was made on."""
    chosen = _language(request.form.get("language", ""))
    with transaction():
        people.change_person(current().me.id, language=chosen)
    return redirect(_came_from())


def _came_from() -> str:
    """Give the page of ours the form was sent from, without the language its address may ask for."""
    try:
        came = urlsplit(request.referrer or "")
    except ValueError:
        return "/"
    query = f"?{came.query}" if came.query and "lang=" not in came.query else ""
    return links.local(came.path + query) if came.netloc == request.host else "/"


@blueprint.post("/account/email")
@requires("account.view")
def new_email() -> Response:
    """Have a letter written to the new address; it counts once its owner has said yes."""
    managed()
    me = current().me
    row = people.person(me.id)
    mine = EMAIL if row.password else WITHOUT
    asked = None if row.password else entrance.proof()
    if asked:
        return asked
    try:
        values = mine.clean(request.form)
        if row.password:
            doorman.check_own(me.id, row.password, values["password"])
        email = identity.email(values["email"])
    except Invalid as error:
        filled = details().bind({"name": row.name, **(row.fields or {})})
        return _page(filled, mine.bind(request.form, error.errors), 422)
    with transaction():
        secret = credentials.make_token(PURPOSE, me.id, lasts=HOUR, data={"email": email})
        token = credentials.token(PURPOSE, secret)
        letters.send("signin/mail/account-exists", find=email, link=letters.Link("/sign-in"), otherwise={
            "template": "account/mail/confirm-email", "address": email, "language": row.language,
            "link": letters.Link("/account/email/{token}", token=token.id)})
    return redirect("/account", message=_("Look in the mail of %(email)s and follow the link there.", email=email))


def _live(secret: str) -> Any:
    try:
        return doorman.known(PURPOSE, secret)
    except Gone as error:
        raise Gone(_("This link has been used or is too old. Ask for a new one on your account's page.")) \
            from error


@blueprint.get("/account/email/<secret>")
@requires(ANYONE)
def confirm(secret: str) -> Response:
    """Ask for the last yes."""
    return render("account/confirm-email.html", email=_live(secret).data["email"], secret=secret)


@blueprint.post("/account/email/<secret>")
@requires(ANYONE)
def confirmed(secret: str) -> Response:
    """Use the new address from now on; the old one is told, and links sent there die."""
    token = _live(secret)
    with system("email"), transaction():
        row = people.person(token.person_id)
        credentials.use_token(PURPOSE, secret)
        if not row.active or people.by_address(token.data["email"]) is not None:
            raise Gone
        people.change_person(row.id, email=token.data["email"], verified=True)
        credentials.revoke_all(row.id, "reset", PURPOSE, "invite")
        record_act("person.email_changed", row.public_id)
        if row.email:
            letters.send("account/mail/email-changed", person=row.id, address=row.email, new=token.data["email"])
    return redirect("/account", message=_("From now on you sign in with %(email)s.", email=token.data["email"]))
