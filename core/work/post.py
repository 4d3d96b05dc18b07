"""One mail for one person about one event: in their language, with their rights of this moment, sent once."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

from core.data import access, conversation, people, scope
from core.data.db import first, now
from core.data.records import Record, label
from core.look import language, links
from core.look.compose import Composer
from core.look.i18n import gettext as _
from core.look.site import Looks
from core.parts import Notice
from core.work import events, mailtexts, notify, wording
from core.work.jobs import Again
from core.work.mail import Letter, compose, thread_id
from core.work.transport import Later, Never, Transport

CLOSED = frozenset({"refused", "dns", "timeout", "closed", "tls", "auth", "disk", "421"})
"""Answers that are about the way out, not about the letter: every letter waits."""

PATIENCE = timedelta(days=5)
"""How long a letter is tried before it is given up (RFC 5321, 4.5.4.1)."""

LONGEST_PAUSE = 900


@dataclass(frozen=True)
class Post:
    """What sending needs: templates, looks, the way out, the sender, and the secret of thread marks."""

    composer: Composer
    looks: Looks
    transport: Callable[[], Transport]
    sender: str
    secret: str

    def send(self, job: Any) -> None:
        """Send the mail a job stands for; called by the worker inside the tenant's scope.

        Nothing is sent to somebody who may not see the record, or does not want the mail, any more. Raises Again
        where it did not go out.
        """
        letter = self.write(job)
        if letter is not None:
            self.deliver(job, letter)

    def deliver(self, job: Any, letter: Letter) -> None:
        """Hand a letter over. Raises Again with what is wrong and when to try next, if ever."""
        try:
            self.transport().send(compose(letter, self.sender))
        except Later as error:
            raise _later(job, error) from error
        except Never as error:
            raise Again(error.reason, final=True) from error

    def write(self, job: Any) -> Letter | None:
        """Write the letter of a job as it is right now; None where there is nothing to say to this person."""
        who = scope.current()
        event = events.event(job.event_id) if job.event_id else None
        notice = _notice(event.name, job.data.get("notice", "")) if event is not None else None
        if event is None or notice is None:
            return None
        row = next(iter(people.people([job.data["person"]], active=True)), None)
        if row is None or not row.email or not notify.wants(row, notice, "mail"):
            return None
        person = people.who(row)
        if notice.staff_only and not person.is_staff:
            return None
        with scope.enter(replace(who, person=person, system="")):
            values = values_of(event, notice)
            if values is None or (notice.staff_only and values["record"] is not None
                                  and not access.sees_notes(access.kind_of(who, values["record"].kind))):
                return None
            return self._letter(notice, event, person, values)

    def look(self, name: str, data: Mapping[str, Any], code: str) -> Letter:
        """Write the letter of an event that has not happened, to whoever asks, in a language: for previews."""
        event = SimpleNamespace(id=0, name=name, data=dict(data), actor=None, record_id=None)
        notice = notify.notice_of(name)
        values = values_of(event, notice) or {}
        return self._letter(notice, event, replace(scope.current().me, language=code), values)

    def _letter(self, notice: Notice, event: Any, person: Any, values: dict[str, Any]) -> Letter:
        who = scope.current()
        member = person.among(values["record"].company_id if values["record"] else None)
        company = member.identifier if member else ""
        site = self.looks.site(who.settings, company)
        theme = self.looks.theme(who.settings, company)
        offered = list(who.settings.value("languages.offered"))
        chosen = language.negotiate("", person.language, offered, str(who.settings.value("languages.default")))
        stop = "" if notice.kind == "security" else \
            links.absolute(f"/stop/{notify.stop_mark(self.secret, person.public_id, notice.event)}")
        why = _why(notice, site.name)
        with language.using(chosen):
            mail = mailtexts.write(self.composer, mailtexts.of_notice(notice), notice.template, values | {
                "site": replace(site, logo=links.absolute(site.logo) if site.logo else None), "person": person,
                "palette": theme.palette, "preview": values["body"][:120],
                "title": wording.one_line(values["record"].title) if values["record"] else site.name,
                "button": (_("Open in the portal"), values["link"]), "why": why(), "stop": stop, "me": None},
                who.settings)
        subject, number = mail.subject, values["number"]
        if number and number not in subject:
            subject = f"[{number}] {subject}"
        name, root = self._names(event, values, person)
        called, answers = mailtexts.sender(who.settings, site.name)
        return Letter(to_address=person.email or "", to_name=person.name, from_name=called, reply_to=answers,
                      subject=subject, text=mail.text, html=mail.html, message_id=name, in_reply_to=root,
                      references=(root,) if root else (), unsubscribe_url=stop or None)

    def _names(self, event: Any, values: dict[str, Any], person: Any) -> tuple[str, str]:
        """Give the letter's own name, the same for every try, and that of its record's thread, or "".

        No internal key is in either: what stands for event, person and record is cut from an HMAC.
        """
        who = scope.current()
        domain = urlsplit(str(who.settings.url)).hostname or "localhost"
        domain = "localhost" if ":" in domain else domain
        record = values["record"]
        name = thread_id(self.secret, who.slug, record.kind if record else "event", values["number"] or "0",
                         self.cut("letter", who.slug, event.id, person.public_id), domain)
        return name, f"<{self.cut('thread', who.slug, record.id)}.thread@{domain}>" if record else ""

    def cut(self, *parts: Any) -> str:
        """Cut a name out of an HMAC: always the same for the same parts, and nobody's internal key in it."""
        text = "\0".join(str(part) for part in parts).encode()
        return hmac.new(self.secret.encode(), text, hashlib.sha256).hexdigest()[:24]


def _notice(event: str, template: str) -> Notice | None:
    """Find the notice a letter was made for; several may tell of one event in different words."""
    return next((notice for notice in scope.current().registry.notices
                 if (notice.event, notice.template) == (event, template)), None)


def _why(notice: Notice, name: str) -> Callable[[], str]:
    """Say why somebody gets this, in the language that is current when it is called."""
    if notice.kind == "security":
        return lambda: _("You get this because it concerns the safety of your account at %(name)s.", name=name)
    if notice.kind == "marketing":
        return lambda: _("You get this because you asked for news from %(name)s.", name=name)
    return lambda: _("You get this because it concerns you at %(name)s.", name=name)


def values_of(event: Any, notice: Notice) -> dict[str, Any] | None:
    """Collect what the template shows, through the receiver's own door; None where they may not see it.

    A letter about internal text carries none of it, to staff neither: mail is read on more screens than the
    portal, and forwarded. It is a link.
    """
    who = scope.current()
    values: dict[str, Any] = {
        "event": event, "data": event.data, "record": None, "number": "", "body": "", "actor": "", "entry": None,
        "files": (), "link": links.absolute(links.local(event.data.get("path")))}
    with scope.system("mail"):
        values["actor"] = people.names([event.actor]).get(event.actor or 0, "")
    if event.record_id is None:
        return values
    stub = first(access.anything("view").where(Record.id == event.record_id))
    if stub is None:
        return None
    kind = who.registry.kinds[stub.kind]
    values |= {"record": access.by_id(kind.name, stub.id), "number": label(kind, stub.number),
               "link": links.absolute(links.record_path(kind, stub.number))}
    if notice.staff_only:
        return values
    entries = conversation.entries(stub, internal=False)
    wanted = event.data.get("message")
    entry = next((e for e in entries if e.public_id == wanted), entries[0] if entries and not wanted else None)
    if wanted and entry is None:
        return None  # it has become a note in the meantime
    return values | {"entry": entry, "body": entry.body if entry else "", "files": entry.files if entry else ()}


def _later(job: Any, error: Later) -> Again:
    """Say when a letter is tried again: with all others when the way out is closed, else more patiently."""
    if now() - job.created > PATIENCE:
        return Again(error.reason, final=True)
    if error.code in CLOSED:
        return Again(error.reason, wait=timedelta(seconds=5), closed=True)
    return Again(error.reason, wait=timedelta(seconds=min(LONGEST_PAUSE, 5 * 2 ** min(job.attempts - 1, 10))))


def kept(state: Path) -> Path:
    """Give the Maildir in which mail waits where no server is configured."""
    return state / "mail"
