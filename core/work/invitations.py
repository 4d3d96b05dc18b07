"""Invitations: who may come in, as what, by which letter; each link counts once and only the newest one counts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from core.data import audit, credentials, identity, people, scope
from core.data.credentials import digest
from core.data.db import now, transaction
from core.errors import Conflict, FieldError, Gone, Invalid, NotFound, Refused
from core.look.i18n import gettext as _
from core.work import letters

PURPOSE = "invite"
LASTS = timedelta(days=7)
STAFF = ("agent", "admin")
ROLES = ("user", "company_user", "company_admin", *STAFF)


def _mark(email: str, company: str) -> str:
    """Give the name under which one address is invited into one company once at a time."""
    return digest(f"{identity.email_key(email)}:{company}")


def invite(email: str, *, name: str = "", role: str = "user", company: str = "", quiet: bool = False,
           own_only: bool = False, hides: Iterable[str] = ()) -> str:
    """Invite an address into the portal as `role`, into the company with this identifier if one is named.

    Who may do that is the caller's to check. An earlier invitation of the same address into the same company
    dies. `quiet` sends no letter; `own_only` and `hides` (features) narrow what they see in the company. Gives the
    token's public identifier. Raises Invalid for an address that cannot be one, for staff in a company and for a
    company that is switched off, NotFound for an unknown one, Refused where nobody may come in at all.
    """
    if scope.current().settings.value("access.registration.mode") == "off":
        raise Refused("This portal takes no new people: access.registration is off.")
    if role not in ROLES:
        raise Invalid([FieldError("role", "Choose one of the roles offered.", "choice")])
    if company and role in STAFF:
        raise Invalid([FieldError("role", _("Agents and admins belong to no company. Choose no company, or what "
                                            "they may see as a customer."), "company")])
    email = identity.email(email)
    known = people.by_address(email)
    place = people.company(company) if company else None
    if place is not None and not _takes_people(place):
        raise Invalid([FieldError("company", _("This company is switched off. Switch it on first."), "inactive")])
    data = {"email": email, "key": identity.email_key(email), "name": identity.name(name) if name else "",
            "role": role, "company": company, "company_name": place.name if place else "",
            "company_id": place.id if place else None, "by": _inviter(),
            "own_only": own_only, "hides": sorted(hides)}
    with transaction():
        credentials.revoke_tokens(PURPOSE, name=_mark(email, company))
        row = credentials.token(PURPOSE, credentials.make_token(
            PURPOSE, known.id if known else None, lasts=LASTS, name=_mark(email, company), data=data, alone=False))
        if not quiet:
            _post(row)
        audit.record_act("person.invited", row.public_id, email=email, role=role, company=company)
    return str(row.public_id)


def _takes_people(company: Any) -> bool:
    """Say whether a company may use the portal: neither staff nor the configuration switched it off."""
    return bool(company.active and scope.current().settings.company(company.identifier).status != "disabled")


def _inviter() -> str:
    person = scope.current().person
    return person.name if person else ""


def _post(row: Any) -> None:
    letters.send("signin/mail/invitation", address=row.data["email"],
                 link=letters.Link("/invite/{token}", token=row.id),
                 **{key: row.data[key] for key in ("by", "company_name", "name", "role")})


def waiting(company_id: int | None = None, email: str | None = None) -> list[Any]:
    """Give the open invitations, newest first: all, into one company, or of one address."""
    about = {"company_id": company_id, "key": identity.email_key(email) if email else None}
    return credentials.tokens(PURPOSE, live=True, about={key: value for key, value in about.items() if value})


def one(public_id: str, company_id: int | None = None) -> Any:
    """Give an open invitation, into this company where one is named. Raises NotFound."""
    row = credentials.token_by_id(PURPOSE, public_id)
    over = row.used or row.revoked or row.expires <= now()
    if over or (company_id is not None and row.data["company_id"] != company_id):
        raise NotFound
    return row


def link(public_id: str) -> str:
    """Give an open invitation a new secret and say it, for handing it over by other ways. Raises Gone."""
    secret = credentials.renew_token(credentials.token_by_id(PURPOSE, public_id).id)
    if secret is None:
        raise Gone
    return f"/invite/{secret}"


def again(public_id: str) -> None:
    """Send an invitation once more, with seven new days; the earlier link dies. Raises NotFound."""
    row = credentials.token_by_id(PURPOSE, public_id)
    if row.used:
        raise Conflict("This invitation has been accepted already.")
    company = next(iter(people.companies([row.data["company_id"]])), None) if row.data["company_id"] else None
    if company is None and row.data["company"]:
        raise Gone
    invite(row.data["email"], name=row.data["name"], role=row.data["role"],
           company=company.identifier if company else "", own_only=row.data.get("own_only", False),
           hides=row.data.get("hides", ()))


def _join(person: Any, data: Mapping[str, Any]) -> None:
    """Put somebody into the company they were invited into; whoever is there already never becomes less by it."""
    here = next((one for one in people.memberships([person.id]).get(person.id, ())
                 if one.company_id == data["company_id"]), None)
    if here is None:
        people.join(person.id, data["company_id"], data["role"], own_only=data.get("own_only", False),
                    features=dict.fromkeys(data.get("hides", ()), False))
    elif ROLES.index(data["role"]) > ROLES.index(here.role):
        people.join(person.id, data["company_id"], data["role"])


def withdraw(public_id: str) -> None:
    """Take an invitation back: its link dies at once. Raises NotFound."""
    row = credentials.token_by_id(PURPOSE, public_id)
    with transaction():
        if credentials.revoke_tokens(PURPOSE, public_id=public_id):
            audit.record_act("person.invitation_withdrawn", public_id, email=row.data["email"])


def read(secret: str) -> Any:
    """Give the live invitation behind a link. Raises NotFound for what never was one, Gone where it is over."""
    row = credentials.token(PURPOSE, secret)
    _place(row)
    person = _invited(row)
    if person is not None and not person.active:
        raise Gone
    return row


def _place(row: Any) -> None:
    """Look at the company an invitation leads into. Raises Gone where it is no more or switched off."""
    if row.data["company_id"] and not any(map(_takes_people, people.companies([row.data["company_id"]]))):
        raise Gone


def _invited(row: Any) -> Any | None:
    """Give the person an invitation is for, if they are here already. Raises Gone where they changed since."""
    key = identity.email_key(row.data["email"])
    found = people.by_address(row.data["email"])
    if row.person_id is not None:
        meant = people.person(row.person_id)
        if meant.removed or identity.email_key(meant.email or "") != key:
            raise Gone
        return meant
    return found


def needs_password(row: Any) -> bool:
    """Say whether accepting sets a name and a password: not for somebody who signs in already."""
    person = _invited(row)
    return person is None or not (person.password or person.two_factor)


def accept(secret: str, *, name: str = "", hashed: str = "") -> Any:
    """Take an invitation for good and give the person as they are now: of many at once, one gets through.

    `hashed` is the hash of the password they chose, "" where people have passkeys alone. Raises NotFound or Gone
    as `read` does.
    """
    with transaction():
        row = credentials.use_token(PURPOSE, secret)
        _place(row)
        person = _invited(row)
        if person is not None and not person.active:
            raise Gone
        role = row.data["role"]
        staff = role if role in STAFF else ""
        if person is None:
            person = people.add_person(name, email=row.data["email"], role=staff, verified=True,
                                       password=hashed or None)
        else:
            changes: dict[str, Any] = {"verified": True}
            if not (person.password or person.two_factor):
                changes |= {"name": name, "password": hashed or None, "must_change": False}
            if staff:
                changes["role"] = staff
            people.change_person(person.id, **changes)
        if row.data["company_id"]:
            _join(person, row.data)
        if person.password is None:
            credentials.revoke_all(person.id, "reset")
        with scope.acting(people.who(people.person(person.id))):
            audit.record_act("person.accepted", person.public_id, role=role, company=row.data["company"])
    return people.person(person.id)
