"""Your company: its people and invitations, for whoever looks after it; only their own company, nobody else's."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, request

from parlour import (
    FieldError,
    Invalid,
    NotFound,
    companies,
    current,
    forms,
    invitations,
    letters,
    paging,
    people,
    record_act,
    redirect,
    render,
    requires,
    transaction,
)
from parlour import gettext as _

from . import words

blueprint = Blueprint("companies_mine", __name__)
INVITE = forms.load(Path(__file__).parent / "forms" / "own-invite.yaml", id="companies.own_invite")
SEARCHED = 20
"""With more people than this there is a field to look for them."""


def managed() -> None:
    """Raise NotFound where the tenant has switched account management off."""
    if not current().settings.value("features.account.management", True):
        raise NotFound


def my(identifier: str) -> Any:
    """Give a company of those whoever asks looks after. Raises NotFound for every other one."""
    managed()
    return companies.mine(identifier)


def path(company: Any) -> str:
    """Give the address of a company's pages for its own admins."""
    return f"/account/company/{company.identifier}"


@blueprint.get("/account/company")
@requires("companies.own")
def start() -> Response:
    """Go to the company somebody looks after, or show which ones there are."""
    managed()
    found, here = companies.administered(current().me), companies.place()
    if here is not None and here in found:
        return redirect(path(here))
    if len(found) == 1:
        return redirect(path(found[0]))
    return render("companies/mine.html", companies=found)


def _page(company: Any, form: Any, status: int = 200) -> Response:
    asked = {name: request.args.get(name, "")[:200] for name in ("q", "after", "before")}
    page = companies.people_of(company.company_id, asked["q"], after=asked["after"], before=asked["before"],
                               customers=True)
    many = companies.how_many_in([company.company_id]).get(company.company_id, 0) > SEARCHED
    return render("companies/colleagues.html", block="results", status=status, company=company, form=form,
                  path=path(company), page=page, people=page.rows, q=asked["q"], many=many, address=paging.address,
                  waiting=invitations.waiting(company.company_id), roles=words.own_roles(),
                  offered=companies.offered(company.identifier), hidden=companies.hidden, told=words.told,
                  chosen=asked_for(company), own_only=request.form.get("own_only") == "true")


@blueprint.get("/account/company/<identifier>")
@requires("companies.own")
def show(identifier: str) -> Response:
    """Show the people of a company of yours, and who is invited."""
    return _page(my(identifier), INVITE.bind())


def asked_for(company: Any) -> set[str]:
    """Give the features a form lets somebody see, all of the company's where it does not ask."""
    shown = {one.id for one in companies.offered(company.identifier)}
    return shown & set(request.form.getlist("modules")) if "narrow" in request.form else shown


def hides(company: Any, row: Any = None) -> list[str]:
    """Give the features a form takes from somebody; those staff has switched off for them stay as they are."""
    kept = barred(row) if row is not None else set[str]()
    taken = {one.id for one in companies.offered(company.identifier)} - asked_for(company) - kept
    return sorted(taken | (companies.hidden(row) & kept if row is not None else set()))


def barred(row: Any) -> set[str]:
    """Give the features that staff has switched off for a person."""
    return {feature for feature, on in (row.features or {}).items() if on is False}


@blueprint.post("/account/company/<identifier>/invite")
@requires("companies.own")
def invite(identifier: str) -> Response:
    """Invite somebody into your company."""
    company = my(identifier)
    try:
        values = INVITE.clean(request.form)
        _new_here(company, values["email"])
        invitations.invite(values["email"], name=values["name"], role=values["role"], company=company.identifier,
                           own_only=request.form.get("own_only") == "true", hides=hides(company))
    except Invalid as error:
        return _page(company, INVITE.bind(request.form, error.errors), 422)
    return redirect(path(company), message=_("%(email)s is invited.", email=values["email"]))


def _new_here(company: Any, email: str) -> None:
    """See that an address is nobody's of the company; where else it is known is nobody's business."""
    known = people.by_address(email)
    mine = people.memberships([known.id]).get(known.id, ()) if known is not None else ()
    if any(one.company_id == company.company_id for one in mine):
        raise Invalid([FieldError("email", _("They belong to your company already."), "here")])


@blueprint.post("/account/company/<identifier>/invitations/<public_id>/<act>")
@requires("companies.own")
def invitation(identifier: str, public_id: str, act: str) -> Response:
    """Send an invitation again, or take it back."""
    company = my(identifier)
    row = invitations.one(public_id, company.company_id)
    if act == "again":
        invitations.again(row.public_id)
        return redirect(path(company), message=_("The invitation is sent again; the earlier link is dead."))
    if act == "withdraw":
        invitations.withdraw(row.public_id)
        return redirect(path(company), message=_("The invitation is withdrawn."))
    raise NotFound


@blueprint.get("/account/company/<identifier>/people/<public_id>")
@requires("companies.own")
def person(identifier: str, public_id: str) -> Response:
    """Show one of your people, and what they may do."""
    company = my(identifier)
    return _person(company, companies.colleague(company, public_id))


def _person(company: Any, row: Any, errors: Iterable[FieldError] = (), status: int = 200) -> Response:
    asked = "narrow" in request.form
    shown = companies.offered(company.identifier)
    seen = asked_for(company) if asked else {one.id for one in shown} - companies.hidden(row)
    return render("companies/colleague.html", status=status, company=company, row=row, roles=words.own_roles(),
                  path=path(company), errors=[(e.path, _(e.message)) for e in errors], offered=shown, seen=seen,
                  role=request.form.get("role", row.membership), me_too=row.id == current().me.id,
                  own_only=request.form.get("own_only") == "true" if asked else row.own_there,
                  barred=barred(row))


@blueprint.post("/account/company/<identifier>/people/<public_id>")
@requires("companies.own")
def change(identifier: str, public_id: str) -> Response:
    """Say what one of your people is in your company, and what of it they see."""
    company = my(identifier)
    row = companies.colleague(company, public_id)
    asked = "narrow" in request.form
    try:
        with transaction():
            changed = companies.change_colleague(
                company, public_id, request.form.get("role", ""), hides=hides(company, row) if asked else
                companies.hidden(row), own_only=request.form.get("own_only") == "true" if asked else row.own_there)
            if changed:
                _tell(company, row, "changed", **{"role": row.membership, **changed})
    except Invalid as error:
        return _person(company, row, error.errors, 422)
    return redirect(path(company), message=_("Saved. It holds from %(name)s's next click on.", name=row.name))


def _tell(company: Any, row: Any, what: str, **changed: Any) -> None:
    """Write down what was done with a colleague, and tell them unless they did it themselves."""
    record_act({"changed": "person.role_changed", "left": "person.left"}[what], row.public_id,
               company=company.identifier, **changed)
    if row.email and row.id != current().me.id:
        letters.send("companies/mail/member", person=row.id, what=what, company=company.name, by=current().me.name,
                     role=changed.get("role", ""), link=letters.Link("/"))


@blueprint.post("/account/company/<identifier>/people/<public_id>/remove")
@requires("companies.own")
def remove(identifier: str, public_id: str) -> Response:
    """Take somebody out of your company; with the next request they see nothing of it."""
    company = my(identifier)
    row = companies.colleague(company, public_id)
    try:
        with transaction():
            companies.part_with(company, public_id)
            _tell(company, row, "left")
    except Invalid as error:
        return _person(company, row, error.errors, 422)
    return redirect(path(company), message=_("%(name)s no longer belongs to %(company)s.", name=row.name,
                                             company=company.name))
