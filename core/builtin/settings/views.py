"""The address of the settings themselves, and all their pages together."""

from flask import Blueprint, Response

from parlour import redirect, requires

from . import (
    appearance,
    features,
    formfields,
    forms,
    installation,
    mail,
    mailtexts,
    pages,
    review,
    roles,
    values,
    versions,
)

start = Blueprint("settings", __name__)
blueprints = (start, features.blueprint, review.blueprint, versions.blueprint, roles.blueprint, values.blueprint,
              appearance.blueprint, forms.blueprint, formfields.blueprint, installation.blueprint,
              mail.blueprint, mailtexts.blueprint, pages.blueprint)


@start.get("/settings")
@requires("settings.change")
def begin() -> Response:
    """Begin with the first page."""
    return redirect("/settings/general")
