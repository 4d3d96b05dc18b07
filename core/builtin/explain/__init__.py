"""Why can (or can't) they see it? The door explains itself to staff."""

from collections.abc import Callable, Mapping

from flask import Blueprint, Response, request

from parlour import Invalid, current, explain, hook, render, requires
from parlour import gettext as _

from . import words

blueprint = Blueprint("explain", __name__)


@blueprint.get("/people/explain")
@requires("explain.view")
def page() -> Response:
    """Ask about a person, a permission and a record; the answer names each term of the door."""
    asked = {name: request.args.get(name, "").strip()[:200] for name in ("person", "permission", "record")}
    answer, errors = None, dict.fromkeys(asked, "")
    if any(asked.values()):
        try:
            answer = explain.question(asked["person"], asked["permission"] or "tickets.view", asked["record"])
        except Invalid as error:
            errors |= {one.path: _(one.message) for one in error.errors}
    return render("explain/explain.html", block="answer", asked=asked, answer=answer,
                  errors=errors, portal_status=current().settings.status,
                  permission=words.permission, filled=_filled,
                  permissions=[(name, words.permission(name).strip("“”"))
                               for name in sorted(current().registry.permissions)])


def _filled(values: Mapping[str, str]) -> dict[str, str]:
    """Put words for people in the place of keys."""
    say: dict[str, Callable[[str], str]] = {
        "feature": _, "role": words.role, "permission": words.permission,
        "better": words.permission}
    return {name: say[name](value) if name in say else value for name, value in values.items()}


@hook
def routes() -> Blueprint:
    """Give the page."""
    return blueprint
