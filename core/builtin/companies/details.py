"""What a company says about itself: those of the tenant's own fields that its admins may change."""

from typing import Any

from flask import Blueprint, Response, request

from parlour import (
    Invalid,
    current,
    forms,
    people,
    record_act,
    redirect,
    render,
    requires,
    transaction,
)
from parlour import gettext as _

from . import mine

blueprint = Blueprint("companies_details", __name__)
NOTHING = forms.load({"type": "object", "properties": {}}, id="companies.own_details")


def _form(settings: Any) -> Any:
    fields = settings.value("fields.companies") or {}
    theirs = {name: field for name, field in fields.items() if isinstance(field, dict) and field.get("editable")}
    return NOTHING.adjusted(extra=forms.custom(theirs, file="fields.companies"), known=dict.fromkeys(fields))


def form() -> Any:
    """Give the form of what a company's own admins may change of it."""
    return current().settings.once(_form)


def _details(company: Any, bound: Any, status: int = 200) -> Response:
    return render("companies/own-details.html", status=status, company=company, path=mine.path(company),
                  form=bound)


@blueprint.get("/account/company/<identifier>/details")
@requires("companies.own")
def show(identifier: str) -> Response:
    """Show what your company says about itself."""
    company = mine.my(identifier)
    row = people.company(company.identifier)
    return _details(company, form().bind({name: (row.fields or {}).get(name) for name in form().extras}))


@blueprint.post("/account/company/<identifier>/details")
@requires("companies.own")
def change(identifier: str) -> Response:
    """Keep what your company says about itself, as far as the tenant lets it."""
    company, own = mine.my(identifier), form()
    try:
        values = own.clean(request.form)
        with transaction():
            row = people.company(company.identifier)
            kept = {**(row.fields or {}), **{
                name: values[name] for name in own.extras if name in values}}
            people.change_company(row.id, fields=kept)
            record_act("company.changed", row.identifier, changed=sorted(own.extras))
    except Invalid as error:
        return _details(company, own.bind(request.form, error.errors), 422)
    return redirect(f"{mine.path(company)}/details", message=_("Saved."))
