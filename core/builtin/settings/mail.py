"""The page of mail: who it comes from, how it leaves, and a letter that tries it."""

from typing import Any

from flask import Blueprint, Response, request

from parlour import ParlourError, acts, configuration, current, letters, redirect, requires
from parlour import gettext as _

from . import fields

blueprint = Blueprint("settings_mail", __name__)
PAGE = "/settings/mail"


def draw(page: Any, sent: Any = None, told: fields.Told = fields.NOTHING, *, address: str = "",
         error: str = "") -> Response:
    """Draw the page: settings, the way out as the operator set it, the last try and what was said to it."""
    last = next(iter(acts(1, subject=letters.trial.SUBJECT)), None)
    try:
        way, trouble = letters.trial.way(configuration.post()), ""
    except ParlourError as found:
        way, trouble = None, str(found)
    nodes = [one for one in fields.flat(page.nodes) if "x-page" not in one.schema]
    return fields.page(PAGE, _(page.title), nodes, sent, fields.Told(422) if error else told, crumbs=[],
                       template="settings/mail.html", way=way, trouble=trouble, last=last,
                       said=in_words(last.details) if last else [], advice=advice(last.details) if last else "",
                       address=address or current().me.email or "", address_error=error,
                       problems=letters.texts.problems(current().settings))


@blueprint.post("/settings/mail/test")
@requires("settings.change")
def test() -> Response:
    """Send a letter now, to whoever asks or to an address, and show what the mail server said."""
    address, post = request.form.get("address", "").strip()[:320], configuration.post()
    try:
        letters.trial.send(post, address, *letters.trial.letter(post, address))
    except letters.Never as error:
        page = configuration.drafting.everything().page("mail")
        return draw(page, address=address, error=_(error.reason))
    return redirect(f"{PAGE}#trial")


def in_words(details: Any) -> list[tuple[bool, str]]:
    """Say step by step how a try went: whether it worked, and a sentence."""
    def said(step: str, what: str) -> str:
        return {"reached": _("Connected to %(what)s.", what=what),
                "encrypted": _("The connection is encrypted: %(what)s.", what=what),
                "plain": _("The connection is not encrypted."),
                "known": _("The server accepted our name and password."),
                "taken": _("The server took the letter: %(what)s", what=what),
                "kept": _("No mail server is set up: the letter stays in the folder “%(what)s”, nobody gets it.",
                          what=what)}[step]

    found = [(step not in ("plain", "kept"), said(step, what)) for step, what in details["steps"]]
    return [*found, *([(False, details["reason"])] if details["code"] else [])]


def advice(details: Any) -> str:
    """Say what to do about a try that failed."""
    code = str(details["code"])
    if not code:
        return ""
    operators = {
        "dns": _("The name in installation.mail.smtp does not lead anywhere."),
        "refused": _("Nobody answers there: host, port or a firewall in between is wrong."),
        "timeout": _("The server is slow, or a firewall swallows what we say. Often another port helps: 587, or "
                     "465 with smtps://."),
        "closed": _("What answers there breaks off, or is no mail server. Often the port is wrong."),
        "tls": _("The connection cannot be made secure. The host has to be the name in its certificate."),
        "auth": _("Name or password in installation.mail.smtp is not accepted."),
        "disk": _("The folder for mail cannot be written.")}
    operators |= dict.fromkeys(("530", "534", "535", "538"), operators["auth"])
    if code in operators:
        return f"{operators[code]} {_('Tell whoever runs the installation.')}"
    if code in ("550", "551", "553"):
        return _("There is no such address, or the server does not let us send as %(sender)s. Check the address; "
                 "then ask whoever runs the server.", sender=configuration.post().sender)
    if code == "554":
        return _("The server takes it for unwanted mail. SPF and DKIM of the sender's domain are the usual "
                 "reason; whoever runs the server knows.")
    if code == "unsure":
        return _("Look whether it arrived. If it did not, try again.")
    if code.startswith("4"):
        return _("The server asks to wait. Letters do so by themselves; try this one again in some minutes.")
    return _("Whoever runs the mail server can say what this means.")
