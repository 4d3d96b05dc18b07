"""One company, as staff sees it: what it is and is called, its people and invitations, what was done."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, request

from parlour import (
    Conflict,
    FieldError,
    Invalid,
    NotFound,
    Refused,
    companies,
    current,
    forms,
    invitations,
    links,
    paging,
    people,
    redirect,
    render,
    requires,
)
from parlour import gettext as _

from . import exceptions, listing, service, words

blueprint = Blueprint("companies_page", __name__)
INVITE = forms.load(Path(__file__).parent / "forms" / "invite.yaml", id="companies.invite")
IDENTIFIER = listing.BASE.adjusted(hidden=["name"], required=["identifier"])
PER_PAGE = 25
TROUBLE = (Invalid, Refused, Conflict)
"""What a change of portal.yaml may end with."""


def company(identifier: str) -> Any:
    """Give the company with this identifier now. Raises NotFound."""
    return people.company(identifier)


def shown(row: Any) -> dict[str, Any]:
    """Give what every page of a company shows of it."""
    return {"row": row, "path": f"/companies/{row.identifier}", "may_manage": service.may("manage"),
            "may_configure": service.may_configure(), "may_invite": service.may("invite"),
            "override": current().settings.company(row.identifier), "is_open": companies.is_open(row)}


def said(error: Any) -> str:
    """Say in one line why a change was not made."""
    if isinstance(error, Invalid):
        return " ".join(_(one.message) for one in error.errors)
    return str(error)


def _details() -> Any:
    return listing.form().adjusted(hidden=["identifier"])


def draw(row: Any, bound: Any = None, status: int = 200, trouble: str = "",
         errors: Iterable[FieldError] = ()) -> Response:
    """Draw the first page of a company."""
    wrong = {one.path: _(one.message) for one in errors}
    chosen = current().settings.value("access.companies") == "chosen"
    return render("companies/overview.html", status=status, **shown(row),
                  form=bound or _details().bind({"name": row.name, **(row.fields or {})}), trouble=trouble,
                  former=companies.former(row.id), wrong=wrong, chosen_only=chosen,
                  wanted=request.form.get("identifier", "") if "identifier" in wrong else row.identifier,
                  address=links.absolute(f"/portal/{row.identifier}"),
                  people=companies.how_many_in([row.id]).get(row.id, 0),
                  waiting=len(invitations.waiting(row.id)), records=companies.latest(row.id, 5)[0],
                  href=links.of, number=words.number, status_own=exceptions.own(row.identifier).get("status", ""))


@blueprint.get("/companies/<identifier>")
@requires("companies.view")
def show(identifier: str) -> Response:
    """Show one company; the address of an earlier identifier leads there."""
    found = companies.answering(identifier)
    if found is None:
        raise NotFound
    if found.identifier != identifier:
        return redirect(f"/companies/{found.identifier}")
    return draw(found)


@blueprint.post("/companies/<identifier>")
@requires("companies.manage")
def change(identifier: str) -> Response:
    """Save what a company is called and says about itself."""
    row, mine = company(identifier), _details()
    try:
        values = mine.clean(request.form)
        service.change(row, values["name"], {name: values[name] for name in mine.extras})
    except Invalid as error:
        return draw(row, mine.bind(request.form, error.errors), 422)
    return redirect(f"/companies/{row.identifier}", message=_("Saved."))


@blueprint.post("/companies/<identifier>/identifier")
@requires("companies.manage")
def rename(identifier: str) -> Response:
    """Give a company another identifier, or let an earlier one lead nowhere any more."""
    row, earlier = company(identifier), request.form.get("let_go", "")
    if earlier:
        service.let_go(row, earlier)
        return redirect(f"/companies/{row.identifier}",
                        message=_("%(name)s leads nowhere any more.", name=earlier))
    try:
        wanted = IDENTIFIER.clean(request.form)
        service.rename(row, wanted["identifier"])
    except Invalid as error:
        return draw(row, status=422, errors=error.errors)
    except TROUBLE as error:
        return draw(row, status=422, trouble=said(error))
    return redirect(f"/companies/{wanted['identifier']}", message=_("Saved. The earlier address leads here."))


@blueprint.post("/companies/<identifier>/active")
@requires("companies.manage")
def switch(identifier: str) -> Response:
    """Switch a company on or off altogether."""
    row, active = company(identifier), request.form.get("active") == "on"
    service.switch(row, active)
    return redirect(f"/companies/{identifier}", message=_("%(name)s is on.", name=row.name) if active else
                    _("%(name)s is off: its people come in no more.", name=row.name))


# --- people and invitations ---


def _people(row: Any, bound: Any = None, status: int = 200, link: str = "", invited: str = "") -> Response:
    asked = {name: request.args.get(name, "")[:200] for name in ("q", "after", "before")}
    page = companies.people_of(row.id, asked["q"], after=asked["after"], before=asked["before"])
    answer = render("companies/people.html", block="results", status=status, **shown(row), page=page,
                    people=page.rows, q=asked["q"], count=companies.how_many_in([row.id]).get(row.id, 0),
                    address=paging.address,
                    waiting=invitations.waiting(row.id), roles=words.roles(), hidden=companies.hidden,
                    form=bound or INVITE.bind(), link=link, invited=invited)
    if link:
        answer.headers["Cache-Control"] = "private, no-store"
    return answer


@blueprint.get("/companies/<identifier>/people")
@requires("companies.view")
def its_people(identifier: str) -> Response:
    """Show the people of a company, and who is invited."""
    return _people(company(identifier))


@blueprint.post("/companies/<identifier>/people")
@requires("companies.invite")
def invite(identifier: str) -> Response:
    """Invite somebody into a company: by a letter, or by a link to hand over."""
    row = company(identifier)
    by_link = request.form.get("how") == "link"
    try:
        values = INVITE.clean(request.form)
        service.may_be_invited(values["email"])
        made = invitations.invite(values["email"], name=values["name"], role=values["role"],
                                  company=row.identifier, quiet=by_link)
    except Invalid as error:
        return _people(row, INVITE.bind(request.form, error.errors), 422)
    if by_link:
        return _people(row, link=links.absolute(invitations.link(made)), invited=values["email"])
    return redirect(f"/companies/{row.identifier}/people",
                    message=_("%(email)s is invited.", email=values["email"]))


@blueprint.post("/companies/<identifier>/invitations/<public_id>/<act>")
@requires("companies.invite")
def invitation(identifier: str, public_id: str, act: str) -> Response:
    """Send an invitation again, show a new link for it, or take it back."""
    row = company(identifier)
    one, back = invitations.one(public_id, row.id), f"/companies/{row.identifier}/people"
    if act == "again":
        invitations.again(one.public_id)
        return redirect(back, message=_("The invitation is sent again; the earlier link is dead."))
    if act == "link":
        return _people(row, link=links.absolute(invitations.link(one.public_id)), invited=one.data["email"])
    if act == "withdraw":
        invitations.withdraw(one.public_id)
        return redirect(back, message=_("The invitation is withdrawn."))
    raise NotFound


# --- what was done ---


@blueprint.get("/companies/<identifier>/activity")
@requires("companies.view")
def activity(identifier: str) -> Response:
    """Show the latest records of a company, or to admins what was done to it and its people."""
    row, done = company(identifier), service.may("manage") and request.args.get("of") == "acts"
    if not done:
        records, older = companies.latest(row.id, PER_PAGE, before=request.args.get("before", "")[:40])
        return render("companies/activity.html", block="results", **shown(row), acts=None, records=records,
                      older=paging.address(before=older) if older else "", newer="", href=links.of,
                      number=words.number)
    before, after = (_place(name) for name in ("before", "after"))
    found = companies.doings(row, before=before, after=after, limit=PER_PAGE + 1)
    back, more = after is not None, len(found) > PER_PAGE
    rows = found[-PER_PAGE:] if back else found[:PER_PAGE]
    older = paging.address(before=str(rows[-1].id)) if rows and (more or back) else ""
    newer = paging.address(after=str(rows[0].id)) if rows and ((more and back) or before is not None) else ""
    return render("companies/activity.html", block="results", **shown(row), acts=rows, older=older, newer=newer,
                  names=words.names(rows), done=words.acts(), details=words.details, records=())


def _place(name: str) -> int | None:
    given = request.args.get(name, "")
    return int(given) if given.isdecimal() and given.isascii() and len(given) < 18 else None
