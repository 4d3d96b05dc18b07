"""Beginning a record from one of another kind, where no form is needed; the buttons are drawn by `begin.html`."""

from flask import Blueprint, Response

from parlour import Conflict, NotFound, begin, hook, links, redirect, requires
from parlour import gettext as _

blueprint = Blueprint("begin", __name__)


@blueprint.post("/begin/<name>/<number>")
@requires("begin.use")
def start(name: str, number: str) -> Response:
    """Begin what is named from a record, and lead to what has begun. Raises NotFound."""
    row = begin.find(number)
    if row is None:
        raise NotFound
    try:
        made = begin.start(row, name)
    except Conflict as error:
        return redirect(links.of(row), message=_(str(error)), kind="warn")
    return redirect(links.of(made))


@hook
def routes() -> Blueprint:
    """Give the act."""
    return blueprint
