"""Letters about somebody's own account: invitation, new password, new address; they go out whatever was chosen.

A letter is a job of the outbox, so asking for one takes the same time whoever it is for. The secret of its link
is made in the moment of sending and stands in no queue.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from core.data import credentials, people, scope
from core.data.db import public_id, transaction
from core.look import language, links
from core.look.i18n import gettext as _
from core.work import events
from core.work import mailtexts as texts
from core.work import trial as trial  # noqa: PLC0414 - handed on
from core.work import wording as wording  # noqa: PLC0414 - handed on
from core.work.mail import Letter, Never
from core.work.post import Post
from core.work.summary import Summaries

__all__ = ["Letters", "Link", "Never", "send", "texts", "trial", "wording"]


@dataclass(frozen=True)
class Link:
    """Where a letter's button leads.

    `{token}` in `path` becomes the secret of a new token of `purpose` that lasts `minutes`, or of the live one
    with the key `token`; it is made in the moment of sending.
    """

    path: str = "/"
    purpose: str = ""
    minutes: int = 60
    token: int | None = None


def send(template: str, *, person: int | None = None, find: str = "", address: str = "", link: Link | None = None,
         otherwise: Mapping[str, Any] | None = None, **values: Any) -> None:
    """Have a letter written in the background, as a part of the transaction at hand.

    It goes to `person` (an internal key), to whoever `find` (an address or sign-in name) belongs to at that
    moment, or to `address` alone, also where a person's own address is another one. `otherwise` holds template,
    address, link and values of the letter that goes out where `find` finds nobody. `values` are plain JSON for
    the template. It is written in the language the receiver chose, else in the one they read at this moment, where
    it is they (or nobody who is signed in) who ask for it, else in the tenant's.
    """
    data = {"template": template, "person": person, "find": find, "address": address, **asdict(link or Link()),
            "spoken": _spoken(person), "otherwise": _other(**otherwise) if otherwise else None, "values": values}
    with transaction():
        events.enqueue(events.HOST, events.MAIL, f"letter:{public_id()}", data=data)


def _spoken(person: int | None) -> str:
    """Give the language of whoever asks for a letter, where they may be the one who receives it."""
    who = scope.current()
    asks = who.channel == "page" and (who.person is None or who.person.id == person)
    return language.current() if asks else ""


def _other(template: str, *, address: str, link: Link, **values: Any) -> dict[str, Any]:
    return {"template": template, "address": address, **asdict(link), "values": values}


@dataclass(frozen=True)
class Letters:
    """Does all that waits as mail: what `send` asked for itself, what events brought by the post office."""

    post: Post

    def send(self, job: Any) -> None:
        """Send the letter a job stands for; called by the worker inside the tenant's scope."""
        if "digest" in job.data:
            Summaries(self.post).send(job)
            return
        if "template" not in job.data:
            self.post.send(job)
            return
        written = self._written(job, job.data)
        if written is not None:
            self.post.deliver(job, written)

    def _written(self, job: Any, data: Mapping[str, Any]) -> Letter | None:
        row = _recipient(data)
        if row is None and data.get("find"):
            other = data.get("otherwise")
            known = people.by_address(data["find"]) is not None
            return self._written(job, {"spoken": data.get("spoken", ""), **other}) if other and not known else None
        address = data.get("address") or (row.email if row else "")
        if not address or (row is None and data.get("person")):
            return None
        path = _path(data, row)
        return self._letter(job, data, row, address, path) if path is not None else None

    def _letter(self, job: Any, data: Mapping[str, Any], row: Any, address: str, path: str) -> Letter:
        who = scope.current()
        person = people.who(row) if row is not None else None
        member = person.among() if person else None
        company = member.identifier if member else ""
        site, theme = self.post.looks.site(who.settings, company), self.post.looks.theme(who.settings, company)
        wanted = (row.language if row else "") or data.get("values", {}).get("language") or data.get("spoken", "")
        offered = list(who.settings.value("languages.offered"))
        chosen = language.negotiate("", wanted or None, offered, str(who.settings.value("languages.default")))
        told = dict(data.get("values") or {})
        shown = {"site": replace(site, logo=links.absolute(site.logo) if site.logo else None), "title": site.name,
                 "palette": theme.palette, "preview": "", "link": links.absolute(path), "person": person,
                 "data": told, "address": address, "stop": "", "me": None}
        with language.using(chosen), scope.enter(replace(who, person=person) if person else who):
            why = _("You get this because it concerns your account at %(name)s.", name=site.name)
            mail = texts.write(self.post.composer, texts.of_letter(data["template"], told),
                                   data["template"], {**shown, "why": why}, who.settings)
        domain = urlsplit(str(who.settings.url)).hostname or "localhost"
        called, answers = texts.sender(who.settings, site.name)
        return Letter(to_address=address, to_name=person.name if person else "", from_name=called,
                      reply_to=answers, subject=mail.subject, text=mail.text, html=mail.html,
                      message_id=f"<{credentials.digest(job.key)[:32]}.letter@{domain}>")


def _recipient(data: Mapping[str, Any]) -> Any | None:
    """Give the active person a letter goes to, as they are now."""
    if data.get("person"):
        return next(iter(people.people([data["person"]], active=True)), None)
    row = people.by_address(data["find"]) if data.get("find") else None
    return row if row is not None and row.active else None


def _path(data: Mapping[str, Any], row: Any) -> str | None:
    """Give where the button leads, its token fresh; None where the token is over by now."""
    path = str(data.get("path") or "/")
    if "{token}" not in path:
        return path
    if data.get("token"):
        secret = credentials.renew_token(data["token"])
    else:
        secret = credentials.make_token(data["purpose"], row.id if row else None,
                                        lasts=timedelta(minutes=data["minutes"]))
    return path.replace("{token}", secret) if secret else None
