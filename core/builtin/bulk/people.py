"""What can be done to many people at once; each is done with the rights of whoever began it, at that moment."""

from collections.abc import Mapping
from typing import Any

from parlour import (
    N_,
    Act,
    Invalid,
    Refused,
    credentials,
    current,
    directory,
    entrance,
    forms,
    granted,
    invitations,
    letters,
    people,
)
from parlour import gettext as _

STAFF = ("agent", "admin")
RESET_MINUTES = 24 * 60
MOST_COMPANIES = 500
"""So many companies are a list to choose from; of more, one types the identifier."""

Values = Mapping[str, Any]


def roles() -> dict[str, str]:
    """Say what customers can be in a company."""
    return {"user": _("own requests"), "company_user": _("the whole company"), "company_admin": _("company admin")}


def _not_me(row: Any) -> str:
    return _("That is you.") if row.id == current().me.id else ""


def _reachable(row: Any) -> str:
    return _("No e-mail address.") if not row.email else "" if row.active else _("Locked out.")


def activate(row: Any, _values: Values) -> Values | None:
    """Let somebody in again."""
    if row.active:
        return None
    people.change_person(row.id, active=True)
    return {"active": False}


def deactivate(row: Any, _values: Values) -> Values | None:
    """Lock somebody out, at once and everywhere; links and API keys end for good. Raises Refused for oneself."""
    if _not_me(row):
        raise Refused(_("You cannot lock yourself out."))
    if not row.active:
        return None
    people.change_person(row.id, active=False)
    credentials.end_sessions(row.id)
    credentials.revoke_all(row.id)
    return {"active": True}


def _put_active(row: Any, before: Values) -> None:
    deactivate(row, {}) if not before["active"] else activate(row, {})


def _cannot_invite(row: Any, _values: Values) -> str:
    if row.role in STAFF and granted(current(), "people.manage") == "none":
        return _("Only admins invite people of the team.")
    return _reachable(row) or (_("Can sign in already.") if row.password or row.two_factor else "")


def invite(row: Any, values: Values) -> Values | None:
    """Send an invitation, or another one; the earlier link dies."""
    why = _cannot_invite(row, values)
    if why:
        raise Refused(why)
    members = [one for one in people.memberships([row.id]).get(row.id, ()) if one.active]
    first = members[0] if members and not row.role else None
    invitations.invite(row.email, name=row.name, role=row.role or (first.role if first else "user"),
                       company=first.identifier if first else "")
    return {}


def _in_company(row: Any, values: Values) -> Any:
    return next((one for one in people.memberships([row.id]).get(row.id, ())
                 if one.identifier == values["company"]), None)


def _cannot_join(row: Any, values: Values) -> str:
    if row.role:
        return _("Works for you and belongs to no company.")
    member = _in_company(row, values)
    return _("Belongs to it already.") if member else ""


def join(row: Any, values: Values) -> Values | None:
    """Put somebody into a company."""
    why = _cannot_join(row, values)
    if why:
        raise Refused(why)
    people.join(row.id, people.company(values["company"]).id, values["role"])
    return {"company": values["company"], "role": ""}


def _cannot_turn(row: Any, values: Values) -> str:
    member = _in_company(row, values)
    if member is None:
        return _("Does not belong to it.")
    return _("Is that already.") if member.role == values["role"] else ""


def turn(row: Any, values: Values) -> Values | None:
    """Change what somebody is in a company."""
    member = _in_company(row, values)
    if member is None:
        raise Refused(_("Does not belong to it."))
    if member.role == values["role"]:
        return None
    people.join(row.id, member.company_id, values["role"])
    return {"company": values["company"], "role": member.role}


def _put_member(row: Any, before: Values) -> None:
    company = people.company(before["company"])
    if before["role"]:
        people.join(row.id, company.id, before["role"])
    else:
        people.leave(row.id, company.id)


def switch(row: Any, values: Values) -> Values | None:
    """Show a module to somebody, hide it from them, or do as their company does."""
    feature, wanted = values["feature"], {"on": True, "off": False}.get(values["state"])
    features = dict(row.features or {})
    before = features.get(feature)
    if before is wanted:
        return None
    features.pop(feature, None)
    people.change_person(row.id, features=features if wanted is None else {**features, feature: wanted})
    return {"feature": feature, "state": "company" if before is None else "on" if before else "off"}


def _cannot_reset(row: Any, _values: Values) -> str:
    return _reachable(row) or ("" if row.password else _("Has no password yet; invite them instead."))


def reset(row: Any, values: Values) -> Values | None:
    """Send the letter with which somebody chooses a new password."""
    why = _cannot_reset(row, values)
    if why:
        raise Refused(why)
    letters.send("signin/mail/reset", person=row.id, password=entrance.with_password(),
                 link=letters.Link("/reset/{token}", purpose="reset", minutes=RESET_MINUTES))
    return {}


def end_sessions(row: Any, _values: Values) -> Values | None:
    """Sign somebody out everywhere."""
    entrance.close(row.id)
    return {}


def _companies() -> dict[str, Any]:
    found = directory.search_companies(who="active", limit=MOST_COMPANIES + 1).rows
    named = {row.identifier: row.name for row in found}
    if not named or len(named) > MOST_COMPANIES:
        return {"type": "text", "label": _("Company"), "help": _("Its identifier."), "required": True,
                "pattern": "^[a-z0-9][a-z0-9-]*$"}
    return {"type": "choice", "label": _("Company"), "options": named, "required": True}


def in_company_form() -> Any:
    """Ask for a company and a role there."""
    role = {"type": "choice", "label": _("Role there"), "options": roles(), "required": True, "default": "user"}
    return forms.load({"type": "object", "properties": forms.custom({"company": _companies(), "role": role})},
                      id="bulk.company")


def module_form() -> Any:
    """Ask for a module and whether it is shown."""
    found = {one.id: one.title for one in current().registry.manifests.values() if not one.builtin}
    return forms.load({"type": "object", "properties": forms.custom({
        "feature": {"type": "choice", "label": _("Module"), "options": found, "required": True},
        "state": {"type": "choice", "label": _("For these people"), "required": True, "default": "company",
                  "options": {"on": _("On"), "off": _("Off"), "company": _("As their company")}}})},
                      id="bulk.module")


def _company_name(values: Values) -> str:
    try:
        return str(people.company(values["company"]).name)
    except (Invalid, LookupError):
        return str(values["company"])


def _act(name: str, title: str, call: Any, says: Any, **more: Any) -> Act:
    return Act(f"people.{name}", title, "person", more.pop("permission", "people.manage"), call, says, **more)


ACTS = (
    _act("invite", N_("Invite, or invite again"), invite, lambda _v: _(
        "Each gets a letter with a link that works once, for seven days. Earlier links die."),
        permission="people.invite", check=_cannot_invite, order=10),
    _act("activate", N_("Let in again"), activate, lambda _v: _("They can sign in again."), undo=_put_active,
         order=20, check=lambda row, _v: _("Is let in already.") if row.active else ""),
    _act("deactivate", N_("Lock out"), deactivate, lambda _v: _(
        "They are signed out at once and cannot sign in. Links and API keys of theirs end for good."),
        undo=_put_active, order=30,
        check=lambda row, _v: _not_me(row) or ("" if row.active else _("Is locked out already."))),
    _act("join", N_("Add to a company"), join, lambda v: _(
        "They belong to %(company)s and see there: %(role)s.", company=_company_name(v), role=roles()[v["role"]]),
        form=in_company_form, check=_cannot_join, undo=_put_member, order=40),
    _act("role", N_("Set their role in a company"), turn, lambda v: _(
        "In %(company)s they see: %(role)s.", company=_company_name(v), role=roles()[v["role"]]),
        form=in_company_form, check=_cannot_turn, undo=_put_member, order=50),
    _act("module", N_("Switch a module on or off"), switch, lambda v: {
        "on": _("They see %(module)s, whatever their company does.", module=v["feature"]),
        "off": _("They see nothing of %(module)s.", module=v["feature"]),
        "company": _("They see %(module)s as their company does.", module=v["feature"])}[v["state"]],
        form=module_form, undo=switch, order=60),
    _act("reset", N_("Send a letter for a new password"), reset, lambda _v: _(
        "Each gets a letter with a link to choose a new password, good for a day. The old one works until then."),
        check=_cannot_reset, order=70),
    _act("sessions", N_("Sign out everywhere"), end_sessions, lambda _v: _(
        "They are signed out on every device and sign in again."), order=80,
        check=lambda row, _v: _not_me(row)))
