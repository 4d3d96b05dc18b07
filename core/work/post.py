"""One mail for one person about one event: in their language, with their rights of this moment, sent once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from core.data import access, conversation, people, scope
from core.data.credentials import digest
from core.data.db import first
from core.data.records import Record, label
from core.look import language, links
from core.look.compose import Composer
from core.look.i18n import gettext as _
from core.look.site import Looks
from core.work import events, notify
from core.work.jobs import Again
from core.work.mail import Letter, compose, thread_id
from core.work.transport import Later, Never, Transport


@dataclass(frozen=True)
class Post:
    """What sending needs: templates, looks, the way out, the sender, and the secret of thread marks."""

    composer: Composer
    looks: Looks
    transport: Callable[[], Transport]
    sender: str
    secret: str

    def send(self, job: Any) -> None:
        """Send the mail a job stands for; called by the worker inside the tenant's scope."""
        who = scope.current()
        event = events.event(job.data["event"])
        notice = next((n for n in who.registry.notices if n.event == job.data["notice"]), None)
        if event is None or notice is None:
            return
        row = next(iter(people.people([job.data["person"]], active=True)), None)
        if row is None or not row.email or not notify.wants(row, notice, "mail"):
            return
        person = people.who(row)
        with scope.enter(replace(who, person=person, system="")):
            values = self._values(event, person)
            if values is None:
                return
            letter = self._letter(job, notice, event, person, values)
        try:
            self.transport().send(compose(letter, self.sender))
        except Later as error:
            raise Again(error.reason) from error
        except Never as error:
            raise Again(error.reason, final=True) from error

    def _values(self, event: Any, person: Any) -> dict[str, Any] | None:
        """Collect what the template shows, through the person's own door; None where they may not see it."""
        who = scope.current()
        values: dict[str, Any] = {"event": event, "data": event.data, "record": None, "number": "", "body": "",
                                  "actor": "", "link": links.absolute("/")}
        with scope.system("mail"):
            values["actor"] = people.names([event.actor]).get(event.actor or 0, "")
        if event.record_id is None:
            return values
        found = access.anything("view").where(Record.id == event.record_id)
        stub = first(found)
        if stub is None:
            return None
        kind = who.registry.kinds[stub.kind]
        record = access.by_id(kind.name, stub.id)
        entries = conversation.entries(record, internal=False)
        wanted = event.data.get("message")
        entry = next((e for e in entries if e.public_id == wanted), entries[0] if entries and not wanted else None)
        if wanted and entry is None:
            return None
        return values | {"record": record, "number": label(kind, stub.number), "entry": entry,
                         "body": entry.body if entry else "", "files": entry.files if entry else (),
                         "link": links.absolute(links.record_path(kind, stub.number))}

    def _letter(self, job: Any, notice: Any, event: Any, person: Any, values: dict[str, Any]) -> Letter:
        who = scope.current()
        company = person.memberships[0].identifier if person.memberships else ""
        site = self.looks.site(who.settings, company)
        theme = self.looks.theme(who.settings, company)
        offered = list(who.settings.value("languages.offered"))
        chosen = language.negotiate("", person.language, offered, str(who.settings.value("languages.default")))
        stop = links.absolute(f"/stop/{self.stop_token(person.id, notice.event)}") if \
            notice.kind != "security" else ""
        with language.using(chosen):
            mail = self.composer.mail(notice.template, values | {
                "site": replace(site, logo=links.absolute(site.logo) if site.logo else None), "person": person,
                "palette": theme.palette, "title": values["record"].title if values["record"] else site.name,
                "preview": values["body"][:120], "button": (_("Open in the portal"), values["link"]),
                "why": _("You get this because it concerns you at %(name)s.", name=site.name), "stop": stop,
                "me": None}, theme.templates)
        domain = str(who.settings.url).split("//", 1)[-1].split(":")[0].split("/")[0]
        record = values["record"]
        thread = thread_id(self.secret, who.slug, record.kind if record else "event",
                           values["number"] or str(event.id), f"{event.id}-{person.id}", domain)
        root = f"<{digest(f'{who.slug}:{event.record_id}')[:24]}.thread@{domain}>" if record else None
        return Letter(to_address=person.email or "", to_name=person.name, subject=mail.subject, text=mail.text,
                      html=mail.html, message_id=thread, in_reply_to=root or "",
                      references=(root,) if root else (), unsubscribe_url=stop or None)

    def stop_token(self, person_id: int, event: str) -> str:
        """Make the mark in a mail's opt-out link: bound to tenant, person and kind of mail."""
        who = scope.current()
        body = f"{person_id}.{event}"
        return f"{body}.{digest(f'{self.secret}:stop:{who.slug}:{body}')[:32]}"


def kept(state: Path) -> Path:
    """Give the Maildir in which mail waits where no server is configured."""
    return state / "mail"
