"""One person in one company, as staff sees them: their role there, and what its admins took from them."""

from collections.abc import Iterable
from typing import Any

from flask import Blueprint, Response, request

from parlour import (
    FieldError,
    Invalid,
    companies,
    people,
    record_act,
    redirect,
    render,
    requires,
    transaction,
)
from parlour import gettext as _

from . import mine, page, words

blueprint = Blueprint("companies_members", __name__)


def _draw(row: Any, one: Any, errors: Iterable[FieldError] = (), status: int = 200) -> Response:
    asked, shown = "narrow" in request.form, companies.offered(row.identifier)
    seen = mine.asked_for(row) if asked else {feature.id for feature in shown} - companies.hidden(one)
    return render("companies/member.html", status=status, **page.shown(row), one=one, roles=words.roles(),
                  role=request.form.get("role", one.membership), errors=[(e.path, _(e.message)) for e in errors],
                  own_only=request.form.get("own_only") == "true" if asked else one.own_there, offered=shown,
                  seen=seen, barred=mine.barred(one))


@blueprint.get("/companies/<identifier>/people/<public_id>")
@requires("companies.manage")
def show(identifier: str, public_id: str) -> Response:
    """Show what somebody is in a company."""
    row = page.company(identifier)
    return _draw(row, companies.member(row.id, public_id))


@blueprint.post("/companies/<identifier>/people/<public_id>")
@requires("companies.manage")
def change(identifier: str, public_id: str) -> Response:
    """Say what somebody is in a company, and what of it they see."""
    row = page.company(identifier)
    one = companies.member(row.id, public_id)
    asked = "narrow" in request.form
    try:
        with transaction():
            companies.change_member(
                row, public_id, request.form.get("role", ""), hides=mine.hides(row, one) if asked else
                companies.hidden(one), own_only=request.form.get("own_only") == "true" if asked else one.own_there)
            record_act("person.role_changed", public_id, company=row.identifier, role=request.form["role"])
    except Invalid as error:
        return _draw(row, one, error.errors, 422)
    return redirect(f"/companies/{row.identifier}/people", message=_("Saved. It holds from their next click on."))


@blueprint.post("/companies/<identifier>/people/<public_id>/remove")
@requires("companies.manage")
def remove(identifier: str, public_id: str) -> Response:
    """Take somebody out of a company."""
    row = page.company(identifier)
    one = companies.member(row.id, public_id)
    with transaction():
        people.leave(one.id, row.id)
        record_act("person.left", one.public_id, company=row.identifier)
    return redirect(f"/companies/{row.identifier}/people", message=_(
        "%(name)s no longer belongs to %(company)s.", name=one.name, company=row.name))
