"""The verbs on people and companies: each checks what must not be lost, and writes down what was done."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from parlour import (
    Conflict,
    FieldError,
    Invalid,
    Refused,
    care,
    credentials,
    current,
    directory,
    doorman,
    entrance,
    factors,
    granted,
    invitations,
    letters,
    now,
    people,
    record_act,
    transaction,
)
from parlour import gettext as _

CUSTOMERS = directory.CUSTOMER_ROLES
STAFF = ("agent", "admin")


def invite(values: Mapping[str, Any]) -> None:
    """Invite somebody: staff invite customers anywhere, only admins invite staff. Raises Invalid or Refused."""
    role = values["role"]
    if role in STAFF and granted(current(), "people.manage") == "none":
        raise Refused
    known = people.by_address(values["email"])
    if known is not None and not known.active:
        raise Invalid([FieldError("email", _("%(name)s is locked out. Let them in again first.", name=known.name),
                                  "inactive")])
    invitations.invite(values["email"], name=values.get("name", ""), role=role,
                       company=values.get("company", ""))


def create(values: Mapping[str, Any]) -> Any:
    """Add somebody with a first password that they must change. Raises Invalid."""
    role = values["role"]
    hashed = doorman.new_password(values["password"], values["email"], values["login"], values["name"])
    with transaction():
        row = people.add_person(values["name"], email=values["email"] or None, login=values["login"] or None,
                                role=role if role in STAFF else "", password=hashed, must_change=True,
                                verified=True)
        if values["company"] and role not in STAFF:
            people.join(row.id, people.company(values["company"]).id, role)
        record_act("person.created", row.public_id, name=row.name, role=role, company=values["company"])
    return row


def change(row: Any, values: Mapping[str, Any], fields: Mapping[str, Any], features: Mapping[str, bool]) -> None:
    """Change what a person is and sees; rights hold from their next request on. Raises Invalid."""
    wanted = {"name": values["name"], "email": values["email"] or None, "login": values["login"] or None,
              "role": values["role"], "own_only": values["own_only"], "features": dict(features),
              "fields": {**(row.fields or {}), **fields},
              "visible_since": _history(row, values)}
    if not (wanted["email"] or wanted["login"]):
        raise Invalid([FieldError("email", _("Give an e-mail address or a sign-in name."), "required")])
    if row.id == current().me.id and wanted["role"] != row.role:
        raise Invalid([FieldError("role", _("Ask another admin to change your own role."), "self")])
    changed = {key: value for key, value in wanted.items() if value != getattr(row, key)}
    if not changed:
        return
    try:
        with transaction():
            people.change_person(row.id, **changed)
            new_address(row, changed)
            record_act("person.changed", row.public_id, changed=sorted(changed),
                       **({"role": changed["role"]} if "role" in changed else {}))
    except Conflict as error:
        raise Invalid([FieldError("email" if "email" in changed else "login",
                                  _("Somebody has this address already."), "taken")]) from error


def _history(row: Any, values: Mapping[str, Any]) -> datetime | None:
    """Give from when on somebody sees records, None for all of history. Raises Invalid for a missing day."""
    day, chosen = values["visible_since"], values.get("history")
    if chosen == "new":
        return now()
    if chosen == "all" or not (chosen or day):
        return None
    if not day:
        raise Invalid([FieldError("visible_since", _("Say from which day on."), "required")])
    known: datetime | None = row.visible_since
    if known is not None and known.date().isoformat() == day:
        return known  # "from now on" of an earlier day keeps its hour
    return datetime.fromisoformat(day).replace(tzinfo=UTC)


def about(row: Any, external: str) -> None:
    """Keep what another system calls somebody. Raises Invalid where it calls somebody else that."""
    with transaction():
        care.dossier.keep(row.id, external=external.strip() or None)
        record_act("person.changed", row.public_id, changed=["external"])


def note(row: Any, text: str) -> None:
    """Keep what the team notes about somebody; the log says that it was changed, not what."""
    with transaction():
        care.dossier.keep(row.id, notes=text.strip())
        record_act("person.noted", row.public_id)


def send_reset(row: Any) -> None:
    """Send somebody the letter that sets a new password. Raises Invalid where they have no address or are out."""
    if not row.email or not row.active:
        raise Invalid([FieldError("email", _("A letter needs an e-mail address and somebody who may come in."),
                                  "required")])
    with transaction():
        letters.send("signin/mail/reset", person=row.id, password=entrance.with_password(),
                     link=letters.Link("/reset/{token}", purpose="reset", minutes=60))
        record_act("person.reset_sent", row.public_id)


def unlock(row: Any) -> None:
    """Let somebody try to sign in again at once, after too many tries."""
    doorman.let_try(row.email, row.login)
    entrance.start_anew(row.id)
    record_act("person.unlocked", row.public_id)


def new_address(row: Any, changed: Mapping[str, Any]) -> None:
    """Let links sent to the old address die, and tell it."""
    if "email" in changed:
        credentials.end_mailed(row.id)
        if row.email and row.password:
            letters.send("account/mail/email-changed", person=row.id, address=row.email,
                         new=changed["email"] or row.login or "")


def place(row: Any, company: Any, role: str) -> None:
    """Put somebody into a company, or change what they are there. Raises Invalid."""
    if role not in CUSTOMERS:
        raise Invalid([FieldError("role", _("Choose one of the roles offered."), "choice")])
    with transaction():
        people.join(row.id, company.id, role)
        record_act("person.joined", row.public_id, company=company.identifier, role=role)


def take_out(row: Any, company: Any) -> None:
    """Take somebody out of a company."""
    with transaction():
        people.leave(row.id, company.id)
        record_act("person.left", row.public_id, company=company.identifier)


def activate(row: Any, active: bool) -> None:
    """Let somebody in again, or lock them out, at once and everywhere. Raises Refused for oneself.

    Links and API keys end for good: letting somebody in again does not bring them back.
    """
    if row.id == current().me.id:
        raise Refused(_("You cannot lock yourself out."))
    with transaction():
        people.change_person(row.id, active=active)
        if not active:
            credentials.end_sessions(row.id)
            credentials.revoke_all(row.id)
        record_act("person.activated" if active else "person.deactivated", row.public_id)


def set_password(row: Any, password: str) -> None:
    """Give somebody a password that they must change at their next sign-in; their API keys end. Raises Invalid."""
    hashed = doorman.new_password(password, row.email, row.login, row.name)
    with transaction():
        people.change_person(row.id, password=hashed, must_change=True)
        entrance.close(row.id, "api")
        record_act("person.password_set", row.public_id)
        letters.send("signin/mail/password-changed", person=row.id, link=letters.Link("/reset"))


def take_second_step(row: Any) -> None:
    """Take app, passkeys and recovery codes off somebody who lost them, and say so. Raises Refused for oneself."""
    if row.id == current().me.id:
        raise Refused(_("Your own second step is on your security page."))
    with transaction():
        factors.drop_all(row.id)
        entrance.close(row.id)
        record_act("person.second_step_reset", row.public_id)
        letters.send("account/mail/security", person=row.id, link=letters.Link("/account/security"), what="reset")


def end_sessions(row: Any) -> None:
    """Sign somebody out everywhere."""
    with transaction():
        entrance.close(row.id)
        record_act("person.sessions_ended", row.public_id)


def remove(row: Any) -> None:
    """Remove somebody from the portal; what they wrote stays under their name. Raises Refused for oneself."""
    if row.id == current().me.id:
        raise Refused(_("You cannot remove yourself."))
    with transaction():
        record_act("person.removed", row.public_id, name=row.name)
        directory.remove_person(row.id)


def save_team(key: str, name: str, members: Iterable[str]) -> None:
    """Make a team or say who belongs to it; only staff of this tenant is taken."""
    wanted = set(members)
    staff = [row for row in people.people(staff=True, active=True) if row.public_id in wanted]
    with transaction():
        people.set_team(people.ensure_team(key, name), [row.id for row in staff])
        record_act("team.changed", key, members=[row.public_id for row in staff])
