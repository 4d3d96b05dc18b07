"""Your company: its people and invitations, for whoever looks after it; only their own company, nobody else's."""

from pathlib import Path
from typing import Any

from flask import Blueprint, Response, request

from parlour import (
    FieldError,
    Invalid,
    NotFound,
    current,
    directory,
    forms,
    invitations,
    people,
    record_act,
    redirect,
    render,
    requires,
    transaction,
)
from parlour import gettext as _

from .views import managed

blueprint = Blueprint("account_company", __name__)
INVITE = forms.load(Path(__file__).parent / "forms" / "invite.yaml", id="account.invite")


def _roles() -> dict[str, str]:
    return {"user": _("their own requests"), "company_user": _("everything of the company"),
            "company_admin": _("everything, and look after people")}


def _path(identifier: str) -> str:
    return f"/account/company/{identifier}"


@blueprint.get("/account/company")
@requires("account.company")
def mine() -> Response:
    """Go to the company somebody looks after, or show which ones there are."""
    managed()
    found = directory.administered(current().me)
    if len(found) == 1:
        return redirect(_path(found[0].identifier))
    return render("account/companies.html", companies=found)


def _page(identifier: str, form: Any, status: int = 200) -> Response:
    company = directory.my_company(identifier)
    return render("account/company.html", status=status, company=company, form=form, path=_path(identifier),
                  people=[row for row in people.members(company.company_id) if row.active],
                  waiting=invitations.waiting(company.company_id), roles=_roles())


@blueprint.get("/account/company/<identifier>")
@requires("account.company")
def show(identifier: str) -> Response:
    """Show the people of a company of yours, and who is invited."""
    managed()
    return _page(identifier, INVITE.bind())


@blueprint.post("/account/company/<identifier>/invite")
@requires("account.company")
def invite(identifier: str) -> Response:
    """Invite somebody into your company."""
    managed()
    company = directory.my_company(identifier)
    try:
        values = INVITE.clean(request.form)
        invitations.invite(values["email"], name=values["name"], role=values["role"], company=company.identifier)
    except Invalid as error:
        return _page(identifier, INVITE.bind(request.form, error.errors), 422)
    return redirect(_path(identifier), message=_("%(email)s is invited.", email=values["email"]))


def _invitation(identifier: str, public_id: str) -> Any:
    """Give an open invitation into a company of yours. Raises NotFound for any other."""
    return invitations.one(public_id, directory.my_company(identifier).company_id)


@blueprint.post("/account/company/<identifier>/invitations/<public_id>/<act>")
@requires("account.company")
def invitation(identifier: str, public_id: str, act: str) -> Response:
    """Send an invitation again, or take it back."""
    managed()
    row = _invitation(identifier, public_id)
    if act == "again":
        invitations.again(row.public_id)
        return redirect(_path(identifier), message=_("The invitation is sent again; the earlier link is dead."))
    if act == "withdraw":
        invitations.withdraw(row.public_id)
        return redirect(_path(identifier), message=_("The invitation is withdrawn."))
    raise NotFound


@blueprint.get("/account/company/<identifier>/people/<public_id>")
@requires("account.company")
def person(identifier: str, public_id: str) -> Response:
    """Show one of your people, and what they may do."""
    managed()
    company = directory.my_company(identifier)
    return _person(company, directory.colleague(company, public_id))


def _person(company: Any, row: Any, errors: Any = (), status: int = 200) -> Response:
    return render("account/colleague.html", status=status, company=company, row=row, roles=_roles(),
                  path=_path(company.identifier), errors=[(e.path, e.message) for e in errors])


@blueprint.post("/account/company/<identifier>/people/<public_id>")
@requires("account.company")
def change(identifier: str, public_id: str) -> Response:
    """Say what one of your people is in your company."""
    managed()
    company = directory.my_company(identifier)
    row, role = directory.colleague(company, public_id), request.form.get("role", "")
    if role not in directory.CUSTOMER_ROLES:
        return _person(company, row, [FieldError("role", _("Choose one of the roles offered."), "choice")], 422)
    if row.id == current().me.id and role != "company_admin":
        return _person(company, row, [FieldError("role", _("Ask another admin to take this role from you."),
                                                 "self")], 422)
    with transaction():
        people.join(row.id, company.company_id, role)
        record_act("person.role_changed", row.public_id, company=company.identifier, role=role)
    return redirect(_path(identifier), message=_("Saved."))


@blueprint.post("/account/company/<identifier>/people/<public_id>/remove")
@requires("account.company")
def remove(identifier: str, public_id: str) -> Response:
    """Take somebody out of your company; with the next request they see nothing of it."""
    managed()
    company = directory.my_company(identifier)
    row = directory.colleague(company, public_id)
    if row.id == current().me.id:
        return _person(company, row, [FieldError("", _("Ask another admin to take you out."), "self")], 422)
    with transaction():
        people.leave(row.id, company.company_id)
        record_act("person.left", row.public_id, company=company.identifier)
    return redirect(_path(identifier), message=_("%(name)s no longer belongs to %(company)s.", name=row.name,
                                                 company=company.name))
