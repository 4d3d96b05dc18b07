"""One page, for everybody who is signed in, in the look of the portal."""

from flask import Blueprint

from parlour import gettext as _
from parlour import hook, page, requires

blueprint = Blueprint("example_routes", __name__)


@blueprint.get("/example_routes")
@requires("example_routes.view")
def hours():
    return page(_("Opening hours"), _("Monday to Friday, 9 to 5."))


@hook
def routes():
    return blueprint
