"""The letter of somebody's summary, and what plugins' channels pass on: events in one line, as seen right now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from core.data import access, people, scope
from core.data.db import now
from core.look import language, links
from core.look.i18n import gettext as _
from core.look.i18n import ngettext
from core.parts import Notice, Told
from core.work import bell, digest, events, mailtexts, notify
from core.work.jobs import Again
from core.work.mail import Letter
from core.work.post import Post, values_of

MOST = 50
"""Lines a summary has; what is more is said in one."""

EXCERPT = 160
WAIT = timedelta(minutes=5)


@dataclass(frozen=True)
class Piece:
    """One line of a summary: what happened, when, and the beginning of what was written."""

    text: str
    when: datetime
    excerpt: str = ""
    link: str = ""


@dataclass
class Group:
    """The lines about one record, or about none."""

    title: str
    number: str
    link: str
    pieces: list[Piece] = field(default_factory=list)


@dataclass(frozen=True)
class Summaries:
    """Writes summaries with what a post office has."""

    post: Post

    def send(self, job: Any) -> None:
        """Write and send the summary a job stands for; called by the worker inside the tenant's scope.

        Nothing is sent where there is nothing to say. Raises Again where it did not go out, or is not due yet.
        """
        due = datetime.fromisoformat(job.data["due"])
        if due > now():
            events.postpone(job, due - now())  # woken early, with all that rests
            return
        who = scope.current()
        row = next(iter(people.people([job.data["digest"]], active=True)), None)
        features = [name for name in who.registry.manifests if access.feature_on(who, name)]
        name, items = digest.take(job.data["digest"], features)
        letter = self._written(row, name, items) if row is not None and row.email and items else None
        if letter is not None:
            self.post.deliver(job, letter)
        digest.finish(job, row, name, features)

    def _written(self, row: Any, name: str, items: Iterable[Any]) -> Letter | None:
        who, person = scope.current(), people.who(row)
        offered = list(who.settings.value("languages.offered"))
        chosen = language.negotiate("", person.language, offered, str(who.settings.value("languages.default")))
        with scope.enter(replace(who, person=person, system="")), language.using(chosen):
            lines = [(item, *line) for item in items if (line := line_of(row, item.event_id, item.notice))]
            unread = bell.unread_among(row.id, [(item.event_id, values) for item, _notice, values in lines])
            lines = [line for line in lines if line[0].event_id in unread]
            return self._letter(person, name, lines) if lines else None

    def _letter(self, person: Any, name: str, lines: list[Any]) -> Letter:
        who = scope.current()
        member = person.memberships[0].identifier if person.memberships else ""
        site, theme = self.post.looks.site(who.settings, member), self.post.looks.theme(who.settings, member)
        stop = links.absolute(f"/stop/{notify.stop_mark(self.post.secret, person.public_id, notify.SUMMARY)}")
        title = ngettext("One thing is new at %(name)s", "%(num)s things are new at %(name)s", len(lines),
                         name=site.name)
        mail = mailtexts.write(self.post.composer, None, "mail/digest", {
            "site": replace(site, logo=links.absolute(site.logo) if site.logo else None), "person": person,
            "palette": theme.palette, "preview": "", "title": title, "groups": _groups(lines[:MOST]),
            "more": len(lines[MOST:]), "me": None, "stop": stop, "link": links.absolute("/"),
            "choose": links.absolute("/account/notifications"),
            "button": (_("Open the portal"), links.absolute("/notifications")),
            "why": _("You get this because you chose summaries at %(name)s.", name=site.name)}, who.settings)
        called, answers = mailtexts.sender(who.settings, site.name)
        domain = urlsplit(str(who.settings.url)).hostname or "localhost"
        return Letter(to_address=person.email or "", to_name=person.name, from_name=called, reply_to=answers,
                      subject=mail.subject, text=mail.text, html=mail.html, unsubscribe_url=stop,
                      message_id=f"<{self.post.cut('digest', who.slug, name)}.digest@{domain}>")


def line_of(row: Any, event_id: int, notice_mark: str,
            channel: str = "mail") -> tuple[Notice, dict[str, Any]] | None:
    """Give what somebody (a row, who asks) may be told of an event as of now; None for nothing."""
    who = scope.current()
    event = events.event(event_id)
    notice = next((one for one in who.registry.notices if event is not None and one.event == event.name
                   and notice_mark in (one.template, one.title)), None)
    if event is None or notice is None or not notify.wants(row, notice, channel):
        return None
    if who.me.features.get(notice.plugin) is False or (notice.staff_only and not who.is_staff):
        return None
    values = values_of(event, notice)
    if values is None or (notice.staff_only and values["record"] is not None
                          and not access.sees_notes(access.kind_of(who, values["record"].kind))):
        return None
    return notice, values


def said(notice: Notice, values: dict[str, Any], words: Mapping[str, str]) -> str:
    """Say in one line what happened, as the bell says it."""
    record = values["record"]
    return _(notice.title, **{**words, "actor": values["actor"], "number": values["number"],
                              "title": record.title if record else ""})


def _groups(lines: Iterable[Any]) -> list[Group]:
    """Put lines about one record together, records in the order of their first line."""
    found: dict[Any, Group] = {}
    for item, notice, values in lines:
        record, body = values["record"], " ".join(values["body"].split())
        group = found.setdefault(record.id if record else None, Group(
            record.title if record else _("Also"), values["number"], values["link"] if record else ""))
        excerpt = body if len(body) <= EXCERPT else body[:EXCERPT - 1].rstrip() + "…"
        link = values["link"] if record is None and values["data"].get("path") else ""
        group.pieces.append(Piece(said(notice, values, item.words), values["event"].created, excerpt, link))
    return list(found.values())


def pass_on(job: Any) -> None:
    """Pass one event on by a plugin's channel; called by the worker inside the tenant's scope."""
    who = scope.current()
    name = job.name.removeprefix("channel:")
    channel = next((one for one in who.registry.channels if one.name == name), None)
    row = next(iter(people.people([job.data["person"]], active=True)), None)
    if channel is None or channel.send is None or row is None:
        return
    person = people.who(row)
    chosen = language.negotiate("", person.language, list(who.settings.value("languages.offered")),
                                str(who.settings.value("languages.default")))
    with scope.enter(replace(who, person=person, system="")), language.using(chosen):
        line = line_of(row, job.event_id, job.data["title"], name)
        if line is None:
            return
        notice, values = line
        if not access.feature_on(who, notice.plugin):
            raise Again("what it is about is switched off", wait=WAIT)
        told = Told(key=job.key, event=notice.event, text=said(notice, values, job.data["words"]),
                    link=values["link"], person=person, phone=str((row.fields or {}).get("phone") or ""),
                    number=values["number"], title=values["record"].title if values["record"] else "")
    channel.send(told)
