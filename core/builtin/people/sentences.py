"""What was done, as a sentence: who did what to whom, with the names as links; and why somebody has a feature."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from markupsafe import Markup, escape

from parlour import current
from parlour import gettext as _

from . import words

_PLACE = re.compile(r"%\((\w+)\)s")


def phrases() -> dict[str, str]:
    """Give the sentence of each act: %(who)s did it, %(whom)s it was done to, the rest are its details."""
    return people() | ways_in() | others()


def people() -> dict[str, str]:
    """Give the sentences about people and companies."""
    return {
        "person.created": _("%(who)s added %(whom)s."),
        "person.invited": _("%(who)s invited %(email)s."),
        "person.invitation_withdrawn": _("%(who)s withdrew the invitation of %(email)s."),
        "person.accepted": _("%(whom)s accepted an invitation."),
        "person.registered": _("%(whom)s registered."),
        "person.changed": _("%(who)s changed %(changed)s of %(whom)s."),
        "person.photo_changed": _("%(who)s chose a new picture."),
        "person.photo_removed": _("%(who)s removed a picture."),
        "person.email_asked": _("%(who)s asked for another e-mail address."),
        "person.email_refused": _("A new e-mail address of %(whom)s was refused."),
        "person.email_withdrawn": _("%(who)s took a new e-mail address back."),
        "person.email_changed": _("%(whom)s has a new e-mail address."),
        "person.role_changed": _("%(who)s let %(whom)s be %(role)s of %(company)s."),
        "person.joined": _("%(who)s put %(whom)s into %(company)s as %(role)s."),
        "person.left": _("%(who)s took %(whom)s out of %(company)s."),
        "person.activated": _("%(who)s let %(whom)s in again."),
        "person.deactivated": _("%(who)s locked %(whom)s out."),
        "person.unlocked": _("%(who)s let %(whom)s try to sign in again at once."),
        "person.removed": _("%(who)s removed %(name)s from the portal."),
        "person.merged": _("%(who)s merged %(name)s into %(whom)s."),
        "person.noted": _("%(who)s changed the notes about %(whom)s."),
        "person.view_began": _("%(who)s began to see the portal as %(whom)s sees it."),
        "person.view_ended": _("The view as %(whom)s ended after %(seconds)s."),
        "person.view_download": _("%(who)s downloaded %(path)s while seeing as %(whom)s."),
        "company.created": _("%(who)s added the company %(whom)s."),
        "company.changed": _("%(who)s changed the company %(whom)s."),
        "company.renamed": _("%(who)s gave the company %(whom)s another identifier."),
        "company.identifier_released": _("%(who)s let go of a former identifier of %(whom)s."),
        "company.merged": _("%(who)s merged companies into %(whom)s."),
        "company.activated": _("%(who)s switched the company %(whom)s on."),
        "company.deactivated": _("%(who)s switched the company %(whom)s off."),
        "company.address.added": _("%(who)s added an address to %(whom)s."),
        "company.address.changed": _("%(who)s changed an address of %(whom)s."),
        "company.address.removed": _("%(who)s removed an address of %(whom)s."),
        "team.changed": _("%(who)s changed the team %(whom)s."),
    }


def ways_in() -> dict[str, str]:
    """Give the sentences about passwords, sessions, second steps and keys."""
    return {
        "person.consents_changed": _("%(who)s changed what they agree to."),
        "person.confirmed": _("%(who)s proved again who they are."),
        "person.password_set": _("%(who)s gave %(whom)s a first password."),
        "person.password_reset": _("%(whom)s set a new password by a link."),
        "person.password_changed": _("%(who)s changed their password."),
        "person.reset_sent": _("%(who)s sent %(whom)s a link for a new password."),
        "person.let_in_by_link": _("%(whom)s came in by a link."),
        "person.session_ended": _("%(who)s ended a session of theirs."),
        "person.sessions_ended": _("%(who)s ended all sessions of %(whom)s."),
        "person.second_step_reset": _("%(who)s took the second step off %(whom)s."),
        "person.app_set_up": _("%(who)s set up an authenticator app."),
        "person.app_removed": _("%(who)s switched the authenticator app off."),
        "person.passkey_added": _("%(who)s added a passkey."),
        "person.passkey_removed": _("%(who)s removed a passkey."),
        "person.passkey_renamed": _("%(who)s renamed a passkey."),
        "person.codes_made": _("%(who)s made new recovery codes."),
        "person.devices_forgotten": _("%(who)s forgot their remembered devices."),
        "token.created": _("%(who)s made an API key for %(whom)s."),
    }


def others() -> dict[str, str]:
    """Give the sentences about settings, files, mail and long acts."""
    return {
        "config.changed": _("%(who)s changed the settings: %(note)s"),
        "announcement.published": _("%(who)s published the announcement “%(title)s”."),
        "announcement.unsent": _("%(who)s stopped the mail of the announcement “%(title)s”."),
        "article.not_published": _("A planned article was not published: %(whom)s"),
        "article.removed": _("%(who)s removed the article %(whom)s."),
        "document.removed": _("%(who)s removed the document %(whom)s, “%(title)s”, with all its versions."),
        "forum_category.changed": _("%(who)s changed who reads the forum category %(whom)s."),
        "forum_category.removed": _("%(who)s removed the forum category %(whom)s, “%(title)s”."),
        "page.removed": _("%(who)s removed the page %(whom)s, “%(title)s”."),
        "announcement.removed": _("%(who)s removed the announcement “%(title)s”."),
        "file.shown": _("%(who)s made the file %(file)s visible to customers."),
        "file.hidden": _("%(who)s hid the file %(file)s from customers."),
        "file.removed": _("%(who)s removed the file %(file)s."),
        "message.shown": _("%(who)s made a note on %(whom)s visible to customers."),
        "message.hidden": _("%(who)s made a message on %(whom)s internal."),
        "ticket.merged": _("%(who)s merged %(source)s into %(whom)s."),
        "bulk.done": _("%(who)s did “%(whom)s” to many: %(done)s changed."),
        "bulk.undone": _("%(who)s took “%(whom)s” back for many: %(done)s changed."),
        "bulk.changed": _("%(who)s did “%(did)s” to %(whom)s."),
        "bulk.put_back": _("%(who)s took “%(did)s” back for %(whom)s."),
        "import.created": _("%(who)s added %(whom)s."),
        "import.updated": _("%(who)s changed %(whom)s by an import."),
        "export.made": _("%(who)s exported %(whom)s."),
        "import.run": _("%(who)s ran the import %(whom)s."),
        "mail.dropped": _("%(who)s gave a waiting mail up."),
        "mail.tried": _("%(who)s sent a letter to %(address)s to try the way of mail."),
        "mail.tried_again": _("%(who)s sent a waiting mail again."),
        "module.changed": _("%(who)s changed the module %(whom)s."),
        "module.removed": _("%(who)s removed the module %(whom)s."),
        "module.emptied": _("%(who)s removed the records of the module %(whom)s."),
        "module.lost": _("%(who)s changed the module %(whom)s and removed what it held: %(field)s (%(records)s)."),
        "plugin.paused": _("%(who)s paused the plugin %(whom)s."),
        "plugin.resumed": _("%(who)s resumed the plugin %(whom)s."),
        "tenant.created": _("%(who)s created the portal %(whom)s."),
        "audit.exported": _("%(who)s exported the audit log."),
        "audit.checked": _("%(who)s verified the audit log."),
        "audit.trimmed": _("%(acts)s acts that were older than kept left the audit log."),
    }


def meaning(text: str) -> tuple[str, ...]:
    """Name the acts whose own words hold a text."""
    wanted = text.casefold()
    plain = {act: _PLACE.sub("", phrase).casefold() for act, phrase in phrases().items()}
    return tuple(act for act, phrase in plain.items() if wanted and wanted in phrase)


def said(row: Any, names: Mapping[str, str]) -> Markup:
    """Say an act in a sentence; `names` gives people by the public identifier that stands in the log."""
    phrase = phrases().get(row.act)
    if phrase is None:
        phrase = "%(who)s: " + row.act.partition(".")[2].replace("_", " ").replace("%", "%%") + " %(whom)s"
    details = row.details or {}

    def fill(match: re.Match[str]) -> str:
        return str(_part(match[1], row, details, names))

    return Markup(_PLACE.sub(fill, str(escape(phrase))))  # noqa: S704 - each part is escaped


def _part(name: str, row: Any, details: Mapping[str, Any], names: Mapping[str, str]) -> Markup:
    if name == "who":
        return person(row.actor, row.actor_id)
    if name == "whom":
        return _whom(row, details, names)
    value = details.get(name)
    say: dict[str, Callable[[Any], str]] = {
        "role": words.role, "seconds": words.duration, "changed": words.columns, "company": str,
        "did": _called}
    return escape(say[name](value) if name in say and value not in (None, "") else words.plain(value))


def _whom(row: Any, details: Mapping[str, Any], names: Mapping[str, str]) -> Markup:
    if row.subject in names:
        return person(names[row.subject], row.subject)
    if row.act.startswith("company.") and row.subject:
        return _link(f"/companies/{row.subject}", row.subject)
    if row.subject.startswith("/"):
        return _link(row.subject, row.subject)
    return escape(details.get("name") or _called(row.subject) or _("somebody"))


def _called(name: str) -> str:
    """Say what an act on many or a kind of row is called; anything else stays as it is."""
    registry, known = current().registry, {"person": _("People"), "company": _("Companies")}
    if name in registry.acts:
        return _(registry.acts[name].title)
    kind = registry.kinds.get(name)
    return known.get(name) or (_(kind.titles or kind.title) if kind else name)


def person(name: str, public_id: str) -> Markup:
    """Give a person's name, as a link to their page where they are one of ours."""
    return _link(f"/people/{public_id}", name) if public_id else escape(name)


def _link(href: str, text: str) -> Markup:
    return Markup('<a href="{}"><bdi>{}</bdi></a>').format(href, text)


def module(one: Any) -> str:
    """Say why somebody has a feature, or has it not."""
    companies = ", ".join(one.companies)
    return {
        (True, "portal"): _("on in this portal"), (True, "person"): _("on for them, whatever their company has"),
        (True, "some"): _("on, but not for %(companies)s", companies=companies),
        (False, "portal"): _("off for the whole portal"), (False, "person"): _("off for them alone"),
        (False, "company"): _("off for %(companies)s", companies=companies),
        (False, "role"): _("their role has no use for it"), (False, "locked"): _("they are locked out"),
    }[one.on, one.why]
