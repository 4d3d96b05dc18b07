"""A letter sent on the spot, so that whoever asks sees what the mail server says to it, step by step."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from core.data import credentials, scope
from core.data.audit import record_act
from core.data.db import transaction
from core.look import language, links
from core.look.i18n import gettext as _
from core.work import mailtexts
from core.work.mail import Letter, compose
from core.work.mailtexts import Text
from core.work.post import Post
from core.work.transport import Maildir, Smtp, Undelivered

BUDGET = 12.0
"""Seconds a trial may take: somebody waits for the page."""

MOST, WITHIN = 5, 600
"""Trials of one person, and in how many seconds."""

ACT, SUBJECT = "mail.tried", "mail-trial"


@dataclass(frozen=True)
class Way:
    """The way out of an installation's mail, without its secrets; without a `server` a folder keeps letters."""

    server: str
    port: int
    encryption: str
    signs_in: bool
    sender: str


def way(post: Post) -> Way:
    """Tell how mail leaves. Raises ConfigError where the address of the server cannot be used."""
    found = post.transport()
    if not isinstance(found, Smtp):
        return Way("", 0, "", False, post.sender)
    return Way(found.host, found.port, "tls" if found.tls else found.starttls, bool(found.user), post.sender)


def send(post: Post, address: str, subject: str, text: str, html: str) -> None:
    """Send a letter now and write down how it went, in the audit. Raises TooMany, or Never for a bad address.

    What the server says is no failure of the page: `last` tells it.
    """
    who = scope.current()
    credentials.limit(f"mail trial {who.tenant_id} {who.me.id}", MOST, WITHIN)
    site = post.looks.site(who.settings)
    called, answers = mailtexts.sender(who.settings, site.name)
    message = compose(Letter(address, subject, text, from_name=called, html=html, reply_to=answers), post.sender)
    steps: list[tuple[str, str]] = []
    found = post.transport()
    try:
        (replace(found, budget=BUDGET) if isinstance(found, Smtp) else found).send(
            message, lambda step, what: steps.append((step, what)))
        code, reason = "", ""
    except Undelivered as error:
        code, reason = error.code, error.reason
    with transaction():
        record_act(ACT, SUBJECT, address=address, steps=steps, code=code, reason=reason,
                   kept=isinstance(found, Maildir))


def letter(post: Post, address: str) -> tuple[str, str, str]:
    """Write the letter that only tries the way: subject, text, HTML, in the language of whoever asks."""
    who = scope.current()
    site, theme = post.looks.site(who.settings), post.looks.theme(who.settings)
    whole = replace(site, logo=links.absolute(site.logo) if site.logo else None)
    context: dict[str, Any] = {
        "site": whole, "palette": theme.palette, "preview": "", "data": {}, "me": None, "stop": "",
        "title": _("Mail works"), "link": links.absolute("/settings/mail"), "address": address,
        "button": (_("Go to the settings"), links.absolute("/settings/mail")),
        "why": _("You get this because %(name)s tried whether mail leaves %(portal)s.", name=who.me.name,
                 portal=site.name)}
    mail = mailtexts.write(post.composer, None, "mail/trial", context, who.settings)
    return mail.subject, mail.text, mail.html


def example(post: Post, text: Text, code: str, settings: Any) -> tuple[str, str, str]:
    """Write a mail with examples in it, as settings that are not saved yet have it: subject, text, HTML."""
    site, theme = post.looks.site(scope.current().settings), post.looks.theme(scope.current().settings)
    whole = replace(site, logo=links.absolute(site.logo) if site.logo else None)
    mail = mailtexts.example(post.composer, text, code, settings, whole, palette=theme.palette)
    with language.using(code):
        return _("Example: %(subject)s", subject=mail.subject), mail.text, mail.html
