"""Which mails there are and what each says: as it is shipped, in a tenant's own words, and with examples."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any

from jinja2 import TemplateError
from markupsafe import Markup

from core.config.loader import show
from core.data import access, scope
from core.data.records import label
from core.errors import ParlourError, Problem
from core.look import compose, language, links
from core.look.compose import Composer
from core.look.i18n import N_
from core.look.i18n import gettext as _
from core.look.site import Site
from core.parts import Mail, Notice, Registry
from core.work import wording
from core.work.mail import postal

log = logging.getLogger("parlour.mail")

SIGNATURE = "signature"
"""The name under which what stands below every mail is kept beside the mails' own texts."""

EXAMPLES: Mapping[str, str] = {
    "person": N_("Maria Anders"), "actor": N_("Ben Carter"), "title": N_("Where is my delivery?"),
    "address": "maria@example.com",
    "text": N_("Thank you for waiting.\n\nYour delivery leaves the house today and should be with you tomorrow.")}
"""What stands for placeholders that every mail knows, where one is only looked at."""


@dataclass(frozen=True)
class Text:
    """A mail that may be worded. `names` are its placeholders, each with an example; a letter has no `event`."""

    name: str
    template: str
    label: str
    plugin: str
    names: Mapping[str, Any]
    needs: tuple[str, ...] = ()
    when: Mapping[str, Any] = field(default_factory=dict)
    event: str = ""
    kind: str = "transactional"


@dataclass(frozen=True)
class Said:
    """The words of a mail: None where the shipped ones count."""

    subject: str | None = None
    text: str | None = None


def every() -> tuple[Text, ...]:
    """Give the mails of the features that are on, by feature and in its order; several notices may share one."""
    who = scope.current()
    known = _known(who)
    return tuple(text for text in known.values() if access.feature_on(who, text.plugin))


def one(name: str) -> Text | None:
    """Give a mail of a feature that is on."""
    return next((text for text in every() if text.name == name), None)


def _known(who: scope.Scope) -> dict[str, Text]:
    key = ("mailtexts",)
    if key not in who.memo:
        who.memo[key] = _collected(who.registry)
    found: dict[str, Text] = who.memo[key]
    return found


def _collected(registry: Registry) -> dict[str, Text]:
    found: dict[str, Text] = {}
    for mail in registry.mails:
        found[mail.name] = _letter(mail)
    for notice in registry.notices:
        if notice.template and notice.plugin in registry.manifests:
            found.setdefault(name_of(notice), _told(notice, registry))
    return found


def name_of(notice: Notice) -> str:
    """Name the mail of a notice: `tickets.received`."""
    folder, _slash, word = notice.template.rpartition("/")
    return f"{notice.plugin}.{word}" if folder == f"{notice.plugin}/mail" else notice.event


def _letter(mail: Mail) -> Text:
    names = {"person": EXAMPLES["person"], "address": EXAMPLES["address"], "portal": "", "link": "", **mail.values}
    return Text(mail.name, mail.template, mail.label, mail.plugin, names, mail.needs, mail.when, kind="security")


def _told(notice: Notice, registry: Registry) -> Text:
    kind = next((one for one in registry.kinds.values() if one.plugin == notice.plugin), None)
    names: dict[str, Any] = {"person": EXAMPLES["person"], "actor": EXAMPLES["actor"], "portal": "", "link": "",
                             "number": label(kind, 7) if kind else "", "title": EXAMPLES["title"]}
    if not notice.staff_only:
        names["text"] = EXAMPLES["text"]
    said = notice.label or notice.event.partition(".")[2].replace("_", " ").capitalize()
    return Text(name_of(notice), notice.template, said, notice.plugin, names | dict(notice.values),
                event=notice.event, kind=notice.kind)


def of_notice(notice: Notice) -> Text | None:
    """Give the mail of a notice."""
    return _known(scope.current()).get(name_of(notice))


def of_letter(template: str, data: Mapping[str, Any]) -> Text | None:
    """Give the mail a letter is, by its template and its values; the one that asks for most of them counts."""
    fit = [text for text in _known(scope.current()).values() if text.template == template and not text.event
           and all(_is(data.get(name), wanted) for name, wanted in text.when.items())]
    return max(fit, key=lambda text: len(text.when), default=None)


def _is(value: Any, wanted: Any) -> bool:
    return value in wanted if isinstance(wanted, tuple) else bool(value == wanted)


# --- what a tenant says instead ---


def kept(settings: Any, name: str, code: str) -> Said:
    """Give what a tenant says in place of a mail's shipped words in a language, whether it can be used or not."""
    found = ((settings.value("mail.texts") or {}).get(name) or {}).get(code) or {}
    return Said(found.get("subject"), found.get("text"))


def faults(text: Text, said: Said) -> dict[str, list[wording.Mistake]]:
    """Say by field ("subject", "text") why own words cannot be used."""
    found = {"subject": wording.mistakes(said.subject, text.names, line=True) if said.subject is not None else [],
             "text": wording.mistakes(said.text, text.names, text.needs) if said.text is not None else []}
    return {name: several for name, several in found.items() if several}


def own(settings: Any, text: Text, code: str) -> Said:
    """Give the words of a tenant that can be used: what cannot is said in the log, and the shipped words count."""
    said = kept(settings, text.name, code)
    wrong = faults(text, said)
    for part, several in wrong.items():
        log.warning("mail.texts.%s.%s.%s of %s cannot be used; what is shipped counts: %s", text.name, code, part,
                    settings.slug, several[0])
    return Said(None if "subject" in wrong else said.subject, None if "text" in wrong else said.text)


def problems(settings: Any) -> list[Problem]:
    """Say which own words of a tenant name a mail that is not there, or cannot be used, each with its place."""
    known, found = _known(scope.current()), []
    for name, languages in (settings.value("mail.texts") or {}).items():
        text = SIGNED if name == SIGNATURE else known.get(name)
        for code in languages:
            if text is None:
                found.append(_problem(settings, (name,), _("No mail is called '%(name)s'.", name=name)))
                break
            found += [_problem(settings, (name, code, part), str(several[0]))
                      for part, several in faults(text, kept(settings, name, code)).items()]
    return found


def _problem(settings: Any, path: tuple[str, ...], message: str) -> Problem:
    whole = ("mail", "texts", *path)
    layer = next((one for one in reversed(settings.layers) if one.document.find((*one.prefix, *whole))),
                 settings.own)
    line, column = layer.document.mark((*layer.prefix, *whole))
    return Problem(layer.document.name, line, column, show((*layer.prefix, *whole)), message)


SIGNED = Text(SIGNATURE, "", N_("Under every mail"), "", {"portal": ""})
"""What stands below every mail, as a mail of its own."""


# --- how a mail is written ---


def write(composer: Composer, text: Text | None, template: str, context: Mapping[str, Any],
          settings: Any) -> compose.Mail:
    """Write a mail in the current language: in the tenant's words where it has some, else as it is shipped."""
    code = language.current()
    context = {**context, **_around(settings, code)}
    said = own(settings, text, code) if text else Said()
    if text is None or said == Said():
        return composer.mail(template, context)
    values = _filled(text, context)
    subject = wording.subject(said.subject, values) if said.subject is not None else ""
    if said.text is None:
        return replace(composer.mail(template, context), subject=subject)
    subject = subject or composer.mail(template, context).subject
    written = wording.body(said.text, values, code)
    heading = wording.one_line(context["title"]) if context.get("record") else subject
    mail = composer.mail("mail/own", {**context, "pieces": written.pieces, "plain": Markup(written.text),  # noqa: S704
                                      "title": heading, "preview": wording.one_line(written.text)[:120]})
    return replace(mail, subject=subject)


def _around(settings: Any, code: str) -> dict[str, Any]:
    """Give what stands under every mail: the signature in this language, else in the first, and small print."""
    for one_code in dict.fromkeys((code, str(settings.value("languages.default")))):
        said = own(settings, SIGNED, one_code)
        if said.text is not None:
            written = wording.body(said.text, {"portal": settings.name}, one_code)
            break
    else:
        written = wording.Written((), "")
    footer = str(settings.value("mail.footer") or "").strip()
    return {"signature": written.pieces, "signature_plain": Markup(written.text), "footer": footer}  # noqa: S704


def _filled(text: Text, context: Mapping[str, Any]) -> dict[str, Any]:
    """Give the values of a mail's placeholders."""
    person, record, data = context.get("person"), context.get("record"), context["data"]
    known = {"person": person.name if person else data.get("name", ""), "portal": context["site"].name,
             "link": context["link"], "address": context.get("address", ""), "actor": context.get("actor", ""),
             "number": context.get("number", ""), "title": record.title if record else "",
             "text": context.get("body", "")}
    return {name: known.get(name) or data.get(name, "") for name in text.names}


def sender(settings: Any, name: str) -> tuple[str, str | None]:
    """Give the name before the sender's address, and where answers go; one that cannot be used is left out."""
    answers = str(settings.value("mail.reply_to") or "").strip() or None
    try:
        if answers:
            postal(answers)
    except ParlourError as error:
        log.warning("mail.reply_to of %s cannot be used: %s", settings.slug, error)
        answers = None
    return wording.one_line(settings.value("mail.sender_name") or "") or name, answers


# --- shipped words and examples ---


class _Count(int):
    """A number that is written as its placeholder."""

    name = ""

    def __str__(self) -> str:
        return f"{{{self.name}}}"


def shipped(composer: Composer, text: Text, code: str) -> Said | None:
    """Give a mail's shipped words in a language, with its placeholders; None where a plugin's cannot be told.

    They are what the template says when each value is its own placeholder.
    """
    if text is SIGNED:
        return Said("", "")

    def put(name: str) -> Any:
        example = text.names.get(name, "")
        if isinstance(example, int):
            made = _Count(example)
            made.name = name
            return made
        return f"{{{name}}}"

    who = scope.current()
    with language.using(code):
        site = SimpleNamespace(name="{portal}", contact="", logo=None, legal=())
        try:
            subject, content, button = composer.pieces(text.template, _stage(text, put, site))
        except (TemplateError, LookupError, TypeError, ValueError, AttributeError) as error:
            log.info("the words of %s cannot be told (%s): %s", text.name, who.slug, error)
            return None
    led = f"\n\n[{button[0]}]({button[1]})" if button else ""
    return Said(" ".join(subject.split()), content.strip() + led)


def example(composer: Composer, text: Text, code: str, settings: Any, site: Site, **more: Any) -> compose.Mail:
    """Write a mail with examples in the place of what it would tell, in a language.

    `more` is `palette`, and `scheme` where one of "light" and "dark" is wanted for sure. Raises what the template
    raises.
    """
    def put(name: str) -> Any:
        value = text.names.get(name, "")
        return _(value) if isinstance(value, str) and value else value

    with language.using(code):
        context = {**_stage(text, put, site), "why": _("You get this because it concerns you at %(name)s.",
                                                        name=site.name), **more}
        if text is SIGNED:
            return composer.mail("mail/sample", {**context, **_around(settings, code),
                                                 "title": _(EXAMPLES["title"])})
        context |= {"address": _(EXAMPLES["address"])} if text.event == "" else {}
        return write(composer, text, text.template, context, settings)


def _stage(text: Text, put: Any, site: Any) -> dict[str, Any]:
    """Make what a template is given: `put` gives the value of each placeholder."""
    link = "{link}" if put("person") == "{person}" else links.absolute("/")
    given = {name: put(name) for name in text.names}
    first = {name: wanted[0] if isinstance(wanted, tuple) else wanted for name, wanted in text.when.items()}
    data = {**given, "name": put("person"), **first}
    person = scope.Who(0, "", str(put("person")), str(put("address")))
    kind = next((one for one in scope.current().registry.kinds.values() if one.plugin == text.plugin), None)
    record = SimpleNamespace(id=0, kind=kind.name if kind else "", number=7, title=given.get("title", ""),
                             fields={}, state="", category="open") if "title" in given else None
    entry = SimpleNamespace(body=given.get("text", ""), author_name=given.get("actor", ""), files=())
    button = (_("Open in the portal"), link) if text.event else None
    return {"site": site, "person": person, "palette": None, "preview": "", "why": "", "stop": "", "me": None,
            "title": record.title if record else site.name, "button": button, "link": link, "data": data,
            "event": SimpleNamespace(name=text.event, data=data), "record": record, "files": (), "entry": entry,
            "number": given.get("number", ""), "body": given.get("text", ""), "actor": given.get("actor", ""),
            "address": put("address") if "address" in given else ""}


def languages(settings: Any) -> Iterator[str]:
    """Give the languages mails are written in: those that are offered, the first one first."""
    first = str(settings.value("languages.default"))
    yield from dict.fromkeys((first, *settings.value("languages.offered")))
